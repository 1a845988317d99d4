//! Applications for programs.

use super::actions::{self, ConfirmInput, Declaration, DraftInput, PartInput};
use super::affordability::{TrialInput, assess};
use super::desk_pages::{WhichApplication, visible};
use super::letters::{hide_names, shown_as, sight, sight_of_bid};
use super::model::Application;
use super::pages::StartInput;
use super::sending_pages::own_receipts;
use super::{rules, store};
use crate::calls::{self, Call, Part};
use crate::db::{After, Page};
use crate::documents::Document;
use crate::error::{Error, Result};
use crate::http::api::{Listed, PageQuery, created, ok};
use crate::http::{Answer, Parts, Sent, Visit, attachment};
use crate::people::policy::{Action, can};
use crate::values::Id;
use actix_web::web;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Answers to eligibility questions.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct EligibilityInput {
    /// By question.
    pub answers: BTreeMap<String, bool>,
}

/// Whether one can apply, by the answers given. Nothing is stored.
///
/// # Errors
/// NotFound for a call that is not public.
#[utoipa::path(post, path = "/api/v1/calls/{id}/can-i-apply", tag = "applications", params(("id" = String, Path)),
    request_body = EligibilityInput, responses((status = 200, description = "Whether, and what stands in the way")))]
pub async fn can_i_apply(visit: Visit, id: web::Path<Id<Call>>, body: Sent<EligibilityInput>) -> Answer {
    let id = *id;
    let call = visit.app.db.read(move |db| calls::find(db, id)).await?;
    if !can(&visit.actor, Action::ReadCall, &calls::thing(&call)) {
        return Err(Error::NotFound.into());
    }
    let reasons = rules::not_eligible(&call.terms.0, &body.0.answers);
    ok(&json!({ "can_apply": reasons.is_empty(), "reasons": reasons }))
}

/// Begins an application, or finds the one that was begun.
///
/// # Errors
/// NotFound, Denied, Invalid, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/applications", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), request_body = StartInput, responses((status = 201, description = "Begun")))]
pub async fn start(visit: Visit, id: web::Path<Id<Call>>, body: Sent<StartInput>) -> Answer {
    let organisation = body.0.organisation()?;
    let made = actions::start(&visit.app, &visit.actor, *id, organisation, visit.now).await?;
    created(&format!("/api/v1/applications/{made}"), &json!({ "id": made }))
}

fn described(application: &Application) -> Value {
    json!({
        "id": application.id,
        "call": application.call_id,
        "organisation": application.organisation_id,
        "state": application.state,
        "call_version": application.call_version,
        "reference": application.reference,
        "saved_at": application.saved_at,
        "submitted_at": application.submitted_at,
        "opened_at": application.opened_at,
    })
}

/// What staff are told of an application while its bidder stands under a letter.
fn described_by_letter(application: &Application) -> Value {
    json!({
        "id": application.id,
        "call": application.call_id,
        "shown_as": shown_as(application),
        "state": application.state,
        "call_version": application.call_version,
        "opened_at": application.opened_at,
    })
}

/// The applications of one's own organisations, newest first.
///
/// # Errors
/// Invalid cursor.
#[utoipa::path(get, path = "/api/v1/applications", tag = "applications", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Applications")))]
pub async fn list(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let cursor = query.cursor()?;
    let organisations: Vec<_> = visit.actor.applicant_organisations().map(|m| m.organisation).collect();
    let page = visit
        .app
        .db
        .read(move |db| store::by_organisations(db, &organisations, cursor.as_ref(), Page::<Application>::SIZE))
        .await?;
    ok(&Listed::of(page, |a| described(&a)))
}

/// One's own application: how far it has come.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/applications/{id}", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The application")))]
pub async fn show(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let (application, call, _) = own_receipts(&visit, *id).await?;
    let mut shown = described(&application);
    if let Some(object) = shown.as_object_mut() {
        object.insert("needs_confirmation".to_owned(), json!(rules::needs_confirmation(&call, &application)));
        object.insert("closes_at".to_owned(), json!(call.deadline_at));
    }
    ok(&shown)
}

