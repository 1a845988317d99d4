//! How periods are counted: three rules, all on dates in Europe/London.

use super::dated::Unknown;
use super::holidays::{BankHoliday, bank_holiday, is_weekend};
use crate::values::LocalDate;
use crate::values::time::medium_date;
use chrono::Days;
use serde::Serialize;

fn later(start: LocalDate, days: u64) -> Result<LocalDate, Unknown> {
    start
        .checked_add_days(Days::new(days))
        .ok_or_else(|| Unknown::new(format!("the day {days} days after {}", medium_date(start))))
}

/// “n days beginning with the day D”: ends on D + (n − 1).
///
/// # Errors
/// [`Unknown`] when the day is outside the calendar. A period of no days ends on the day it begins.
pub fn calendar_inclusive(start: LocalDate, days: u32) -> Result<LocalDate, Unknown> {
    later(start, u64::from(days.saturating_sub(1)))
}

/// “a period of n days” that begins the day after D, as tendering periods do: not over before D + n.
///
/// # Errors
/// [`Unknown`] when the day is outside the calendar.
pub fn period_exclusive(start: LocalDate, days: u32) -> Result<LocalDate, Unknown> {
    later(start, u64::from(days))
}

/// A count of working days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkingDays {
    /// The first working day that counts: the start itself when it is one.
    pub first: LocalDate,
    /// The last working day of the count.
    pub last: LocalDate,
    /// Bank holidays that were passed over, weekends apart.
    pub skipped: Vec<&'static BankHoliday>,
}

/// The n-th working day, counting the start when it is a working day.
///
/// # Errors
/// [`Unknown`] as soon as the count leaves the table of bank holidays.
pub fn working_inclusive(start: LocalDate, days: u32) -> Result<WorkingDays, Unknown> {
    let mut first = None;
    let mut skipped = Vec::new();
    let mut counted = 0;
    let mut date = start;
    loop {
        match bank_holiday(date)? {
            Some(holiday) => skipped.push(holiday),
            None if is_weekend(date) => {}
            None => {
                let began = *first.get_or_insert(date);
                counted += 1;
                if counted >= days {
                    return Ok(WorkingDays { first: began, last: date, skipped });
                }
            }
        }
        date = later(date, 1)?;
    }
}

/// One of the three ways a period is counted, for tables of deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "counting", content = "days", rename_all = "snake_case")]
pub enum Period {
    /// See [`calendar_inclusive`].
    CalendarInclusive(u32),
    /// See [`period_exclusive`].
    PeriodExclusive(u32),
    /// See [`working_inclusive`].
    WorkingInclusive(u32),
}

impl Period {
    /// The last day of the period, or for an exclusive one the earliest day it may end.
    ///
    /// # Errors
    /// [`Unknown`], see the three rules.
    pub fn end(self, start: LocalDate) -> Result<LocalDate, Unknown> {
        match self {
            Period::CalendarInclusive(days) => calendar_inclusive(start, days),
            Period::PeriodExclusive(days) => period_exclusive(start, days),
            Period::WorkingInclusive(days) => working_inclusive(start, days).map(|count| count.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dated::day;
    use super::super::holidays::is_working_day;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_beginning_with_a_day_end_one_sooner_than_a_period_after_it() {
        assert_eq!(calendar_inclusive(day(2027, 3, 1), 30), Ok(day(2027, 3, 30)));
        assert_eq!(period_exclusive(day(2027, 2, 1), 25), Ok(day(2027, 2, 26)));
    }

    #[test]
    fn working_days_over_christmas_pass_over_the_holidays_and_name_them() {
        let count = working_inclusive(day(2026, 12, 23), 8).unwrap();
        assert_eq!(count.last, day(2027, 1, 7));
        let names: Vec<_> = count.skipped.iter().map(|h| (h.date, h.name)).collect();
        assert_eq!(names.len(), 4);
        assert_eq!(names[3], (day(2027, 1, 4), "2 January"));
    }

    #[test]
    fn a_count_that_starts_on_a_saturday_begins_on_monday() {
        let count = working_inclusive(day(2026, 12, 5), 1).unwrap();
        assert_eq!((count.first, count.last), (day(2026, 12, 7), day(2026, 12, 7)));
    }

    #[test]
    fn a_count_that_leaves_the_table_is_unknown() {
        assert!(working_inclusive(day(2028, 12, 28), 8).is_err());
        assert!(Period::WorkingInclusive(8).end(day(2031, 1, 1)).is_err());
    }

    proptest! {
        #[test]
        fn exactly_n_working_days_lie_between_the_first_and_the_last(offset in 0_u64..1300, n in 1_u32..40) {
            let start = day(2025, 1, 1) + Days::new(offset);
            let count = working_inclusive(start, n).unwrap();
            let between = count.first.iter_days().take_while(|d| *d <= count.last);
            let working = between.filter(|d| is_working_day(*d) == Ok(true)).count();
            prop_assert_eq!(working, usize::try_from(n).unwrap());
            prop_assert!(count.first >= start && is_working_day(count.last) == Ok(true));
        }

        #[test]
        fn starting_later_never_ends_sooner(offset in 0_u64..1300, n in 1_u32..40) {
            let start = day(2025, 1, 1) + Days::new(offset);
            for period in [Period::CalendarInclusive(n), Period::PeriodExclusive(n), Period::WorkingInclusive(n)] {
                prop_assert!(period.end(start).unwrap() <= period.end(start + Days::new(1)).unwrap());
            }
        }
    }
}
