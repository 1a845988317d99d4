//! Scoring the leaves of one bid: exclusions, levels, promises, figures, votes, minimums, and what is missing.

use super::answers::{Answers, Index, measures};
use super::kinds::{PanelRule, figure_band};
use super::model::{Deliverability, Kind, Measure, Minimum, Model, PriceModel, SocialValueMethod};
use super::refusal::Missing;
use super::result::{Exclusion, Step, StepInput};
use super::social_value::{measure_value, target_value};
use super::tree::Node;
use crate::values::decimals::shown_decimal;
use rust_decimal::Decimal;

/// A bid with what has been scored so far.
pub(super) struct Scored<'a> {
    pub answers: Answers<'a>,
    pub excluded: Vec<Exclusion>,
    /// By node: the rounded score.
    pub scores: Vec<Option<Decimal>>,
    pub steps: Vec<Vec<Step>>,
}

impl<'a> Scored<'a> {
    pub fn new(answers: Answers<'a>, nodes: usize) -> Self {
        Scored { answers, excluded: Vec::new(), scores: vec![None; nodes], steps: vec![Vec::new(); nodes] }
    }

    pub fn exclude(&mut self, code: &str, node: Option<&Node<'_>>, sentence: String) {
        self.excluded.push(Exclusion {
            code: code.to_owned(),
            criterion: node.map(|n| n.criterion.id.clone()),
            sentence,
        });
    }

    /// Everything that depends on this bid alone and not on its price: pass/fail, quality, figures, votes that are
    /// not relative, promises against targets, and then the minimums.
    pub fn score_own(&mut self, model: &Model, index: &Index<'_>) {
        if let Some(reason) = &self.answers.bid.disregarded {
            self.exclude("disregarded", None, reason.clone());
        }
        for (place, node) in index.nodes.iter().enumerate() {
            match &node.criterion.kind {
                Kind::PassFail { requirement } => {
                    if let Some((false, reason)) = self.answers.passes.get(place).copied().flatten() {
                        let why = if reason.is_empty() { String::new() } else { format!(" {reason}") };
                        self.exclude(
                            "failed",
                            Some(node),
                            format!("Failed “{}”: {requirement}{why}", node.criterion.title),
                        );
                    }
                }
                Kind::Quality { levels } => {
                    let given = self.answers.levels.get(place).copied().flatten();
                    if let Some(level) = given.and_then(|given| levels.iter().find(|l| l.level == given)) {
                        let unrounded = node.points * level.share;
                        let inputs = vec![
                            StepInput::own("W", node.points),
                            StepInput::own("level", level.level),
                            StepInput::own("share", level.share),
                        ];
                        self.record(model, place, node, "W × share of the level".to_owned(), inputs, unrounded);
                    }
                }
                Kind::Figure { better, bands, .. } => {
                    if let Some(figure) = self.answers.figures.get(place).copied().flatten() {
                        let band = figure_band(bands, *better, figure);
                        let share = band.map_or(Decimal::ZERO, |band| band.share);
                        let mut inputs = vec![StepInput::own("W", node.points), StepInput::own("figure", figure)];
                        inputs.extend(band.map(|band| StepInput::own("bound", band.bound)));
                        inputs.push(StepInput::own("share", share));
                        let given = self.answers.bid.figures.iter().find(|f| f.criterion == node.criterion.id);
                        if let Some(given) = given.filter(|f| !f.source.is_empty()) {
                            inputs.push(StepInput::own("figure worked out from", &given.source));
                        }
                        let formula = "W × share of the bound that the figure reaches".to_owned();
                        self.record(model, place, node, formula, inputs, node.points * share);
                    }
                }
                Kind::Panel { rule: PanelRule::Scores { highest, .. } } => {
                    if let Some((ballots, sum)) = self.answers.votes.get(place).copied().flatten() {
                        let most = Decimal::from(ballots) * Decimal::from(*highest);
                        let inputs = vec![
                            StepInput::own("W", node.points),
                            StepInput::own("sum of scores", sum),
                            StepInput::own("ballots", ballots),
                            StepInput::own("highest score", highest),
                        ];
                        let formula = "W × sum of scores ÷ (ballots × highest score)".to_owned();
                        self.record(model, place, node, formula, inputs, node.points * sum / most);
                    }
                }
                Kind::SocialValue { method, measures, deliverability } if !method.is_relative() => {
                    self.score_promises(model, index, place, node, *method, measures, deliverability.as_ref(), None);
                }
                Kind::SocialValue { .. }
                | Kind::Price { .. }
                | Kind::Cost { .. }
                | Kind::Panel { .. }
                | Kind::Group { .. } => {}
            }
        }
        self.check_minimums(model, &index.nodes);
        self.check_ceilings(&index.nodes);
    }

