//! How firmly the winner stands: one level, or a few points of weight, at a time.

use super::inputs::Inputs;
use super::model::{Criterion, Kind, Model};
use super::rank::evaluate;
use super::refusal::EvaluationRefusal;
use rust_decimal::Decimal;
use serde::Serialize;

/// What would have changed the winner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sensitivity {
    /// The winner as evaluated.
    pub winner: Option<String>,
    /// Moderated levels that, one level up or down, change the winner.
    pub levels: Vec<LevelChange>,
    /// How many changes of one level were tried.
    pub levels_tried: u32,
    /// Weights with the smallest shift that changes the winner, of those tried.
    pub weights: Vec<WeightChange>,
}

/// A level that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LevelChange {
    /// The bid whose level moves.
    pub bid: String,
    /// The quality criterion.
    pub criterion: String,
    /// The moderated level.
    pub from: u32,
    /// The neighbouring level.
    pub to: u32,
    /// Who would win; `None` when a tie would need the draw or stay.
    pub winner: Option<String>,
}

/// A weight that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WeightChange {
    /// The criterion whose weight moves; its siblings share the difference in proportion.
    pub criterion: String,
    /// Its weight.
    pub from: Decimal,
    /// The nearest weight tried that changes the winner.
    pub to: Decimal,
    /// Who would win; `None` when a tie would need the draw or stay.
    pub winner: Option<String>,
}

/// Points of weight that are tried, up and down.
const SHIFTS: [i64; 7] = [1, 2, 3, 5, 10, 15, 20];

/// Moves every moderated level by one and every weight by up to 20 points, and tells what changes the winner.
///
/// # Errors
/// [`EvaluationRefusal`] of the evaluation itself.
pub fn sensitivity(model: &Model, inputs: &Inputs) -> Result<Sensitivity, EvaluationRefusal> {
    let winner = evaluate(model, inputs)?.winner;
    let mut levels = Vec::new();
    let mut levels_tried = 0;
    let mut moved = inputs.clone();
    for (b, bid) in inputs.bids.iter().enumerate() {
        for (s, score) in bid.levels.iter().enumerate() {
            for to in neighbours(model, &score.criterion, score.level) {
                levels_tried += 1;
                set_level(&mut moved, b, s, to);
                let would = winner_of(model, &moved)?;
                if would != winner {
                    levels.push(LevelChange {
                        bid: bid.id.clone(),
                        criterion: score.criterion.clone(),
                        from: score.level,
                        to,
                        winner: would,
                    });
                }
            }
            set_level(&mut moved, b, s, score.level);
        }
    }
    let mut weights = Vec::new();
    for node in model.nodes() {
        let Some(from) = node.criterion.weight else { continue };
        let shifts = SHIFTS.into_iter().flat_map(|shift| [Decimal::from(shift), -Decimal::from(shift)]);
        for to in shifts.map(|shift| from + shift) {
            let mut shifted = model.clone();
            if !reweigh(&mut shifted.criteria, &node.criterion.id, to) {
                continue;
            }
            let would = winner_of(&shifted, inputs)?;
            if would != winner {
                weights.push(WeightChange { criterion: node.criterion.id.clone(), from, to, winner: would });
                break;
            }
        }
    }
    Ok(Sensitivity { winner, levels, levels_tried, weights })
}

fn winner_of(model: &Model, inputs: &Inputs) -> Result<Option<String>, EvaluationRefusal> {
    match evaluate(model, inputs) {
        Ok(result) => Ok(result.winner),
        // A bid that a minimum had excluded may come back in without a price: then nobody can say who would win.
        Err(EvaluationRefusal::SeedMissing | EvaluationRefusal::Incomplete { .. }) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

fn set_level(inputs: &mut Inputs, bid: usize, score: usize, level: u32) {
    if let Some(score) = inputs.bids.get_mut(bid).and_then(|b| b.levels.get_mut(score)) {
        score.level = level;
    }
}

fn neighbours(model: &Model, criterion: &str, level: u32) -> Vec<u32> {
    let Some(Kind::Quality { levels }) = model.criterion(criterion).map(|c| &c.kind) else { return Vec::new() };
    let below = levels.iter().map(|l| l.level).filter(|l| *l < level).max();
    let above = levels.iter().map(|l| l.level).filter(|l| *l > level).min();
    below.into_iter().chain(above).collect()
}

/// Gives one criterion a new weight and shares the difference among its siblings in proportion, to four places, the
/// last of them taking what rounding leaves. Answers whether that was possible.
fn reweigh(criteria: &mut [Criterion], id: &str, to: Decimal) -> bool {
    let Some(position) = criteria.iter().position(|c| c.id == id) else {
        return criteria.iter_mut().any(|c| match &mut c.kind {
            Kind::Group { children } => reweigh(children, id, to),
            _ => false,
        });
    };
    let from = criteria.get(position).and_then(|c| c.weight).unwrap_or_default();
    let rest = Decimal::ONE_HUNDRED - from;
    if to <= Decimal::ZERO || to >= Decimal::ONE_HUNDRED || rest <= Decimal::ZERO {
        return false;
    }
    let factor = (Decimal::ONE_HUNDRED - to) / rest;
    let mut left = Decimal::ONE_HUNDRED - to;
    let mut last = None;
    for (index, criterion) in criteria.iter_mut().enumerate() {
        if index == position {
            criterion.weight = Some(to);
        } else if let Some(weight) = criterion.weight.as_mut() {
            *weight = (*weight * factor).round_dp(4);
            left -= *weight;
            last = Some(index);
        }
    }
    match last.and_then(|index| criteria.get_mut(index)).and_then(|c| c.weight.as_mut()) {
        Some(weight) => {
            *weight += left;
            *weight > Decimal::ZERO
        }
        None => false,
    }
}
