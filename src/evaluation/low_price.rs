//! Abnormally low prices: flags that open an enquiry, never exclusions.
//!
//! A price that the supplier justifies may not be set aside (Procurement Act 2023 s.19).

use super::exact;
use super::model::LowPriceRule;
use crate::values::Pence;
use crate::values::decimals::shown_percent;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a price is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LowPriceReason {
    /// Far below the mean of the other prices.
    BelowMean,
    /// Far below the next higher price.
    BelowNext,
    /// Less than the hours offered cost at the living wage.
    BelowLivingWage,
}

/// A price that opens an enquiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LowPriceFlag {
    /// The bid.
    pub bid: String,
    /// Why.
    pub reason: LowPriceReason,
    /// The bid's price.
    #[schemars(schema_with = "exact::schema")]
    pub price: Pence,
    /// How far below, as a part: 0.45 is 45 % below. To six places, for showing.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub below: Decimal,
    /// For the officer.
    pub sentence: String,
}

/// Flags among the prices of bids that are not excluded. A lone price has nothing to be compared with.
///
/// `1 − p ÷ mean of the others ≥ below_mean`, or `1 − p ÷ next higher price ≥ below_next`; the limits themselves flag.
#[must_use]
pub fn low_prices(prices: &[(String, Pence)], rule: &LowPriceRule) -> Vec<LowPriceFlag> {
    let sum: Decimal = prices.iter().map(|(_, p)| p.decimal()).sum();
    let others = Decimal::from(prices.len().saturating_sub(1));
    let mut flags = Vec::new();
    for (bid, price) in prices {
        if others.is_zero() {
            break;
        }
        let mut flag = |reason, against: Decimal, limit: Decimal, what: &str| {
            let gap = against - price.decimal();
            if gap > Decimal::ZERO && gap >= limit * against {
                let below = gap / against;
                flags.push(LowPriceFlag {
                    bid: bid.clone(),
                    reason,
                    price: *price,
                    below: below.round_dp(6),
                    sentence: format!(
                        "The price {price} is {} below {what}. Ask the supplier to explain it; a price that is \
                         justified may not be set aside.",
                        shown_percent(below, 1)
                    ),
                });
            }
        };
        let mean = (sum - price.decimal()) / others;
        flag(LowPriceReason::BelowMean, mean, rule.below_mean, "the mean of the other prices");
        if let Some(next) = prices.iter().map(|(_, p)| *p).filter(|p| p > price).min() {
            flag(LowPriceReason::BelowNext, next.decimal(), rule.below_next, "the next higher price");
        }
    }
    flags
}

/// A flag when a price is less than the hours offered would cost at an hourly wage.
#[must_use]
pub fn below_wage_cost(bid: &str, price: Pence, hours: Decimal, wage: Pence) -> Option<LowPriceFlag> {
    let cost = hours.checked_mul(wage.decimal())?;
    if cost <= Decimal::ZERO || price.decimal() >= cost {
        return None;
    }
    let below = (cost - price.decimal()) / cost;
    Some(LowPriceFlag {
        bid: bid.to_owned(),
        reason: LowPriceReason::BelowLivingWage,
        price,
        below: below.round_dp(6),
        sentence: format!(
            "The price {price} is less than the {} hours offered cost at the living wage of {wage} an hour.",
            hours.normalize()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn flags(prices: &[i64]) -> Vec<(String, LowPriceReason)> {
        let named: Vec<_> = prices.iter().enumerate().map(|(i, p)| (format!("B{i}"), Pence(*p))).collect();
        low_prices(&named, &LowPriceRule::default()).into_iter().map(|f| (f.bid, f.reason)).collect()
    }

    #[test]
    fn forty_per_cent_below_the_others_opens_an_enquiry_and_a_penny_less_does_not() {
        assert_eq!(
            flags(&[6_000, 10_000, 10_000]),
            [("B0".to_owned(), LowPriceReason::BelowMean), ("B0".to_owned(), LowPriceReason::BelowNext)]
        );
        assert_eq!(flags(&[6_001, 8_500, 11_500]), []);
    }

    #[test]
    fn thirty_per_cent_below_the_next_price_opens_an_enquiry() {
        assert_eq!(flags(&[7_000, 10_000]), [("B0".to_owned(), LowPriceReason::BelowNext)]);
        assert_eq!(flags(&[7_001, 10_000]), []);
        assert_eq!(flags(&[1]), []);
        assert_eq!(flags(&[5_000, 5_000]), []);
    }

    #[test]
    fn a_price_below_the_wage_cost_of_its_hours_is_flagged() {
        let flag = below_wage_cost("B1", Pence(1_000_000), dec!(1000), Pence(1480)).unwrap();
        assert_eq!(flag.reason, LowPriceReason::BelowLivingWage);
        assert_eq!(below_wage_cost("B1", Pence(1_480_000), dec!(1000), Pence(1480)), None);
        assert_eq!(below_wage_cost("B1", Pence(1), dec!(0), Pence(1480)), None);
    }
}