    pub fn record(
        &mut self,
        model: &Model,
        place: usize,
        node: &Node<'_>,
        formula: String,
        inputs: Vec<StepInput>,
        unrounded: Decimal,
    ) {
        let rounded = model.rounding.round(unrounded);
        let step = Step { title: node.criterion.title.clone(), formula, inputs, unrounded, rounded };
        if let (Some(score), Some(steps)) = (self.scores.get_mut(place), self.steps.get_mut(place)) {
            *score = Some(rounded);
            steps.push(step);
        }
    }

    /// The part of its promises that counts; `None` while the level that decides it is missing.
    pub fn believed(&self, index: &Index<'_>, rule: Option<&Deliverability>) -> Option<Decimal> {
        let Some(rule) = rule else { return Some(Decimal::ONE) };
        let level = self.answers.levels.get(index.place(rule.criterion.as_str())?).copied().flatten()?;
        rule.table.iter().find(|row| row.level == level).map(|row| row.share)
    }

    /// Promises as they count, in the order of the measures; `None` while something is missing.
    pub fn effective(
        &self,
        index: &Index<'_>,
        place: usize,
        measures: &[Measure],
        rule: Option<&Deliverability>,
    ) -> Option<Vec<Decimal>> {
        let share = self.believed(index, rule)?;
        let first = index.first_measure.get(place).copied()?;
        let promised = self.answers.promises.get(first..first + measures.len())?;
        promised.iter().map(|quantity| quantity.map(|q| q * share)).collect()
    }

