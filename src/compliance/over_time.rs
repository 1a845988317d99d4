//! The promises of an agreement over time: how each stands today, how it stood on every day before, and what happened.

use super::agreement_page::{Row, rows};
use super::model::{Claim, ClaimState, Due, DueState, RemedyKind, RemedyStep};
use super::reading::{self, counts};
use super::rules::{Standing, Status, keeps};
use crate::agreements::{Agreement, Obligation};
use crate::db::Db;
use crate::error::Result;
use crate::values::time::{medium_date, short_date};
use crate::values::{Account, Id, Instant, LocalDate};
use std::collections::HashMap;

/// How a promise stood for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stood {
    /// It was not due, and no verified figure kept it yet.
    Open,
    /// A verified figure kept it.
    Kept,
    /// A due date was missed and not put right.
    Broken,
}

/// From a day up to, and without, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first day.
    pub from: LocalDate,
    /// The day after the last.
    pub until: LocalDate,
    /// How it stood.
    pub stood: Stood,
}

/// One promise of an agreement.
#[derive(Clone, Debug)]
pub struct Promise {
    /// What was promised.
    pub obligation: Obligation,
    /// The three figures, and what they come to.
    pub standing: Standing,
    /// The word for its state.
    pub word: &'static str,
    /// The colour of its tag, beside the word.
    pub colour: &'static str,
    /// The due date to look at next.
    pub due: Option<Due>,
    /// The due date whose figure waits to be checked, the earliest.
    pub to_check: Option<Id<Due>>,
    /// How it stood, from the first day asked for to today, without gaps.
    pub stretches: Vec<Stretch>,
    /// How many due dates were missed so far.
    pub misses: usize,
    /// How many of them are not put right today.
    pub unsettled: usize,
}

impl Promise {
    /// Whether a verified figure keeps it today and nothing is missed.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.standing.status == Status::Met && self.unsettled == 0
    }

    /// What is worth knowing about its course: the last miss and its end, or how far it is.
    #[must_use]
    pub fn course(&self, today: LocalDate) -> String {
        let missed = self.stretches.iter().rev().find(|s| s.stood == Stood::Broken);
        match (missed, self.standing.verified) {
            (Some(s), _) if s.until > today => format!("missed {}, not put right", short_date(s.from)),
            (Some(s), _) => format!("missed {}, put right {}", short_date(s.from), short_date(s.until)),
            (None, Some(_)) if self.standing.status == Status::Met => String::new(),
            (None, verified) => {
                let shown = |figure| crate::values::decimals::shown_decimal(figure);
                format!(
                    "{} of {}, due {}",
                    verified.map_or_else(|| "0".to_owned(), shown),
                    shown(self.standing.promised),
                    short_date(self.obligation.terms.0.due)
                )
            }
        }
    }
}

/// Something that happened to a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: Instant,
    /// Word of its tag; empty for none.
    pub word: &'static str,
    /// Colour of its tag.
    pub colour: &'static str,
    /// The state it marks on a timeline: `breach`, `cured` or nothing.
    pub state: &'static str,
    /// What.
    pub title: String,
    /// Who; empty when unknown.
    pub by: String,
    /// More about it.
    pub text: String,
    /// Where it can be read.
    pub due: Id<Due>,
    /// Whether something later says more: a report that was decided, a miss that became a breach.
    pub routine: bool,
}

/// The promises of an agreement and what happened to them.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// In the order they were made.
    pub promises: Vec<Promise>,
    /// In no order.
    pub happenings: Vec<Happening>,
}

/// Follows the promises of an agreement from a day to today. One statement.
///
/// # Errors
/// What the database says.
pub fn followed(db: &mut Db, agreement: Id<Agreement>, from: LocalDate, today: LocalDate) -> Result<Followed> {
    Ok(follow(reading::course_of_agreement(db, agreement)?, from, today))
}

fn follow(course: reading::Course, from: LocalDate, today: LocalDate) -> Followed {
    let reading::Course { obligations, dues, claims, remedies, names } = course;
    let mut counting: Vec<Claim> = claims.iter().filter(|c| counts(c)).cloned().collect();
    counting.sort_by_key(|c| (c.ends_on, c.reported_at, c.id));
    let mut happenings = Vec::new();
    let promises: Vec<Promise> = rows(obligations, &dues, &counting, today)
        .into_iter()
        .map(|row| {
            let own: Vec<Known<'_>> = dues
                .iter()
                .filter(|d| d.obligation_id == row.obligation.id)
                .map(|due| Known {
                    due,
                    claims: claims.iter().filter(|c| c.due_id == due.id).collect(),
                    remedies: remedies.iter().filter(|r| r.due_id == due.id).collect(),
                })
                .collect();
            for known in &own {
                happenings.extend(known.happenings(&row.obligation, &names));
            }
            promise(row, &own, from, today)
        })
        .collect();
    Followed { promises, happenings }
}

