//! The gross cash equivalent of every instrument, and the running total of minimal financial assistance by group.
//!
//! Market and discount rates are dated data of their own: a rate older than its table allows is refused, never guessed.

use super::instruments::guarantee::Guarantee;
use super::irr::{Flow, xnpv};
use super::loan::LoanSchedule;
use super::refusal::{FinanceRefusal, Worked, penny, times, total};
use super::subsidy_equivalent::SourcedRate;
use crate::law::subsidy::{Assistance, MfaCheck, SubsidyRefusal, mfa_check};
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The rate of a table that holds on a day: the latest observed by then and not older than so many days.
///
/// # Errors
/// [`FinanceRefusal::Missing`].
pub fn rate_on(rates: &[SourcedRate], on: LocalDate, oldest_days: i64) -> Worked<&SourcedRate> {
    rates
        .iter()
        .filter(|r| r.on <= on && (on - r.on).num_days() <= oldest_days)
        .max_by_key(|r| r.on)
        .ok_or(FinanceRefusal::Missing("a market rate observed recently enough"))
}

/// A grant is worth what is paid.
#[must_use]
pub fn of_grant(amount: Pence) -> Pence {
    amount.max(Pence::ZERO)
}

/// Anything that pays back (loan, revenue share, recoverable grant, convertible): what is given less what comes back at
/// the market rate for that risk, on the day of the first flow; nothing when the market would have paid as much.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`].
pub fn of_cash(cash: &[Flow], market: Decimal) -> Worked<Pence> {
    let value = xnpv(market, cash).and_then(|v| v.checked_mul(Decimal::ONE_HUNDRED)).ok_or(FinanceRefusal::TooLarge)?;
    Ok((-penny(value)?).max(Pence::ZERO))
}

/// A loan by its balances: Σ (market − rate) × balance × part of a year over the interest parts, at present value on the
/// day of the award. Periods that bear no interest by agreement have no parts; [`of_cash`] sees those too.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`].
pub fn of_loan_balances(
    loan: &LoanSchedule,
    market: Decimal,
    discount: Decimal,
    awarded_on: LocalDate,
) -> Worked<Pence> {
    let mut benefits = vec![Flow { date: awarded_on, amount: Pence::ZERO }];
    for row in loan.loans.iter().flatten() {
        let mut exact = Decimal::ZERO;
        for part in &row.parts {
            let gap = market.checked_sub(part.rate).and_then(|gap| part.base.checked_mul(gap));
            let gap = gap.and_then(|g| g.checked_mul(part.years)).and_then(|g| exact.checked_add(g));
            exact = gap.ok_or(FinanceRefusal::TooLarge)?;
        }
        benefits.push(Flow { date: row.due.max(awarded_on), amount: penny(exact)? });
    }
    let value = xnpv(discount, &benefits).and_then(|v| v.checked_mul(Decimal::ONE_HUNDRED));
    Ok(penny(value.ok_or(FinanceRefusal::TooLarge)?)?.max(Pence::ZERO))
}

/// Equity: what is paid above the market value of the shares received; nothing on market terms.
#[must_use]
pub fn of_equity(paid: Pence, market_value: Pence) -> Pence {
    Pence(paid.0.saturating_sub(market_value.0)).max(Pence::ZERO)
}

/// A guarantee: (market fee − fee) × exposure each year, at present value.
///
/// `balances` are the guaranteed balances with the first day of each year.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`].
pub fn of_guarantee(
    guarantee: &Guarantee,
    market_fee: Decimal,
    balances: &[(LocalDate, Pence)],
    discount: Decimal,
) -> Worked<Pence> {
    let mut saved = Vec::with_capacity(balances.len());
    for (on, balance) in balances {
        saved.push(Flow { date: *on, amount: guarantee_saving(guarantee, market_fee, *balance, *on)?.1 });
    }
    let value = xnpv(discount, &saved).and_then(|v| v.checked_mul(Decimal::ONE_HUNDRED));
    Ok(penny(value.ok_or(FinanceRefusal::TooLarge)?)?.max(Pence::ZERO))
}

/// The exposure of a guaranteed balance in the year from a day, and the fee it saves against the market.
pub(super) fn guarantee_saving(
    guarantee: &Guarantee,
    market_fee: Decimal,
    balance: Pence,
    on: LocalDate,
) -> Worked<(Pence, Pence)> {
    let gap = market_fee.checked_sub(guarantee.fee.get()).ok_or(FinanceRefusal::TooLarge)?;
    let exposure = guarantee.exposure(balance, Pence::ZERO, on)?;
    Ok((exposure, times(exposure, gap)?))
}

