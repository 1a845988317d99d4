//! The gross cash equivalent of a loan below the market rate.
//!
//! GCE = Σ over balances: (market rate − contract rate) × balance × days/365, each discounted from the last day the
//! balance stood to the day of the award. Market and discount rates are inputs, each with its day and source.

use super::powers::Discounter;
use super::schedule::{Balance, LoanTerms, Schedule, balances};
use crate::values::{LocalDate, Pence, Rate, round_half_up};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rate with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourcedRate {
    /// Yearly rate as a fraction.
    pub rate: Rate,
    /// The day it was observed.
    pub on: LocalDate,
    /// Who published or quoted it.
    pub source: String,
}

/// The benefit of one balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BenefitLine {
    /// The balance and its days.
    pub balance: Balance,
    /// (Market − contract) × balance × days/365, rounded to the penny; negative where the contract is dearer.
    pub benefit: Pence,
    /// Discount factor from the last day of the balance to the award, to 12 places.
    pub factor: Decimal,
    /// Benefit × factor, rounded to the penny.
    pub present_value: Pence,
}

/// A gross cash equivalent with its working.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrossCashEquivalent {
    /// The market rate used.
    pub market: SourcedRate,
    /// The discount rate used.
    pub discount: SourcedRate,
    /// The day of the award, to which benefits are discounted.
    pub awarded_on: LocalDate,
    /// Balance by balance.
    pub lines: Vec<BenefitLine>,
    /// The sum of the lines, and nothing when the contract is at or above the market.
    pub amount: Pence,
}

/// Works out the gross cash equivalent of a loan from its schedule.
///
/// Balances from before the award are discounted by nothing. `None` when an amount does not fit or the discount rate
/// is −100 % or less.
#[must_use]
pub fn gross_cash_equivalent(
    terms: &LoanTerms,
    schedule: &Schedule,
    market: SourcedRate,
    discount: SourcedRate,
    awarded_on: LocalDate,
) -> Option<GrossCashEquivalent> {
    let gap = market.rate.get().checked_sub(terms.rate.get())?;
    let mut discounter = Discounter::new(discount.rate.get())?;
    let mut lines = Vec::new();
    for balance in balances(terms, schedule) {
        let days = Decimal::from((balance.to - balance.from).num_days());
        let exact = balance.amount.decimal().checked_mul(gap)?.checked_mul(days)?.checked_div(Decimal::from(365))?;
        let benefit = Pence::round_pence(exact).ok()?;
        let after = u32::try_from((balance.to - awarded_on).num_days().max(0)).ok()?;
        let factor = round_half_up(discounter.factor(after)?, 12);
        let present_value = Pence::round_pence(benefit.decimal().checked_mul(factor)?).ok()?;
        lines.push(BenefitLine { balance, benefit, factor, present_value });
    }
    let amount = Pence::total(lines.iter().map(|l| l.present_value)).ok()?.max(Pence::ZERO);
    Some(GrossCashEquivalent { market, discount, awarded_on, lines, amount })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::schedule::{InterestBasis, Repayment, Tranche, build};
    use crate::values::time::parse_date;
    use proptest::prelude::*;

    fn sourced(rate: &str) -> SourcedRate {
        let on = parse_date("2026-01-01").unwrap();
        SourcedRate { rate: rate.parse().unwrap(), on, source: "Three quotes on file".to_owned() }
    }

    fn bullet(rate: &str) -> LoanTerms {
        LoanTerms {
            tranches: vec![Tranche { on: parse_date("2026-01-01").unwrap(), amount: Pence(10_000_000) }],
            rate: rate.parse().unwrap(),
            repayment: Repayment::Bullet,
            instalments: 2,
            period_months: 12,
            first_due: None,
            interest: InterestBasis::Act365F,
            holiday: None,
        }
    }

    fn equivalent(contract: &str, market: &str, discount: &str) -> GrossCashEquivalent {
        let terms = bullet(contract);
        let schedule = build(&terms).unwrap();
        let on = terms.tranches[0].on;
        gross_cash_equivalent(&terms, &schedule, sourced(market), sourced(discount), on).unwrap()
    }

    #[test]
    fn the_benefit_of_a_cheap_loan_is_the_interest_saved_at_present_value() {
        // 4 % of £100,000 for two years: 4,000/1.1 + 4,000/1.21.
        let found = equivalent("0.02", "0.06", "0.10");
        let lines: Vec<_> = found.lines.iter().map(|l| (l.benefit.0, l.present_value.0)).collect();
        assert_eq!(lines, [(400_000, 363_636), (400_000, 330_579)]);
        assert_eq!(found.amount, Pence(694_215));
        assert_eq!(equivalent("0.02", "0.06", "0").amount, Pence(800_000));
    }

    #[test]
    fn a_loan_at_or_above_the_market_rate_is_no_subsidy() {
        assert_eq!(equivalent("0.06", "0.06", "0.05").amount, Pence::ZERO);
        assert_eq!(equivalent("0.08", "0.06", "0.05").amount, Pence::ZERO);
    }

    proptest! {
        #[test]
        fn a_dearer_market_never_lowers_the_equivalent(contract in 0_i64..2_000, market in 0_i64..2_000, more in 0_i64..500) {
            let rate = |points: i64| Decimal::new(points, 4).to_string();
            let at = |points: i64| equivalent(&rate(contract), &rate(points), "0.05").amount;
            prop_assert!(at(market + more) >= at(market));
        }
    }
}
