//! The published model: what is scored, with which weights, formulas, rounding and tie rules.

use super::exact;
use super::figures::FigureTrial;
use super::kinds::{Better, Feature, FigureBand, FigureMeasure, MeasureRecord, PanelRule, WholeLife};
use crate::values::{Pence, round_half_even, round_half_up};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that decides a ranking except the bids. It is frozen and hashed when the call is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What is bought or funded.
    pub title: String,
    /// How every leaf score is rounded. Totals are exact sums of rounded leaves.
    pub rounding: Rounding,
    /// The top level of the criteria tree. Weights add up to exactly 100 here and inside each group.
    pub criteria: Vec<Criterion>,
    /// What settles equal totals, in this order. Bids that remain equal share a rank.
    #[serde(default)]
    pub ties: Vec<TieRule>,
    /// When a low price opens an enquiry; no flags when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abnormally_low: Option<LowPriceRule>,
}

/// A named rule of rounding and how many places it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// Which way halves go.
    pub rule: RoundingRule,
    /// Decimal places, 0 to 6.
    pub places: u32,
}

/// Which way halves go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundingRule {
    /// Away from zero: 0.125 → 0.13.
    HalfUp,
    /// To the even neighbour: 0.125 → 0.12.
    HalfEven,
}

impl Default for Rounding {
    /// Two places, halves up.
    fn default() -> Self {
        Rounding { rule: RoundingRule::HalfUp, places: 2 }
    }
}

impl Rounding {
    /// Rounds and keeps exactly the published number of places (8 → 8.00).
    #[must_use]
    pub fn round(self, value: Decimal) -> Decimal {
        let mut rounded = match self.rule {
            RoundingRule::HalfUp => round_half_up(value, self.places),
            RoundingRule::HalfEven => round_half_even(value, self.places),
        };
        rounded.rescale(self.places);
        rounded
    }
}

/// One node of the criteria tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Unique in the model.
    pub id: String,
    /// As published.
    pub title: String,
    /// Percent of its level. Absent for pass/fail criteria and a fixed price, which carry no points.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub weight: Option<Decimal>,
    /// A bid below this is excluded. Not possible where a price or a rival's promise decides the score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Minimum>,
    /// What it is and how it is scored.
    pub kind: Kind,
}

/// The least a bid must reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "least", rename_all = "snake_case", deny_unknown_fields)]
pub enum Minimum {
    /// A level of a quality criterion.
    Level {
        /// That level or better.
        level: u32,
    },
    /// Percent of the points available for the criterion, rounded as scores are.
    Percent {
        /// More than 0, at most 100.
        #[serde(with = "exact")]
        #[schemars(schema_with = "exact::schema")]
        percent: Decimal,
    },
}

/// The kinds of criteria.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// A heading that gathers others.
    Group {
        /// Its parts, whose weights add up to exactly 100.
        children: Vec<Criterion>,
    },
    /// Scored by evaluators on published levels: points = W × share of the level.
    Quality {
        /// At least two, by rising level; shares never fall.
        levels: Vec<Level>,
    },
    /// Scored by formula from the bid's price.
    Price {
        /// The published formula.
        model: PriceModel,
    },
    /// Scored by the same formulas from the whole-life cost: the price and later costs, discounted to the purchase.
    Cost {
        /// The published formula; where it says price it means the whole-life cost.
        model: PriceModel,
        /// Which later costs count, and what they are worth at the purchase.
        life: WholeLife,
    },
    /// Scored from a figure that `finance` works out, by published bounds: points = W × share. Not relative.
    Figure {
        /// What the figure tells.
        measure: FigureMeasure,
        /// Which way it is better.
        better: Better,
        /// By rising bound; a better bound never earns less.
        bands: Vec<FigureBand>,
        /// The loan on which the service works it out; absent where somebody else does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trial: Option<FigureTrial>,
    },
    /// Scored by the votes of a community panel after voting has closed.
    Panel {
        /// How votes become points.
        rule: PanelRule,
    },
    /// Scored by formula from promised quantities.
    SocialValue {
        /// Whether promises are held against targets or against the best rival.
        method: SocialValueMethod,
        /// The only measures that count. Their weights add up to exactly 100.
        measures: Vec<Measure>,
        /// How far promises are believed; in full when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deliverability: Option<Deliverability>,
    },
    /// Passed or failed; a fail excludes the bid. Carries no points.
    PassFail {
        /// What must be so.
        requirement: String,
    },
}

/// One published level of a quality scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The number evaluators give.
    pub level: u32,
    /// What an answer at this level is like.
    pub text: String,
    /// Part of the criterion's points, 0 to 1.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub share: Decimal,
}