/// Assistance an enterprise had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The enterprise.
    pub enterprise: String,
    /// What it had.
    pub assistance: Assistance,
}

/// Checks new assistance for an enterprise against everything its whole group had, exact at the limit, with the excess.
///
/// `parents` says who controls whom; an enterprise without one is its own group. A ring of control is one group.
///
/// # Errors
/// [`SubsidyRefusal`].
pub fn mfa_by_group(
    given: &[Given],
    parents: &BTreeMap<String, String>,
    enterprise: &str,
    new: Pence,
    on: LocalDate,
) -> Result<MfaCheck, SubsidyRefusal> {
    let top = group_of(parents, enterprise);
    let received: Vec<Assistance> = given
        .iter()
        .filter(|g| group_of(parents, &g.enterprise) == top)
        .map(|g| Assistance { given: g.assistance.given, amount: g.assistance.amount, kind: g.assistance.kind })
        .collect();
    mfa_check(&received, new, on)
}

/// The enterprise at the top; in a ring, the first of it by name.
pub(super) fn group_of<'a>(parents: &'a BTreeMap<String, String>, enterprise: &'a str) -> &'a str {
    let mut path = vec![enterprise];
    let mut at = enterprise;
    while let Some(parent) = parents.get(at) {
        if let Some(ring) = path.iter().position(|name| *name == parent.as_str()) {
            return path[ring..].iter().copied().min().unwrap_or(at);
        }
        path.push(parent);
        at = parent;
    }
    at
}

/// The sum of several instruments' equivalents.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`].
pub fn together(equivalents: &[Pence]) -> Worked<Pence> {
    total(equivalents.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::subsidy::AssistanceKind;
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    #[test]
    fn what_the_market_would_not_have_paid_is_the_equivalent_of_each_instrument() {
        let flow = |on: &str, pounds: i64| Flow { date: date(on), amount: Pence(pounds * 100) };
        let loan = [flow("2026-01-01", -1_000), flow("2027-01-01", 1_045)];
        assert_eq!(of_cash(&loan, dec!(0.1)), Ok(Pence(5_000)));
        assert_eq!(of_cash(&loan, dec!(0.04)), Ok(Pence::ZERO));
        assert_eq!(of_equity(Pence(100), Pence(60)), Pence(40));
        assert_eq!(of_equity(Pence(100), Pence(160)), Pence::ZERO);
        let guarantee = Guarantee {
            cover: "0.5".parse().unwrap(),
            limit: Pence(100_000_000),
            until: date("2030-01-01"),
            fee: "0.01".parse().unwrap(),
        };
        let years = [(date("2026-01-01"), Pence(10_000_000)), (date("2027-01-01"), Pence(10_000_000))];
        assert_eq!(of_guarantee(&guarantee, dec!(0.03), &years, dec!(0)), Ok(Pence(200_000)));
        assert_eq!(together(&[Pence(1), Pence(2)]), Ok(Pence(3)));
    }

    #[test]
    fn an_old_market_rate_is_refused() {
        let rate = |on: &str, rate: &str| SourcedRate {
            rate: rate.parse().unwrap(),
            on: date(on),
            source: "Quotes".to_owned(),
        };
        let table = [rate("2026-01-01", "0.08"), rate("2026-06-01", "0.09")];
        assert_eq!(rate_on(&table, date("2026-05-31"), 365).unwrap().rate.to_string(), "0.08");
        assert_eq!(rate_on(&table, date("2026-07-01"), 365).unwrap().rate.to_string(), "0.09");
        assert!(rate_on(&table, date("2028-01-01"), 365).is_err());
    }

    #[test]
    fn a_whole_group_shares_one_limit_even_when_control_goes_round_in_a_ring() {
        let had = |name: &str, pounds: i64| Given {
            enterprise: name.to_owned(),
            assistance: Assistance {
                given: date("2026-05-01"),
                amount: Pence(pounds * 100),
                kind: AssistanceKind::Mfa,
            },
        };
        let given = [had("Bakery", 200_000), had("Mill", 100_000), had("Other", 300_000)];
        let parents: BTreeMap<String, String> = [("Bakery", "Mill"), ("Mill", "Farm"), ("Farm", "Bakery")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .into();
        let check = |new| mfa_by_group(&given, &parents, "Farm", Pence(new), date("2026-11-24")).unwrap();
        assert!(check(1_500_000).fits, "exactly £315,000");
        let over = check(1_500_001);
        assert_eq!((over.allowed, over.excess), (Pence(1_500_000), Pence(1)));
    }
}
