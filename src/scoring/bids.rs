//! The opened bids of a call, and what a ranking is made from.

use super::model::{Disregard, Enquiry, Fallen, Moderated};
use super::rules::scored_criteria;
use super::store;
use crate::applications::{self, Answers, Application, PriceAnswers};
use crate::calls::{Call, Part};
use crate::db::Db;
use crate::error::Result;
use crate::evaluation::{Bid, BidPrice, Inputs, Kind, LevelScore, Pass, Promise};
use crate::values::Id;
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

/// The bids whose quality part is opened, by bidder’s name.
pub(super) fn opened(db: &mut Db, call: Id<Call>) -> Result<Vec<Opened>> {
    let bids = applications::of_call_named(db, call)?
        .into_iter()
        .filter(|(application, _)| application.opened_at.is_some())
        .map(|(application, name)| Opened { application, name })
        .collect();
    Ok(by_name(bids))
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

/// Whether the model scores a price, so that prices must be open before a ranking.
pub(super) fn needs_prices(call: &Call) -> bool {
    call.terms.0.model.nodes().iter().any(|n| matches!(n.criterion.kind, Kind::Price { .. }))
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
    let priced: HashSet<&str> = nodes
        .iter()
        .filter(|n| matches!(n.criterion.kind, Kind::Price { .. }))
        .map(|n| n.criterion.id.as_str())
        .collect();
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
                bid.hours = price.hours.map(|hours| hours.get());
                bid.prices = price
                    .prices
                    .iter()
                    .filter(|(criterion, _)| priced.contains(criterion.as_str()))
                    .map(|(criterion, price)| BidPrice { criterion: criterion.clone(), price: *price })
                    .collect();
            }
            bid
        })
        .collect();
    Inputs { bids, draw_seed }
}
