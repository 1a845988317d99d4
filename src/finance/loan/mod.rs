//! Loans in full: any repayment plan, stepped and margin rates, holidays at any time, fees, and what happened since.
//!
//! [`replay`] walks forward from the first drawing: drawings and recorded events are applied on their days, interest is
//! counted part by part, and each due date becomes one row. A later event can only change rows from its own period on, so
//! history is regenerated and never rewritten. [`super::schedule`] stays the plain form for a loan as first agreed.
//!
//! Invariants, to the penny: principal repaid and prepaid = drawn + capitalised + arrears and fees added − written off;
//! the last balance is zero; a row's interest is the sum of its parts rounded once.

mod due;
mod grid;
mod happenings;
mod level;
mod replay;
mod rows;
#[cfg(test)]
mod tests;

pub use replay::{known_on, replay};
pub use rows::{InterestPart, LoanRow, LoanSchedule, LoanTotals};

use super::business_days::{Convention, MonthEnd};
use super::schedule::{CapitalisedRounding, HolidayKind, HolidayTerm, InterestBasis, LoanTerms, Repayment, Tranche};
use super::{DayCount, schedule::ScheduleRefusal};
use crate::law::holidays::Part;
use crate::values::time::medium_date;
use crate::values::{LocalDate, Pence, Rate, RefusalInfo, Share};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How interest is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accrual {
    /// Balance × rate × year fraction of the days.
    Days(DayCount),
    /// Balance × rate × months / 12 for a whole period; a part of a period bears its share of the days, and a first
    /// period that is not whole its days / 365.
    EqualPeriods,
}

impl Default for Accrual {
    fn default() -> Self {
        Accrual::Days(DayCount::Act365F)
    }
}

/// How principal comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "plan", rename_all = "snake_case", deny_unknown_fields)]
pub enum Plan {
    /// Level instalments.
    Annuity,
    /// The same principal each time.
    EqualPrincipal,
    /// Interest each time, all principal at the end.
    Bullet,
    /// Level instalments that leave an amount for the end, paid on top of the last one.
    Balloon {
        /// What is left for the end.
        amount: Pence,
    },
    /// Principal as agreed one by one; the last instalment takes whatever remains.
    Custom {
        /// Principal of each paying instalment in turn; one beyond the list is 0.
        principal: Vec<Pence>,
    },
}

/// A yearly rate from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateStep {
    /// The first day.
    pub from: LocalDate,
    /// Yearly nominal rate as a fraction.
    pub rate: Rate,
}

/// What the loan costs a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Price {
    /// One rate throughout.
    Fixed {
        /// Yearly nominal rate as a fraction, not negative.
        rate: Rate,
    },
    /// Rates with the days they start.
    Stepped {
        /// Any order; the earliest must hold at the first drawing.
        steps: Vec<RateStep>,
    },
    /// A published base rate plus a margin, between a floor and a ceiling.
    BasePlusMargin {
        /// The base rate as it was set, with dates.
        base: Vec<RateStep>,
        /// What is added.
        margin: Rate,
        /// The least the sum can be.
        floor: Option<Rate>,
        /// The most it can be.
        ceiling: Option<Rate>,
    },
}

impl Price {
    /// The rate that holds on a day; `None` before the first step.
    #[must_use]
    pub fn on(&self, day: LocalDate) -> Option<Decimal> {
        let latest =
            |steps: &[RateStep]| steps.iter().filter(|s| s.from <= day).max_by_key(|s| s.from).map(|s| s.rate.get());
        match self {
            Price::Fixed { rate } => Some(rate.get()),
            Price::Stepped { steps } => latest(steps),
            Price::BasePlusMargin { base, margin, floor, ceiling } => {
                let sum = latest(base)?.checked_add(margin.get())?;
                let floored = floor.map_or(sum, |floor| sum.max(floor.get()));
                Some(ceiling.map_or(floored, |ceiling| floored.min(ceiling.get())))
            }
        }
    }

