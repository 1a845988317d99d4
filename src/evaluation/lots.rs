//! Lots: each with its own model, limits on how many one supplier may bid for and win, and the objective way to choose.

use super::inputs::Inputs;
use super::model::Model;
use super::rank::evaluate;
use super::refusal::EvaluationRefusal;
use super::result::EvaluationResult;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The format of a file with lots.
pub const LOTS_FORMAT: &str = "commonweal-evaluation-lots/1";
/// Most lots of one call.
pub const MOST_LOTS: usize = 100;
/// Most lots where the sum of points decides, because every lot is tried against all others.
pub const MOST_LOTS_SUMMED: usize = 20;

/// A call in lots, frozen with its notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotsModel {
    /// In the published order.
    pub lots: Vec<Lot>,
    /// Most lots that one supplier may bid for; no limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_bid: Option<u32>,
    /// Most lots that one supplier may win; no limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_won: Option<u32>,
    /// Which lots a supplier gets that came first in more than it may win (Procurement Act 2023 s.20: objective).
    pub choice: LotChoice,
}

/// One lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lot {
    /// Unique.
    pub id: String,
    /// As published.
    pub title: String,
    /// Its own criteria.
    pub model: Model,
}

/// How lots are given out when one supplier came first in more than it may win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LotChoice {
    /// Lots in the published order, each to its best bid whose supplier may still win.
    PublishedOrder,
    /// Each supplier keeps the lots it put first in its own published preference.
    SupplierPreference,
    /// As many lots as possible, then the highest sum of points over all lots; what is still open is settled in the
    /// published order of the lots, by rank. Only for models that rank by points.
    HighestSum,
}

/// The bids of all lots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotsInputs {
    /// By lot; a lot without bids has an entry with none. The identifier of a bid is that of its supplier, the same in
    /// every lot.
    pub lots: Vec<LotBids>,
    /// Each supplier's own order of lots, where it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferences: Vec<Preference>,
    /// Lots that were awarded before: each goes to its supplier, and the others are chosen around them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
}

/// A lot that was awarded already. The award is not taken back because another lot is ranked again, so it counts
/// towards what its supplier may win.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The lot.
    pub lot: String,
    /// The supplier that it was awarded to.
    pub supplier: String,
}

/// The bids of one lot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotBids {
    /// The lot.
    pub lot: String,
    /// Its bids.
    pub inputs: Inputs,
}

/// A supplier's own order of lots, best first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// The supplier.
    pub supplier: String,
    /// Lots, best first.
    pub lots: Vec<String>,
}

/// What came of all lots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotsResult {
    /// In the published order.
    pub lots: Vec<LotResult>,
}

/// What came of one lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotResult {
    /// The lot.
    pub lot: String,
    /// Its ranking, which limits on winning do not change.
    pub result: EvaluationResult,
    /// Who gets it.
    pub winner: Option<String>,
    /// Suppliers that ranked better and do not get it, with the reason.
    pub passed_over: Vec<PassedOver>,
}

/// A better-ranked supplier that does not get a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassedOver {
    /// The supplier.
    pub supplier: String,
    /// Why.
    pub sentence: String,
}

/// Lots, bids and, once decided, the result: what `commonweal evaluate` recomputes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotsFile {
    /// `commonweal-evaluation-lots/1`.
    pub format: String,
    /// The published model.
    pub model: LotsModel,
    /// The bids.
    pub inputs: LotsInputs,
    /// What was decided on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<LotsResult>,
}

