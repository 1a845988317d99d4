//! The opened bids of a call, and what a ranking is made from.

use super::model::{Disregard, Enquiry, Fallen, Moderated};
use super::rules::{ScoringRefusal, scored_criteria};
use super::store;
use crate::applications::{self, Answers, Application, PriceAnswers};
use crate::calls::{Call, CallKind, Part};
use crate::db::Db;
use crate::error::Result;
use crate::evaluation::{
    Bid, BidCosts, BidFigure, BidPrice, BidderFile, ChosenOption, EvaluationFile, Inputs, Kind, LevelScore, Pass,
    PriceModel, Promise, WholeLife, bidder_file_beside,
};
use crate::values::Id;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};

/// An opened bid with its bidder’s name.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) application: Application,
    pub(super) name: String,
}

/// One answer that is scored: a bid and a criterion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    /// The bid.
    pub application: Id<Application>,
    /// The criterion.
    pub criterion: String,
}

/// What people and files call a bid: its reference, or its identifier while it has none.
#[must_use]
pub fn bid_id(application: &Application) -> String {
    application.reference.clone().unwrap_or_else(|| application.id.to_string())
}

/// What one bidder may be given of a ranking before it is decided on: of a tender with the best ranked beside it; in a
/// round nobody is told of another.
pub(super) fn own_file(call: &Call, file: &EvaluationFile, bid: &str) -> Option<BidderFile> {
    let best = file.result.as_ref()?.winner.as_deref();
    bidder_file_beside(file, bid, best.filter(|_| call.kind == CallKind::Tender))
}

/// The bids whose quality part is opened, by bidder’s name.
pub(super) fn opened(db: &mut Db, call: Id<Call>) -> Result<Vec<Opened>> {
    let bids = applications::of_call_named(db, call)?
        .into_iter()
        .filter(|(application, _)| application.opened_at.is_some())
        .map(|(application, name)| Opened { application, name })
        .collect();
    Ok(by_name(bids))
}

/// What a declaration of conflicts calls a bidder. Where names are hidden it is a word that stands nowhere else: the
/// identifier of its bid stands beside its letter and tells when the bid was begun, and that of its organisation would tell
/// when it registered, which a new supplier does just before it begins.
pub(super) fn declared_as(bid: &Opened, hides: bool) -> String {
    let Application { id, call_id, organisation_id, .. } = &bid.application;
    if hides { hex::encode(Sha256::digest(format!("{call_id}\n{organisation_id}"))) } else { id.to_string() }
}

/// Bids as those who judge see them: where names are hidden, under their letters and in the order of these.
pub(super) fn as_judged(mut bids: Vec<Opened>, hidden: bool) -> Vec<Opened> {
    if hidden {
        for bid in &mut bids {
            bid.name = applications::shown_as(&bid.application);
        }
        bids.sort_by(|a, b| (a.name.len(), &a.name, a.application.id).cmp(&(b.name.len(), &b.name, b.application.id)));
    }
    bids
}

/// Words that somebody wrote of a bidder, with its letter where they have its name.
pub(super) fn under_letter(words: &str, bid: &Opened) -> String {
    if bid.name.is_empty() {
        words.to_owned()
    } else {
        words.replace(&bid.name, &applications::shown_as(&bid.application))
    }
}

/// The opened bids of a call with what was found about them.
pub(super) struct Judged {
    pub(super) bids: Vec<Opened>,
    /// Enquiries into their prices.
    pub(super) enquiries: Vec<Enquiry>,
    /// Decisions to leave some out.
    pub(super) left_out: Vec<Disregard>,
    /// Bids that fell away.
    pub(super) fallen: Vec<(Fallen, Application)>,
}

