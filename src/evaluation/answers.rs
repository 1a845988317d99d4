//! The answers of each bid, by criterion, once they are known to fit the model.

use super::check::{MAX_PLACES, MAX_PRICE, MAX_QUANTITY};
use super::inputs::{Bid, Inputs};
use super::kinds::{Feature, PanelRule};
use super::later_costs::at_purchase;
use super::model::{Criterion, Kind, Measure, Model, PriceModel};
use super::refusal::EvaluationRefusal;
use super::tree::Node;
use crate::values::{Pence, counted, counted_with};
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};

/// The nodes of a model with the places of their measures and features, so that nothing is searched twice.
pub(super) struct Index<'m> {
    pub nodes: Vec<Node<'m>>,
    by_id: HashMap<&'m str, usize>,
    measures: HashMap<&'m str, usize>,
    /// By node: the place of its first measure among all.
    pub first_measure: Vec<usize>,
    features: HashMap<&'m str, (usize, &'m Feature)>,
    /// By node: the factors of later costs by year.
    factors: HashMap<usize, Vec<Decimal>>,
}

impl<'m> Index<'m> {
    pub fn of(model: &'m Model) -> Self {
        let nodes = model.nodes();
        let mut index = Index {
            by_id: HashMap::with_capacity(nodes.len()),
            measures: HashMap::new(),
            first_measure: Vec::with_capacity(nodes.len()),
            features: HashMap::new(),
            factors: HashMap::new(),
            nodes: Vec::new(),
        };
        for (place, node) in nodes.iter().enumerate() {
            index.by_id.insert(node.criterion.id.as_str(), place);
            index.first_measure.push(index.measures.len());
            for measure in measures(node) {
                index.measures.insert(measure.id.as_str(), index.measures.len());
            }
            for feature in node.criterion.formula().into_iter().flat_map(PriceModel::features) {
                index.features.insert(feature.id.as_str(), (index.features.len(), feature));
            }
            if let Kind::Cost { life, .. } = &node.criterion.kind {
                let factors: Option<Vec<Decimal>> = (0..=life.years).map(|year| life.discount.factor(year)).collect();
                index.factors.insert(place, factors.unwrap_or_default());
            }
        }
        index.nodes = nodes;
        index
    }

    pub fn place(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// What a pound of a later year is worth at the purchase, under a whole-life cost.
    pub fn factor(&self, place: usize, year: u32) -> Option<Decimal> {
        self.factors.get(&place)?.get(usize::try_from(year).ok()?).copied()
    }

    fn find(&self, id: &str) -> Option<(usize, &'m Criterion)> {
        let place = self.place(id)?;
        self.nodes.get(place).map(|node| (place, node.criterion))
    }
}

/// A bid with its answers by place of the node, measure or feature.
#[derive(Clone)]
pub(super) struct Answers<'a> {
    pub bid: &'a Bid,
    /// Passed or not, and why.
    pub passes: Vec<Option<(bool, &'a str)>>,
    pub levels: Vec<Option<u32>>,
    /// What the bid asks.
    pub offered: Vec<Option<Pence>>,
    /// Later costs at the purchase.
    pub later: Vec<Option<Pence>>,
    pub promises: Vec<Option<Decimal>>,
    /// Value of the option chosen, by feature.
    pub options: Vec<Option<Decimal>>,
    pub figures: Vec<Option<Decimal>>,
    /// Ballots and sum.
    pub votes: Vec<Option<(u32, Decimal)>>,
}

impl Answers<'_> {
    /// What the formula of a node compares: the price, or the whole-life cost.
    pub fn price(&self, place: usize) -> Option<Pence> {
        let offered = self.offered.get(place).copied().flatten()?;
        Some(offered + self.later.get(place).copied().flatten().unwrap_or_default())
    }
}

/// Reads all bids, in the order of their identifiers.
pub(super) fn read<'a>(index: &Index<'_>, inputs: &'a Inputs) -> Result<Vec<Answers<'a>>, EvaluationRefusal> {
    let mut seen = HashSet::with_capacity(inputs.bids.len());
    let mut bids = Vec::with_capacity(inputs.bids.len());
    for bid in &inputs.bids {
        if bid.id.is_empty() || bid.id.contains('\n') || !seen.insert(bid.id.as_str()) {
            return Err(EvaluationRefusal::DuplicateBid { bid: bid.id.clone() });
        }
        let count = index.nodes.len();
        let mut answers = Answers {
            bid,
            passes: vec![None; count],
            levels: vec![None; count],
            offered: vec![None; count],
            later: vec![None; count],
            promises: vec![None; index.measures.len()],
            options: vec![None; index.features.len()],
            figures: vec![None; count],
            votes: vec![None; count],
        };
        answers.read(index)?;
        bids.push(answers);
    }
    bids.sort_by(|a, b| a.bid.id.cmp(&b.bid.id));
    Ok(bids)
}

fn refuse(bid: &Bid, problem: String) -> EvaluationRefusal {
    EvaluationRefusal::Bid { bid: bid.id.clone(), problem }
}

fn put<V>(slots: &mut [Option<V>], bid: &Bid, place: usize, id: &str, value: V) -> Result<(), EvaluationRefusal> {
    match slots.get_mut(place) {
        Some(slot) if slot.is_none() => {
            *slot = Some(value);
            Ok(())
        }
        _ => Err(refuse(bid, format!("“{id}” is answered twice."))),
    }
}