impl LotsModel {
    /// Whether the lots can be published.
    ///
    /// # Errors
    /// No lot or too many, a repeated identifier, a limit of none, a model that is not whole or does not rank by points
    /// where points are added up.
    pub fn check(&self) -> Result<(), EvaluationRefusal> {
        let refuse = |sentence: &str| Err(EvaluationRefusal::Model(sentence.to_owned()));
        if self.lots.is_empty() || self.lots.len() > MOST_LOTS {
            return refuse("A call in lots has 1 to 100 lots.");
        }
        if self.most_bid == Some(0) || self.most_won == Some(0) {
            return refuse("A limit on lots is at least 1.");
        }
        if self.choice == LotChoice::HighestSum && self.lots.len() > MOST_LOTS_SUMMED {
            return refuse(
                "The sum of points decides among at most 20 lots; choose another way, or publish fewer lots.",
            );
        }
        let mut ids = BTreeSet::new();
        for lot in &self.lots {
            if lot.id.trim().is_empty() || !ids.insert(lot.id.as_str()) {
                return Err(EvaluationRefusal::DuplicateId { id: lot.id.clone() });
            }
            lot.model.check()?;
            if self.choice == LotChoice::HighestSum && lot.model.decider().is_some() {
                return refuse("The sum of points decides between lots only where every lot is ranked by points.");
            }
        }
        Ok(())
    }
}

/// Ranks every lot by its own model, then gives the lots out within the limits.
///
/// A supplier that bids for more lots than it may is left out of those that come last in its own preference, or in the
/// published order where it stated none. Lots that nobody may win stay without a winner, and so does a lot whose first
/// place is shared. A lot that was awarded before ([`Held`]) stays with its supplier whatever the rankings say now, because
/// an award that was made is not taken back when a bid falls away in another lot; only the rest is chosen.
///
/// # Errors
/// [`EvaluationRefusal`] of the models and of each lot's ranking; a lot that is unknown, repeated or missing; a held lot
/// that is unknown, repeated, without a bid of its supplier, or beyond what that supplier may win.
pub fn evaluate_lots(model: &LotsModel, inputs: &LotsInputs) -> Result<LotsResult, EvaluationRefusal> {
    model.check()?;
    let mut by_lot: BTreeMap<&str, &Inputs> = BTreeMap::new();
    for bids in &inputs.lots {
        if !model.lots.iter().any(|lot| lot.id == bids.lot) || by_lot.insert(&bids.lot, &bids.inputs).is_some() {
            return Err(EvaluationRefusal::Model(format!("The lot “{}” is unknown or given twice.", bids.lot)));
        }
    }
    let order = Orders::of(model, inputs)?;
    let too_many = too_many(model, &by_lot, &order);
    let mut results = Vec::with_capacity(model.lots.len());
    for lot in &model.lots {
        let Some(given) = by_lot.get(lot.id.as_str()) else {
            return Err(EvaluationRefusal::Model(format!("The bids for the lot “{}” are missing.", lot.id)));
        };
        let mut given = (*given).clone();
        for bid in &mut given.bids {
            if let Some(most) = too_many.get(&(bid.id.as_str(), lot.id.as_str())) {
                bid.disregarded.get_or_insert_with(|| {
                    format!("The supplier bid for more than {most} lots, and this one comes after them.")
                });
            }
        }
        results.push(evaluate(&lot.model, &given)?);
    }
    let held = held_lots(model, inputs)?;
    let winners = give_out(model, &order, &results, &held);
    let counts = |supplier: &str| winners.iter().flatten().filter(|w| w.as_str() == supplier).count();
    let lots = model.lots.iter().zip(results).zip(winners.iter().zip(&held)).map(|((lot, result), (winner, kept))| {
        let passed_over = result
            .ranking
            .iter()
            .take_while(|r| winner.as_deref() != Some(r.bid.as_str()))
            .filter(|r| winner.is_some() || reaches(model, counts(&r.bid)))
            .map(|r| PassedOver {
                supplier: r.bid.clone(),
                sentence: match model.most_won {
                    Some(most) if reaches(model, counts(&r.bid)) => {
                        format!("It wins as many lots as one supplier may win ({most}).")
                    }
                    _ if kept.is_some() => {
                        "This lot had been awarded already, and an award that stands is not taken back when the lots \
                         are given out anew."
                            .to_owned()
                    }
                    _ => "The published way to choose gives this lot to another.".to_owned(),
                },
            })
            .collect();
        LotResult { lot: lot.id.clone(), result, winner: winner.clone(), passed_over }
    });
    Ok(LotsResult { lots: lots.collect() })
}

