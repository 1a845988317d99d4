//! A tender is tried out before it is published: synthetic bids show what the model does to real ones.
//!
//! A synthetic bid earns a share `q` of all points outside price and asks a price; where several prices are scored
//! it asks an equal part of each. Its scores use the formulas and the rounding of the model.

use super::kinds::PanelRule;
use super::model::{Kind, Model, PriceModel, Rounding, TieRule};
use super::price::{Field, best_value};
use super::refusal::EvaluationRefusal;
use super::tree::Node;
use crate::values::Pence;
use crate::values::decimals::shown_decimal;
use rust_decimal::Decimal;
use serde::Serialize;

/// What the officer sees, and signs for, before publishing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rehearsal {
    /// Whether scores depend on the other bids.
    pub relative: bool,
    /// Whether a losing bid can change which of two others wins.
    pub rank_reversal: RankReversal,
    /// What a point costs in pounds, around the expected price; empty when price carries no points.
    pub price_per_point: Vec<PricePerPoint>,
    /// What to think about before publishing.
    pub warnings: Vec<Warning>,
}

/// Whether ranks can reverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum RankReversal {
    /// An example was found.
    Found {
        /// The example.
        example: ReversalExample,
    },
    /// It cannot happen, and why.
    ImpossibleBecause {
        /// A sentence.
        reason: String,
    },
    /// None was found among the synthetic bids that were tried, which proves nothing.
    NotFound {
        /// How many fields of three bids were tried.
        tried: u64,
    },
}

/// Two bids, and a third that loses but turns them round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReversalExample {
    /// Wins while there are two bids.
    pub first: SyntheticBid,
    /// Wins when the third comes in.
    pub second: SyntheticBid,
    /// Comes in and loses.
    pub newcomer: SyntheticBid,
}

/// A synthetic bid with its totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyntheticBid {
    /// Part of the points outside price that it earns.
    pub quality: Decimal,
    /// Its price.
    pub price: Pence,
    /// Total among the first two; `None` for the newcomer.
    pub total_before: Option<Decimal>,
    /// Total among all three.
    pub total_after: Decimal,
}

/// What one more point would cost at a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PricePerPoint {
    /// The price.
    pub price: Pence,
    /// Points it earns, when the lowest price is 70 % of the expected one and the mean is the expected one.
    pub points: Decimal,
    /// Pounds by which the price must fall to earn one point more, read from a fall of one per cent; `None` where a
    /// lower price earns nothing more.
    pub pounds_per_point: Option<Pence>,
}

/// A thing to think about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable, in kebab-case.
    pub code: &'static str,
    /// For the officer.
    pub sentence: String,
}

/// Runs the model against synthetic bids around an expected price.
///
/// # Errors
/// A model that is not whole, and an expected price of nothing or less.
pub fn rehearse(model: &Model, expected_price: Pence) -> Result<Rehearsal, EvaluationRefusal> {
    model.check()?;
    if expected_price <= Pence::ZERO || expected_price > super::check::MAX_PRICE {
        return Err(EvaluationRefusal::Model("Give the price you expect, more than £0.".to_owned()));
    }
    let nodes = model.nodes();
    let sketch = Sketch::of(model, &nodes);
    let rank_reversal = reversal(model, &sketch, expected_price);
    let price_per_point = sketch.price_per_point(expected_price, [80, 90, 100, 110, 120].into_iter());
    let warnings = warnings(model, &nodes, &sketch, expected_price, &rank_reversal);
    Ok(Rehearsal { relative: model.is_relative(), rank_reversal, price_per_point, warnings })
}

/// A model reduced to what synthetic bids differ in.
pub(super) struct Sketch<'a> {
    rounding: Rounding,
    /// Points for quality and for promises against targets.
    own: Decimal,
    /// Points for promises against the best rival, and for a share of what residents give.
    against_rivals: Decimal,
    /// Scored prices and their points.
    prices: Vec<(&'a PriceModel, Decimal)>,
}

#[derive(Clone, Copy)]
pub(super) struct Bidder {
    pub quality: Decimal,
    pub price: Pence,
}

