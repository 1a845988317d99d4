//! Who wins, and nothing else: a ranking reduced to whole-number tables, for the thousands of variations that
//! sensitivity looks at. The tables come from the exact engine, in units of the model's last place; a test holds the two
//! together.

use super::answers::{Index, read};
use super::check::MAX_PLACES;
use super::inputs::Inputs;
use super::kinds::PanelRule;
use super::leaves::Scored;
use super::model::{Kind, Minimum, Model, PriceModel, TieRule};
use super::price::{Field, adjusted_price, best_value};
use super::quick_promises::Promises;
use super::refusal::EvaluationRefusal;
use super::ties::lot;
use crate::values::Pence;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::cmp::Ordering;
use std::collections::HashMap;

/// A score in units of the model's last place.
pub(super) type Units = i64;

/// Where the score of one leaf of one bid comes from.
enum Leaf {
    Fixed(Units),
    /// By the position of the level at a slot.
    Level(usize, Vec<Units>),
    /// By the relative criterion of this number.
    Relative(usize),
    Missing,
}

struct QuickBid {
    /// Out whatever its levels are.
    out: bool,
    leaves: Vec<(usize, Leaf)>,
    /// Minimum level: slot and position.
    levels_at_least: Vec<(usize, usize)>,
    price: Pence,
    /// Later costs or adjusted price that do not depend on levels.
    figure: Option<Decimal>,
    lot: Option<String>,
    /// Everything but levels is answered.
    answered: bool,
}

/// A criterion whose points depend on who else is in.
enum Relative<'m> {
    Price(&'m PriceModel, Decimal, Vec<Option<Pence>>),
    Votes(Decimal, Vec<Option<Decimal>>),
    Promises(Promises<'m>),
}

/// One moderated score that can move.
pub(super) struct Slot {
    /// Place of the bid, in the order of identifiers.
    pub bid: usize,
    pub criterion: String,
    /// The published levels, rising.
    pub levels: Vec<u32>,
    /// Position of the moderated level.
    pub given: usize,
}

/// A field of bids in tables.
pub(super) struct Quick<'m> {
    model: &'m Model,
    pub ids: Vec<String>,
    pub slots: Vec<Slot>,
    bids: Vec<QuickBid>,
    relative: Vec<Relative<'m>>,
    /// Least units of a node, with the leaves beneath it.
    minimums: Vec<(Units, Vec<usize>)>,
    /// The leaves that each tie rule adds up; the price is apart.
    ties: Vec<Tie>,
    per_point: bool,
    draws: bool,
}

enum Tie {
    Leaves(Vec<usize>),
    Price,
}

/// What is kept between draws: scores of relative criteria for a set of bids that are in.
#[derive(Default)]
pub(super) struct Memory {
    prices: HashMap<(usize, Vec<bool>), Vec<Units>>,
}

/// A rounded score in units of the model's last place.
pub(super) fn units(model: &Model, rounded: Decimal) -> Units {
    let mut kept = rounded;
    kept.rescale(model.rounding.places.min(MAX_PLACES));
    kept.mantissa().to_i64().unwrap_or(Units::MAX)
}

