//! Conditions in the price.

use super::shown::{Table, View, schema as schema_of};
use super::{Said, reading, refused};
use crate::finance::conditions::{self as engine, ConditionEffect, Ratchet, Tested, condition_effect};
use crate::finance::explain;
use crate::finance::irr::Flow;
use crate::finance::loan::{Facility, Price, RateStep, replay};
use crate::values::LocalDate;
use crate::values::decimals::shown_percent;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A ratchet, its tests and, for what it changes, the loan.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RatchetFile {
    /// The ratchet.
    ratchet: Ratchet,
    /// The tests of its conditions.
    #[serde(default)]
    tests: Vec<Tested>,
    /// The first days of the interest periods; with a loan they are taken from its schedule.
    #[serde(default)]
    period_starts: Vec<LocalDate>,
    /// The loan, whose price is replaced by the rates of the ratchet.
    #[serde(default)]
    loan: Option<Facility>,
    /// The yearly rate at which the change in cash is discounted; needed with a loan.
    #[serde(default)]
    discount: Option<Decimal>,
}

/// The JSON Schema of the file of `finance ratchet`.
pub fn schema() -> Said {
    schema_of::<RatchetFile>()
}

#[derive(Serialize)]
struct RatchetAnswer {
    rates: Vec<RateStep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<ConditionEffect>,
}

/// `finance ratchet FILE.json`.
///
/// # Errors
/// One sentence: what cannot be read, or what the terms contradict.
pub fn ratchet(text: &str, view: View) -> Said {
    let mut file: RatchetFile = reading::json(text, "ratchet")?;
    let mut before: Vec<Flow> = Vec::new();
    if let Some(loan) = &mut file.loan {
        loan.price = Price::Fixed { rate: file.ratchet.base };
        let plain = replay(loan, &[]).map_err(refused)?;
        if file.period_starts.is_empty() {
            file.period_starts = plain.loans.iter().flatten().map(|row| row.start).collect();
        }
        before = plain.cash;
    }
    let rates = engine::ratchet(&file.ratchet, &file.tests, &file.period_starts).map_err(refused)?;
    let mut answer = RatchetAnswer { rates, effect: None };
    let mut after: Vec<Flow> = Vec::new();
    let discount = file.discount.unwrap_or_default();
    if let Some(loan) = &mut file.loan {
        if file.discount.is_none() {
            return Err("Enter the discount rate, such as \"discount\": \"0.06\".".to_owned());
        }
        loan.price = Price::Stepped { steps: answer.rates.clone() };
        after = replay(loan, &[]).map_err(refused)?.cash;
        answer.effect = Some(condition_effect(&before, &after, discount).map_err(refused)?);
    }
    let tables = || {
        let row = |step: &RateStep| vec![step.from.to_string(), shown_percent(step.rate.get(), 4)];
        let mut tables = vec![Table::new("Rates", &["From", "Rate"], answer.rates.iter().map(row))];
        if let Some(effect) = &answer.effect {
            let rows = [("Cash", effect.cash), ("Present value", effect.present_value), ("Subsidy", effect.subsidy)];
            let rows = rows.map(|(name, amount)| vec![name.to_owned(), amount.to_string()]);
            tables.push(Table::new("What the ratchet changes", &["", "Amount"], rows));
        }
        tables
    };
    view.show(&answer, tables, || {
        let mut lines = explain::conditions::ratchet(&file.ratchet, &file.tests, &answer.rates);
        if let Some(effect) = &answer.effect {
            lines.extend(explain::conditions::effect(&before, &after, discount, effect));
        }
        lines
    })
}
