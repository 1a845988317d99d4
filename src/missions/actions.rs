//! What people do with missions.

use super::inputs::{IndicatorInput, MissionInput, MissionWords, OutcomeInput, PartnerInput, ReadingInput, Withdrawal};
use super::model::{Indicator, Mission, MissionStatus, Outcome, Partner, Reading};
use super::rules;
use super::store;
use crate::app::App;
use crate::audit::note;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::people;
use crate::people::policy::{Action, Thing, can, require};
use crate::values::{Actor, Id, Instant, Role, actor};
use serde_json::json;

/// Finds a mission that the actor may know of.
fn known(db: &mut Db, actor: &Actor, slug: &str) -> Result<Mission> {
    let mission = store::find_by_slug(db, slug)?;
    if can(actor, Action::ReadMission, &store::thing(&mission)) { Ok(mission) } else { Err(Error::NotFound) }
}

/// The mission that another shall serve: of the same authority, or published by another.
fn find_parent(db: &mut Db, actor: &Actor, mission: Id<Mission>, slug: Option<&str>) -> Result<Option<Id<Mission>>> {
    let Some(slug) = slug else { return Ok(None) };
    let parent = match known(db, actor, slug) {
        Ok(parent) => parent,
        Err(Error::NotFound) => return Err(Error::field("parent", "There is no mission at this address")),
        Err(other) => return Err(other),
    };
    let mut above = vec![parent.id];
    let mut next = parent.parent_id;
    while let Some(id) = next {
        above.push(id);
        if above.len() > rules::MOST_PARENTS || id == mission {
            break;
        }
        next = store::find(db, id)?.parent_id;
    }
    rules::serve(mission, &above)?;
    Ok(Some(parent.id))
}

fn check_departments(db: &mut Db, authority: Id<actor::Organisation>, words: &MissionWords) -> Result<()> {
    let known = people::find_organisations(db, &words.departments)?;
    let own =
        |o: &people::Organisation| o.kind == people::OrganisationKind::Department && o.authority() == Some(authority);
    let all = words.departments.iter().all(|d| known.get(d).is_some_and(own));
    if all { Ok(()) } else { Err(Error::field("departments", "Choose departments of your own authority")) }
}

fn check_slug(db: &mut Db, slug: &str, but: Option<Id<Mission>>) -> Result<()> {
    if store::slug_taken(db, slug, but)? {
        return Err(Error::field("slug", "Another mission has this address. Choose another one"));
    }
    Ok(())
}

/// Begins a mission as a draft and gives it.
///
/// # Errors
/// Invalid; Denied for everybody but a mission lead; refused when it would serve itself.
pub async fn create(app: &App, actor: &Actor, input: &MissionInput, now: Instant) -> Result<Mission> {
    let words = input.read()?;
    let authority = actor.authority_as(Role::MissionLead).ok_or(Error::Denied)?;
    let account = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            require(&actor, Action::EditMission, &Thing::of_authority(authority))?;
            check_slug(db, &words.slug, None)?;
            check_departments(db, authority, &words)?;
            let id = Id::new();
            let parent_id = find_parent(db, &actor, id, words.parent.as_deref())?;
            let mission = Mission {
                id,
                authority_id: authority,
                slug: words.slug.clone(),
                title: words.title.clone(),
                statement: words.statement.clone(),
                summary: words.summary.clone(),
                answerable: words.answerable.clone(),
                parent_id,
                status: MissionStatus::Draft,
                target_on: words.target_on,
                budget: words.budget,
                leaf: store::count_of_authority(db, authority)? % 4,
                created_at: now,
                created_by: account,
                published_at: None,
            };
            store::insert(db, &mission)?;
            store::set_departments(db, &mission, &words.departments)?;
            note(db, &actor, &mission, "mission.begun", json!({ "slug": mission.slug, "parent": parent_id }), now)?;
            Ok(mission)
        })
        .await
}

