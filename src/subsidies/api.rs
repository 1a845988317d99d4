//! Subsidy routes for programs.

use super::actions::{self, ConfirmationInput, RouteInput, WithdrawRoute};
use super::model::Route;
use super::{pages, store};
use crate::error::Error;
use crate::http::api::{Listed, PageQuery, created, ok};
use crate::http::{Answer, Nothing, Sent, Visit};
use crate::people::policy::{Action, Thing, require};
use crate::values::{Id, actor};
use actix_web::web;
use serde_json::{Value, json};

fn shown(route: &Route, cancelled: bool) -> Value {
    json!({
        "id": route.id, "application": route.application_id, "organisation": route.organisation_id,
        "group": route.group_name, "kind": route.kind, "state": route.state, "amount": route.amount,
        "body": route.body.0, "started_at": route.started_at, "recorded_at": route.recorded_at,
        "cancelled": cancelled, "withdrawn_why": route.withdrawn_why,
    })
}

/// Routes of the authority, newest first.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/subsidies", tag = "subsidies", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Routes")))]
pub async fn list(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadAwards, &Thing::of_authority(authority))?;
    let cursor = query.cursor()?;
    let page = visit.app.db.read(move |db| store::list(db, authority, cursor.as_ref(), 20)).await?;
    ok(&Listed::of(page, |(r, cancelled)| shown(&r, cancelled)))
}

/// Begins the route of an application.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/subsidies/{organisation}/{application}", tag = "subsidies",
    security(("token" = [])), params(("organisation" = String, Path), ("application" = String, Path)),
    request_body = RouteInput, responses((status = 201, description = "Begun")))]
pub async fn start(visit: Visit, path: web::Path<(Id<actor::Organisation>, String)>, body: Sent<RouteInput>) -> Answer {
    let (organisation, application) = path.into_inner();
    let id = actions::start(&visit.app, &visit.actor, organisation, &application, &body.0, visit.now).await?;
    created(&format!("/api/v1/subsidy-routes/{id}"), &json!({ "id": id }))
}

/// One route.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/subsidy-routes/{id}", tag = "subsidies", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The route")))]
pub async fn route(visit: Visit, id: web::Path<Id<Route>>) -> Answer {
    let id = *id;
    let (route, cancelled) = visit.app.db.read(move |db| store::find_told(db, id)).await?;
    let staff = require(&visit.actor, Action::ReadAwards, &Thing::of_authority(route.authority_id));
    let own = Thing::of_applicant(route.authority_id, route.organisation_id);
    staff.or_else(|_| require(&visit.actor, Action::ReadOutcome, &own)).map_err(|_| Error::NotFound)?;
    ok(&shown(&route, cancelled))
}

/// The enterprise's written confirmation.
///
/// # Errors
/// Invalid, Denied, refused over the cap.
#[utoipa::path(post, path = "/api/v1/subsidy-routes/{id}/confirmation", tag = "subsidies", security(("token" = [])),
    params(("id" = String, Path)), request_body = ConfirmationInput, responses((status = 200, description = "Confirmed")))]
pub async fn confirm(visit: Visit, id: web::Path<Id<Route>>, body: Sent<ConfirmationInput>) -> Answer {
    actions::confirm(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "confirmed": true }))
}

/// Signs an assessment that somebody else wrote.
///
/// # Errors
/// Denied, refused.
#[utoipa::path(post, path = "/api/v1/subsidy-routes/{id}/signature", tag = "subsidies", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Signed")))]
pub async fn sign(visit: Visit, id: web::Path<Id<Route>>, _body: Sent<Nothing>) -> Answer {
    actions::sign(&visit.app, &visit.actor, *id, visit.now).await?;
    ok(&json!({ "signed": true }))
}

/// Records that a subsidy was given whose route was complete only after signing; else signing does that. Minimal financial
/// assistance is confirmed to the enterprise.
///
/// # Errors
/// Denied, refused.
#[utoipa::path(post, path = "/api/v1/subsidy-routes/{id}/given", tag = "subsidies", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Given")))]
pub async fn give(visit: Visit, id: web::Path<Id<Route>>, _body: Sent<Nothing>) -> Answer {
    actions::give(&visit.app, &visit.actor, *id, visit.now).await?;
    ok(&json!({ "given": true }))
}

/// Withdraws a route that was not given, with the reason.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/subsidy-routes/{id}/withdrawal", tag = "subsidies", security(("token" = [])),
    params(("id" = String, Path)), request_body = WithdrawRoute, responses((status = 200, description = "Withdrawn")))]
pub async fn withdraw(visit: Visit, id: web::Path<Id<Route>>, body: Sent<WithdrawRoute>) -> Answer {
    actions::withdraw(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "withdrawn": true }))
}

/// A group's running total.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct GroupQuery {
    /// The group's name.
    group: String,
}

/// What a group has had in the window of minimal financial assistance, and every row that it was found from, the newest
/// first: all of them, never a part.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/subsidy-groups", tag = "subsidies", security(("token" = [])), params(GroupQuery),
    responses((status = 200, description = "The total and all its rows; `complete`")))]
pub async fn group(visit: Visit, query: web::Query<GroupQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadAwards, &Thing::of_authority(authority))?;
    let key = super::group_key(&query.group);
    let rows = visit.app.db.read(move |db| store::of_group(db, authority, &key)).await?;
    let check = pages::standing(&rows, visit.today());
    let items: Vec<_> = rows
        .iter()
        .map(|(r, cancelled)| {
            json!({ "given_on": r.given_on, "authority": r.from_authority, "kind": r.kind, "amount": r.amount,
                "source": r.source, "cancelled": cancelled })
        })
        .collect();
    ok(&json!({
        "used": check.as_ref().map(|c| c.used), "cap": check.as_ref().map(|c| c.cap),
        "window_from": check.as_ref().map(|c| c.window_from), "items": items,
        "complete": true,
    }))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(list, start, route, confirm, sign, give, withdraw, group))]
/// What this room adds to the API's description.
pub struct Docs;
