//! Withdrawable shares of a community benefit society or co-operative.
//!
//! Held at par less impairment. One member holds at most £100,000; interest is what is enough to attract the capital,
//! within the society's limit; withdrawal is at the board's discretion, within what the society sets aside, and never
//! during the lock-in: so the holding is not a liquid asset.

use crate::finance::refusal::{FinanceRefusal, Worked, split, times, total};
use crate::law::dated::{Dated, Unknown, day, in_force};
use crate::values::{LocalDate, Pence, Rate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

const HOLDING_LIMIT: &[Dated<Pence>] = &[Dated {
    valid_from: day(2014, 4, 6),
    valid_until: None,
    source: "Co-operative and Community Benefit Societies Act 2014 s.24; SI 2014/210, limit of £100,000",
    value: Pence(10_000_000),
}];

/// The most withdrawable share capital one member may hold in a society. Another society as a member is not limited.
///
/// # Errors
/// [`Unknown`] before the limit was set.
pub fn holding_limit(on: LocalDate) -> Result<Pence, Unknown> {
    in_force(HOLDING_LIMIT, on, "the limit on a member’s withdrawable shares").map(|e| e.value)
}

/// Rules of one society.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocietyRules {
    /// The most interest a year its rules allow.
    pub interest_limit: Rate,
    /// No withdrawal before this day.
    pub locked_until: LocalDate,
    /// The most the society lets out in a year, as a part of all share capital.
    pub yearly_withdrawal: Decimal,
    /// Whether the board has suspended withdrawals.
    pub suspended: bool,
}

/// Interest for a year: declared, cut to the limit and to the surplus.
///
/// # Errors
/// [`FinanceRefusal`] when figures do not fit.
pub fn interest(rules: &SocietyRules, capital: Pence, declared: Rate, surplus: Pence) -> Worked<Pence> {
    let rate = declared.get().min(rules.interest_limit.get()).max(Decimal::ZERO);
    Ok(times(capital, rate)?.min(surplus.max(Pence::ZERO)))
}

/// What each applicant may withdraw: nothing in the lock-in or a suspension; all of it while the yearly limit lasts, and
/// otherwise in proportion to what was asked for.
///
/// # Errors
/// [`FinanceRefusal`]: a negative request, figures too large.
pub fn withdrawals(
    rules: &SocietyRules,
    all_capital: Pence,
    let_out: Pence,
    asked: &[Pence],
    on: LocalDate,
) -> Worked<Vec<Pence>> {
    if asked.iter().any(|a| *a < Pence::ZERO) {
        return Err(FinanceRefusal::Negative("a withdrawal"));
    }
    if rules.suspended || on < rules.locked_until {
        return Ok(vec![Pence::ZERO; asked.len()]);
    }
    let room = (times(all_capital, rules.yearly_withdrawal)? - let_out).max(Pence::ZERO);
    let wanted = total(asked.iter().copied())?;
    if wanted <= room { Ok(asked.to_vec()) } else { split(room, asked) }
}

/// The holding's value: par less impairment, never below zero nor above par.
#[must_use]
pub fn value(par: Pence, impairment: Pence) -> Pence {
    (par - impairment.max(Pence::ZERO)).clamp(Pence::ZERO, par.max(Pence::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn rules() -> SocietyRules {
        SocietyRules {
            interest_limit: "0.05".parse().unwrap(),
            locked_until: day(2029, 1, 1),
            yearly_withdrawal: dec!(0.10),
            suspended: false,
        }
    }

    #[test]
    fn interest_is_within_the_limit_and_the_surplus() {
        let at = |declared: &str, surplus| {
            interest(&rules(), Pence(10_000_000), declared.parse().unwrap(), Pence(surplus)).unwrap()
        };
        assert_eq!(at("0.03", 9_000_000), Pence(300_000));
        assert_eq!(at("0.09", 9_000_000), Pence(500_000));
        assert_eq!(at("0.03", 100_000), Pence(100_000));
        assert_eq!(at("0.03", -5), Pence::ZERO);
    }

    #[test]
    fn withdrawals_wait_for_the_lock_in_and_are_shared_when_more_is_asked_than_there_is() {
        let asked = [Pence(600_000), Pence(300_000), Pence(300_000)];
        let at = |rules: SocietyRules, on| withdrawals(&rules, Pence(10_000_000), Pence(200_000), &asked, on).unwrap();
        assert_eq!(at(rules(), day(2028, 12, 31)), [Pence::ZERO; 3]);
        assert_eq!(at(rules(), day(2029, 1, 1)), [Pence(400_000), Pence(200_000), Pence(200_000)]);
        assert_eq!(at(SocietyRules { suspended: true, ..rules() }, day(2029, 1, 1)), [Pence::ZERO; 3]);
        assert_eq!(at(SocietyRules { yearly_withdrawal: dec!(0.2), ..rules() }, day(2029, 1, 1)), asked);
    }

    #[test]
    fn one_member_holds_at_most_a_hundred_thousand_and_value_is_par_less_impairment() {
        assert_eq!(holding_limit(day(2026, 11, 24)), Ok(Pence(10_000_000)));
        assert!(holding_limit(day(2014, 4, 5)).is_err());
        assert_eq!(value(Pence(500), Pence(120)), Pence(380));
        assert_eq!(value(Pence(500), Pence(900)), Pence::ZERO);
    }
}
