//! A blended package: several instruments for one enterprise, seen as one.

use crate::finance::irr::{Flow, Xirr, xirr};
use crate::finance::refusal::{Worked, over, total};
use crate::values::{Pence, round_half_up};
use rust_decimal::Decimal;
use serde::Serialize;

/// One instrument of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What it is, in words.
    pub name: String,
    /// Its cash as the fund sees it, paid out negative.
    pub cash: Vec<Flow>,
    /// Its gross cash equivalent.
    pub subsidy: Pence,
}

/// A package and its layers side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blended {
    /// Paid out by layer, and its part of all paid out, to 4 places.
    pub layers: Vec<(String, Pence, Option<Decimal>)>,
    /// Paid out in all.
    pub paid_out: Pence,
    /// Received in all.
    pub received: Pence,
    /// Gross cash equivalents added up.
    pub subsidy: Pence,
    /// The rate of return of all cash together, never an average of rates.
    pub rate: Xirr,
}

/// Adds a package up.
///
/// # Errors
/// When sums do not fit.
pub fn blended(layers: &[Layer]) -> Worked<Blended> {
    let out = |cash: &[Flow]| total(cash.iter().map(|f| (-f.amount).max(Pence::ZERO)));
    let all: Vec<Flow> = layers.iter().flat_map(|l| l.cash.iter().copied()).collect();
    let paid_out = out(&all)?;
    let mut seen = Vec::with_capacity(layers.len());
    for layer in layers {
        let paid = out(&layer.cash)?;
        seen.push((layer.name.clone(), paid, over(paid, paid_out).map(|part| round_half_up(part, 4))));
    }
    Ok(Blended {
        layers: seen,
        paid_out,
        received: total(all.iter().map(|f| f.amount.max(Pence::ZERO)))?,
        subsidy: total(layers.iter().map(|l| l.subsidy))?,
        rate: xirr(&all, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    #[test]
    fn a_grant_and_a_loan_together_return_what_their_cash_returns_and_not_an_average() {
        let flow = |on: &str, pounds: i64| Flow { date: parse_date(on).unwrap(), amount: Pence(pounds * 100) };
        let layer = |name: &str, cash, subsidy| Layer { name: name.to_owned(), cash, subsidy: Pence(subsidy) };
        let package = blended(&[
            layer("Loan", vec![flow("2026-01-01", -75_000), flow("2027-01-01", 90_000)], 0),
            layer("Grant", vec![flow("2026-01-01", -25_000)], 2_500_000),
        ])
        .unwrap();
        assert_eq!(package.rate.rate(), Some(dec!(-0.1)));
        assert_eq!(package.layers[1], ("Grant".to_owned(), Pence(2_500_000), Some(dec!(0.25))));
        assert_eq!((package.paid_out, package.subsidy), (Pence(10_000_000), Pence(2_500_000)));
    }
}