impl Answers<'_> {
    fn read(&mut self, index: &Index<'_>) -> Result<(), EvaluationRefusal> {
        let bid = self.bid;
        for pass in &bid.passes {
            let Some((place, Criterion { kind: Kind::PassFail { .. }, .. })) = index.find(&pass.criterion) else {
                return Err(refuse(bid, format!("“{}” is not a pass/fail criterion of the model.", pass.criterion)));
            };
            put(&mut self.passes, bid, place, &pass.criterion, (pass.passed, pass.reason.as_str()))?;
        }
        for score in &bid.levels {
            let Some((place, Criterion { kind: Kind::Quality { levels }, .. })) = index.find(&score.criterion) else {
                return Err(refuse(bid, format!("“{}” is not a quality criterion of the model.", score.criterion)));
            };
            if !levels.iter().any(|l| l.level == score.level) {
                return Err(refuse(bid, format!("“{}” has no level {}.", score.criterion, score.level)));
            }
            put(&mut self.levels, bid, place, &score.criterion, score.level)?;
        }
        self.read_prices(index)?;
        for promise in &bid.promises {
            let Some(place) = index.measures.get(promise.measure.as_str()).copied() else {
                return Err(refuse(bid, format!("“{}” is not a measure that the tender lists.", promise.measure)));
            };
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
            put(&mut self.promises, bid, place, &promise.measure, quantity)?;
        }
        self.read_costs(index)?;
        for chosen in &bid.options {
            let Some((place, feature)) = index.features.get(chosen.feature.as_str()).copied() else {
                return Err(refuse(bid, format!("“{}” is not a feature of the model.", chosen.feature)));
            };
            let Some(option) = feature.options.iter().find(|o| o.id == chosen.option) else {
                return Err(refuse(bid, format!("“{}” has no option “{}”.", chosen.feature, chosen.option)));
            };
            put(&mut self.options, bid, place, &chosen.feature, option.value)?;
        }
        self.read_figures(index)?;
        self.read_votes(index)
    }

    fn read_prices(&mut self, index: &Index<'_>) -> Result<(), EvaluationRefusal> {
        let bid = self.bid;
        for given in &bid.prices {
            let Some((place, criterion)) = index.find(&given.criterion) else {
                return Err(refuse(bid, format!("“{}” is not a criterion of the model.", given.criterion)));
            };
            let Some(formula) = criterion.formula() else {
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
            put(&mut self.offered, bid, place, &given.criterion, given.price)?;
        }
        Ok(())
    }

    fn read_costs(&mut self, index: &Index<'_>) -> Result<(), EvaluationRefusal> {
        let bid = self.bid;
        for costs in &bid.costs {
            let Some((place, criterion)) = index.find(&costs.criterion) else {
                return Err(refuse(bid, format!("“{}” is not a criterion of the model.", costs.criterion)));
            };
            let Kind::Cost { life, .. } = &criterion.kind else {
                return Err(refuse(bid, format!("“{}” does not score a whole-life cost.", costs.criterion)));
            };
            let factors = index.factors.get(&place).map(Vec::as_slice).unwrap_or_default();
            let later = at_purchase(&costs.flows, life.years, factors)
                .map_err(|problem| refuse(bid, format!("“{}”: {problem}", criterion.title)))?;
            put(&mut self.later, bid, place, &costs.criterion, later)?;
            if let Some(whole) = self.price(place)
                && !(Pence(1)..=MAX_PRICE).contains(&whole)
            {
                return Err(refuse(
                    bid,
                    format!(
                        "the whole-life cost for “{}” is {whole}; it must be more than £0 and at most {MAX_PRICE}.",
                        criterion.title
                    ),
                ));
            }
        }
        Ok(())
    }

    fn read_figures(&mut self, index: &Index<'_>) -> Result<(), EvaluationRefusal> {
        let bid = self.bid;
        for figure in &bid.figures {
            let Some((place, Criterion { kind: Kind::Figure { .. }, .. })) = index.find(&figure.criterion) else {
                return Err(refuse(bid, format!("“{}” is not a figure of the model.", figure.criterion)));
            };
            put(&mut self.figures, bid, place, &figure.criterion, figure.value)?;
        }
        Ok(())
    }

    fn read_votes(&mut self, index: &Index<'_>) -> Result<(), EvaluationRefusal> {
        let bid = self.bid;
        for vote in &bid.votes {
            let Some((place, Criterion { kind: Kind::Panel { rule }, title, .. })) = index.find(&vote.criterion) else {
                return Err(refuse(bid, format!("“{}” is not voted on by a panel.", vote.criterion)));
            };
            if vote.ballots < rule.quorum() || vote.ballots == 0 {
                let are = counted_with(vote.ballots, "ballots", "is", "are");
                let sentence = format!("“{title}”: {are} fewer than the quorum of {}.", rule.quorum());
                return Err(refuse(bid, sentence));
            }
            let each = match rule {
                PanelRule::Scores { highest, .. } => Decimal::from(*highest),
                PanelRule::Budget { each, .. } => each.pounds(),
            };
            if vote.sum < Decimal::ZERO || vote.sum > each * Decimal::from(vote.ballots) {
                let ballots = counted(vote.ballots, "ballots");
                return Err(refuse(bid, format!("“{title}”: {ballots} cannot add up to {}.", vote.sum)));
            }
            put(&mut self.votes, bid, place, &vote.criterion, (vote.ballots, vote.sum))?;
        }
        Ok(())
    }
}

/// The measures of a node, none unless it is social value.
pub(super) fn measures<'a>(node: &Node<'a>) -> &'a [Measure] {
    match &node.criterion.kind {
        Kind::SocialValue { measures, .. } => measures,
        _ => &[],
    }
}
