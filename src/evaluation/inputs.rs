//! What a ranking is made from: the bids as they stand after moderation.

use super::exact;
use crate::values::Pence;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All bids, and the seed of the draw once it is revealed. The order of the bids changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// Every bid received and not withdrawn.
    pub bids: Vec<Bid>,
    /// Needed only when a tie comes to the draw; must fit the model's commitment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw_seed: Option<String>,
}

/// One bid or application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bid {
    /// Unique among the bids; the reference people see.
    pub id: String,
    /// The bidder's name.
    pub name: String,
    /// Why the bid is left out by a decision of a person (an excluded supplier, for example).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disregarded: Option<String>,
    /// Answers to pass/fail criteria.
    #[serde(default)]
    pub passes: Vec<Pass>,
    /// Moderated levels of quality criteria.
    #[serde(default)]
    pub levels: Vec<LevelScore>,
    /// A price for each price criterion.
    #[serde(default)]
    pub prices: Vec<BidPrice>,
    /// Promised quantities. A measure without a promise is missing, so a bidder who promises nothing says 0.
    #[serde(default)]
    pub promises: Vec<Promise>,
    /// Costs after the purchase, for each criterion that scores a whole-life cost. None at all is an empty list of
    /// flows; no entry is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<BidCosts>,
    /// The options offered under a value-adjusted price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ChosenOption>,
    /// Figures that `finance` worked out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<BidFigure>,
    /// What the community panel's votes came to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<PanelResult>,
    /// Hours of work that the price pays for, held against the living wage.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub hours: Option<Decimal>,
    /// Who gave which level, when and why. They change nothing: the moderated levels above are what counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<GivenScore>,
    /// Why each moderated level was agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agreed: Vec<AgreedReason>,
}

/// Costs after the purchase under one criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidCosts {
    /// Which whole-life cost criterion.
    pub criterion: String,
    /// By year, any order; several of one year add up.
    pub flows: Vec<CostFlow>,
}

/// A cost in a year after the purchase; a residual value is a negative cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostFlow {
    /// Years after the purchase, 0 to the years of the model.
    pub year: u32,
    /// What it is for.
    pub what: String,
    /// In pounds.
    #[schemars(schema_with = "exact::schema")]
    pub amount: Pence,
}

/// An option offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChosenOption {
    /// Which feature.
    pub feature: String,
    /// Which of its options.
    pub option: String,
}

/// A figure of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidFigure {
    /// Which figure criterion.
    pub criterion: String,
    /// In the criterion's unit.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub value: Decimal,
    /// What it was worked out from, in a sentence; shown with the score and changes nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// The votes for one application, as the tally gives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelResult {
    /// Which panel criterion.
    pub criterion: String,
    /// Valid ballots of the whole panel.
    pub ballots: u32,
    /// The sum of the scores, or the pounds given to this application.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub sum: Decimal,
}

/// An individual score of an evaluator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenScore {
    /// Which quality criterion.
    pub criterion: String,
    /// The evaluator, as the panel's list names them.
    pub evaluator: String,
    /// The level.
    pub level: u32,
    /// Why.
    pub reason: String,
    /// When, UTC.
    pub at: String,
}

/// The reason of a moderated level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreedReason {
    /// Which quality criterion.
    pub criterion: String,
    /// Why, with reference to the published level and the bid's content.
    pub reason: String,
    /// When it was agreed, UTC.
    pub at: String,
}

/// An answer to a pass/fail criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    /// Which.
    pub criterion: String,
    /// Whether it is met.
    pub passed: bool,
    /// Why, for the bidder.
    pub reason: String,
}

/// A moderated level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelScore {
    /// Which quality criterion.
    pub criterion: String,
    /// One of its published levels.
    pub level: u32,
}

/// A price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidPrice {
    /// Which price criterion.
    pub criterion: String,
    /// In pounds, more than zero.
    #[schemars(schema_with = "exact::schema")]
    pub price: Pence,
}

/// A promised quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Which measure.
    pub measure: String,
    /// How much, in the measure's unit; zero or more.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub quantity: Decimal,
}
