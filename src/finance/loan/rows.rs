//! What a schedule is made of: rows, the parts their interest was counted on, and their sums.

use super::LoanRefusal;
use crate::finance::irr::Flow;
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use serde::Serialize;

/// A balance that stood for some days at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct InterestPart {
    /// The first day.
    pub from: LocalDate,
    /// The day after the last.
    pub to: LocalDate,
    /// What interest was counted on, in pence (a holiday rounded once at its end keeps fractions); in JSON in pounds.
    #[serde(serialize_with = "in_pounds")]
    pub base: Decimal,
    /// Yearly rate.
    pub rate: Decimal,
    /// The part of a year.
    pub years: Decimal,
}

fn in_pounds<S: serde::Serializer>(pence: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    Serialize::serialize(&(pence / Decimal::ONE_HUNDRED), serializer)
}

impl InterestPart {
    /// Base × rate × years, in pence, unrounded.
    #[must_use]
    pub fn interest(&self) -> Option<Decimal> {
        self.base.checked_mul(self.rate)?.checked_mul(self.years)
    }
}

/// A row and the totals have the same movements: each is named once, so that none is left out of a total.
macro_rules! movements {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {
        /// One due date.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub struct LoanRow {
            /// From 1.
            pub number: u32,
            /// The first day of the period.
            pub start: LocalDate,
            /// The due date.
            pub due: LocalDate,
            /// Balance at the start.
            pub opening: Pence,
            $($(#[doc = $doc])+ pub $name: Pence,)+
            /// Cash on the due date: interest paid + principal + fees.
            pub payment: Pence,
            /// Balance after the due date.
            pub closing: Pence,
            /// Interest that accrued and is still owed: in arrears, or deferred by a holiday.
            pub interest_owed: Pence,
            /// Principal that was due and not paid.
            pub overdue: Pence,
            /// What interest was counted on.
            pub parts: Vec<InterestPart>,
        }

        impl LoanRow {
            /// A row in which nothing has moved yet.
            pub(super) fn begin(number: u32, start: LocalDate, due: LocalDate, opening: Pence) -> Self {
                LoanRow {
                    number,
                    start,
                    due,
                    opening,
                    $($name: Pence::ZERO,)+
                    payment: Pence::ZERO,
                    closing: Pence::ZERO,
                    interest_owed: Pence::ZERO,
                    overdue: Pence::ZERO,
                    parts: Vec::new(),
                }
            }
        }

        /// Sums of the rows.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct LoanTotals {
            $($(#[doc = $doc])+ pub $name: Pence,)+
        }

        impl LoanTotals {
            pub(super) fn of(loans: &[Vec<LoanRow>]) -> Result<Self, LoanRefusal> {
                let sum = |of: fn(&LoanRow) -> Pence| Pence::total(loans.iter().flatten().map(of));
                Ok(LoanTotals { $($name: sum(|row| row.$name).map_err(|_| super::grid::TOO_LARGE)?,)+ })
            }
        }
    };
}

movements! {
    /// Drawn in the period.
    drawn,
    /// Fees added to the balance in the period.
    fees_added,
    /// Interest that accrued: the parts, rounded once.
    accrued,
    /// Interest added to the balance on the due date.
    capitalised,
    /// Interest in arrears added to the balance by agreement.
    arrears_added,
    /// Interest paid.
    interest_paid,
    /// Interest given up.
    interest_written_off,
    /// Principal paid on the due date.
    principal,
    /// Principal prepaid in the period.
    prepaid,
    /// Principal given up.
    written_off,
    /// Fees to pay in cash.
    fees,
}

/// A loan from its first drawing to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoanSchedule {
    /// For a facility one list; by tranche, one list each.
    pub loans: Vec<Vec<LoanRow>>,
    /// Sums over all.
    pub totals: LoanTotals,
    /// Cash as the lender sees it, drawings negative, by day.
    pub cash: Vec<Flow>,
}
