//! Rules about investments.

use super::model::{Drawdown, Investment, InvestmentState, Precedent, ProposalState, Valuation};
use crate::finance::schedule::{Row, Tranche};
use crate::finance::terms::{Fact, FactKind, Happened, InstrumentTerms};
use crate::values::time::medium_date;
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
    /// A bank reference whose payment was reversed.
    ReferenceReversed,
    /// Not something that can be reversed.
    NotReversible,
    /// Reversed already.
    ReversedAlready,
    /// No instalment is left for a fee.
    NoInstalment,
    /// Writing off at more than nothing.
    WriteOffValue,
    /// What was paid ahead covers all that is owed.
    NothingLost,
    /// Somebody else approves.
    SamePerson,
    /// Not something that is reported of this instrument, or not any more.
    NotReported,
    /// No payment falls due on that day, or not yet.
    NoSuchPeriod,
    /// No payment is left to settle a late figure with.
    NothingToSettleWith,
    /// A figure of this year is recorded already.
    ReportedAlready,
    /// The year that a figure is about is not over.
    YearNotOver {
        /// The first day on which it can be reported.
        from: LocalDate,
    },
    /// A lender claims more than is left of the loan that is guaranteed.
    LossAboveLoan {
        /// What is left of it after the losses claimed before.
        left: Pence,
    },
    /// More than the holding could be worth.
    ValueTooHigh {
        /// The most it could be.
        most: Pence,
    },
    /// A newer value of the same or a later day is decided.
    NewerValue,
    /// Earlier than what was recorded last.
    OutOfOrder,
    /// Only loans are changed while they run.
    NotALoan,
    /// A change is proposed and not decided.
    ChangeOpen,
    /// The day a change starts has passed.
    ChangeDayPast,
    /// A fee is charged with an instalment that would not be there any more.
    FeeWithoutInstalment,
    /// Only what was never paid out is cancelled.
    NotCancellable,
    /// A payment out is proposed and not decided.
    PaymentOpen,
    /// Cancelling is proposed and not decided.
    CancellationOpen,
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
            InvestmentRefusal::ReferenceReversed => "investments/reference-reversed",
            InvestmentRefusal::NotReversible => "investments/not-reversible",
            InvestmentRefusal::ReversedAlready => "investments/reversed-already",
            InvestmentRefusal::NoInstalment => "investments/no-instalment",
            InvestmentRefusal::WriteOffValue => "investments/write-off-value",
            InvestmentRefusal::NothingLost => "investments/nothing-lost",
            InvestmentRefusal::SamePerson => "investments/same-person",
            InvestmentRefusal::NotReported => "investments/not-reported",
            InvestmentRefusal::NoSuchPeriod => "investments/no-such-period",
            InvestmentRefusal::NothingToSettleWith => "investments/nothing-to-settle-with",
            InvestmentRefusal::ReportedAlready => "investments/reported-already",
            InvestmentRefusal::YearNotOver { .. } => "investments/year-not-over",
            InvestmentRefusal::LossAboveLoan { .. } => "investments/loss-above-loan",
            InvestmentRefusal::ValueTooHigh { .. } => "investments/value-too-high",
            InvestmentRefusal::NewerValue => "investments/newer-value",
            InvestmentRefusal::OutOfOrder => "investments/out-of-order",
            InvestmentRefusal::NotALoan => "investments/not-a-loan",
            InvestmentRefusal::ChangeOpen => "investments/change-open",
            InvestmentRefusal::ChangeDayPast => "investments/change-day-past",
            InvestmentRefusal::FeeWithoutInstalment => "investments/fee-without-instalment",
            InvestmentRefusal::NotCancellable => "investments/not-cancellable",
            InvestmentRefusal::PaymentOpen => "investments/payment-open",
            InvestmentRefusal::CancellationOpen => "investments/cancellation-open",
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
            InvestmentRefusal::NotRunning => "No money is out with this enterprise: nothing is paid out yet, or it is repaid, written off or cancelled.",
            InvestmentRefusal::Dated => "The date must be between the first payment out and today.",
            InvestmentRefusal::ReferenceTaken => {
                "A payment with this bank reference is recorded already, with another amount or date. Check the bank statement."
            }
            InvestmentRefusal::ReferenceReversed => {
                "The payment with this bank reference was reversed, and the reference stays with it. To record it again, add a suffix to the reference, such as “/2”."
            }
            InvestmentRefusal::NotReversible => "Only what a person recorded can be reversed, and no fee that is paid.",
            InvestmentRefusal::ReversedAlready => "This is reversed already.",
            InvestmentRefusal::NoInstalment => "No instalment is due on or after this date, so there is none to pay the fee with.",
            InvestmentRefusal::WriteOffValue => "Writing off means that nothing more is expected. Enter £0, or choose another method.",
            InvestmentRefusal::NothingLost => {
                "What the enterprise paid ahead covers all that it owes: nothing is lost. Change the plan so that the rest falls due, and it is repaid from that."
            }
            InvestmentRefusal::SamePerson => "You proposed this yourself. Another person must decide.",
            InvestmentRefusal::NotReported => "This is not something that is reported of this investment now.",
            InvestmentRefusal::NoSuchPeriod => "Choose one of the due dates of the agreement, up to the next one.",
            InvestmentRefusal::NothingToSettleWith => "No payment is left with which a late figure could be settled.",
            InvestmentRefusal::ReportedAlready => "The figure of this year is recorded already.",
            InvestmentRefusal::YearNotOver { from } => {
                return format!(
                    "The year that this figure is about is not over yet. It can be reported from {} on, three months before \
                     its payment falls due.",
                    medium_date(*from)
                );
            }
            InvestmentRefusal::LossAboveLoan { left } => {
                return format!("The lender cannot lose more than what is left of the guaranteed loan: {left}. Check its letter.");
            }
            InvestmentRefusal::ValueTooHigh { most } => {
                return format!("At most {most} is taken as the value of this holding. Check the amount for a slip of the pen.");
            }
            InvestmentRefusal::NewerValue => {
                "A newer value of the same or a later day was approved since, so this one would not count. Decline it, or ask for a new one."
            }
            InvestmentRefusal::NotALoan => "Only a loan can be changed in this way while it runs.",
            InvestmentRefusal::ChangeOpen => "A change of this loan is proposed already. A committee member decides on it first.",
            InvestmentRefusal::ChangeDayPast => "The day from which the change should hold has passed. Choose today or a later day; a proposal that waits with a day that has passed is declined and made anew.",
            InvestmentRefusal::FeeWithoutInstalment => {
                "A fee is charged with a payment that would not be there any more. Reverse the fee first, or keep as many payments."
            }
            InvestmentRefusal::NotCancellable => {
                "Only an investment of which nothing was paid out, and that runs in no other way, can be cancelled. What runs is repaid, ends on its last day, or is written off."
            }
            InvestmentRefusal::PaymentOpen => "A payment out of this investment is proposed. A committee member decides on it first.",
            InvestmentRefusal::CancellationOpen => "Cancelling this investment is proposed already. A committee member decides on it first.",
            InvestmentRefusal::OutOfOrder => {
                "The date must not be after today, nor before the money was paid out or before what was recorded last."
            }
        }
        .to_owned()
    }
}

