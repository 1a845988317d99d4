//! Pages of checking, sending, replacing, confirming and withdrawing an application, and of its receipts.

use super::actions::{self, Declaration};
use super::missing::{Missing, missing};
use super::model::{Application, ApplicationState};
use super::pages::{MENU, form_shell, late};
use super::records::Receipt;
use super::rules;
use super::shown::{self, Line};
use super::store;
use crate::calls::Call;
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Link, Nothing, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, can};
use crate::values::Id;
use actix_web::web;
use askama::Template;

#[derive(Template)]
#[template(path = "applications/check.html")]
struct CheckPage {
    shell: Shell,
    form: FormState,
    id: Id<Application>,
    call: Call,
    lines: Vec<Line>,
    missing: Vec<Missing>,
    may_submit: bool,
    replaces: bool,
    closes: String,
    token: String,
}

async fn check_page(visit: &Visit, id: Id<Application>, form: FormState) -> Result<Option<CheckPage>> {
    let opened = actions::read_draft(&visit.app, &visit.actor, id, visit.now).await?;
    if rules::may_change(&opened.call, &opened.application, visit.now).is_err() {
        return Ok(None);
    }
    let Some(draft) = opened.draft else { return Ok(None) };
    let terms = &opened.call.terms.0;
    Ok(Some(CheckPage {
        shell: form_shell(visit, "Check your answers", &form),
        form,
        id,
        token: Id::<CheckPage>::new().to_string(),
        lines: shown::lines(terms, &draft.answers, Some(&draft.price)),
        missing: missing(terms, &draft.answers, &draft.price),
        may_submit: can(&visit.actor, Action::SubmitApplication, &actions::thing(&opened.application)),
        replaces: opened.application.state == ApplicationState::Submitted,
        closes: opened.call.deadline_at.map(crate::values::Instant::long).unwrap_or_default(),
        call: opened.call,
    }))
}

/// `GET /applications/{id}/check`
///
/// # Errors
/// NotFound.
pub async fn check(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    match check_page(&visit, *id, FormState::empty()).await? {
        Some(shown) => page(&shown),
        None => see(&format!("/applications/{id}")),
    }
}

/// `POST /applications/{id}/submit`
///
/// # Errors
/// NotFound, Denied; refused when incomplete or late.
pub async fn submit(visit: Visit, id: web::Path<Id<Application>>, posted: Posted<Declaration>) -> Answer {
    match actions::submit(&visit.app, &visit.actor, *id, &posted.input, &visit.app.clock).await {
        Ok(_) => see(&format!("/applications/{id}/receipt")),
        Err(Error::Refused(refusal)) if refusal.code != "applications/incomplete" => {
            late(&visit, Error::Refused(refusal), &format!("/applications/{id}"))
        }
        Err(error) => match check_page(&visit, *id, posted.again(error)?).await? {
            Some(shown) => page_again(&shown),
            None => see(&format!("/applications/{id}")),
        },
    }
}

/// `POST /applications/{id}/confirm`: after an amendment, what was sent stands for the new version.
///
/// # Errors
/// NotFound, Denied; refused when late, when nothing was sent or the draft was changed since, and when the new version
/// asks for more.
pub async fn confirm(visit: Visit, id: web::Path<Id<Application>>, _posted: Posted<Nothing>) -> Answer {
    match actions::confirm_unchanged(&visit.app, &visit.actor, *id, &visit.app.clock).await {
        Ok(_) => see(&format!("/applications/{id}/receipt")),
        Err(Error::Refused(refusal)) if refusal.code == "applications/incomplete" => {
            see(&format!("/applications/{id}/check"))
        }
        Err(error) => late(&visit, error, &format!("/applications/{id}")),
    }
}

#[derive(Template)]
#[template(path = "applications/receipt.html")]
struct ReceiptPage {
    shell: Shell,
    application: Application,
    call: Call,
    receipt: Receipt,
    older: Vec<Receipt>,
    organisation: String,
    open: bool,
    many: bool,
}

/// `GET /applications/{id}/receipt`
///
/// # Errors
/// NotFound for another's or when nothing was sent.
pub async fn receipt(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let (application, call, mut receipts) = own_receipts(&visit, *id).await?;
    if receipts.is_empty() {
        return Err(Error::NotFound.into());
    }
    let older_than_listed = i64::try_from(receipts.len()).is_ok_and(|n| n >= store::RECEIPTS);
    let receipt = receipts.remove(0);
    let organisation = visit
        .actor
        .memberships()
        .iter()
        .find(|m| m.organisation == application.organisation_id)
        .map(|m| m.name.clone())
        .unwrap_or_default();
    let mut shell = visit.shell("Application sent", MENU);
    shell.breadcrumbs =
        vec![Link::new("My applications", MENU), Link::new(call.title.clone(), format!("/applications/{id}"))];
    page(&ReceiptPage {
        shell,
        open: call.is_open(visit.now),
        many: older_than_listed,
        application,
        call,
        receipt,
        older: receipts,
        organisation,
    })
}

/// One's own application, its call and its receipts, newest first.
pub(super) async fn own_receipts(visit: &Visit, id: Id<Application>) -> Result<(Application, Call, Vec<Receipt>)> {
    let (application, call, receipts) = visit
        .app
        .db
        .read(move |db| {
            let (application, call) = store::find_with_call(db, id)?;
            Ok((application, call, store::receipts_of(db, id)?))
        })
        .await?;
    if !can(&visit.actor, Action::ReadOwnApplication, &actions::thing(&application)) {
        return Err(Error::NotFound);
    }
    Ok((application, call, receipts))
}

#[derive(Template)]
#[template(path = "applications/withdraw.html")]
struct WithdrawPage {
    shell: Shell,
    application: Application,
    call: Call,
}

/// `GET /applications/{id}/withdraw`
///
/// # Errors
/// NotFound.
pub async fn withdraw_form(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let (application, call, _) = own_receipts(&visit, *id).await?;
    if let Err(refusal) = rules::may_change(&call, &application, visit.now) {
        return late(&visit, refusal.into(), &format!("/applications/{id}"));
    }
    let mut shell = visit.shell("Withdraw your application", MENU);
    shell.csrf = visit.csrf();
    page(&WithdrawPage { shell, application, call })
}

/// `POST /applications/{id}/withdraw`
///
/// # Errors
/// NotFound, Denied; refused after the deadline.
pub async fn withdraw(visit: Visit, id: web::Path<Id<Application>>, _posted: Posted<Nothing>) -> Answer {
    match actions::withdraw(&visit.app, &visit.actor, *id, &visit.app.clock).await {
        Ok(()) => {
            visit.done("The application is withdrawn. Its draft, its key and its files are destroyed.");
            see(MENU)
        }
        Err(error) => late(&visit, error, &format!("/applications/{id}")),
    }
}
