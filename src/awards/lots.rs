//! Who gets which lot: the signed rankings of every lot of a tender, put together by the published way to choose.
//!
//! Where one supplier may win only so many lots, the best bid of a lot does not always win it, so a lot is awarded only
//! when every lot is ranked, and only to the bid that the published way names. Where nothing limits what one supplier
//! wins, each lot is awarded by itself. A lot without bids, or withdrawn, keeps no other lot waiting.
//!
//! An award that stands is held: when a bid falls away and its lot is ranked again, the other lots are given out around
//! what was awarded, and nothing is taken back.
//!
//! Rankings name bids; lots compare suppliers, the same in each. The file that is exported therefore names each bid by its
//! supplier, and `commonweal evaluate` recomputes it to the last digit.

use super::actions::stands;
use super::model::Award;
use super::store;
use crate::applications::{self, Application};
use crate::calls::{self, Call, CallStage, LIMITING, LotTerms};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::evaluation::lots::LotResult;
use crate::evaluation::{
    EvaluationFile, Held, Inputs, LOTS_FORMAT, Lot, LotBids, LotsFile, LotsInputs, LotsModel, Preference, evaluate_lots,
};
use crate::scoring::{self, Fallen, Ranking};
use crate::values::{Id, Instant, RefusalInfo, actor};
use std::collections::{BTreeMap, HashMap};

/// Why a lot cannot be awarded like that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LotAwardRefusal {
    /// Other lots are not ranked.
    NotAllRanked {
        /// Their names.
        lots: Vec<String>,
    },
    /// The published way gives the lot to another bid, or to nobody.
    NotChosen {
        /// Who gets it.
        winner: Option<String>,
        /// Why the supplier was passed over, where it was.
        why: Option<String>,
    },
    /// The supplier holds as many awards in other lots as it may.
    WonEnough {
        /// How many it may win.
        most: u32,
    },
}

impl RefusalInfo for LotAwardRefusal {
    fn code(&self) -> &'static str {
        match self {
            LotAwardRefusal::NotAllRanked { .. } => "awards/lots-not-ranked",
            LotAwardRefusal::NotChosen { .. } => "awards/not-chosen-for-lot",
            LotAwardRefusal::WonEnough { .. } => "awards/won-enough-lots",
        }
    }
    fn sentence(&self) -> String {
        match self {
            LotAwardRefusal::NotAllRanked { lots } => format!(
                "A supplier may win only so many lots, so every lot is ranked and signed before one is awarded. Still \
                 waiting: {}.",
                lots.join("; ")
            ),
            LotAwardRefusal::NotChosen { winner, why } => {
                let why = why.as_deref().map(|why| format!(" {why}")).unwrap_or_default();
                match winner {
                    Some(winner) => {
                        format!("By the published way to choose this lot goes to {winner}.{why} Recommend that bid.")
                    }
                    None => format!("By the published way to choose nobody gets this lot.{why}"),
                }
            }
            LotAwardRefusal::WonEnough { most } => format!(
                "This supplier was awarded as many lots as one may win ({most}) already, so it cannot be awarded another."
            ),
        }
    }
    fn reference(&self) -> Option<&'static str> {
        Some(LIMITING)
    }
}

/// How far a lot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Ranked and signed.
    Ranked,
    /// Nobody bid, every bid fell away, or it was withdrawn: nobody gets it.
    Nobody,
    /// To be waited for.
    Waiting,
}

/// One lot with what its award rests on.
#[derive(Debug)]
pub struct LotFound {
    /// The call that it is.
    pub call: Call,
    /// Its newest ranking.
    pub ranking: Option<Ranking>,
    /// The bids that stand as sent, with what became of them.
    pub bids: Vec<(Application, Option<Fallen>)>,
    /// The place that a supplier gave this lot in its own order.
    pub places: BTreeMap<Id<actor::Organisation>, u32>,
}

