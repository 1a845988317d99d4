//! From bids to a ranking: exclusions first, then formulas over the bids that remain, then totals and ties.

use super::answers::{Index, read};
use super::inputs::Inputs;
use super::kinds::PanelRule;
use super::later_costs::by_year;
use super::leaves::{Scored, sums};
use super::low_price::{below_wage_cost, low_prices};
use super::model::{Kind, Model, PriceModel, TieRule};
use super::price::{Field, adjusted_price, best_value};
use super::refusal::{EvaluationRefusal, Missing};
use super::result::{BidResult, CriterionScore, EvaluationResult, Ranked, Step, StepInput};
use super::social_value::{measure_value, target_value};
use super::ties::{Contender, Place, rank};
use super::tree::Node;
use crate::values::Pence;
use rust_decimal::Decimal;
use std::collections::HashMap;

/// Answers (bids × criteria) from which two threads share the work; the result is the same.
const WORTH_TWO_THREADS: usize = 4_000;

/// Ranks the bids of a call by its model. The order of the bids changes nothing.
///
/// 1. A bid that was disregarded, fails a pass/fail criterion, is below a minimum or above an excluding ceiling is
///    left out, with its reason; it sets no lowest, mean or highest value for the others.
/// 2. Every leaf is scored and rounded to the published places; groups and totals are exact sums of rounded leaves.
/// 3. Bids are ranked by points, or by the price per point or adjusted price where the model says so.
/// 4. Equal totals go through the tie cascade.
///
/// # Errors
/// [`EvaluationRefusal`]: a model that is not whole, inputs that do not fit it, and anything missing of a bid that
/// is not excluded. Missing is never zero.
pub fn evaluate(model: &Model, inputs: &Inputs) -> Result<EvaluationResult, EvaluationRefusal> {
    model.check()?;
    let index = Index::of(model);
    let mut bids: Vec<Scored<'_>> =
        read(&index, inputs)?.into_iter().map(|answers| Scored::new(answers, index.nodes.len())).collect();
    in_halves(&mut bids, index.nodes.len(), |bid| bid.score_own(model, &index));
    let missing: Vec<Missing> = bids.iter().filter(|b| b.excluded.is_empty()).flat_map(|b| b.missing(&index)).collect();
    if !missing.is_empty() {
        return Err(EvaluationRefusal::Incomplete { missing });
    }
    score_relative(model, &index, &mut bids);
    let figures = score_deciding(model, &index, &mut bids)?;
    finish(model, &index, bids, &figures, inputs.draw_seed.as_deref())
}

/// Runs a piece of work on every item, on two threads where that is worth it.
fn in_halves<T: Send>(items: &mut [T], weight: usize, work: impl Fn(&mut T) + Sync) {
    if items.len() < 2 || items.len() * weight < WORTH_TWO_THREADS {
        items.iter_mut().for_each(work);
        return;
    }
    let (first, second) = items.split_at_mut(items.len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| second.iter_mut().for_each(&work));
        first.iter_mut().for_each(&work);
    });
}

/// Prices, votes on a budget and max-relative promises, over the bids that are not excluded.
fn score_relative(model: &Model, index: &Index<'_>, bids: &mut [Scored<'_>]) {
    for (place, node) in index.nodes.iter().enumerate() {
        match &node.criterion.kind {
            Kind::Price { model: formula } | Kind::Cost { model: formula, .. } if formula.carries_points() => {
                let valid = bids.iter().filter(|b| b.excluded.is_empty());
                let prices: Vec<Pence> = valid.filter_map(|b| b.answers.price(place)).collect();
                let Some(field) = Field::of(&prices) else { continue };
                for bid in bids.iter_mut().filter(|b| b.excluded.is_empty()) {
                    if let Some(price) = bid.answers.price(place) {
                        let points = formula.points(node.points, price, &field);
                        let mut inputs = formula.step_inputs(node.points, price, &field);
                        life_inputs(index, bid, place, &mut inputs);
                        bid.record(model, place, node, formula_words(node, formula), inputs, points);
                    }
                }
            }
            Kind::Panel { rule: PanelRule::Budget { .. } } => {
                let votes = |b: &Scored<'_>| b.answers.votes.get(place).copied().flatten();
                let valid = bids.iter().filter(|b| b.excluded.is_empty());
                let highest = valid.filter_map(|b| votes(b).map(|(_, sum)| sum)).max().unwrap_or_default();
                for bid in bids.iter_mut().filter(|b| b.excluded.is_empty()) {
                    let Some((ballots, sum)) = votes(bid) else { continue };
                    let points = if highest.is_zero() { Decimal::ZERO } else { node.points * sum / highest };
                    let inputs = vec![
                        StepInput::own("W", node.points),
                        StepInput::own("money given", sum),
                        StepInput::of_rivals("most money given", highest),
                        StepInput::own("ballots", ballots),
                    ];
                    bid.record(model, place, node, "W × money given ÷ most money given".to_owned(), inputs, points);
                }
            }
            Kind::SocialValue { method, measures, deliverability } if method.is_relative() => {
                let rule = deliverability.as_ref();
                let targets = target_value(measures);
                let valued = method.is_valued();
                let mut highest = vec![Decimal::ZERO; if valued { 1 } else { measures.len() }];
                for bid in bids.iter().filter(|b| b.excluded.is_empty()) {
                    let mut own = bid.effective(index, place, measures, rule).unwrap_or_default();
                    if valued {
                        own = vec![measures.iter().zip(own).map(|(m, q)| measure_value(m, q, targets)).sum()];
                    }
                    for (most, own) in highest.iter_mut().zip(own) {
                        *most = (*most).max(own);
                    }
                }
                for bid in bids.iter_mut().filter(|b| b.excluded.is_empty()) {
                    bid.score_promises(model, index, place, node, *method, measures, rule, Some(&highest));
                }
            }
            _ => {}
        }
    }
}

