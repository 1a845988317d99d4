//! The page on which an officer sees who is who, and how programs ask the same; the bidders by name for a declaration.

use super::bidders::{self, Bidder, LookGround, LookInput};
use super::pages::form_shell;
use super::{bids, store};
use crate::calls::{self, Call};
use crate::error::{Error, Result};
use crate::http::api::ok;
use crate::http::{Answer, FormState, Posted, Sent, Shell, Visit, page, page_again};
use crate::people::policy::{Action, require};
use crate::values::Id;
use actix_web::web;
use askama::Template;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "scoring/bidders.html")]
struct BiddersPage {
    shell: Shell,
    form: FormState,
    call: Call,
    grounds: Vec<(&'static str, &'static str)>,
    /// Empty until somebody says why they look.
    bidders: Vec<Bidder>,
    looked: bool,
}

async fn bidders_page(visit: &Visit, id: Id<Call>, form: FormState, found: Option<Vec<Bidder>>) -> Result<BiddersPage> {
    let call = visit.app.db.read(move |db| calls::find(db, id)).await?;
    require(&visit.actor, Action::ManagePanel, &calls::thing(&call).public(false))?;
    if !call.terms.0.hides_bidders() {
        return Err(Error::NotFound);
    }
    let shell = form_shell(visit, "Who is who", &form);
    let (grounds, looked) = (LookGround::options(), found.is_some());
    Ok(BiddersPage { shell, form, call, grounds, looked, bidders: found.unwrap_or_default() })
}

/// `GET /desk/calls/{id}/bidders`
///
/// # Errors
/// Denied, NotFound where no names are hidden.
pub async fn form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&bidders_page(&visit, *id, FormState::empty(), None).await?)
}

/// `POST /desk/calls/{id}/bidders`: shows who is who, and records who looked and why.
///
/// # Errors
/// Denied, NotFound.
pub async fn look(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<LookInput>) -> Answer {
    match bidders::look(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(found) => page(&bidders_page(&visit, *id, posted.state().clone(), Some(found)).await?),
        Err(error) => page_again(&bidders_page(&visit, *id, posted.again(error)?, None).await?),
    }
}

/// Who is who while bidders are shown under letters. Recorded with the ground.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/bidders", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = LookInput, responses((status = 200, description = "Letters and names")))]
pub async fn look_api(visit: Visit, id: web::Path<Id<Call>>, body: Sent<LookInput>) -> Answer {
    let found = bidders::look(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "bidders": found }))
}

/// The bidders by name, for a declaration of conflicts before sight. Where names are hidden on the sheet, `bid` is a word
/// for this declaration alone, so that nothing tells its letter.
///
/// # Errors
/// Denied for somebody who is not on the panel.
#[utoipa::path(get, path = "/api/v1/calls/{id}/declarations", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "What to call each bidder in a declaration, and its name")))]
pub async fn to_declare(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (id, account) = (*id, visit.account()?);
    let shown = visit
        .app
        .db
        .read(move |db| {
            let seat = store::seat(db, id, account)?;
            if seat.member.as_ref().is_none_or(|member| member.replaced_at.is_some()) {
                return Err(Error::Denied);
            }
            let hides = seat.call.terms.0.hides_bidders();
            let bids = bids::opened(db, id)?;
            Ok(bids
                .iter()
                .map(|b| json!({ "bid": bids::declared_as(b, hides), "name": b.name }))
                .collect::<Vec<Value>>())
        })
        .await?;
    ok(&json!({ "bidders": shown }))
}

/// The description of these handlers.
#[derive(utoipa::OpenApi, Debug)]
#[openapi(paths(look_api, to_declare))]
pub struct Docs;
