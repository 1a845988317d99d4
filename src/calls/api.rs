//! Calls for programs. Every step of the builder is one call that sets the whole terms.

use super::actions::{self, AmendInput, AnswerInput, NoticeInput, PublishInput, QuestionInput, WithdrawInput};
use super::drafting::{self, NewCall};
use super::drafting_terms::{self, TermsInput};
use super::model::{Call, CallLine, Question};
use super::pages::{ListQuery, VersionQuery};
use super::questions::{self as asking, QuestionsQuery};
use super::rehearsing::{self, AcknowledgeInput};
use super::store;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::http::api::{Listed, created, ok};
use crate::http::{Answer, Sent, Visit};
use crate::people::policy::{Action, can, require};
use crate::values::{Id, Instant};
use actix_web::web;
use serde_json::{Value, json};

fn line_json(line: &CallLine, now: Instant) -> Value {
    json!({
        "id": line.id, "kind": line.kind, "reference": line.reference, "title": line.title, "summary": line.summary,
        "stage": line.stage, "is_open": line.deadline_at.is_some_and(|d| now <= d) && line.stage == super::CallStage::Open,
        "version": line.version, "mission": line.mission_id, "authority": line.authority_id, "amount": line.amount,
        "deadline_at": line.deadline_at, "published_at": line.published_at, "created_at": line.created_at,
    })
}

fn call_json(call: &Call, now: Instant) -> Value {
    json!({
        "id": call.id, "kind": call.kind, "reference": call.reference, "title": call.title, "summary": call.summary,
        "stage": call.stage, "is_open": call.is_open(now), "version": call.version, "mission": call.mission_id,
        "authority": call.authority_id, "amount": call.amount(), "deadline_at": call.deadline_at,
        "published_at": call.published_at, "created_at": call.created_at, "terms_hash": call.terms_hash,
        "terms": call.terms.0,
    })
}

async fn readable(visit: &Visit, id: Id<Call>) -> Result<Call> {
    let call = visit.app.db.read(move |db| store::find(db, id)).await?;
    if can(&visit.actor, Action::ReadCall, &store::thing(&call)) { Ok(call) } else { Err(Error::NotFound) }
}

/// Calls that everybody may see, newest first; `?stage=draft` and the like list one's own authority's.
///
/// # Errors
/// Invalid.
#[utoipa::path(get, path = "/api/v1/calls", tag = "calls", params(ListQuery),
    responses((status = 200, description = "Calls")))]
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let (filter, cursor, now) = (query.filter(), query.cursor()?, visit.now);
    let inner = matches!(filter.stage, Some(super::CallStage::Draft | super::CallStage::AwaitingNotice));
    let authority = if inner { Some(visit.actor.authority().ok_or(Error::Denied)?) } else { None };
    let found = visit
        .app
        .db
        .read(move |db| match authority {
            Some(authority) => store::list_of_authority(db, authority, &filter, now, cursor.as_ref(), 20),
            None => store::list_public(db, &filter, now, cursor.as_ref(), 20),
        })
        .await?;
    ok(&Listed::of(found, |line| line_json(&line, now)))
}

/// One call with its terms.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/calls/{id}", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, description = "The call")))]
pub async fn show(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (call, id) = (readable(&visit, *id).await?, *id);
    let mut shown = call_json(&call, visit.now);
    if let (super::CallStage::Withdrawn, Some(fields)) = (call.stage, shown.as_object_mut()) {
        let reason = visit.app.db.read(move |db| store::withdrawn_reason(db, id)).await?;
        fields.insert("withdrawn_reason".to_owned(), json!(reason));
    }
    ok(&shown)
}

/// Begins a draft.
///
/// # Errors
/// Invalid, Denied.
#[utoipa::path(post, path = "/api/v1/calls", tag = "calls", security(("token" = [])), request_body = NewCall,
    responses((status = 201, description = "Begun")))]
pub async fn create(visit: Visit, body: Sent<NewCall>) -> Answer {
    let id = drafting::create(&visit.app, &visit.actor, &body.0, visit.now).await?;
    let call = readable(&visit, id).await?;
    created(&format!("/api/v1/calls/{id}"), &json!({ "id": id, "reference": call.reference }))
}

