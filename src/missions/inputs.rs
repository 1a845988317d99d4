//! What people type about missions, and how it is read.

use super::model::{Indicator, Mission, Outcome, Reading, Trend};
use super::rules;
use crate::error::{Error, Result};
use crate::values::{Id, LocalDate, Parser, Pence, Quantity, actor};
use rust_decimal::Decimal;
use serde::Deserialize;

/// Writing or changing a mission.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct MissionInput {
    /// Short title: "Food".
    pub title: String,
    /// Last part of its address; made from the title when empty.
    pub slug: String,
    /// What will be different, and by when.
    pub statement: String,
    /// How the authority goes about it.
    pub summary: String,
    /// The role that answers for it.
    pub answerable: String,
    /// Slug of the larger mission it serves.
    pub parent: String,
    /// By when.
    pub target_on: String,
    /// Money set aside, in pounds.
    pub budget: String,
    /// Identifiers of the departments that work on it.
    pub departments: Vec<String>,
}

/// A mission as read.
#[derive(Clone, Debug)]
pub(super) struct MissionWords {
    pub title: String,
    pub slug: String,
    pub statement: String,
    pub summary: String,
    pub answerable: String,
    pub parent: Option<String>,
    pub target_on: LocalDate,
    pub budget: Option<Pence>,
    pub departments: Vec<Id<actor::Organisation>>,
}

impl MissionInput {
    pub(super) fn read(&self) -> Result<MissionWords> {
        let mut form = Parser::default();
        let title = form.text("title", &self.title, 80, "Enter a short title, like Food");
        let slug = if self.slug.trim().is_empty() { rules::slug_of(&self.title) } else { self.slug.trim().to_owned() };
        form.check(
            title.is_empty() || rules::is_slug(&slug),
            "slug",
            "Use small letters, digits and hyphens for the address, at most 60, and not the word new",
        );
        let statement = form.text("statement", &self.statement, 300, "Enter what will be different, and by when");
        let summary = form.text("summary", &self.summary, 2000, "Enter how the council goes about it");
        let answerable =
            form.text("answerable", &self.answerable, 120, "Enter the role that answers for it, not a name");
        let parent = form.optional_text("parent", &self.parent, 60);
        let target_on = form.date("target_on", &self.target_on, "Enter the date by which it should be reached");
        let budget = form.optional::<Pence>("budget", &self.budget);
        form.check(
            budget.is_none_or(|b| b > Pence::ZERO && b.0 <= 10_000_000_000_000),
            "budget",
            "Enter a budget of more than £0 and at most £100 billion, or leave it empty",
        );
        let chosen: Vec<&String> = self.departments.iter().filter(|d| !d.trim().is_empty()).collect();
        let mut departments: Vec<Id<actor::Organisation>> =
            chosen.iter().filter_map(|d| d.trim().parse().ok()).collect();
        form.check(departments.len() == chosen.len(), "departments", "Choose departments from the list");
        departments.sort_unstable();
        departments.dedup();
        form.finish()?;
        let Some(target_on) = target_on else { return Err(Error::field("target_on", "Enter a date")) };
        Ok(MissionWords { title, slug, statement, summary, answerable, parent, target_on, budget, departments })
    }
}

/// Adding an outcome.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct OutcomeInput {
    /// What will be different.
    pub title: String,
}

impl OutcomeInput {
    pub(super) fn read(&self) -> Result<String> {
        let mut form = Parser::default();
        let title = form.text("title", &self.title, 200, "Enter what will be different when the mission succeeds");
        form.finish()?;
        Ok(title)
    }
}

/// Adding an indicator.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct IndicatorInput {
    /// Identifier of the outcome it measures.
    pub outcome: String,
    /// What is counted, so that it can follow a figure.
    pub title: String,
    /// `%`, `£` or what is counted.
    pub unit: String,
    /// `increase` or `decrease`.
    pub direction: String,
    /// Where it started.
    pub baseline: String,
    /// When that was.
    pub baseline_on: String,
    /// Where it should end.
    pub target: String,
    /// By when.
    pub target_on: String,
    /// Where readings come from.
    pub source: String,
}

/// An indicator as read.
#[derive(Clone, Debug)]
pub(super) struct IndicatorWords {
    pub outcome: Id<Outcome>,
    pub title: String,
    pub unit: String,
    pub direction: Trend,
    pub baseline: Quantity,
    pub baseline_on: LocalDate,
    pub target: Quantity,
    pub target_on: LocalDate,
    pub source: String,
}

/// Figures are kept to a size with which every product of the line is exact enough to show.
fn figure(form: &mut Parser, field: &str, value: &str, missing: &str) -> Option<Quantity> {
    let figure = form.value::<Quantity>(field, value, missing)?;
    let fits = figure.get().abs() <= Decimal::from(1_000_000_000_000_i64) && figure.get().scale() <= 6;
    form.check(fits, field, "Enter a number of at most a trillion, with at most six decimal places");
    fits.then_some(figure)
}