fn reaches(model: &LotsModel, won: usize) -> bool {
    model.most_won.is_some_and(|most| usize::try_from(most).is_ok_and(|most| won >= most))
}

/// Each supplier's own order of lots; lots that it does not name follow in the published order.
struct Orders<'a> {
    stated: BTreeMap<&'a str, BTreeMap<&'a str, usize>>,
    published: BTreeMap<&'a str, usize>,
}

impl<'a> Orders<'a> {
    fn of(model: &'a LotsModel, inputs: &'a LotsInputs) -> Result<Self, EvaluationRefusal> {
        let published: BTreeMap<&str, usize> =
            model.lots.iter().enumerate().map(|(place, lot)| (lot.id.as_str(), place)).collect();
        let mut stated = BTreeMap::new();
        for preference in &inputs.preferences {
            let order: BTreeMap<&str, usize> =
                preference.lots.iter().enumerate().map(|(place, lot)| (lot.as_str(), place)).collect();
            let known = order.len() == preference.lots.len() && order.keys().all(|lot| published.contains_key(lot));
            if !known || stated.insert(preference.supplier.as_str(), order).is_some() {
                return Err(EvaluationRefusal::Model(format!(
                    "The preference of {} names a lot that is unknown or repeated, or is given twice.",
                    preference.supplier
                )));
            }
        }
        Ok(Orders { stated, published })
    }

    fn place(&self, supplier: &str, lot: &str) -> (usize, usize) {
        let stated = self.stated.get(supplier).and_then(|order| order.get(lot)).copied();
        (stated.unwrap_or(usize::MAX), self.published.get(lot).copied().unwrap_or(usize::MAX))
    }
}

/// Supplier and lot of every bid beyond the limit on bidding, with the limit.
fn too_many<'a>(
    model: &LotsModel,
    by_lot: &BTreeMap<&'a str, &'a Inputs>,
    order: &Orders<'_>,
) -> BTreeMap<(&'a str, &'a str), u32> {
    let Some(most) = model.most_bid else { return BTreeMap::new() };
    let mut bids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (lot, inputs) in by_lot {
        for bid in &inputs.bids {
            bids.entry(bid.id.as_str()).or_default().push(lot);
        }
    }
    let mut beyond = BTreeMap::new();
    for (supplier, mut lots) in bids {
        lots.sort_by_key(|lot| order.place(supplier, lot));
        for lot in lots.into_iter().skip(usize::try_from(most).unwrap_or(usize::MAX)) {
            beyond.insert((supplier, lot), most);
        }
    }
    beyond
}

/// Who holds each lot by an award made before, in the published order.
fn held_lots<'a>(model: &LotsModel, inputs: &'a LotsInputs) -> Result<Vec<Option<&'a str>>, EvaluationRefusal> {
    let mut by_lot: BTreeMap<&str, &str> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for held in &inputs.held {
        let bid = inputs
            .lots
            .iter()
            .any(|bids| bids.lot == held.lot && bids.inputs.bids.iter().any(|bid| bid.id == held.supplier));
        let count = counts.entry(held.supplier.as_str()).or_default();
        *count += 1;
        let too_many = model.most_won.is_some_and(|most| usize::try_from(most).is_ok_and(|most| *count > most));
        if !bid || too_many || by_lot.insert(held.lot.as_str(), held.supplier.as_str()).is_some() {
            return Err(EvaluationRefusal::Model(format!(
                "The lot “{}” cannot be held by {}: it is unknown or held twice, {} made no bid for it, or it holds more \
                 lots than one supplier may win.",
                held.lot, held.supplier, held.supplier
            )));
        }
    }
    Ok(model.lots.iter().map(|lot| by_lot.get(lot.id.as_str()).copied()).collect())
}

