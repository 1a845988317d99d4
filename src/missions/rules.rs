//! What holds of missions: the line to the target, how an indicator stands to it, what may be published and read.

use super::model::{Indicator, Mission, MissionStatus, Reading};
use crate::values::{Id, LocalDate, RefusalInfo};
use rust_decimal::Decimal;

/// How far from the line, as a part of the whole way from baseline to target, still counts as on it.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);
/// Missions above a mission that are followed to find a circle.
pub(super) const MOST_PARENTS: usize = 20;
/// Slugs that would hide a page of ours.
const RESERVED: [&str; 1] = ["new"];

/// How an indicator stands to its straight line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No reading yet.
    Unread,
    /// Within 2 % of the whole way.
    OnLine,
    /// Further than the line.
    Ahead,
    /// Not as far as the line.
    Behind,
    /// The target date has passed and the last reading is at the target or beyond.
    Met,
    /// The target date has passed and the last reading is short of the target.
    Missed,
}

impl State {
    /// The words of its tag.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            State::Unread => "No reading yet",
            State::OnLine => "On the line",
            State::Ahead => "Ahead of the line",
            State::Behind => "Behind the line",
            State::Met => "Target met",
            State::Missed => "Target missed",
        }
    }

    /// The colour of its tag.
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            State::Unread => "grey",
            State::OnLine | State::Ahead | State::Met => "green",
            State::Behind => "yellow",
            State::Missed => "red",
        }
    }

    /// The stored word, for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Unread => "unread",
            State::OnLine => "on_line",
            State::Ahead => "ahead",
            State::Behind => "behind",
            State::Met => "met",
            State::Missed => "missed",
        }
    }
}

/// How an indicator stands, with the figures behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In a word.
    pub state: State,
    /// In the unit of the indicator, how far the last reading is beyond the line (more than 0) or short of it
    /// (less than 0) on the day of the reading; once the target date has passed, to the target.
    pub gap: Decimal,
    /// Where the line is on the day that the gap was taken at.
    pub line: Decimal,
    /// Per cent of the way from baseline to target that the last reading has come.
    pub reached: Decimal,
    /// Per cent of the way that the line has come today; none once the target date has passed.
    pub due: Option<Decimal>,
}

/// Where the straight line from baseline to target is on a day, by days: the baseline before it starts, the
/// target from its end on.
#[must_use]
pub fn on_line(indicator: &Indicator, date: LocalDate) -> Decimal {
    let (baseline, target) = (indicator.baseline.get(), indicator.target.get());
    let whole = Decimal::from((indicator.target_on - indicator.baseline_on).num_days());
    if whole <= Decimal::ZERO || date >= indicator.target_on {
        return target;
    }
    let gone = Decimal::from((date - indicator.baseline_on).num_days().max(0));
    target
        .checked_sub(baseline)
        .and_then(|way| way.checked_mul(gone)?.checked_div(whole)?.checked_add(baseline))
        .unwrap_or(baseline)
}

/// Per cent of the way from baseline to target that a figure has come; less than 0 when it went the wrong way.
#[must_use]
pub fn reached(indicator: &Indicator, value: Decimal) -> Decimal {
    let (baseline, target) = (indicator.baseline.get(), indicator.target.get());
    target
        .checked_sub(baseline)
        .filter(|way| !way.is_zero())
        .and_then(|way| value.checked_sub(baseline)?.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(way))
        .unwrap_or_default()
}

/// How an indicator stands today, judged by its last reading on the day of that reading.
#[must_use]
pub fn state_of(indicator: &Indicator, latest: Option<&Reading>, today: LocalDate) -> Standing {
    let over = today > indicator.target_on;
    let due = (!over).then(|| reached(indicator, on_line(indicator, today)));
    let Some(latest) = latest else {
        let line = on_line(indicator, today);
        return Standing { state: State::Unread, gap: Decimal::ZERO, line, reached: Decimal::ZERO, due };
    };
    let (baseline, target) = (indicator.baseline.get(), indicator.target.get());
    let value = latest.value.get();
    let line = if over { target } else { on_line(indicator, latest.read_on) };
    let rising = target >= baseline;
    let beyond = value.checked_sub(line).unwrap_or_default();
    let gap = if rising { beyond } else { -beyond };
    let way = target.checked_sub(baseline).unwrap_or_default().abs();
    let slack = way.checked_mul(TOLERANCE).unwrap_or_default();
    let state = if over {
        if gap >= Decimal::ZERO { State::Met } else { State::Missed }
    } else if gap.abs() <= slack {
        State::OnLine
    } else if gap > Decimal::ZERO {
        State::Ahead
    } else {
        State::Behind
    };
    Standing { state, gap, line, reached: reached(indicator, value), due }
}

/// Words to the last part of an address: "Estates and neighbourhoods" → `estates-and-neighbourhoods`.
#[must_use]
pub fn slug_of(words: &str) -> String {
    let mut slug = String::new();
    for letter in words.trim().to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if letter != '\'' && letter != '’' && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').chars().take(60).collect()
}

/// Whether a text can be the last part of an address.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    (2..=60).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !RESERVED.contains(&text)
}

