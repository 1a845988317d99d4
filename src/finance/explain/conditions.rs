//! Conditions in the price.

use super::{Line, percent};
use crate::finance::conditions::{ConditionEffect, Ratchet, Tested, rate_from};
use crate::finance::explain::rates::dated_value;
use crate::finance::irr::Flow;
use crate::finance::loan::RateStep;
use rust_decimal::Decimal;

/// Each rate of a ratchet: base, what was taken off or added by which condition, floor and ceiling.
#[must_use]
pub fn ratchet(terms: &Ratchet, tests: &[Tested], rates: &[RateStep]) -> Vec<Line> {
    let mut lines = Vec::with_capacity(rates.len());
    for step in rates {
        let Ok((settled, _)) = rate_from(terms, tests, step.from) else { continue };
        let mut formula = percent(terms.base.get());
        for (condition, met) in settled {
            let (sign, by, said) =
                if met { ('−', condition.step_down, "met") } else { ('+', condition.penalty, "not met") };
            formula = format!("{formula} {sign} {} ({} {said})", percent(by), condition.condition);
        }
        let within = format!("at least {} and at most {}", percent(terms.floor.get()), percent(terms.ceiling.get()));
        let formula = format!("{formula}, {within}");
        lines.push(Line::new(format!("Rate from {}", step.from), formula, percent(step.rate.get())));
    }
    lines
}

/// What a condition changes: the change in cash day by day at present value, and what that is as a subsidy.
#[must_use]
pub fn effect(before: &[Flow], after: &[Flow], discount: Decimal, found: &ConditionEffect) -> Vec<Line> {
    let mut change: std::collections::BTreeMap<_, i64> = std::collections::BTreeMap::new();
    for flow in after {
        let day = change.entry(flow.date).or_default();
        *day = day.saturating_add(flow.amount.0);
    }
    for flow in before {
        let day = change.entry(flow.date).or_default();
        *day = day.saturating_sub(flow.amount.0);
    }
    // The first day stays, changed or not: present values are those of that day.
    let first = change.keys().next().copied();
    let days = change.into_iter().filter(|(day, pence)| *pence != 0 || Some(*day) == first);
    let flows: Vec<Flow> = days.map(|(date, pence)| Flow { date, amount: crate::values::Pence(pence) }).collect();
    let mut lines: Vec<Line> = dated_value(&flows, discount);
    for line in &mut lines {
        line.what = format!("Change in cash: {}", line.what);
    }
    lines.push(Line::new(
        "Change in cash, undiscounted",
        "cash with the condition − cash without it",
        found.cash.to_string(),
    ));
    lines.push(Line::new(
        "At present value",
        "the net present value above, to the penny",
        found.present_value.to_string(),
    ));
    let what = "Added to the gross cash equivalent";
    lines.push(Line::new(what, format!("−({})", found.present_value), found.subsidy.to_string()));
    lines
}
