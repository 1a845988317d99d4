//! Why a figure of an instrument or of the fund cannot be worked out.

use crate::values::{Pence, RefusalInfo};
use rust_decimal::Decimal;

/// A refusal that says what to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinanceRefusal {
    /// A figure or a date that cannot be held.
    #[error("The amounts, rates or dates are too large.")]
    TooLarge,
    /// Something that must be more than nothing.
    #[error("Enter {0} that is more than 0.")]
    NotPositive(&'static str),
    /// Something that must not be negative.
    #[error("Enter {0} that is 0 or more.")]
    Negative(&'static str),
    /// Something left out.
    #[error("Enter {0}.")]
    Missing(&'static str),
    /// Something that contradicts itself.
    #[error("{0}")]
    Contradiction(&'static str),
}

impl RefusalInfo for FinanceRefusal {
    fn code(&self) -> &'static str {
        match self {
            FinanceRefusal::TooLarge => "finance/too-large",
            FinanceRefusal::NotPositive(_) => "finance/not-positive",
            FinanceRefusal::Negative(_) => "finance/negative",
            FinanceRefusal::Missing(_) => "finance/missing",
            FinanceRefusal::Contradiction(_) => "finance/contradiction",
        }
    }

    fn sentence(&self) -> String {
        self.to_string()
    }
}

/// The result of a figure.
pub type Worked<T> = Result<T, FinanceRefusal>;

/// A Decimal of pence to the penny, half away from zero.
pub(super) fn penny(pence: Decimal) -> Worked<Pence> {
    Pence::round_pence(pence).map_err(|_| FinanceRefusal::TooLarge)
}

/// Amount × factor to the penny.
pub(super) fn times(amount: Pence, factor: Decimal) -> Worked<Pence> {
    penny(amount.decimal().checked_mul(factor).ok_or(FinanceRefusal::TooLarge)?)
}

/// A sum that fits.
pub(super) fn total(amounts: impl IntoIterator<Item = Pence>) -> Worked<Pence> {
    Pence::total(amounts).map_err(|_| FinanceRefusal::TooLarge)
}

/// A quotient, `None` for a base of nothing.
pub(super) fn over(part: Pence, base: Pence) -> Option<Decimal> {
    part.decimal().checked_div(base.decimal())
}

/// Splits an amount by weights to the penny: whole shares first, then a penny each to the largest remainders, the
/// earlier of equals first. The parts add up to the amount. Nothing is split by weights that add up to nothing.
pub(super) fn split(amount: Pence, weights: &[Pence]) -> Worked<Vec<Pence>> {
    let whole: i128 = weights.iter().map(|w| i128::from(w.0.max(0))).sum();
    if whole == 0 {
        return Ok(vec![Pence::ZERO; weights.len()]);
    }
    let mut parts = Vec::with_capacity(weights.len());
    let mut rests = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let product = i128::from(amount.0) * i128::from(weight.0.max(0));
        parts.push(i64::try_from(product.div_euclid(whole)).map_err(|_| FinanceRefusal::TooLarge)?);
        rests.push((std::cmp::Reverse(product.rem_euclid(whole)), index));
    }
    let given: i128 = parts.iter().map(|p| i128::from(*p)).sum();
    let left = usize::try_from(i128::from(amount.0) - given).map_err(|_| FinanceRefusal::TooLarge)?;
    rests.sort_unstable();
    for (_, index) in rests.into_iter().take(left) {
        parts[index] += 1;
    }
    Ok(parts.into_iter().map(Pence).collect())
}