/// How the points of a price are found. `W` points available, `p` the bid's price, `B` the ceiling, `p_min` the
/// lowest and `m` the mean of the prices of bids that are not excluded. All arithmetic is decimal with 28 digits, and
/// the result is rounded by the model's rule to its places. A price of zero or less is refused before any formula.
/// One bid alone has the lowest and the mean price; equal prices always earn equal points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "formula", rename_all = "snake_case", deny_unknown_fields)]
pub enum PriceModel {
    /// `W × p_min ÷ p`. Relative. Domain: every price above zero. One bid earns W; there is no ceiling.
    LowestOverPrice,
    /// `W × ((B − p) ÷ (B − p_min))^e`. Relative. One bid earns W; at the ceiling a bid earns nothing, except that
    /// when every price is the ceiling, each has the lowest price and earns W.
    LinearToCeiling {
        /// B.
        #[schemars(schema_with = "exact::schema")]
        ceiling: Pence,
        /// e, 1 to 5.
        #[serde(default = "one")]
        exponent: u32,
        /// What a price above B means.
        above_ceiling: AboveCeiling,
    },
    /// `W × (1 − (p ÷ B)^e)`. Not relative, so one bid earns what it would earn among many. At the ceiling: nothing.
    AbsoluteToCeiling {
        /// B.
        #[schemars(schema_with = "exact::schema")]
        ceiling: Pence,
        /// e, 1 to 5.
        #[serde(default = "one")]
        exponent: u32,
        /// What a price above B means.
        above_ceiling: AboveCeiling,
    },
    /// `p ≥ m`: `W × X × (B − p) ÷ (B − m)`; `p < m`: `W × (X + (1 − X) × (m − p) ÷ (m − p_min))`. Relative.
    /// One bid, or equal prices, earn `W × X`; at the ceiling a bid earns nothing. When the mean is the ceiling,
    /// every bid earns `W × X`.
    Bilinear {
        /// B.
        #[schemars(schema_with = "exact::schema")]
        ceiling: Pence,
        /// X, the part of the points that the mean price earns: usually 0.80, 0.85 or 0.90.
        #[serde(with = "exact")]
        #[schemars(schema_with = "exact::schema")]
        mean_share: Decimal,
        /// What a price above B means.
        above_ceiling: AboveCeiling,
    },
    /// `W × share` of the first band that the price is not above. Not relative. The last band's bound is the ceiling,
    /// and a price there earns that band's share.
    Bands {
        /// By rising price; shares never rise.
        bands: Vec<PriceBand>,
        /// What a price above the last band means.
        above_ceiling: AboveCeiling,
    },
    /// The bids are ranked by `p ÷ points`, rounded as scores are, in pounds for one point; the lowest wins. Not
    /// relative. It carries no points, and all others must add up to 100. A bid without points has no such figure and
    /// is left out. There is no ceiling: set one by a pass/fail criterion.
    PricePerQualityPoint,
    /// The bids are ranked by an adjusted price, rounded as scores are; the lowest wins: `p ÷ K + later costs`, with
    /// `K = 1 + V ÷ (1 − Vmax)`. V adds up the values of the options that a bid offers, Vmax of the best ones, at most
    /// 0.30. Later costs are there when the criterion is a whole-life cost. Not relative; nothing carries points.
    ValueAdjusted {
        /// What a bid can offer; one option of each.
        features: Vec<Feature>,
    },
    /// The price is published and everybody is scored on quality alone. Carries no points. Not relative.
    FixedPrice {
        /// The price everybody is paid.
        #[schemars(schema_with = "exact::schema")]
        price: Pence,
    },
}

fn one() -> u32 {
    1
}

/// What a price above the published ceiling means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AboveCeiling {
    /// The bid is excluded, and sets neither the lowest nor the mean price.
    Excluded,
    /// The bid stays and its price earns nothing.
    ScoresZero,
}

/// A range of prices and what it earns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBand {
    /// Highest price of the band, itself included.
    #[schemars(schema_with = "exact::schema")]
    pub up_to: Pence,
    /// Part of the points, 0 to 1.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub share: Decimal,
}

/// How promised quantities become points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SocialValueMethod {
    /// `W × min(1, effective ÷ target)`. Not relative.
    AgainstTargets,
    /// `W × effective ÷ highest effective`. Relative: one inflated promise flattens everybody else.
    ShareOfHighest,
    /// `W × min(1, value ÷ value of all targets)`: quantities are valued by the measures' records, each measure up to
    /// its cap as a part of the value of all targets. Weights of measures are shown but do not count. Not relative.
    ValueAgainstTarget,
    /// `W × value ÷ highest value`. Relative, with the warning of [`SocialValueMethod::ShareOfHighest`].
    ValueShareOfHighest,
}

