//! Which later costs a whole-life cost counts, how what a bidder gives becomes costs by year, and what they are worth
//! at the purchase.

use super::check::MAX_PRICE;
use super::inputs::CostFlow;
use super::kinds::WholeLife;
use crate::values::Pence;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most later costs that one criterion may ask.
pub const MOST_ITEMS: usize = 20;
/// Most amounts that one criterion may ask of a bidder, all years of all items.
pub const MOST_AMOUNTS: usize = 200;

/// A later cost that every bidder gives, 0 where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostItem {
    /// Unique in its criterion.
    pub id: String,
    /// As published.
    pub title: String,
    /// When it is paid.
    pub paid: CostPaid,
}

/// When a later cost is paid. Every cost of a year is discounted as if it were paid at that year's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostPaid {
    /// The same amount in each year from 1 to the last.
    EveryYear,
    /// An amount for each year from 1 to the last.
    ByYear,
    /// One amount in the last year.
    AtEnd,
    /// What is left in the last year: one amount, taken off.
    WorthAtEnd,
}

impl CostItem {
    /// How many amounts a bidder gives for it.
    #[must_use]
    pub fn amounts(&self, years: u32) -> usize {
        if self.paid == CostPaid::ByYear { usize::try_from(years).unwrap_or(usize::MAX) } else { 1 }
    }

    /// What is given as costs by year; `None` when another number of amounts is given than is asked.
    #[must_use]
    pub fn flows(&self, years: u32, given: &[Pence]) -> Option<Vec<CostFlow>> {
        if given.len() != self.amounts(years) {
            return None;
        }
        let flow = |year: u32, amount: Pence| CostFlow { year, what: self.title.clone(), amount };
        let first = given.first().copied()?;
        Some(match self.paid {
            CostPaid::EveryYear => (1..=years).map(|year| flow(year, first)).collect(),
            CostPaid::ByYear => (1..=years).zip(given).map(|(year, amount)| flow(year, *amount)).collect(),
            CostPaid::AtEnd => vec![flow(years, first)],
            CostPaid::WorthAtEnd => vec![flow(years, -first)],
        })
    }
}

impl WholeLife {
    /// Everything that a bidder gives, by item, as costs by year; `None` while an item is missing.
    #[must_use]
    pub fn flows(&self, given: &BTreeMap<String, Vec<Pence>>) -> Option<Vec<CostFlow>> {
        let mut all = Vec::new();
        for item in &self.items {
            all.extend(item.flows(self.years, given.get(&item.id)?)?);
        }
        Some(all)
    }

    /// The price with the later costs at the purchase, which is what a formula compares; `None` when the figures are
    /// out of range, so that no ranking could take them: see [`MAX_PRICE`].
    #[must_use]
    pub fn cost(&self, price: Pence, flows: &[CostFlow]) -> Option<Pence> {
        let factors: Option<Vec<Decimal>> = (0..=self.years).map(|year| self.discount.factor(year)).collect();
        let later = at_purchase(flows, self.years, &factors?).ok()?;
        let whole = Pence(price.0.checked_add(later.0)?);
        (Pence(1)..=MAX_PRICE).contains(&whole).then_some(whole)
    }
}

/// Later costs at the purchase, rounded once to the penny, half away from zero; `factors` by year from 0.
pub(super) fn at_purchase(flows: &[CostFlow], years: u32, factors: &[Decimal]) -> Result<Pence, String> {
    let mut sum = Decimal::ZERO;
    for flow in flows {
        let factor = usize::try_from(flow.year)
            .ok()
            .and_then(|year| factors.get(year))
            .filter(|_| flow.amount >= -MAX_PRICE && flow.amount <= MAX_PRICE);
        let Some(factor) = factor else {
            return Err(format!("“{}” must be a cost of at most {MAX_PRICE} in a year from 0 to {years}.", flow.what));
        };
        let present = flow.amount.decimal().checked_mul(*factor);
        sum = present.and_then(|p| sum.checked_add(p)).ok_or("the costs are too large.")?;
    }
    Pence::round_pence(sum).map_err(|_| "the costs are too large.".to_owned())
}

/// The costs of each year that has any, by rising year; `None` when a sum cannot be held.
pub(super) fn by_year(flows: &[CostFlow]) -> Option<Vec<(u32, Pence)>> {
    let mut years: BTreeMap<u32, i64> = BTreeMap::new();
    for flow in flows {
        let sum = years.entry(flow.year).or_default();
        *sum = sum.checked_add(flow.amount.0)?;
    }
    Some(years.into_iter().map(|(year, pence)| (year, Pence(pence))).collect())
}

#[cfg(test)]
mod tests {
    use super::super::kinds::Discount;
    use super::*;
    use rust_decimal::dec;

    fn life() -> WholeLife {
        let item = |id: &str, paid| CostItem { id: id.into(), title: id.into(), paid };
        WholeLife {
            years: 2,
            discount: Discount::Rate { rate: dec!(0.1) },
            items: vec![
                item("energy", CostPaid::EveryYear),
                item("repairs", CostPaid::ByYear),
                item("disposal", CostPaid::AtEnd),
                item("resale", CostPaid::WorthAtEnd),
            ],
        }
    }

    #[test]
    fn what_a_bidder_gives_becomes_costs_of_the_years_in_which_they_are_paid() {
        let mut given: BTreeMap<String, Vec<Pence>> = BTreeMap::new();
        for (id, amounts) in [("energy", vec![11_000]), ("repairs", vec![0, 24_200]), ("disposal", vec![12_100])] {
            given.insert(id.into(), amounts.into_iter().map(Pence).collect());
        }
        assert_eq!(life().flows(&given), None, "the resale value is not given");
        given.insert("resale".into(), vec![Pence(6_050)]);
        let flows = life().flows(&given).unwrap();
        assert_eq!(by_year(&flows).unwrap(), [(1, Pence(11_000)), (2, Pence(41_250))]);
        // 110 ÷ 1.1 + (110 + 242 + 121 − 60.50) ÷ 1.21 = 100 + 340.9090…
        assert_eq!(life().cost(Pence(100_000), &flows), Some(Pence(144_091)));
        given.insert("repairs".into(), vec![Pence(1)]);
        assert_eq!(life().flows(&given), None, "a year of repairs is not given");
    }

    #[test]
    fn a_cost_that_no_ranking_could_take_is_none() {
        let worth = CostFlow { year: 2, what: "resale".into(), amount: Pence(-200_000) };
        assert_eq!(life().cost(Pence(100_000), &[worth]), None);
        let late = CostFlow { year: 3, what: "energy".into(), amount: Pence(1) };
        assert_eq!(life().cost(Pence(100_000), &[late]), None);
    }
}
