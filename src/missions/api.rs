//! Missions for programs.

use super::inputs::{IndicatorInput, MissionInput, OutcomeInput, PartnerInput, ReadingInput, Withdrawal};
use super::model::{Indicator, Mission, Partner, Reading};
use super::{actions, rules, store};
use crate::db::Page;
use crate::error::Error;
use crate::http::api::{Listed, PageQuery, created, ok};
use crate::http::{Answer, Sent, Visit};
use crate::people;
use crate::people::policy::{Action, can};
use crate::values::{LocalDate, Pence};
use actix_web::web;
use serde_json::{Value, json};

fn shown(mission: &Mission) -> Value {
    json!({
        "id": mission.id, "slug": mission.slug, "authority": mission.authority_id, "title": mission.title,
        "statement": mission.statement, "summary": mission.summary, "answerable": mission.answerable,
        "parent": mission.parent_id, "status": mission.status, "target_on": mission.target_on,
        "budget": mission.budget.map(Pence::plain), "created_at": mission.created_at,
        "published_at": mission.published_at,
    })
}

fn shown_reading(reading: &Reading) -> Value {
    json!({
        "id": reading.id, "indicator": reading.indicator_id, "read_on": reading.read_on, "value": reading.value,
        "source": reading.source, "corrects": reading.supersedes, "reason": reading.reason,
        "recorded_at": reading.recorded_at,
    })
}

fn shown_indicator(indicator: &Indicator, readings: &[Reading], today: LocalDate) -> Value {
    let standing = rules::state_of(indicator, readings.last(), today);
    json!({
        "id": indicator.id, "outcome": indicator.outcome_id, "title": indicator.title, "unit": indicator.unit,
        "direction": indicator.direction, "baseline": indicator.baseline, "baseline_on": indicator.baseline_on,
        "target": indicator.target, "target_on": indicator.target_on, "source": indicator.source,
        "state": standing.state.as_str(), "gap": standing.gap, "line": standing.line,
        "readings": readings.iter().map(shown_reading).collect::<Vec<_>>(),
    })
}

fn shown_partner(partner: &Partner) -> Value {
    json!({ "id": partner.id, "name": partner.name, "pledge": partner.pledge })
}

/// Published missions, oldest first.
///
/// # Errors
/// Invalid for a wrong cursor.
#[utoipa::path(get, path = "/api/v1/missions", tag = "missions", params(PageQuery),
    responses((status = 200, description = "Missions")))]
pub async fn list(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let cursor = query.cursor()?;
    let page = visit.app.db.read(move |db| store::list_published(db, cursor.as_ref(), Page::<Mission>::SIZE)).await?;
    ok(&Listed::of(page, |mission| shown(&mission)))
}

/// A mission with outcomes, indicators, their current readings and state, and partners.
///
/// # Errors
/// NotFound, also for another authority's draft.
#[utoipa::path(get, path = "/api/v1/missions/{slug}", tag = "missions", params(("slug" = String, Path)),
    responses((status = 200, description = "The mission")))]
pub async fn show(visit: Visit, slug: web::Path<String>) -> Answer {
    let actor = visit.actor.clone();
    let (mission, measured, partners, departments) = visit
        .app
        .db
        .read(move |db| {
            let mission = store::find_by_slug(db, &slug)?;
            if !can(&actor, Action::ReadMission, &store::thing(&mission)) {
                return Err(Error::NotFound);
            }
            let measured = store::measured(db, &[mission.id])?;
            let partners = store::partners_of(db, mission.id)?;
            let departments = store::departments_of(db, mission.id)?;
            let departments = people::find_organisations(db, &departments)?;
            Ok((mission, measured, partners, departments))
        })
        .await?;
    let today = visit.today();
    let mut shown = shown(&mission);
    if let Some(map) = shown.as_object_mut() {
        let store::Measured { outcomes, indicators, readings } = measured;
        let outcomes: Vec<_> = outcomes.iter().map(|o| json!({ "id": o.id, "title": o.title })).collect();
        let indicators: Vec<_> = indicators
            .iter()
            .map(|i| shown_indicator(i, readings.get(&i.id).map_or(&[], Vec::as_slice), today))
            .collect();
        let departments: Vec<_> = departments.values().map(|d| json!({ "id": d.id, "name": d.name })).collect();
        map.insert("outcomes".to_owned(), json!(outcomes));
        map.insert("indicators".to_owned(), json!(indicators));
        map.insert("partners".to_owned(), json!(partners.iter().map(shown_partner).collect::<Vec<_>>()));
        map.insert("departments".to_owned(), json!(departments));
    }
    ok(&shown)
}

/// Begins a mission as a draft.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/missions", tag = "missions", security(("token" = [])),
    request_body = MissionInput, responses((status = 201, description = "Begun")))]
