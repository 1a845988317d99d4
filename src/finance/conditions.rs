//! Conditions in the price: a margin that falls when promises are kept, money back when they are not, debt forgiven for
//! outcomes. Each gives its effect in cash, at present value and on the subsidy.

use super::irr::{Flow, Xirr, growth_rate, xnpv};
use super::loan::RateStep;
use super::refusal::{FinanceRefusal, Worked, penny, times, total};
use crate::values::{LocalDate, Pence, Rate, Share};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One condition of a ratchet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatchetStep {
    /// The condition.
    pub condition: String,
    /// Taken off the rate when met.
    pub step_down: Decimal,
    /// Added to the rate when not met.
    pub penalty: Decimal,
}

/// A margin ratchet: clamp(base − Σ step-downs met + Σ penalties missed, floor, ceiling).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ratchet {
    /// The rate at the start.
    pub base: Rate,
    /// The conditions.
    pub steps: Vec<RatchetStep>,
    /// The least the rate can be.
    pub floor: Rate,
    /// The most.
    pub ceiling: Rate,
}

/// The test of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tested {
    /// The condition.
    pub condition: String,
    /// The day of the test.
    pub on: LocalDate,
    /// The last day for evidence.
    pub cut_off: LocalDate,
    /// The day evidence that it was met was accepted; `None` when it was not.
    pub accepted_on: Option<LocalDate>,
}

/// The rates a ratchet gives: the base from the first period, and after each test date the new one from the next period.
///
/// Evidence accepted after the cut-off counts as not met. A test changes only periods that start after its cut-off, never
/// earlier ones. The last test of a condition counts; one never tested counts neither way. Only changes are listed.
///
/// # Errors
/// [`FinanceRefusal`]: a floor above the ceiling, an unknown condition, no period.
pub fn ratchet(terms: &Ratchet, tests: &[Tested], period_starts: &[LocalDate]) -> Worked<Vec<RateStep>> {
    if terms.floor > terms.ceiling {
        return Err(FinanceRefusal::Contradiction("The least rate must not be above the most."));
    }
    if tests.iter().any(|t| terms.steps.iter().all(|s| s.condition != t.condition)) {
        return Err(FinanceRefusal::Contradiction("A test names a condition that the ratchet does not have."));
    }
    let mut starts = period_starts.to_vec();
    starts.sort_unstable();
    let mut rates: Vec<RateStep> = Vec::new();
    for start in starts {
        let (_, rate) = rate_from(terms, tests, start)?;
        if rates.last().is_none_or(|last| last.rate != rate) {
            rates.push(RateStep { from: start, rate });
        }
    }
    if rates.is_empty() {
        Err(FinanceRefusal::Missing("the first day of at least one interest period"))
    } else {
        Ok(rates)
    }
}

/// The rate of a period that starts on a day, with each settled condition and whether it was met.
pub(super) fn rate_from<'a>(
    terms: &'a Ratchet,
    tests: &[Tested],
    start: LocalDate,
) -> Worked<(Vec<(&'a RatchetStep, bool)>, Rate)> {
    let mut rate = terms.base.get();
    let mut settled = Vec::new();
    for step in &terms.steps {
        let before = tests.iter().filter(|t| t.condition == step.condition && t.on < start && t.cut_off < start);
        if let Some(test) = before.max_by_key(|t| t.on) {
            let met = test.accepted_on.is_some_and(|day| day <= test.cut_off);
            let change = if met { -step.step_down } else { step.penalty };
            rate = rate.checked_add(change).ok_or(FinanceRefusal::TooLarge)?;
            settled.push((step, met));
        }
    }
    let rate = rate.clamp(terms.floor.get(), terms.ceiling.get());
    Ok((settled, Rate::new(rate).map_err(|_| FinanceRefusal::TooLarge)?))
}

/// Money back because a promise was not kept: amount × shortfall × what is left of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clawback {
    /// What was given.
    pub amount: Pence,
    /// What was promised.
    pub promised: Decimal,
    /// What was delivered.
    pub delivered: Decimal,
    /// The first day the promise ran.
    pub from: LocalDate,
    /// The day it ends: the liability falls straight-line to nothing then. `None` for no fall.
    pub until: Option<LocalDate>,
}

