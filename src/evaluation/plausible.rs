//! Synthetic fields of plausible bids, in whole numbers: the engine of the rehearsal in full.

use super::kinds::PanelRule;
use super::leaves::part_of;
use super::model::{Kind, Measure, Minimum, Model, PriceModel, SocialValueMethod};
use super::price::{Field, adjusted_price, best_value};
use super::refusal::EvaluationRefusal;
use super::rehearsal::scaled;
use super::social_value::{measure_value, target_value};
use crate::finance::forecast::Stream;
use crate::values::Pence;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Points in units of the model's last place.
type Units = i64;

/// Percentages of the expected price.
const PRICES: std::ops::RangeInclusive<u32> = 80..=120;
/// Percentages of a target.
const PROMISES: std::ops::RangeInclusive<u32> = 50..=120;
/// Percentages of the best vote.
const VOTES: std::ops::RangeInclusive<u32> = 40..=80;
/// Fields of one block of one stream.
const BLOCK: u32 = 500;

/// A criterion that earns points.
pub(super) struct Earning {
    pub id: String,
    pub title: String,
    pub points: Decimal,
}

enum Source<'m> {
    /// One of these, equally likely.
    Any(Vec<Units>),
    /// By the position drawn for a judging criterion and the percentage promised.
    Promised {
        judge: Option<usize>,
        by_level: Vec<Vec<Units>>,
    },
    /// The same, held against the highest of the field.
    AgainstHighest {
        judge: Option<usize>,
        by_level: Vec<Vec<Decimal>>,
        rule: Highest<'m>,
    },
    Price(&'m PriceModel, Decimal),
}

enum Highest<'m> {
    /// Each measure apart.
    Measures(&'m [Measure]),
    /// The value of all, or the votes.
    Whole,
}

/// A model reduced to what plausible bids differ in.
pub(super) struct Plausible<'m> {
    model: &'m Model,
    pub criteria: Vec<Earning>,
    sources: Vec<Source<'m>>,
    /// What each scored price asks, by position of the percentage.
    parts: Vec<Pence>,
    /// Adjusted prices by position of the percentage and value of the options, where those rank.
    options: Option<Vec<Vec<Decimal>>>,
}

/// What was counted over all fields. Sums are whole numbers, so that threads may add them in any order.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// By criterion: Σ x·t, both N times the distance from the mean of the field.
    pub products: Vec<i128>,
    /// By criterion: Σ x·x.
    pub squares: Vec<i128>,
    /// Σ t·t.
    pub total_squares: i128,
    /// Cheapest and best, cheapest, best, middle, shared.
    pub wins: [u32; 5],
}

impl<'m> Plausible<'m> {
    pub fn of(model: &'m Model, expected: Pence) -> Result<Self, EvaluationRefusal> {
        let nodes = model.nodes();
        let prices =
            nodes.iter().filter(|n| n.criterion.formula().is_some_and(|f| !matches!(f, PriceModel::FixedPrice { .. })));
        let parts = Decimal::from(prices.count().max(1));
        let ceiling = nodes.iter().filter_map(|n| n.criterion.formula()?.ceiling().map(|(ceiling, _)| ceiling)).min();
        let part = |percent: u32| {
            let whole = scaled(expected, percent)?;
            let part = Pence::round_pence(whole.decimal() / parts).ok()?.max(Pence(1));
            Some(ceiling.map_or(part, |ceiling| part.min(ceiling)))
        };
        let parts: Option<Vec<Pence>> = PRICES.map(part).collect();
        let parts = parts.ok_or_else(|| EvaluationRefusal::Model("Give a higher expected price.".to_owned()))?;
        let mut plausible = Plausible { model, criteria: Vec::new(), sources: Vec::new(), parts, options: None };
        let earns =
            |node: &&super::tree::Node<'_>| node.carries_points && !matches!(node.criterion.kind, Kind::Group { .. });
        plausible.criteria = nodes
            .iter()
            .filter(earns)
            .map(|node| Earning {
                id: node.criterion.id.clone(),
                title: node.criterion.title.clone(),
                points: node.points,
            })
            .collect();
        for node in &nodes {
            if let Some(PriceModel::ValueAdjusted { features }) = node.criterion.formula() {
                plausible.options = plausible.adjusted(
                    features.iter().map(|f| f.options.iter().map(|o| o.value).collect()).collect(),
                    best_value(features),
                );
            }
            if earns(&node) {
                let source = plausible.source(&node.criterion.kind, node.points, node.criterion.minimum.as_ref());
                plausible.sources.push(source);
            }
        }
        Ok(plausible)
    }