impl<'m> Quick<'m> {
    pub fn of(model: &'m Model, inputs: &Inputs) -> Result<Self, EvaluationRefusal> {
        model.check()?;
        let index = Index::of(model);
        let nodes = &index.nodes;
        let read = read(&index, inputs)?;
        let mut quick = Quick {
            model,
            ids: read.iter().map(|a| a.bid.id.clone()).collect(),
            slots: Vec::new(),
            bids: Vec::new(),
            relative: Vec::new(),
            minimums: Vec::new(),
            ties: Vec::new(),
            per_point: matches!(model.decider(), Some(PriceModel::PricePerQualityPoint)),
            draws: matches!(model.ties.last(), Some(TieRule::Draw { .. })),
        };
        let relative = quick.list_relative(&index, &read);
        for (number, answers) in read.iter().enumerate() {
            let slots: HashMap<usize, usize> = nodes
                .iter()
                .enumerate()
                .filter_map(|(place, node)| {
                    let Kind::Quality { levels } = &node.criterion.kind else { return None };
                    let given = answers.levels.get(place).copied().flatten()?;
                    let given = levels.iter().position(|l| l.level == given)?;
                    quick.slots.push(Slot {
                        bid: number,
                        criterion: node.criterion.id.clone(),
                        levels: levels.iter().map(|l| l.level).collect(),
                        given,
                    });
                    Some((place, quick.slots.len() - 1))
                })
                .collect();
            // Levels aside: what excludes, and what each other leaf earns.
            let mut scored = Scored::new(answers.clone(), nodes.len());
            scored.score_own(model, &index);
            let out = scored.excluded.iter().any(|e| e.code != "below-minimum");
            let mut bid = QuickBid {
                out,
                leaves: Vec::new(),
                levels_at_least: Vec::new(),
                price: Pence::ZERO,
                figure: None,
                lot: inputs.draw_seed.as_deref().map(|seed| lot(seed, &answers.bid.id)),
                answered: scored.missing(&index).is_empty(),
            };
            for (place, node) in nodes.iter().enumerate() {
                if let Some(formula) = node.criterion.formula()
                    && !matches!(formula, PriceModel::FixedPrice { .. })
                {
                    bid.price = bid.price + answers.price(place).unwrap_or_default();
                    if let PriceModel::ValueAdjusted { features } = formula {
                        let value = answers.options.iter().flatten().sum();
                        let later = answers.later.get(place).copied().flatten().unwrap_or_default();
                        let offered = answers.offered.get(place).copied().flatten().unwrap_or_default();
                        bid.figure = adjusted_price(offered, value, best_value(features), later)
                            .map(|figure| model.rounding.round(figure));
                    }
                }
                if !node.carries_points || matches!(node.criterion.kind, Kind::Group { .. }) {
                    continue;
                }
                let leaf = if let Some(k) = relative.iter().position(|p| *p == place) {
                    Leaf::Relative(k)
                } else {
                    quick.own_leaf(&index, &scored, place, &slots)
                };
                if let (Some(Minimum::Level { level }), Some(slot)) = (&node.criterion.minimum, slots.get(&place))
                    && let Some(least) = quick.slots.get(*slot).and_then(|s| s.levels.iter().position(|l| l == level))
                {
                    bid.levels_at_least.push((*slot, least));
                }
                bid.leaves.push((place, leaf));
            }
            for promises in quick.relative.iter_mut().filter_map(|r| match r {
                Relative::Promises(promises) => Some(promises),
                _ => None,
            }) {
                promises.take(&index, &scored, &slots);
            }
            quick.bids.push(bid);
        }
        quick.list_minimums_and_ties(&index);
        Ok(quick)
    }