/// Changes the words of a mission and gives it. The address of a published mission stays.
///
/// # Errors
/// Invalid, Denied, NotFound; refused for a withdrawn mission, or when it would serve itself.
pub async fn change(app: &App, actor: &Actor, slug: &str, input: &MissionInput, now: Instant) -> Result<Mission> {
    let words = input.read()?;
    let (actor, slug) = (actor.clone(), slug.to_owned());
    app.db
        .write(move |db| {
            let mut mission = known(db, &actor, &slug)?;
            require(&actor, Action::EditMission, &store::thing(&mission))?;
            rules::write(&mission)?;
            if mission.is_public() && words.slug != mission.slug {
                return Err(Error::field("slug", "The address of a published mission stays as it is"));
            }
            check_slug(db, &words.slug, Some(mission.id))?;
            check_departments(db, mission.authority_id, &words)?;
            let before = mission.clone();
            mission.parent_id = find_parent(db, &actor, mission.id, words.parent.as_deref())?;
            mission.slug.clone_from(&words.slug);
            mission.title.clone_from(&words.title);
            mission.statement.clone_from(&words.statement);
            mission.summary.clone_from(&words.summary);
            mission.answerable.clone_from(&words.answerable);
            mission.target_on = words.target_on;
            mission.budget = words.budget;
            store::set_words(db, &mission)?;
            store::set_departments(db, &mission, &words.departments)?;
            // A published statement that changes later must be findable in the record.
            let facts = json!({
                "statement_before": before.statement, "statement": mission.statement,
                "target_on_before": before.target_on, "target_on": mission.target_on,
                "budget": mission.budget, "parent": mission.parent_id,
            });
            note(db, &actor, &mission, "mission.changed", facts, now)?;
            Ok(mission)
        })
        .await
}

/// Adds an outcome to a mission.
///
/// # Errors
/// Invalid, Denied, NotFound; refused for a withdrawn mission.
pub async fn add_outcome(
    app: &App,
    actor: &Actor,
    slug: &str,
    input: &OutcomeInput,
    now: Instant,
) -> Result<Id<Outcome>> {
    let title = input.read()?;
    let (actor, slug) = (actor.clone(), slug.to_owned());
    app.db
        .write(move |db| {
            let mission = known(db, &actor, &slug)?;
            require(&actor, Action::EditMission, &store::thing(&mission))?;
            rules::write(&mission)?;
            let outcome = Outcome {
                id: Id::new(),
                authority_id: mission.authority_id,
                mission_id: mission.id,
                title: title.clone(),
                created_at: now,
            };
            store::insert_outcome(db, &outcome)?;
            note(db, &actor, &mission, "mission.outcome_added", json!({ "outcome": outcome.id }), now)?;
            Ok(outcome.id)
        })
        .await
}

/// Adds an indicator to an outcome.
///
/// # Errors
/// Invalid, Denied, NotFound; refused for a withdrawn mission.
pub async fn add_indicator(
    app: &App,
    actor: &Actor,
    slug: &str,
    input: &IndicatorInput,
    now: Instant,
) -> Result<Id<Indicator>> {
    let words = input.read()?;
    let (actor, slug) = (actor.clone(), slug.to_owned());
    app.db
        .write(move |db| {
            let mission = known(db, &actor, &slug)?;
            require(&actor, Action::EditMission, &store::thing(&mission))?;
            rules::write(&mission)?;
            if !store::outcomes_of(db, mission.id)?.iter().any(|o| o.id == words.outcome) {
                return Err(Error::field("outcome", "Choose an outcome of this mission"));
            }
            let indicator = Indicator {
                id: Id::new(),
                authority_id: mission.authority_id,
                mission_id: mission.id,
                outcome_id: words.outcome,
                title: words.title.clone(),
                unit: words.unit.clone(),
                direction: words.direction,
                baseline: words.baseline,
                baseline_on: words.baseline_on,
                target: words.target,
                target_on: words.target_on,
                source: words.source.clone(),
                created_at: now,
            };
            store::insert_indicator(db, &indicator)?;
            let facts = json!({
                "indicator": indicator.id, "baseline": indicator.baseline, "baseline_on": indicator.baseline_on,
                "target": indicator.target, "target_on": indicator.target_on,
            });
            note(db, &actor, &mission, "mission.indicator_added", facts, now)?;
            Ok(indicator.id)
        })
        .await
}

