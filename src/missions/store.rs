//! Rows of missions.

use super::model::{Indicator, Mission, MissionStatus, Outcome, Partner, Reading};
use super::rules;
use crate::db::schema::{
    mission_departments, mission_indicators, mission_outcomes, mission_partners, mission_readings, missions,
    organisations,
};
use crate::db::{Cursor, Db, MultiBackend, Page};
use crate::error::{Error, Result};
use crate::people::policy::Thing;
use crate::values::{Id, Instant, actor};
use diesel::prelude::*;
use std::collections::HashMap;

diesel::define_sql_function! {
    /// Small letters, on both databases.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Readings that are loaded at once for pages; more than a century of monthly figures of one mission.
const MOST_READINGS: i64 = 5000;

/// One mission.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Mission>) -> Result<Mission> {
    Ok(missions::table.filter(missions::id.eq(id)).select(Mission::as_select()).first(db)?)
}

/// Several missions by identifier.
///
/// # Errors
/// What the database says.
pub fn find_many(db: &mut Db, ids: &[Id<Mission>]) -> Result<HashMap<Id<Mission>, Mission>> {
    Ok(missions::table
        .filter(missions::id.eq_any(ids))
        .select(Mission::as_select())
        .load(db)?
        .into_iter()
        .map(|m: Mission| (m.id, m))
        .collect())
}

/// The mission at an address, or by its identifier.
///
/// # Errors
/// NotFound.
pub fn find_by_slug(db: &mut Db, slug: &str) -> Result<Mission> {
    Ok(missions::table
        .filter(missions::slug.eq(slug).or(missions::id.eq(slug)))
        .select(Mission::as_select())
        .first(db)?)
}

/// A mission with the names around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The mission.
    pub mission: Mission,
    /// The larger mission that it serves.
    pub parent: Option<Mission>,
    /// The authority that leads it.
    pub authority: String,
    /// The departments that work on it, by name.
    pub departments: Vec<String>,
}

/// The mission at an address, or by its identifier, with the names around it. One statement.
///
/// # Errors
/// NotFound.
pub fn find_placed(db: &mut Db, slug: &str) -> Result<Placed> {
    let (parents, departments) = diesel::alias!(missions as parent_missions, organisations as departments);
    let rows: Vec<(Mission, Option<Mission>, String, Option<String>)> = missions::table
        .inner_join(organisations::table.on(organisations::id.eq(missions::authority_id)))
        .left_join(parents.on(missions::parent_id.eq(parents.field(missions::id).nullable())))
        .left_join(mission_departments::table.on(mission_departments::mission_id.eq(missions::id)))
        .left_join(departments.on(departments.field(organisations::id).eq(mission_departments::department_id)))
        .filter(missions::slug.eq(slug).or(missions::id.eq(slug)))
        .select((
            Mission::as_select(),
            parents.fields(missions::all_columns).nullable(),
            organisations::name,
            departments.field(organisations::name).nullable(),
        ))
        .order((departments.field(organisations::name), mission_departments::id))
        .limit(100)
        .load(db)?;
    let mut rows = rows.into_iter();
    let (mission, parent, authority, first) = rows.next().ok_or(Error::NotFound)?;
    let departments = first.into_iter().chain(rows.filter_map(|(.., name)| name)).collect();
    Ok(Placed { mission, parent, authority, departments })
}

/// Published missions of every authority, oldest first, after the `(published_at, id)` of a cursor.
///
/// # Errors
/// What the database says.
pub fn list_published(db: &mut Db, after: Option<&Cursor>, limit: usize) -> Result<Page<Mission>> {
    let mut query = missions::table
        .filter(missions::status.eq(MissionStatus::Published))
        .filter(missions::published_at.is_not_null())
        .select(Mission::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::later!(missions::published_at, missions::id, cursor));
    }
    let rows =
        query.order((missions::published_at, missions::id)).limit(i64::try_from(limit + 1)?).load::<Mission>(db)?;
    Ok(Page::cut(rows, limit, |m| Cursor { at: m.published_at.unwrap_or(m.created_at), id: m.id.to_string() }))
}

/// Every mission of an authority, drafts too, oldest first, at most 200.
///
/// # Errors
/// What the database says.
pub fn of_authority(db: &mut Db, authority: Id<actor::Organisation>) -> Result<Vec<Mission>> {
    Ok(missions::table
        .filter(missions::authority_id.eq(authority))
        .select(Mission::as_select())
        .order((missions::created_at, missions::id))
        .limit(200)
        .load(db)?)
}

