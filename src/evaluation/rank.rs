//! From bids to a ranking: exclusions first, then formulas over the bids that remain, then totals and ties.

use super::answers::{Answers, measures, read};
use super::inputs::Inputs;
use super::low_price::low_prices;
use super::model::{Deliverability, Kind, Measure, Minimum, Model, Node, PriceModel, SocialValueMethod, TieRule};
use super::price::Field;
use super::refusal::{EvaluationRefusal, Missing};
use super::result::{BidResult, CriterionScore, EvaluationResult, Exclusion, Ranked, Step, StepInput};
use super::ties::{Contender, Place, rank};
use crate::values::Pence;
use crate::values::decimals::shown_decimal;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Ranks the bids of a call by its model. The order of the bids changes nothing.
///
/// 1. A bid that was disregarded, fails a pass/fail criterion, is below a minimum or above an excluding ceiling is
///    left out, with its reason; it sets no lowest, mean or highest value for the others.
/// 2. Every leaf is scored and rounded to the published places; groups and totals are exact sums of rounded leaves.
/// 3. Equal totals go through the tie cascade.
///
/// # Errors
/// [`EvaluationRefusal`]: a model that is not whole, inputs that do not fit it, and anything missing of a bid that
/// is not excluded. Missing is never zero.
pub fn evaluate(model: &Model, inputs: &Inputs) -> Result<EvaluationResult, EvaluationRefusal> {
    model.check()?;
    let nodes = model.nodes();
    let mut bids: Vec<Scored<'_>> = read(model, &nodes, inputs)?
        .into_iter()
        .map(|answers| Scored {
            answers,
            excluded: Vec::new(),
            scores: vec![None; nodes.len()],
            steps: vec![Vec::new(); nodes.len()],
        })
        .collect();
    for bid in &mut bids {
        bid.score_quality(model, &nodes);
    }
    for bid in &mut bids {
        bid.check_ceilings(&nodes);
    }
    let missing: Vec<Missing> = bids.iter().filter(|b| b.excluded.is_empty()).flat_map(|b| b.missing(&nodes)).collect();
    if !missing.is_empty() {
        return Err(EvaluationRefusal::Incomplete { missing });
    }
    score_relative(model, &nodes, &mut bids);
    finish(model, &nodes, bids, inputs.draw_seed.as_deref())
}

/// A bid with what has been scored so far.
struct Scored<'a> {
    answers: Answers<'a>,
    excluded: Vec<Exclusion>,
    /// By node: the rounded score.
    scores: Vec<Option<Decimal>>,
    steps: Vec<Vec<Step>>,
}