    fn units(&self, points: Decimal) -> Units {
        self.model.rounding.round(points).mantissa().to_i64().unwrap_or_default()
    }

    /// Every sum of one option of each feature would be too many; each feature takes its worst or its best option.
    fn adjusted(&self, features: Vec<Vec<Decimal>>, best: Decimal) -> Option<Vec<Vec<Decimal>>> {
        let mut values = vec![Decimal::ZERO];
        for options in features.into_iter().take(8) {
            let (low, high) = (options.iter().min().copied()?, options.iter().max().copied()?);
            values = values.iter().flat_map(|sum| [*sum + low, *sum + high]).collect();
        }
        values.sort();
        values.dedup();
        self.parts
            .iter()
            .map(|price| values.iter().map(|value| adjusted_price(*price, *value, best, Pence::ZERO)).collect())
            .collect()
    }

    fn source(&self, kind: &'m Kind, points: Decimal, minimum: Option<&Minimum>) -> Source<'m> {
        match kind {
            Kind::Quality { .. } => {
                let shares = Self::likely_levels(kind, minimum);
                Source::Any(shares.into_iter().map(|(_, share)| self.units(points * share)).collect())
            }
            Kind::Figure { bands, .. } => Source::Any(bands.iter().map(|b| self.units(points * b.share)).collect()),
            Kind::Panel { rule: PanelRule::Scores { .. } } => {
                Source::Any(VOTES.map(|percent| self.units(points * Decimal::new(i64::from(percent), 2))).collect())
            }
            Kind::Panel { .. } => Source::AgainstHighest {
                judge: None,
                by_level: vec![VOTES.map(Decimal::from).collect()],
                rule: Highest::Whole,
            },
            Kind::Price { model } | Kind::Cost { model, .. } => Source::Price(model, points),
            Kind::SocialValue { method, measures, deliverability } => {
                let judge = deliverability.as_ref().map(|rule| rule.criterion.as_str());
                let believed: Vec<Decimal> = match deliverability {
                    None => vec![Decimal::ONE],
                    Some(rule) => match self.model.criterion(&rule.criterion) {
                        Some(criterion) => Self::likely_levels(&criterion.kind, criterion.minimum.as_ref())
                            .into_iter()
                            .filter_map(|(level, _)| rule.table.iter().find(|r| r.level == level).map(|r| r.share))
                            .collect(),
                        None => vec![Decimal::ONE],
                    },
                };
                let judge = judge.and_then(|id| self.criteria.iter().position(|c| c.id == id));
                self.promised(*method, measures, points, judge, &believed)
            }
            Kind::PassFail { .. } | Kind::Group { .. } => Source::Any(vec![0]),
        }
    }

    /// Levels at or above the minimum, without the lowest where more than one is left.
    fn likely_levels(kind: &Kind, minimum: Option<&Minimum>) -> Vec<(u32, Decimal)> {
        let Kind::Quality { levels } = kind else { return vec![(0, Decimal::ZERO)] };
        let least = match minimum {
            Some(Minimum::Level { level }) => *level,
            _ => levels.get(1).map_or(0, |l| l.level),
        };
        levels.iter().filter(|l| l.level >= least).map(|l| (l.level, l.share)).collect()
    }

    fn promised(
        &self,
        method: SocialValueMethod,
        measures: &'m [Measure],
        points: Decimal,
        judge: Option<usize>,
        believed: &[Decimal],
    ) -> Source<'m> {
        let targets = target_value(measures);
        // What counts of a promise of this part of every target.
        let counted = |parts: Decimal| -> Decimal {
            if method.is_valued() {
                measures.iter().map(|m| measure_value(m, m.target * parts, targets)).sum()
            } else {
                parts
            }
        };
        let parts = |share: &Decimal| -> Vec<Decimal> {
            PROMISES.map(|percent| counted(Decimal::new(i64::from(percent), 2) * *share)).collect()
        };
        let by_level: Vec<Vec<Decimal>> = believed.iter().map(parts).collect();
        if method.is_relative() {
            let rule = if method.is_valued() { Highest::Whole } else { Highest::Measures(measures) };
            return Source::AgainstHighest { judge, by_level, rule };
        }
        let earned = |own: &Decimal| -> Units {
            if method.is_valued() {
                self.units(part_of(points, *own, targets))
            } else {
                self.by_measure(measures, points, *own, Decimal::ONE)
            }
        };
        let by_level = by_level.iter().map(|row| row.iter().map(earned).collect()).collect();
        Source::Promised { judge, by_level }
    }

