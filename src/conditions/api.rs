//! The catalogue for programs.

use super::inputs::{ConditionInput, ExceptionInput};
use super::model::{Condition, ConditionException, ConditionVersion};
use super::pages::ListQuery;
use super::rules::{self, AskedOf};
use super::{actions, store};
use crate::db::Page;
use crate::error::Error;
use crate::http::api::{Listed, created, ok};
use crate::http::{Answer, Sent, Visit};
use crate::people::policy::{Action, can};
use crate::values::{Id, LocalDate, Refusal};
use actix_web::web;
use serde_json::{Value, json};

fn shown(condition: &Condition) -> Value {
    json!({
        "id": condition.id, "mission": condition.mission_id, "title": condition.title,
        "behaviour": condition.behaviour, "version": condition.version, "created_at": condition.created_at,
    })
}

fn asked(version: &ConditionVersion, of: AskedOf, excepted: bool, on: LocalDate) -> Value {
    match rules::may_be_asked(&version.body.0, of, excepted, on) {
        Ok(()) => json!({ "allowed": true }),
        Err(refusal) => json!({ "allowed": false, "refusal": Refusal::from(refusal) }),
    }
}

fn shown_version(version: &ConditionVersion, exception: Option<&ConditionException>, on: LocalDate) -> Value {
    json!({
        "version": version.version, "body": version.body.0, "depends_on": version.depends_on.0,
        "warnings": version.warnings.0, "reason": version.reason, "made_at": version.made_at,
        "exception": exception.map(|e| json!({ "grounds": e.grounds, "recorded_at": e.recorded_at })),
        "tender": asked(version, AskedOf::Tender, exception.is_some(), on),
        "investment": asked(version, AskedOf::Investment, exception.is_some(), on),
    })
}

/// Entries of the authority, oldest first.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/conditions", tag = "conditions", security(("token" = [])),
    params(("behaviour" = Option<String>, Query), ("mission" = Option<String>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, description = "Entries")))]
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    let (filter, cursor) = (query.filter()?, query.cursor()?);
    let page = visit
        .app
        .db
        .read(move |db| store::list(db, authority, filter, cursor.as_ref(), Page::<Condition>::SIZE))
        .await?;
    ok(&Listed::of(page, |condition| shown(&condition)))
}

/// An entry with its versions, and whether each may be asked of a tender and of an investment today.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/conditions/{id}", tag = "conditions", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The entry")))]
pub async fn show(visit: Visit, id: web::Path<Id<Condition>>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (condition, versions, exceptions) = visit
        .app
        .db
        .read(move |db| {
            let condition = store::find(db, id)?;
            if !can(&actor, Action::ReadConditions, &store::thing(&condition)) {
                return Err(Error::NotFound);
            }
            Ok((condition, store::versions_of(db, id)?, store::exceptions_of(db, id)?))
        })
        .await?;
    let today = visit.today();
    let versions: Vec<Value> =
        versions.iter().map(|v| shown_version(v, exceptions.iter().find(|e| e.version == v.version), today)).collect();
    let mut shown = shown(&condition);
    if let Some(map) = shown.as_object_mut() {
        map.insert("versions".to_owned(), json!(versions));
    }
    ok(&shown)
}

/// Begins an entry with its first version.
///
/// # Errors
/// Invalid, Denied.
#[utoipa::path(post, path = "/api/v1/conditions", tag = "conditions", security(("token" = [])),
    request_body = ConditionInput, responses((status = 201, description = "Begun")))]
pub async fn create(visit: Visit, body: Sent<ConditionInput>) -> Answer {
    let condition = actions::create(&visit.app, &visit.actor, &body.0, visit.now).await?;
    created(&format!("/api/v1/conditions/{}", condition.id), &shown(&condition))
}

/// Makes a new version.
///
/// # Errors
/// Invalid, Denied, NotFound.
#[utoipa::path(post, path = "/api/v1/conditions/{id}/versions", tag = "conditions", security(("token" = [])),
    params(("id" = String, Path)), request_body = ConditionInput, responses((status = 201, description = "Made")))]
pub async fn add_version(visit: Visit, id: web::Path<Id<Condition>>, body: Sent<ConditionInput>) -> Answer {
    let condition = actions::add_version(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/conditions/{}", condition.id), &shown(&condition))
}

/// Records the exception of the Subsidy Control Act for the newest version.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/conditions/{id}/exception", tag = "conditions", security(("token" = [])),
    params(("id" = String, Path)), request_body = ExceptionInput, responses((status = 200, description = "Recorded")))]
pub async fn record_exception(visit: Visit, id: web::Path<Id<Condition>>, body: Sent<ExceptionInput>) -> Answer {
    actions::record_exception(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "recorded": true }))
}

/// The description of these handlers.
#[derive(utoipa::OpenApi, Debug)]
#[openapi(paths(list, show, create, add_version, record_exception))]
pub struct Docs;
