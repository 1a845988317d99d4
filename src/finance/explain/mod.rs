//! The working of a figure line by line, as a committee paper would print it: what, the formula with its numbers put in,
//! and the result, so that a reader with a pocket calculator can check it.
//!
//! Explanations are pure functions of a model's input and its result. They add nothing to the result: a figure that is
//! shown was worked out by the engine, and the formula beside it gives the same figure to the places shown.

pub mod affordability;
pub mod conditions;
pub mod fund;
pub mod loans;
pub mod public_market;
pub mod rates;
pub mod repayments;
pub mod simulation;
pub mod subsidies;

use super::measures::{Figure, WhyNot};
use crate::values::decimals::shown_decimal;
use crate::values::{LocalDate, Pence, round_half_up};
use rust_decimal::Decimal;
use serde::Serialize;

/// How many terms of a sum are written out before it is said in words.
const MOST_TERMS: usize = 8;
/// Places of a part of a year, of a factor and of a quotient in a formula.
const FACTOR_PLACES: u32 = 12;

/// One line of a working.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What is worked out.
    pub what: String,
    /// The formula with its numbers; empty when the figure was given.
    pub working: String,
    /// The figure.
    pub result: String,
    /// Where a rate or a limit comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Line {
    /// A line without a source.
    pub fn new(what: impl Into<String>, working: impl Into<String>, result: impl Into<String>) -> Self {
        Line { what: what.into(), working: working.into(), result: result.into(), source: None }
    }

    /// A figure that was given, and by whom.
    pub fn given(what: impl Into<String>, result: impl Into<String>, source: impl Into<String>) -> Self {
        Line { what: what.into(), working: String::new(), result: result.into(), source: Some(source.into()) }
    }
}

impl std::fmt::Display for Line {
    /// `Interest, period 1: £1,000 × 6% × 0.084931506849 = £5.10`, the source on a line of its own.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.working.as_str() {
            "" => write!(f, "{}: {}", self.what, self.result)?,
            working => write!(f, "{}: {working} = {}", self.what, self.result)?,
        }
        match &self.source {
            Some(source) => write!(f, "\n    Source: {source}"),
            None => Ok(()),
        }
    }
}

/// A fraction as a percentage with the places it has, as `5.25%`.
fn percent(fraction: Decimal) -> String {
    fraction
        .checked_mul(Decimal::ONE_HUNDRED)
        .map_or_else(|| fraction.to_string(), |p| format!("{}%", shown_decimal(p)))
}

/// A part of a year, a factor or a quotient, to 12 places.
fn factor(value: Decimal) -> String {
    shown_decimal(round_half_up(value, FACTOR_PLACES))
}

/// A Decimal of pence in pounds, with as many places as it has and at least two.
fn exact_pounds(pence: Decimal) -> String {
    pounds_shown(round_half_up(pence / Decimal::ONE_HUNDRED, 10))
}

/// A Decimal of pounds: whole, or with at least two places.
fn pounds_shown(pounds: Decimal) -> String {
    let sign = if pounds < Decimal::ZERO { "−" } else { "" };
    let tenths = if pounds.normalize().scale() == 1 { "0" } else { "" };
    format!("{sign}£{}{tenths}", shown_decimal(pounds.abs()))
}

/// Terms with their signs between them: `£5 + £6 − £2`; many of them are the lines above, and one stands alone.
fn sum_of(terms: &[Pence]) -> String {
    match terms {
        [] => "nothing".to_owned(),
        [first, rest @ ..] if terms.len() <= MOST_TERMS => {
            let joined = |text: String, term: &Pence| {
                if term.0 < 0 { format!("{text} − {}", -*term) } else { format!("{text} + {term}") }
            };
            rest.iter().fold(first.to_string(), joined)
        }
        _ => format!("the sum of the {} amounts above", terms.len()),
    }
}

/// A quotient with its name, or why there is none.
fn quotient(what: &str, part: Pence, base: Pence, found: Figure) -> Line {
    match found {
        Figure::Known(value) => Line::new(what, format!("{part} / {base}"), ratio(value)),
        Figure::NotAvailable(why) => unavailable(what, why),
    }
}

/// A ratio with the places it has and a true minus sign.
fn ratio(value: Decimal) -> String {
    value.to_string().replace('-', "−")
}

fn unavailable(what: &str, why: WhyNot) -> Line {
    Line::new(what, "", why.sentence())
}

/// Days from the first of some dates.
fn days_after(first: LocalDate, date: LocalDate) -> i64 {
    (date - first).num_days()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_line_reads_as_a_sum_on_paper() {
        let line = Line::new("Total", sum_of(&[Pence(500), Pence(600), Pence(-250)]), Pence(850).to_string());
        assert_eq!(line.to_string(), "Total: £5 + £6 − £2.50 = £8.50");
        let given = Line::given("Market rate", percent(dec!(0.0875)), "Reference rate, 1 January 2026");
        assert_eq!(given.to_string(), "Market rate: 8.75%\n    Source: Reference rate, 1 January 2026");
        assert_eq!(sum_of(&[Pence(100); 9]), "the sum of the 9 amounts above");
        assert_eq!((exact_pounds(dec!(-510.125)), factor(dec!(0.5))), ("−£5.10125".to_owned(), "0.5".to_owned()));
    }
}