/// The opened bids of a call with the enquiries into their prices, the decisions to leave some out, and what fell away.
pub(super) fn judged(db: &mut Db, call: Id<Call>) -> Result<Judged> {
    let mut found = Judged { bids: Vec::new(), enquiries: Vec::new(), left_out: Vec::new(), fallen: Vec::new() };
    for (application, name, enquiry, disregard, fallen) in store::judged(db, call)? {
        found.fallen.extend(fallen.map(|fallen| (fallen, application.clone())));
        found.bids.push(Opened { application, name });
        found.enquiries.extend(enquiry);
        found.left_out.extend(disregard);
    }
    found.bids = by_name(found.bids);
    Ok(found)
}

/// By bidder’s name, in the one order that every page and file has whatever the database's collation is.
fn by_name(mut bids: Vec<Opened>) -> Vec<Opened> {
    bids.sort_by(|a, b| a.name.cmp(&b.name).then(a.application.id.cmp(&b.application.id)));
    bids
}

/// Every answer that must be scored and agreed, in reading order.
pub(super) fn answers_to_score(call: &Call, bids: &[Opened]) -> Vec<Answer> {
    scored_criteria(&call.terms.0.model)
        .into_iter()
        .flat_map(|c| {
            bids.iter().map(|b| Answer { application: b.application.id, criterion: c.id.clone() }).collect::<Vec<_>>()
        })
        .collect()
}

/// Whether the model scores a price, or a figure of the amount, so that price parts must be open before a ranking.
pub(super) fn needs_prices(call: &Call) -> bool {
    let nodes = call.terms.0.model.nodes();
    nodes.iter().any(|n| n.criterion.formula().is_some() || matches!(n.criterion.kind, Kind::Figure { .. }))
}

/// Prices and amounts, once opened.
pub(super) fn prices(db: &mut Db, call: Id<Call>) -> Result<HashMap<Id<Application>, PriceAnswers>> {
    applications::opened_of_call(db, call, Part::Price)?
        .into_iter()
        .map(|(id, part)| Ok((id, part.prices()?)))
        .collect()
}

/// Quality parts.
pub(super) fn qualities(db: &mut Db, call: Id<Call>) -> Result<HashMap<Id<Application>, Answers>> {
    applications::opened_of_call(db, call, Part::Quality)?
        .into_iter()
        .map(|(id, part)| Ok((id, part.answers()?)))
        .collect()
}

/// Why bids are left out, in the words of the ranking: by a decision, or because they fell away.
pub(super) fn reasons(left_out: &[Disregard], fallen: &[(Fallen, Application)]) -> HashMap<Id<Application>, String> {
    let fell = fallen.iter().map(|(f, _)| (f.application_id, format!("{}: {}", f.ground.label(), f.reason)));
    let decided = left_out.iter().map(|d| (d.application_id, format!("{}: {}", d.ground.label(), d.reason)));
    fell.chain(decided).collect()
}

