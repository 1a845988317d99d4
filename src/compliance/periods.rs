//! When figures are due: the periods of an obligation, their targets, and the moments each due date passes.

use super::model::Moment;
use crate::conditions::{Cadence, Direction, Pace};
use crate::values::time::short_date;
use crate::values::{Instant, LocalDate, Quantity, round_half_up};
use chrono::{Datelike, Days, Months, TimeDelta};
use rust_decimal::Decimal;

/// Most due dates of one obligation: a quarter each for fifty years.
pub const MOST_PERIODS: usize = 200;
/// A period shorter than this many days is joined to the next one.
const SHORTEST: i64 = 28;

/// What an obligation promises, as far as its due dates go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// First day of the agreement.
    pub starts_on: LocalDate,
    /// By when the promise is to be kept.
    pub due: LocalDate,
    /// After this it no longer binds.
    pub sunset: Option<LocalDate>,
    /// How often a figure is due.
    pub cadence: Cadence,
    /// Whether it builds up to that day or holds from the first one.
    pub pace: Pace,
    /// Which side of the promise keeps it.
    pub direction: Direction,
    /// Where it starts.
    pub baseline: Quantity,
    /// What is promised.
    pub promised: Quantity,
}

/// One period and what is due for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// In words: "1 Jan 2027 to 31 Mar 2027".
    pub words: String,
    /// First day.
    pub starts_on: LocalDate,
    /// Last day, on which the figure is due.
    pub ends_on: LocalDate,
    /// Where the figure should stand on the last day.
    pub target: Quantity,
    /// Whether falling short of it is a miss.
    pub binding: bool,
}

/// The periods of an obligation, from the first day to the later of its date and its sunset.
///
/// Quarters, half-years and years are those of the calendar, so that periods of different agreements meet; a stub
/// of less than four weeks is joined to the next period. The date of the promise always ends a period. Before
/// it, targets of a promise that builds up lie on the straight line from the baseline (whole numbers where the promise
/// is one) and do not bind; from it on, the promise itself does. One that holds from the first day is the same in every
/// period and always binds. An obligation whose sunset comes before its date never binds.
#[must_use]
pub fn periods(course: &Course) -> Vec<Period> {
    let due = course.due.max(course.starts_on);
    let until = match course.sunset {
        Some(sunset) if sunset < due => sunset,
        Some(sunset) if course.cadence != Cadence::Once => sunset,
        _ => due,
    };
    if until < course.starts_on || (course.cadence == Cadence::Once && until < due) {
        return Vec::new();
    }
    let mut ends: Vec<LocalDate> = Vec::new();
    let mut before = course.starts_on - Days::new(1);
    for end in calendar_ends(course.starts_on, until, course.cadence) {
        let long_enough = (end - before).num_days() >= SHORTEST;
        let clear_of = |fixed: LocalDate| end >= fixed || (fixed - end).num_days() >= SHORTEST;
        let after_due = end > due && (end - due).num_days() < SHORTEST;
        if long_enough && clear_of(due) && clear_of(until) && !after_due && ends.len() + 2 < MOST_PERIODS {
            ends.push(end);
            before = end;
        }
    }
    ends.push(until);
    if due <= until {
        ends.push(due);
    }
    ends.sort_unstable();
    ends.dedup();
    let mut starts_on = course.starts_on;
    ends.into_iter()
        .map(|ends_on| {
            let period = Period {
                words: format!("{} to {}", short_date(starts_on), short_date(ends_on)),
                starts_on,
                ends_on,
                target: target_at(course, due, ends_on),
                binding: ends_on >= due || course.pace == Pace::Holds,
            };
            starts_on = ends_on + Days::new(1);
            period
        })
        .collect()
}

/// The last days of calendar periods from a day until before another.
fn calendar_ends(from: LocalDate, until: LocalDate, cadence: Cadence) -> Vec<LocalDate> {
    let months: u32 = match cadence {
        Cadence::Once => return Vec::new(),
        Cadence::Quarterly => 3,
        Cadence::HalfYearly => 6,
        Cadence::Yearly => 12,
    };
    let first_month = from.month0() / months * months + 1;
    let Some(mut start) = LocalDate::from_ymd_opt(from.year(), first_month, 1) else { return Vec::new() };
    let mut ends = Vec::new();
    while ends.len() < MOST_PERIODS {
        let Some(next) = start.checked_add_months(Months::new(months)) else { break };
        let end = next - Days::new(1);
        if end >= until {
            break;
        }
        ends.push(end);
        start = next;
    }
    ends
}

/// `baseline + (promised − baseline) × days gone / days to the date`, to the whole where the promise is whole.
fn target_at(course: &Course, due: LocalDate, on: LocalDate) -> Quantity {
    let (from, to) = (course.baseline.get(), course.promised.get());
    let all = (due - course.starts_on).num_days();
    if on >= due || all <= 0 || course.direction == Direction::Equal || course.pace == Pace::Holds {
        return course.promised;
    }
    let gone = Decimal::from((on - course.starts_on).num_days().max(0));
    let places = if from.fract().is_zero() && to.fract().is_zero() { 0 } else { 2 };
    let on_line = (to - from)
        .checked_mul(gone)
        .and_then(|product| product.checked_div(Decimal::from(all)))
        .and_then(|step| from.checked_add(step))
        .map_or(to, |line| round_half_up(line, places));
    Quantity::new(on_line).unwrap_or(course.promised)
}

