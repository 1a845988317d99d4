//! Agreements for programs.

use super::actions::{self, ChangeInput, SignInput};
use super::model::Agreement;
use super::pages::{ListQuery, lines};
use super::store;
use crate::awards::Award;
use crate::error::Error;
use crate::http::api::{Listed, created, ok};
use crate::http::{Answer, Sent, Visit};
use crate::people::policy::{Action, can};
use crate::values::Id;
use actix_web::web;
use serde_json::{Value, json};

fn shown(agreement: &Agreement) -> Value {
    json!({
        "id": agreement.id, "reference": agreement.reference, "kind": agreement.kind, "state": agreement.state,
        "title": agreement.title, "organisation": agreement.organisation_id, "mission": agreement.mission_id,
        "call": agreement.call_id, "award": agreement.award_id, "value": agreement.value,
        "starts_on": agreement.starts_on, "ends_on": agreement.ends_on, "signed_at": agreement.signed_at,
        "ended_at": agreement.ended_at,
    })
}

/// The agreements one may see: an authority's for its staff, an organisation's for its members. Newest first.
///
/// # Errors
/// Denied, Invalid.
#[utoipa::path(get, path = "/api/v1/agreements", tag = "agreements", security(("token" = [])), params(ListQuery),
    responses((status = 200, description = "Agreements")))]
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let page = lines(&visit, &query, 50).await?;
    ok(&Listed::of(page, |line| {
        let mut value = shown(&line.agreement);
        value["organisation_name"] = json!(line.organisation);
        value
    }))
}

/// One agreement with its obligations and changes.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/agreements/{id}", tag = "agreements", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The agreement")))]
pub async fn one(visit: Visit, id: web::Path<Id<Agreement>>) -> Answer {
    let id = *id;
    let (agreement, obligations, changes) = visit
        .app
        .db
        .read(move |db| Ok((store::find(db, id)?, store::obligations(db, id)?, store::changes(db, id)?)))
        .await?;
    if !can(&visit.actor, Action::ReadAgreements, &store::thing(&agreement)) {
        return Err(Error::NotFound.into());
    }
    let mut value = shown(&agreement);
    value["terms"] = serde_json::to_value(&agreement.terms.0).map_err(Error::from)?;
    value["parts"] = json!(agreement.terms.0.listed());
    value["obligations"] = obligations
        .iter()
        .map(|o| {
            json!({
                "id": o.id, "asked": o.asked_id, "title": o.title, "measure": o.measure, "unit": o.unit,
                "direction": o.direction, "baseline": o.baseline, "promised": o.promised, "kpi": o.kpi,
                "terms": o.terms.0,
            })
        })
        .collect();
    value["changes"] = changes
        .iter()
        .map(|c| {
            json!({
                "kind": c.kind, "reason": c.reason, "at": c.made_at, "notice": c.notice_number,
                "value": { "from": c.old_value, "to": c.new_value },
                "ends_on": { "from": c.old_ends_on, "to": c.new_ends_on },
            })
        })
        .collect();
    ok(&value)
}

/// Signs the contract of an award.
///
/// # Errors
/// Denied; refused before the standstill ends or with too few key performance indicators.
#[utoipa::path(post, path = "/api/v1/awards/{award}/agreement", tag = "agreements", security(("token" = [])),
    params(("award" = String, Path)), request_body = SignInput, responses((status = 201, description = "Signed")))]
pub async fn sign(visit: Visit, award: web::Path<Id<Award>>, body: Sent<SignInput>) -> Answer {
    let id = actions::sign(&visit.app, &visit.actor, *award, &body.0, visit.now).await?;
    created(&format!("/api/v1/agreements/{id}"), &json!({ "id": id }))
}

/// Changes, completes or ends an agreement.
///
/// # Errors
/// Denied, Invalid; refused when it has ended or needs a notice first.
#[utoipa::path(post, path = "/api/v1/agreements/{id}/change", tag = "agreements", security(("token" = [])),
    params(("id" = String, Path)), request_body = ChangeInput, responses((status = 200, description = "Recorded")))]
pub async fn change(visit: Visit, id: web::Path<Id<Agreement>>, body: Sent<ChangeInput>) -> Answer {
    actions::change(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "recorded": true }))
}

/// The description of these routes.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, one, sign, change))]
pub struct Docs;
