//! Pages on which staff publish, amend and withdraw a call.

use super::actions::{self, AmendInput, PublishInput, WithdrawInput};
use super::desk_pages::{desk_shell, law_words, own};
use super::drafting;
use super::drafting_terms::TimetableInput;
use super::model::{Call, CallKind, CallStage};
use super::rehearsal_pages::reversal_words;
use super::rehearsing::{self, Rehearsed};
use super::rules::{self, Missing};
use super::store;
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::values::Id;
use actix_web::web;
use askama::Template;

#[derive(Template)]
#[template(path = "calls/publish.html")]
struct PublishPage {
    shell: Shell,
    form: FormState,
    call: Call,
    missing: Vec<Missing>,
    rehearsed: Option<Rehearsed>,
    /// When this officer acknowledged the rehearsal of this very model.
    acknowledged: Option<String>,
    reversal: String,
    found: bool,
    threshold: Option<String>,
    period: Option<String>,
    /// Of the second stage that is published along: what its rehearsal found.
    second: Option<super::stages_pages::SecondShown>,
    lots: Option<String>,
}

async fn publish_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<PublishPage> {
    let actor = visit.actor.clone();
    let (call, mission_hidden) = visit.app.db.read(move |db| drafting::load_with_mission(db, &actor, id)).await?;
    let (today, copy, by) = (visit.today(), call.clone(), visit.account()?);
    let rehearsed = rehearsing::rehearse(call.terms.0.clone()).await?.ok();
    let second = super::stages_pages::second_shown(visit, &call).await?;
    let known = rehearsed.as_ref().map(|r| (r.model_hash.clone(), r.expected_price));
    let (check, word) = visit
        .app
        .db
        .read(move |db| {
            let word = match known {
                Some((hash, expected)) => store::acknowledgement(db, id, &hash, expected, by)?,
                None => None,
            };
            Ok((actions::check(db, &copy, mission_hidden, today)?, word))
        })
        .await?;
    let mut shell = desk_shell(visit, &call, format!("Publish {}", call.title));
    shell.error = form.has_errors();
    let (threshold, period) = law_words(&call, &check);
    let (reversal, found) = match &rehearsed {
        Some(rehearsed) => reversal_words(&rehearsed.full.rehearsal.rank_reversal),
        None => ("The scoring model is not whole yet, so it cannot be rehearsed.".to_owned(), false),
    };
    Ok(PublishPage {
        shell,
        form,
        missing: check.missing,
        rehearsed,
        acknowledged: word.map(|word| word.acknowledged_at.medium()),
        second,
        reversal,
        found,
        threshold,
        period,
        lots: call.lot().map(|whole| {
            format!(
                "{}. Publishing this lot publishes all of them, under one notice. Acknowledge the rehearsal of each \
                 other lot on its own page first.",
                whole.heading(call.id)
            )
        }),
        call,
    })
}

/// `GET /desk/calls/{id}/publish`
///
/// # Errors
/// NotFound, Denied.
pub async fn publish_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&publish_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /desk/calls/{id}/publish`
///
/// # Errors
/// NotFound, Denied.
pub async fn publish(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<PublishInput>) -> Answer {
    match actions::publish(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The terms are frozen and hashed.");
            see(&format!("/desk/calls/{id}"))
        }
        Err(error) => page_again(&publish_page(&visit, *id, posted.again(error)?).await?),
    }
}

#[derive(Template)]
#[template(path = "calls/amend.html")]
struct AmendPage {
    shell: Shell,
    form: FormState,
    call: Call,
    tender: bool,
}

async fn amend_page(visit: &Visit, id: Id<Call>, form: Option<FormState>) -> Result<AmendPage> {
    let call = own(visit, id).await?;
    let mut pairs = TimetableInput::pairs(&call.terms.0.timetable);
    pairs.push(("description".to_owned(), call.terms.0.description.clone()));
    let form = form.unwrap_or_else(|| FormState::filled(pairs));
    let mut shell = desk_shell(visit, &call, format!("Amend {}", call.title));
    shell.error = form.has_errors();
    Ok(AmendPage { shell, form, tender: call.kind == CallKind::Tender, call })
}

/// `GET /desk/calls/{id}/amend`
///
/// # Errors
/// NotFound, Denied.
pub async fn amend_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&amend_page(&visit, *id, None).await?)
}

/// `POST /desk/calls/{id}/amend`
///
/// # Errors
/// NotFound, Denied.
pub async fn amend(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<AmendInput>) -> Answer {
    match actions::amend(&visit.app, &visit.actor, *id, &posted.input, &visit.app.clock).await {
        Ok(()) => {
            visit.done("The new version is published, and everybody who applies is told.");
            see(&format!("/desk/calls/{id}"))
        }
        Err(error) => page_again(&amend_page(&visit, *id, Some(posted.again(error)?)).await?),
    }
}

#[derive(Template)]
#[template(path = "calls/withdraw.html")]
struct WithdrawPage {
    shell: Shell,
    form: FormState,
    call: Call,
}

async fn withdraw_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<WithdrawPage> {
    let call = own(visit, id).await?;
    let mut shell = desk_shell(visit, &call, format!("Withdraw {}", call.title));
    shell.error = form.has_errors();
    Ok(WithdrawPage { shell, form, call })
}

/// `GET /desk/calls/{id}/withdraw`
///
/// # Errors
/// NotFound, Denied.
pub async fn withdraw_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let shown = withdraw_page(&visit, *id, FormState::empty()).await?;
    // A second stage that waits for its invitation is withdrawn with its first, so nobody is asked why.
    if shown.call.by_invitation().is_some() && shown.call.stage == CallStage::AwaitingNotice {
        rules::withdrawable(&shown.call, &[]).map_err(Error::from)?;
    }
    page(&shown)
}

/// `POST /desk/calls/{id}/withdraw`
///
/// # Errors
/// NotFound, Denied.
pub async fn withdraw(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<WithdrawInput>) -> Answer {
    match actions::withdraw(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The call is withdrawn, and everybody who applies is told.");
            see(&format!("/desk/calls/{id}"))
        }
        Err(error) => page_again(&withdraw_page(&visit, *id, posted.again(error)?).await?),
    }
}
