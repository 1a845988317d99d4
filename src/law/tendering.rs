//! Minimum participation and tendering periods of section 54: the shortest row that applies.

use super::calendar::period_exclusive;
use super::dated::{Dated, Unknown, day, in_force};
use crate::values::LocalDate;
use serde::{Deserialize, Serialize};

/// The section all of these periods rest on.
pub const REFERENCE: &str = "Procurement Act 2023 s.54";

/// What decides the shortest period that may be given to suppliers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Circumstances {
    /// The estimated value is below the threshold: no fixed period, but a reasonable one, equal for all.
    pub below_threshold: bool,
    /// A light touch contract.
    pub light_touch: bool,
    /// The period was agreed with suppliers selected beforehand.
    pub agreed_with_preselected: bool,
    /// Only suppliers selected beforehand may tender.
    pub preselected_only: bool,
    /// A qualifying planned procurement notice came 40 days to 12 months before.
    pub qualifying_planned_notice: bool,
    /// A state of urgency makes the usual period impractical.
    pub urgency: bool,
    /// The contract is awarded by reference to a dynamic market.
    pub dynamic_market: bool,
    /// Tenders may be submitted electronically.
    pub electronic_submission: bool,
    /// Every tender document is published with the notice.
    pub documents_with_notice: bool,
}

/// The shortest period that may be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MinimumPeriod {
    /// Days of the period, which begins the day after the notice.
    pub days: u32,
    /// Earliest date that may be the deadline.
    pub earliest_deadline: LocalDate,
    /// The row that applies, in words.
    pub reason: &'static str,
    /// The section.
    pub reference: &'static str,
}

struct Row {
    applies: fn(&Circumstances) -> bool,
    days: u32,
    reason: &'static str,
}

struct Periods {
    participation: &'static [Row],
    tendering: &'static [Row],
}

const PERIODS: &[Dated<Periods>] = &[Dated {
    valid_from: day(2025, 2, 24),
    valid_until: None,
    source: "Procurement Act 2023 s.54, commenced on 24 February 2025",
    value: Periods {
        participation: &[
            Row { applies: |c| c.below_threshold, days: 0, reason: BELOW },
            Row { applies: |c| c.light_touch, days: 0, reason: LIGHT_TOUCH },
            Row { applies: |c| c.urgency, days: 10, reason: "A state of urgency makes a longer period impractical." },
            Row { applies: |_| true, days: 25, reason: "The usual participation period." },
        ],
        tendering: &[
            Row { applies: |c| c.below_threshold, days: 0, reason: BELOW },
            Row { applies: |c| c.light_touch, days: 0, reason: LIGHT_TOUCH },
            Row {
                applies: |c| c.agreed_with_preselected,
                days: 0,
                reason: "The period was agreed with the suppliers that were selected beforehand.",
            },
            Row {
                applies: |c| c.preselected_only,
                days: 10,
                reason: "Only suppliers that were selected beforehand may tender.",
            },
            Row {
                applies: |c| c.qualifying_planned_notice,
                days: 10,
                reason: "A qualifying planned procurement notice was published.",
            },
            Row { applies: |c| c.urgency, days: 10, reason: "A state of urgency makes a longer period impractical." },
            Row {
                applies: |c| c.dynamic_market,
                days: 10,
                reason: "The contract is awarded by reference to a dynamic market.",
            },
            Row {
                applies: |c| c.electronic_submission && c.documents_with_notice,
                days: 25,
                reason: "Tenders are submitted electronically and every document is published with the notice.",
            },
            Row {
                applies: |c| c.electronic_submission,
                days: 30,
                reason: "Tenders are submitted electronically, but not every document is published with the notice.",
            },
            Row {
                applies: |c| c.documents_with_notice,
                days: 30,
                reason: "Every document is published with the notice, but tenders are not submitted electronically.",
            },
            Row {
                applies: |_| true,
                days: 35,
                reason: "Tenders are not submitted electronically and not every document is published with the notice.",
            },
        ],
    },
}];

const BELOW: &str = "Below the threshold no fixed period applies; give a reasonable one, the same for every supplier.";
const LIGHT_TOUCH: &str =
    "A light touch contract has no fixed period; give a reasonable one, the same for every supplier.";

