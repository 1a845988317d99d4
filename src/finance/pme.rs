//! A fund against a public market index: would the same money in the index have done better?
//!
//! Flows are dated and the rates are those of dated flows; where the last flow and the net asset value fall on one day
//! they are added, never the one written over the other.

use super::irr::{Closing, Flow, RateRefusal, Xirr, xirr};
use super::measures::{Side, TypedFlow};
use super::powers::Discounter;
use super::refusal::{FinanceRefusal, Worked, penny};
use crate::values::{LocalDate, Pence, round_half_up};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The index on a day; dividends reinvested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The day.
    pub on: LocalDate,
    /// Its level, more than 0.
    pub level: Decimal,
}

/// A fund's contributions and distributions with the index grown to the end, and what is held then.
struct Future {
    /// Day, paid in, distributed, I_T / I_t.
    flows: Vec<(LocalDate, Decimal, Decimal, Decimal)>,
    nav: Decimal,
    on: LocalDate,
}

/// The level that holds on a day: the latest at or before it.
///
/// # Errors
/// [`FinanceRefusal::Missing`].
pub fn level_on(index: &[Level], on: LocalDate) -> Worked<Decimal> {
    let found = index.iter().filter(|l| l.on <= on && l.level > Decimal::ZERO).max_by_key(|l| l.on);
    found.map(|l| l.level).ok_or(FinanceRefusal::Missing("the level of the index from the first flow on"))
}

fn future(flows: &[TypedFlow], nav: Pence, index: &[Level], on: LocalDate) -> Worked<Future> {
    let last = level_on(index, on)?;
    let mut seen = Vec::new();
    for flow in flows.iter().filter(|f| f.on <= on && f.kind.side() != Side::NoCash) {
        let growth = last.checked_div(level_on(index, flow.on)?).ok_or(FinanceRefusal::TooLarge)?;
        let amount = flow.amount.decimal();
        seen.push(match flow.kind.side() {
            Side::PaidIn => (flow.on, amount, Decimal::ZERO, growth),
            _ => (flow.on, Decimal::ZERO, amount, growth),
        });
    }
    seen.sort_by_key(|f| f.0);
    Ok(Future { flows: seen, nav: nav.decimal(), on })
}

impl Future {
    fn paid_in(&self) -> Worked<Decimal> {
        self.sum(|(_, c, _, growth)| c.checked_mul(*growth))
    }

    fn distributed(&self) -> Worked<Decimal> {
        self.sum(|(_, _, d, growth)| d.checked_mul(*growth))
    }

    fn sum(&self, of: impl Fn(&(LocalDate, Decimal, Decimal, Decimal)) -> Option<Decimal>) -> Worked<Decimal> {
        let add = |sum: Decimal, f| of(f).and_then(|v| sum.checked_add(v)).ok_or(FinanceRefusal::TooLarge);
        self.flows.iter().try_fold(Decimal::ZERO, add)
    }
}

/// Kaplan–Schoar: (Σ D·I_T/I_t + NAV) / Σ C·I_T/I_t, to 4 places. Above 1 the fund did better than the index.
///
/// # Errors
/// [`FinanceRefusal`]: nothing paid in, no index level.
pub fn kaplan_schoar(flows: &[TypedFlow], nav: Pence, index: &[Level], on: LocalDate) -> Worked<Decimal> {
    let future = future(flows, nav, index, on)?;
    let value = future.distributed()?.checked_add(future.nav).ok_or(FinanceRefusal::TooLarge)?;
    let ratio = value.checked_div(future.paid_in()?).ok_or(FinanceRefusal::NotPositive("something paid in"))?;
    Ok(round_half_up(ratio, 4))
}

/// A rate of the index under a method, beside the fund's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicEquivalent {
    /// What the index portfolio would be worth, or in Direct Alpha what is held.
    pub nav: Pence,
    /// The rate under the method.
    pub index: Xirr,
    /// The fund's own rate.
    pub fund: Xirr,
    /// Fund − index, where both have one rate.
    pub difference: Option<Decimal>,
    /// PME+'s scale, mPME has none, to 8 places.
    pub scale: Option<Decimal>,
}

