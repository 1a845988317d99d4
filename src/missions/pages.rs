//! Lists of missions and of their readings.

use super::cards::{self, Card};
use super::model::{Indicator, Mission, Reading};
use super::store;
use crate::db::{Cursor, Db, Page};
use crate::error::{Error, Result};
use crate::http::api::PageQuery;
use crate::http::export::Table;
use crate::http::{Answer, Link, Shell, Visit, page};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::time::short_date;
use crate::values::{Actor, Id, Pence};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// Rows of an export; more would not be read by people.
const EXPORT: usize = 10_000;

/// `?after=…&format=csv`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// The `next` of the page before.
    after: String,
    /// `csv` or `xlsx`.
    format: String,
}

impl ListQuery {
    fn cursor(&self) -> Result<Option<Cursor>> {
        PageQuery { after: self.after.clone() }.cursor()
    }
}

#[derive(Template)]
#[template(path = "missions/list.html")]
struct ListPage {
    shell: Shell,
    cards: Vec<Card>,
    next: String,
    may_edit: bool,
    staff: bool,
}

/// `GET /missions`: published missions of the installation.
///
/// # Errors
/// Invalid for a wrong cursor.
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let (cursor, today) = (query.cursor()?, visit.today());
    if !query.format.is_empty() {
        let found = visit.app.db.read(move |db| store::list_published(db, cursor.as_ref(), EXPORT)).await?;
        return table("missions", &found.items).answer(&query.format);
    }
    let (cards, next) = visit
        .app
        .db
        .read(move |db| {
            let found = store::list_published(db, cursor.as_ref(), Page::<Mission>::SIZE)?;
            Ok((cards::cards(db, found.items, today)?, found.next))
        })
        .await?;
    let next = next.map(|c| format!("/missions?after={c}")).unwrap_or_default();
    let mut shell = visit.shell("Missions", "/missions");
    shell.breadcrumbs = vec![Link::new("Home", "/")];
    let may_edit = visit.actor.has_anywhere(crate::values::Role::MissionLead);
    page(&ListPage { shell, cards, next, may_edit, staff: visit.actor.is_staff() })
}

fn table(name: &str, missions: &[Mission]) -> Table {
    Table {
        name: name.to_owned(),
        heads: vec!["address", "title", "statement", "status", "target date", "answerable", "budget"],
        rows: missions
            .iter()
            .map(|m| {
                vec![
                    m.slug.clone(),
                    m.title.clone(),
                    m.statement.clone(),
                    m.status.to_string(),
                    m.target_on.to_string(),
                    m.answerable.clone(),
                    m.budget.map(Pence::plain).unwrap_or_default(),
                ]
            })
            .collect(),
    }
}

#[derive(Template)]
#[template(path = "missions/desk.html")]
struct DeskPage {
    shell: Shell,
    missions: Vec<Mission>,
    may_edit: bool,
}

/// `GET /desk/missions`: every mission of the authority, drafts too.
///
/// # Errors
/// Denied.
pub async fn desk(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    let thing = Thing::of_authority(authority);
    require(&visit.actor, Action::ReadDesk, &thing)?;
    let missions = visit.app.db.read(move |db| store::of_authority(db, authority)).await?;
    if !query.format.is_empty() {
        return table("missions", &missions).answer(&query.format);
    }
    let mut shell = visit.shell("Missions of your authority", "/missions");
    shell.breadcrumbs = vec![Link::new("Missions", "/missions")];
    page(&DeskPage { shell, missions, may_edit: can(&visit.actor, Action::EditMission, &thing) })
}

/// A row of the table of readings.
pub(super) struct ReadingRow {
    reading: Reading,
    date: String,
    indicator: String,
    value: String,
    gone: bool,
}

#[derive(Template)]
#[template(path = "missions/readings.html")]
struct ReadingsPage {
    shell: Shell,
    mission: Mission,
    rows: Vec<ReadingRow>,
    next: String,
    may_record: bool,
}

