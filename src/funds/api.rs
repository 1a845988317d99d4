//! Funds for programs.

use super::actions::{self, NewCommitment, OpenFund, visible};
use super::model::Fund;
use super::store;
use crate::db::Page;
use crate::error::Error;
use crate::http::api::{Listed, PageQuery, created, ok};
use crate::http::{Answer, Sent, Visit};
use crate::people::policy::{Action, Thing, require};
use crate::values::Id;
use actix_web::web;
use serde_json::json;

/// The funds of the authority, by name.
///
/// # Errors
/// Denied; Invalid for a damaged `after`.
#[utoipa::path(get, path = "/api/v1/funds", tag = "funds", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Funds by name")))]
pub async fn list(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadFund, &Thing::of_authority(authority))?;
    let after = query.place()?;
    let page = visit
        .app
        .db
        .read(move |db| store::page_of_authority(db, authority, after.as_ref(), Page::<Fund>::SIZE))
        .await?;
    ok(&Listed::of(page, |f| json!({ "id": f.id, "name": f.name, "mandate": f.mandate })))
}

/// Opens a fund.
///
/// # Errors
/// Invalid, Denied.
#[utoipa::path(post, path = "/api/v1/funds", tag = "funds", security(("token" = [])), request_body = OpenFund,
    responses((status = 201, description = "Open")))]
pub async fn open(visit: Visit, body: Sent<OpenFund>) -> Answer {
    let id = actions::open(&visit.app, &visit.actor, &body.0, visit.now).await?;
    created(&format!("/api/v1/funds/{id}"), &json!({ "id": id }))
}

/// Cash and commitments of a fund.
///
/// # Errors
/// NotFound, Denied.
#[utoipa::path(get, path = "/api/v1/funds/{id}/cash", tag = "funds", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "Committed, called, in the bank, available")))]
pub async fn cash(visit: Visit, id: web::Path<Id<Fund>>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (cash, commitments) = visit
        .app
        .db
        .read(move |db| {
            let (fund, commitments) = store::find_committed(db, id)?;
            visible(&actor, &fund)?;
            require(&actor, Action::ReadFund, &Thing::of_authority(fund.authority_id))?;
            Ok((actions::cash(db, id)?, commitments))
        })
        .await?;
    let commitments: Vec<_> = commitments
        .iter()
        .map(|c| json!({ "id": c.id, "amount": c.amount, "committed_on": c.committed_on, "source": c.source }))
        .collect();
    ok(&json!({ "cash": cash, "commitments": commitments }))
}

/// Records a commitment of the council.
///
/// # Errors
/// Invalid, Denied.
#[utoipa::path(post, path = "/api/v1/funds/{id}/commitments", tag = "funds", security(("token" = [])),
    params(("id" = String, Path)), request_body = NewCommitment, responses((status = 201, description = "Recorded")))]
pub async fn commit(visit: Visit, id: web::Path<Id<Fund>>, body: Sent<NewCommitment>) -> Answer {
    let commitment = actions::commit(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/funds/{id}/cash"), &json!({ "id": commitment }))
}

/// What this room adds to the API's description.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, open, cash, commit))]
pub struct Docs;