impl LotFound {
    /// How far the lot is.
    #[must_use]
    pub fn standing(&self, now: Instant) -> Standing {
        let closed = matches!(self.call.stage, CallStage::Open | CallStage::Closed) && !self.call.is_open(now);
        let none_left = self.bids.iter().all(|(_, fallen)| fallen.is_some());
        if self.call.stage == CallStage::Withdrawn || (closed && none_left) {
            return Standing::Nobody;
        }
        let fallen: Vec<String> =
            self.bids.iter().filter(|(_, fallen)| fallen.is_some()).map(|(a, _)| scoring::bid_id(a)).collect();
        match self.ranking.as_ref().filter(|ranking| ranking.signed_at.is_some()) {
            // A bid that fell away must be ranked around first.
            Some(ranking) if !places(&ranking.file.0).any(|bid| fallen.iter().any(|f| f == bid)) => Standing::Ranked,
            _ => Standing::Waiting,
        }
    }

    fn supplier(&self, bid: &str) -> Option<Id<actor::Organisation>> {
        self.bids.iter().find(|(a, _)| scoring::bid_id(a) == bid).map(|(a, _)| a.organisation_id)
    }

    /// What was ranked, each bid by the name of its supplier.
    fn inputs(&self) -> Result<Inputs> {
        let Some(ranking) = &self.ranking else { return Ok(Inputs::default()) };
        let mut inputs = ranking.file.0.inputs.clone();
        for bid in &mut inputs.bids {
            let supplier = self.supplier(&bid.id);
            bid.id = supplier.ok_or_else(|| Error::internal("a ranked bid is no bid of its lot"))?.to_string();
        }
        Ok(inputs)
    }
}

fn places(file: &EvaluationFile) -> impl Iterator<Item = &str> {
    file.result.iter().flat_map(|result| &result.ranking).map(|ranked| ranked.bid.as_str())
}

/// Every lot of a tender, in the published order.
#[derive(Debug)]
pub struct Lots {
    /// Limits and way to choose, as they were frozen.
    pub whole: LotTerms,
    /// The lots.
    pub lots: Vec<LotFound>,
    /// Their awards that stand.
    awards: Vec<Award>,
    now: Instant,
}

/// Reads the lots of a call's tender: the same few statements however many there are; `None` for a call that is no lot.
///
/// # Errors
/// What the database says.
pub fn gather(db: &mut Db, call: &Call, now: Instant) -> Result<Option<Lots>> {
    let Some(whole) = call.lot().cloned() else { return Ok(None) };
    let found = calls::lots::all(db, call)?;
    let ids: Vec<Id<Call>> = found.iter().map(|lot| lot.id).collect();
    let mut rankings = scoring::rankings_of(db, &ids)?;
    let mut bids: HashMap<Id<Call>, Vec<(Application, Option<Fallen>)>> = HashMap::new();
    let mut awards = Vec::new();
    for (application, fallen, award) in store::bids_of_lots(db, &ids)? {
        awards.extend(award.filter(stands));
        let of_call = bids.entry(application.call_id).or_default();
        if of_call.last().is_none_or(|(known, _)| known.id != application.id) {
            of_call.push((application, fallen));
        }
    }
    let stated = if whole.asks_preference() { applications::lot_places(db, &ids)? } else { BTreeMap::new() };
    let lots = found
        .into_iter()
        .map(|call| {
            let bids = bids.remove(&call.id).unwrap_or_default();
            let stated = bids.iter().filter_map(|(a, _)| Some((a.organisation_id, *stated.get(&a.id)?)));
            LotFound { ranking: rankings.remove(&call.id), places: stated.collect(), bids, call }
        })
        .collect();
    Ok(Some(Lots { whole, lots, awards, now }))
}

impl Lots {
    /// The names of the lots that are still waited for.
    #[must_use]
    pub fn waiting(&self) -> Vec<String> {
        let waiting = self.lots.iter().filter(|lot| lot.standing(self.now) == Standing::Waiting);
        waiting.map(|lot| self.whole.name(lot.call.id)).collect()
    }