/// The draft of one's own application, decrypted.
///
/// # Errors
/// NotFound; refused when its key is destroyed.
#[utoipa::path(get, path = "/api/v1/applications/{id}/draft", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "answers and price")))]
pub async fn draft(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let opened = actions::read_draft(&visit.app, &visit.actor, *id, visit.now).await?;
    let mut draft = opened.draft.ok_or_else(|| Error::from(rules::ApplicationRefusal::DraftGone))?;
    hide_keys(&mut draft.answers.files);
    ok(&json!({ "answers": draft.answers, "price": draft.price }))
}

/// File keys stay inside the service, wrapped as they are.
fn hide_keys(files: &mut [super::model::SealedFile]) {
    for file in files {
        file.key.clear();
    }
}

/// Saves a whole draft: `{"answers": …, "price": …}` as the draft is read. It may be incomplete.
///
/// It replaces the draft, except for what comes by a way of its own: files stay, and so does the cash-flow sheet when
/// `answers` does not name `cash_flow`. An empty list, `"cash_flow": []`, takes the sheet out. Who declares is said when
/// it is sent: `declared_by` is not taken from here.
///
/// # Errors
/// NotFound; Invalid for answers to what is not asked; refused after the deadline.
#[utoipa::path(post, path = "/api/v1/applications/{id}/draft", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), request_body = Object, responses((status = 200, description = "Saved, and what is missing")))]
pub async fn save_draft(visit: Visit, id: web::Path<Id<Application>>, body: Sent<DraftInput>) -> Answer {
    let saved_at = actions::save_draft(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "saved_at": saved_at }))
}

/// What is missing before it can be sent.
///
/// # Errors
/// NotFound; refused when the draft's key is destroyed.
#[utoipa::path(get, path = "/api/v1/applications/{id}/missing", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Nothing when it can be sent")))]
pub async fn missing(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let opened = actions::read_draft(&visit.app, &visit.actor, *id, visit.now).await?;
    let draft = opened.draft.ok_or_else(|| Error::from(rules::ApplicationRefusal::DraftGone))?;
    ok(&json!({ "missing": super::missing(&opened.call.terms.0, &draft.answers, &draft.price) }))
}

/// Adds a file: multipart with `file` and, for one question, `about` (criterion or promise).
///
/// # Errors
/// NotFound, Invalid; refused for the file or after the deadline.
#[utoipa::path(post, path = "/api/v1/applications/{id}/files", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 201, description = "Added")))]
pub async fn attach(visit: Visit, id: web::Path<Id<Application>>, parts: Parts) -> Answer {
    let upload = parts.file("file").ok_or_else(|| Error::field("file", "Send a file"))?;
    let file = actions::attach(&visit.app, &visit.actor, *id, parts.field("about"), upload, visit.now).await?;
    created(
        &format!("/api/v1/applications/{id}/files/{}", file.document),
        // Neither name nor hash: this answer may be kept to be given again.
        &json!({ "document": file.document, "scanned": file.scanned }),
    )
}

/// The bytes of a file of one's own draft, under its own name.
///
/// # Errors
/// NotFound, also for another's.
#[utoipa::path(get, path = "/api/v1/applications/{id}/files/{document}", tag = "applications", security(("token" = [])),
    params(("id" = String, Path), ("document" = String, Path)), responses((status = 200, description = "The file")))]
pub async fn own_file(visit: Visit, path: web::Path<(Id<Application>, Id<Document>)>) -> Answer {
    let (id, document) = path.into_inner();
    let (file, bytes) = actions::own_file(&visit.app, &visit.actor, id, document, visit.now).await?;
    attachment(&file.name, &file.media_type, bytes)
}

