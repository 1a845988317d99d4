//! The builder's page of lots, what every page of a lot says of the others, and the same for programs.

use super::builder_pages::{missing_here, shell_of};
use super::desk_pages::own;
use super::lot_terms::{LotTerms, WAYS, choice_word};
use super::lots::{self, LotsInput, NewLot};
use super::model::{Call, CallStage};
use super::rules::{self, Missing, Section};
use super::{store, view};
use crate::error::{Error, Result};
use crate::evaluation::LotChoice;
use crate::http::api::{created, ok};
use crate::http::{Answer, FormState, Nothing, Posted, Sent, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, can};
use crate::values::{Id, Pence};
use actix_web::web;
use askama::Template;
use serde_json::{Value, json};
use std::collections::HashSet;

/// What a page of a lot says of the whole tender.
pub(super) struct LotShown {
    /// `Lot 2 of 3 of Community kitchens`.
    pub(super) heading: String,
    /// The other lots with their addresses, and the word of those that were withdrawn.
    pub(super) others: Vec<(String, String, &'static str)>,
    /// Limits and way of choosing.
    pub(super) sentences: Vec<String>,
}

/// What pages below `base` say of a call that is a lot, some others of whose tender were withdrawn; none for any other.
pub(super) fn shown(call: &Call, base: &str, withdrawn: &HashSet<Id<Call>>) -> Option<LotShown> {
    let word = |id: Id<Call>| if withdrawn.contains(&id) { CallStage::Withdrawn.label() } else { "" };
    call.lot().map(|whole| LotShown {
        heading: whole.heading(call.id),
        others: whole
            .others(call.id, base)
            .into_iter()
            .zip(whole.lots.iter().map(|line| line.call).filter(|id| *id != call.id))
            .map(|((name, href), id)| (name, href, word(id)))
            .collect(),
        sentences: whole.sentences(),
    })
}

/// A lot in the builder's table.
struct Row {
    call: Id<Call>,
    name: String,
    href: String,
    value: String,
    missing: String,
    own: bool,
}

#[derive(Template)]
#[template(path = "calls/lots.html")]
struct LotsPage {
    shell: Shell,
    /// What was sent, with its errors.
    form: FormState,
    /// The form of the whole: as stored, or as sent.
    whole: FormState,
    call: Call,
    divided: bool,
    rows: Vec<Row>,
    together: String,
    /// How many lots add nothing to that value yet.
    unvalued: String,
    /// Hints of the two limits: that they may be left empty, or that what is stored limits nothing.
    bid_hint: String,
    won_hint: String,
    ways: Vec<(&'static str, &'static str, &'static str)>,
    reasons: String,
    missing: Vec<Missing>,
}

fn stored(call: &Call) -> FormState {
    let number = |limit: Option<u32>| limit.map(|n| n.to_string()).unwrap_or_default();
    match call.lot() {
        Some(whole) => FormState::filled([
            ("title", whole.title.clone()),
            ("most_bid", number(whole.most_bid)),
            ("most_won", number(whole.most_won)),
            ("choice", choice_word(whole.choice).to_owned()),
        ]),
        None => FormState::filled([
            ("title", call.title.clone()),
            ("choice", choice_word(LotChoice::PublishedOrder).to_owned()),
        ]),
    }
}

/// What stands under the label of a limit. One that was set before there were more lots, or before one was taken out,
/// may limit nothing: that is said as long as it can be changed.
fn limit_hint(call: &Call, field: &str) -> String {
    let idle = call.lot().filter(|_| call.stage == CallStage::Draft).map(LotTerms::idle_limits).unwrap_or_default();
    match idle.into_iter().find(|(name, _)| *name == field) {
        Some((_, sentence)) => sentence,
        None => "Leave it empty for no limit".to_owned(),
    }
}

async fn lots_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<LotsPage> {
    let call = own(visit, id).await?;
    let tender = call.terms.0.tender.as_ref().ok_or(Error::NotFound)?;
    let copy = call.clone();
    let found = visit.app.db.read(move |db| lots::all(db, &copy)).await?;
    let rows = call.lot().map_or_else(Vec::new, |whole| {
        found
            .iter()
            .map(|lot| Row {
                call: lot.id,
                name: whole.name(lot.id),
                href: format!("/desk/calls/{}", lot.id),
                value: view::worth(lot).1,
                missing: match rules::missing(lot, visit.today()).len() {
                    0 => "Nothing".to_owned(),
                    1 => "One thing".to_owned(),
                    n => format!("{n} things"),
                },
                own: lot.id == id,
            })
            .collect()
    });
    let unvalued = found.iter().filter(|lot| call.lot().is_some() && lot.amount() == Pence::ZERO).count();
    let sent = form.has_errors() && form.value("at").is_empty();
    Ok(LotsPage {
        shell: shell_of(visit, &call, Section::Lots.label(), &form),
        whole: if sent { form.clone() } else { stored(&call) },
        form,
        divided: call.lot().is_some(),
        rows,
        together: tender.value_together().to_string(),
        unvalued: match unvalued {
            0 => String::new(),
            1 => " (one lot has no value yet)".to_owned(),
            n => format!(" ({n} lots have no value yet)"),
        },
        bid_hint: limit_hint(&call, "most_bid"),
        won_hint: limit_hint(&call, "most_won"),
        ways: WAYS.to_vec(),
        reasons: tender.considered.get("lots").cloned().unwrap_or_default(),
        missing: missing_here(visit, &call, Section::Lots),
        call,
    })
}

/// `GET /desk/calls/{id}/lots`
///
/// # Errors
/// NotFound, Denied.
pub async fn form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&lots_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /desk/calls/{id}/lots`
///
/// # Errors
/// NotFound, Denied.
pub async fn set(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<LotsInput>) -> Answer {
    match lots::set(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("Saved. It holds for every lot.");
            see(&format!("/desk/calls/{id}/lots"))
        }
        Err(error) => page_again(&lots_page(&visit, *id, posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/lots/add`
///
/// # Errors
/// NotFound, Denied.
pub async fn add(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<NewLot>) -> Answer {
    match lots::add(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(lot) => {
            visit.done("The lot is begun with the terms of the other. Give it its own value and criteria.");
            see(&format!("/desk/calls/{lot}"))
        }
        Err(error) => page_again(&lots_page(&visit, *id, posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/lots/take-out`
///
/// # Errors
/// NotFound, Denied, refused.
pub async fn take_out(visit: Visit, id: web::Path<Id<Call>>, _posted: Posted<Nothing>) -> Answer {
    lots::take_out(&visit.app, &visit.actor, *id, visit.now).await?;
    visit.done("It is a tender of its own again.");
    see(&format!("/desk/calls/{id}"))
}

fn lots_json(call: &Call, whole: &LotTerms) -> Value {
    json!({
        "title": whole.title, "number": whole.number(call.id), "lots": whole.lots, "most_bid": whole.most_bid,
        "most_won": whole.most_won, "choice": whole.choice, "value_together": whole.together,
    })
}

async fn answer(visit: &Visit, id: Id<Call>) -> Result<Value> {
    let call = visit.app.db.read(move |db| store::find(db, id)).await?;
    if !can(&visit.actor, Action::ReadCall, &store::thing(&call)) {
        return Err(Error::NotFound);
    }
    Ok(call.lot().map_or(Value::Null, |whole| lots_json(&call, whole)))
}

/// The lots of a call's tender, the limits and the way to choose; `lots` is `null` for a call that is no lot.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/calls/{id}/lots", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, description = "Lots, limits and way to choose")))]
pub async fn api_show(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    ok(&json!({ "lots": answer(&visit, *id).await? }))
}

/// Makes a draft tender lot 1 of a tender in lots, or changes its title, limits and way to choose.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/lots", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = LotsInput, responses((status = 200, description = "Saved")))]
pub async fn api_set(visit: Visit, id: web::Path<Id<Call>>, body: Sent<LotsInput>) -> Answer {
    lots::set(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "lots": answer(&visit, *id).await? }))
}

/// Begins one lot more, with the terms of this one.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/lots/add", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = NewLot, responses((status = 201, description = "Begun")))]
pub async fn api_add(visit: Visit, id: web::Path<Id<Call>>, body: Sent<NewLot>) -> Answer {
    let lot = lots::add(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/calls/{lot}"), &json!({ "id": lot, "lots": answer(&visit, lot).await? }))
}

/// Takes a lot out: it is a tender of its own again.
///
/// # Errors
/// Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/lots/take-out", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Taken out")))]
pub async fn api_take_out(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    lots::take_out(&visit.app, &visit.actor, *id, visit.now).await?;
    ok(&json!({ "lots": answer(&visit, *id).await? }))
}

/// What the API says of lots.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(api_show, api_set, api_add, api_take_out), components(schemas(LotsInput, NewLot)))]
pub struct Docs;
