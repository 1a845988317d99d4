//! Day counts: how many days, and what part of a year, lie between two dates.

use crate::values::LocalDate;
use chrono::{Datelike, Months, NaiveDate};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A day-count convention. The house default for loans in sterling is [`DayCount::Act365F`].
///
/// 30/360 forms follow the 2006 ISDA Definitions §4.16 and the usual 30U/360 end-of-February rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// Actual days over 365, fixed.
    #[serde(rename = "act_365f")]
    Act365F,
    /// Actual days over 360.
    #[serde(rename = "act_360")]
    Act360,
    /// Days in leap years over 366 plus days in other years over 365 (ISDA).
    ActActIsda,
    /// 30/360 (ISDA, bond basis): d1 = 31 → 30; d2 = 31 → 30 only if d1 is then 30.
    #[serde(rename = "thirty_360_isda")]
    Thirty360Isda,
    /// 30E/360: 31 → 30 for both dates.
    #[serde(rename = "thirty_e_360")]
    ThirtyE360,
    /// 30E/360 ISDA: the last day of a month → 30 for both, but a second date that is both the maturity and the
    /// end of February stays as it is.
    #[serde(rename = "thirty_e_360_isda")]
    ThirtyE360Isda,
    /// 30E+/360: d1 = 31 → 30; d2 = 31 → the first of the next month.
    #[serde(rename = "thirty_e_plus_360")]
    ThirtyEPlus360,
    /// 30U/360: the end of February counts as 30 on d1, and on d2 only if d1 is an end of February too.
    #[serde(rename = "thirty_u_360")]
    ThirtyU360,
    /// Actual days without any 29 February, over 365.
    #[serde(rename = "nl_365")]
    Nl365,
}

impl DayCount {
    /// All conventions.
    pub const ALL: [DayCount; 9] = [
        DayCount::Act365F,
        DayCount::Act360,
        DayCount::ActActIsda,
        DayCount::Thirty360Isda,
        DayCount::ThirtyE360,
        DayCount::ThirtyE360Isda,
        DayCount::ThirtyEPlus360,
        DayCount::ThirtyU360,
        DayCount::Nl365,
    ];

    /// Days from one date to another; negative when the second is earlier.
    ///
    /// `maturity` only matters to [`DayCount::ThirtyE360Isda`]; without it no date is taken for the maturity.
    #[must_use]
    pub fn days(self, from: LocalDate, to: LocalDate, maturity: Option<LocalDate>) -> i64 {
        if to < from {
            return -self.days(to, from, maturity);
        }
        let actual = (to - from).num_days();
        let end_of_february = |d: LocalDate| d.month() == 2 && is_month_end(d);
        let (d1, d2) = (from.day(), to.day());
        match self {
            DayCount::Act365F | DayCount::Act360 | DayCount::ActActIsda => actual,
            DayCount::Nl365 => actual - leap_days(from, to),
            DayCount::Thirty360Isda => {
                let first = d1.min(30);
                thirty(from, to, first, if first == 30 { d2.min(30) } else { d2 })
            }
            DayCount::ThirtyE360 => thirty(from, to, d1.min(30), d2.min(30)),
            DayCount::ThirtyE360Isda => {
                let first = if is_month_end(from) { 30 } else { d1 };
                let keeps = end_of_february(to) && maturity == Some(to);
                thirty(from, to, first, if is_month_end(to) && !keeps { 30 } else { d2 })
            }
            DayCount::ThirtyEPlus360 => {
                let days = thirty(from, to, d1.min(30), d2.min(30));
                if d2 == 31 { days + 1 } else { days }
            }
            DayCount::ThirtyU360 => {
                let february = end_of_february(from);
                let second = if february && end_of_february(to) { 30 } else { d2 };
                let first = if february { 30 } else { d1.min(30) };
                thirty(from, to, first, if first == 30 { second.min(30) } else { second })
            }
        }
    }

    /// The part of a year between two dates, as a `Decimal` of up to 28 digits, unrounded.
    #[must_use]
    pub fn fraction(self, from: LocalDate, to: LocalDate, maturity: Option<LocalDate>) -> Decimal {
        let days = || Decimal::from(self.days(from, to, maturity));
        match self {
            DayCount::Act365F | DayCount::Nl365 => days() / Decimal::from(365),
            DayCount::ActActIsda if to < from => -self.fraction(to, from, maturity),
            DayCount::ActActIsda => {
                let leap = days_in_leap_years(from, to);
                let normal = (to - from).num_days() - leap;
                Decimal::from(normal) / Decimal::from(365) + Decimal::from(leap) / Decimal::from(366)
            }
            _ => days() / Decimal::from(360),
        }
    }
}

fn thirty(from: LocalDate, to: LocalDate, d1: u32, d2: u32) -> i64 {
    let years = i64::from(to.year()) - i64::from(from.year());
    let months = i64::from(to.month()) - i64::from(from.month());
    360 * years + 30 * months + i64::from(d2) - i64::from(d1)
}

/// Whether the next day is in another month.
#[must_use]
pub fn is_month_end(date: LocalDate) -> bool {
    date.succ_opt().is_none_or(|next| next.month() != date.month())
}

