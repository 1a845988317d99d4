//! The real living wage and the statutory national living wage, an hour.

use super::dated::{Dated, Unknown, day, in_force};
use crate::values::{LocalDate, Pence};
use serde::Serialize;

/// Hourly rates in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LivingWage {
    /// The real living wage outside London, an hour.
    pub uk: Pence,
    /// The real living wage in London, an hour.
    pub london: Pence,
}

const LIVING_WAGE: &[Dated<LivingWage>] = &[
    Dated {
        valid_from: day(2024, 5, 1),
        valid_until: Some(day(2025, 4, 30)),
        source: "Living Wage Foundation, rates of 2023–24, to be paid by May 2024",
        value: LivingWage { uk: Pence(1200), london: Pence(1315) },
    },
    Dated {
        valid_from: day(2025, 5, 1),
        valid_until: Some(day(2026, 4, 30)),
        source: "Living Wage Foundation, rates of 2024–25, to be paid by May 2025",
        value: LivingWage { uk: Pence(1260), london: Pence(1385) },
    },
    Dated {
        valid_from: day(2026, 5, 1),
        valid_until: Some(day(2027, 4, 30)),
        source: "Living Wage Foundation, rates of 2025–26, announced on 22 October 2025, to be paid by 1 May 2026",
        value: LivingWage { uk: Pence(1345), london: Pence(1480) },
    },
];

const NATIONAL_LIVING_WAGE: &[Dated<Pence>] = &[
    Dated {
        valid_from: day(2025, 4, 1),
        valid_until: Some(day(2026, 3, 31)),
        source: "National Minimum Wage regulations for April 2025, age 21 and over",
        value: Pence(1221),
    },
    Dated {
        valid_from: day(2026, 4, 1),
        valid_until: Some(day(2027, 3, 31)),
        source: "National Minimum Wage regulations for April 2026, age 21 and over (to confirm)",
        value: Pence(1271),
    },
];

/// The real living wage that accredited employers must pay on a day.
///
/// # Errors
/// [`Unknown`] outside the table: the rates of 2026–27, due by May 2027, are not in it.
pub fn living_wage(on: LocalDate) -> Result<&'static Dated<LivingWage>, Unknown> {
    in_force(LIVING_WAGE, on, "the real living wage")
}

/// The statutory national living wage on a day, for people aged 21 and over.
///
/// # Errors
/// [`Unknown`] outside the table.
pub fn national_living_wage(on: LocalDate) -> Result<&'static Dated<Pence>, Unknown> {
    in_force(NATIONAL_LIVING_WAGE, on, "the national living wage")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rates_change_in_may_and_stop_where_the_table_stops() {
        assert_eq!(living_wage(day(2026, 4, 30)).unwrap().value.london, Pence(1385));
        assert_eq!(living_wage(day(2026, 11, 24)).unwrap().value, LivingWage { uk: Pence(1345), london: Pence(1480) });
        assert!(living_wage(day(2027, 5, 1)).is_err());
        assert_eq!(national_living_wage(day(2026, 4, 1)).unwrap().value, Pence(1271));
        assert!(national_living_wage(day(2027, 4, 1)).is_err());
    }
}