/// What a ranking is made from: agreed scores, promises, prices and decisions to leave out.
pub(super) fn inputs(
    call: &Call,
    bids: &[Opened],
    agreed: &BTreeMap<(Id<Application>, String), Moderated>,
    qualities: &HashMap<Id<Application>, Answers>,
    prices: &HashMap<Id<Application>, PriceAnswers>,
    left_out: &HashMap<Id<Application>, String>,
    draw_seed: Option<String>,
) -> Inputs {
    let model = &call.terms.0.model;
    let nodes = model.nodes();
    let measures: HashSet<&str> = nodes
        .iter()
        .filter_map(|n| match &n.criterion.kind {
            Kind::SocialValue { measures, .. } => Some(measures),
            _ => None,
        })
        .flatten()
        .map(|m| m.id.as_str())
        .collect();
    let priced: HashSet<&str> =
        nodes.iter().filter(|n| n.criterion.formula().is_some()).map(|n| n.criterion.id.as_str()).collect();
    let lives: Vec<(&str, &WholeLife)> = nodes
        .iter()
        .filter_map(|n| match &n.criterion.kind {
            Kind::Cost { life, .. } => Some((n.criterion.id.as_str(), life)),
            _ => None,
        })
        .collect();
    let formulas = nodes.iter().filter_map(|n| n.criterion.formula());
    let offered: HashSet<(&str, &str)> = formulas
        .flat_map(PriceModel::features)
        .flat_map(|f| f.options.iter().map(|o| (f.id.as_str(), o.id.as_str())))
        .collect();
    let none = BTreeMap::new();
    let bids = bids
        .iter()
        .map(|opened| {
            let id = opened.application.id;
            let mut bid = Bid { id: bid_id(&opened.application), name: opened.name.clone(), ..Bid::default() };
            bid.disregarded = left_out.get(&id).cloned();
            for criterion in scored_criteria(model) {
                let Some(found) = agreed.get(&(id, criterion.id.clone())) else { continue };
                if let Some(level) = found.level.and_then(|l| u32::try_from(l).ok()) {
                    bid.levels.push(LevelScore { criterion: criterion.id.clone(), level });
                }
                if let Some(passed) = found.passed {
                    bid.passes.push(Pass { criterion: criterion.id.clone(), passed, reason: found.reason.clone() });
                }
            }
            if let Some(quality) = qualities.get(&id) {
                bid.promises = quality
                    .promises
                    .iter()
                    .filter(|(measure, _)| measures.contains(measure.as_str()))
                    .map(|(measure, p)| Promise { measure: measure.clone(), quantity: p.quantity.get() })
                    .collect();
            }
            if let Some(price) = prices.get(&id) {
                bid.hours = price.hours.map(crate::values::Quantity::get);
                bid.prices = price
                    .prices
                    .iter()
                    .filter(|(criterion, _)| priced.contains(criterion.as_str()))
                    .map(|(criterion, price)| BidPrice { criterion: criterion.clone(), price: *price })
                    .collect();
                bid.options = price
                    .options
                    .iter()
                    .filter(|(feature, option)| offered.contains(&(feature.as_str(), option.as_str())))
                    .map(|(feature, option)| ChosenOption { feature: feature.clone(), option: option.clone() })
                    .collect();
                for (criterion, life) in &lives {
                    let given = price.costs.get(*criterion).unwrap_or(&none);
                    // While an item is missing there is no entry, and the ranking says that it is missing.
                    if let Some(flows) = life.flows(given) {
                        bid.costs.push(BidCosts { criterion: (*criterion).to_owned(), flows });
                    }
                }
            }
            bid
        })
        .collect();
    Inputs { bids, draw_seed }
}

/// Works out the figures that the model scores, from what each application sent, and puts them into its inputs. A bid
/// that is left out needs none.
///
/// # Errors
/// [`ScoringRefusal::FigureUnknown`] for the first that cannot be worked out: nobody is ranked without it.
pub(super) fn work_out_figures(
    call: &Call,
    bids: &[Opened],
    qualities: &HashMap<Id<Application>, Answers>,
    prices: &HashMap<Id<Application>, PriceAnswers>,
    inputs: &mut Inputs,
) -> Result<(), ScoringRefusal> {
    let nodes = call.terms.0.model.nodes();
    for (opened, bid) in bids.iter().zip(&mut inputs.bids).filter(|(_, bid)| bid.disregarded.is_none()) {
        let id = opened.application.id;
        for node in &nodes {
            let Kind::Figure { measure, trial, .. } = &node.criterion.kind else { continue };
            let rows = qualities.get(&id).map(|q| q.cash_flow.as_slice()).unwrap_or_default();
            let none = PriceAnswers::default();
            let price = prices.get(&id).unwrap_or(&none);
            let found = applications::figure(rows, price, *measure, trial.as_ref()).map_err(|problem| {
                ScoringRefusal::FigureUnknown {
                    figure: node.criterion.title.clone(),
                    bid: format!("{} ({})", opened.name, bid.id),
                    why: problem.to_string(),
                }
            })?;
            let criterion = node.criterion.id.clone();
            bid.figures.push(BidFigure { criterion, value: found.value, source: found.source });
        }
    }
    Ok(())
}
