//! The rehearsal in full: what weight each criterion really has, which kind of bid wins, what the cheapest and the best
//! bid need, what a point costs along a curve, and what one inflated promise does.
//!
//! The influence of a criterion is its share of what makes totals differ: with points xᵢ of a criterion and total t, both
//! measured from the mean of their field, `Σ xᵢ·t ÷ Σ t·t`. The shares of all criteria add up to one (before rounding).

use super::model::{Kind, Model};
use super::plausible::{Plausible, Tally};
use super::refusal::EvaluationRefusal;
use super::rehearsal::{Bidder, PricePerPoint, Rehearsal, Sketch, Warning, rehearse, scaled};
use super::social_value::{measure_value, target_value};
use crate::values::{Pence, round_half_up};
use rust_decimal::Decimal;
use serde::Serialize;

/// Most synthetic fields of one rehearsal.
pub const MOST_FIELDS: u32 = 1_000_000;
/// Most bids of one synthetic field.
pub const MOST_BIDS: u32 = 50;

/// What was assumed about plausible bids, for the officer.
pub const ASSUMPTIONS: &str = "Each synthetic bid asks 80% to 120% of the expected price, as far as a ceiling allows; \
     earns any published level at or above the minimum except the lowest; promises 50% to 120% of every target; gets 40% \
     to 80% of the votes’ best; reaches any published bound. All equally likely and independent of each other.";

/// Everything the officer sees before publishing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FullRehearsal {
    /// Rank reversal, price of a point, warnings.
    pub rehearsal: Rehearsal,
    /// The seed of the synthetic fields.
    pub seed: u64,
    /// How many fields were drawn.
    pub fields: u32,
    /// Bids of each field.
    pub bids: u32,
    /// What was assumed.
    pub assumptions: &'static str,
    /// Each criterion that earns points, in reading order.
    pub influence: Vec<Influence>,
    /// Which kind of bid wins.
    pub wins: WinsBy,
    /// What a point costs from half to one and a half times the expected price, to be drawn as a curve.
    pub curve: Vec<PricePerPoint>,
    /// What a bid needs to win.
    pub profiles: Vec<Profile>,
    /// What one inflated promise does, for each criterion of social value.
    pub inflated: Vec<Inflated>,
}

impl FullRehearsal {
    /// Everything an officer must have seen before publishing: the warnings of the short rehearsal, and what the
    /// synthetic fields showed. The same model gives the same list.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut all = self.rehearsal.warnings.clone();
        let mut warn = |code, sentence: String| all.push(Warning { code, sentence });
        for one in &self.influence {
            // Below half or above twice the published weight: a bidder who trusts the weight is misled.
            let (published, real) = (one.published, one.real);
            if real * Decimal::TWO < published || real > published * Decimal::TWO {
                warn(
                    "weight-misleads",
                    format!(
                        "“{}” is published at {} of 100 points but makes {real}% of what parts plausible bids.",
                        one.title,
                        published.normalize()
                    ),
                );
            }
        }
        for one in &self.profiles {
            let code = match (one.who, one.price, one.quality) {
                ("cheapest", _, None) => "cheapest-cannot-win",
                ("best", None, _) => "best-cannot-win",
                _ => continue,
            };
            warn(code, one.sentence.clone());
        }
        if self.wins.middle.is_zero() && self.bids > 2 && !self.profiles.is_empty() {
            warn("middle-never-wins", middle_in_words(&self.wins));
        }
        for one in self.inflated.iter().filter(|one| one.before != one.after) {
            warn("inflated-promise", one.sentence.clone());
        }
        all
    }
}

/// The weight a criterion really has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Influence {
    /// The criterion.
    pub criterion: String,
    /// As published.
    pub title: String,
    /// Its published points out of 100.
    pub published: Decimal,
    /// Standard deviation of its points within a field, to the model's places, rounded down.
    pub spread: Decimal,
    /// Its share of what makes totals differ, in per cent to one place.
    pub real: Decimal,
}

/// Parts of all fields, to four places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WinsBy {
    /// The cheapest bid wins and is the best outside price too.
    pub cheapest_and_best: Decimal,
    /// The cheapest wins without being the best.
    pub cheapest: Decimal,
    /// The best outside price wins without being the cheapest.
    pub best: Decimal,
    /// A bid in the middle wins: neither cheapest nor best.
    pub middle: Decimal,
    /// First place is shared before the tie rules.
    pub shared: Decimal,
}