    fn list_relative(&mut self, index: &Index<'m>, read: &[super::answers::Answers<'_>]) -> Vec<usize> {
        let mut places = Vec::new();
        for (place, node) in index.nodes.iter().enumerate() {
            let relative = match &node.criterion.kind {
                Kind::Price { model } | Kind::Cost { model, .. } if model.carries_points() => {
                    Relative::Price(model, node.points, read.iter().map(|a| a.price(place)).collect())
                }
                Kind::Panel { rule: PanelRule::Budget { .. } } => Relative::Votes(
                    node.points,
                    read.iter().map(|a| a.votes.get(place).copied().flatten().map(|(_, sum)| sum)).collect(),
                ),
                Kind::SocialValue { method, measures, .. } if method.is_relative() => Relative::Promises(Promises {
                    points: node.points,
                    method: *method,
                    measures,
                    slots: Vec::new(),
                    effective: Vec::new(),
                }),
                _ => continue,
            };
            places.push(place);
            self.relative.push(relative);
        }
        places
    }

    /// A leaf that depends on the bid alone.
    fn own_leaf(&self, index: &Index<'_>, scored: &Scored<'_>, place: usize, slots: &HashMap<usize, usize>) -> Leaf {
        let Some(node) = index.nodes.get(place) else { return Leaf::Missing };
        match &node.criterion.kind {
            Kind::Quality { levels } => match slots.get(&place) {
                Some(slot) => {
                    let points = |share| units(self.model, self.model.rounding.round(node.points * share));
                    Leaf::Level(*slot, levels.iter().map(|l| points(l.share)).collect())
                }
                None => Leaf::Missing,
            },
            Kind::SocialValue { method, measures, deliverability: Some(rule) } => {
                let judge = index.place(&rule.criterion);
                let Some(slot) = judge.and_then(|judge| slots.get(&judge)).copied() else { return Leaf::Missing };
                let levels = self.slots.get(slot).map(|s| s.levels.as_slice()).unwrap_or_default();
                let mut by_level = Vec::with_capacity(levels.len());
                for level in levels {
                    let mut tried = Scored::new(scored.answers.clone(), index.nodes.len());
                    if let Some(given) = judge.and_then(|judge| tried.answers.levels.get_mut(judge)) {
                        *given = Some(*level);
                    }
                    tried.score_promises(self.model, index, place, node, *method, measures, Some(rule), None);
                    match tried.scores.get(place).copied().flatten() {
                        Some(points) => by_level.push(units(self.model, points)),
                        None => return Leaf::Missing,
                    }
                }
                Leaf::Level(slot, by_level)
            }
            _ => match scored.scores.get(place).copied().flatten() {
                Some(points) => Leaf::Fixed(units(self.model, points)),
                None => Leaf::Missing,
            },
        }
    }

    fn list_minimums_and_ties(&mut self, index: &Index<'_>) {
        let nodes = &index.nodes;
        let within = |place: usize| -> Vec<usize> {
            (0..nodes.len())
                .filter(|leaf| {
                    let mut at = Some(*leaf);
                    while let Some(here) = at {
                        if here == place {
                            return true;
                        }
                        at = nodes.get(here).and_then(|n| n.parent);
                    }
                    false
                })
                .collect()
        };
        for (place, node) in nodes.iter().enumerate() {
            if let Some(Minimum::Percent { percent }) = &node.criterion.minimum {
                let least = self.model.rounding.round(node.points * *percent / Decimal::ONE_HUNDRED);
                self.minimums.push((units(self.model, least), within(place)));
            }
        }
        let of = |wanted: &dyn Fn(&Kind) -> bool| -> Vec<usize> {
            (0..nodes.len()).filter(|p| nodes.get(*p).is_some_and(|n| wanted(&n.criterion.kind))).collect()
        };
        for rule in &self.model.ties {
            self.ties.push(match rule {
                TieRule::Criterion { criterion } => Tie::Leaves(index.place(criterion).map(within).unwrap_or_default()),
                TieRule::SocialValue => Tie::Leaves(of(&|k| matches!(k, Kind::SocialValue { .. }))),
                TieRule::Quality => Tie::Leaves(of(&|k| matches!(k, Kind::Quality { .. }))),
                TieRule::Price => Tie::Price,
                TieRule::Draw { .. } => continue,
            });
        }
    }

    /// The moderated positions.
    pub fn given(&self) -> Vec<usize> {
        self.slots.iter().map(|slot| slot.given).collect()
    }

    /// The place of the bid that wins alone when the levels stand at these positions; `None` when several share first
    /// place, the draw's seed is needed, nothing is ranked, or a bid that comes back in lacks an answer.
    pub fn winner(&self, positions: &[usize], memory: &mut Memory) -> Option<usize> {
        let valid: Vec<bool> = self.bids.iter().map(|bid| self.is_in(bid, positions)).collect();
        let is_in = |number: usize| valid.get(number).copied().unwrap_or(false);
        if self.bids.iter().enumerate().any(|(number, bid)| is_in(number) && !bid.answered) {
            return None;
        }
        let relative: Vec<Vec<Units>> =
            (0..self.relative.len()).map(|k| self.relative_scores(k, &valid, positions, memory)).collect();
        let mut best: Option<Standing<'_>> = None;
        let mut shared = false;
        for (number, bid) in self.bids.iter().enumerate().filter(|(number, _)| is_in(*number)) {
            let Some(own) = self.standing(number, bid, positions, &relative) else { continue };
            match best.as_ref().map(|best| self.compare(&own, best, positions, &relative)) {
                None | Some(Ordering::Less) => {
                    best = Some(own);
                    shared = false;
                }
                Some(Ordering::Equal) => shared = true,
                Some(Ordering::Greater) => {}
            }
        }
        best.filter(|_| !shared).map(|best| best.number)
    }

    fn score(number: usize, leaf: &Leaf, positions: &[usize], relative: &[Vec<Units>]) -> Units {
        match leaf {
            Leaf::Fixed(units) => *units,
            Leaf::Level(slot, by_level) => {
                positions.get(*slot).and_then(|at| by_level.get(*at)).copied().unwrap_or_default()
            }
            Leaf::Relative(k) => relative.get(*k).and_then(|of| of.get(number)).copied().unwrap_or_default(),
            Leaf::Missing => 0,
        }
    }

    fn is_in(&self, bid: &QuickBid, positions: &[usize]) -> bool {
        let stands = |(slot, least): &(usize, usize)| positions.get(*slot).is_none_or(|at| at >= least);
        if bid.out || !bid.levels_at_least.iter().all(stands) {
            return false;
        }
        self.minimums.iter().all(|(least, places)| {
            let beneath = || bid.leaves.iter().filter(|(place, _)| places.contains(place));
            // What is not complete cannot be below a minimum.
            beneath().any(|(_, leaf)| matches!(leaf, Leaf::Missing))
                || beneath().map(|(_, leaf)| Self::score(0, leaf, positions, &[])).sum::<Units>() >= *least
        })
    }

    fn standing<'a>(
        &self,
        number: usize,
        bid: &'a QuickBid,
        positions: &[usize],
        relative: &[Vec<Units>],
    ) -> Option<Standing<'a>> {
        let total: Units = bid.leaves.iter().map(|(_, leaf)| Self::score(number, leaf, positions, relative)).sum();
        let figure = if self.per_point {
            if total <= 0 {
                return None;
            }
            let points = Decimal::new(total, self.model.rounding.places);
            Some(self.model.rounding.round(bid.price.pounds().checked_div(points)?))
        } else {
            bid.figure
        };
        Some(Standing { number, bid, total, figure })
    }

    /// Less when the first is better.
    fn compare(&self, a: &Standing<'_>, b: &Standing<'_>, positions: &[usize], relative: &[Vec<Units>]) -> Ordering {
        let ahead = match (a.figure, b.figure) {
            (Some(own), Some(others)) => own.cmp(&others),
            _ => b.total.cmp(&a.total),
        };
        if ahead.is_ne() {
            return ahead;
        }
        for tie in &self.ties {
            let order = match tie {
                Tie::Price => a.bid.price.cmp(&b.bid.price),
                Tie::Leaves(places) => {
                    let of = |one: &Standing<'_>| -> Units {
                        let leaves = one.bid.leaves.iter().filter(|(place, _)| places.contains(place));
                        leaves.map(|(_, leaf)| Self::score(one.number, leaf, positions, relative)).sum()
                    };
                    of(b).cmp(&of(a))
                }
            };
            if order.is_ne() {
                return order;
            }
        }
        match (&a.bid.lot, &b.bid.lot) {
            (Some(own), Some(others)) if self.draws => own.cmp(others),
            _ => Ordering::Equal,
        }
    }

    fn relative_scores(&self, k: usize, valid: &[bool], positions: &[usize], memory: &mut Memory) -> Vec<Units> {
        let is_in = |number: usize| valid.get(number).copied().unwrap_or(false);
        let rounded = |points: Decimal| units(self.model, self.model.rounding.round(points));
        match self.relative.get(k) {
            Some(Relative::Promises(promises)) => promises.scores(self.model, valid, positions),
            Some(Relative::Price(formula, points, prices)) => {
                if let Some(known) = memory.prices.get(&(k, valid.to_vec())) {
                    return known.clone();
                }
                let asked: Vec<Pence> =
                    prices.iter().enumerate().filter(|(n, _)| is_in(*n)).filter_map(|(_, p)| *p).collect();
                let field = Field::of(&asked);
                let of = |price: &Option<Pence>| match (price, &field) {
                    (Some(price), Some(field)) => rounded(formula.points(*points, *price, field)),
                    _ => 0,
                };
                let found: Vec<Units> =
                    prices.iter().enumerate().map(|(n, p)| if is_in(n) { of(p) } else { 0 }).collect();
                memory.prices.insert((k, valid.to_vec()), found.clone());
                found
            }
            Some(Relative::Votes(points, sums)) => {
                let given = sums.iter().enumerate().filter(|(n, _)| is_in(*n)).filter_map(|(_, sum)| *sum);
                let highest = given.max().unwrap_or_default();
                let of = |sum: &Option<Decimal>| {
                    sum.filter(|_| !highest.is_zero()).map_or(0, |sum| rounded(*points * sum / highest))
                };
                sums.iter().map(of).collect()
            }
            None => Vec::new(),
        }
    }
}

struct Standing<'a> {
    number: usize,
    bid: &'a QuickBid,
    total: Units,
    figure: Option<Decimal>,
}