/// A clawback with its working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClawbackDue {
    /// (Promised − delivered) / promised, between 0 and 1.
    pub shortfall: Decimal,
    /// What is left of the time, between 0 and 1.
    pub time_left: Decimal,
    /// To pay back.
    pub amount: Pence,
}

/// What is to be paid back on a day.
///
/// # Errors
/// [`FinanceRefusal`]: nothing promised, an end not after the start.
pub fn clawback(terms: &Clawback, on: LocalDate) -> Worked<ClawbackDue> {
    if terms.promised <= Decimal::ZERO {
        return Err(FinanceRefusal::NotPositive("a promise"));
    }
    let missing = terms.promised.checked_sub(terms.delivered).and_then(|m| m.checked_div(terms.promised));
    let shortfall = missing.ok_or(FinanceRefusal::TooLarge)?.clamp(Decimal::ZERO, Decimal::ONE);
    let time_left = match terms.until {
        None => Decimal::ONE,
        Some(until) if until <= terms.from => {
            return Err(FinanceRefusal::Contradiction("The promise must end after it begins."));
        }
        Some(until) => {
            let left = Decimal::from((until - on).num_days()) / Decimal::from((until - terms.from).num_days());
            left.clamp(Decimal::ZERO, Decimal::ONE)
        }
    };
    let amount = times(terms.amount, shortfall.checked_mul(time_left).ok_or(FinanceRefusal::TooLarge)?)?;
    Ok(ClawbackDue { shortfall, time_left, amount })
}

/// Debt forgiven for verified outcomes: an amount each, up to a part of the balance.
///
/// # Errors
/// [`FinanceRefusal`] when figures are negative or do not fit.
pub fn forgiveness(balance: Pence, verified: Decimal, each: Pence, most: Share) -> Worked<Pence> {
    if verified < Decimal::ZERO || each < Pence::ZERO {
        return Err(FinanceRefusal::Negative("an outcome"));
    }
    Ok(times(each, verified)?.min(times(balance.max(Pence::ZERO), most.get())?))
}

/// What a condition changes, seen from the fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionEffect {
    /// Cash after − cash before; negative when the fund receives less.
    pub cash: Pence,
    /// The same at present value on the first day of either.
    pub present_value: Pence,
    /// Added to the gross cash equivalent: minus the present value, as what the fund gives up the enterprise gets.
    pub subsidy: Pence,
}

/// Compares the cash of an agreement with and without a condition.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`] when figures do not fit or the rate is −100 % or less.
pub fn condition_effect(before: &[Flow], after: &[Flow], discount: Decimal) -> Worked<ConditionEffect> {
    let mut change: Vec<Flow> = after.to_vec();
    for flow in before {
        let back = flow.amount.0.checked_neg().ok_or(FinanceRefusal::TooLarge)?;
        change.push(Flow { date: flow.date, amount: Pence(back) });
    }
    let present = xnpv(discount, &change).ok_or(FinanceRefusal::TooLarge)?;
    let present_value = penny(present.checked_mul(Decimal::ONE_HUNDRED).ok_or(FinanceRefusal::TooLarge)?)?;
    Ok(ConditionEffect { cash: total(change.iter().map(|f| f.amount))?, present_value, subsidy: -present_value })
}

