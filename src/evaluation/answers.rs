//! The answers of each bid, by criterion, once they are known to fit the model.

use super::check::{MAX_PLACES, MAX_PRICE, MAX_QUANTITY};
use super::inputs::{Bid, Inputs};
use super::model::{Kind, Measure, Model, Node, PriceModel};
use super::refusal::EvaluationRefusal;
use crate::values::Pence;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// A bid with its answers by criterion or measure.
pub(super) struct Answers<'a> {
    pub bid: &'a Bid,
    /// Passed or not, and why.
    pub passes: BTreeMap<&'a str, (bool, &'a str)>,
    pub levels: BTreeMap<&'a str, u32>,
    pub prices: BTreeMap<&'a str, Pence>,
    pub promises: BTreeMap<&'a str, Decimal>,
}

/// Reads all bids, in the order of their identifiers.
pub(super) fn read<'a>(
    model: &Model,
    nodes: &[Node<'_>],
    inputs: &'a Inputs,
) -> Result<Vec<Answers<'a>>, EvaluationRefusal> {
    let mut seen = BTreeSet::new();
    let mut bids = Vec::with_capacity(inputs.bids.len());
    for bid in &inputs.bids {
        if bid.id.is_empty() || bid.id.contains('\n') || !seen.insert(bid.id.as_str()) {
            return Err(EvaluationRefusal::DuplicateBid { bid: bid.id.clone() });
        }
        bids.push(Answers {
            bid,
            passes: read_passes(model, bid)?,
            levels: read_levels(model, bid)?,
            prices: read_prices(model, bid)?,
            promises: read_promises(nodes, bid)?,
        });
    }
    bids.sort_by(|a, b| a.bid.id.cmp(&b.bid.id));
    Ok(bids)
}

fn refuse(bid: &Bid, problem: String) -> EvaluationRefusal {
    EvaluationRefusal::Bid { bid: bid.id.clone(), problem }
}

fn put<'a, V>(map: &mut BTreeMap<&'a str, V>, bid: &Bid, id: &'a str, value: V) -> Result<(), EvaluationRefusal> {
    match map.insert(id, value) {
        None => Ok(()),
        Some(_) => Err(refuse(bid, format!("“{id}” is answered twice."))),
    }
}

fn read_passes<'a>(model: &Model, bid: &'a Bid) -> Result<BTreeMap<&'a str, (bool, &'a str)>, EvaluationRefusal> {
    let mut passes = BTreeMap::new();
    for pass in &bid.passes {
        let Some(Kind::PassFail { .. }) = model.criterion(&pass.criterion).map(|c| &c.kind) else {
            return Err(refuse(bid, format!("“{}” is not a pass/fail criterion of the model.", pass.criterion)));
        };
        put(&mut passes, bid, &pass.criterion, (pass.passed, pass.reason.as_str()))?;
    }
    Ok(passes)
}

fn read_levels<'a>(model: &Model, bid: &'a Bid) -> Result<BTreeMap<&'a str, u32>, EvaluationRefusal> {
    let mut given = BTreeMap::new();
    for score in &bid.levels {
        let Some(Kind::Quality { levels }) = model.criterion(&score.criterion).map(|c| &c.kind) else {
            return Err(refuse(bid, format!("“{}” is not a quality criterion of the model.", score.criterion)));
        };
        if !levels.iter().any(|l| l.level == score.level) {
            return Err(refuse(bid, format!("“{}” has no level {}.", score.criterion, score.level)));
        }
        put(&mut given, bid, &score.criterion, score.level)?;
    }
    Ok(given)
}

fn read_prices<'a>(model: &Model, bid: &'a Bid) -> Result<BTreeMap<&'a str, Pence>, EvaluationRefusal> {
    let mut prices = BTreeMap::new();
    for given in &bid.prices {
        let Some(criterion) = model.criterion(&given.criterion) else {
            return Err(refuse(bid, format!("“{}” is not a criterion of the model.", given.criterion)));
        };
        let Kind::Price { model: formula } = &criterion.kind else {
            return Err(refuse(bid, format!("“{}” is not a price criterion.", given.criterion)));
        };
        if given.price <= Pence::ZERO {
            return Err(EvaluationRefusal::PriceNotPositive {
                bid: bid.id.clone(),
                criterion: criterion.title.clone(),
            });
        }
        if given.price > MAX_PRICE {
            return Err(refuse(bid, format!("the price for “{}” is more than {MAX_PRICE}.", criterion.title)));
        }
        if let PriceModel::FixedPrice { price } = formula
            && *price != given.price
        {
            return Err(refuse(bid, format!("the price for “{}” is fixed at {price}.", criterion.title)));
        }
        put(&mut prices, bid, &given.criterion, given.price)?;
    }
    Ok(prices)
}

fn read_promises<'a>(nodes: &[Node<'_>], bid: &'a Bid) -> Result<BTreeMap<&'a str, Decimal>, EvaluationRefusal> {
    let mut promises = BTreeMap::new();
    for promise in &bid.promises {
        let listed = nodes.iter().any(|node| measures(node).iter().any(|m| m.id == promise.measure));
        if !listed {
            return Err(refuse(bid, format!("“{}” is not a measure that the tender lists.", promise.measure)));
        }
        let quantity = promise.quantity;
        if quantity < Decimal::ZERO || quantity > MAX_QUANTITY || quantity.scale() > MAX_PLACES {
            return Err(refuse(
                bid,
                format!(
                    "the promise for “{}” must be 0 or more, at most {MAX_QUANTITY}, with at most {MAX_PLACES} \
                     decimal places.",
                    promise.measure
                ),
            ));
        }
        put(&mut promises, bid, &promise.measure, quantity)?;
    }
    Ok(promises)
}

/// The measures of a node, none unless it is social value.
pub(super) fn measures<'a>(node: &Node<'a>) -> &'a [Measure] {
    match &node.criterion.kind {
        Kind::SocialValue { measures, .. } => measures,
        _ => &[],
    }
}