/// Takes a file out of the draft.
///
/// # Errors
/// NotFound; refused after the deadline.
#[utoipa::path(post, path = "/api/v1/applications/{id}/files/{document}/remove", tag = "applications", security(("token" = [])),
    params(("id" = String, Path), ("document" = String, Path)), responses((status = 200, description = "Removed")))]
pub async fn detach(visit: Visit, path: web::Path<(Id<Application>, Id<Document>)>) -> Answer {
    let (id, document) = path.into_inner();
    actions::detach(&visit.app, &visit.actor, id, document, visit.now).await?;
    ok(&json!({ "removed": document }))
}

/// Reads the cash-flow sheet from a CSV or Excel file (multipart, `sheet`).
///
/// # Errors
/// NotFound; Invalid with the errors of each row; refused after the deadline.
#[utoipa::path(post, path = "/api/v1/applications/{id}/cash-flow", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Read")))]
pub async fn sheet(visit: Visit, id: web::Path<Id<Application>>, parts: Parts) -> Answer {
    let upload = parts.file("sheet").ok_or_else(|| Error::field("sheet", "Send a CSV or Excel file"))?;
    let saved_at = actions::save_sheet(&visit.app, &visit.actor, *id, upload, visit.now).await?;
    ok(&json!({ "saved_at": saved_at }))
}

/// Sends the application, or replaces what was sent.
///
/// # Errors
/// NotFound, Denied, Invalid; refused when incomplete or late.
#[utoipa::path(post, path = "/api/v1/applications/{id}/submit", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), request_body = Declaration, responses((status = 200, description = "The receipt")))]
pub async fn submit(visit: Visit, id: web::Path<Id<Application>>, body: Sent<Declaration>) -> Answer {
    ok(&actions::submit(&visit.app, &visit.actor, *id, &body.0, &visit.app.clock).await?)
}

/// Confirms after an amendment that what was sent stands.
///
/// # Errors
/// As for sending; refused when nothing was sent, or when the draft was changed since.
#[utoipa::path(post, path = "/api/v1/applications/{id}/confirm", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The new receipt")))]
pub async fn confirm(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    ok(&actions::confirm_unchanged(&visit.app, &visit.actor, *id, &visit.app.clock).await?)
}

/// The receipts of one's own application, newest first.
///
/// # Errors
/// NotFound; refused when nothing was sent.
#[utoipa::path(get, path = "/api/v1/applications/{id}/receipt", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The receipt, and older ones")))]
pub async fn receipt(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let (_, _, receipts) = own_receipts(&visit, *id).await?;
    let (last, older) = receipts.split_first().ok_or_else(|| Error::from(rules::ApplicationRefusal::NotSubmitted))?;
    ok(&json!({ "receipt": last, "older": older }))
}

/// Withdraws the application.
///
/// # Errors
/// NotFound, Denied; refused after the deadline.
#[utoipa::path(post, path = "/api/v1/applications/{id}/withdraw", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Withdrawn")))]
pub async fn withdraw(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    actions::withdraw(&visit.app, &visit.actor, *id, &visit.app.clock).await?;
    ok(&json!({ "withdrawn": *id }))
}

/// The openings of a call with their reports.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/calls/{id}/opening", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "At most one opening for each part")))]
pub async fn openings(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (call, openings) = visit
        .app
        .db
        .read(move |db| {
            let sight = sight(db, &actor, id)?;
            if !can(&actor, Action::ReadOpened, &calls::thing(&sight.call)) {
                return Err(Error::NotFound);
            }
            sight.refuse_blind_judge()?;
            let mut openings = store::openings(db, id)?;
            if sight.hidden {
                let all = store::of_call(db, id)?;
                let called = |id: Id<Application>| all.iter().find(|a| a.id == id).map(shown_as).unwrap_or_default();
                for report in openings.iter_mut().filter_map(|o| o.report.as_mut()) {
                    report.0.hide(called);
                }
            }
            Ok((sight.call, openings))
        })
        .await?;
    let shown: Vec<_> = openings
        .iter()
        .map(|o| {
            json!({
                "part": o.part, "asked_by": o.first_by, "asked_at": o.first_at,
                "confirmed_by": o.second_by, "confirmed_at": o.second_at, "report": o.report.as_ref().map(|r| &r.0),
            })
        })
        .collect();
    ok(&json!({ "opens_from": super::opens_from(&call), "openings": shown }))
}