/// Sets the whole terms of a draft and says what is still missing.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen.
#[utoipa::path(post, path = "/api/v1/calls/{id}/terms", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = TermsInput, responses((status = 200, description = "Saved")))]
pub async fn set_terms(visit: Visit, id: web::Path<Id<Call>>, body: Sent<TermsInput>) -> Answer {
    drafting_terms::set_terms(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    let (id, actor, today) = (*id, visit.actor.clone(), visit.today());
    let found = move |db: &mut Db| {
        let (call, mission_hidden) = drafting::load_with_mission(db, &actor, id)?;
        actions::check(db, &call, mission_hidden, today)
    };
    ok(&json!({ "missing": visit.app.db.read(found).await?.missing }))
}

/// Frozen terms of a version, with their hash.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/calls/{id}/terms", tag = "calls", params(("id" = String, Path), VersionQuery),
    responses((status = 200, description = "The terms")))]
pub async fn terms(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<VersionQuery>) -> Answer {
    let call = readable(&visit, *id).await?;
    let (id, version) = (*id, query.version.unwrap_or(call.version));
    let (terms, hash) = visit.app.db.read(move |db| store::version_terms(db, id, version)).await?;
    ok(&json!({ "version": version, "terms_hash": hash, "terms": terms }))
}

/// What is missing before publication, and the rehearsal of the scoring model.
///
/// # Errors
/// NotFound, Denied.
#[utoipa::path(get, path = "/api/v1/calls/{id}/check", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Missing things and rehearsal")))]
pub async fn check(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (id, actor, today) = (*id, visit.actor.clone(), visit.today());
    let (check, terms) = visit
        .app
        .db
        .read(move |db| {
            let (call, mission_hidden) = drafting::load_with_mission(db, &actor, id)?;
            Ok((actions::check(db, &call, mission_hidden, today)?, call.terms.0))
        })
        .await?;
    let rehearsed = rehearsing::rehearse(terms).await?.ok();
    ok(&json!({
        "missing": check.missing,
        "rehearsal": rehearsed.as_ref().map(|r| &r.full.rehearsal),
        "warnings": rehearsed.as_ref().map(|r| &r.warnings),
        "threshold": check.threshold.map(|(threshold, above)| json!({ "threshold": threshold, "reached": above })),
        "minimum_period": check.minimum_period,
    }))
}

async fn after(visit: &Visit, id: Id<Call>) -> Answer {
    let call = readable(visit, id).await?;
    ok(
        &json!({ "id": id, "stage": call.stage, "version": call.version, "terms_hash": call.terms_hash, "deadline_at": call.deadline_at }),
    )
}

/// The rehearsal of the scoring model in full, the warnings to be acknowledged, and who acknowledged what.
///
/// # Errors
/// NotFound, Denied; refused while the model is not whole.
#[utoipa::path(get, path = "/api/v1/calls/{id}/rehearsal", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "`model_hash`, `rehearsal`, `warnings` and `acknowledgements`")))]
pub async fn rehearsal(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (terms, words) = visit
        .app
        .db
        .read(move |db| {
            let call = store::find(db, id)?;
            require(&actor, Action::ReadDesk, &store::thing(&call).public(false))?;
            Ok((call.terms.0, store::acknowledgements(db, id)?))
        })
        .await?;
    let rehearsed = rehearsing::rehearse(terms).await?.map_err(Error::from)?;
    let words: Vec<Value> = words
        .iter()
        .map(|(word, name)| {
            json!({
                "id": word.id, "model_hash": word.model_hash, "expected_price": word.expected_price,
                "seed": word.seed, "fields": word.fields, "bids": word.bids, "warnings": word.warnings.0,
                "acknowledged_at": word.acknowledged_at, "acknowledged_by": name,
            })
        })
        .collect();
    ok(&json!({
        "model_hash": rehearsed.model_hash, "expected_price": rehearsed.expected_price,
        "rehearsal": rehearsed.full, "warnings": rehearsed.warnings, "acknowledgements": words,
    }))
}

/// Acknowledges what the rehearsal of a draft's model found.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/rehearsal", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = AcknowledgeInput,
    responses((status = 200, description = "Acknowledged")))]
pub async fn acknowledge(visit: Visit, id: web::Path<Id<Call>>, body: Sent<AcknowledgeInput>) -> Answer {
    let word = rehearsing::acknowledge(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "acknowledgement": word }))
}

