//! The promises of many agreements in short: how many are met, and what presses.

use super::attention::AttentionKind;
use super::model::{ClaimState, Due, DueState};
use super::reading::{self, Shortly};
use super::rules::keeps;
use crate::agreements::{Agreement, Obligation};
use crate::db::Db;
use crate::error::Result;
use crate::values::{Id, LocalDate};
use chrono::Days;
use std::collections::{HashMap, HashSet};

/// Days before a due date from which it is told.
const SOON_DAYS: u64 = 14;

/// A due date that presses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pressing {
    /// Why.
    pub kind: AttentionKind,
    /// The due date.
    pub due: Due,
    /// The title of its obligation.
    pub title: String,
    /// What is proposed next, in a breach.
    pub next_step: Option<String>,
}

/// The promises of one agreement in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InShort {
    /// How many there are.
    pub promises: usize,
    /// How many a verified figure keeps, with nothing missed.
    pub met: usize,
    /// What presses, the worst first.
    pub pressing: Vec<Pressing>,
    /// The day of the next figure, when it is due soon.
    pub next_due: Option<LocalDate>,
    /// How many figures are due on that day.
    pub next_number: usize,
}

impl InShort {
    fn count(&self, kind: AttentionKind) -> usize {
        self.pressing.iter().filter(|p| p.kind == kind).count()
    }

    /// The word for all of them together and its colour: the worst first, then what is near.
    #[must_use]
    pub fn word(&self, today: LocalDate) -> (String, &'static str) {
        let (breach, missed) = (self.count(AttentionKind::Breach), self.count(AttentionKind::Missed));
        let (overdue, to_check) = (self.count(AttentionKind::Overdue), self.count(AttentionKind::ToVerify));
        if breach > 0 {
            (format!("{breach} in breach"), "red")
        } else if overdue > 0 {
            (format!("{overdue} overdue"), "red")
        } else if missed > 0 {
            (format!("{missed} to put right"), "orange")
        } else if let Some(next) = self.next_due {
            let when = match (next - today).num_days() {
                0 => "today".to_owned(),
                1 => "tomorrow".to_owned(),
                days => format!("in {days} days"),
            };
            (format!("{} due {when}", self.next_number), "yellow")
        } else if to_check > 0 {
            (format!("{to_check} to check"), "blue")
        } else if self.promises == 0 {
            ("None".to_owned(), "grey")
        } else if self.met == self.promises {
            ("All met".to_owned(), "green")
        } else {
            ("On the way".to_owned(), "blue")
        }
    }

    /// How pressing it is, for sorting: higher is worse. Within a kind, more counts for more.
    #[must_use]
    pub fn rank(&self) -> (usize, usize, usize, usize, usize, usize) {
        (
            self.count(AttentionKind::Breach),
            self.count(AttentionKind::Overdue),
            self.count(AttentionKind::Missed),
            usize::from(self.next_due.is_some()),
            self.count(AttentionKind::ToVerify),
            self.promises - self.met,
        )
    }
}

/// The promises of agreements in short, by agreement. One statement, however many.
///
/// # Errors
/// What the database says.
pub fn in_short(
    db: &mut Db,
    agreements: &[Id<Agreement>],
    today: LocalDate,
) -> Result<HashMap<Id<Agreement>, InShort>> {
    let soon = today.checked_add_days(Days::new(SOON_DAYS)).unwrap_or(today);
    Ok(summed(reading::shortly(db, agreements, soon)?, today))
}

fn kind_of(due: &Due, waits: bool, today: LocalDate) -> Option<AttentionKind> {
    match (due.state, due.claim_state) {
        (DueState::Breached, _) => Some(AttentionKind::Breach),
        // A breach about which something was done presses only while a further step waits.
        (DueState::Enforced | DueState::Reserved, _) if waits => Some(AttentionKind::Breach),
        (DueState::Pending | DueState::Missed, Some(ClaimState::Reported)) => Some(AttentionKind::ToVerify),
        (DueState::Missed, _) => Some(AttentionKind::Missed),
        (DueState::Pending, _) if due.due_on < today => Some(AttentionKind::Overdue),
        _ => None,
    }
}

fn summed(rows: Vec<Shortly>, today: LocalDate) -> HashMap<Id<Agreement>, InShort> {
    let mut found: HashMap<Id<Agreement>, InShort> = HashMap::new();
    let mut broken: HashSet<Id<Obligation>> = HashSet::new();
    let mut keeping: HashMap<Id<Obligation>, Id<Agreement>> = HashMap::new();
    let mut seen: HashSet<Id<Obligation>> = HashSet::new();
    for row in rows {
        let short = found.entry(row.agreement).or_default();
        if seen.insert(row.obligation) {
            short.promises += 1;
            if row.verified.is_some_and(|v| keeps(row.direction, row.promised.get(), v.get())) {
                keeping.insert(row.obligation, row.agreement);
            }
        }
        let Some(due) = row.due else { continue };
        if matches!(due.state, DueState::Missed | DueState::Breached | DueState::Enforced | DueState::Reserved) {
            broken.insert(row.obligation);
        }
        if let Some(kind) = kind_of(&due, row.next_step.is_some(), today) {
            short.pressing.push(Pressing { kind, due, title: row.title, next_step: row.next_step });
        } else if due.state == DueState::Pending {
            match short.next_due {
                Some(next) if next < due.due_on => {}
                Some(next) if next == due.due_on => short.next_number += 1,
                _ => (short.next_due, short.next_number) = (Some(due.due_on), 1),
            }
        }
    }
    for (obligation, agreement) in keeping {
        if let Some(short) = found.get_mut(&agreement).filter(|_| !broken.contains(&obligation)) {
            short.met += 1;
        }
    }
    for short in found.values_mut() {
        short.pressing.sort_by_key(|p| (p.kind, p.due.due_on));
    }
    found
}