/// The parts of a whole-life cost, each year with its factor where the model lists what counts; nothing for a plain
/// price.
fn life_inputs(index: &Index<'_>, bid: &Scored<'_>, place: usize, inputs: &mut Vec<StepInput>) {
    let (Some(later), Some(offered)) =
        (bid.answers.later.get(place).copied().flatten(), bid.answers.offered.get(place).copied().flatten())
    else {
        return;
    };
    inputs.push(StepInput::money("price at the purchase", offered));
    let Some(node) = index.nodes.get(place) else { return };
    if matches!(&node.criterion.kind, Kind::Cost { life, .. } if !life.items.is_empty()) {
        let costs = bid.answers.bid.costs.iter().find(|c| c.criterion == node.criterion.id);
        for (year, amount) in costs.and_then(|c| by_year(&c.flows)).unwrap_or_default() {
            let factor = index.factor(place, year).unwrap_or_default();
            inputs.push(StepInput::money(&format!("costs of year {year}, each pound counted as {factor}"), amount));
        }
    }
    inputs.push(StepInput::money("later costs, discounted", later));
}

/// The formula of a price, saying what price means where it is a whole-life cost.
fn formula_words(node: &Node<'_>, formula: &PriceModel) -> String {
    match &node.criterion.kind {
        Kind::Cost { life, .. } if !life.items.is_empty() => {
            let what = match formula {
                PriceModel::ValueAdjusted { .. } => "later costs = the sum of each year’s costs × its factor",
                _ => "price = price at the purchase + later costs, the sum of each year’s costs × its factor",
            };
            format!("{}; {what}", formula.formula())
        }
        _ => formula.formula(),
    }
}

