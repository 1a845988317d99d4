//! How firmly the winner stands: the smallest change of each moderated score and each weight that changes the winner,
//! and how often each bid wins when scores vary by a level.

use super::inputs::Inputs;
use super::model::{Criterion, Kind, Model};
use super::quick::{Memory, Quick, Slot};
use super::rank::evaluate;
use super::refusal::EvaluationRefusal;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
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
    /// For each moderated level and each way, the smallest change that changes the winner; none where no change does.
    pub scores: Vec<LevelChange>,
    /// For each weight the smallest change, up or down, that changes the winner; none where no change does.
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
    /// The published level that it would have to be.
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
    /// The nearest weight that changes the winner, in steps of a tenth of a point.
    pub to: Decimal,
    /// Who would win; `None` when a tie would need the draw or stay.
    pub winner: Option<String>,
}

/// Moves every moderated level and every weight as far as it can go, and tells the smallest change that changes the
/// winner.
///
/// Levels are tried one by one. For weights, the lead of the winner over each rival is a straight line in the weight
/// (every leaf earns points in proportion to its weight), so the winner keeps one stretch of weights around the
/// published one; its ends are found by halving, and then step by step where rounded scores decide.
///
/// # Errors
/// [`EvaluationRefusal`] of the evaluation itself.
pub fn sensitivity(model: &Model, inputs: &Inputs) -> Result<Sensitivity, EvaluationRefusal> {
    let winner = evaluate(model, inputs)?.winner;
    let quick = Quick::of(model, inputs)?;
    let name = |place: Option<usize>| place.and_then(|place| quick.ids.get(place)).cloned();
    let mut memory = Memory::default();
    let mut positions = quick.given();
    let (mut levels, mut scores, mut levels_tried) = (Vec::new(), Vec::new(), 0);
    for (place, slot) in quick.slots.iter().enumerate() {
        let down = (0..slot.given).rev().collect::<Vec<_>>();
        let up = (slot.given + 1..slot.levels.len()).collect::<Vec<_>>();
        for way in [down, up] {
            for (steps, position) in way.into_iter().enumerate() {
                levels_tried += u32::from(steps == 0);
                if let Some(at) = positions.get_mut(place) {
                    *at = position;
                }
                let would = name(quick.winner(&positions, &mut memory));
                if would != winner {
                    let change = change(&quick, slot, position, would);
                    if steps == 0 {
                        levels.push(change.clone());
                    }
                    scores.push(change);
                    break;
                }
            }
        }
        if let Some(at) = positions.get_mut(place) {
            *at = slot.given;
        }
    }
    let mut weights = Vec::new();
    for node in model.nodes() {
        let Some(from) = node.criterion.weight else { continue };
        weights.extend(nearest_weight(model, inputs, &node.criterion.id, from, winner.as_deref()));
    }
    Ok(Sensitivity { winner, levels, levels_tried, scores, weights })
}

fn change(quick: &Quick<'_>, slot: &Slot, position: usize, winner: Option<String>) -> LevelChange {
    let level = |at: usize| slot.levels.get(at).copied().unwrap_or_default();
    LevelChange {
        bid: quick.ids.get(slot.bid).cloned().unwrap_or_default(),
        criterion: slot.criterion.clone(),
        from: level(slot.given),
        to: level(position),
        winner,
    }
}

/// Steps of a tenth of a point, most of them.
const MOST_STEPS: i64 = 999;
/// Steps behind an end found by halving in which rounded scores may decide earlier.
const ROUNDED: i64 = 5;

/// The nearest weight, up or down, with another winner.
fn nearest_weight(
    model: &Model,
    inputs: &Inputs,
    criterion: &str,
    from: Decimal,
    winner: Option<&str>,
) -> Option<WeightChange> {
    let at = |steps: i64| -> Option<Option<String>> {
        let mut shifted = model.clone();
        let to = from + Decimal::new(steps, 1);
        if !reweigh(&mut shifted.criteria, criterion, to) {
            return None;
        }
        let quick = Quick::of(&shifted, inputs).ok()?;
        let place = quick.winner(&quick.given(), &mut Memory::default());
        Some(place.and_then(|place| quick.ids.get(place)).cloned())
    };
    let other = |steps: i64| at(steps).filter(|would| would.as_deref() != winner);
    let mut nearest: Option<(i64, Option<String>)> = None;
    for way in [1, -1] {
        // The furthest step this way that leaves a weight above 0 and below 100.
        let room = (if way > 0 { Decimal::ONE_HUNDRED - from } else { from }) * Decimal::TEN;
        let mut far = room.ceil().to_i64().map_or(0, |steps| steps - 1).min(MOST_STEPS);
        while far > 0 && at(far * way).is_none() {
            // A sibling of hardly any weight rounds to nothing: step back until the model is whole.
            far -= far / 20 + 1;
        }
        let mut near = 0;
        if far == 0 || other(far * way).is_none() {
            continue;
        }
        while far - near > 1 {
            let middle = near + (far - near) / 2;
            if other(middle * way).is_some() {
                far = middle;
            } else {
                near = middle;
            }
        }
        let first =
            ((far - ROUNDED).max(1)..=far).find_map(|steps| other(steps * way).map(|would| (steps * way, would)));
        if let Some(found) = first
            && nearest.as_ref().is_none_or(|(steps, _)| found.0.abs() < steps.abs())
        {
            nearest = Some(found);
        }
    }
    nearest.map(|(steps, winner)| WeightChange {
        criterion: criterion.to_owned(),
        from,
        to: from + Decimal::new(steps, 1),
        winner,
    })
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
