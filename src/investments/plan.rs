//! The rows of a schedule as pages show them: what is due, what is paid of it, what is owed after it.

use super::book::Book;
use super::model::EntryKind;
use crate::finance::Instrument;
use crate::finance::payments::Due;
use crate::values::time::distance;
use crate::values::{LocalDate, Pence};
use std::ops::Range;

/// Rows that are shown unless somebody asks for all.
pub(super) const SHOWN: usize = 12;

/// One payment of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number in the schedule.
    pub(super) number: u32,
    /// The due date.
    pub(super) due: LocalDate,
    /// What the money costs.
    pub(super) interest: Pence,
    /// What makes the debt smaller.
    pub(super) capital: Pence,
    /// Fees charged with it.
    pub(super) fee: Pence,
    /// What is not paid of it yet.
    pub(super) left: Due,
    /// What a change of the loan moved from it to later payments, or gave up.
    pub(super) moved: Pence,
    /// What is owed after it.
    pub(super) balance: Pence,
    /// Whether it falls into a holiday from capital.
    pub(super) holiday: bool,
    /// Whether it is the next to fall due.
    pub(super) next: bool,
    /// The word for where it stands.
    pub(super) word: String,
    /// The colour of its tag; plain words when empty.
    pub(super) colour: &'static str,
}

impl Line {
    /// All that is due with it.
    pub(super) fn payment(&self) -> Pence {
        self.interest + self.capital + self.fee
    }

    /// Whether nothing is left of it.
    pub(super) fn is_paid(&self) -> bool {
        self.left.total().is_zero()
    }
}

/// The rows of the schedule in force with where each stands on a day; none before the first payment out.
pub(super) fn lines(book: &Book, today: LocalDate) -> Vec<Line> {
    let outstanding = book.outstanding();
    let next = outstanding.iter().find(|d| d.due >= today).map(|d| d.instalment);
    let mut lines: Vec<Line> = book
        .dues()
        .into_iter()
        .map(|due| {
            let left = outstanding.iter().find(|o| o.instalment == due.instalment).copied();
            let is_next = next == Some(due.instalment);
            let row = book.rows().iter().find(|r| r.number == due.instalment);
            let of_this = book.moved().iter().filter(|m| m.instalment == due.instalment);
            let moved: Pence = of_this.map(|m| m.amount).sum();
            let (word, colour) = match left {
                None if !moved.is_zero() => (format!("{moved} settled by the change"), ""),
                None => ("Paid".to_owned(), "green"),
                Some(left) if left.due < today => (format!("{} overdue", left.total()), "red"),
                Some(_) if is_next && row.is_some_and(|r| r.estimate) => {
                    (format!("Next, {}, expected", distance(today, due.due)), "blue")
                }
                Some(_) if is_next => (format!("Next, {}", distance(today, due.due)), "blue"),
                Some(left) if left.total() < due.total() => (format!("{} left", left.total()), ""),
                Some(_) if row.is_some_and(|r| r.estimate) => ("Expected".to_owned(), ""),
                Some(_) => ("Planned".to_owned(), ""),
            };
            Line {
                number: due.instalment,
                due: due.due,
                interest: due.interest,
                capital: due.principal,
                fee: due.fee,
                left: left.unwrap_or(Due { fee: Pence::ZERO, interest: Pence::ZERO, principal: Pence::ZERO, ..due }),
                moved,
                balance: row.map_or(Pence::ZERO, |r| r.closing),
                holiday: false,
                next: is_next,
                word,
                colour,
            }
        })
        .collect();
    // A loan that is repaid all at the end has no holiday, though only its last payment has capital.
    let first_capital = lines.iter().position(|l| !l.capital.is_zero()).unwrap_or(0);
    if first_capital + 1 < lines.len() && book.investment.terms.0.instrument() == Instrument::Loan {
        for line in lines.iter_mut().take(first_capital) {
            line.holiday = true;
        }
    }
    for (on, new) in book.changes() {
        let Some(holiday) = new.holiday else { continue };
        let of_it = book.rows().iter().filter(|r| r.due > on).take(usize::try_from(holiday.periods).unwrap_or(0));
        let numbers: Vec<u32> = of_it.map(|r| r.number).collect();
        for line in lines.iter_mut().filter(|l| l.capital.is_zero() && numbers.contains(&l.number)) {
            line.holiday = true;
        }
    }
    lines
}