fn find_for(db: &mut Db, actor: &Actor, slug: &str) -> Result<Mission> {
    let mission = store::find_by_slug(db, slug)?;
    if can(actor, Action::ReadMission, &store::thing(&mission)) { Ok(mission) } else { Err(Error::NotFound) }
}

/// `GET /missions/{slug}/readings`: every reading as it was recorded, superseded ones too.
///
/// # Errors
/// NotFound.
pub async fn readings(visit: Visit, slug: web::Path<String>, query: web::Query<ListQuery>) -> Answer {
    let (actor, cursor) = (visit.actor.clone(), query.cursor()?);
    let limit = if query.format.is_empty() { 50 } else { EXPORT };
    let (mission, indicators, found, gone) = visit
        .app
        .db
        .read(move |db| {
            let mission = find_for(db, &actor, &slug)?;
            let indicators: HashMap<Id<Indicator>, Indicator> =
                store::indicators_of(db, mission.id)?.into_iter().map(|i| (i.id, i)).collect();
            let found = store::list_readings(db, mission.id, cursor.as_ref(), limit)?;
            let gone: HashSet<Id<Reading>> = store::superseded(db, mission.id)?.into_iter().collect();
            Ok((mission, indicators, found, gone))
        })
        .await?;
    if !query.format.is_empty() {
        return export(&mission, &indicators, &found.items, &gone).answer(&query.format);
    }
    let next = found.next.map(|c| format!("{}/readings?after={c}", mission.href())).unwrap_or_default();
    let rows = found
        .items
        .into_iter()
        .map(|reading| {
            let indicator = indicators.get(&reading.indicator_id);
            ReadingRow {
                date: short_date(reading.read_on),
                indicator: indicator.map(|i| i.title.clone()).unwrap_or_default(),
                value: indicator
                    .map(|i| i.shown_unit(std::slice::from_ref(&reading)).show(reading.value.get()))
                    .unwrap_or_default(),
                gone: gone.contains(&reading.id),
                reading,
            }
        })
        .collect();
    let mut shell = visit.shell(format!("Readings of the {} mission", mission.title), "/missions");
    shell.breadcrumbs =
        vec![Link::new("Home", "/"), Link::new("Missions", "/missions"), Link::new(&mission.title, mission.href())];
    let may_record = can(&visit.actor, Action::RecordReading, &store::thing(&mission));
    page(&ReadingsPage { shell, mission, rows, next, may_record })
}

fn export(
    mission: &Mission,
    indicators: &HashMap<Id<Indicator>, Indicator>,
    readings: &[Reading],
    gone: &HashSet<Id<Reading>>,
) -> Table {
    Table {
        name: format!("{}-readings", mission.slug),
        heads: vec![
            "id",
            "indicator",
            "unit",
            "date",
            "reading",
            "line",
            "source",
            "corrects",
            "reason",
            "superseded",
            "recorded",
        ],
        rows: readings
            .iter()
            .map(|r| {
                let indicator = indicators.get(&r.indicator_id);
                let line = indicator.map(|i| crate::values::round_half_up(super::rules::on_line(i, r.read_on), 6));
                vec![
                    r.id.to_string(),
                    indicator.map(|i| i.title.clone()).unwrap_or_default(),
                    indicator.map(|i| i.unit.clone()).unwrap_or_default(),
                    r.read_on.to_string(),
                    r.value.to_string(),
                    line.map(|l| l.normalize().to_string()).unwrap_or_default(),
                    r.source.clone(),
                    r.supersedes.map(|id| id.to_string()).unwrap_or_default(),
                    r.reason.clone().unwrap_or_default(),
                    if gone.contains(&r.id) { "yes".to_owned() } else { "no".to_owned() },
                    r.recorded_at.rfc3339(),
                ]
            })
            .collect(),
    }
}