/// Publishes a draft.
///
/// # Errors
/// Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/publish", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = PublishInput, responses((status = 200, description = "Published")))]
pub async fn publish(visit: Visit, id: web::Path<Id<Call>>, body: Sent<PublishInput>) -> Answer {
    actions::publish(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    after(&visit, *id).await
}

/// A tender whose notice is not recorded goes back to its draft.
///
/// # Errors
/// Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/back-to-draft", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "A draft again")))]
pub async fn back_to_draft(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    drafting_terms::back_to_draft(&visit.app, &visit.actor, *id, visit.now).await?;
    after(&visit, *id).await
}

/// Records a notice on the national platform.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/notices", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = NoticeInput, responses((status = 200, description = "Recorded")))]
pub async fn record_notice(visit: Visit, id: web::Path<Id<Call>>, body: Sent<NoticeInput>) -> Answer {
    actions::record_notice(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    after(&visit, *id).await
}

/// Recorded notices, the oldest first: all of them, never a part.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/calls/{id}/notices", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, description = "Every notice of the call; `complete`")))]
pub async fn notices(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let call = readable(&visit, *id).await?;
    let notices = visit.app.db.read(move |db| store::notices(db, call.id)).await?;
    let items: Vec<Value> = notices
        .iter()
        .map(|n| json!({ "kind": n.kind, "number": n.number, "published_at": n.published_at, "recorded_at": n.recorded_at }))
        .collect();
    ok(&json!({ "items": items, "complete": true }))
}

/// Amends an open call before its deadline.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/amend", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = AmendInput, responses((status = 200, description = "Amended")))]
pub async fn amend(visit: Visit, id: web::Path<Id<Call>>, body: Sent<AmendInput>) -> Answer {
    actions::amend(&visit.app, &visit.actor, *id, &body.0, &visit.app.clock).await?;
    after(&visit, *id).await
}

/// Withdraws a published call before its award.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/withdraw", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = WithdrawInput, responses((status = 200, description = "Withdrawn")))]
pub async fn withdraw(visit: Visit, id: web::Path<Id<Call>>, body: Sent<WithdrawInput>) -> Answer {
    actions::withdraw(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    after(&visit, *id).await
}

/// Questions and answers, the newest answer first. Officers also get those that wait, and whoever asked their own. Nobody
/// is told who asked.
///
/// # Errors
/// NotFound; Invalid for a damaged `after`.
#[utoipa::path(get, path = "/api/v1/calls/{id}/questions", tag = "calls", params(("id" = String, Path), QuestionsQuery),
    responses((status = 200, description = "`items` answered, `waiting`, and where both go on")))]
pub async fn questions(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<QuestionsQuery>) -> Answer {
    let call = readable(&visit, *id).await?;
    let actor = visit.actor.clone();
    let found = visit.app.db.read(move |db| asking::read(db, &call, &actor, &query)).await?;
    let shown = |q: &Question| json!({ "id": q.id, "question": q.question, "asked_at": q.asked_at, "answer": q.answer, "answered_at": q.answered_at });
    ok(&json!({
        "items": found.answered.items.iter().map(shown).collect::<Vec<_>>(),
        "next": found.answered.next.map(|c| c.to_string()),
        "waiting": found.waiting.items.iter().map(shown).collect::<Vec<_>>(),
        "next_waiting": found.waiting.next.map(|c| c.to_string()),
    }))
}

/// Asks a question.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/questions", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = QuestionInput, responses((status = 201, description = "Asked")))]
pub async fn ask(visit: Visit, id: web::Path<Id<Call>>, body: Sent<QuestionInput>) -> Answer {
    let question = actions::ask(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/calls/{id}/questions"), &json!({ "id": question }))
}

/// Answers a question to everybody.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/questions/{question}/answer", tag = "calls", security(("token" = [])),
    params(("id" = String, Path), ("question" = String, Path)), request_body = AnswerInput,
    responses((status = 200, description = "Answered")))]
pub async fn answer(visit: Visit, path: web::Path<(Id<Call>, Id<Question>)>, body: Sent<AnswerInput>) -> Answer {
    let (id, question) = path.into_inner();
    actions::answer(&visit.app, &visit.actor, id, question, &body.0, visit.now).await?;
    ok(&json!({ "answered": true }))
}

/// What the API says of calls.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(
    list,
    show,
    create,
    set_terms,
    terms,
    check,
    rehearsal,
    acknowledge,
    publish,
    back_to_draft,
    record_notice,
    notices,
    amend,
    withdraw,
    questions,
    ask,
    answer,
    super::stages_pages::api_show,
    super::stages_pages::api_set,
    super::stages_pages::api_undo
))]
pub struct Docs;