impl Scored<'_> {
    fn exclude(&mut self, code: &str, node: Option<&Node<'_>>, sentence: String) {
        self.excluded.push(Exclusion {
            code: code.to_owned(),
            criterion: node.map(|n| n.criterion.id.clone()),
            sentence,
        });
    }

    /// Everything that depends on this bid alone and not on its price: pass/fail, quality, promises against
    /// targets, and then the minimums.
    fn score_quality(&mut self, model: &Model, nodes: &[Node<'_>]) {
        if let Some(reason) = &self.answers.bid.disregarded {
            self.exclude("disregarded", None, reason.clone());
        }
        for (index, node) in nodes.iter().enumerate() {
            match &node.criterion.kind {
                Kind::PassFail { requirement } => {
                    if let Some((false, reason)) = self.answers.passes.get(node.criterion.id.as_str()).copied() {
                        let why = if reason.is_empty() { String::new() } else { format!(" {reason}") };
                        self.exclude(
                            "failed",
                            Some(node),
                            format!("Failed “{}”: {requirement}{why}", node.criterion.title),
                        );
                    }
                }
                Kind::Quality { levels } => {
                    let given = self.answers.levels.get(node.criterion.id.as_str());
                    if let Some(level) = given.and_then(|given| levels.iter().find(|l| l.level == *given)) {
                        let unrounded = node.points * level.share;
                        let inputs = vec![
                            StepInput::own("W", node.points),
                            StepInput::own("level", level.level),
                            StepInput::own("share", level.share),
                        ];
                        self.record(model, index, node, "W × share of the level".to_owned(), inputs, unrounded);
                    }
                }
                Kind::SocialValue { method: SocialValueMethod::AgainstTargets, measures, deliverability } => {
                    self.score_promises(model, index, node, measures, deliverability.as_ref(), None);
                }
                Kind::SocialValue { .. } | Kind::Price { .. } | Kind::Group { .. } => {}
            }
        }
        self.check_minimums(model, nodes);
    }

    fn record(
        &mut self,
        model: &Model,
        index: usize,
        node: &Node<'_>,
        formula: String,
        inputs: Vec<StepInput>,
        unrounded: Decimal,
    ) {
        let rounded = model.rounding.round(unrounded);
        let step = Step { title: node.criterion.title.clone(), formula, inputs, unrounded, rounded };
        if let (Some(score), Some(steps)) = (self.scores.get_mut(index), self.steps.get_mut(index)) {
            *score = Some(rounded);
            steps.push(step);
        }
    }

    /// The part of its promises that counts; `None` while the level that decides it is missing.
    fn believed(&self, rule: Option<&Deliverability>) -> Option<Decimal> {
        let Some(rule) = rule else { return Some(Decimal::ONE) };
        let level = self.answers.levels.get(rule.criterion.as_str())?;
        rule.table.iter().find(|row| row.level == *level).map(|row| row.share)
    }

    /// Promises as they count, in the order of the measures; `None` while something is missing.
    fn effective(&self, measures: &[Measure], rule: Option<&Deliverability>) -> Option<Vec<Decimal>> {
        let share = self.believed(rule)?;
        measures.iter().map(|m| self.answers.promises.get(m.id.as_str()).map(|q| *q * share)).collect()
    }

    fn score_promises(
        &mut self,
        model: &Model,
        index: usize,
        node: &Node<'_>,
        measures: &[Measure],
        rule: Option<&Deliverability>,
        highest: Option<&[Decimal]>,
    ) {
        let Some(effective) = self.effective(measures, rule) else { return };
        let share = self.believed(rule).unwrap_or_default();
        let mut total = Decimal::ZERO;
        let mut steps = Vec::with_capacity(measures.len());
        for (position, (measure, effective)) in measures.iter().zip(effective).enumerate() {
            let available = (node.points * measure.weight / Decimal::ONE_HUNDRED).normalize();
            let against = highest.map_or(measure.target, |all| all.get(position).copied().unwrap_or_default());
            let earned = if effective >= against && !against.is_zero() {
                available
            } else if against.is_zero() {
                Decimal::ZERO
            } else {
                available * effective / against
            };
            let ceiling = measure.cap.map(|cap| cap * node.points);
            let unrounded = ceiling.map_or(earned, |most| earned.min(most));
            let rounded = model.rounding.round(unrounded);
            total += rounded;
            let promised = self.answers.promises.get(measure.id.as_str()).copied().unwrap_or_default();
            let mut inputs = vec![
                StepInput::own("W", available),
                StepInput::own("promised", promised),
                StepInput::own("deliverability", share),
                StepInput::own("effective", effective.normalize()),
            ];
            let mut formula = if highest.is_some() {
                inputs.push(StepInput::of_rivals("highest effective", against.normalize()));
                "W × effective ÷ highest effective, effective = promised × deliverability".to_owned()
            } else {
                inputs.push(StepInput::own("target", measure.target));
                "W × min(1, effective ÷ target), effective = promised × deliverability".to_owned()
            };
            if let Some(most) = ceiling {
                inputs.push(StepInput::own("most", most.normalize()));
                formula.push_str(", at most the measure’s cap");
            }
            steps.push(Step { title: measure.title.clone(), formula, inputs, unrounded, rounded });
        }
        if let (Some(score), Some(slot)) = (self.scores.get_mut(index), self.steps.get_mut(index)) {
            *score = Some(total);
            *slot = steps;
        }
    }

    fn check_minimums(&mut self, model: &Model, nodes: &[Node<'_>]) {
        let sums = sums(nodes, &self.scores);
        for (node, score) in nodes.iter().zip(sums) {
            match &node.criterion.minimum {
                Some(Minimum::Level { level }) => {
                    if let Some(given) = self.answers.levels.get(node.criterion.id.as_str()).copied()
                        && given < *level
                    {
                        let sentence =
                            format!("Level {given} for “{}” is below the minimum of {level}.", node.criterion.title);
                        self.exclude("below-minimum", Some(node), sentence);
                    }
                }
                Some(Minimum::Percent { percent }) => {
                    let least = model.rounding.round(node.points * *percent / Decimal::ONE_HUNDRED);
                    if let Some(score) = score
                        && score < least
                    {
                        let sentence = format!(
                            "{score} points for “{}” are below the minimum of {least}, {}% of {}.",
                            node.criterion.title,
                            shown_decimal(*percent),
                            shown_decimal(node.points)
                        );
                        self.exclude("below-minimum", Some(node), sentence);
                    }
                }
                None => {}
            }
        }
    }

    fn check_ceilings(&mut self, nodes: &[Node<'_>]) {
        for node in nodes {
            let Kind::Price { model: formula } = &node.criterion.kind else { continue };
            let Some(price) = self.answers.prices.get(node.criterion.id.as_str()).copied() else { continue };
            if let Some((ceiling, _)) = formula.ceiling()
                && formula.excludes(price)
            {
                let sentence =
                    format!("The price {price} for “{}” is above the ceiling of {ceiling}.", node.criterion.title);
                self.exclude("above-ceiling", Some(node), sentence);
            }
        }
    }

    fn missing(&self, nodes: &[Node<'_>]) -> Vec<Missing> {
        let name = |id: &str, title: &str| Missing {
            bid: self.answers.bid.id.clone(),
            id: id.to_owned(),
            title: title.to_owned(),
        };
        let mut missing = Vec::new();
        for node in nodes {
            let id = node.criterion.id.as_str();
            let has = match &node.criterion.kind {
                Kind::PassFail { .. } => self.answers.passes.contains_key(id),
                Kind::Quality { .. } => self.answers.levels.contains_key(id),
                Kind::Price { model } => {
                    matches!(model, PriceModel::FixedPrice { .. }) || self.answers.prices.contains_key(id)
                }
                Kind::SocialValue { .. } | Kind::Group { .. } => true,
            };
            if !has {
                missing.push(name(id, &node.criterion.title));
            }
            missing.extend(
                measures(node)
                    .iter()
                    .filter(|m| !self.answers.promises.contains_key(m.id.as_str()))
                    .map(|m| name(&m.id, &m.title)),
            );
        }
        missing
    }

    fn whole_price(&self, nodes: &[Node<'_>]) -> Option<Pence> {
        let scored = nodes.iter().filter(
            |n| matches!(&n.criterion.kind, Kind::Price { model } if !matches!(model, PriceModel::FixedPrice { .. })),
        );
        let prices: Option<Vec<Pence>> =
            scored.map(|n| self.answers.prices.get(n.criterion.id.as_str()).copied()).collect();
        prices.filter(|p| !p.is_empty()).map(|p| p.into_iter().sum())
    }
}

/// Scores of all nodes, groups as the exact sum of their parts; a group with a missing part has none.
fn sums(nodes: &[Node<'_>], leaves: &[Option<Decimal>]) -> Vec<Option<Decimal>> {
    let is_group = |node: &Node<'_>| matches!(node.criterion.kind, Kind::Group { .. });
    let mut sums: Vec<Option<Decimal>> = nodes
        .iter()
        .zip(leaves)
        .map(|(node, leaf)| if is_group(node) && node.criterion.carries_points() { Some(Decimal::ZERO) } else { *leaf })
        .collect();
    for (index, node) in nodes.iter().enumerate().rev() {
        let Some(parent) = node.parent else { continue };
        if !node.criterion.carries_points() {
            continue;
        }
        let part = sums.get(index).copied().flatten();
        if let Some(whole) = sums.get_mut(parent) {
            *whole = match (*whole, part) {
                (Some(whole), Some(part)) => Some(whole + part),
                _ => None,
            };
        }
    }
    sums
}

/// Prices and max-relative promises, over the bids that are not excluded.
fn score_relative(model: &Model, nodes: &[Node<'_>], bids: &mut [Scored<'_>]) {
    for (index, node) in nodes.iter().enumerate() {
        match &node.criterion.kind {
            Kind::Price { model: formula } if node.criterion.carries_points() => {
                let id = node.criterion.id.as_str();
                let valid = bids.iter().filter(|b| b.excluded.is_empty());
                let prices: Vec<Pence> = valid.filter_map(|b| b.answers.prices.get(id).copied()).collect();
                let Some(field) = Field::of(&prices) else { continue };
                for bid in bids.iter_mut().filter(|b| b.excluded.is_empty()) {
                    if let Some(price) = bid.answers.prices.get(id).copied() {
                        let points = formula.points(node.points, price, &field);
                        let inputs = formula.step_inputs(node.points, price, &field);
                        bid.record(model, index, node, formula.formula(), inputs, points);
                    }
                }
            }
            Kind::SocialValue { method: SocialValueMethod::ShareOfHighest, measures, deliverability } => {
                let rule = deliverability.as_ref();
                let mut highest = vec![Decimal::ZERO; measures.len()];
                for bid in bids.iter().filter(|b| b.excluded.is_empty()) {
                    for (most, own) in highest.iter_mut().zip(bid.effective(measures, rule).unwrap_or_default()) {
                        *most = (*most).max(own);
                    }
                }
                for bid in bids.iter_mut().filter(|b| b.excluded.is_empty()) {
                    bid.score_promises(model, index, node, measures, rule, Some(&highest));
                }
            }
            _ => {}
        }
    }
}

fn finish(
    model: &Model,
    nodes: &[Node<'_>],
    bids: Vec<Scored<'_>>,
    seed: Option<&str>,
) -> Result<EvaluationResult, EvaluationRefusal> {
    let mut contenders = Vec::new();
    let mut prices = Vec::new();
    let mut summed = Vec::with_capacity(bids.len());
    for bid in &bids {
        let sums = sums(nodes, &bid.scores);
        if bid.excluded.is_empty() {
            let price = bid.whole_price(nodes);
            if let Some(price) = price {
                prices.push((bid.answers.bid.id.clone(), price));
            }
            let total = model.rounding.round(Decimal::ZERO) + top(nodes, &sums);
            let keys = model.ties.iter().filter_map(|rule| tie_key(rule, nodes, &sums, price)).collect();
            contenders.push(Contender { bid: bid.answers.bid.id.clone(), total, keys });
        }
        summed.push(sums);
    }
    let places = rank(contenders, &model.ties, seed)?;
    let low_prices = model.abnormally_low.as_ref().map(|rule| low_prices(&prices, rule)).unwrap_or_default();
    let winner = match places.as_slice() {
        [first, second, ..] if second.rank == first.rank => None,
        [first, ..] => Some(first.contender.bid.clone()),
        [] => None,
    };
    let by_bid: BTreeMap<&str, &Place> = places.iter().map(|p| (p.contender.bid.as_str(), p)).collect();
    let results = bids
        .into_iter()
        .zip(summed)
        .map(|(bid, sums)| {
            let place = by_bid.get(bid.answers.bid.id.as_str());
            BidResult {
                bid: bid.answers.bid.id.clone(),
                rank: place.map(|p| p.rank),
                total: place.map(|p| p.contender.total),
                scores: scores(nodes, &bid.answers.passes, bid.steps, &sums),
                exclusions: bid.excluded,
            }
        })
        .collect();
    let ranking = places
        .iter()
        .map(|p| Ranked { rank: p.rank, bid: p.contender.bid.clone(), total: p.contender.total, tie: p.tie.clone() })
        .collect();
    Ok(EvaluationResult { model_hash: super::file::model_hash(model), winner, ranking, bids: results, low_prices })
}

fn top(nodes: &[Node<'_>], sums: &[Option<Decimal>]) -> Decimal {
    nodes.iter().zip(sums).filter(|(n, _)| n.parent.is_none()).filter_map(|(_, s)| *s).sum()
}

fn tie_key(rule: &TieRule, nodes: &[Node<'_>], sums: &[Option<Decimal>], price: Option<Pence>) -> Option<Decimal> {
    let of = |wanted: &dyn Fn(&Node<'_>) -> bool| {
        nodes.iter().zip(sums).filter(|(n, _)| wanted(n)).filter_map(|(_, s)| *s).sum()
    };
    match rule {
        TieRule::Criterion { criterion } => Some(of(&|n| n.criterion.id == *criterion)),
        TieRule::SocialValue => Some(of(&|n| matches!(n.criterion.kind, Kind::SocialValue { .. }))),
        TieRule::Quality => Some(of(&|n| matches!(n.criterion.kind, Kind::Quality { .. }))),
        TieRule::Price => Some(-price.unwrap_or_default().decimal()),
        TieRule::Draw { .. } => None,
    }
}

fn scores(
    nodes: &[Node<'_>],
    passes: &BTreeMap<&str, (bool, &str)>,
    steps: Vec<Vec<Step>>,
    sums: &[Option<Decimal>],
) -> Vec<CriterionScore> {
    nodes
        .iter()
        .zip(sums)
        .zip(steps)
        .map(|((node, score), steps)| CriterionScore {
            criterion: node.criterion.id.clone(),
            title: node.criterion.title.clone(),
            parent: node.parent.and_then(|p| nodes.get(p)).map(|p| p.criterion.id.clone()),
            depth: node.depth,
            available: node.points,
            score: *score,
            passed: passes.get(node.criterion.id.as_str()).map(|(passed, _)| *passed),
            steps,
        })
        .collect()
}