    fn by_measure(&self, measures: &[Measure], points: Decimal, own: Decimal, against: Decimal) -> Units {
        let of = |m: &Measure| {
            let earned = part_of(points * m.weight / Decimal::ONE_HUNDRED, own, against);
            self.units(m.cap.map_or(earned, |cap| earned.min(cap * points)))
        };
        measures.iter().map(of).sum()
    }

    /// Draws all fields on two threads.
    pub fn run(&self, bids: u32, fields: u32, seed: u64) -> Tally {
        let blocks = fields.div_ceil(BLOCK);
        let half = |first: u32| {
            let mut tally = self.empty();
            let mut drawn = Drawn::new(self, usize::try_from(bids).unwrap_or_default());
            for block in (first..blocks).step_by(2) {
                let mut stream = Stream::new(seed, block);
                for _ in 0..BLOCK.min(fields - block * BLOCK) {
                    self.draw(&mut drawn, &mut stream);
                    drawn.count(&mut tally);
                }
            }
            tally
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| half(1));
            let mut tally = half(0);
            if let Ok(others) = other.join() {
                tally.add(&others);
            }
            tally
        })
    }

    fn empty(&self) -> Tally {
        let none = vec![0; self.sources.len()];
        Tally { products: none.clone(), squares: none, total_squares: 0, wins: [0; 5] }
    }

    fn draw(&self, drawn: &mut Drawn, stream: &mut Stream) {
        let mut below = |count: usize| {
            u64::try_from(count).ok().and_then(|c| usize::try_from(stream.below(c)).ok()).unwrap_or_default()
        };
        for at in &mut drawn.prices {
            *at = below(self.parts.len());
        }
        if let Some(rows) = &self.options {
            let width = rows.first().map_or(0, Vec::len);
            for (figure, (option, price)) in drawn.figures.iter_mut().zip(drawn.options.iter_mut().zip(&drawn.prices)) {
                *option = below(width);
                *figure = rows.get(*price).and_then(|row| row.get(*option)).copied();
            }
        }
        for (k, source) in self.sources.iter().enumerate() {
            let Some((row, picked)) = drawn.scores.get_mut(k).zip(drawn.picked.get_mut(k)) else { continue };
            match source {
                Source::Any(points) => {
                    for (score, at) in row.iter_mut().zip(picked) {
                        *at = below(points.len());
                        *score = points.get(*at).copied().unwrap_or_default();
                    }
                }
                Source::Promised { .. } | Source::AgainstHighest { .. } => {
                    let width = match source {
                        Source::Promised { by_level, .. } => by_level.first().map_or(0, Vec::len),
                        Source::AgainstHighest { by_level, .. } => by_level.first().map_or(0, Vec::len),
                        _ => 0,
                    };
                    for at in picked {
                        *at = below(width);
                    }
                }
                Source::Price(..) => {}
            }
        }
        // Judging criteria may stand after the promises they judge, so what depends on them comes second.
        for (k, source) in self.sources.iter().enumerate() {
            self.settle(k, source, drawn);
        }
    }

    fn settle(&self, k: usize, source: &Source<'_>, drawn: &mut Drawn) {
        let level = |judge: &Option<usize>, bid: usize, picked: &[Vec<usize>]| {
            judge.and_then(|judge| picked.get(judge)).and_then(|row| row.get(bid)).copied().unwrap_or_default()
        };
        let points = self.criteria.get(k).map(|c| c.points).unwrap_or_default();
        let scores: Vec<Units> = match source {
            Source::Any(_) => return,
            Source::Promised { judge, by_level } => (0..drawn.prices.len())
                .map(|bid| {
                    let row = by_level.get(level(judge, bid, &drawn.picked));
                    let at = drawn.picked.get(k).and_then(|p| p.get(bid)).copied().unwrap_or_default();
                    row.and_then(|row| row.get(at)).copied().unwrap_or_default()
                })
                .collect(),
            Source::AgainstHighest { judge, by_level, rule } => {
                let own: Vec<Decimal> = (0..drawn.prices.len())
                    .map(|bid| {
                        let row = by_level.get(level(judge, bid, &drawn.picked));
                        let at = drawn.picked.get(k).and_then(|p| p.get(bid)).copied().unwrap_or_default();
                        row.and_then(|row| row.get(at)).copied().unwrap_or_default()
                    })
                    .collect();
                let highest = own.iter().max().copied().unwrap_or_default();
                let earned = |own: &Decimal| match rule {
                    Highest::Whole => self.units(part_of(points, *own, highest)),
                    Highest::Measures(measures) => self.by_measure(measures, points, *own, highest),
                };
                own.iter().map(earned).collect()
            }
            Source::Price(formula, points) => {
                let asked: Vec<Pence> = drawn.prices.iter().filter_map(|at| self.parts.get(*at)).copied().collect();
                let Some(field) = Field::of(&asked) else { return };
                asked.iter().map(|price| self.units(formula.points(*points, *price, &field))).collect()
            }
        };
        if let Some(row) = drawn.scores.get_mut(k) {
            *row = scores;
        }
    }
}