/// Missions of an authority whose title or statement has the words, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn search(db: &mut Db, authority: Id<actor::Organisation>, pattern: &str, limit: i64) -> Result<Vec<Mission>> {
    Ok(missions::table
        .filter(missions::authority_id.eq(authority))
        .filter(
            lower(missions::title)
                .like(pattern.to_owned())
                .escape('\\')
                .or(lower(missions::statement).like(pattern.to_owned()).escape('\\')),
        )
        .select(Mission::as_select())
        .order((missions::created_at, missions::id))
        .limit(limit)
        .load(db)?)
}

/// The outcomes of a mission, in the order they were added, at most 100.
///
/// # Errors
/// What the database says.
pub fn outcomes_of(db: &mut Db, mission: Id<Mission>) -> Result<Vec<Outcome>> {
    Ok(mission_outcomes::table
        .filter(mission_outcomes::mission_id.eq(mission))
        .select(Outcome::as_select())
        .order(mission_outcomes::id)
        .limit(100)
        .load(db)?)
}

/// The indicators of a mission, in the order they were added, at most 100. The first stands for the mission.
///
/// # Errors
/// What the database says.
pub fn indicators_of(db: &mut Db, mission: Id<Mission>) -> Result<Vec<Indicator>> {
    indicators_of_many(db, &[mission])
}

/// The indicators of several missions, in the order they were added, at most 100 for each.
///
/// # Errors
/// What the database says.
pub fn indicators_of_many(db: &mut Db, ids: &[Id<Mission>]) -> Result<Vec<Indicator>> {
    Ok(mission_indicators::table
        .filter(mission_indicators::mission_id.eq_any(ids))
        .select(Indicator::as_select())
        .order((mission_indicators::created_at, mission_indicators::id))
        .limit(100 * i64::try_from(ids.len())?)
        .load(db)?)
}

pub(super) fn find_indicator(db: &mut Db, id: Id<Indicator>) -> Result<Indicator> {
    Ok(mission_indicators::table.filter(mission_indicators::id.eq(id)).select(Indicator::as_select()).first(db)?)
}

/// Every reading of indicators, superseded ones too, by date.
fn all_readings(db: &mut Db, indicators: &[Id<Indicator>]) -> Result<Vec<Reading>> {
    let mut rows: Vec<Reading> = mission_readings::table
        .filter(mission_readings::indicator_id.eq_any(indicators))
        .select(Reading::as_select())
        .order((mission_readings::read_on.desc(), mission_readings::id.desc()))
        .limit(MOST_READINGS)
        .load(db)?;
    rows.reverse();
    Ok(rows)
}

pub(super) fn readings_of_indicator(db: &mut Db, indicator: Id<Indicator>) -> Result<Vec<Reading>> {
    all_readings(db, &[indicator])
}

/// What some missions are measured by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Their outcomes, in the order they were added.
    pub outcomes: Vec<Outcome>,
    /// Their indicators, in the order they were added.
    pub indicators: Vec<Indicator>,
    /// The readings of each indicator that no correction supersedes, by date.
    pub readings: HashMap<Id<Indicator>, Vec<Reading>>,
}

/// The outcomes, indicators and current readings of several missions, at most 5,000 rows for each. One statement.
///
/// # Errors
/// What the database says.
pub fn measured(db: &mut Db, ids: &[Id<Mission>]) -> Result<Measured> {
    let rows: Vec<(Outcome, Option<Indicator>, Option<Reading>)> = mission_outcomes::table
        .left_join(mission_indicators::table.on(mission_indicators::outcome_id.eq(mission_outcomes::id)))
        .left_join(mission_readings::table.on(mission_readings::indicator_id.eq(mission_indicators::id)))
        .filter(mission_outcomes::mission_id.eq_any(ids))
        .select((Outcome::as_select(), Option::<Indicator>::as_select(), Option::<Reading>::as_select()))
        .order((
            mission_outcomes::id,
            mission_indicators::id,
            mission_readings::read_on.desc(),
            mission_readings::id.desc(),
        ))
        .limit(MOST_READINGS * i64::try_from(ids.len())?)
        .load(db)?;
    let (mut found, mut readings) = (Measured::default(), Vec::new());
    for (outcome, indicator, reading) in rows {
        if found.outcomes.last().is_none_or(|last| last.id != outcome.id) {
            found.outcomes.push(outcome);
        }
        if let Some(indicator) = indicator.filter(|i| found.indicators.last().is_none_or(|last| last.id != i.id)) {
            found.indicators.push(indicator);
        }
        readings.extend(reading);
    }
    found.indicators.sort_by_key(|i| (i.created_at, i.id));
    found.readings = grouped(&readings);
    Ok(found)
}