/// What one bid needs to win against another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// `cheapest` or `best`.
    pub who: &'static str,
    /// Its price; the highest with which it wins, where the best is asked about.
    pub price: Option<Pence>,
    /// Part of the points outside price that it earns; the least with which it wins, where the cheapest is asked about.
    pub quality: Option<Decimal>,
    /// For the officer.
    pub sentence: String,
}

/// Three bids promise 60, 80 and 100 % of every target; then a fourth promises ten times as much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inflated {
    /// The criterion of social value.
    pub criterion: String,
    /// Points of the three among themselves.
    pub before: [Decimal; 3],
    /// Their points once the fourth bid is there.
    pub after: [Decimal; 3],
    /// For the officer.
    pub sentence: String,
}

/// Runs the model against synthetic fields of bids around an expected price. The same seed gives the same digits on every
/// machine, whatever the number of threads.
///
/// # Errors
/// [`EvaluationRefusal`] of [`rehearse`]; no fields or bids, or too many.
pub fn rehearse_in_full(
    model: &Model,
    expected_price: Pence,
    bids: u32,
    fields: u32,
    seed: u64,
) -> Result<FullRehearsal, EvaluationRefusal> {
    if !(1..=MOST_FIELDS).contains(&fields) || !(2..=MOST_BIDS).contains(&bids) {
        return Err(EvaluationRefusal::Model(format!(
            "Draw between 1 and {MOST_FIELDS} fields of 2 to {MOST_BIDS} bids."
        )));
    }
    let rehearsal = rehearse(model, expected_price)?;
    let plausible = Plausible::of(model, expected_price)?;
    let tally = plausible.run(bids, fields, seed);
    let nodes = model.nodes();
    let sketch = Sketch::of(model, &nodes);
    Ok(FullRehearsal {
        rehearsal,
        seed,
        fields,
        bids,
        assumptions: ASSUMPTIONS,
        influence: influence(model, &plausible, &tally, bids, fields),
        wins: wins(&tally, fields),
        curve: curve(model, &sketch, expected_price),
        profiles: profiles(&sketch, expected_price),
        inflated: inflated(model),
    })
}

fn influence(model: &Model, plausible: &Plausible<'_>, tally: &Tally, bids: u32, fields: u32) -> Vec<Influence> {
    let counted = i128::from(bids) * i128::from(bids) * i128::from(bids) * i128::from(fields);
    let per_cent = |part: i128| -> Decimal {
        // In tenths of a per cent, half away from zero, in whole numbers.
        if tally.total_squares == 0 {
            return Decimal::ZERO;
        }
        let doubled = part * 2_000 / tally.total_squares;
        let tenths = i128::midpoint(doubled, doubled.signum());
        Decimal::new(i64::try_from(tenths).unwrap_or_default(), 1)
    };
    plausible
        .criteria
        .iter()
        .zip(tally.products.iter().zip(&tally.squares))
        .map(|(criterion, (product, squares))| {
            let spread = (squares / counted.max(1)).unsigned_abs().isqrt();
            Influence {
                criterion: criterion.id.clone(),
                title: criterion.title.clone(),
                published: criterion.points,
                spread: Decimal::new(i64::try_from(spread).unwrap_or_default(), model.rounding.places),
                real: per_cent(*product),
            }
        })
        .collect()
}

fn wins(tally: &Tally, fields: u32) -> WinsBy {
    let part = |count: u32| round_half_up(Decimal::from(count) / Decimal::from(fields), 4);
    let [both, cheapest, best, middle, shared] = tally.wins;
    WinsBy {
        cheapest_and_best: part(both),
        cheapest: part(cheapest),
        best: part(best),
        middle: part(middle),
        shared: part(shared),
    }
}

/// From 50 to 150 % in steps of five. Under a price per point, a point costs the price divided by the points of a bid that
/// earns 70 of 100.
fn curve(model: &Model, sketch: &Sketch<'_>, expected: Pence) -> Vec<PricePerPoint> {
    let percents = (50..=150).step_by(5);
    if !matches!(model.decider(), Some(super::model::PriceModel::PricePerQualityPoint)) {
        return sketch.price_per_point(expected, percents);
    }
    let points = Decimal::from(70);
    percents
        .filter_map(|percent| scaled(expected, percent))
        .map(|price| PricePerPoint {
            price,
            points,
            pounds_per_point: price.decimal().checked_div(points).and_then(|pence| Pence::round_pence(pence).ok()),
        })
        .collect()
}

