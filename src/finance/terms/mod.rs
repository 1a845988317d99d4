//! An agreement of any instrument: its terms, what falls due from what has happened so far, what it costs the enterprise
//! in plain words, and what it is worth as a subsidy.
//!
//! Terms say what was agreed, [`Facts`] what happened: money paid out, revenue reported, a round, a sale. From both
//! [`InstrumentTerms::schedule`] makes the rows that are due and, where the terms let one say it, those to come. A fact
//! never changes a row that fell due before it was known, so that what was paid stays paid.
//!
//! Each kind of instrument has a file of its own. Fund and enterprise both read the same rows.

mod community_shares;
mod convertible;
mod cost;
mod equivalent;
mod facts;
mod guarantee;
mod loan;
pub mod package;
mod recoverable_grant;
mod restructured;
mod revenue_share;
mod shares;
mod short;
#[cfg(test)]
mod tests;
mod working;

pub use community_shares::CommunityShareTerms;
pub use convertible::ConvertibleTerms;
pub use cost::{Cost, Scenario};
pub use equivalent::Equivalent;
pub use facts::{Fact, FactKind, Facts, Happened};
pub use guarantee::GuaranteeTerms;
pub use recoverable_grant::RecoverableGrantTerms;
pub use restructured::{NewHoliday, NewTerms};
pub use revenue_share::{RevenueShareTerms, TermLoan};
pub use shares::{Diluted, ShareTerms};

use super::loan::{Facility, LoanRefusal};
use super::refusal::FinanceRefusal;
use super::schedule::{Schedule, ScheduleRefusal, Tranche};
use crate::values::{LocalDate, Pence, RefusalInfo};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// What a fund can offer.
    pub enum Instrument {
        Loan = "loan" => "Repayable loan",
        RevenueShare = "revenue_share" => "Revenue share",
        Equity = "equity" => "Equity",
        PreferenceShares = "preference_shares" => "Preference shares",
        Convertible = "convertible" => "Convertible loan",
        CommunityShares = "community_shares" => "Community shares",
        RecoverableGrant = "recoverable_grant" => "Recoverable grant",
        Grant = "grant" => "Grant",
        Guarantee = "guarantee" => "Guarantee",
    }
}

/// What an agreement of investment says, by kind. What is drawn and when stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "instrument", rename_all = "snake_case")]
pub enum InstrumentTerms {
    /// Money lent at interest. Its own list of drawings is the one that was planned.
    Loan(Facility),
    /// A share of revenue until a cap or a last day.
    RevenueShare(RevenueShareTerms),
    /// Ordinary shares of a company.
    Equity(ShareTerms),
    /// Shares that are paid before ordinary ones.
    PreferenceShares(ShareTerms),
    /// A loan that becomes shares.
    Convertible(ConvertibleTerms),
    /// Withdrawable shares of a society.
    CommunityShares(CommunityShareTerms),
    /// A grant that comes back when a trigger is met.
    RecoverableGrant(RecoverableGrantTerms),
    /// A grant.
    Grant,
    /// A promise to pay a lender part of its loss.
    Guarantee(GuaranteeTerms),
}

/// Why terms cannot be agreed, or a figure of them not worked out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsRefusal {
    /// A loan's terms.
    #[error(transparent)]
    Loan(#[from] LoanRefusal),
    /// A plain schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleRefusal),
    /// Another instrument's terms.
    #[error(transparent)]
    Finance(#[from] FinanceRefusal),
}

impl RefusalInfo for TermsRefusal {
    fn code(&self) -> &'static str {
        match self {
            TermsRefusal::Loan(refusal) => refusal.code(),
            TermsRefusal::Schedule(refusal) => refusal.code(),
            TermsRefusal::Finance(refusal) => refusal.code(),
        }
    }
    fn sentence(&self) -> String {
        self.to_string()
    }
}

/// A result of terms.
pub type Agreed<T> = Result<T, TermsRefusal>;