/// A due date with what was reported for it and done about it.
struct Known<'a> {
    due: &'a Due,
    claims: Vec<&'a Claim>,
    remedies: Vec<&'a RemedyStep>,
}

impl Known<'_> {
    /// The day from which it was missed: the day after the days of grace, or of the decision on a figure that was
    /// with the council then.
    fn missed_on(&self) -> Option<LocalDate> {
        let missed = matches!(
            self.due.state,
            DueState::Missed
                | DueState::Cured
                | DueState::Breached
                | DueState::Enforced
                | DueState::Reserved
                | DueState::Waived
        );
        missed.then(|| {
            let after = super::periods::days_after(self.due.grace_until, 1);
            self.claims
                .iter()
                .filter(|c| c.reported_at.date() < after)
                .filter_map(|c| c.decided_at.map(Instant::date))
                .filter(|day| *day >= after)
                .min()
                .unwrap_or(after)
        })
    }

    fn accepted(&self) -> Option<&Claim> {
        self.claims.iter().copied().filter(|c| c.state == ClaimState::Accepted).max_by_key(|c| c.decided_at)
    }

    /// The day on which a miss ended: the figure that cured it was accepted, or the council waived it.
    fn settled_on(&self) -> Option<LocalDate> {
        match self.due.state {
            DueState::Cured => self.accepted().and_then(|c| c.decided_at).map(Instant::date).or(self.due.cure_by),
            DueState::Waived => self.taken(RemedyKind::Waive).map(Instant::date).or(self.due.cure_by),
            _ => None,
        }
    }

    fn taken(&self, kind: RemedyKind) -> Option<Instant> {
        self.remedies.iter().filter(|r| r.kind == kind).filter_map(|r| r.taken_at).max()
    }

    fn told(&self, at: Instant, title: String, by: String, text: String) -> Happening {
        Happening { at, word: "", colour: "", state: "", title, by, text, due: self.due.id, routine: false }
    }

    fn happenings(&self, obligation: &Obligation, names: &HashMap<Id<Account>, String>) -> Vec<Happening> {
        let called = |id: Option<Id<Account>>| id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        let (title, period) = (&obligation.title, &self.due.period);
        let mut told = Vec::new();
        for claim in &self.claims {
            let figure = claim.quantity.of(&obligation.unit);
            let reported = format!("{title}: {figure} reported");
            told.push(Happening {
                routine: claim.decided_at.is_some(),
                ..self.told(claim.reported_at, reported, "the enterprise".to_owned(), period.clone())
            });
            let Some(at) = claim.decided_at else { continue };
            let by = called(claim.decided_by);
            let reason = claim.reason.clone().unwrap_or_default();
            told.extend(match (claim.state, claim.verified) {
                (ClaimState::Queried, _) => Some(Happening {
                    word: "Queried",
                    colour: "orange",
                    ..self.told(at, format!("{title}: {figure} queried"), by, reason)
                }),
                (ClaimState::Rejected, _) => Some(Happening {
                    word: "Rejected",
                    colour: "red",
                    ..self.told(at, format!("{title}: {figure} rejected"), by, reason)
                }),
                (_, Some(verified)) => {
                    let cured = self.due.state == DueState::Cured && self.accepted().is_some_and(|a| a.id == claim.id);
                    let (word, colour, state) = if cured { ("Cured", "green", "cured") } else { ("", "", "") };
                    let what = format!("{title}: {} verified", verified.of(&obligation.unit));
                    Some(Happening { word, colour, state, ..self.told(at, what, by, period.clone()) })
                }
                _ => None,
            });
        }
        if let Some(missed) = self.missed_on() {
            let until = self.due.cure_by.map(|by| format!(". It could be put right until {}.", medium_date(by)));
            let text = format!("{period}{}", until.unwrap_or_default());
            let what = format!("{title}: due date missed");
            told.push(Happening {
                word: "Missed",
                colour: "orange",
                routine: self.due.state.was_breached(),
                ..self.told(Instant::start_of(missed), what, "the calendar".to_owned(), text)
            });
        }
        if self.due.state.was_breached() {
            // The first remedy is proposed in the transaction that finds the breach.
            let at = self.remedies.iter().map(|r| r.proposed_at).min().unwrap_or_else(|| {
                Instant::start_of(super::periods::days_after(self.due.cure_by.unwrap_or(self.due.grace_until), 1))
            });
            told.push(Happening {
                word: "Breach",
                colour: "red",
                state: "breach",
                ..self.told(at, format!("{title}: in breach"), "the calendar".to_owned(), period.clone())
            });
        }
        for remedy in &self.remedies {
            if let Some(at) = remedy.taken_at {
                let reason = remedy.taken_reason.clone().unwrap_or_default();
                told.push(self.told(at, format!("{title}: {}", remedy.title), called(remedy.taken_by), reason));
            }
        }
        told
    }
}