fn own_rate(future: &Future) -> Worked<Xirr> {
    rate(future, &|_, c, d| d.checked_sub(c), future.nav)
}

fn rate(future: &Future, amount: &dyn Fn(usize, Decimal, Decimal) -> Option<Decimal>, nav: Decimal) -> Worked<Xirr> {
    let mut flows = Vec::with_capacity(future.flows.len());
    for (place, (date, c, d, _)) in future.flows.iter().enumerate() {
        let pence = amount(place, *c, *d).ok_or(FinanceRefusal::TooLarge)?;
        flows.push(Flow { date: *date, amount: penny(pence)? });
    }
    // A portfolio that owes (Long–Nickels after large distributions) closes with a negative value: a flow, no statement.
    let value = penny(nav)?;
    if value < Pence::ZERO {
        flows.push(Flow { date: future.on, amount: value });
        return Ok(xirr(&flows, None));
    }
    Ok(xirr(&flows, Some(Closing { date: future.on, value })))
}

fn compared(nav: Decimal, index: Xirr, fund: Xirr, scale: Option<Decimal>) -> Worked<PublicEquivalent> {
    let difference = fund.rate().zip(index.rate()).map(|(f, i)| f - i);
    Ok(PublicEquivalent { nav: penny(nav)?, index, fund, difference, scale })
}

/// Long–Nickels: contributions buy the index, distributions sell it; NAV* = Σ (C − D)·I_T/I_t, and the rate of the same
/// flows with NAV*. NAV* below zero means that the index would have run out of money: the method then says little.
///
/// # Errors
/// [`FinanceRefusal`].
pub fn long_nickels(flows: &[TypedFlow], nav: Pence, index: &[Level], on: LocalDate) -> Worked<PublicEquivalent> {
    let future = future(flows, nav, index, on)?;
    let held = future.paid_in()?.checked_sub(future.distributed()?).ok_or(FinanceRefusal::TooLarge)?;
    let index_rate = rate(&future, &|_, c, d| d.checked_sub(c), held)?;
    compared(held, index_rate, own_rate(&future)?, None)
}

/// PME+: distributions scaled by λ = (Σ C·I_T/I_t − NAV) / Σ D·I_T/I_t so that the index ends with the same NAV.
///
/// # Errors
/// [`FinanceRefusal`]: without distributions there is no scale.
pub fn pme_plus(flows: &[TypedFlow], nav: Pence, index: &[Level], on: LocalDate) -> Worked<PublicEquivalent> {
    let future = future(flows, nav, index, on)?;
    let left = future.paid_in()?.checked_sub(future.nav).ok_or(FinanceRefusal::TooLarge)?;
    let scale = left.checked_div(future.distributed()?).ok_or(FinanceRefusal::NotPositive("a distribution"))?;
    let index_rate = rate(&future, &|_, c, d| d.checked_mul(scale)?.checked_sub(c), future.nav)?;
    let held = future.nav;
    compared(held, index_rate, own_rate(&future)?, Some(round_half_up(scale, 8)))
}

