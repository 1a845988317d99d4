//! The standstill of section 51: eight working days from the contract award notice.

use super::calendar::working_inclusive;
use super::dated::{Dated, Unknown, day, in_force};
use super::holidays::BankHoliday;
use crate::values::LocalDate;
use crate::values::time::medium_date;
use serde::Serialize;

const LENGTH: &[Dated<u32>] = &[Dated {
    valid_from: day(2025, 2, 24),
    valid_until: None,
    source: "Procurement Act 2023 s.51, commenced on 24 February 2025",
    value: 8,
}];

/// When a standstill runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standstill {
    /// First working day counted: the day the award notice was published, when it is a working day.
    pub first_day: LocalDate,
    /// Last day of the standstill.
    pub last_day: LocalDate,
    /// Earliest day the contract may be signed: the day after the last, working day or not.
    pub earliest_signing: LocalDate,
    /// Bank holidays that were passed over, in any part of the United Kingdom.
    pub holidays: Vec<&'static BankHoliday>,
}

/// The standstill of a contract award notice published on a date in Europe/London.
///
/// # Errors
/// [`Unknown`] when the count leaves the table of bank holidays, or before the Act commenced.
pub fn standstill(published: LocalDate) -> Result<Standstill, Unknown> {
    let days = in_force(LENGTH, published, "the length of the standstill")?.value;
    let count = working_inclusive(published, days)?;
    let earliest_signing =
        count.last.succ_opt().ok_or_else(|| Unknown::new(format!("the day after {}", medium_date(count.last))))?;
    Ok(Standstill { first_day: count.first, last_day: count.last, earliest_signing, holidays: count.skipped })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_on_7_december_2026_lets_the_council_sign_on_the_17th() {
        let found = standstill(day(2026, 12, 7)).unwrap();
        assert_eq!(found.first_day, day(2026, 12, 7));
        assert_eq!(found.last_day, day(2026, 12, 16));
        assert_eq!(found.earliest_signing, day(2026, 12, 17));
        assert_eq!(found.holidays, Vec::<&BankHoliday>::new());
    }

    #[test]
    fn st_andrews_day_lengthens_the_standstill_of_an_english_council() {
        let found = standstill(day(2026, 11, 24)).unwrap();
        assert_eq!(found.last_day, day(2026, 12, 4));
        assert_eq!(found.earliest_signing, day(2026, 12, 5));
        assert_eq!(found.holidays.iter().map(|h| h.name).collect::<Vec<_>>(), ["St Andrew’s Day"]);
    }

    #[test]
    fn a_notice_on_a_sunday_counts_from_monday() {
        let found = standstill(day(2026, 12, 6)).unwrap();
        assert_eq!((found.first_day, found.last_day), (day(2026, 12, 7), day(2026, 12, 16)));
    }

    #[test]
    fn a_standstill_that_runs_past_the_known_holidays_is_unknown() {
        assert!(standstill(day(2028, 12, 20)).is_err());
        assert!(standstill(day(2025, 1, 10)).is_err());
    }
}