    /// The award of a lot that stands.
    #[must_use]
    pub fn award(&self, lot: Id<Call>) -> Option<&Award> {
        self.awards.iter().find(|award| award.call_id == lot)
    }

    /// The award of a lot that holds it for its supplier: one that stands, of a bid that has not fallen away.
    fn holding(&self, lot: &LotFound) -> Option<&Award> {
        let award = self.award(lot.call.id)?;
        let bid_stands = lot.bids.iter().any(|(a, fallen)| a.id == award.application_id && fallen.is_none());
        bid_stands.then_some(award)
    }

    /// The whole evaluation, with its result: what `commonweal evaluate` recomputes. Lots with an award that stands are
    /// held by who was awarded them.
    ///
    /// # Errors
    /// [`LotAwardRefusal::NotAllRanked`]; the refusals of the evaluation.
    pub fn file(&self) -> Result<LotsFile> {
        self.file_but(None)
    }

    /// The same as if one lot had no award: whether an award follows from the rankings is not answered by the award.
    fn file_but(&self, without: Option<Id<Call>>) -> Result<LotsFile> {
        let waiting = self.waiting();
        if !waiting.is_empty() {
            return Err(LotAwardRefusal::NotAllRanked { lots: waiting }.into());
        }
        let mut lots = Vec::with_capacity(self.lots.len());
        let mut bids = Vec::with_capacity(self.lots.len());
        for lot in &self.lots {
            let ranked = lot.standing(self.now) == Standing::Ranked;
            let model = lot.ranking.as_ref().filter(|_| ranked).map(|r| &r.file.0.model);
            let line = self.whole.lots.iter().find(|line| line.call == lot.call.id);
            lots.push(Lot {
                id: lot.call.reference.clone(),
                title: line.map_or_else(|| lot.call.title.clone(), |line| line.title.clone()),
                model: model.unwrap_or(&lot.call.terms.0.model).clone(),
            });
            let inputs = if ranked { lot.inputs()? } else { Inputs::default() };
            bids.push(LotBids { lot: lot.call.reference.clone(), inputs });
        }
        let LotTerms { most_bid, most_won, choice, .. } = self.whole;
        let model = LotsModel { lots, most_bid, most_won, choice };
        let held = self
            .lots
            .iter()
            .filter(|lot| Some(lot.call.id) != without)
            .filter_map(|lot| {
                let supplier = self.holding(lot)?.organisation_id.to_string();
                Some(Held { lot: lot.call.reference.clone(), supplier })
            })
            // A bid that the newest ranking does not know cannot be recomputed as its holder.
            .filter(|held| {
                bids.iter().any(|b| b.lot == held.lot && b.inputs.bids.iter().any(|bid| bid.id == held.supplier))
            })
            .collect();
        let inputs = LotsInputs { lots: bids, preferences: preferences(&self.lots), held };
        let result = Some(evaluate_lots(&model, &inputs)?);
        Ok(LotsFile { format: LOTS_FORMAT.to_owned(), model, inputs, result })
    }

    /// The name of a supplier that bid for a lot.
    #[must_use]
    pub fn name(&self, supplier: &str) -> String {
        let found = self.lots.iter().find_map(|lot| {
            let (application, _) = lot.bids.iter().find(|(a, _)| a.organisation_id.to_string() == supplier)?;
            let (bid, ranking) = (scoring::bid_id(application), lot.ranking.as_ref()?);
            ranking.file.0.inputs.bids.iter().find(|b| b.id == bid).map(|b| b.name.clone())
        });
        found.unwrap_or_else(|| supplier.to_owned())
    }