/// A refusal of this room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissionRefusal {
    /// Nothing to be judged by.
    NoIndicator,
    /// Published already.
    AlreadyPublished,
    /// Withdrawn missions stay as they are.
    Withdrawn,
    /// Only a published mission is withdrawn.
    NotPublished,
    /// It would serve itself.
    ParentCircle,
    /// Too many missions above it.
    TooDeep,
    /// The date has a current reading.
    DateHasReading,
    /// The reading has been corrected before.
    CorrectedAlready,
    /// The reading is of another indicator.
    OtherIndicator,
}

impl RefusalInfo for MissionRefusal {
    fn code(&self) -> &'static str {
        match self {
            MissionRefusal::NoIndicator => "missions/no-indicator",
            MissionRefusal::AlreadyPublished => "missions/already-published",
            MissionRefusal::Withdrawn => "missions/withdrawn",
            MissionRefusal::NotPublished => "missions/not-published",
            MissionRefusal::ParentCircle => "missions/parent-circle",
            MissionRefusal::TooDeep => "missions/too-deep",
            MissionRefusal::DateHasReading => "missions/date-has-reading",
            MissionRefusal::CorrectedAlready => "missions/corrected-already",
            MissionRefusal::OtherIndicator => "missions/other-indicator",
        }
    }
    fn sentence(&self) -> String {
        match self {
            MissionRefusal::NoIndicator => {
                "Add an outcome with at least one indicator first, so that everybody can judge how the mission goes."
            }
            MissionRefusal::AlreadyPublished => "This mission is published already.",
            MissionRefusal::Withdrawn => "This mission is withdrawn and stays as it is. Begin a new one instead.",
            MissionRefusal::NotPublished => "Only a published mission can be withdrawn.",
            MissionRefusal::ParentCircle => "A mission cannot serve itself. Choose another mission above it.",
            MissionRefusal::TooDeep => "There are too many missions above this one. Choose one nearer to the top.",
            MissionRefusal::DateHasReading => {
                "This indicator has a reading for that date. Correct that reading, with the reason, instead."
            }
            MissionRefusal::CorrectedAlready => "This reading has been corrected before. Correct the newest one.",
            MissionRefusal::OtherIndicator => "A correction must be of a reading of the same indicator.",
        }
        .to_owned()
    }
}

/// Whether a mission may be published.
///
/// # Errors
/// When it is not a draft, or nothing measures it.
pub fn publish(mission: &Mission, indicators: usize) -> Result<(), MissionRefusal> {
    match mission.status {
        MissionStatus::Published => Err(MissionRefusal::AlreadyPublished),
        MissionStatus::Withdrawn => Err(MissionRefusal::Withdrawn),
        MissionStatus::Draft if indicators == 0 => Err(MissionRefusal::NoIndicator),
        MissionStatus::Draft => Ok(()),
    }
}

/// Whether a mission may still be written to.
///
/// # Errors
/// When it is withdrawn.
pub fn write(mission: &Mission) -> Result<(), MissionRefusal> {
    if mission.status == MissionStatus::Withdrawn { Err(MissionRefusal::Withdrawn) } else { Ok(()) }
}

/// Whether a mission may be withdrawn.
///
/// # Errors
/// When it is not published.
pub fn withdraw(mission: &Mission) -> Result<(), MissionRefusal> {
    if mission.is_public() { Ok(()) } else { Err(MissionRefusal::NotPublished) }
}

/// Whether a mission may serve another: `above` is the other and every mission above it, nearest first.
///
/// # Errors
/// When the mission is among them, or they are too many.
pub fn serve(mission: Id<Mission>, above: &[Id<Mission>]) -> Result<(), MissionRefusal> {
    if above.contains(&mission) {
        return Err(MissionRefusal::ParentCircle);
    }
    if above.len() >= MOST_PARENTS { Err(MissionRefusal::TooDeep) } else { Ok(()) }
}

/// Whether a reading may be recorded beside those that the indicator has. `all` are all of them, superseded ones too.
///
/// # Errors
/// When the date has a current reading that this one does not correct, or when what it corrects is not current.
pub fn record(
    indicator: Id<Indicator>,
    read_on: LocalDate,
    corrects: Option<Id<Reading>>,
    all: &[Reading],
) -> Result<(), MissionRefusal> {
    if let Some(corrected) = corrects {
        if !all.iter().any(|r| r.id == corrected && r.indicator_id == indicator) {
            return Err(MissionRefusal::OtherIndicator);
        }
        if all.iter().any(|r| r.supersedes == Some(corrected)) {
            return Err(MissionRefusal::CorrectedAlready);
        }
    }
    let taken = current(all).into_iter().any(|r| r.read_on == read_on && Some(r.id) != corrects);
    if taken { Err(MissionRefusal::DateHasReading) } else { Ok(()) }
}

/// The readings that no later one supersedes, by date.
#[must_use]
pub fn current(all: &[Reading]) -> Vec<&Reading> {
    let gone: std::collections::HashSet<Id<Reading>> = all.iter().filter_map(|r| r.supersedes).collect();
    let mut current: Vec<&Reading> = all.iter().filter(|r| !gone.contains(&r.id)).collect();
    current.sort_by_key(|r| (r.read_on, r.id));
    current
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
