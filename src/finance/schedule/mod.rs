//! Loan schedules: what is drawn, charged, capitalised and repaid on each due date.
//!
//! Each row is rounded to the penny once, totals are sums of rows, and the last instalment takes the remainder, so
//! that the closing balance is exactly zero and principal repaid equals what was drawn and capitalised.
//! A period runs from one due date up to the day before the next: money drawn on a due date belongs to the next period.

mod plan;
#[cfg(test)]
mod tests;

pub use plan::{Balance, balances, build};

use crate::values::{LocalDate, Pence, Rate, RefusalInfo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most rows a schedule may have (a hundred years of months).
pub const MOST_ROWS: u32 = 1_200;

/// Money drawn on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tranche {
    /// The day it is paid out.
    pub on: LocalDate,
    /// How much.
    pub amount: Pence,
}

/// How principal comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repayment {
    /// Level instalments: what is owed / Σ Π 1/(1 + rate of each period to come).
    Annuity,
    /// The same principal each time, with interest on top.
    EqualPrincipal,
    /// Interest each time, all principal at the end.
    Bullet,
}

/// How interest is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum InterestBasis {
    /// Balance × rate × actual days / 365.
    #[default]
    #[serde(rename = "act_365f")]
    Act365F,
    /// Balance × rate × months / 12, whatever the days; a tranche drawn inside a period bears its share of the days.
    #[serde(rename = "equal_periods")]
    EqualPeriods,
}

/// What happens to interest during a holiday from principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HolidayKind {
    /// Interest is paid.
    InterestOnly,
    /// Interest on the drawn principal alone is added to the balance: no interest on interest in the holiday.
    CapitalisedSimple,
    /// Interest is added to the balance each period and bears interest from then.
    CapitalisedCompounding,
    /// Interest on the drawn principal is charged with the first instalment after the holiday.
    Deferred,
    /// No interest is charged.
    InterestFree,
}

/// When capitalised interest is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapitalisedRounding {
    /// Each row, and the next bears interest on the rounded balance. The house rule.
    #[default]
    EachRow,
    /// Once, at the end: a row shows the difference of rounded running totals, so that rows still add up.
    OnceAtEnd,
}

/// Whether a holiday comes on top of the instalments or takes the place of some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HolidayTerm {
    /// The loan ends later by the holiday.
    Lengthens,
    /// The loan ends as agreed: fewer, larger instalments.
    Squeezes,
}

/// A holiday of the whole facility, from its first drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// What becomes of interest.
    pub kind: HolidayKind,
    /// How many periods.
    pub periods: u32,
    /// Whether it lengthens the term.
    pub term: HolidayTerm,
    /// How capitalised interest is rounded.
    #[serde(default)]
    pub rounding: CapitalisedRounding,
}

/// What a loan agreement says, as far as its schedule goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoanTerms {
    /// What is drawn and when; the earliest starts the loan.
    pub tranches: Vec<Tranche>,
    /// Yearly nominal rate as a fraction, not negative.
    pub rate: Rate,
    /// How principal comes back.
    pub repayment: Repayment,
    /// How many instalments are agreed (see [`HolidayTerm`]).
    pub instalments: u32,
    /// Months from one due date to the next.
    #[serde(default = "monthly")]
    pub period_months: u32,
    /// The first due date; left out, one period after the first drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_due: Option<LocalDate>,
    /// How interest is counted.
    #[serde(default)]
    pub interest: InterestBasis,
    /// A holiday at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday: Option<Holiday>,
}

const fn monthly() -> u32 {
    1
}

crate::text_enum! {
    /// What a row of a schedule is.
    pub enum Nature {
        Instalment = "instalment" => "Instalment",
        RevenueShare = "revenue_share" => "Share of revenue",
        Dividend = "dividend" => "Dividend",
        ShareInterest = "share_interest" => "Interest on shares",
        Sale = "sale" => "Sale of the shares",
        Withdrawal = "withdrawal" => "Shares withdrawn",
        Recovery = "recovery" => "Comes back",
        Fee = "fee" => "Fee",
        Conversion = "conversion" => "Becomes shares",
    }
}