/// How many 29 Februaries lie between, the first date counted and the last not.
fn leap_days(from: LocalDate, to: LocalDate) -> i64 {
    let counted = (from.year()..=to.year())
        .filter_map(|year| NaiveDate::from_ymd_opt(year, 2, 29))
        .filter(|day| *day >= from && *day < to)
        .count();
    i64::try_from(counted).unwrap_or(i64::MAX)
}

fn days_in_leap_years(from: LocalDate, to: LocalDate) -> i64 {
    (from.year()..=to.year())
        .filter_map(|year| {
            let start = NaiveDate::from_ymd_opt(year, 1, 1)?;
            let end = start.checked_add_months(Months::new(12))?;
            start.leap_year().then(|| (to.min(end) - from.max(start)).num_days().max(0))
        })
        .sum()
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
    fn the_pair_that_separates_the_conventions_is_counted_as_published() {
        let (from, to) = (date("2008-02-29"), date("2008-08-31"));
        let days = |count: DayCount| count.days(from, to, None);
        assert_eq!(days(DayCount::Thirty360Isda), 182);
        assert_eq!(days(DayCount::ThirtyE360), 181);
        assert_eq!(days(DayCount::ThirtyU360), 180);
        assert_eq!(days(DayCount::ThirtyE360Isda), 180);
        assert_eq!(days(DayCount::ThirtyEPlus360), 182);
        assert_eq!(days(DayCount::Act365F), 184);
        assert_eq!(days(DayCount::Act360), 184);
        assert_eq!(days(DayCount::Nl365), 183);
        assert_eq!(DayCount::Act365F.fraction(from, to, None).round_dp(6).to_string(), "0.504110");
        assert_eq!(DayCount::ActActIsda.fraction(from, to, None).round_dp(6).to_string(), "0.502732");
    }

    #[test]
    fn the_maturity_at_the_end_of_february_keeps_its_day() {
        let (from, to) = (date("2027-08-31"), date("2028-02-29"));
        assert_eq!(DayCount::ThirtyE360Isda.days(from, to, None), 180);
        assert_eq!(DayCount::ThirtyE360Isda.days(from, to, Some(to)), 179);
    }

    #[test]
    fn a_period_across_new_year_splits_between_leap_and_normal_years() {
        let fraction = DayCount::ActActIsda.fraction(date("2027-12-01"), date("2028-02-01"), None);
        let expected = Decimal::from(31) / Decimal::from(365) + Decimal::from(31) / Decimal::from(366);
        assert_eq!(fraction, expected);
    }

    /// Ten thousand pairs counted by QuantLib 1.44 through its Python package, month ends and ends of February thick
    /// among them (seed 20261124). A line holds: days from 1 January 1996 to the first date, actual days to the second,
    /// then what the others differ from actual days: 30/360 bond basis, 30E/360, 30/360 US, NL/365, 30E/360 ISDA, the
    /// same when the second date is the maturity; last, ACT/ACT ISDA in thousand-millionths of a year.
    #[test]
    fn ten_thousand_pairs_are_counted_as_the_reference_library_counts_them() {
        let begin = date("1996-01-01");
        let mut lines = 0;
        for line in include_str!("fixtures/daycounts.csv").lines() {
            let n: Vec<i64> = line.split(',').map(|part| part.parse().unwrap()).collect();
            let from = begin + chrono::TimeDelta::days(n[0]);
            let to = from + chrono::TimeDelta::days(n[1]);
            let days = |count: DayCount, maturity| count.days(from, to, maturity) - n[1];
            assert_eq!(days(DayCount::Act365F, None), 0);
            assert_eq!(days(DayCount::Act360, None), 0);
            assert_eq!(days(DayCount::Thirty360Isda, None), n[2], "{from} {to}");
            assert_eq!(days(DayCount::ThirtyE360, None), n[3], "{from} {to}");
            assert_eq!(days(DayCount::ThirtyU360, None), n[4], "{from} {to}");
            // The library takes 29 February for the 28th; here the first day counts, so a period that starts on a
            // 29 February drops it, and one that ends on it does not.
            let leap_day = |d: LocalDate| i64::from((d.month(), d.day()) == (2, 29));
            assert_eq!(days(DayCount::Nl365, None), n[5] - leap_day(from) + leap_day(to), "{from} {to}");
            assert_eq!(days(DayCount::ThirtyE360Isda, None), n[6], "{from} {to}");
            assert_eq!(days(DayCount::ThirtyE360Isda, Some(to)), n[7], "{from} {to}");
            let years = DayCount::ActActIsda.fraction(from, to, None) * Decimal::from(1_000_000_000);
            assert!((years - Decimal::from(n[8])).abs() < Decimal::ONE, "{from} {to}");
            lines += 1;
        }
        assert_eq!(lines, 10_000);
    }

    proptest! {
        #[test]
        fn counting_backwards_gives_the_same_days_with_a_minus(a in 700_000i32..770_000, b in 700_000i32..770_000) {
            let (a, b) = (NaiveDate::from_num_days_from_ce_opt(a).unwrap(), NaiveDate::from_num_days_from_ce_opt(b).unwrap());
            for count in DayCount::ALL {
                prop_assert_eq!(count.days(a, b, None), -count.days(b, a, None));
                prop_assert_eq!(count.fraction(a, b, None), -count.fraction(b, a, None));
                let apart = (count.days(a, b, None) - (b - a).num_days()).abs();
                prop_assert!(apart <= 3 + (b - a).num_days().abs() / 60, "{:?} is {} days off", count, apart);
            }
        }
    }
}