fn promise(row: Row, own: &[Known<'_>], from: LocalDate, today: LocalDate) -> Promise {
    let Row { obligation, standing, word, colour, due } = row;
    let broken: Vec<(LocalDate, Option<LocalDate>)> =
        own.iter().filter_map(|k| k.missed_on().map(|on| (on, k.settled_on()))).collect();
    let mut kept: Vec<(LocalDate, bool)> = own
        .iter()
        .flat_map(|k| &k.claims)
        .filter_map(|c| {
            let (figure, at) = (c.verified?, c.decided_at?);
            Some((at, keeps(obligation.direction, obligation.promised.get(), figure.get())))
        })
        .map(|(at, keeps)| (at.date(), keeps))
        .collect();
    kept.sort_by_key(|(day, _)| *day);
    let to_check = own
        .iter()
        .filter(|k| k.due.claim_state == Some(ClaimState::Reported) && !k.due.state.was_breached())
        .map(|k| k.due.id)
        .next();
    Promise {
        stretches: stretches(&broken, &kept, from, today),
        misses: broken.len(),
        unsettled: broken.iter().filter(|(_, settled)| settled.is_none()).count(),
        obligation,
        standing,
        word,
        colour,
        due,
        to_check,
    }
}

/// How a promise stood on every day: broken while a miss is not settled, else as the newest verified figure of the
/// day has it.
fn stretches(
    broken: &[(LocalDate, Option<LocalDate>)],
    kept: &[(LocalDate, bool)],
    from: LocalDate,
    today: LocalDate,
) -> Vec<Stretch> {
    // Today belongs to the last stretch.
    let end = super::periods::days_after(today, 1);
    let mut turns: Vec<LocalDate> = broken
        .iter()
        .flat_map(|(on, settled)| [Some(*on), *settled])
        .flatten()
        .chain(kept.iter().map(|(on, _)| *on))
        .filter(|day| *day > from && *day < end)
        .chain([from])
        .collect();
    turns.sort_unstable();
    turns.dedup();
    let stood_on = |day: LocalDate| {
        if broken.iter().any(|(on, settled)| *on <= day && settled.is_none_or(|s| day < s)) {
            Stood::Broken
        } else if kept.iter().rev().find(|(on, _)| *on <= day).is_some_and(|(_, keeps)| *keeps) {
            Stood::Kept
        } else {
            Stood::Open
        }
    };
    let mut found: Vec<Stretch> = Vec::new();
    for (place, day) in turns.iter().enumerate() {
        let until = turns.get(place + 1).copied().unwrap_or(end);
        let stood = stood_on(*day);
        match found.last_mut() {
            Some(last) if last.stood == stood => last.until = until,
            _ => found.push(Stretch { from: *day, until, stood }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use proptest::prelude::*;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    #[test]
    fn a_miss_that_was_put_right_lies_between_two_kept_stretches() {
        let found = stretches(
            &[(date("2026-06-02"), Some(date("2026-08-24")))],
            &[(date("2025-01-10"), true)],
            date("2024-10-02"),
            date("2026-11-24"),
        );
        let words: Vec<(Stood, String)> = found.iter().map(|s| (s.stood, s.from.to_string())).collect();
        assert_eq!(
            words,
            [
                (Stood::Open, "2024-10-02".to_owned()),
                (Stood::Kept, "2025-01-10".to_owned()),
                (Stood::Broken, "2026-06-02".to_owned()),
                (Stood::Kept, "2026-08-24".to_owned()),
            ]
        );
        assert_eq!(found[3].until, date("2026-11-25"));
    }

    #[test]
    fn two_misses_at_once_end_with_the_later() {
        let found = stretches(
            &[(date("2026-02-01"), Some(date("2026-03-01"))), (date("2026-02-15"), None)],
            &[],
            date("2026-01-01"),
            date("2026-04-01"),
        );
        assert_eq!(found.len(), 2);
        assert_eq!((found[1].stood, found[1].from), (Stood::Broken, date("2026-02-01")));
    }

    proptest! {
        #[test]
        fn every_day_belongs_to_exactly_one_stretch(
            broken in prop::collection::vec((-50i64..900, prop::option::of(1i64..200)), 0..6),
            kept in prop::collection::vec((-50i64..900, any::<bool>()), 0..6), length in 0i64..800,
        ) {
            let from = date("2024-01-01");
            let at = |days: i64| from + chrono::TimeDelta::days(days);
            let broken: Vec<_> = broken.into_iter().map(|(on, long)| (at(on), long.map(|l| at(on + l)))).collect();
            let mut kept: Vec<_> = kept.into_iter().map(|(on, keeps)| (at(on), keeps)).collect();
            kept.sort_by_key(|(on, _)| *on);
            let found = stretches(&broken, &kept, from, at(length));
            prop_assert_eq!(found[0].from, from);
            prop_assert_eq!(found.last().unwrap().until, at(length + 1));
            for pair in found.windows(2) {
                prop_assert_eq!(pair[0].until, pair[1].from);
                prop_assert!(pair[0].stood != pair[1].stood && pair[0].from < pair[0].until);
            }
        }
    }
}
