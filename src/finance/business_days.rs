//! Due dates: months counted from an anchor with a rule for month ends, moved off days on which banks are closed.

use super::daycount::is_month_end;
use crate::law::dated::Unknown;
use crate::law::holidays::{Part, bank_holiday, is_weekend};
use crate::values::LocalDate;
use chrono::{Datelike, Days, Months};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a date goes that falls on a day banks are closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Convention {
    /// It stays.
    #[default]
    Unadjusted,
    /// The next business day.
    Following,
    /// The next business day, unless that is in another month: then the one before.
    ModifiedFollowing,
    /// The business day before.
    Preceding,
}

/// Whether an anchor at the end of a month stays at the ends of months: 28 February → 31 March, or 28 March.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MonthEnd {
    /// The day of the anchor, or the last day of a shorter month.
    #[default]
    SameDay,
    /// The last day of every month when the anchor is one.
    KeepsEnd,
}

/// A date so many months after an anchor; `None` outside the calendar. Always count from one anchor: 31 January leads to
/// 28 February and then to 31 March.
#[must_use]
pub fn months_after(anchor: LocalDate, months: u32, rule: MonthEnd) -> Option<LocalDate> {
    let moved = anchor.checked_add_months(Months::new(months))?;
    if rule == MonthEnd::KeepsEnd && is_month_end(anchor) {
        let first = moved.with_day(1)?;
        return first.checked_add_months(Months::new(1))?.pred_opt();
    }
    Some(moved)
}

/// Whether banks are open in a part of the United Kingdom.
///
/// # Errors
/// [`Unknown`] outside the years of the table of bank holidays.
pub fn is_business_day(date: LocalDate, part: Part) -> Result<bool, Unknown> {
    let closed = bank_holiday(date)?.is_some_and(|holiday| holiday.parts.contains(&part));
    Ok(!closed && !is_weekend(date))
}

/// Moves a date by a convention on the bank calendar of a part of the United Kingdom.
///
/// # Errors
/// [`Unknown`] when the table of bank holidays does not reach; an unadjusted date never needs it.
pub fn adjust(date: LocalDate, convention: Convention, part: Part) -> Result<LocalDate, Unknown> {
    match convention {
        Convention::Unadjusted => Ok(date),
        Convention::Following => walk(date, part, true),
        Convention::Preceding => walk(date, part, false),
        Convention::ModifiedFollowing => {
            let next = walk(date, part, true)?;
            if next.month() == date.month() { Ok(next) } else { walk(date, part, false) }
        }
    }
}

fn walk(date: LocalDate, part: Part, forward: bool) -> Result<LocalDate, Unknown> {
    let mut day = date;
    while !is_business_day(day, part)? {
        let moved = if forward { day.checked_add_days(Days::new(1)) } else { day.checked_sub_days(Days::new(1)) };
        day = moved.ok_or_else(|| Unknown::new(format!("the business day next to {date}")))?;
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use proptest::prelude::*;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn moved(on: &str, convention: Convention) -> String {
        adjust(date(on), convention, Part::EnglandWales).unwrap().to_string()
    }

    #[test]
    fn a_payment_due_at_easter_goes_forward_back_or_forward_within_its_month() {
        // 2026: Good Friday 3 April, Easter Monday 6 April.
        assert_eq!(moved("2026-04-03", Convention::Following), "2026-04-07");
        assert_eq!(moved("2026-04-03", Convention::Preceding), "2026-04-02");
        assert_eq!(moved("2026-04-03", Convention::Unadjusted), "2026-04-03");
        // Sunday 31 May 2026: the next business day is in June.
        assert_eq!(moved("2026-05-31", Convention::Following), "2026-06-01");
        assert_eq!(moved("2026-05-31", Convention::ModifiedFollowing), "2026-05-29");
        assert_eq!(moved("2026-04-07", Convention::ModifiedFollowing), "2026-04-07");
    }

    #[test]
    fn a_scottish_holiday_does_not_move_a_payment_in_england() {
        let second = date("2026-01-02");
        assert_eq!(adjust(second, Convention::Following, Part::EnglandWales), Ok(second));
        assert_eq!(adjust(second, Convention::Following, Part::Scotland), Ok(date("2026-01-05")));
        assert!(adjust(date("2040-01-01"), Convention::Following, Part::Scotland).is_err());
        assert_eq!(adjust(date("2040-01-01"), Convention::Unadjusted, Part::Scotland), Ok(date("2040-01-01")));
    }

    #[test]
    fn an_anchor_at_the_end_of_a_month_stays_there_only_when_the_agreement_says_so() {
        let from = date("2026-02-28");
        assert_eq!(months_after(from, 1, MonthEnd::SameDay), Some(date("2026-03-28")));
        assert_eq!(months_after(from, 1, MonthEnd::KeepsEnd), Some(date("2026-03-31")));
        assert_eq!(months_after(from, 24, MonthEnd::KeepsEnd), Some(date("2028-02-29")));
        assert_eq!(months_after(date("2026-01-31"), 2, MonthEnd::SameDay), Some(date("2026-03-31")));
        assert_eq!(months_after(date("2026-01-30"), 2, MonthEnd::KeepsEnd), Some(date("2026-03-30")));
    }

    proptest! {
        #[test]
        fn a_moved_date_is_a_business_day_and_never_leaves_its_month_when_modified(offset in 0_u64..1_400) {
            let on = date("2025-01-02") + Days::new(offset);
            let go = |convention| adjust(on, convention, Part::EnglandWales).unwrap();
            for convention in [Convention::Following, Convention::ModifiedFollowing, Convention::Preceding] {
                prop_assert!(is_business_day(go(convention), Part::EnglandWales).unwrap());
                prop_assert_eq!(adjust(go(convention), convention, Part::EnglandWales).unwrap(), go(convention));
            }
            prop_assert_eq!(go(Convention::ModifiedFollowing).month(), on.month());
            prop_assert!(go(Convention::Preceding) <= on && on <= go(Convention::Following));
        }
    }
}