/// The first indicator of each mission, which stands for it, with its current readings by date. One statement.
pub(super) fn first_measured(db: &mut Db, ids: &[Id<Mission>]) -> Result<Measured> {
    let earlier = diesel::alias!(mission_indicators as earlier_indicators);
    let before =
        earlier.filter(earlier.field(mission_indicators::mission_id).eq(mission_indicators::mission_id)).filter(
            earlier.field(mission_indicators::created_at).lt(mission_indicators::created_at).or(earlier
                .field(mission_indicators::created_at)
                .eq(mission_indicators::created_at)
                .and(earlier.field(mission_indicators::id).lt(mission_indicators::id))),
        );
    let rows: Vec<(Indicator, Option<Reading>)> = mission_indicators::table
        .left_join(mission_readings::table.on(mission_readings::indicator_id.eq(mission_indicators::id)))
        .filter(mission_indicators::mission_id.eq_any(ids))
        .filter(diesel::dsl::not(diesel::dsl::exists(before)))
        .select((Indicator::as_select(), Option::<Reading>::as_select()))
        .order((mission_indicators::id, mission_readings::read_on.desc(), mission_readings::id.desc()))
        .limit(MOST_READINGS * i64::try_from(ids.len())?)
        .load(db)?;
    let (mut indicators, mut readings): (Vec<Indicator>, Vec<Reading>) = (Vec::new(), Vec::new());
    for (indicator, reading) in rows {
        if indicators.last().is_none_or(|last| last.id != indicator.id) {
            indicators.push(indicator);
        }
        readings.extend(reading);
    }
    Ok(Measured { outcomes: Vec::new(), indicators, readings: grouped(&readings) })
}

/// The current ones of some readings, by indicator and date.
fn grouped(all: &[Reading]) -> HashMap<Id<Indicator>, Vec<Reading>> {
    let mut grouped: HashMap<Id<Indicator>, Vec<Reading>> = HashMap::new();
    for reading in rules::current(all) {
        grouped.entry(reading.indicator_id).or_default().push(reading.clone());
    }
    grouped
}

/// The readings of indicators that no correction supersedes, by date.
///
/// # Errors
/// What the database says.
pub fn current_readings(db: &mut Db, indicators: &[Id<Indicator>]) -> Result<HashMap<Id<Indicator>, Vec<Reading>>> {
    Ok(grouped(&all_readings(db, indicators)?))
}

/// The last reading of each indicator that has one.
///
/// # Errors
/// What the database says.
pub fn latest_readings(db: &mut Db, indicators: &[Id<Indicator>]) -> Result<HashMap<Id<Indicator>, Reading>> {
    Ok(current_readings(db, indicators)?
        .into_iter()
        .filter_map(|(id, mut readings)| readings.pop().map(|last| (id, last)))
        .collect())
}

/// Every reading of a mission as it was recorded, newest first.
pub(super) fn list_readings(
    db: &mut Db,
    mission: Id<Mission>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Reading>> {
    let mut query = mission_readings::table
        .filter(mission_readings::mission_id.eq(mission))
        .select(Reading::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(mission_readings::recorded_at, mission_readings::id, cursor));
    }
    let rows = query
        .order((mission_readings::recorded_at.desc(), mission_readings::id.desc()))
        .limit(i64::try_from(limit + 1)?)
        .load::<Reading>(db)?;
    Ok(Page::cut(rows, limit, |r| Cursor { at: r.recorded_at, id: r.id.to_string() }))
}

/// Which readings of a mission a correction supersedes.
pub(super) fn superseded(db: &mut Db, mission: Id<Mission>) -> Result<Vec<Id<Reading>>> {
    let found: Vec<Option<Id<Reading>>> = mission_readings::table
        .filter(mission_readings::mission_id.eq(mission))
        .filter(mission_readings::supersedes.is_not_null())
        .select(mission_readings::supersedes)
        .order(mission_readings::id.desc())
        .limit(MOST_READINGS)
        .load(db)?;
    Ok(found.into_iter().flatten().collect())
}