/// The rows around now: what was paid last, the next payment, and what follows it.
pub(super) fn around_now(lines: &[Line], today: LocalDate) -> Range<usize> {
    let now = lines.iter().position(|l| l.due >= today).unwrap_or(lines.len());
    let first = now.saturating_sub(SHOWN / 2).min(lines.len().saturating_sub(SHOWN));
    first..(first + SHOWN).min(lines.len())
}

/// How payments came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Punctuality {
    /// Payments that fell due, or were paid before they did.
    pub(super) due: usize,
    /// Those that were paid in full by their day.
    pub(super) on_time: usize,
    /// Those that were paid in full, however late.
    pub(super) paid: usize,
}

/// How the payments came in that had fallen due by a day. One due on the day itself counts once it is paid.
pub(super) fn punctuality(book: &Book, lines: &[Line], today: LocalDate) -> Punctuality {
    let paying: Vec<_> = book
        .entries
        .iter()
        .filter(|e| matches!(e.kind, EntryKind::Receipt | EntryKind::Credit) && !book.is_reversed(e))
        .collect();
    let mut found = Punctuality::default();
    for line in lines.iter().filter(|l| l.due < today || (l.due == today && l.is_paid())) {
        let in_time: Pence = paying
            .iter()
            .filter(|e| e.booked_on <= line.due)
            .flat_map(|e| &e.allocation.0.lines)
            .filter(|part| part.instalment == line.number)
            .map(|part| part.amount)
            .sum();
        found.due += 1;
        found.on_time += usize::from(in_time >= line.payment() && line.moved.is_zero());
        found.paid += usize::from(line.is_paid());
    }
    found
}

/// Sums for the last row of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) interest: Pence,
    pub(super) capital: Pence,
    pub(super) fee: Pence,
    pub(super) payment: Pence,
}

/// What all rows come to.
pub(super) fn sums(lines: &[Line]) -> Sums {
    let of = |part: &dyn Fn(&Line) -> Pence| lines.iter().map(part).sum();
    Sums {
        interest: of(&|l| l.interest),
        capital: of(&|l| l.capital),
        fee: of(&|l| l.fee),
        payment: of(&Line::payment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use proptest::prelude::*;

    fn plan(number: u32) -> Vec<Line> {
        let first = parse_date("2025-01-01").unwrap();
        (0..number)
            .map(|n| {
                let due = first + chrono::Months::new(n);
                Line {
                    number: n + 1,
                    due,
                    interest: Pence(100),
                    capital: Pence(200),
                    fee: Pence::ZERO,
                    left: Due {
                        instalment: n + 1,
                        due,
                        fee: Pence::ZERO,
                        interest: Pence::ZERO,
                        principal: Pence::ZERO,
                    },
                    moved: Pence::ZERO,
                    balance: Pence::ZERO,
                    holiday: false,
                    next: false,
                    word: String::new(),
                    colour: "",
                }
            })
            .collect()
    }

    #[test]
    fn twelve_rows_are_shown_half_of_them_before_today() {
        let lines = plan(60);
        let on = |text: &str| around_now(&lines, parse_date(text).unwrap());
        assert_eq!(on("2026-11-24"), 17..29);
        assert_eq!(on("2024-06-01"), 0..12);
        assert_eq!(on("2035-01-01"), 48..60);
        assert_eq!(around_now(&plan(5), parse_date("2025-03-15").unwrap()), 0..5);
        assert_eq!(around_now(&[], parse_date("2025-03-15").unwrap()), 0..0);
    }

    #[test]
    fn the_last_row_adds_up_all_rows() {
        assert_eq!(
            sums(&plan(60)),
            Sums { interest: Pence(6_000), capital: Pence(12_000), fee: Pence::ZERO, payment: Pence(18_000) }
        );
    }

    proptest! {
        #[test]
        fn the_next_payment_is_always_among_the_rows_shown(number in 1u32..200, days in -100i64..7_000) {
            let lines = plan(number);
            let today = parse_date("2025-01-01").unwrap() + chrono::TimeDelta::days(days);
            let shown = around_now(&lines, today);
            prop_assert!(shown.len() == lines.len().min(SHOWN) && shown.end <= lines.len());
            if let Some(next) = lines.iter().position(|l| l.due >= today) {
                prop_assert!(shown.contains(&next));
            }
        }
    }
}
