//! Rules about investments.

use super::model::{Drawdown, Investment, InvestmentState, Precedent, ProposalState};
use crate::finance::LoanTerms;
use crate::finance::schedule::{InterestBasis, Tranche};
use crate::values::{LocalDate, Pence, RefusalInfo};
use chrono::Months;

/// Why something about an investment is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvestmentRefusal {
    /// No such tranche is left to draw.
    NoSuchTranche,
    /// The tranche before it is not paid yet.
    EarlierTranche,
    /// The tranche is proposed or paid already.
    TrancheTaken,
    /// A condition precedent is not verified.
    NotVerified {
        /// How many.
        open: usize,
    },
    /// The pay day has passed.
    PayDayPast,
    /// The proposal was decided already.
    DecidedAlready,
    /// Verified already.
    VerifiedAlready,
    /// Nothing is paid out, or everything is over.
    NotRunning,
    /// Money dated before it was paid out, or after today.
    Dated,
    /// A bank reference that is recorded with other figures.
    ReferenceTaken,
    /// Not something that can be reversed.
    NotReversible,
    /// Reversed already.
    ReversedAlready,
    /// No instalment is left for a fee.
    NoInstalment,
    /// Writing off at more than nothing.
    WriteOffValue,
    /// Somebody else approves.
    SamePerson,
}

impl RefusalInfo for InvestmentRefusal {
    fn code(&self) -> &'static str {
        match self {
            InvestmentRefusal::NoSuchTranche => "investments/no-such-tranche",
            InvestmentRefusal::EarlierTranche => "investments/earlier-tranche",
            InvestmentRefusal::TrancheTaken => "investments/tranche-taken",
            InvestmentRefusal::NotVerified { .. } => "investments/not-verified",
            InvestmentRefusal::PayDayPast => "investments/pay-day-past",
            InvestmentRefusal::DecidedAlready => "investments/decided-already",
            InvestmentRefusal::VerifiedAlready => "investments/verified-already",
            InvestmentRefusal::NotRunning => "investments/not-running",
            InvestmentRefusal::Dated => "investments/dated",
            InvestmentRefusal::ReferenceTaken => "investments/reference-taken",
            InvestmentRefusal::NotReversible => "investments/not-reversible",
            InvestmentRefusal::ReversedAlready => "investments/reversed-already",
            InvestmentRefusal::NoInstalment => "investments/no-instalment",
            InvestmentRefusal::WriteOffValue => "investments/write-off-value",
            InvestmentRefusal::SamePerson => "investments/same-person",
        }
    }
    fn sentence(&self) -> String {
        match self {
            InvestmentRefusal::NoSuchTranche => "This investment has no such tranche left. Choose one that is not paid out yet.",
            InvestmentRefusal::EarlierTranche => "The tranche before this one is not paid out yet. Start with that one.",
            InvestmentRefusal::TrancheTaken => "This tranche is proposed or paid out already.",
            InvestmentRefusal::NotVerified { open } => {
                return format!(
                    "{open} of the conditions before payment {} not verified yet. A contract manager verifies each of them first.",
                    if *open == 1 { "is" } else { "are" }
                );
            }
            InvestmentRefusal::PayDayPast => "The day of the payment has passed. Decline this proposal and propose a new day.",
            InvestmentRefusal::DecidedAlready => "Somebody has decided this already. Reload the page to see it.",
            InvestmentRefusal::VerifiedAlready => "This condition is verified already.",
            InvestmentRefusal::NotRunning => "No money is out with this enterprise: nothing is paid out yet, or it is repaid or written off.",
            InvestmentRefusal::Dated => "The date must be between the first payment out and today.",
            InvestmentRefusal::ReferenceTaken => {
                "A payment with this bank reference is recorded already, with another amount or date. Check the bank statement."
            }
            InvestmentRefusal::NotReversible => "Only payments received and fees can be reversed.",
            InvestmentRefusal::ReversedAlready => "This is reversed already.",
            InvestmentRefusal::NoInstalment => "No instalment is due on or after this date, so there is none to pay the fee with.",
            InvestmentRefusal::WriteOffValue => "Writing off means that nothing more is expected. Enter £0, or choose another method.",
            InvestmentRefusal::SamePerson => "You proposed this yourself. Another person must decide.",
        }
        .to_owned()
    }
}

/// The amount of the tranche that may be proposed now.
///
/// # Errors
/// A refusal when it is not the next one, or the investment is over.
pub fn next_tranche(investment: &Investment, drawdowns: &[Drawdown], number: i64) -> Result<Pence, InvestmentRefusal> {
    if matches!(investment.state, InvestmentState::Repaid | InvestmentState::WrittenOff) {
        return Err(InvestmentRefusal::NotRunning);
    }
    let index = usize::try_from(number).ok().and_then(|n| n.checked_sub(1)).ok_or(InvestmentRefusal::NoSuchTranche)?;
    let amount = investment.terms.0.tranches.get(index).copied().ok_or(InvestmentRefusal::NoSuchTranche)?;
    if drawdowns.iter().any(|d| d.tranche == number && d.state != ProposalState::Declined) {
        return Err(InvestmentRefusal::TrancheTaken);
    }
    let paid = |n: i64| drawdowns.iter().any(|d| d.tranche == n && d.state == ProposalState::Approved);
    if (1..number).any(|earlier| !paid(earlier)) {
        return Err(InvestmentRefusal::EarlierTranche);
    }
    Ok(amount)
}