/// The first officer asks for an opening.
///
/// # Errors
/// NotFound, Denied, Invalid; refused before its time.
#[utoipa::path(post, path = "/api/v1/calls/{id}/opening", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), request_body = PartInput, responses((status = 200, description = "Asked")))]
pub async fn ask(visit: Visit, id: web::Path<Id<Call>>, body: Sent<PartInput>) -> Answer {
    let part = body.0.part()?;
    actions::ask_opening(&visit.app, &visit.actor, *id, part, visit.now).await?;
    ok(&json!({ "asked": part }))
}

/// A second officer confirms it; every envelope is held against its receipt and opened.
///
/// # Errors
/// NotFound, Denied, Invalid; refused for the same officer, before its time, and when something that was sent cannot be
/// decrypted.
#[utoipa::path(post, path = "/api/v1/calls/{id}/opening/confirm", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), request_body = ConfirmInput, responses((status = 200, description = "The report")))]
pub async fn confirm_opening(visit: Visit, id: web::Path<Id<Call>>, body: Sent<ConfirmInput>) -> Answer {
    let (part, left_out) = (body.0.part()?, body.0.left_out()?);
    ok(&actions::confirm_opening_without(&visit.app, &visit.actor, *id, part, left_out, visit.now).await?)
}

/// One officer opens what was sent to an investment round: one application, or all that are not open.
///
/// # Errors
/// NotFound, Denied; refused for tenders.
#[utoipa::path(post, path = "/api/v1/calls/{id}/open-investments", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), request_body = WhichApplication, responses((status = 200, description = "The report")))]
pub async fn open_investments(visit: Visit, id: web::Path<Id<Call>>, body: Sent<WhichApplication>) -> Answer {
    ok(&actions::open_investments(&visit.app, &visit.actor, *id, body.0.id()?, visit.now).await?)
}

/// Applications of one call on a page.
const APPLICATIONS: usize = 50;

/// A page of bids in the order of their letters: that of arrival would tell the order of their references.
fn page_by_letter(mut found: Vec<Application>, after: Option<&After>) -> Result<Page<Application, After>> {
    let place = |a: &Application| After(a.letter.clone().unwrap_or_default());
    found.sort_by_key(|a| a.letter.as_ref().map(|letter| (letter.len(), letter.clone())));
    if let Some(after) = after {
        let last = found.iter().position(|a| place(a) == *after).ok_or_else(other_order)?;
        found.drain(..=last);
    }
    Ok(Page::cut(found, APPLICATIONS, place))
}

/// The page before was in another order: by letter, or since moderation is final by identifier.
fn other_order() -> Error {
    Error::field("after", "The list has another order now; start again from the first page")
}

/// The applications to a call that staff may know of: all sent to a round, those of a tender once they are open. The
/// earliest begun comes first; bidders under letters are in the order of these.
///
/// # Errors
/// NotFound; Invalid for a damaged `after`, and for one from before names were shown.
#[utoipa::path(get, path = "/api/v1/calls/{id}/applications", tag = "applications", security(("token" = [])),
    params(("id" = String, Path), PageQuery), responses((status = 200, description = "Applications")))]
pub async fn of_call(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<PageQuery>) -> Answer {
    let (id, actor, after) = (*id, visit.actor.clone(), query.place()?);
    let (page, hidden) = visit
        .app
        .db
        .read(move |db| {
            let sight = sight(db, &actor, id)?;
            if !can(&actor, Action::ReadOpened, &calls::thing(&sight.call)) {
                return Err(Error::NotFound);
            }
            sight.refuse_blind_judge()?;
            if sight.hidden {
                return Ok((page_by_letter(visible(db, &sight.call)?, after.as_ref())?, true));
            }
            if after.as_ref().is_some_and(|After(id)| id.parse::<Id<Application>>().is_err()) {
                return Err(other_order());
            }
            Ok((store::page_of_call(db, &sight.call, after.as_ref(), APPLICATIONS)?, false))
        })
        .await?;
    ok(&Listed::of(page, |a| if hidden { described_by_letter(&a) } else { described(&a) }))
}