/// What is owed of an investment; without a valuation it counts for that, unless it needs one
/// ([`InstrumentTerms::needs_valuation`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// What was paid out and added, less the capital that came back.
    Capital,
    /// Only what has fallen due and is unpaid: nothing else is owed.
    Due,
    /// Nothing.
    Nothing,
}

/// The day that stands for "without an end".
pub(super) fn without_end() -> LocalDate {
    LocalDate::from_ymd_opt(9999, 12, 31).unwrap_or(LocalDate::MAX)
}

impl InstrumentTerms {
    /// Which instrument it is.
    #[must_use]
    pub fn instrument(&self) -> Instrument {
        match self {
            InstrumentTerms::Loan(_) => Instrument::Loan,
            InstrumentTerms::RevenueShare(_) => Instrument::RevenueShare,
            InstrumentTerms::Equity(_) => Instrument::Equity,
            InstrumentTerms::PreferenceShares(_) => Instrument::PreferenceShares,
            InstrumentTerms::Convertible(_) => Instrument::Convertible,
            InstrumentTerms::CommunityShares(_) => Instrument::CommunityShares,
            InstrumentTerms::RecoverableGrant(_) => Instrument::RecoverableGrant,
            InstrumentTerms::Grant => Instrument::Grant,
            InstrumentTerms::Guarantee(_) => Instrument::Guarantee,
        }
    }

    /// What has fallen due and what is to come, from what is drawn and what happened by a day.
    ///
    /// # Errors
    /// [`TermsRefusal`] that says what to change.
    pub fn schedule(&self, facts: &Facts<'_>) -> Agreed<Schedule> {
        match self {
            InstrumentTerms::Loan(terms) => loan::schedule(terms, facts),
            InstrumentTerms::RevenueShare(terms) => revenue_share::schedule(terms, facts),
            InstrumentTerms::Equity(terms) | InstrumentTerms::PreferenceShares(terms) => shares::schedule(terms, facts),
            InstrumentTerms::Convertible(terms) => convertible::schedule(terms, facts),
            InstrumentTerms::CommunityShares(terms) => community_shares::schedule(terms, facts),
            InstrumentTerms::RecoverableGrant(terms) => recoverable_grant::schedule(terms, facts),
            InstrumentTerms::Grant => Ok(Schedule::of(Vec::new(), Some(without_end()))?),
            InstrumentTerms::Guarantee(terms) => guarantee::schedule(terms, facts),
        }
    }

    /// The schedule as it is agreed, before anything has happened.
    ///
    /// # Errors
    /// As [`InstrumentTerms::schedule`].
    pub fn planned(&self, draws: &[Tranche]) -> Agreed<Schedule> {
        let today = draws.iter().map(|d| d.on).min().unwrap_or(LocalDate::MIN);
        self.schedule(&Facts { draws, happened: &[], today })
    }

    /// What is to be paid out in turn: the tranches agreed; for a guarantee what claims cost so far.
    ///
    /// # Errors
    /// Figures too large.
    pub fn payable(&self, draws: &[Tranche], happened: &[Fact]) -> Agreed<Vec<Pence>> {
        match self {
            InstrumentTerms::Guarantee(terms) => {
                Ok(terms.called(happened)?.iter().map(|c| c.paid).filter(|p| *p > Pence::ZERO).collect())
            }
            _ => Ok(draws.iter().map(|d| d.amount).collect()),
        }
    }