/// The cheapest asks 80 % of the expected price, the best earns everything outside price and asks 120 %.
fn profiles(sketch: &Sketch<'_>, expected: Pence) -> Vec<Profile> {
    let (Some(low), Some(high)) = (scaled(expected, 80), scaled(expected, 120)) else { return Vec::new() };
    if sketch.has_no_price() {
        return Vec::new();
    }
    let best = Bidder { quality: Decimal::ONE, price: high };
    let at = |percent: i64| Bidder { quality: Decimal::new(percent, 2), price: low };
    let least = (0..=100).find(|percent| {
        let [cheapest, rival] = sketch.totals([at(*percent), best]);
        cheapest > rival
    });
    let quality = least.map(|percent| Decimal::new(percent, 2));
    let against = "a bid that earns everything outside price";
    let cheapest = Profile {
        who: "cheapest",
        price: Some(low),
        quality,
        sentence: match least {
            Some(percent) => {
                format!(
                    "At {low} a bid must earn {percent}% of the points outside price to win against {against} at {high}."
                )
            }
            None => format!("At {low} a bid cannot win against {against} at {high}."),
        },
    };
    let half = at(50);
    let most = (50_u32..=200).rev().filter_map(|percent| scaled(expected, percent)).find(|price| {
        let [own, rival] = sketch.totals([Bidder { quality: Decimal::ONE, price: *price }, half]);
        own > rival && sketch.admits(Bidder { quality: Decimal::ONE, price: *price })
    });
    let best = Profile {
        who: "best",
        price: most,
        quality: Some(Decimal::ONE),
        sentence: match most {
            Some(price) => format!(
                "A bid that earns everything outside price wins up to {price} against half of those points at {low}."
            ),
            None => {
                format!("A bid that earns everything outside price cannot win against half of those points at {low}.")
            }
        },
    };
    vec![cheapest, best]
}

fn inflated(model: &Model) -> Vec<Inflated> {
    let mut found = Vec::new();
    for node in model.nodes() {
        let Kind::SocialValue { method, measures, .. } = &node.criterion.kind else { continue };
        let targets = target_value(measures);
        let points = |parts: Decimal, highest: Decimal| -> Decimal {
            if method.is_valued() {
                let value = |parts: Decimal| {
                    measures.iter().map(|m| measure_value(m, m.target * parts, targets)).sum::<Decimal>()
                };
                let against = if method.is_relative() { value(highest) } else { targets };
                return model.rounding.round(super::leaves::part_of(node.points, value(parts), against));
            }
            let against = if method.is_relative() { highest } else { Decimal::ONE };
            measures
                .iter()
                .map(|m| {
                    let available = node.points * m.weight / Decimal::ONE_HUNDRED;
                    let earned = super::leaves::part_of(available, parts, against);
                    model.rounding.round(m.cap.map_or(earned, |cap| earned.min(cap * node.points)))
                })
                .sum()
        };
        let three = [60, 80, 100].map(|percent| Decimal::new(percent, 2));
        let before = three.map(|parts| points(parts, Decimal::ONE));
        let after = three.map(|parts| points(parts, Decimal::TEN));
        let (lost, had) = (before.into_iter().sum::<Decimal>() - after.into_iter().sum::<Decimal>(), before);
        let sentence = if lost.is_zero() {
            format!(
                "One bid that promises ten times the targets takes no points from others for “{}”.",
                node.criterion.title
            )
        } else {
            format!(
                "One bid that promises ten times the targets leaves the bid that met them {} of {} points for “{}”.",
                after.last().copied().unwrap_or_default(),
                had.last().copied().unwrap_or_default(),
                node.criterion.title
            )
        };
        found.push(Inflated { criterion: node.criterion.id.clone(), before, after, sentence });
    }
    found
}

/// Whether some middle bid won, in a sentence.
#[must_use]
pub fn middle_in_words(wins: &WinsBy) -> String {
    let percent = (wins.middle * Decimal::ONE_HUNDRED).round_dp(1).normalize();
    if wins.middle.is_zero() {
        "In no field did a bid win that was neither the cheapest nor the best.".to_owned()
    } else {
        format!("A bid that was neither the cheapest nor the best won in {percent} of 100 fields.")
    }
}