/// What an opened application says; the price part once it is open.
///
/// # Errors
/// NotFound while it is sealed.
#[utoipa::path(get, path = "/api/v1/applications/{id}/content", tag = "applications", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "answers and price")))]
pub async fn content(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (mut answers, price) = visit
        .app
        .db
        .read(move |db| {
            let (_, sight) = sight_of_bid(db, &actor, id)?;
            if !can(&actor, Action::ReadOpened, &calls::thing(&sight.call).public(false)) {
                return Err(Error::NotFound);
            }
            sight.refuse_blind_judge()?;
            let mut quality = store::opened(db, id, Part::Quality)?.ok_or(Error::NotFound)?.answers()?;
            let price = store::opened(db, id, Part::Price)?.map(|o| o.prices()).transpose()?;
            if sight.hidden {
                hide_names(&mut quality);
            }
            Ok((quality, price))
        })
        .await?;
    hide_keys(&mut answers.files);
    ok(&json!({ "answers": answers, "price": price }))
}

/// The bytes of a file of an opened application, under its own name.
///
/// # Errors
/// NotFound while it is sealed.
#[utoipa::path(get, path = "/api/v1/applications/{id}/content/files/{document}", tag = "applications", security(("token" = [])),
    params(("id" = String, Path), ("document" = String, Path)), responses((status = 200, description = "The file")))]
pub async fn opened_file(visit: Visit, path: web::Path<(Id<Application>, Id<Document>)>) -> Answer {
    let (id, document) = path.into_inner();
    let (file, bytes) = actions::read_file(&visit.app, &visit.actor, id, document).await?;
    attachment(&file.name, &file.media_type, bytes)
}

/// What an opened investment application could carry, from its cash-flow sheet.
///
/// # Errors
/// Invalid; NotFound while it is sealed, or without a sheet.
#[utoipa::path(get, path = "/api/v1/applications/{id}/affordability", tag = "applications", security(("token" = [])),
    params(("id" = String, Path), TrialInput),
    responses((status = 200, description = "Cover, break-even, runway, worse courses, largest loan")))]
pub async fn affordability(visit: Visit, id: web::Path<Id<Application>>, query: web::Query<TrialInput>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (answers, asked) = visit
        .app
        .db
        .read(move |db| {
            let (_, sight) = sight_of_bid(db, &actor, id)?;
            if !can(&actor, Action::ReadOpened, &calls::thing(&sight.call).public(false)) {
                return Err(Error::NotFound);
            }
            sight.refuse_blind_judge()?;
            let quality = store::opened(db, id, Part::Quality)?.ok_or(Error::NotFound)?.answers()?;
            let price = store::opened(db, id, Part::Price)?.map(|o| o.prices()).transpose()?;
            Ok((quality, price.and_then(|p| p.amount)))
        })
        .await?;
    let trial = query.read(asked).map_err(Error::from)?;
    ok(&assess(&answers.cash_flow, trial).map_err(Error::from)?.ok_or(Error::NotFound)?)
}

/// This room's part of the description.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    paths(
        can_i_apply,
        start,
        list,
        show,
        draft,
        save_draft,
        missing,
        attach,
        own_file,
        detach,
        sheet,
        submit,
        confirm,
        receipt,
        withdraw,
        openings,
        ask,
        confirm_opening,
        open_investments,
        of_call,
        content,
        opened_file,
        affordability
    ),
    components(schemas(StartInput, Declaration, PartInput, ConfirmInput, EligibilityInput, WhichApplication))
)]
pub struct Docs;
