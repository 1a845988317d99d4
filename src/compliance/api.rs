//! Obligations for programs.

use super::actions::{self, ApportionInput, DecisionInput, ReportInput};
use super::model::{Claim, DoubleCount, Due, RemedyStep};
use super::pages::{DueQuery, evidence_file, lines, whole};
use super::remedies::{self, ProposeInput, TakeInput};
use super::shared_pages::shared;
use crate::agreements::{self, Agreement};
use crate::documents::{Document, Upload};
use crate::error::Error;
use crate::http::api::{Listed, created, ok};
use crate::http::{Answer, Sent, Visit, attachment};
use crate::people::policy::{Action, can};
use crate::values::Id;
use actix_web::web;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn shown(due: &Due) -> Value {
    json!({
        "id": due.id, "agreement": due.agreement_id, "obligation": due.obligation_id, "organisation": due.organisation_id,
        "period": { "words": due.period, "starts_on": due.starts_on, "ends_on": due.ends_on }, "due_on": due.due_on,
        "target": due.target, "binding": due.binding, "state": due.state, "claim_state": due.claim_state,
        "grace_until": due.grace_until, "cure_by": due.cure_by, "next_step": due.next_step,
    })
}

fn shown_claim(claim: &Claim) -> Value {
    json!({
        "id": claim.id, "state": claim.state, "quantity": claim.quantity, "counted": claim.counted, "verified": claim.verified,
        "note": claim.note, "beneficiaries": claim.beneficiaries, "reported_at": claim.reported_at, "reason": claim.reason,
        "decided_at": claim.decided_at,
    })
}

/// Figures that are or were due, by their day. Staff see their authority's, members their organisations'.
///
/// # Errors
/// Denied, Invalid.
#[utoipa::path(get, path = "/api/v1/dues", tag = "compliance", security(("token" = [])), params(DueQuery),
    responses((status = 200, description = "Due dates")))]
pub async fn list(visit: Visit, query: web::Query<DueQuery>) -> Answer {
    let (_, page) = lines(&visit, &query, 50).await?;
    ok(&Listed::of(page, |line| {
        let mut value = shown(&line.due);
        value["title"] = json!(line.obligation.title);
        value["measure"] = json!(line.obligation.measure);
        value["unit"] = json!(line.obligation.unit);
        value["organisation_name"] = json!(line.organisation);
        value
    }))
}

/// One due date with its figures, evidence and remedies.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/dues/{id}", tag = "compliance", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "The due date")))]
pub async fn one(visit: Visit, id: web::Path<Id<Due>>) -> Answer {
    let whole = whole(&visit, *id).await?;
    let internal = visit.actor.is_staff_of(whole.due.authority_id);
    let mut value = shown(&whole.due);
    value["title"] = json!(whole.obligation.title);
    value["promise"] = json!(whole.obligation.words());
    value["verifier"] = json!(whole.obligation.terms.0.verifier);
    value["claims"] = whole.claims.iter().map(shown_claim).collect();
    value["evidence"] = whole
        .files
        .iter()
        .map(|f| json!({ "id": f.id, "name": f.name, "sha256": f.sha256, "size": f.size, "scan": f.scan }))
        .collect();
    value["remedies"] = whole
        .remedies
        .iter()
        .filter(|step| internal || step.taken_at.is_some())
        .map(|step| {
            json!({
                "id": step.id, "kind": step.kind, "step": step.step, "title": step.title, "proposed_at": step.proposed_at,
                "taken_at": step.taken_at, "withdrawn_at": step.withdrawn_at, "reason": step.taken_reason,
            })
        })
        .collect();
    ok(&value)
}

/// Reports a figure with evidence.
///
/// # Errors
/// Invalid, Denied; refused when it is not due or somebody else counted the same.
#[utoipa::path(post, path = "/api/v1/dues/{id}/claims", tag = "compliance", security(("token" = [])),
    params(("id" = String, Path)), request_body = ReportInput, responses((status = 201, description = "Reported")))]
pub async fn report(visit: Visit, id: web::Path<Id<Due>>, body: Sent<ReportInput>) -> Answer {
    let mut files = Vec::new();
    for (index, file) in body.0.evidence.iter().enumerate() {
        let bytes = STANDARD
            .decode(&file.content)
            .map_err(|_| Error::field(&format!("evidence[{index}].content"), "Send the bytes of the file as base64"))?;
        files.push(Upload { name: file.name.clone(), bytes });
    }
    let claim = actions::report(&visit.app, &visit.actor, *id, &body.0, files, visit.now).await?;
    created(&format!("/api/v1/dues/{id}"), &json!({ "claim": claim, "due": *id }))
}