/// Modified PME: at each distribution the index portfolio gives up the same part as the fund, D / (D + NAV).
///
/// `navs` are the fund's values after each flow's day. Where nothing is distributed the part is 0, whatever is held.
///
/// # Errors
/// [`FinanceRefusal`]: a value missing on the day of a distribution.
pub fn modified_pme(
    flows: &[TypedFlow],
    navs: &[(LocalDate, Pence)],
    nav: Pence,
    index: &[Level],
    on: LocalDate,
) -> Worked<PublicEquivalent> {
    let future = future(flows, nav, index, on)?;
    let mut held = Decimal::ZERO;
    let mut sold = vec![Decimal::ZERO; future.flows.len()];
    let mut before: Option<Decimal> = None;
    let mut start = 0;
    while let Some((date, ..)) = future.flows.get(start) {
        let end = start + future.flows[start..].iter().take_while(|f| f.0 == *date).count();
        let level = level_on(index, *date)?;
        let growth = before.map_or(Some(Decimal::ONE), |before| level.checked_div(before));
        held = growth.and_then(|g| held.checked_mul(g)).ok_or(FinanceRefusal::TooLarge)?;
        let sum = |of: fn(&(LocalDate, Decimal, Decimal, Decimal)) -> Decimal| {
            future.flows[start..end].iter().map(of).sum::<Decimal>()
        };
        held = held.checked_add(sum(|f| f.1)).ok_or(FinanceRefusal::TooLarge)?;
        let given = sum(|f| f.2);
        if given > Decimal::ZERO {
            let value = if *date == on { Some(nav) } else { navs.iter().find(|(day, _)| day == date).map(|(_, v)| *v) };
            let value = value.ok_or(FinanceRefusal::Missing("the net asset value on each day of a distribution"))?;
            let part = given.checked_div(given + value.decimal()).ok_or(FinanceRefusal::TooLarge)?;
            let out = held.checked_mul(part).ok_or(FinanceRefusal::TooLarge)?;
            for (place, flow) in future.flows.iter().enumerate().take(end).skip(start) {
                sold[place] = flow
                    .2
                    .checked_div(given)
                    .and_then(|share| share.checked_mul(out))
                    .ok_or(FinanceRefusal::TooLarge)?;
            }
            held = held.checked_sub(out).ok_or(FinanceRefusal::TooLarge)?;
        }
        before = Some(level);
        start = end;
    }
    let growth =
        before.map_or(Some(Decimal::ONE), |before| level_on(index, on).ok().and_then(|l| l.checked_div(before)));
    held = growth.and_then(|g| held.checked_mul(g)).ok_or(FinanceRefusal::TooLarge)?;
    let index_rate = rate(&future, &|place, c, _| sold[place].checked_sub(c), held)?;
    compared(held, index_rate, own_rate(&future)?, None)
}

/// Direct Alpha: the rate of the flows grown to the end with the index, and NAV: what the fund earned a year on top of the
/// index (discrete, not continuous).
///
/// # Errors
/// [`FinanceRefusal`].
pub fn direct_alpha(flows: &[TypedFlow], nav: Pence, index: &[Level], on: LocalDate) -> Worked<Xirr> {
    let future = future(flows, nav, index, on)?;
    let growth: Vec<Decimal> = future.flows.iter().map(|f| f.3).collect();
    rate(&future, &|place, c, d| d.checked_sub(c)?.checked_mul(growth[place]), future.nav)
}

