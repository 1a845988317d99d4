//! Net present value at a rate, and the working line by line.

use super::{Closing, Flow};
use crate::finance::powers::Discounter;
use crate::values::{LocalDate, Pence, round_half_up};
use rust_decimal::Decimal;
use serde::Serialize;

/// Places of a discount factor in the working.
pub const FACTOR_PLACES: u32 = 12;

/// One flow brought to the earliest date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkingLine {
    /// The day of the flow.
    pub date: LocalDate,
    /// The flow.
    pub amount: Pence,
    /// Days from the earliest flow.
    pub days: u32,
    /// (1+r)^(−days/365), to 12 places.
    pub factor: Decimal,
    /// Amount × factor in pounds, to 8 places.
    pub present_value: Decimal,
}

/// A rate checked by hand: each flow with its factor, and their exact sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Working {
    /// The yearly rate.
    pub rate: Decimal,
    /// In order of date.
    pub lines: Vec<WorkingLine>,
    /// The sum of the lines in pounds: nearly zero when the rate is the rate of return.
    pub total: Decimal,
}

/// The working of a rate, with the closing value as the last flow. `None` when a figure does not fit, or r ≤ −1.
#[must_use]
pub fn working(flows: &[Flow], closing: Option<Closing>, rate: Decimal) -> Option<Working> {
    let mut flows = flows.to_vec();
    flows.extend(closing.map(|c| Flow { date: c.date, amount: c.value }));
    flows.sort_by_key(|f| f.date);
    let mut discounter = Discounter::new(rate)?;
    let mut working = Working { rate, lines: Vec::with_capacity(flows.len()), total: Decimal::ZERO };
    let Some(first) = flows.first().map(|f| f.date) else { return Some(working) };
    for Flow { date, amount } in flows {
        let days = u32::try_from((date - first).num_days()).ok()?;
        let factor = round_half_up(discounter.factor(days)?, FACTOR_PLACES);
        let present_value = round_half_up(amount.pounds().checked_mul(factor)?, 8);
        working.total = working.total.checked_add(present_value)?;
        working.lines.push(WorkingLine { date, amount, days, factor, present_value });
    }
    Some(working)
}

/// Net present value in pounds at the earliest date, unrounded: Σ CFᵢ · (1+r)^(−daysᵢ/365).
///
/// No flows are worth 0. `None` at or below −100 %, or when the value does not fit.
#[must_use]
pub fn xnpv(rate: Decimal, flows: &[Flow]) -> Option<Decimal> {
    let mut discounter = Discounter::new(rate)?;
    let Some(first) = flows.iter().map(|f| f.date).min() else { return Some(Decimal::ZERO) };
    flows.iter().try_fold(Decimal::ZERO, |sum, flow| {
        let days = u32::try_from((flow.date - first).num_days()).ok()?;
        sum.checked_add(flow.amount.pounds().checked_mul(discounter.factor(days)?)?)
    })
}