/// The moments of a due date that are still to come at `now`, in order. Reminders that are past are left out; the
/// end of the days of grace is never left out, so that a due date entered late is still judged.
#[must_use]
pub fn moments(due_on: LocalDate, grace_until: LocalDate, now: Instant) -> Vec<(Instant, Moment)> {
    let morning = |date: LocalDate| Instant::start_of(date).plus(TimeDelta::hours(9));
    let mut all = vec![
        (morning(due_on - Days::new(14)), Moment::FortnightBefore),
        (morning(due_on - Days::new(3)), Moment::ThreeDaysBefore),
        (morning(due_on + Days::new(1)), Moment::DayAfter),
        (end_of(grace_until), Moment::GraceOver),
    ];
    all.retain(|(at, moment)| *at > now || *moment == Moment::GraceOver);
    for (at, _) in &mut all {
        *at = (*at).max(now);
    }
    all.sort_unstable_by_key(|(at, _)| *at);
    all
}

/// The first instant after a day in London.
#[must_use]
pub fn end_of(date: LocalDate) -> Instant {
    Instant::start_of(date + Days::new(1))
}

/// A day so many days later; stays where it is when that is beyond the calendar or the days are negative.
#[must_use]
pub fn days_after(date: LocalDate, days: i64) -> LocalDate {
    u64::try_from(days).ok().and_then(|days| date.checked_add_days(Days::new(days))).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use proptest::prelude::*;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn course(cadence: Cadence) -> Course {
        Course {
            starts_on: date("2027-01-01"),
            due: date("2027-12-31"),
            sunset: None,
            cadence,
            pace: Pace::Builds,
            direction: Direction::AtLeast,
            baseline: "0".parse().unwrap(),
            promised: "24".parse().unwrap(),
        }
    }

    #[test]
    fn a_year_of_quarters_rises_to_the_promise() {
        let found = periods(&course(Cadence::Quarterly));
        let targets: Vec<String> = found.iter().map(|p| p.target.to_string()).collect();
        assert_eq!(targets, ["6", "12", "18", "24"]);
        assert_eq!(found.iter().map(|p| p.binding).collect::<Vec<_>>(), [false, false, false, true]);
        assert_eq!(found[0].words, "1 Jan 2027 to 31 Mar 2027");
    }

    #[test]
    fn fair_pay_is_whole_and_binding_from_the_first_period() {
        let found = periods(&Course { pace: Pace::Holds, ..course(Cadence::Quarterly) });
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|p| p.binding && p.target.to_string() == "24"));
    }

    #[test]
    fn a_promise_for_one_date_has_one_due_date_and_none_when_it_has_lapsed_before() {
        assert_eq!(periods(&course(Cadence::Once)).len(), 1);
        let lapsed = Course { sunset: Some(date("2027-06-30")), ..course(Cadence::Once) };
        assert!(periods(&lapsed).is_empty());
    }

    #[test]
    fn after_its_date_a_promise_is_kept_until_the_sunset() {
        let found = periods(&Course { sunset: Some(date("2028-12-31")), ..course(Cadence::Yearly) });
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|p| p.binding && p.target.to_string() == "24"));
    }

    #[test]
    fn a_due_date_entered_late_is_reminded_of_nothing_and_still_judged() {
        let late = Instant::start_of(date("2027-03-01"));
        let found = moments(date("2027-01-31"), date("2027-02-05"), late);
        assert_eq!(found, vec![(late, Moment::GraceOver)]);
    }

    #[test]
    fn reminders_come_fourteen_and_three_days_before_and_one_day_after() {
        let found = moments(date("2027-01-31"), date("2027-02-05"), Instant::start_of(date("2027-01-01")));
        let days: Vec<String> = found.iter().map(|(at, _)| at.date().to_string()).collect();
        assert_eq!(days, ["2027-01-17", "2027-01-28", "2027-02-01", "2027-02-06"]);
    }

    proptest! {
        #[test]
        fn periods_follow_each_other_without_gap_and_end_with_the_promise(
            start in 0i64..3000, length in 0i64..4000, after in prop::option::of(0i64..2000), cadence in 0usize..4,
            baseline in -500i64..500, promised in -500i64..500,
        ) {
            let starts_on = date("2026-01-01") + TimeDelta::days(start);
            let due = starts_on + TimeDelta::days(length);
            let course = Course {
                starts_on, due, sunset: after.map(|d| due + TimeDelta::days(d)), cadence: Cadence::ALL[cadence],
                pace: Pace::Builds,
                direction: Direction::AtLeast,
                baseline: Quantity::new(Decimal::from(baseline)).unwrap(), promised: Quantity::new(Decimal::from(promised)).unwrap(),
            };
            let found = periods(&course);
            prop_assert!(!found.is_empty() && found.len() <= MOST_PERIODS);
            prop_assert_eq!(found[0].starts_on, starts_on);
            for pair in found.windows(2) {
                prop_assert_eq!(pair[1].starts_on, pair[0].ends_on + TimeDelta::days(1));
                prop_assert!(pair[1].ends_on > pair[0].ends_on);
            }
            let at_due = found.iter().find(|p| p.ends_on == due).unwrap();
            prop_assert!(at_due.binding && at_due.target == course.promised);
            let (low, high) = (baseline.min(promised), baseline.max(promised));
            for period in &found {
                prop_assert!(period.ends_on >= period.starts_on);
                prop_assert_eq!(period.binding, period.ends_on >= due);
                prop_assert!(period.target.get() >= Decimal::from(low) && period.target.get() <= Decimal::from(high));
            }
        }
    }
}