/// A series of an index that grows at one yearly rate, for tests of plausibility and for a hurdle.
///
/// # Errors
/// [`RateRefusal::TooLarge`], also at −100 % or less.
pub fn hurdle(rate: Decimal, from: LocalDate, days: &[LocalDate]) -> Result<Vec<Level>, RateRefusal> {
    let mut discounter = Discounter::new(rate).ok_or(RateRefusal::TooLarge)?;
    days.iter()
        .map(|on| {
            let apart = u32::try_from((*on - from).num_days()).map_err(|_| RateRefusal::TooLarge)?;
            let factor = discounter.factor(apart).ok_or(RateRefusal::TooLarge)?;
            Ok(Level { on: *on, level: Decimal::ONE_HUNDRED.checked_div(factor).ok_or(RateRefusal::TooLarge)? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::measures::FlowKind;
    use crate::values::time::parse_date;
    use chrono::Days;
    use proptest::prelude::*;
    use rust_decimal::dec;

    fn at(year: u64) -> LocalDate {
        parse_date("2021-01-01").unwrap() + Days::new(365 * year)
    }

    fn flow(year: u64, kind: FlowKind, pounds: i64) -> TypedFlow {
        TypedFlow { on: at(year), kind, amount: Pence(pounds * 100) }
    }

    fn index(levels: &[i64]) -> Vec<Level> {
        (0_u64..).zip(levels).map(|(year, level)| Level { on: at(year), level: Decimal::from(*level) }).collect()
    }

    #[test]
    fn the_last_flow_and_the_value_are_added_where_the_common_library_overwrites_one_with_the_other() {
        // −25, 15, 7 against 100, 115, 130: the published −0.0429 loses the 7, the definition gives 0.1436.
        let flows = [flow(0, FlowKind::Drawdown, 25), flow(1, FlowKind::Interest, 15), flow(2, FlowKind::Interest, 7)];
        let found = long_nickels(&flows, Pence::ZERO, &index(&[100, 115, 130]), at(2)).unwrap();
        assert_eq!(found.index.rate().unwrap().round_dp(4), dec!(0.1436));
        assert!(found.difference.unwrap() < Decimal::ZERO, "a fund without value did worse than the index");
    }

    #[test]
    fn a_fund_that_does_as_the_index_does_is_its_equal_by_every_method() {
        let levels = index(&[100, 110, 121]);
        let flows = [flow(0, FlowKind::Drawdown, 1_000), flow(1, FlowKind::Dividend, 550)];
        let nav = Pence(60_500);
        assert_eq!(kaplan_schoar(&flows, nav, &levels, at(2)), Ok(dec!(1)));
        for found in [
            long_nickels(&flows, nav, &levels, at(2)).unwrap(),
            pme_plus(&flows, nav, &levels, at(2)).unwrap(),
            modified_pme(&flows, &[(at(1), Pence(55_000))], nav, &levels, at(2)).unwrap(),
        ] {
            assert_eq!((found.index.rate(), found.difference, found.nav), (Some(dec!(0.1)), Some(dec!(0)), nav));
        }
        assert_eq!(direct_alpha(&flows, nav, &levels, at(2)).unwrap().rate(), Some(dec!(0)));
    }

    #[test]
    fn what_has_no_answer_says_why() {
        let drawn = [flow(0, FlowKind::Drawdown, 1_000)];
        let levels = index(&[100, 110]);
        assert_eq!(pme_plus(&drawn, Pence(5), &levels, at(1)), Err(FinanceRefusal::NotPositive("a distribution")));
        assert!(matches!(kaplan_schoar(&[], Pence(5), &levels, at(1)), Err(FinanceRefusal::NotPositive(_))));
        assert!(long_nickels(&drawn, Pence(5), &[], at(1)).is_err());
        assert!(
            modified_pme(&drawn, &[], Pence(0), &levels, at(1)).is_ok(),
            "nothing given and nothing held is no failure"
        );
    }

    proptest! {
        #[test]
        fn against_a_steady_index_direct_alpha_is_the_growth_beyond_it(points in 1_i64..1_500, back in prop::collection::vec(1_i64..400, 1..6), nav in 0_i64..1_000) {
            let yearly = Decimal::new(points, 4);
            let days: Vec<LocalDate> = (0..8).map(at).collect();
            let levels = hurdle(yearly, at(0), &days).unwrap();
            let mut flows = vec![flow(0, FlowKind::Drawdown, 1_000_000)];
            flows.extend((1_u64..).zip(&back).map(|(y, p)| flow(y, FlowKind::Interest, *p * 1_000)));
            let nav = Pence(nav * 100_000);
            let alpha = direct_alpha(&flows, nav, &levels, at(7)).unwrap().rate();
            let own = long_nickels(&flows, nav, &levels, at(7)).unwrap().fund.rate();
            if let (Some(alpha), Some(own)) = (alpha, own) {
                let beyond = (Decimal::ONE + own) / (Decimal::ONE + yearly) - Decimal::ONE;
                prop_assert!((alpha - beyond).abs() < dec!(0.000001), "{} {}", alpha, beyond);
            }
        }
    }
}