/// The yearly rate the enterprise pays in the end, cuts, fees and forgiveness included: the rate of return of the fund's
/// cash. With two flows it is the growth between them.
#[must_use]
pub fn effective_rate(cash: &[Flow]) -> Xirr {
    if let [out, back] = cash {
        let days = u32::try_from((back.date - out.date).num_days()).unwrap_or(0);
        if out.amount < Pence::ZERO
            && let Ok(rate) = growth_rate(-out.amount.decimal(), back.amount.decimal(), days)
        {
            return Xirr::Rate { rate, annualised_short: days < 365 };
        }
    }
    super::xirr(cash, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use proptest::prelude::*;
    use rust_decimal::dec;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn terms() -> Ratchet {
        let step = |condition: &str| RatchetStep {
            condition: condition.to_owned(),
            step_down: dec!(0.005),
            penalty: dec!(0.0025),
        };
        let rate = |text: &str| text.parse().unwrap();
        Ratchet {
            base: rate("0.06"),
            steps: vec![step("jobs"), step("wage")],
            floor: rate("0.052"),
            ceiling: rate("0.062"),
        }
    }

    fn test(condition: &str, on: &str, accepted: Option<&str>) -> Tested {
        let cut_off = date(on) + chrono::Days::new(30);
        Tested { condition: condition.to_owned(), on: date(on), cut_off, accepted_on: accepted.map(date) }
    }

    #[test]
    fn a_met_condition_lowers_the_rate_from_the_next_period_and_late_evidence_does_not() {
        let starts = [date("2026-01-01"), date("2026-07-01"), date("2027-01-01"), date("2027-07-01")];
        let steps = |tests: &[Tested]| {
            ratchet(&terms(), tests, &starts)
                .unwrap()
                .iter()
                .map(|s| (s.from.to_string(), s.rate.to_string()))
                .collect::<Vec<_>>()
        };
        let kept = steps(&[test("jobs", "2026-05-15", Some("2026-06-10"))]);
        assert_eq!(kept, [("2026-01-01".into(), "0.06".into()), ("2026-07-01".into(), "0.055".into())]);
        let late = steps(&[test("jobs", "2026-05-15", Some("2026-06-15"))]);
        assert_eq!(late[1].1, "0.062", "evidence after the cut-off counts as not met, within the ceiling");
        let cut_off_in_next = steps(&[test("jobs", "2026-06-15", Some("2026-06-16"))]);
        assert_eq!(cut_off_in_next[1].0, "2027-01-01", "no period that began before the cut-off is changed");
        let both = [test("jobs", "2026-05-15", Some("2026-05-16")), test("wage", "2026-05-15", Some("2026-05-16"))];
        assert_eq!(steps(&both)[1].1, "0.052", "the floor holds");
    }

    #[test]
    fn money_back_is_in_proportion_to_what_is_missing_and_to_the_time_left() {
        let promise = Clawback {
            amount: Pence(10_000_000),
            promised: dec!(20),
            delivered: dec!(15),
            from: date("2026-01-01"),
            until: Some(date("2030-12-31")),
        };
        let half = clawback(&promise, date("2028-07-01")).unwrap();
        // A quarter of £100,000 for 913 days of 1,825.
        assert_eq!((half.shortfall, half.amount), (dec!(0.25), Pence(1_250_685)));
        assert_eq!(clawback(&promise, date("2031-01-01")).unwrap().amount, Pence::ZERO);
        assert_eq!(
            clawback(&Clawback { until: None, ..promise }, date("2028-07-01")).unwrap().amount,
            Pence(2_500_000)
        );
        assert_eq!(
            clawback(&Clawback { delivered: dec!(25), ..promise }, date("2026-07-01")).unwrap().amount,
            Pence::ZERO
        );
        assert_eq!(forgiveness(Pence(1_000_000), dec!(30), Pence(10_000), "0.2".parse().unwrap()), Ok(Pence(200_000)));
    }

    #[test]
    fn what_the_fund_gives_up_is_told_in_cash_at_present_value_and_as_subsidy() {
        let flow = |on: &str, pounds: i64| Flow { date: date(on), amount: Pence(pounds * 100) };
        let before = [flow("2026-01-01", -1_000), flow("2027-01-01", 1_100)];
        let after = [flow("2026-01-01", -1_000), flow("2027-01-01", 1_045)];
        let effect = condition_effect(&before, &after, dec!(0.1)).unwrap();
        assert_eq!((effect.cash, effect.present_value, effect.subsidy), (Pence(-5_500), Pence(-5_000), Pence(5_000)));
        assert_eq!(effective_rate(&after).rate(), Some(dec!(0.045)));
    }

    proptest! {
        #[test]
        fn a_rate_never_leaves_floor_and_ceiling_and_meeting_more_never_costs_more(met in prop::collection::vec(any::<bool>(), 2), more in 0_usize..2) {
            let tests = |met: &[bool]| terms().steps.iter().zip(met).map(|(s, met)| test(&s.condition, "2026-02-01", met.then_some("2026-02-02"))).collect::<Vec<_>>();
            let last = |met: &[bool]| ratchet(&terms(), &tests(met), &[date("2026-07-01")]).unwrap()[0].rate;
            let mut better = met.clone();
            better[more] = true;
            prop_assert!(last(&better) <= last(&met));
            prop_assert!(last(&met) >= terms().floor && last(&met) <= terms().ceiling);
        }
    }
}