    fn changes(&self) -> impl Iterator<Item = LocalDate> + '_ {
        let steps: &[RateStep] = match self {
            Price::Fixed { .. } => &[],
            Price::Stepped { steps } => steps,
            Price::BasePlusMargin { base, .. } => base,
        };
        steps.iter().map(|s| s.from)
    }
}

/// A holiday from principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// The number of the first due date in it, from 1.
    pub first: u32,
    /// How many due dates.
    pub periods: u32,
    /// What becomes of interest.
    pub kind: HolidayKind,
    /// Whether it lengthens the term or takes the place of instalments.
    pub term: HolidayTerm,
    /// How capitalised interest is rounded.
    #[serde(default)]
    pub rounding: CapitalisedRounding,
}

/// Whether holidays and plans run for the facility as one, or for each tranche from its own drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One balance.
    #[default]
    Facility,
    /// Each tranche is a loan of its own on the same due dates, ending together.
    EachTranche,
}

/// When and how much a fee is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FeeCharge {
    /// A share of each drawing, on its day.
    OnDrawing {
        /// The share.
        share: Share,
    },
    /// An amount on a day.
    Once {
        /// The day.
        on: LocalDate,
        /// The amount.
        amount: Pence,
    },
    /// An amount with each instalment.
    EachInstalment {
        /// The amount.
        amount: Pence,
    },
    /// A yearly rate on what is not drawn yet, due with each instalment.
    Undrawn {
        /// What may be drawn in all.
        commitment: Pence,
        /// Yearly rate, by the loan's day count (ACT/365F for equal periods).
        rate: Rate,
        /// The last day to draw.
        until: LocalDate,
    },
    /// An amount with the last instalment.
    AtEnd {
        /// The amount.
        amount: Pence,
    },
}

/// A fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// What it is called in the agreement.
    pub name: String,
    /// When and how much.
    pub charge: FeeCharge,
    /// Added to the balance instead of paid; only for fees on a drawing or a day.
    #[serde(default)]
    pub financed: bool,
}

/// What prepaying does to the instalments to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// They stay, and the loan ends sooner.
    Shortens,
    /// They fall, and the loan ends as agreed.
    Lowers,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// Principal was paid before it was due.
    Prepaid {
        /// How much, at most the balance.
        amount: Pence,
        /// What it does.
        effect: Effect,
    },
    /// On a due date less was paid than was due: interest first. What is missing is due with the next instalment.
    Short {
        /// What was paid of interest and principal.
        paid: Pence,
    },
    /// The rate was changed by agreement, and holds from that day whatever the price said.
    Repriced {
        /// The new yearly rate.
        rate: Rate,
    },
    /// New terms for what is owed: how many instalments, how far apart, from when, by which plan.
    Rescheduled {
        /// Instalments from the next due date.
        instalments: u32,
        /// Months between them; left out, as before.
        period_months: Option<u32>,
        /// The next due date; left out, as before.
        first_due: Option<LocalDate>,
        /// The plan; left out, as before.
        plan: Option<Plan>,
    },
    /// Overdue principal is spread over the instalments to come. Interest in arrears stays due.
    ReAged,
    /// Interest in arrears is added to the balance, and overdue principal is spread over the instalments to come.
    ArrearsCapitalised,
    /// Part of what is owed is given up.
    WrittenOff {
        /// Of the balance.
        principal: Pence,
        /// Of interest in arrears.
        interest: Pence,
    },
    /// A holiday agreed later, from the next due date.
    Paused {
        /// How many due dates.
        periods: u32,
        /// What becomes of interest.
        interest: HolidayKind,
        /// Whether it lengthens the term.
        term: HolidayTerm,
    },
}

/// An event on its day. On a due date it belongs to the period that begins there, except [`What::Short`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The day.
    pub on: LocalDate,
    /// Which tranche, from 0 in order of drawing, where each is a loan of its own.
    #[serde(default)]
    pub tranche: usize,
    /// What happened.
    pub what: What,
}