/// Who gets each lot, in the published order; `held` names who has one already.
fn give_out(
    model: &LotsModel,
    order: &Orders<'_>,
    results: &[EvaluationResult],
    held: &[Option<&str>],
) -> Vec<Option<String>> {
    let limit = model.most_won.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    match model.choice {
        LotChoice::PublishedOrder => {
            let mut won: BTreeMap<&str, usize> = BTreeMap::new();
            for supplier in held.iter().flatten() {
                *won.entry(supplier).or_default() += 1;
            }
            results
                .iter()
                .zip(held)
                .map(|(result, kept)| {
                    if let Some(supplier) = kept {
                        return Some((*supplier).to_owned());
                    }
                    let best = first_of(result, |supplier| won.get(supplier).copied().unwrap_or(0) < limit)?;
                    *won.entry(best).or_default() += 1;
                    Some(best.to_owned())
                })
                .collect()
        }
        LotChoice::SupplierPreference => by_preference(model, order, results, held, limit),
        LotChoice::HighestSum => highest_sum(results, held, limit),
    }
}

/// The best of those who may win; `None` when nobody may or several share that place.
fn first_of(result: &EvaluationResult, may: impl Fn(&str) -> bool) -> Option<&str> {
    let mut open = result.ranking.iter().filter(|r| may(&r.bid));
    let first = open.next()?;
    (open.next().is_none_or(|second| second.rank != first.rank)).then_some(first.bid.as_str())
}

/// Suppliers give up the lots they like least until nobody holds too many. A lot given up goes to its next in rank, who
/// may then hold too many in turn; nobody gets back what it gave up, so this ends. A lot held by an award is never given
/// up, and counts first.
fn by_preference(
    model: &LotsModel,
    order: &Orders<'_>,
    results: &[EvaluationResult],
    kept: &[Option<&str>],
    limit: usize,
) -> Vec<Option<String>> {
    let mut gave_up: BTreeSet<(usize, &str)> = BTreeSet::new();
    let mut awarded: BTreeMap<&str, usize> = BTreeMap::new();
    for supplier in kept.iter().flatten() {
        *awarded.entry(supplier).or_default() += 1;
    }
    // Who was awarded as many lots as it may win shares no place in the others, where it could only stand in the way.
    for (supplier, _) in awarded.into_iter().filter(|(_, count)| *count >= limit) {
        gave_up.extend((0..results.len()).map(|lot| (lot, supplier)));
    }
    loop {
        let holders: Vec<Option<&str>> = results
            .iter()
            .enumerate()
            .map(|(lot, result)| {
                keeps(kept, lot).or_else(|| first_of(result, |supplier| !gave_up.contains(&(lot, supplier))))
            })
            .collect();
        let mut held: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (lot, holder) in holders.iter().enumerate() {
            if let Some(supplier) = holder {
                held.entry(supplier).or_default().push(lot);
            }
        }
        let before = gave_up.len();
        for (supplier, mut lots) in held {
            lots.sort_by_key(|lot| {
                (keeps(kept, *lot).is_none(), model.lots.get(*lot).map(|l| order.place(supplier, &l.id)))
            });
            let beyond = lots.into_iter().skip(limit).filter(|lot| keeps(kept, *lot).is_none());
            gave_up.extend(beyond.map(|lot| (lot, supplier)));
        }
        if gave_up.len() == before {
            return holders.into_iter().map(|holder| holder.map(str::to_owned)).collect();
        }
    }
}

/// Who holds the lot of this number by an award.
fn keeps<'a>(kept: &[Option<&'a str>], lot: usize) -> Option<&'a str> {
    kept.get(lot).copied().flatten()
}

/// The most lots given out, then the highest sum of points, then the better rank lot by lot in the published order. Lots
/// held by an award are fixed first.
fn highest_sum(results: &[EvaluationResult], held: &[Option<&str>], limit: usize) -> Vec<Option<String>> {
    let mut places: Vec<usize> = (0..results.len()).collect();
    // Stable: the others stay in the published order.
    places.sort_by_key(|lot| keeps(held, *lot).is_none());
    let ordered: Vec<EvaluationResult> = places.iter().filter_map(|lot| results.get(*lot).cloned()).collect();
    let mut fixed: Vec<Option<&str>> = places.iter().map_while(|lot| keeps(held, *lot)).map(Some).collect();
    let best = assign(&ordered, limit, &fixed);
    for result in ordered.iter().skip(fixed.len()) {
        // The first in rank that keeps the best count and sum. Nobody at all is tried last.
        let choice = result.ranking.iter().map(|r| Some(r.bid.as_str())).chain([None]).find(|candidate| {
            let mut tried = fixed.clone();
            tried.push(*candidate);
            assign(&ordered, limit, &tried) == best
        });
        fixed.push(choice.flatten());
    }
    let mut winners: Vec<(usize, Option<String>)> =
        places.into_iter().zip(fixed.into_iter().map(|winner| winner.map(str::to_owned))).collect();
    winners.sort_by_key(|(lot, _)| *lot);
    winners.into_iter().map(|(_, winner)| winner).collect()
}