fn shortest(
    rows: &'static [Row],
    published: LocalDate,
    circumstances: &Circumstances,
) -> Result<MinimumPeriod, Unknown> {
    let row = rows
        .iter()
        .filter(|row| (row.applies)(circumstances))
        .min_by_key(|row| row.days)
        .ok_or_else(|| Unknown::new("a period for these circumstances"))?;
    let reference = if circumstances.below_threshold { "Procurement Act 2023 ss.84–88" } else { REFERENCE };
    let earliest_deadline = period_exclusive(published, row.days)?;
    Ok(MinimumPeriod { days: row.days, earliest_deadline, reason: row.reason, reference })
}

/// The shortest tendering period after an invitation or notice published on a date.
///
/// # Errors
/// [`Unknown`] before the Act commenced.
pub fn tendering_period(published: LocalDate, circumstances: &Circumstances) -> Result<MinimumPeriod, Unknown> {
    let periods = &in_force(PERIODS, published, "the minimum tendering period")?.value;
    shortest(periods.tendering, published, circumstances)
}

/// The shortest period for requests to participate, where there is such a stage.
///
/// # Errors
/// [`Unknown`] before the Act commenced.
pub fn participation_period(published: LocalDate, circumstances: &Circumstances) -> Result<MinimumPeriod, Unknown> {
    let periods = &in_force(PERIODS, published, "the minimum participation period")?.value;
    shortest(periods.participation, published, circumstances)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ELECTRONIC: Circumstances = Circumstances {
        below_threshold: false,
        light_touch: false,
        agreed_with_preselected: false,
        preselected_only: false,
        qualifying_planned_notice: false,
        urgency: false,
        dynamic_market: false,
        electronic_submission: true,
        documents_with_notice: true,
    };

    #[test]
    fn a_notice_on_1_february_2027_with_all_documents_gives_suppliers_until_the_26th() {
        let period = tendering_period(day(2027, 2, 1), &ELECTRONIC).unwrap();
        assert_eq!((period.days, period.earliest_deadline), (25, day(2027, 2, 26)));
        assert_eq!(period.reference, "Procurement Act 2023 s.54");
    }

    #[test]
    fn each_circumstance_gives_its_own_number_of_days() {
        let days = |c: Circumstances| tendering_period(day(2027, 2, 1), &c).unwrap().days;
        assert_eq!(days(Circumstances { documents_with_notice: false, ..ELECTRONIC }), 30);
        assert_eq!(days(Circumstances { electronic_submission: false, ..ELECTRONIC }), 30);
        assert_eq!(days(Circumstances::default()), 35);
        assert_eq!(days(Circumstances { urgency: true, ..ELECTRONIC }), 10);
        assert_eq!(days(Circumstances { qualifying_planned_notice: true, ..ELECTRONIC }), 10);
        assert_eq!(days(Circumstances { light_touch: true, urgency: true, ..ELECTRONIC }), 0);
        assert_eq!(days(Circumstances { agreed_with_preselected: true, ..ELECTRONIC }), 0);
        assert_eq!(days(Circumstances { below_threshold: true, ..ELECTRONIC }), 0);
    }

    #[test]
    fn requests_to_participate_have_25_days_or_10_in_urgency() {
        let days = |c: Circumstances| participation_period(day(2027, 2, 1), &c).unwrap().days;
        assert_eq!(days(ELECTRONIC), 25);
        assert_eq!(days(Circumstances { urgency: true, ..ELECTRONIC }), 10);
        assert_eq!(days(Circumstances { light_touch: true, ..ELECTRONIC }), 0);
    }

    proptest! {
        #[test]
        fn a_circumstance_more_never_lengthens_the_period(bits in 0_u16..512, extra in 0_u32..9) {
            let at = |bits: u16| {
                let has = |n: u32| bits & (1 << n) != 0;
                Circumstances {
                    below_threshold: has(0), light_touch: has(1), agreed_with_preselected: has(2),
                    preselected_only: has(3), qualifying_planned_notice: has(4), urgency: has(5),
                    dynamic_market: has(6), electronic_submission: has(7), documents_with_notice: has(8),
                }
            };
            let fewer = tendering_period(day(2027, 2, 1), &at(bits)).unwrap();
            let more = tendering_period(day(2027, 2, 1), &at(bits | (1 << extra))).unwrap();
            prop_assert!(more.days <= fewer.days);
        }
    }
}