    /// `highest` holds the best effective quantity of each measure, or the one best value in pence where promises are
    /// valued.
    #[expect(clippy::too_many_arguments, reason = "the parts of one criterion, taken apart once")]
    pub fn score_promises(
        &mut self,
        model: &Model,
        index: &Index<'_>,
        place: usize,
        node: &Node<'_>,
        method: SocialValueMethod,
        measures: &[Measure],
        rule: Option<&Deliverability>,
        highest: Option<&[Decimal]>,
    ) {
        let Some(effective) = self.effective(index, place, measures, rule) else { return };
        let share = self.believed(index, rule).unwrap_or_default();
        if method.is_valued() {
            self.score_value(model, place, node, measures, share, &effective, highest.and_then(|h| h.first().copied()));
            return;
        }
        let first = index.first_measure.get(place).copied().unwrap_or_default();
        let mut total = Decimal::ZERO;
        let mut steps = Vec::with_capacity(measures.len());
        for (position, (measure, effective)) in measures.iter().zip(effective).enumerate() {
            let available = (node.points * measure.weight / Decimal::ONE_HUNDRED).normalize();
            let against = highest.map_or(measure.target, |all| all.get(position).copied().unwrap_or_default());
            let earned = part_of(available, effective, against);
            let ceiling = measure.cap.map(|cap| cap * node.points);
            let unrounded = ceiling.map_or(earned, |most| earned.min(most));
            let rounded = model.rounding.round(unrounded);
            total += rounded;
            let promised = self.answers.promises.get(first + position).copied().flatten().unwrap_or_default();
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
        if let (Some(score), Some(slot)) = (self.scores.get_mut(place), self.steps.get_mut(place)) {
            *score = Some(total);
            *slot = steps;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one criterion, taken apart once")]
    fn score_value(
        &mut self,
        model: &Model,
        place: usize,
        node: &Node<'_>,
        measures: &[Measure],
        share: Decimal,
        effective: &[Decimal],
        highest: Option<Decimal>,
    ) {
        let targets = target_value(measures);
        let mut value = Decimal::ZERO;
        let mut inputs = vec![StepInput::own("W", node.points), StepInput::own("deliverability", share)];
        for (measure, quantity) in measures.iter().zip(effective) {
            let worth = measure_value(measure, *quantity, targets);
            inputs.push(StepInput::own(&format!("value of “{}”", measure.title), in_pounds(worth)));
            if let Some(copied) = measure.record.as_ref().and_then(|record| record.catalogue.as_ref()) {
                inputs.push(StepInput::own(&format!("“{}” is valued by", measure.title), copied.words()));
            }
            value += worth;
        }
        inputs.push(StepInput::own("value", in_pounds(value)));
        let (against, formula) = match highest {
            Some(highest) => {
                inputs.push(StepInput::of_rivals("highest value", in_pounds(highest)));
                (highest, "W × value ÷ highest value, value = Σ promised × deliverability × net value of one unit")
            }
            None => {
                inputs.push(StepInput::own("value of all targets", in_pounds(targets)));
                (targets, "W × min(1, value ÷ value of all targets), value = Σ promised × deliverability × net value")
            }
        };
        self.record(model, place, node, formula.to_owned(), inputs, part_of(node.points, value, against));
    }

    fn check_minimums(&mut self, model: &Model, nodes: &[Node<'_>]) {
        if nodes.iter().all(|node| node.criterion.minimum.is_none()) {
            return;
        }
        let sums = sums(nodes, &self.scores);
        for (place, (node, score)) in nodes.iter().zip(sums).enumerate() {
            match &node.criterion.minimum {
                Some(Minimum::Level { level }) => {
                    if let Some(given) = self.answers.levels.get(place).copied().flatten()
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
        for (place, node) in nodes.iter().enumerate() {
            let Some(formula) = node.criterion.formula() else { continue };
            let Some(price) = self.answers.price(place) else { continue };
            if let Some((ceiling, _)) = formula.ceiling()
                && formula.excludes(price)
            {
                let what = if matches!(node.criterion.kind, Kind::Cost { .. }) { "whole-life cost" } else { "price" };
                let sentence =
                    format!("The {what} {price} for “{}” is above the ceiling of {ceiling}.", node.criterion.title);
                self.exclude("above-ceiling", Some(node), sentence);
            }
        }
    }

    /// What the bid has no answer for, in reading order.
    pub fn missing(&self, index: &Index<'_>) -> Vec<Missing> {
        let name = |id: &str, title: &str| Missing {
            bid: self.answers.bid.id.clone(),
            id: id.to_owned(),
            title: title.to_owned(),
        };
        let mut missing = Vec::new();
        for (place, node) in index.nodes.iter().enumerate() {
            let offered = || self.answers.offered.get(place).is_some_and(Option::is_some);
            let has = match &node.criterion.kind {
                Kind::PassFail { .. } => self.answers.passes.get(place).is_some_and(Option::is_some),
                Kind::Quality { .. } => self.answers.levels.get(place).is_some_and(Option::is_some),
                Kind::Price { model } => matches!(model, PriceModel::FixedPrice { .. }) || offered(),
                Kind::Cost { .. } => offered() && self.answers.later.get(place).is_some_and(Option::is_some),
                Kind::Figure { .. } => self.answers.figures.get(place).is_some_and(Option::is_some),
                Kind::Panel { .. } => self.answers.votes.get(place).is_some_and(Option::is_some),
                Kind::SocialValue { .. } | Kind::Group { .. } => true,
            };
            if !has {
                missing.push(name(&node.criterion.id, &node.criterion.title));
            }
            let first = index.first_measure.get(place).copied().unwrap_or_default();
            for (position, measure) in measures(node).iter().enumerate() {
                if !self.answers.promises.get(first + position).is_some_and(Option::is_some) {
                    missing.push(name(&measure.id, &measure.title));
                }
            }
            let features = node.criterion.formula().map(PriceModel::features).unwrap_or_default();
            for (feature, value) in features.iter().zip(&self.answers.options) {
                if value.is_none() {
                    missing.push(name(&feature.id, &feature.title));
                }
            }
        }
        missing
    }
}

/// `W × quantity ÷ against`, at most W; nothing where there is nothing to hold it against.
pub(super) fn part_of(available: Decimal, quantity: Decimal, against: Decimal) -> Decimal {
    if against.is_zero() {
        Decimal::ZERO
    } else if quantity >= against {
        available
    } else {
        available * quantity / against
    }
}

fn in_pounds(pence: Decimal) -> Decimal {
    (pence / Decimal::ONE_HUNDRED).normalize()
}

/// Scores of all nodes, groups as the exact sum of their parts; a group with a missing part has none.
pub(super) fn sums(nodes: &[Node<'_>], leaves: &[Option<Decimal>]) -> Vec<Option<Decimal>> {
    let mut sums: Vec<Option<Decimal>> = nodes
        .iter()
        .zip(leaves)
        .map(|(node, leaf)| if node.is_group_with_points() { Some(Decimal::ZERO) } else { *leaf })
        .collect();
    for (index, node) in nodes.iter().enumerate().rev() {
        let Some(parent) = node.parent else { continue };
        if !node.carries_points {
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
