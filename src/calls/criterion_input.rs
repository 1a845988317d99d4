//! A criterion as the builder's form sends it: every field of every kind as text, most of them empty.

use serde::Deserialize;

/// A criterion as a form or a program sends it.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct CriterionInput {
    /// `quality`, `social_value`, `price`, `cost`, `figure`, `pass_fail`, `panel` or `group`.
    pub kind: String,
    /// The question, or the name of the criterion.
    pub title: String,
    /// Per cent of its level; empty where no points are carried.
    pub weight: String,
    /// Identifier of the group it lies in; empty at the top.
    pub parent: String,
    /// Most words of an answer.
    pub words: String,
    /// A bid below this level is left out.
    pub minimum_level: String,
    /// Text of level 0.
    pub level_0: String,
    /// Text of level 1.
    pub level_1: String,
    /// Text of level 2.
    pub level_2: String,
    /// Text of level 3.
    pub level_3: String,
    /// Text of level 4.
    pub level_4: String,
    /// Formula of a price.
    pub formula: String,
    /// Published ceiling in pounds, VAT included.
    pub ceiling: String,
    /// Power of the formula, 1 to 5.
    pub exponent: String,
    /// `excluded` or `scores_zero`.
    pub above_ceiling: String,
    /// Part of the points that the mean price earns.
    pub mean_share: String,
    /// Price bands, one a line: highest price, then the part of the points, such as `900000 0.8`.
    pub bands: String,
    /// The price everybody is paid.
    pub fixed_price: String,
    /// Options under an adjusted price, one a line: feature, colon, option, value, such as `Warranty: five years 0.1`.
    pub features: String,
    /// Whole-life cost: years after the purchase whose costs count.
    pub years: String,
    /// Whole-life cost: `rate` for one rate, or `green_book` for the Treasury's declining rates.
    pub discount: String,
    /// Whole-life cost: the one rate, in per cent a year.
    pub discount_rate: String,
    /// Whole-life cost: the day of the appraisal, which tells which of the Treasury's rates are used.
    pub appraised_on: String,
    /// Whole-life cost: costs that are the same every year, one a line.
    pub every_year: String,
    /// Whole-life cost: costs that bidders give for each year, one a line.
    pub by_year: String,
    /// Whole-life cost: costs in the last year, one a line.
    pub at_end: String,
    /// Whole-life cost: what is left in the last year and is taken off, one a line.
    pub worth_at_end: String,
    /// Figure: `affordability`, `expected_loss`, `return` or `subsidy`.
    pub measure: String,
    /// Figure: its bounds, one a line: the bound, then the part of the points, such as `1.25 0.8`.
    pub bounds: String,
    /// Figure: yearly rate of the loan it is worked out on, in per cent.
    pub loan_rate: String,
    /// Figure: months over which that loan is repaid.
    pub loan_months: String,
    /// Figure: the part of money going out that follows revenue, in per cent.
    pub follows: String,
    /// Figure of subsidy: what the market would ask, in per cent a year.
    pub market: String,
    /// Figure of loss or return: chance of default in a year below every line of `risks`, in per cent.
    pub default: String,
    /// Figure of loss or return: chances by cover, one a line: least cover, then the chance in per cent, such as `1.25 4`.
    pub risks: String,
    /// Figure of loss or return: the part that a default loses, in per cent.
    pub lost: String,
    /// `against_targets` or `share_of_highest`.
    pub method: String,
    /// Quality criterion that judges how promises will be kept; empty when they count in full.
    pub judged_by: String,
    /// What must be so.
    pub requirement: String,
    /// Community panel: `scores`, or `budget` for money to share out.
    pub vote: String,
    /// Community panel: the best score, 1 to 10; the least is 0.
    pub highest: String,
    /// Community panel: what one resident may share out, in pounds.
    pub each: String,
    /// Community panel: fewest ballots that count.
    pub ballots: String,
}
