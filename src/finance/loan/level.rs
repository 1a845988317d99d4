//! What a regular instalment is.

use super::grid::{Grid, TOO_LARGE};
use super::{LoanRefusal, Plan};
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;

/// Where the plan stands when instalments are worked out: on a due date that pays.
pub(super) struct Standing<'a> {
    pub plan: &'a Plan,
    pub number: u32,
    pub last: u32,
    pub due: LocalDate,
    pub rate: Decimal,
    pub owed: Pence,
    pub interest: Pence,
    /// Whether a due date is in no holiday.
    pub pays: &'a dyn Fn(u32) -> bool,
}

/// The level instalment (annuity, balloon) or the level principal (the others), rounded to the penny.
///
/// Annuity: (owed + interest − balloon × P) / Σ over paying due dates of Π 1/(1 + rate × part of a year), P the product
/// to the last due date.
pub(super) fn level(at: &Standing<'_>, grid: &Grid) -> Result<Pence, LoanRefusal> {
    let balloon = match at.plan {
        Plan::Annuity => Pence::ZERO,
        Plan::Balloon { amount } => *amount,
        Plan::EqualPrincipal => {
            let left = (at.number..=at.last).filter(|n| (at.pays)(*n)).count().max(1);
            return penny(at.owed.decimal() / Decimal::from(left));
        }
        Plan::Bullet | Plan::Custom { .. } => return Ok(Pence::ZERO),
    };
    let (mut product, mut divisor, mut before) = (Decimal::ONE, Decimal::ONE, at.due);
    for number in at.number + 1..=at.last {
        let due = grid.due(number)?;
        let years = grid.years(before, due, (number, before, due), due)?;
        let growth = at.rate.checked_mul(years).and_then(|r| r.checked_add(Decimal::ONE)).ok_or(TOO_LARGE)?;
        product = product.checked_div(growth).ok_or(TOO_LARGE)?;
        if (at.pays)(number) {
            divisor += product;
        }
        before = due;
    }
    let left_for_end = balloon.decimal().checked_mul(product).ok_or(TOO_LARGE)?;
    let owed = at.owed.decimal() + at.interest.decimal() - left_for_end;
    penny(owed.max(Decimal::ZERO).checked_div(divisor).ok_or(TOO_LARGE)?)
}

pub(super) fn penny(pence: Decimal) -> Result<Pence, LoanRefusal> {
    Pence::round_pence(pence).map_err(|_| TOO_LARGE)
}