/// The amount of the tranche that may be proposed now.
///
/// # Errors
/// A refusal when it is not the next one, or the investment is over.
pub fn next_tranche(
    investment: &Investment,
    payable: &[Pence],
    drawdowns: &[Drawdown],
    number: i64,
) -> Result<Pence, InvestmentRefusal> {
    if investment.state.is_closed() {
        return Err(InvestmentRefusal::NotRunning);
    }
    let index = usize::try_from(number).ok().and_then(|n| n.checked_sub(1)).ok_or(InvestmentRefusal::NoSuchTranche)?;
    let amount = payable.get(index).copied().ok_or(InvestmentRefusal::NoSuchTranche)?;
    if drawdowns.iter().any(|d| d.tranche == number && d.state != ProposalState::Declined) {
        return Err(InvestmentRefusal::TrancheTaken);
    }
    let paid = |n: i64| drawdowns.iter().any(|d| d.tranche == n && d.state == ProposalState::Approved);
    if (1..number).any(|earlier| !paid(earlier)) {
        return Err(InvestmentRefusal::EarlierTranche);
    }
    Ok(amount)
}

/// Whether an investment may be cancelled: nothing of it was paid out, and no payment out waits.
///
/// # Errors
/// [`InvestmentRefusal::NotCancellable`], [`InvestmentRefusal::PaymentOpen`].
pub fn may_cancel(investment: &Investment, drawdowns: &[Drawdown]) -> Result<(), InvestmentRefusal> {
    let paid = drawdowns.iter().any(|d| d.state == ProposalState::Approved);
    if paid || investment.state != InvestmentState::AwaitingDrawdown {
        return Err(InvestmentRefusal::NotCancellable);
    }
    if drawdowns.iter().any(|d| d.state == ProposalState::Proposed) {
        return Err(InvestmentRefusal::PaymentOpen);
    }
    Ok(())
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

/// Whether something that happened may be recorded today.
///
/// A period's figure may come before its payment is due, or later; then the difference from the figure before it is settled
/// with the next payment, however often it is corrected. Everything else comes in order of its days, and no base rate reaches back behind a payment that fell due.
///
/// # Errors
/// A refusal that says what to change.
pub fn may_record(
    terms: &InstrumentTerms,
    draws: &[Tranche],
    known: &[Fact],
    rows: &[Row],
    fact: &Fact,
) -> Result<(), InvestmentRefusal> {
    let today = fact.known_on;
    let kind = fact.what.kind();
    if !terms.reports(known).contains(&kind) {
        return Err(InvestmentRefusal::NotReported);
    }
    let of_period = |f: &&Fact| f.what.kind() == kind && f.on == fact.on;
    match kind {
        FactKind::Revenue | FactKind::Figure => {
            let dates = terms.report_dates(draws);
            let next = dates.iter().find(|d| **d > today);
            if !dates.contains(&fact.on) || next.is_some_and(|next| fact.on > *next) {
                return Err(InvestmentRefusal::NoSuchPeriod);
            }
            if kind == FactKind::Figure {
                let from = figure_from(fact.on);
                if today < from {
                    return Err(InvestmentRefusal::YearNotOver { from });
                }
                return match known.iter().find(of_period) {
                    Some(_) => Err(InvestmentRefusal::ReportedAlready),
                    None => Ok(()),
                };
            }
            if today < fact.on {
                return Ok(());
            }
            if next.is_none() {
                return Err(InvestmentRefusal::NothingToSettleWith);
            }
            Ok(())
        }
        FactKind::BaseRate => {
            let fallen = rows.iter().map(|r| r.due).filter(|due| *due <= today).max();
            if fallen.is_some_and(|due| fact.on < due) { Err(InvestmentRefusal::OutOfOrder) } else { Ok(()) }
        }
        _ => {
            if let (InstrumentTerms::Guarantee(terms), Happened::Claim { loss }) = (terms, fact.what) {
                let left = left_of_guaranteed(terms.balance, known);
                if loss > left {
                    return Err(InvestmentRefusal::LossAboveLoan { left });
                }
            }
            let begin = match terms {
                InstrumentTerms::Guarantee(terms) => Some(terms.from),
                _ => draws.iter().map(|d| d.on).min(),
            };
            let last = known.iter().map(|f| f.on).max();
            let early = begin.is_none_or(|begin| fact.on < begin) || last.is_some_and(|last| fact.on < last);
            if early || fact.on > today { Err(InvestmentRefusal::OutOfOrder) } else { Ok(()) }
        }
    }
}

/// Months between the end of the year that a figure is about and the day its payment falls due, at most.
const MONTHS_TO_REPORT: u32 = 3;

/// The first day on which the figure of the year that falls due on a day is known: a year's accounts are there in the three
/// months before its payment, and a figure is final, so it is not taken while the year still runs.
#[must_use]
pub fn figure_from(due: LocalDate) -> LocalDate {
    due.checked_sub_months(Months::new(MONTHS_TO_REPORT)).unwrap_or(due)
}

/// What a lender can still lose of a guaranteed loan after the losses it claimed.
fn left_of_guaranteed(balance: Pence, known: &[Fact]) -> Pence {
    let lost: Pence = known
        .iter()
        .filter_map(|f| match f.what {
            Happened::Claim { loss } => Some(loss),
            _ => None,
        })
        .sum();
    (balance - lost).max(Pence::ZERO)
}

/// How many times what was paid out a holding other than a loan or a grant may be worth.
const MOST_TIMES_COST: i64 = 100;

/// Whether a value is one that the holding could have: of a loan at most its capital with all interest of its plan, of a
/// grant what was paid out, of everything else a hundred times that, so that a slip of the pen is told before anybody
/// decides on it.
///
/// # Errors
/// [`InvestmentRefusal::ValueTooHigh`].
pub fn value_fits(value: Pence, plain: Option<Pence>, paid_out: Pence) -> Result<(), InvestmentRefusal> {
    let most = plain.unwrap_or(Pence(paid_out.0.saturating_mul(MOST_TIMES_COST)));
    if value > most { Err(InvestmentRefusal::ValueTooHigh { most }) } else { Ok(()) }
}

/// Whether anything is lost by writing off what is owed: what was paid ahead does not cover it.
///
/// # Errors
/// [`InvestmentRefusal::NothingLost`].
pub fn something_is_lost(owed: Pence, ahead: Pence) -> Result<(), InvestmentRefusal> {
    if ahead > Pence::ZERO && ahead >= owed { Err(InvestmentRefusal::NothingLost) } else { Ok(()) }
}

/// Whether a proposed value would still count: none that was proposed later is approved for its day or a later one.
///
/// # Errors
/// [`InvestmentRefusal::NewerValue`].
pub fn still_newest(proposal: &Valuation, all: &[Valuation]) -> Result<(), InvestmentRefusal> {
    let newer =
        |v: &Valuation| v.id > proposal.id && v.valued_on >= proposal.valued_on && v.state == ProposalState::Approved;
    if all.iter().any(newer) { Err(InvestmentRefusal::NewerValue) } else { Ok(()) }
}

/// Which tranche the n-th condition (from 0) stands before: one each while there are tranches, the rest before the last.
#[must_use]
pub fn tranche_of(position: usize, tranches: usize) -> usize {
    position.min(tranches.saturating_sub(1)) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::instruments::revenue_share::Ending;
    use crate::finance::terms::RevenueShareTerms;
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    #[test]
    fn each_condition_stands_before_a_tranche_and_the_rest_before_the_last() {
        assert_eq!([0, 1, 2].map(|p| tranche_of(p, 1)), [1, 1, 1]);
        assert_eq!([0, 1, 2].map(|p| tranche_of(p, 2)), [1, 2, 2]);
    }

    #[test]
    fn a_figure_comes_in_time_or_late_and_never_for_a_day_without_a_payment() {
        let date = |text: &str| parse_date(text).unwrap();
        let terms = InstrumentTerms::RevenueShare(RevenueShareTerms {
            share: "0.05".parse().unwrap(),
            floor: Pence::ZERO,
            ceiling: None,
            multiple: dec!(1.5),
            expected: Pence(100),
            first_due: date("2026-04-30"),
            period_months: 3,
            long_stop: date("2027-01-31"),
            ending: Ending::Forgiven,
            term_loan: None,
        });
        let draws = [Tranche { on: date("2026-01-15"), amount: Pence(1_000_000) }];
        let fact = |on: &str, known_on: &str| Fact {
            on: date(on),
            known_on: date(known_on),
            what: Happened::Revenue { revenue: Pence(5) },
        };
        let ask = |known: &[Fact], new: Fact| may_record(&terms, &draws, known, &[], &new);
        assert_eq!(ask(&[], fact("2026-04-30", "2026-04-02")), Ok(()));
        assert_eq!(ask(&[], fact("2026-04-29", "2026-04-02")), Err(InvestmentRefusal::NoSuchPeriod));
        assert_eq!(ask(&[], fact("2026-07-30", "2026-04-02")), Err(InvestmentRefusal::NoSuchPeriod));
        let late = fact("2026-04-30", "2026-05-02");
        assert_eq!(ask(&[], late), Ok(()));
        assert_eq!(ask(&[late], fact("2026-04-30", "2026-06-02")), Ok(()), "nothing is settled yet");
        assert_eq!(ask(&[late], fact("2026-04-30", "2026-08-02")), Ok(()), "settled, and corrected again");
        assert_eq!(ask(&[], fact("2026-10-30", "2027-02-02")), Err(InvestmentRefusal::NothingToSettleWith));
        let sold = Fact { what: Happened::Exit { proceeds: Pence(1), all_shares: 1 }, ..late };
        assert_eq!(ask(&[], sold), Err(InvestmentRefusal::NotReported));
    }
}
