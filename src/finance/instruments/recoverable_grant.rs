//! A grant that comes back if a trigger is met: a share of what exceeds it, up to a cap, until a last day.

use crate::finance::refusal::{FinanceRefusal, Worked, times, total};
use crate::values::{LocalDate, Pence, Share};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A recoverable grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverableGrant {
    /// What was granted.
    pub granted: Pence,
    /// The yearly figure (revenue or surplus, as the agreement names it) above which it comes back.
    pub trigger: Pence,
    /// The share of what exceeds the trigger.
    pub share: Share,
    /// The most that comes back, as a multiple of the grant, 1 at most usually.
    pub cap: Decimal,
    /// After this day nothing more is due.
    pub until: LocalDate,
}

/// One year's figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerYear {
    /// The day it falls due.
    pub due: LocalDate,
    /// The figure, may be negative.
    pub figure: Pence,
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Recovery {
    /// The day.
    pub due: LocalDate,
    /// Whether the trigger was met: the figure exceeds it.
    pub met: bool,
    /// How much is due.
    pub amount: Pence,
    /// Due so far.
    pub to_date: Pence,
}

/// What a recoverable grant brings back year by year: min(share × (figure − trigger), cap − so far), nothing below the
/// trigger or after the last day.
///
/// # Errors
/// [`FinanceRefusal`]: nothing granted, a negative cap, figures too large.
pub fn recoveries(grant: &RecoverableGrant, years: &[TriggerYear]) -> Worked<Vec<Recovery>> {
    if grant.granted <= Pence::ZERO {
        return Err(FinanceRefusal::NotPositive("a grant"));
    }
    if grant.cap < Decimal::ZERO {
        return Err(FinanceRefusal::Negative("a cap"));
    }
    let cap = times(grant.granted, grant.cap)?;
    let mut years = years.to_vec();
    years.sort_by_key(|y| y.due);
    let mut to_date = Pence::ZERO;
    let mut found = Vec::with_capacity(years.len());
    for year in years {
        let met = year.figure > grant.trigger && year.due <= grant.until;
        let over = year.figure.checked_sub(grant.trigger).ok_or(FinanceRefusal::TooLarge)?;
        let amount = if met { times(over, grant.share.get())?.min(cap - to_date) } else { Pence::ZERO };
        to_date = total([to_date, amount])?;
        found.push(Recovery { due: year.due, met, amount, to_date });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    #[test]
    fn a_grant_comes_back_only_above_its_trigger_up_to_its_cap_and_until_its_last_day() {
        let grant = RecoverableGrant {
            granted: Pence(5_000_000),
            trigger: Pence(10_000_000),
            share: "0.25".parse().unwrap(),
            cap: dec!(1),
            until: parse_date("2030-03-31").unwrap(),
        };
        let year = |y: i32, pounds: i64| TriggerYear {
            due: parse_date(&format!("{y}-03-31")).unwrap(),
            figure: Pence(pounds * 100),
        };
        let years =
            [year(2027, 100_000), year(2028, 180_000), year(2029, -5_000), year(2030, 400_000), year(2031, 900_000)];
        let found = recoveries(&grant, &years).unwrap();
        assert_eq!(found.iter().map(|r| r.amount.0 / 100).collect::<Vec<_>>(), [0, 20_000, 0, 30_000, 0]);
        assert_eq!(found.iter().map(|r| r.met).collect::<Vec<_>>(), [false, true, false, true, false]);
    }
}