/// Records a dated reading, or a correction of one: a new row that supersedes it.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when the date has a reading, or the reading was corrected before.
pub async fn record_reading(
    app: &App,
    actor: &Actor,
    slug: &str,
    input: &ReadingInput,
    now: Instant,
) -> Result<Id<Reading>> {
    let words = input.read(now.date())?;
    let account = actor.account().ok_or(Error::Denied)?;
    let (actor, slug) = (actor.clone(), slug.to_owned());
    app.db
        .write(move |db| {
            let mission = known(db, &actor, &slug)?;
            require(&actor, Action::RecordReading, &store::thing(&mission))?;
            rules::write(&mission)?;
            let indicator = match store::find_indicator(db, words.indicator) {
                Ok(indicator) if indicator.mission_id == mission.id => indicator,
                Ok(_) | Err(Error::NotFound) => {
                    return Err(Error::field("indicator", "Choose an indicator of this mission"));
                }
                Err(other) => return Err(other),
            };
            let all = store::readings_of_indicator(db, indicator.id)?;
            rules::record(indicator.id, words.read_on, words.corrects, &all)?;
            let reading = Reading {
                id: Id::new(),
                authority_id: mission.authority_id,
                mission_id: mission.id,
                indicator_id: indicator.id,
                read_on: words.read_on,
                value: words.value,
                source: words.source.clone(),
                supersedes: words.corrects,
                reason: words.reason.clone(),
                recorded_at: now,
                recorded_by: account,
            };
            store::insert_reading(db, &reading)?;
            let facts = json!({
                "indicator": indicator.id, "reading": reading.id, "value": reading.value,
                "read_on": reading.read_on, "supersedes": reading.supersedes,
            });
            let action =
                if reading.supersedes.is_some() { "mission.reading_corrected" } else { "mission.reading_recorded" };
            note(db, &actor, &mission, action, facts, now)?;
            Ok(reading.id)
        })
        .await
}

/// Adds a partner with what it pledges.
///
/// # Errors
/// Invalid, Denied, NotFound; refused for a withdrawn mission.
pub async fn add_partner(
    app: &App,
    actor: &Actor,
    slug: &str,
    input: &PartnerInput,
    now: Instant,
) -> Result<Id<Partner>> {
    let (name, pledge) = input.read()?;
    let (actor, slug) = (actor.clone(), slug.to_owned());
    app.db
        .write(move |db| {
            let mission = known(db, &actor, &slug)?;
            require(&actor, Action::EditMission, &store::thing(&mission))?;
            rules::write(&mission)?;
            let partner = Partner {
                id: Id::new(),
                authority_id: mission.authority_id,
                mission_id: mission.id,
                name: name.clone(),
                pledge: pledge.clone(),
                created_at: now,
            };
            store::insert_partner(db, &partner)?;
            note(db, &actor, &mission, "mission.partner_added", json!({ "partner": partner.id }), now)?;
            Ok(partner.id)
        })
        .await
}

/// Publishes a mission: from now on everybody sees it.
///
/// # Errors
/// Denied, NotFound; refused without an indicator, or when it is no draft.
pub async fn publish(app: &App, actor: &Actor, slug: &str, now: Instant) -> Result<()> {
    let (actor, slug) = (actor.clone(), slug.to_owned());
    app.db
        .write(move |db| {
            let mission = known(db, &actor, &slug)?;
            require(&actor, Action::PublishMission, &store::thing(&mission))?;
            let indicators = store::indicators_of(db, mission.id)?.len();
            rules::publish(&mission, indicators)?;
            store::set_status(db, mission.id, MissionStatus::Published, Some(now))?;
            note(db, &actor, &mission, "mission.published", json!({ "slug": mission.slug }), now)
        })
        .await
}

/// Withdraws a published mission, with the reason in the record. It stays readable to staff.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when it is not published.
pub async fn withdraw(app: &App, actor: &Actor, slug: &str, input: &Withdrawal, now: Instant) -> Result<()> {
    let reason = input.read()?;
    let (actor, slug) = (actor.clone(), slug.to_owned());
    app.db
        .write(move |db| {
            let mission = known(db, &actor, &slug)?;
            require(&actor, Action::PublishMission, &store::thing(&mission))?;
            rules::write(&mission)?;
            rules::withdraw(&mission)?;
            store::set_status(db, mission.id, MissionStatus::Withdrawn, mission.published_at)?;
            note(db, &actor, &mission, "mission.withdrawn", json!({ "reason": reason }), now)
        })
        .await
}
