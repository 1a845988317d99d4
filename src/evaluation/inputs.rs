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
