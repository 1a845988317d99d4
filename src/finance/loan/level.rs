//! What a regular instalment is.

use super::grid::{Grid, TOO_LARGE};
use super::{LoanRefusal, Plan};
use crate::finance::schedule::HolidayKind;
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
    /// What becomes of interest on a due date in a holiday; nothing for one that pays.
    pub holiday: &'a dyn Fn(u32) -> Option<HolidayKind>,
}

/// The level instalment (annuity, balloon) or the level principal (the others), rounded to the penny.
///
/// Annuity: (owed + interest − balloon × P) / Σ over paying due dates of Π 1/growth, P the product to the last due date.
/// A period's growth is 1 + rate × part of a year; in a holiday it is what is added to the balance: simple interest grows
/// by the same amount each time, and nothing grows where interest is paid, charged beside the instalment or not charged.
pub(super) fn level(at: &Standing<'_>, grid: &Grid) -> Result<Pence, LoanRefusal> {
    let balloon = match at.plan {
        Plan::Annuity => Pence::ZERO,
        Plan::Balloon { amount } => *amount,
        Plan::EqualPrincipal => {
            let left = (at.number..=at.last).filter(|n| (at.holiday)(*n).is_none()).count().max(1);
            return penny(at.owed.decimal() / Decimal::from(left));
        }
        Plan::Bullet | Plan::Custom { .. } => return Ok(Pence::ZERO),
    };
    let (mut product, mut divisor, mut before) = (Decimal::ONE, Decimal::ONE, at.due);
    // What simple interest has made of 1 since its holiday began.
    let mut simple = Decimal::ONE;
    for number in at.number + 1..=at.last {
        let due = grid.due(number)?;
        let years = grid.years(before, due, (number, before, due), due)?;
        let interest = at.rate.checked_mul(years).ok_or(TOO_LARGE)?;
        let grown = interest.checked_add(Decimal::ONE).ok_or(TOO_LARGE)?;
        let holiday = (at.holiday)(number);
        let growth = match holiday {
            None | Some(HolidayKind::CapitalisedCompounding) => grown,
            Some(HolidayKind::CapitalisedSimple) => {
                let so_far = simple;
                simple = so_far.checked_add(interest).ok_or(TOO_LARGE)?;
                simple.checked_div(so_far).ok_or(TOO_LARGE)?
            }
            Some(HolidayKind::InterestOnly | HolidayKind::Deferred | HolidayKind::InterestFree) => Decimal::ONE,
        };
        product = product.checked_div(growth).ok_or(TOO_LARGE)?;
        if holiday.is_none() {
            simple = Decimal::ONE;
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