/// One field, kept between draws so that nothing is allocated anew.
struct Drawn {
    /// By criterion and bid.
    scores: Vec<Vec<Units>>,
    picked: Vec<Vec<usize>>,
    /// By bid: position of the price.
    prices: Vec<usize>,
    options: Vec<usize>,
    figures: Vec<Option<Decimal>>,
    is_price: Vec<bool>,
    pence: Vec<i64>,
    per_point: bool,
}

impl Drawn {
    fn new(plausible: &Plausible<'_>, bids: usize) -> Self {
        let criteria = plausible.sources.len();
        Drawn {
            scores: vec![vec![0; bids]; criteria],
            picked: vec![vec![0; bids]; criteria],
            prices: vec![0; bids],
            options: vec![0; bids],
            figures: vec![None; bids],
            is_price: plausible.sources.iter().map(|s| matches!(s, Source::Price(..))).collect(),
            pence: plausible.parts.iter().map(|p| p.0).collect(),
            per_point: matches!(plausible.model.decider(), Some(PriceModel::PricePerQualityPoint)),
        }
    }

    fn count(&self, tally: &mut Tally) {
        let bids = self.prices.len();
        let n = i64::try_from(bids).unwrap_or_default();
        let totals: Vec<Units> = (0..bids).map(|b| self.scores.iter().filter_map(|row| row.get(b)).sum()).collect();
        let sum: Units = totals.iter().sum();
        let from_mean: Vec<i128> = totals.iter().map(|t| i128::from(t * n - sum)).collect();
        tally.total_squares += from_mean.iter().map(|t| t * t).sum::<i128>();
        for (row, (product, square)) in self.scores.iter().zip(tally.products.iter_mut().zip(&mut tally.squares)) {
            let sum: Units = row.iter().sum();
            for (x, t) in row.iter().zip(&from_mean) {
                let x = i128::from(x * n - sum);
                *product += x * t;
                *square += x * x;
            }
        }
        if let Some(count) = self.kind_of_winner(&totals).and_then(|kind| tally.wins.get_mut(kind)) {
            *count += 1;
        }
    }

    fn kind_of_winner(&self, totals: &[Units]) -> Option<usize> {
        let pence = |bid: usize| self.prices.get(bid).and_then(|at| self.pence.get(*at)).copied().unwrap_or_default();
        let better = |a: usize, b: usize| -> std::cmp::Ordering {
            let total = |bid: usize| totals.get(bid).copied().unwrap_or_default();
            let figure = |bid: usize| self.figures.get(bid).copied().flatten();
            match (figure(a), figure(b)) {
                (Some(own), Some(others)) => own.cmp(&others),
                _ if self.per_point => {
                    // p ÷ q of one below that of the other, without a division.
                    (i128::from(pence(a)) * i128::from(total(b))).cmp(&(i128::from(pence(b)) * i128::from(total(a))))
                }
                _ => total(b).cmp(&total(a)),
            }
        };
        let bids = self.prices.len();
        let winner = (0..bids).min_by(|a, b| better(*a, *b))?;
        if (0..bids).any(|bid| bid != winner && better(bid, winner).is_eq()) {
            return Some(4);
        }
        let worth = |bid: usize| -> i64 {
            let rows = self.scores.iter().zip(&self.is_price).filter(|(_, is_price)| !**is_price);
            let points: Units = rows.filter_map(|(row, _)| row.get(bid)).sum();
            points + self.options.get(bid).and_then(|at| i64::try_from(*at).ok()).unwrap_or_default()
        };
        let cheapest = (0..bids).all(|bid| pence(winner) <= pence(bid));
        let best = (0..bids).all(|bid| worth(winner) >= worth(bid));
        Some(match (cheapest, best) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        })
    }
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        for (own, others) in self.products.iter_mut().zip(&other.products) {
            *own += others;
        }
        for (own, others) in self.squares.iter_mut().zip(&other.squares) {
            *own += others;
        }
        self.total_squares += other.total_squares;
        for (own, others) in self.wins.iter_mut().zip(other.wins) {
            *own += others;
        }
    }
}