impl<'a> Sketch<'a> {
    pub fn of(model: &Model, nodes: &[Node<'a>]) -> Self {
        let mut sketch =
            Sketch { rounding: model.rounding, own: Decimal::ZERO, against_rivals: Decimal::ZERO, prices: Vec::new() };
        for node in nodes {
            match &node.criterion.kind {
                Kind::Price { model } | Kind::Cost { model, .. } if model.carries_points() => {
                    sketch.prices.push((model, node.points));
                }
                Kind::Price { .. } | Kind::Cost { .. } | Kind::PassFail { .. } | Kind::Group { .. } => {}
                _ if node.criterion.is_relative() => sketch.against_rivals += node.points,
                Kind::Quality { .. } | Kind::SocialValue { .. } | Kind::Figure { .. } | Kind::Panel { .. } => {
                    sketch.own += node.points;
                }
            }
        }
        sketch
    }

    /// The part of a whole price that each scored price asks.
    fn part(&self, price: Pence) -> Pence {
        let parts = Decimal::from(self.prices.len().max(1));
        Pence::round_pence(price.decimal() / parts).map_or(price, |part| part.max(Pence(1)))
    }

    pub fn has_no_price(&self) -> bool {
        self.prices.is_empty()
    }

    pub fn admits(&self, bidder: Bidder) -> bool {
        let part = self.part(bidder.price);
        self.prices.iter().all(|(model, _)| model.ceiling().is_none_or(|(ceiling, _)| part <= ceiling))
    }

    pub fn totals<const N: usize>(&self, bidders: [Bidder; N]) -> [Decimal; N] {
        let parts = bidders.map(|b| self.part(b.price));
        let best = bidders.iter().map(|b| b.quality).max().unwrap_or_default();
        let field = Field::of(&parts);
        bidders.map(|bidder| {
            let mut total = self.rounding.round(self.own * bidder.quality);
            if !best.is_zero() {
                total += self.rounding.round(self.against_rivals * bidder.quality / best);
            }
            if let Some(field) = &field {
                let part = self.part(bidder.price);
                let points = self.prices.iter().map(|(model, w)| self.rounding.round(model.points(*w, part, field)));
                total += points.sum::<Decimal>();
            }
            total
        })
    }

    /// What a point costs at percentages of the expected price.
    pub fn price_per_point(&self, expected: Pence, percents: impl Iterator<Item = u32>) -> Vec<PricePerPoint> {
        if self.prices.is_empty() {
            return Vec::new();
        }
        let Ok(lowest) = Pence::round_pence(self.part(expected).decimal() * Decimal::new(70, 2)) else {
            return Vec::new();
        };
        let field = Field { lowest: lowest.max(Pence(1)), mean: self.part(expected).decimal() };
        let earned = |price: Pence| -> Decimal {
            self.prices.iter().map(|(model, w)| model.points(*w, self.part(price), &field)).sum()
        };
        percents
            .filter_map(|percent| scaled(expected, percent))
            .map(|price| {
                let lower = scaled(price, 99).unwrap_or(price);
                let gain = earned(lower) - earned(price);
                let fall = (price - lower).decimal();
                let pounds_per_point = (gain > Decimal::ZERO)
                    .then(|| fall.checked_div(gain).and_then(|pence| Pence::round_pence(pence).ok()))
                    .flatten();
                PricePerPoint { price, points: self.rounding.round(earned(price)), pounds_per_point }
            })
            .collect()
    }
}

pub(super) fn scaled(price: Pence, percent: u32) -> Option<Pence> {
    Pence::round_pence(price.decimal() * Decimal::new(i64::from(percent), 2)).ok().filter(|p| *p > Pence::ZERO)
}

fn reversal(model: &Model, sketch: &Sketch<'_>, expected: Pence) -> RankReversal {
    if !model.is_relative() {
        return RankReversal::ImpossibleBecause {
            reason: "Every score depends on the bid itself and on published figures only, so another bid changes \
                     nobody’s score."
                .to_owned(),
        };
    }
    if sketch.own.is_zero() && sketch.against_rivals.is_zero() && sketch.prices.len() == 1 {
        return RankReversal::ImpossibleBecause {
            reason: "Only one price is scored, and a lower price always earns at least as many points.".to_owned(),
        };
    }
    let mut grid = Vec::new();
    for percent in [100, 75, 125, 50, 150, 90, 35] {
        for tenths in [8, 6, 7, 5, 9, 4, 10, 3, 1] {
            if let Some(price) = scaled(expected, percent) {
                let bidder = Bidder { quality: Decimal::new(tenths, 1), price };
                if sketch.admits(bidder) {
                    grid.push(bidder);
                }
            }
        }
    }
    let mut tried = 0;
    for (position, a) in grid.iter().enumerate() {
        for b in grid.iter().skip(position + 1) {
            let before = sketch.totals([*a, *b]);
            for c in &grid {
                tried += 1;
                let after = sketch.totals([*a, *b, *c]);
                if let Some(example) = turned_round([*a, *b, *c], before, after) {
                    return RankReversal::Found { example };
                }
            }
        }
    }
    RankReversal::NotFound { tried }
}

fn turned_round(bidders: [Bidder; 3], before: [Decimal; 2], after: [Decimal; 3]) -> Option<ReversalExample> {
    let [a, b, c] = bidders;
    let ([a_before, b_before], [a_after, b_after, c_after]) = (before, after);
    let shown = |bidder: Bidder, total_before, total_after| SyntheticBid {
        quality: bidder.quality,
        price: bidder.price,
        total_before,
        total_after,
    };
    let a_shown = shown(a, Some(a_before), a_after);
    let b_shown = shown(b, Some(b_before), b_after);
    let newcomer = shown(c, None, c_after);
    let loses = c_after < a_after && c_after < b_after;
    if loses && a_before > b_before && a_after < b_after {
        Some(ReversalExample { first: a_shown, second: b_shown, newcomer })
    } else if loses && b_before > a_before && b_after < a_after {
        Some(ReversalExample { first: b_shown, second: a_shown, newcomer })
    } else {
        None
    }
}

fn warnings(
    model: &Model,
    nodes: &[Node<'_>],
    sketch: &Sketch<'_>,
    expected: Pence,
    reversal: &RankReversal,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, sentence: String| warnings.push(Warning { code, sentence });
    if sketch.prices.iter().any(|(model, _)| model.is_relative()) {
        warn(
            "relative-price",
            "The points for price depend on the other bids, so a bidder cannot work its own score out.".to_owned(),
        );
    }
    match model.decider() {
        Some(PriceModel::PricePerQualityPoint) => warn(
            "price-per-point",
            "A bid at half the price comes first with little more than half of the points, so a cheap bid of poor \
             quality can win. Set a least level for every question that matters."
                .to_owned(),
        ),
        Some(PriceModel::ValueAdjusted { features }) => {
            let best = best_value(features);
            let dearer = best.checked_div(Decimal::ONE - best).unwrap_or_default() * Decimal::ONE_HUNDRED;
            warn(
                "options-only",
                format!(
                    "Only the price and its options count: a bid that offers every best option comes first until it \
                     costs {}% more than one that offers none.",
                    shown_decimal(dearer.round_dp(1))
                ),
            );
        }
        _ => {}
    }
    let kinds = || nodes.iter().map(|node| &node.criterion.kind);
    if kinds().any(|kind| matches!(kind, Kind::SocialValue { method, .. } if method.is_relative())) {
        warn(
            "share-of-highest",
            "Promises are held against the highest promise, so one inflated promise takes points from everybody \
             else. Published targets do not."
                .to_owned(),
        );
    }
    if kinds().any(|kind| matches!(kind, Kind::Panel { rule: PanelRule::Budget { .. } })) {
        warn(
            "budget-vote",
            "Residents share one amount out between all applications, so two that they like for the same reason take \
             money from each other, and what the most liked one is given decides the points of all others. A vote by \
             scores does not."
                .to_owned(),
        );
    }
    if let RankReversal::Found { example } = reversal {
        warn(
            "rank-reversal",
            format!(
                "A bid that loses can decide who wins: without a third bid at {}, the bid at {} wins; with it, the \
                 bid at {} does.",
                example.newcomer.price, example.first.price, example.second.price
            ),
        );
    }
    if let Some(sentence) = middle_loses(sketch, expected) {
        warn("middle-cannot-win", sentence);
    }
    if !sketch.admits(Bidder { quality: Decimal::ONE, price: expected }) {
        warn("expected-above-ceiling", format!("The expected price {expected} is above the published ceiling."));
    }
    for node in nodes {
        if let Kind::SocialValue { measures, .. } = &node.criterion.kind {
            for measure in measures {
                if measure.cap.is_some_and(|cap| cap * Decimal::ONE_HUNDRED < measure.weight) {
                    warn(
                        "cap-below-weight",
                        format!("No bid can earn the full weight of “{}”, because its cap is lower.", measure.title),
                    );
                }
            }
        }
    }
    if !matches!(model.ties.last(), Some(TieRule::Draw { .. })) {
        warn("ties-may-remain", "Equal totals may remain, because the tie rules do not end with a draw.".to_owned());
    }
    warnings
}

/// Half-way between a cheap bid of half the quality and a full one at the expected price lies a bid that ought to
/// score half-way. Under a curved formula it scores less, and cannot win.
fn middle_loses(sketch: &Sketch<'_>, expected: Pence) -> Option<String> {
    let at =
        |quality, percent| scaled(expected, percent).map(|price| Bidder { quality: Decimal::new(quality, 2), price });
    let (low, middle, high) = (at(50, 50)?, at(75, 75)?, at(100, 100)?);
    if sketch.prices.is_empty() || ![low, middle, high].into_iter().all(|b| sketch.admits(b)) {
        return None;
    }
    let [l, m, h] = sketch.totals([low, middle, high]);
    (m < l && m < h).then(|| {
        format!(
            "A bid in the middle cannot win: at half the quality for {} a bid scores {l}, at full quality for {} \
             {h}, but at three quarters for {} only {m}.",
            low.price, high.price, middle.price
        )
    })
}
