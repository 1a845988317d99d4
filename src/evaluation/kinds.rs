//! The parts of a model beyond levels and plain formulas: whole-life cost, options, figures, votes, measure records.

use super::exact;
use super::later_costs::CostItem;
use crate::finance::discount::{STANDARD, in_force};
use crate::values::{LocalDate, Pence, round_half_up};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How later costs are brought to the day of the purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WholeLife {
    /// Years after the purchase whose costs count, 1 to 60.
    pub years: u32,
    /// The rate of discount.
    pub discount: Discount,
    /// The later costs that every bidder gives. Empty in a file whose costs were listed in another way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<CostItem>,
}

/// A yearly rate of discount. Costs are in the prices of the year of purchase when the rate is real.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Discount {
    /// One published rate: `1 ÷ (1 + rate)^year`.
    Rate {
        /// A part of one: 0.035 is 3.5 % a year. From 0 to 1.
        #[serde(with = "exact")]
        #[schemars(schema_with = "exact::schema")]
        rate: Decimal,
    },
    /// The declining rates of HM Treasury's Green Book (real) that appraisals of a day use.
    GreenBook {
        /// The day of the appraisal.
        on: LocalDate,
    },
}

impl Discount {
    /// What £1 after some years is worth at the purchase, to 12 places, half away from zero; `None` before the first
    /// table and for a rate of −1. Year 0 is 1.
    #[must_use]
    pub fn factor(&self, year: u32) -> Option<Decimal> {
        let exact = match self {
            Discount::Rate { rate } => {
                let growth = Decimal::ONE.checked_add(*rate)?;
                (0..year).try_fold(Decimal::ONE, |factor, _| factor.checked_div(growth))?
            }
            Discount::GreenBook { on } => in_force(STANDARD, *on)?.factor(year),
        };
        Some(round_half_up(exact, 12))
    }
}

/// Something that a bid may offer for a better adjusted price: exactly one of its options is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Unique in the model.
    pub id: String,
    /// As published.
    pub title: String,
    /// What can be offered; the least option may be worth nothing.
    pub options: Vec<FeatureOption>,
}

/// One option of a feature and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureOption {
    /// Unique in the feature.
    pub id: String,
    /// What is offered.
    pub text: String,
    /// Part of the price, 0 to 0.30.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub value: Decimal,
}

/// What a figure worked out by `finance` tells about an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FigureMeasure {
    /// Lowest yearly cover of the debt service.
    Affordability,
    /// Expected loss as a part of the amount.
    ExpectedLoss,
    /// Certified yearly rate of return of the payments agreed, less the loss expected in each year.
    Return,
    /// Gross cash equivalent of the subsidy in it.
    Subsidy,
    /// Another figure, named by the criterion's title.
    Other,
}

/// Which way a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Higher is better: a figure earns the share of the highest bound that it reaches.
    Higher,
    /// Lower is better: a figure earns the share of the lowest bound that it does not exceed.
    Lower,
}

/// A bound of a figure and what reaching it earns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureBand {
    /// The bound, itself included.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub bound: Decimal,
    /// Part of the points, 0 to 1.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub share: Decimal,
}

/// The band a figure falls into, from bounds by rising value; `None` when it reaches none, which earns nothing.
#[must_use]
pub fn figure_band(bands: &[FigureBand], better: Better, figure: Decimal) -> Option<&FigureBand> {
    match better {
        Better::Higher => bands.iter().rev().find(|band| figure >= band.bound),
        Better::Lower => bands.iter().find(|band| figure <= band.bound),
    }
}

/// How votes of residents become points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "vote", rename_all = "snake_case", deny_unknown_fields)]
pub enum PanelRule {
    /// Each resident scores every application: `W × sum ÷ (ballots × highest)`. Not relative.
    Scores {
        /// The best score, at least 1; the least is 0.
        highest: u32,
        /// Fewest ballots that count.
        quorum: u32,
    },
    /// Each resident shares out a budget: `W × money given to it ÷ most money given to any`. Relative.
    Budget {
        /// What one resident may share out.
        #[schemars(schema_with = "exact::schema")]
        each: Pence,
        /// Fewest ballots that count.
        quorum: u32,
    },
}

impl PanelRule {
    /// Fewest ballots that count.
    #[must_use]
    pub fn quorum(&self) -> u32 {
        match self {
            PanelRule::Scores { quorum, .. } | PanelRule::Budget { quorum, .. } => *quorum,
        }
    }
}

/// A dated entry of a catalogue of social value: what one unit of a measure is worth, and what is taken off.
///
/// The council supplies it under a licence of its own: some published tables may not be passed on (rules.md 2.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureRecord {
    /// Code in the catalogue.
    pub code: String,
    /// Pounds for one unit in the first year.
    #[schemars(schema_with = "exact::schema")]
    pub proxy: Pence,
    /// The year whose prices the proxy is in.
    pub price_year: i32,
    /// Part that would have happened anyway, 0 to 1; taken off.
    #[serde(default, with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub deadweight: Decimal,
    /// Part that pushes out something like it elsewhere, 0 to 1; taken off.
    #[serde(default, with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub displacement: Decimal,
    /// Part that others bring about, 0 to 1; taken off.
    #[serde(default, with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub attribution: Decimal,
    /// Part that is lost each year after the first, 0 to 1.
    #[serde(default, with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub drop_off: Decimal,
    /// Years in which one unit has an effect, 1 to 60.
    #[serde(default = "one_year")]
    pub years: u32,
    /// Where it was read.
    pub source: String,
    /// The licence it is used under.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// First day it is valid.
    pub valid_from: LocalDate,
    /// Last day it is valid; open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<LocalDate>,
    /// The council's own catalogue that it was copied from, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CopiedFrom>,
}

/// The version of a council's catalogue that a record was copied from. Versions are never changed, so whoever has the
/// version can compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopiedFrom {
    /// Its title.
    pub title: String,
    /// From 1.
    pub version: u32,
    /// The unit that the value is for.
    pub unit: String,
    /// SHA-256 of the version in canonical JSON, hexadecimal.
    pub hash: String,
}

impl CopiedFrom {
    /// The version in words.
    #[must_use]
    pub fn words(&self) -> String {
        let start: String = self.hash.chars().take(12).collect();
        format!("{}, version {} ({start}…)", self.title, self.version)
    }
}

fn one_year() -> u32 {
    1
}

impl MeasureRecord {
    /// What one unit is worth in pence, with 28 digits, in the prices of its own year: `proxy × (1 − deadweight) ×
    /// (1 − displacement) × (1 − attribution) × Σ (1 − drop-off)^t` over its years, t from 0.
    #[must_use]
    pub fn net_value(&self) -> Decimal {
        let kept = [self.deadweight, self.displacement, self.attribution]
            .into_iter()
            .fold(self.proxy.decimal(), |value, part| value * (Decimal::ONE - part));
        let stays = Decimal::ONE - self.drop_off;
        let mut year = Decimal::ONE;
        let mut sum = Decimal::ZERO;
        for _ in 0..self.years {
            sum += year;
            year *= stays;
        }
        kept * sum
    }

    /// Whether it holds on a day.
    #[must_use]
    pub fn covers(&self, on: LocalDate) -> bool {
        self.valid_from <= on && self.valid_until.is_none_or(|last| on <= last)
    }
}