    /// Why a supplier was passed over in one lot, with the lots that it gets; none where it was not.
    #[must_use]
    pub fn passed_over(&self, file: &LotsFile, lot: &LotResult, supplier: &str) -> Option<String> {
        let passed = lot.passed_over.iter().find(|passed| passed.supplier == supplier)?;
        let gets: Vec<String> = file
            .result
            .iter()
            .flat_map(|result| &result.lots)
            .filter(|other| other.winner.as_deref() == Some(supplier))
            .filter_map(|other| self.whole.lots.iter().find(|line| line.reference == other.lot))
            .map(|line| self.whole.name(line.call))
            .collect();
        let gets = if gets.is_empty() { String::new() } else { format!(" It gets: {}.", gets.join("; ")) };
        let how = if lot.winner.is_some() {
            "It came before the winner in this lot and was passed over."
        } else {
            "Nobody gets this lot."
        };
        Some(format!("{how} {}{gets}", passed.sentence))
    }
}

/// Each supplier's own order of lots: by the place it gave, lots with the same place in the published order; those
/// without a place follow, which the evaluation sees to.
fn preferences(lots: &[LotFound]) -> Vec<Preference> {
    let mut stated: BTreeMap<Id<actor::Organisation>, Vec<(u32, &str)>> = BTreeMap::new();
    for lot in lots {
        for (supplier, place) in &lot.places {
            stated.entry(*supplier).or_default().push((*place, &lot.call.reference));
        }
    }
    let ordered = stated.into_iter().map(|(supplier, mut lots)| {
        // Stable, so that equal places stay in the published order.
        lots.sort_by_key(|(place, _)| *place);
        Preference { supplier: supplier.to_string(), lots: lots.into_iter().map(|(_, lot)| lot.to_owned()).collect() }
    });
    ordered.collect()
}

/// Whether a limit on winning makes all lots of this call's tender be awarded by one way of choosing.
pub(super) fn are_chosen(call: &Call) -> bool {
    call.lot().is_some_and(|whole| whole.most_won.is_some())
}

/// Whether the published way gives this lot to this bid, and its supplier may still be awarded one.
///
/// # Errors
/// [`LotAwardRefusal`].
pub(super) fn may_win(db: &mut Db, call: &Call, application: &Application, now: Instant) -> Result<()> {
    let Some(lots) = gather(db, call, now)? else { return Ok(()) };
    let file = lots.file_but(Some(call.id))?;
    if let Some(most) = lots.whole.most_won {
        let others = lots.lots.iter().filter(|lot| lot.call.id != call.id).filter_map(|lot| lots.holding(lot));
        let held = others.filter(|award| award.organisation_id == application.organisation_id).count();
        if usize::try_from(most).is_ok_and(|most| held >= most) {
            return Err(LotAwardRefusal::WonEnough { most }.into());
        }
    }
    let supplier = application.organisation_id.to_string();
    let own = file.result.iter().flat_map(|result| &result.lots).find(|lot| lot.lot == call.reference);
    let own = own.ok_or_else(|| Error::internal("a lot is missing among its own"))?;
    if own.winner.as_deref() == Some(supplier.as_str()) {
        return Ok(());
    }
    Err(LotAwardRefusal::NotChosen {
        winner: own.winner.as_deref().map(|winner| lots.name(winner)),
        why: lots.passed_over(&file, own, &supplier),
    }
    .into())
}

/// Why bids of a call were passed over by the published way to choose among lots, for their summaries.
///
/// # Errors
/// [`LotAwardRefusal::NotAllRanked`].
pub(super) fn passed_over(db: &mut Db, call: &Call, now: Instant) -> Result<BTreeMap<Id<Application>, String>> {
    if !are_chosen(call) {
        return Ok(BTreeMap::new());
    }
    let Some(lots) = gather(db, call, now)? else { return Ok(BTreeMap::new()) };
    let file = lots.file()?;
    let own = file.result.iter().flat_map(|result| &result.lots).find(|lot| lot.lot == call.reference);
    let (Some(own), Some(found)) = (own, lots.lots.iter().find(|lot| lot.call.id == call.id)) else {
        return Ok(BTreeMap::new());
    };
    let why = |a: &Application| lots.passed_over(&file, own, &a.organisation_id.to_string());
    Ok(found.bids.iter().filter_map(|(a, _)| Some((a.id, why(a)?))).collect())
}