/// The most lots that can be given out and the highest sum of points with them, where the first lots are fixed: augmenting
/// paths of greatest gain, exact in decimals.
fn assign(results: &[EvaluationResult], limit: usize, fixed: &[Option<&str>]) -> (usize, Decimal) {
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    let mut total = Decimal::ZERO;
    let mut given = 0;
    for (result, winner) in results.iter().zip(fixed) {
        let Some(supplier) = winner else { continue };
        let points = result.ranking.iter().find(|r| r.bid == *supplier).map(|r| r.total);
        let count = used.entry(supplier).or_default();
        *count += 1;
        if *count > limit {
            return (0, Decimal::NEGATIVE_ONE);
        }
        given += 1;
        total += points.unwrap_or_default();
    }
    let open = results.get(fixed.len()..).unwrap_or_default();
    let mut holder: Vec<Option<&str>> = vec![None; open.len()];
    while let Some((gain, path)) = best_path(open, limit, &used, &holder) {
        for (lot, supplier) in path {
            if let Some(slot) = holder.get_mut(lot) {
                *slot = Some(supplier);
            }
        }
        given += 1;
        total += gain;
    }
    (given, total)
}

type Path<'a> = Vec<(usize, &'a str)>;

/// The path from a lot without a holder to a supplier with room that gains most: each lot on it changes hands.
fn best_path<'a>(
    open: &'a [EvaluationResult],
    limit: usize,
    used: &BTreeMap<&str, usize>,
    holder: &[Option<&'a str>],
) -> Option<(Decimal, Path<'a>)> {
    // Bellman and Ford over suppliers: the best gain with which a supplier can be given one lot more.
    let mut reach: BTreeMap<&str, (Decimal, Path<'a>)> = BTreeMap::new();
    let better = |found: &BTreeMap<&str, (Decimal, Path<'a>)>, supplier: &str, gain: Decimal| {
        found.get(supplier).is_none_or(|(known, _)| gain > *known)
    };
    for (lot, result) in open.iter().enumerate().filter(|(lot, _)| holder.get(*lot).is_some_and(Option::is_none)) {
        for ranked in &result.ranking {
            if better(&reach, &ranked.bid, ranked.total) {
                reach.insert(&ranked.bid, (ranked.total, vec![(lot, ranked.bid.as_str())]));
            }
        }
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (lot, result) in open.iter().enumerate() {
            let Some(now) = holder.get(lot).copied().flatten() else { continue };
            let Some((so_far, path)) = reach.get(now).cloned() else { continue };
            let Some(own) = result.ranking.iter().find(|r| r.bid == now).map(|r| r.total) else { continue };
            if path.iter().any(|(taken, _)| *taken == lot) {
                continue;
            }
            for ranked in result.ranking.iter().filter(|r| r.bid != now) {
                let gain = so_far + ranked.total - own;
                if better(&reach, &ranked.bid, gain) {
                    let mut longer = path.clone();
                    longer.push((lot, ranked.bid.as_str()));
                    reach.insert(&ranked.bid, (gain, longer));
                    changed = true;
                }
            }
        }
    }
    let load = |supplier: &str| {
        used.get(supplier).copied().unwrap_or(0) + holder.iter().filter(|h| **h == Some(supplier)).count()
    };
    reach
        .into_iter()
        .filter(|(supplier, _)| load(supplier) < limit)
        .map(|(_, found)| found)
        .max_by(|(a, _), (b, _)| a.cmp(b))
}