    /// What can be reported of it now.
    #[must_use]
    pub fn reports(&self, happened: &[Fact]) -> Vec<FactKind> {
        let sold = happened.iter().any(|f| matches!(f.what, Happened::Exit { .. }));
        match self {
            InstrumentTerms::Loan(terms) => loan::reports(terms),
            InstrumentTerms::RevenueShare(_) => vec![FactKind::Revenue],
            InstrumentTerms::RecoverableGrant(_) => vec![FactKind::Figure],
            InstrumentTerms::CommunityShares(_) => vec![FactKind::Interest, FactKind::Withdrawal],
            InstrumentTerms::Guarantee(_) => vec![FactKind::Claim, FactKind::Recovered],
            InstrumentTerms::Grant => Vec::new(),
            InstrumentTerms::Equity(_) | InstrumentTerms::PreferenceShares(_) | InstrumentTerms::Convertible(_)
                if sold =>
            {
                Vec::new()
            }
            InstrumentTerms::Equity(_) | InstrumentTerms::PreferenceShares(_) => {
                vec![FactKind::Dividend, FactKind::Round, FactKind::Exit]
            }
            InstrumentTerms::Convertible(_) => vec![FactKind::Round, FactKind::Dividend, FactKind::Exit],
        }
    }

    /// What is owed of it.
    #[must_use]
    pub fn carried(&self) -> Carried {
        match self {
            InstrumentTerms::RecoverableGrant(_) => Carried::Due,
            InstrumentTerms::Grant => Carried::Nothing,
            _ => Carried::Capital,
        }
    }

    /// What rounds of new shares did to a holding of shares that the fund has from the start; empty for anything else.
    ///
    /// # Errors
    /// Figures that contradict the holding, or are too large.
    pub fn rounds(&self, happened: &[Fact]) -> Agreed<Vec<Diluted>> {
        match self {
            InstrumentTerms::Equity(terms) | InstrumentTerms::PreferenceShares(terms) => terms.rounds(happened),
            _ => Ok(Vec::new()),
        }
    }

    /// Whether it is a holding of shares, whose worth is a matter of valuation.
    #[must_use]
    pub fn is_equity(&self) -> bool {
        matches!(
            self,
            InstrumentTerms::Equity(_) | InstrumentTerms::PreferenceShares(_) | InstrumentTerms::Convertible(_)
        )
    }

    /// Whether only a valuation says what it is worth: shares, what may become shares, and a grant that comes back only if
    /// the enterprise does well. Until its first valuation it counts at cost, the price of its own making.
    #[must_use]
    pub fn needs_valuation(&self) -> bool {
        self.is_equity() || matches!(self, InstrumentTerms::RecoverableGrant(_))
    }

    /// The due dates for which a figure is reported; empty when nothing is reported by period.
    #[must_use]
    pub fn report_dates(&self, draws: &[Tranche]) -> Vec<LocalDate> {
        match self {
            InstrumentTerms::RevenueShare(terms) => terms.due_dates(draws),
            InstrumentTerms::RecoverableGrant(terms) => terms.due_dates(),
            _ => Vec::new(),
        }
    }

    /// The last day that the terms name, with what is planned to be drawn.
    #[must_use]
    pub fn last_day(&self, draws: &[Tranche]) -> Option<LocalDate> {
        match self {
            InstrumentTerms::Loan(_) => self.planned(draws).ok()?.rows.last().map(|r| r.due),
            InstrumentTerms::RevenueShare(terms) => Some(terms.long_stop),
            InstrumentTerms::Convertible(terms) => Some(terms.maturity),
            InstrumentTerms::RecoverableGrant(terms) => Some(terms.until),
            InstrumentTerms::Guarantee(terms) => Some(terms.guarantee.until),
            _ => None,
        }
    }

    /// Months from one payment to the next; 12 where nothing falls due by period.
    #[must_use]
    pub fn period_months(&self) -> u32 {
        match self {
            InstrumentTerms::Loan(terms) => terms.period_months,
            InstrumentTerms::RevenueShare(terms) => terms.period_months,
            _ => 12,
        }
    }

    /// What is paid out in all, or for a guarantee what is at stake.
    #[must_use]
    pub fn at_stake(&self, draws: &[Tranche]) -> Pence {
        match self {
            InstrumentTerms::Guarantee(terms) => terms.guarantee.limit,
            _ => draws.iter().map(|d| d.amount).sum(),
        }
    }
}