impl SocialValueMethod {
    /// Whether a rival's promise changes a bid's points.
    #[must_use]
    pub fn is_relative(self) -> bool {
        matches!(self, SocialValueMethod::ShareOfHighest | SocialValueMethod::ValueShareOfHighest)
    }

    /// Whether promises are valued in pounds within the score.
    #[must_use]
    pub fn is_valued(self) -> bool {
        matches!(self, SocialValueMethod::ValueAgainstTarget | SocialValueMethod::ValueShareOfHighest)
    }
}

/// A promised quantity that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Unique in the model.
    pub id: String,
    /// As published.
    pub title: String,
    /// What is counted, such as `people` or `hours`.
    pub unit: String,
    /// Percent of the criterion's points.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub weight: Decimal,
    /// The quantity that earns all of the measure's points. More than zero.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub target: Decimal,
    /// Highest part of the whole criterion's points that this measure may earn, more than 0 and at most 1.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub cap: Option<Decimal>,
    /// What it is worth in pounds: shown beside the score, and inside it only where the method says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<MeasureRecord>,
}

/// `effective = promised × share`, by the level of the quality criterion that judges the method of delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deliverability {
    /// A quality criterion of this model.
    pub criterion: String,
    /// A share for every one of its levels.
    pub table: Vec<DeliverabilityShare>,
}

/// How far promises are believed at one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliverabilityShare {
    /// Level of the quality criterion.
    pub level: u32,
    /// Part of the promise that counts, 0 to 1.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub share: Decimal,
}

/// One step of the tie cascade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum TieRule {
    /// More points for one criterion or group.
    Criterion {
        /// Which.
        criterion: String,
    },
    /// More points for social value.
    SocialValue,
    /// More points for quality.
    Quality,
    /// The lower price (the sum, when there are several).
    Price,
    /// A draw: the lowest SHA-256 of seed and bid. The seed is committed to beforehand.
    Draw {
        /// SHA-256 of the seed, in hexadecimal, published with the model.
        commitment: String,
    },
}

/// When a low price opens an enquiry. Never an exclusion by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LowPriceRule {
    /// `1 − p ÷ mean of the other prices` at or above this; 0.40 is usual.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub below_mean: Decimal,
    /// `1 − p ÷ next higher price` at or above this; 0.30 is usual.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub below_next: Decimal,
    /// The living wage an hour: a price below what the hours offered cost at it opens an enquiry too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub hourly_wage: Option<Pence>,
}

impl Default for LowPriceRule {
    fn default() -> Self {
        LowPriceRule { below_mean: Decimal::new(40, 2), below_next: Decimal::new(30, 2), hourly_wage: None }
    }
}

impl Criterion {
    /// Its parts, none for a leaf.
    #[must_use]
    pub fn children(&self) -> &[Criterion] {
        match &self.kind {
            Kind::Group { children } => children,
            _ => &[],
        }
    }

    /// Whether it carries points, itself or in a part of it.
    #[must_use]
    pub fn carries_points(&self) -> bool {
        match &self.kind {
            Kind::Group { children } => children.iter().any(Criterion::carries_points),
            Kind::PassFail { .. } => false,
            Kind::Price { model } | Kind::Cost { model, .. } => model.carries_points(),
            Kind::Quality { .. } | Kind::SocialValue { .. } | Kind::Figure { .. } | Kind::Panel { .. } => true,
        }
    }

    /// Whether its score depends on the other bids.
    #[must_use]
    pub fn is_relative(&self) -> bool {
        match &self.kind {
            Kind::Group { children } => children.iter().any(Criterion::is_relative),
            Kind::Price { model } | Kind::Cost { model, .. } => model.is_relative(),
            Kind::SocialValue { method, .. } => method.is_relative(),
            Kind::Panel { rule } => matches!(rule, PanelRule::Budget { .. }),
            Kind::Quality { .. } | Kind::PassFail { .. } | Kind::Figure { .. } => false,
        }
    }

    /// Whether a price decides part of its score.
    #[must_use]
    pub fn holds_price(&self) -> bool {
        match &self.kind {
            Kind::Group { children } => children.iter().any(Criterion::holds_price),
            Kind::Price { .. } | Kind::Cost { .. } => true,
            _ => false,
        }
    }

    /// The formula of a price or whole-life cost.
    #[must_use]
    pub fn formula(&self) -> Option<&PriceModel> {
        match &self.kind {
            Kind::Price { model } | Kind::Cost { model, .. } => Some(model),
            _ => None,
        }
    }
}
