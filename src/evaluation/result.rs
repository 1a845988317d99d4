//! What a ranking answers: every number with its formula, its inputs, and its value before and after rounding.

use super::exact;
use super::low_price::LowPriceFlag;
use crate::values::Pence;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationResult {
    /// SHA-256 of the model, so that a changed model is seen.
    pub model_hash: String,
    /// The bid in first place, when one bid alone holds it.
    pub winner: Option<String>,
    /// Bids that were ranked, best first.
    pub ranking: Vec<Ranked>,
    /// Every bid by identifier, with every score.
    pub bids: Vec<BidResult>,
    /// Prices that open an enquiry.
    pub low_prices: Vec<LowPriceFlag>,
}

/// A place in the ranking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ranked {
    /// 1 is best. Bids that no rule could part share a rank.
    pub rank: u32,
    /// The bid.
    pub bid: String,
    /// The exact sum of its rounded scores.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub total: Decimal,
    /// Pounds for a point, or the adjusted price, where the model ranks by that; the lowest is first.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub figure: Option<Decimal>,
    /// How a tie with another bid was settled, in a sentence.
    pub tie: Option<String>,
}

/// One bid's scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidResult {
    /// The bid.
    pub bid: String,
    /// Its place, unless it was excluded.
    pub rank: Option<u32>,
    /// The exact sum of its rounded scores, unless it was excluded.
    #[serde(with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub total: Option<Decimal>,
    /// Pounds for a point, or the adjusted price, where the model ranks by that.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub figure: Option<Decimal>,
    /// Why it was excluded; empty for a bid that was ranked.
    pub exclusions: Vec<Exclusion>,
    /// Every criterion in reading order.
    pub scores: Vec<CriterionScore>,
}

/// A reason for leaving a bid out of the ranking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// `disregarded`, `failed`, `below-minimum`, `above-ceiling` or `no-points`.
    pub code: String,
    /// The criterion it rests on.
    pub criterion: Option<String>,
    /// For the bidder.
    pub sentence: String,
}

/// One criterion's score of one bid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionScore {
    /// The criterion.
    pub criterion: String,
    /// As published.
    pub title: String,
    /// The group it lies in.
    pub parent: Option<String>,
    /// 0 at the top of the tree.
    pub depth: u32,
    /// Points available, out of 100.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub available: Decimal,
    /// Points earned; absent for pass/fail criteria, and where an excluded bid was not scored.
    #[serde(with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub score: Option<Decimal>,
    /// The answer to a pass/fail criterion.
    pub passed: Option<bool>,
    /// How the score came about: one step for a leaf, one for each measure of social value, none for a group.
    pub steps: Vec<Step>,
}

/// One number and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is the score of.
    pub title: String,
    /// The formula in words and signs.
    pub formula: String,
    /// What went in.
    pub inputs: Vec<StepInput>,
    /// Before rounding.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub unrounded: Decimal,
    /// After rounding by the published rule.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub rounded: Decimal,
}

/// A named value of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepInput {
    /// Its name in the formula.
    pub name: String,
    /// As text, exact.
    pub value: String,
    /// Whether it came from other bids, so that it is left out of what one bidder is given.
    pub from_rivals: bool,
}

impl StepInput {
    pub(crate) fn own(name: &str, value: impl ToString) -> Self {
        StepInput { name: name.to_owned(), value: value.to_string(), from_rivals: false }
    }
    pub(crate) fn of_rivals(name: &str, value: impl ToString) -> Self {
        StepInput { name: name.to_owned(), value: value.to_string(), from_rivals: true }
    }
    pub(crate) fn money(name: &str, value: Pence) -> Self {
        Self::own(name, value.plain())
    }
}
