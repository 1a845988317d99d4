//! Missions in the words of the domain.

use crate::audit::Recorded;
use crate::db::MultiBackend;
use crate::db::schema::{mission_indicators, mission_outcomes, mission_partners, mission_readings, missions};
use crate::http::chart::Unit;
use crate::values::time::medium_date;
use crate::values::{Account, Id, Instant, LocalDate, Pence, Quantity, Subject, actor};
use diesel::prelude::*;
use rust_decimal::Decimal;

crate::text_enum! {
    /// How far a mission has come as a document.
    pub enum MissionStatus {
        Draft = "draft" => "Draft",
        Published = "published" => "Published",
        Withdrawn = "withdrawn" => "Withdrawn",
    }
}
crate::text_column!(MissionStatus);

impl MissionStatus {
    /// The colour of its tag.
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            MissionStatus::Published => "green",
            MissionStatus::Draft | MissionStatus::Withdrawn => "grey",
        }
    }
}

crate::text_enum! {
    /// Which way an indicator has to move.
    pub enum Trend { Increase = "increase" => "It should rise", Decrease = "decrease" => "It should fall" }
}
crate::text_column!(Trend);

/// A mission.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = missions, check_for_backend(MultiBackend))]
pub struct Mission {
    /// Identifier.
    pub id: Id<Mission>,
    /// The authority that leads it.
    pub authority_id: Id<actor::Organisation>,
    /// Last part of its address: `food`.
    pub slug: String,
    /// Short title: "Food".
    pub title: String,
    /// What will be different, and by when, in a sentence.
    pub statement: String,
    /// How the authority goes about it, in a few sentences.
    pub summary: String,
    /// The role that answers for it: "Director of Public Health". Never a person's name.
    pub answerable: String,
    /// The larger mission that it serves.
    pub parent_id: Option<Id<Mission>>,
    /// Draft, published or withdrawn.
    pub status: MissionStatus,
    /// By when.
    pub target_on: LocalDate,
    /// Money set aside for it, when the authority says so.
    pub budget: Option<Pence>,
    /// Which of the four leaves of the mark is its own, 0 to 3.
    pub leaf: i64,
    /// When it was begun.
    pub created_at: Instant,
    /// Who began it.
    pub created_by: Id<Account>,
    /// When everybody could first see it.
    pub published_at: Option<Instant>,
}

impl Recorded for Mission {
    fn authority(&self) -> Id<actor::Organisation> {
        self.authority_id
    }
    fn subject(&self) -> Subject {
        Subject::new("mission", self.id)
    }
}

impl Mission {
    /// Whether everybody may see it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.status == MissionStatus::Published
    }

    /// Its target date in words.
    #[must_use]
    pub fn target_words(&self) -> String {
        medium_date(self.target_on)
    }

    /// The address of its public page.
    #[must_use]
    pub fn href(&self) -> String {
        format!("/missions/{}", self.slug)
    }
}

/// Something that will be different when the mission succeeds.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = mission_outcomes, check_for_backend(MultiBackend))]
pub struct Outcome {
    /// Identifier.
    pub id: Id<Outcome>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The mission.
    pub mission_id: Id<Mission>,
    /// "Nobody goes without a meal because of its cost".
    pub title: String,
    /// When it was added.
    pub created_at: Instant,
}

/// How an outcome is measured, from where and to where.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = mission_indicators, check_for_backend(MultiBackend))]
pub struct Indicator {
    /// Identifier.
    pub id: Id<Indicator>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The mission.
    pub mission_id: Id<Mission>,
    /// The outcome.
    pub outcome_id: Id<Outcome>,
    /// What is counted, so that it can follow a figure: "of adults went without a meal because of its cost".
    pub title: String,
    /// `%` or what is counted: `homes`.
    pub unit: String,
    /// Which way it has to move.
    pub direction: Trend,
    /// Where it started.
    pub baseline: Quantity,
    /// When that was.
    pub baseline_on: LocalDate,
    /// Where it should end.
    pub target: Quantity,
    /// By when.
    pub target_on: LocalDate,
    /// Where readings come from: "Camden residents' survey, every year".
    pub source: String,
    /// When it was added.
    pub created_at: Instant,
}

impl Indicator {
    /// How its figures are written, with as many places as its baseline, its target or the readings given have.
    #[must_use]
    pub fn shown_unit(&self, readings: &[Reading]) -> Unit {
        let figures = [self.baseline.get(), self.target.get()];
        let places =
            figures.into_iter().chain(readings.iter().map(|r| r.value.get())).map(|f| f.normalize().scale()).max();
        Unit {
            prefix: if self.unit == "£" { "£".to_owned() } else { String::new() },
            suffix: if self.unit == "%" { "%".to_owned() } else { String::new() },
            places: places.unwrap_or(0),
        }
    }

    /// A difference between two of its figures in words: "1.2 percentage points", "310 homes".
    #[must_use]
    pub fn shown_gap(&self, gap: Decimal, places: u32) -> String {
        let unit =
            Unit { places, prefix: if self.unit == "£" { "£".to_owned() } else { String::new() }, ..Unit::count() };
        let figure = unit.show(gap.abs());
        match self.unit.as_str() {
            "%" if figure == "1" => format!("{figure} percentage point"),
            "%" => format!("{figure} percentage points"),
            "£" => figure,
            words => format!("{figure} {words}"),
        }
    }
}

/// One dated figure of an indicator. Never changed: a correction is a new row that supersedes it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = mission_readings, check_for_backend(MultiBackend))]
pub struct Reading {
    /// Identifier.
    pub id: Id<Reading>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The mission.
    pub mission_id: Id<Mission>,
    /// The indicator.
    pub indicator_id: Id<Indicator>,
    /// The day the figure holds for.
    pub read_on: LocalDate,
    /// The figure, in the unit of the indicator.
    pub value: Quantity,
    /// Where this figure comes from.
    pub source: String,
    /// The reading that it corrects.
    pub supersedes: Option<Id<Reading>>,
    /// Why it was corrected.
    pub reason: Option<String>,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Who recorded it.
    pub recorded_by: Id<Account>,
}

/// Somebody who pursues the mission together with the authority.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = mission_partners, check_for_backend(MultiBackend))]
pub struct Partner {
    /// Identifier.
    pub id: Id<Partner>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The mission.
    pub mission_id: Id<Mission>,
    /// An organisation or assembly; never a private person.
    pub name: String,
    /// What it pledges.
    pub pledge: String,
    /// When it was added.
    pub created_at: Instant,
}