/// A loan agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facility {
    /// What is drawn and when; the earliest starts the loan.
    pub draws: Vec<Tranche>,
    /// What it costs.
    pub price: Price,
    /// How interest is counted.
    #[serde(default)]
    pub accrual: Accrual,
    /// How principal comes back.
    pub plan: Plan,
    /// How many instalments are agreed.
    pub instalments: u32,
    /// Months from one due date to the next.
    pub period_months: u32,
    /// The first due date; left out, one period after the first drawing.
    pub first_due: Option<LocalDate>,
    /// Whether due dates keep to the ends of months.
    #[serde(default)]
    pub month_end: MonthEnd,
    /// Where due dates go when banks are closed; interest runs to the moved date.
    #[serde(default)]
    pub convention: Convention,
    /// Whose bank holidays.
    pub calendar: Option<Part>,
    /// Holidays agreed from the start.
    #[serde(default)]
    pub pauses: Vec<Pause>,
    /// Whether they run by facility or by tranche.
    #[serde(default)]
    pub scope: Scope,
    /// Fees.
    #[serde(default)]
    pub fees: Vec<Fee>,
}

impl From<&LoanTerms> for Facility {
    /// The plain form in full: the same rows.
    fn from(plain: &LoanTerms) -> Self {
        Facility {
            draws: plain.tranches.clone(),
            price: Price::Fixed { rate: plain.rate },
            accrual: match plain.interest {
                InterestBasis::Act365F => Accrual::Days(DayCount::Act365F),
                InterestBasis::EqualPeriods => Accrual::EqualPeriods,
            },
            plan: match plain.repayment {
                Repayment::Annuity => Plan::Annuity,
                Repayment::EqualPrincipal => Plan::EqualPrincipal,
                Repayment::Bullet => Plan::Bullet,
            },
            instalments: plain.instalments,
            period_months: plain.period_months,
            first_due: plain.first_due,
            month_end: MonthEnd::SameDay,
            convention: Convention::Unadjusted,
            calendar: None,
            pauses: plain
                .holiday
                .map(|h| Pause { first: 1, periods: h.periods, kind: h.kind, term: h.term, rounding: h.rounding })
                .into_iter()
                .collect(),
            scope: Scope::Facility,
            fees: Vec::new(),
        }
    }
}

/// Why there is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoanRefusal {
    /// What the plain schedule refuses too.
    #[error(transparent)]
    Terms(#[from] ScheduleRefusal),
    /// The price has no rate on a day.
    #[error("Enter the interest rate that holds on {}.", medium_date(*.0))]
    NoRate(LocalDate),
    /// The bank holiday table does not reach.
    #[error("Bank holidays are not published for {} yet, so its due date cannot be moved.", medium_date(*.0))]
    NoCalendar(LocalDate),
    /// An amount of nothing or less, or more than there is.
    #[error("The amount recorded on {} must be more than £0 and at most what is owed.", medium_date(*.0))]
    Amount(LocalDate),
    /// A short payment on a day nothing is due.
    #[error("No instalment is due on {}, so none can have been paid short.", medium_date(*.0))]
    NothingDue(LocalDate),
    /// An event before the first drawing or after the loan has ended.
    #[error("The loan does not run on {}.", medium_date(*.0))]
    NotRunning(LocalDate),
    /// A new first due date that is not after the event.
    #[error("The next due date must be after {}.", medium_date(*.0))]
    DueTooSoon(LocalDate),
    /// A fee that cannot be added to the balance.
    #[error("Only a fee on a drawing or on a day can be added to the balance.")]
    FeeNotFinanced,
}

impl RefusalInfo for LoanRefusal {
    fn code(&self) -> &'static str {
        match self {
            LoanRefusal::Terms(refusal) => refusal.code(),
            LoanRefusal::NoRate(_) => "finance/no-rate",
            LoanRefusal::NoCalendar(_) => "finance/no-calendar",
            LoanRefusal::Amount(_) => "finance/event-amount",
            LoanRefusal::NothingDue(_) => "finance/nothing-due",
            LoanRefusal::NotRunning(_) => "finance/loan-not-running",
            LoanRefusal::DueTooSoon(_) => "finance/due-too-soon",
            LoanRefusal::FeeNotFinanced => "finance/fee-not-financed",
        }
    }

    fn sentence(&self) -> String {
        self.to_string()
    }
}