impl IndicatorInput {
    pub(super) fn read(&self) -> Result<IndicatorWords> {
        let mut form = Parser::default();
        let outcome = form.value::<Id<Outcome>>("outcome", &self.outcome, "Choose the outcome that it measures");
        let title = form.text("title", &self.title, 200, "Enter what is counted");
        let unit = form.text("unit", &self.unit, 40, "Enter the unit, like % or homes");
        let direction = form.value::<Trend>("direction", &self.direction, "Choose whether it should rise or fall");
        let baseline = figure(&mut form, "baseline", &self.baseline, "Enter the figure it started at");
        let baseline_on = form.date("baseline_on", &self.baseline_on, "Enter the date of the first figure");
        let target = figure(&mut form, "target", &self.target, "Enter the figure it should reach");
        let target_on = form.date("target_on", &self.target_on, "Enter the date by which it should be reached");
        let source = form.text("source", &self.source, 200, "Enter where the figures come from");
        if let (Some(baseline), Some(target), Some(direction)) = (baseline, target, direction) {
            let right = match direction {
                Trend::Increase => target > baseline,
                Trend::Decrease => target < baseline,
            };
            form.check(right, "target", "The target must lie in the direction in which the indicator should move");
        }
        if let (Some(from), Some(to)) = (baseline_on, target_on) {
            form.check(to > from, "target_on", "The target date must be after the date of the first figure");
        }
        form.finish()?;
        match (outcome, direction, baseline, baseline_on, target, target_on) {
            (Some(outcome), Some(direction), Some(baseline), Some(baseline_on), Some(target), Some(target_on)) => {
                Ok(IndicatorWords { outcome, title, unit, direction, baseline, baseline_on, target, target_on, source })
            }
            _ => Err(Error::field("", "Fill in every field")),
        }
    }
}

/// Recording a reading, or correcting one.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ReadingInput {
    /// Identifier of the indicator.
    pub indicator: String,
    /// The day the figure holds for.
    pub read_on: String,
    /// The figure.
    pub value: String,
    /// Where it comes from.
    pub source: String,
    /// Identifier of the reading that it corrects.
    pub corrects: String,
    /// Why it is corrected.
    pub reason: String,
}

/// A reading as read.
#[derive(Clone, Debug)]
pub(super) struct ReadingWords {
    pub indicator: Id<Indicator>,
    pub read_on: LocalDate,
    pub value: Quantity,
    pub source: String,
    pub corrects: Option<Id<Reading>>,
    pub reason: Option<String>,
}

impl ReadingInput {
    pub(super) fn read(&self, today: LocalDate) -> Result<ReadingWords> {
        let mut form = Parser::default();
        let indicator = form.value::<Id<Indicator>>("indicator", &self.indicator, "Choose the indicator");
        let read_on = form.date("read_on", &self.read_on, "Enter the day the figure holds for");
        form.check(read_on.is_none_or(|d| d <= today), "read_on", "A reading cannot be from the future");
        let value = figure(&mut form, "value", &self.value, "Enter the figure");
        let source = form.text("source", &self.source, 200, "Enter where this figure comes from");
        let corrects = form.optional::<Id<Reading>>("corrects", &self.corrects);
        let reason = form.optional_text("reason", &self.reason, 500);
        form.check(corrects.is_none() || reason.is_some(), "reason", "Enter why the reading is corrected");
        form.finish()?;
        match (indicator, read_on, value) {
            (Some(indicator), Some(read_on), Some(value)) => {
                let reason = reason.filter(|_| corrects.is_some());
                Ok(ReadingWords { indicator, read_on, value, source, corrects, reason })
            }
            _ => Err(Error::field("", "Fill in every field")),
        }
    }
}

/// Adding a partner.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct PartnerInput {
    /// An organisation or assembly.
    pub name: String,
    /// What it pledges.
    pub pledge: String,
}

impl PartnerInput {
    pub(super) fn read(&self) -> Result<(String, String)> {
        let mut form = Parser::default();
        let name = form.text("name", &self.name, 160, "Enter the name of the organisation");
        let pledge = form.text("pledge", &self.pledge, 300, "Enter what it pledges");
        form.finish()?;
        Ok((name, pledge))
    }
}

/// Withdrawing a mission.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Withdrawal {
    /// Why, for the record.
    pub reason: String,
}

impl Withdrawal {
    pub(super) fn read(&self) -> Result<String> {
        let mut form = Parser::default();
        let reason = form.text("reason", &self.reason, 500, "Enter why the mission is withdrawn");
        form.finish()?;
        Ok(reason)
    }
}

impl From<&Mission> for MissionInput {
    fn from(mission: &Mission) -> Self {
        MissionInput {
            title: mission.title.clone(),
            slug: mission.slug.clone(),
            statement: mission.statement.clone(),
            summary: mission.summary.clone(),
            answerable: mission.answerable.clone(),
            parent: String::new(),
            target_on: mission.target_on.to_string(),
            budget: mission.budget.map(Pence::plain).unwrap_or_default(),
            departments: Vec::new(),
        }
    }
}
