//! The officer's page on which a bid falls away, and what the bidder and programs send.

use super::falling_away::{self, FallInput, WithdrawOpenedInput, Withdrawal};
use super::model::AwardState;
use super::outcome_pages::outcome_again;
use super::store;
use crate::applications::{self, Application};
use crate::calls::{self, Call, CallKind};
use crate::error::{Error, Result};
use crate::http::api::ok;
use crate::http::{Answer, FormState, Posted, Sent, Shell, Visit, page, page_again, see};
use crate::people::find_organisation;
use crate::people::policy::{Action, require};
use crate::scoring::FallGround;
use crate::values::Id;
use actix_web::web;
use askama::Template;
use serde_json::json;

#[derive(Template)]
#[template(path = "awards/falls_away.html")]
struct FallsAwayPage {
    shell: Shell,
    form: FormState,
    call: Call,
    application: Id<Application>,
    name: String,
    grounds: Vec<(&'static str, &'static str)>,
    /// Whether it is awarded the contract, so that only the bidder's own word withdraws it.
    awarded: bool,
}

async fn falls_away_page(
    visit: &Visit,
    call: Id<Call>,
    application: Id<Application>,
    form: FormState,
) -> Result<FallsAwayPage> {
    let actor = visit.actor.clone();
    let (call, name, awarded) = visit
        .app
        .db
        .read(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::Moderate, &calls::thing(&call).public(false))?;
            let application = applications::find(db, application)?;
            if application.call_id != call.id || application.opened_at.is_none() {
                return Err(Error::NotFound);
            }
            applications::refuse_blind_judge(db, &actor, &call)?;
            let name = if applications::names_hidden(db, &call)? {
                applications::shown_as(&application)
            } else {
                find_organisation(db, application.organisation_id)?.name
            };
            let award = store::of_application(db, application.id)?;
            let awarded =
                call.kind == CallKind::Tender && award.is_some_and(|award| award.state != AwardState::Recommended);
            Ok((call, name, awarded))
        })
        .await?;
    let mut shell = visit.shell(format!("{name} falls away"), "/desk/calls");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    Ok(FallsAwayPage { shell, form, call, application, name, grounds: FallGround::options(), awarded })
}

/// `GET /desk/calls/{id}/bids/{application}/falls-away`
///
/// # Errors
/// Denied, NotFound.
pub async fn form(visit: Visit, path: web::Path<(Id<Call>, Id<Application>)>) -> Answer {
    let (call, application) = path.into_inner();
    page(&falls_away_page(&visit, call, application, FormState::empty()).await?)
}

/// `POST /desk/calls/{id}/bids/{application}/falls-away`
///
/// # Errors
/// Denied, NotFound.
pub async fn record(visit: Visit, path: web::Path<(Id<Call>, Id<Application>)>, posted: Posted<FallInput>) -> Answer {
    let (call, application) = path.into_inner();
    match falling_away::record(&visit.app, &visit.actor, call, application, &posted.input, visit.now).await {
        Ok(true) => {
            visit.done("It is recorded that this falls away. Rank the others again.");
            see(&format!("/desk/calls/{call}/moderation"))
        }
        Ok(false) => {
            visit.done(
                "The bidder’s message is noted. Another officer confirms it and records that the bid falls away.",
            );
            see(&format!("/desk/calls/{call}/award"))
        }
        Err(error) => page_again(&falls_away_page(&visit, call, application, posted.again(error)?).await?),
    }
}

/// `POST /applications/{id}/withdraw-opened`
///
/// # Errors
/// Denied for an editor, NotFound for another's.
pub async fn withdraw(visit: Visit, id: web::Path<Id<Application>>, posted: Posted<WithdrawOpenedInput>) -> Answer {
    match falling_away::withdraw(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(withdrawal) => {
            visit.done(match withdrawal {
                Withdrawal::Done => "It is withdrawn. The council is told.",
                Withdrawal::Told => "The council has your notice that you withdraw.",
            });
            see(&format!("/applications/{id}/outcome"))
        }
        Err(error) => outcome_again(&visit, *id, posted.again(error)?).await,
    }
}

/// Records that a bid falls away before the final decision, or the awarded one before its contract is signed. Of an awarded
/// bidder that withdraws without its own notice the first call notes its `message`, with `fallen` false, and a second officer
/// confirms it.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/bids/{application}/fall", tag = "awards", security(("token" = [])),
    params(("id" = String, Path), ("application" = String, Path)), request_body = FallInput,
    responses((status = 200, description = "Recorded, rank again; or a message noted that another officer confirms")))]
pub async fn api_record(visit: Visit, path: web::Path<(Id<Call>, Id<Application>)>, body: Sent<FallInput>) -> Answer {
    let (call, application) = path.into_inner();
    let fallen = falling_away::record(&visit.app, &visit.actor, call, application, &body.0, visit.now).await?;
    ok(&json!({ "fallen": fallen, "noted": !fallen }))
}

/// A bidder withdraws an opened bid before the final decision, or gives notice that it withdraws the awarded one before the
/// contract is signed: then `withdrawn` is false and `told` true, until the council records that it falls away.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/applications/{id}/withdrawal", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = WithdrawOpenedInput,
    responses((status = 200, description = "Withdrawn, or notice given")))]
pub async fn api_withdraw(visit: Visit, id: web::Path<Id<Application>>, body: Sent<WithdrawOpenedInput>) -> Answer {
    let withdrawal = falling_away::withdraw(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "withdrawn": withdrawal == Withdrawal::Done, "told": withdrawal == Withdrawal::Told }))
}
