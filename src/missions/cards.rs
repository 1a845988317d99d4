//! A mission on a card: its statement, the reading that stands for it, and how that stands to the line.

use super::model::{Indicator, Mission, Reading};
use super::{rules, store};
use crate::db::Db;
use crate::error::Result;
use crate::http::chart::{ProgressBar, Unit};
use crate::values::LocalDate;
use crate::values::{Id, round_half_up};
use chrono::Datelike;
use rust_decimal::Decimal;

/// What a card shows.
#[derive(Clone, Debug)]
pub struct Card {
    /// The mission.
    pub mission: Mission,
    /// Word of its tag.
    pub state: &'static str,
    /// Colour of its tag.
    pub colour: &'static str,
    /// The latest figure of its first indicator.
    pub figure: String,
    /// What that figure counts.
    pub counts: String,
    /// The drawing of how far it has come, empty when nothing measures it.
    pub bar: String,
}

fn sentence(indicator: &Indicator, unit: &Unit, standing: &rules::Standing) -> String {
    let (from, to) = (
        ends(unit, indicator.baseline.get(), indicator.baseline_on),
        ends(unit, indicator.target.get(), indicator.target_on),
    );
    let reached = round_half_up(standing.reached, 0);
    match standing.due {
        Some(due) => format!("{reached}% of the way from {from} to {to}; {}% was due by now.", round_half_up(due, 0)),
        None => format!("{reached}% of the way from {from} to {to}. The target date has passed."),
    }
}

fn ends(unit: &Unit, figure: Decimal, on: LocalDate) -> String {
    format!("{} in {}", unit.show(figure), on.year())
}

/// The card of one mission, from its first indicator and that indicator's readings by date.
fn card(mission: Mission, indicator: Option<&Indicator>, readings: &[Reading], today: LocalDate) -> Result<Card> {
    let Some(indicator) = indicator else {
        let counts = "Nothing measures this mission yet".to_owned();
        return Ok(Card {
            mission,
            state: rules::State::Unread.label(),
            colour: rules::State::Unread.colour(),
            figure: String::new(),
            counts,
            bar: String::new(),
        });
    };
    let standing = rules::state_of(indicator, readings.last(), today);
    let unit = indicator.shown_unit(readings);
    let bar = ProgressBar {
        id: format!("m-{}", mission.slug),
        name: format!("{} mission: how far it has come", mission.title),
        description: sentence(indicator, &unit, &standing),
        reached: standing.reached,
        due: standing.due,
        from: ends(&unit, indicator.baseline.get(), indicator.baseline_on),
        to: ends(&unit, indicator.target.get(), indicator.target_on),
    };
    Ok(Card {
        state: standing.state.label(),
        colour: standing.state.colour(),
        figure: readings.last().map(|r| unit.show(r.value.get())).unwrap_or_default(),
        counts: indicator.title.clone(),
        bar: bar.render()?,
        mission,
    })
}

/// The cards of missions, with one statement however many they are.
///
/// # Errors
/// What the database says.
pub fn cards(db: &mut Db, missions: Vec<Mission>, today: LocalDate) -> Result<Vec<Card>> {
    let ids: Vec<Id<Mission>> = missions.iter().map(|m| m.id).collect();
    let measured = store::first_measured(db, &ids)?;
    missions
        .into_iter()
        .map(|mission| {
            let indicator = measured.indicators.iter().find(|i| i.mission_id == mission.id);
            let readings = indicator.and_then(|i| measured.readings.get(&i.id)).map_or(&[][..], Vec::as_slice);
            card(mission, indicator, readings, today)
        })
        .collect()
}