const fn instalment() -> Nature {
    Nature::Instalment
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_instalment(nature: &Nature) -> bool {
    *nature == Nature::Instalment
}

/// One due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// From 1.
    pub number: u32,
    /// The due date.
    pub due: LocalDate,
    /// Days in the period.
    pub days: u32,
    /// Balance at its start.
    pub opening: Pence,
    /// Drawn during it.
    pub drawn: Pence,
    /// Interest charged on the due date (deferred interest is charged when it falls due).
    pub interest: Pence,
    /// The part of the interest that is added to the balance instead of paid: income, but no cash.
    pub capitalised: Pence,
    /// Principal to pay.
    pub principal: Pence,
    /// Cash to pay: interest − capitalised + principal + fee.
    pub payment: Pence,
    /// Balance after it: opening + drawn + capitalised + changed − principal.
    pub closing: Pence,
    /// What a change of a running loan added to the balance in the period: what was overdue, less what was given up.
    #[serde(default, skip_serializing_if = "nothing")]
    pub changed: Pence,
    /// Fees of the agreement to pay with it.
    #[serde(default, skip_serializing_if = "nothing")]
    pub fee: Pence,
    /// What it is; an instalment of a loan unless it says otherwise.
    #[serde(default = "instalment", skip_serializing_if = "is_instalment")]
    pub nature: Nature,
    /// Worked out from what is known or expected so far; what is reported later changes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimate: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn nothing(amount: &Pence) -> bool {
    amount.is_zero()
}

impl Row {
    /// A row with nothing in it yet.
    #[must_use]
    pub fn blank(number: u32, due: LocalDate, nature: Nature) -> Row {
        Row {
            number,
            due,
            days: 0,
            opening: Pence::ZERO,
            drawn: Pence::ZERO,
            interest: Pence::ZERO,
            capitalised: Pence::ZERO,
            principal: Pence::ZERO,
            payment: Pence::ZERO,
            closing: Pence::ZERO,
            changed: Pence::ZERO,
            fee: Pence::ZERO,
            nature,
            estimate: false,
        }
    }
}

/// Sums of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// All drawn.
    pub drawn: Pence,
    /// All interest, capitalised or paid.
    pub interest: Pence,
    /// Interest added to the balance.
    pub capitalised: Pence,
    /// Principal repaid.
    pub principal: Pence,
    /// Cash paid.
    pub payment: Pence,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// In order of due date.
    pub rows: Vec<Row>,
    /// Their sums.
    pub totals: Totals,
    /// More may fall due until this day than the rows say. Left out when the rows are all there will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<LocalDate>,
}

impl Schedule {
    /// Rows with their sums.
    ///
    /// # Errors
    /// [`ScheduleRefusal::TooLarge`].
    pub fn of(rows: Vec<Row>, open_until: Option<LocalDate>) -> Result<Schedule, ScheduleRefusal> {
        let sum = |of: fn(&Row) -> Pence| Pence::total(rows.iter().map(of)).map_err(|_| ScheduleRefusal::TooLarge);
        let totals = Totals {
            drawn: sum(|r| r.drawn)?,
            interest: sum(|r| r.interest)?,
            capitalised: sum(|r| r.capitalised)?,
            principal: sum(|r| r.principal)?,
            payment: sum(|r| r.payment)?,
        };
        Ok(Schedule { rows, totals, open_until })
    }
}

/// Why terms have no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleRefusal {
    /// No tranche, or one of nothing or less.
    #[error("Enter at least one amount to draw, each more than £0.")]
    NothingDrawn,
    /// A negative rate.
    #[error("Enter an interest rate of 0 or more.")]
    NegativeRate,
    /// No instalments, or too many.
    #[error("Enter between 1 and 1,200 instalments, holiday included.")]
    Instalments,
    /// No months in a period, or too many.
    #[error("Enter between 1 and 120 months from one due date to the next.")]
    Period,
    /// A holiday that leaves no instalment.
    #[error("The holiday must leave at least one instalment to repay the loan.")]
    HolidayTooLong,
    /// The first due date is not after the first drawing.
    #[error("The first due date must be after the first amount is drawn.")]
    DueBeforeDrawn,
    /// Equal periods with a first period that is not one.
    #[error("With equal periods the first due date must be one whole period after the first amount is drawn.")]
    UnequalFirstPeriod,
    /// A tranche on or after the last due date.
    #[error("Every amount must be drawn before the last due date.")]
    DrawnAfterEnd,
    /// An amount or a date that cannot be held.
    #[error("The amounts or dates of this loan are too large.")]
    TooLarge,
}

impl RefusalInfo for ScheduleRefusal {
    fn code(&self) -> &'static str {
        match self {
            ScheduleRefusal::NothingDrawn => "finance/nothing-drawn",
            ScheduleRefusal::NegativeRate => "finance/negative-rate",
            ScheduleRefusal::Instalments => "finance/instalments",
            ScheduleRefusal::Period => "finance/period",
            ScheduleRefusal::HolidayTooLong => "finance/holiday-too-long",
            ScheduleRefusal::DueBeforeDrawn => "finance/due-before-drawn",
            ScheduleRefusal::UnequalFirstPeriod => "finance/unequal-first-period",
            ScheduleRefusal::DrawnAfterEnd => "finance/drawn-after-end",
            ScheduleRefusal::TooLarge => "finance/too-large",
        }
    }

    fn sentence(&self) -> String {
        self.to_string()
    }
}