/// Whether a tranche may be paid on the day it was proposed for.
///
/// # Errors
/// A refusal when a condition of this or an earlier tranche is not verified, or the day has passed.
pub fn may_pay(drawdown: &Drawdown, precedents: &[Precedent], today: LocalDate) -> Result<(), InvestmentRefusal> {
    if drawdown.state != ProposalState::Proposed {
        return Err(InvestmentRefusal::DecidedAlready);
    }
    let open = precedents.iter().filter(|p| p.tranche <= drawdown.tranche && p.verified_at.is_none()).count();
    if open > 0 {
        return Err(InvestmentRefusal::NotVerified { open });
    }
    if drawdown.pay_on < today {
        return Err(InvestmentRefusal::PayDayPast);
    }
    Ok(())
}

/// The agreed loan with what is really drawn in place of what was planned.
///
/// The agreed first due date stays when it is after the first drawing and fits the way interest is counted; otherwise
/// the first instalment is due one period after the first drawing.
#[must_use]
pub fn drawn_terms(agreed: &LoanTerms, mut drawn: Vec<Tranche>) -> LoanTerms {
    drawn.sort_by_key(|t| t.on);
    let begin = drawn.first().map(|t| t.on);
    let fits = |due: LocalDate, begin: LocalDate| match agreed.interest {
        InterestBasis::Act365F => due > begin,
        InterestBasis::EqualPeriods => begin.checked_add_months(Months::new(agreed.period_months)) == Some(due),
    };
    let first_due = agreed.first_due.filter(|due| begin.is_some_and(|begin| fits(*due, begin)));
    LoanTerms { tranches: drawn, first_due, ..agreed.clone() }
}

/// Which tranche the n-th condition (from 0) stands before: one each while there are tranches, the rest before the last.
#[must_use]
pub fn tranche_of(position: usize, tranches: usize) -> usize {
    position.min(tranches.saturating_sub(1)) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::schedule::{Repayment, build};
    use crate::values::time::parse_date;
    use proptest::prelude::*;
    use rust_decimal::dec;

    fn agreed() -> LoanTerms {
        LoanTerms {
            tranches: vec![Tranche { on: parse_date("2026-01-01").unwrap(), amount: Pence(1_000_000) }],
            rate: crate::values::Rate::new(dec!(0.04)).unwrap(),
            repayment: Repayment::Annuity,
            instalments: 12,
            period_months: 3,
            first_due: Some(parse_date("2026-04-01").unwrap()),
            interest: InterestBasis::Act365F,
            holiday: None,
        }
    }

    #[test]
    fn a_first_due_date_before_the_real_payment_gives_way_and_one_after_it_stays() {
        let on = |text: &str| vec![Tranche { on: parse_date(text).unwrap(), amount: Pence(1_000_000) }];
        assert_eq!(drawn_terms(&agreed(), on("2026-02-01")).first_due, agreed().first_due);
        assert_eq!(drawn_terms(&agreed(), on("2026-05-01")).first_due, None);
        let equal = LoanTerms { interest: InterestBasis::EqualPeriods, ..agreed() };
        assert_eq!(drawn_terms(&equal, on("2026-02-01")).first_due, None);
        assert_eq!(drawn_terms(&equal, on("2026-01-01")).first_due, equal.first_due);
    }

    #[test]
    fn each_condition_stands_before_a_tranche_and_the_rest_before_the_last() {
        assert_eq!([0, 1, 2].map(|p| tranche_of(p, 1)), [1, 1, 1]);
        assert_eq!([0, 1, 2].map(|p| tranche_of(p, 2)), [1, 2, 2]);
    }

    proptest! {
        #[test]
        fn a_later_tranche_leaves_every_row_that_was_due_before_it_as_it_was(
            first in 1_000_i64..10_000_000, second in 1_000_i64..10_000_000, day in 1_u64..1_000, bullet in any::<bool>(),
        ) {
            let mut terms = agreed();
            terms.repayment = if bullet { Repayment::Bullet } else { Repayment::Annuity };
            let begin = parse_date("2026-01-01").unwrap();
            let one = vec![Tranche { on: begin, amount: Pence(first) }];
            let later = begin + chrono::Days::new(day);
            let mut two = one.clone();
            two.push(Tranche { on: later, amount: Pence(second) });
            let before = build(&drawn_terms(&terms, one)).unwrap();
            let after = build(&drawn_terms(&terms, two)).unwrap();
            for (old, new) in before.rows.iter().zip(&after.rows).filter(|(old, _)| old.due <= later) {
                prop_assert_eq!(old, new);
            }
            prop_assert_eq!(after.rows.last().unwrap().closing, Pence::ZERO);
        }
    }
}