/// The partners of a mission, in the order they were added, at most 200.
///
/// # Errors
/// What the database says.
pub fn partners_of(db: &mut Db, mission: Id<Mission>) -> Result<Vec<Partner>> {
    Ok(mission_partners::table
        .filter(mission_partners::mission_id.eq(mission))
        .select(Partner::as_select())
        .order(mission_partners::id)
        .limit(200)
        .load(db)?)
}

/// The departments that work on a mission, at most 100.
///
/// # Errors
/// What the database says.
pub fn departments_of(db: &mut Db, mission: Id<Mission>) -> Result<Vec<Id<actor::Organisation>>> {
    Ok(mission_departments::table
        .filter(mission_departments::mission_id.eq(mission))
        .select(mission_departments::department_id)
        .order(mission_departments::department_id)
        .limit(100)
        .load(db)?)
}

/// The facts of a mission that the policy judges.
#[must_use]
pub fn thing(mission: &Mission) -> Thing {
    Thing::of_authority(mission.authority_id).public(mission.is_public()).made_by(Some(mission.created_by))
}

pub(super) fn slug_taken(db: &mut Db, slug: &str, but: Option<Id<Mission>>) -> Result<bool> {
    let found: Option<Id<Mission>> =
        missions::table.filter(missions::slug.eq(slug)).select(missions::id).first(db).optional()?;
    Ok(found.is_some() && found != but)
}

pub(super) fn count_of_authority(db: &mut Db, authority: Id<actor::Organisation>) -> Result<i64> {
    Ok(missions::table.filter(missions::authority_id.eq(authority)).count().get_result(db)?)
}

pub(super) fn insert(db: &mut Db, mission: &Mission) -> Result<()> {
    diesel::insert_into(missions::table).values(mission).execute(db)?;
    Ok(())
}

pub(super) fn set_words(db: &mut Db, mission: &Mission) -> Result<()> {
    diesel::update(missions::table.filter(missions::id.eq(mission.id)))
        .set((
            missions::slug.eq(&mission.slug),
            missions::title.eq(&mission.title),
            missions::statement.eq(&mission.statement),
            missions::summary.eq(&mission.summary),
            missions::answerable.eq(&mission.answerable),
            missions::parent_id.eq(mission.parent_id),
            missions::target_on.eq(mission.target_on),
            missions::budget.eq(mission.budget),
        ))
        .execute(db)?;
    Ok(())
}

pub(super) fn set_status(
    db: &mut Db,
    id: Id<Mission>,
    status: MissionStatus,
    published_at: Option<Instant>,
) -> Result<()> {
    diesel::update(missions::table.filter(missions::id.eq(id)))
        .set((missions::status.eq(status), missions::published_at.eq(published_at)))
        .execute(db)?;
    Ok(())
}

pub(super) fn set_departments(db: &mut Db, mission: &Mission, departments: &[Id<actor::Organisation>]) -> Result<()> {
    diesel::delete(mission_departments::table.filter(mission_departments::mission_id.eq(mission.id))).execute(db)?;
    for department in departments {
        diesel::insert_into(mission_departments::table)
            .values((
                mission_departments::id.eq(Id::<Mission>::new()),
                mission_departments::authority_id.eq(mission.authority_id),
                mission_departments::mission_id.eq(mission.id),
                mission_departments::department_id.eq(*department),
            ))
            .execute(db)?;
    }
    Ok(())
}

pub(super) fn insert_outcome(db: &mut Db, outcome: &Outcome) -> Result<()> {
    diesel::insert_into(mission_outcomes::table).values(outcome).execute(db)?;
    Ok(())
}

pub(super) fn insert_indicator(db: &mut Db, indicator: &Indicator) -> Result<()> {
    diesel::insert_into(mission_indicators::table).values(indicator).execute(db)?;
    Ok(())
}

pub(super) fn insert_reading(db: &mut Db, reading: &Reading) -> Result<()> {
    diesel::insert_into(mission_readings::table).values(reading).execute(db)?;
    Ok(())
}

pub(super) fn insert_partner(db: &mut Db, partner: &Partner) -> Result<()> {
    diesel::insert_into(mission_partners::table).values(partner).execute(db)?;
    Ok(())
}