/// The bytes of one file of evidence, under its own name. A due date lists the files of its newest figure.
///
/// # Errors
/// NotFound, also for another's.
#[utoipa::path(get, path = "/api/v1/evidence/{id}", tag = "compliance", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The file")))]
pub async fn evidence(visit: Visit, id: web::Path<Id<Document>>) -> Answer {
    let (document, bytes) = evidence_file(&visit, *id).await?;
    attachment(&document.name, &document.media_type, bytes)
}

/// Accepts, queries or rejects a figure.
///
/// # Errors
/// Invalid, Denied; refused when it does not wait for a decision.
#[utoipa::path(post, path = "/api/v1/claims/{id}/decision", tag = "compliance", security(("token" = [])),
    params(("id" = String, Path)), request_body = DecisionInput, responses((status = 200, description = "Decided")))]
pub async fn decide(visit: Visit, id: web::Path<Id<Claim>>, body: Sent<DecisionInput>) -> Answer {
    let state = actions::decide(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "state": state }))
}

/// Proposes what to do about a breach.
///
/// # Errors
/// Invalid, Denied; refused when nothing is in breach.
#[utoipa::path(post, path = "/api/v1/dues/{id}/remedies", tag = "compliance", security(("token" = [])),
    params(("id" = String, Path)), request_body = ProposeInput, responses((status = 201, description = "Proposed")))]
pub async fn propose(visit: Visit, id: web::Path<Id<Due>>, body: Sent<ProposeInput>) -> Answer {
    let step = remedies::propose(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/dues/{id}"), &json!({ "id": step }))
}

/// Takes what somebody else proposed.
///
/// # Errors
/// Invalid, Denied; refused when it was taken or replaced.
#[utoipa::path(post, path = "/api/v1/remedies/{id}/take", tag = "compliance", security(("token" = [])),
    params(("id" = String, Path)), request_body = TakeInput, responses((status = 200, description = "Taken")))]
pub async fn take(visit: Visit, id: web::Path<Id<RemedyStep>>, body: Sent<TakeInput>) -> Answer {
    let state = remedies::take(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "state": state }))
}

/// What two figures count and an officer has to share out, newest first.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/double-counts", tag = "compliance", security(("token" = [])), params(DueQuery),
    responses((status = 200, description = "Refused double counts")))]
pub async fn double_counts(visit: Visit, query: web::Query<DueQuery>) -> Answer {
    let page = shared(&visit, &query.after, None).await?;
    ok(&Listed::of(page, |one| {
        let d = one.double;
        json!({
            "id": d.id, "kind": d.kind, "measure": d.measure, "fingerprint": d.fingerprint, "due": d.due_id,
            "organisation": one.organisation, "first_due": d.first_due_id, "first_organisation": one.first_organisation,
            "refused_at": d.refused_at,
        })
    }))
}

/// Records how something that two figures count is shared, at most 100 % together.
///
/// # Errors
/// Invalid, Denied; refused when the shares are too many.
#[utoipa::path(post, path = "/api/v1/double-counts/{id}/apportionment", tag = "compliance", security(("token" = [])),
    params(("id" = String, Path)), request_body = ApportionInput, responses((status = 200, description = "Recorded")))]
pub async fn apportion(visit: Visit, id: web::Path<Id<DoubleCount>>, body: Sent<ApportionInput>) -> Answer {
    actions::apportion(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "recorded": true }))
}

/// Promised, claimed and verified of an agreement, by measure: every measure, never a part.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/agreements/{id}/totals", tag = "compliance", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Totals of every measure: sums, of per cents averages over the obligations that have such a figure; how many of its `obligations` are `reported`, `checked` and `kept`; `complete`")))]
pub async fn totals(visit: Visit, id: web::Path<Id<Agreement>>) -> Answer {
    let id = *id;
    let (agreement, totals) =
        visit.app.db.read(move |db| Ok((agreements::find(db, id)?, super::totals_of_agreement(db, id)?))).await?;
    if !can(&visit.actor, Action::ReadAgreements, &agreements::thing(&agreement)) {
        return Err(Error::NotFound.into());
    }
    ok(&json!({ "items": totals, "complete": true }))
}

/// The description of these routes.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, one, report, evidence, decide, propose, take, double_counts, apportion, totals))]
pub struct Docs;