pub async fn create(visit: Visit, body: Sent<MissionInput>) -> Answer {
    let mission = actions::create(&visit.app, &visit.actor, &body.0, visit.now).await?;
    created(&format!("/api/v1/missions/{}", mission.slug), &shown(&mission))
}

/// Changes a mission: every field is written anew.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/missions/{slug}", tag = "missions", security(("token" = [])),
    params(("slug" = String, Path)), request_body = MissionInput, responses((status = 200, description = "Changed")))]
pub async fn change(visit: Visit, slug: web::Path<String>, body: Sent<MissionInput>) -> Answer {
    let mission = actions::change(&visit.app, &visit.actor, &slug, &body.0, visit.now).await?;
    ok(&shown(&mission))
}

/// Adds an outcome.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/missions/{slug}/outcomes", tag = "missions", security(("token" = [])),
    params(("slug" = String, Path)), request_body = OutcomeInput, responses((status = 201, description = "Added")))]
pub async fn add_outcome(visit: Visit, slug: web::Path<String>, body: Sent<OutcomeInput>) -> Answer {
    let id = actions::add_outcome(&visit.app, &visit.actor, &slug, &body.0, visit.now).await?;
    created(&format!("/api/v1/missions/{slug}"), &json!({ "id": id }))
}

/// Adds an indicator to an outcome.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/missions/{slug}/indicators", tag = "missions", security(("token" = [])),
    params(("slug" = String, Path)), request_body = IndicatorInput, responses((status = 201, description = "Added")))]
pub async fn add_indicator(visit: Visit, slug: web::Path<String>, body: Sent<IndicatorInput>) -> Answer {
    let id = actions::add_indicator(&visit.app, &visit.actor, &slug, &body.0, visit.now).await?;
    created(&format!("/api/v1/missions/{slug}"), &json!({ "id": id }))
}

/// Every reading as it was recorded, superseded ones too, newest first.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/missions/{slug}/readings", tag = "missions", params(("slug" = String, Path), PageQuery),
    responses((status = 200, description = "Readings")))]
pub async fn readings(visit: Visit, slug: web::Path<String>, query: web::Query<PageQuery>) -> Answer {
    let (actor, cursor) = (visit.actor.clone(), query.cursor()?);
    let page = visit
        .app
        .db
        .read(move |db| {
            let mission = store::find_by_slug(db, &slug)?;
            if !can(&actor, Action::ReadMission, &store::thing(&mission)) {
                return Err(Error::NotFound);
            }
            store::list_readings(db, mission.id, cursor.as_ref(), 100)
        })
        .await?;
    ok(&Listed::of(page, |reading| shown_reading(&reading)))
}

/// Records a reading, or corrects one.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/missions/{slug}/readings", tag = "missions", security(("token" = [])),
    params(("slug" = String, Path)), request_body = ReadingInput, responses((status = 201, description = "Recorded")))]
pub async fn record_reading(visit: Visit, slug: web::Path<String>, body: Sent<ReadingInput>) -> Answer {
    let id = actions::record_reading(&visit.app, &visit.actor, &slug, &body.0, visit.now).await?;
    created(&format!("/api/v1/missions/{slug}/readings"), &json!({ "id": id }))
}

/// Adds a partner.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/missions/{slug}/partners", tag = "missions", security(("token" = [])),
    params(("slug" = String, Path)), request_body = PartnerInput, responses((status = 201, description = "Added")))]
pub async fn add_partner(visit: Visit, slug: web::Path<String>, body: Sent<PartnerInput>) -> Answer {
    let id = actions::add_partner(&visit.app, &visit.actor, &slug, &body.0, visit.now).await?;
    created(&format!("/api/v1/missions/{slug}"), &json!({ "id": id }))
}

/// Publishes a mission.
///
/// # Errors
/// Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/missions/{slug}/publish", tag = "missions", security(("token" = [])),
    params(("slug" = String, Path)), responses((status = 200, description = "Published")))]
pub async fn publish(visit: Visit, slug: web::Path<String>) -> Answer {
    actions::publish(&visit.app, &visit.actor, &slug, visit.now).await?;
    ok(&json!({ "status": "published" }))
}

/// Withdraws a published mission.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/missions/{slug}/withdraw", tag = "missions", security(("token" = [])),
    params(("slug" = String, Path)), request_body = Withdrawal, responses((status = 200, description = "Withdrawn")))]
pub async fn withdraw(visit: Visit, slug: web::Path<String>, body: Sent<Withdrawal>) -> Answer {
    actions::withdraw(&visit.app, &visit.actor, &slug, &body.0, visit.now).await?;
    ok(&json!({ "status": "withdrawn" }))
}

/// The description of these handlers.
#[derive(utoipa::OpenApi, Debug)]
#[openapi(paths(
    list,
    show,
    create,
    change,
    add_outcome,
    add_indicator,
    readings,
    record_reading,
    add_partner,
    publish,
    withdraw
))]
pub struct Docs;