/// The figure that ranks each bid, by place of the bid, where the model ranks by a price. Bids that have none are
/// excluded here.
fn score_deciding(
    model: &Model,
    index: &Index<'_>,
    bids: &mut [Scored<'_>],
) -> Result<Vec<Option<Decimal>>, EvaluationRefusal> {
    let mut figures = vec![None; bids.len()];
    let found = index.nodes.iter().enumerate().find(|(_, n)| n.criterion.formula().is_some_and(PriceModel::decides));
    let Some((place, node)) = found else { return Ok(figures) };
    let Some(formula) = node.criterion.formula() else { return Ok(figures) };
    for (bid, figure) in bids.iter_mut().zip(&mut figures).filter(|(b, _)| b.excluded.is_empty()) {
        let Some(offered) = bid.answers.offered.get(place).copied().flatten() else { continue };
        let later = bid.answers.later.get(place).copied().flatten().unwrap_or_default();
        let too_large = || EvaluationRefusal::Bid {
            bid: bid.answers.bid.id.clone(),
            problem: "the figures leave the range of numbers that can be kept.".to_owned(),
        };
        let mut inputs = vec![StepInput::money("price", offered + later)];
        let unrounded = if let PriceModel::ValueAdjusted { features } = formula {
            let (value, best) = (bid.answers.options.iter().flatten().sum::<Decimal>(), best_value(features));
            inputs = vec![
                StepInput::money("price", offered),
                StepInput::own("V", value),
                StepInput::own("Vmax", best),
                StepInput::money("later costs", later),
            ];
            adjusted_price(offered, value, best, later).ok_or_else(too_large)?
        } else {
            let points = top(&index.nodes, &sums(&index.nodes, &bid.scores));
            if points <= Decimal::ZERO {
                let sentence = format!("The bid earns no points, so “{}” cannot be worked out.", node.criterion.title);
                bid.exclude("no-points", Some(node), sentence);
                continue;
            }
            inputs.push(StepInput::own("points", points));
            (offered + later).pounds().checked_div(points).ok_or_else(too_large)?
        };
        let rounded = model.rounding.round(unrounded);
        *figure = Some(rounded);
        life_inputs(index, bid, place, &mut inputs);
        if let Some(steps) = bid.steps.get_mut(place) {
            let title = node.criterion.title.clone();
            steps.push(Step { title, formula: formula_words(node, formula), inputs, unrounded, rounded });
        }
    }
    Ok(figures)
}

/// The sum of the prices that formulas compare, and of what is offered.
fn whole_prices(index: &Index<'_>, bid: &Scored<'_>) -> Option<(Pence, Pence)> {
    let mut sums = None;
    for (place, node) in index.nodes.iter().enumerate() {
        let Some(formula) = node.criterion.formula() else { continue };
        if matches!(formula, PriceModel::FixedPrice { .. }) {
            continue;
        }
        let offered = bid.answers.offered.get(place).copied().flatten()?;
        let (compared, asked) = sums.unwrap_or((Pence::ZERO, Pence::ZERO));
        sums = Some((compared + bid.answers.price(place)?, asked + offered));
    }
    sums
}

fn finish(
    model: &Model,
    index: &Index<'_>,
    mut bids: Vec<Scored<'_>>,
    figures: &[Option<Decimal>],
    seed: Option<&str>,
) -> Result<EvaluationResult, EvaluationRefusal> {
    let nodes = &index.nodes;
    let mut contenders = Vec::new();
    let mut prices = Vec::new();
    let mut wage_flags = Vec::new();
    let wage = model.abnormally_low.as_ref().and_then(|rule| rule.hourly_wage);
    for (bid, figure) in bids.iter().zip(figures) {
        if !bid.excluded.is_empty() {
            continue;
        }
        let sums = sums(nodes, &bid.scores);
        let id = &bid.answers.bid.id;
        let whole = whole_prices(index, bid);
        if let Some((_, asked)) = whole {
            prices.push((id.clone(), asked));
            if let (Some(wage), Some(hours)) = (wage, bid.answers.bid.hours) {
                wage_flags.extend(below_wage_cost(id, asked, hours, wage));
            }
        }
        let total = model.rounding.round(Decimal::ZERO) + top(nodes, &sums);
        let compared = whole.map(|(compared, _)| compared);
        let keys = model.ties.iter().filter_map(|rule| tie_key(rule, nodes, &sums, compared)).collect();
        contenders.push(Contender { bid: id.clone(), total, figure: *figure, keys });
    }
    let places = rank(contenders, &model.ties, seed)?;
    let mut flags = model.abnormally_low.as_ref().map(|rule| low_prices(&prices, rule)).unwrap_or_default();
    flags.extend(wage_flags);
    let winner = match places.as_slice() {
        [first, second, ..] if second.rank == first.rank => None,
        [first, ..] => Some(first.contender.bid.clone()),
        [] => None,
    };
    let by_bid: HashMap<&str, &Place> = places.iter().map(|p| (p.contender.bid.as_str(), p)).collect();
    let mut results: Vec<(Scored<'_>, Option<BidResult>)> = bids.drain(..).map(|bid| (bid, None)).collect();
    in_halves(&mut results, nodes.len(), |(bid, result)| {
        let place = by_bid.get(bid.answers.bid.id.as_str());
        *result = Some(BidResult {
            bid: bid.answers.bid.id.clone(),
            rank: place.map(|p| p.rank),
            total: place.map(|p| p.contender.total),
            figure: place.and_then(|p| p.contender.figure),
            scores: scores(nodes, bid),
            exclusions: std::mem::take(&mut bid.excluded),
        });
    });
    let ranking = places
        .iter()
        .map(|p| Ranked {
            rank: p.rank,
            bid: p.contender.bid.clone(),
            total: p.contender.total,
            figure: p.contender.figure,
            tie: p.tie.clone(),
        })
        .collect();
    Ok(EvaluationResult {
        model_hash: super::file::model_hash(model),
        winner,
        ranking,
        bids: results.into_iter().filter_map(|(_, result)| result).collect(),
        low_prices: flags,
    })
}

pub(super) fn top(nodes: &[Node<'_>], sums: &[Option<Decimal>]) -> Decimal {
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

fn scores(nodes: &[Node<'_>], bid: &mut Scored<'_>) -> Vec<CriterionScore> {
    let sums = sums(nodes, &bid.scores);
    let steps = std::mem::take(&mut bid.steps);
    nodes
        .iter()
        .zip(sums)
        .zip(steps)
        .enumerate()
        .map(|(place, ((node, score), steps))| CriterionScore {
            criterion: node.criterion.id.clone(),
            title: node.criterion.title.clone(),
            parent: node.parent.and_then(|p| nodes.get(p)).map(|p| p.criterion.id.clone()),
            depth: node.depth,
            available: node.points,
            score,
            passed: bid.answers.passes.get(place).copied().flatten().map(|(passed, _)| passed),
            steps,
        })
        .collect()
}
