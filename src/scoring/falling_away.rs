//! A bid falls away before the final decision: the others are ranked again, and both rankings are kept.
//!
//! A bid that falls away stays in the file, disregarded with its reason, so that it sets no lowest, mean or highest value
//! for others any more. A signed ranking is made again for this and for nothing else. Whether the final decision was
//! made is known to `awards`, which asks first.

use super::bid_id;
use super::model::{FallGround, Fallen, Ranking, Rerank};
use super::panel::note;
use super::rules::ScoringRefusal;
use super::store;
use crate::applications::Application;
use crate::calls::{self, Call};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::evaluation::EvaluationFile;
use crate::evaluation::price::pounds_words;
use crate::subsidies::{self, Applicant};
use crate::values::{Actor, Id, Instant};
use serde::Serialize;
use serde_json::json;

/// A bid that fell away and is still in a ranking.
#[must_use]
pub fn still_ranked<'a>(file: &EvaluationFile, fallen: &'a [(Fallen, Application)]) -> Vec<&'a Fallen> {
    let ranked = |bid: &str| file.result.iter().flat_map(|r| &r.ranking).any(|place| place.bid == bid);
    fallen.iter().filter(|(_, application)| ranked(&bid_id(application))).map(|(fallen, _)| fallen).collect()
}

/// Whether a bid that fell away is still in the newest ranking of a call, so that it must be ranked again before anybody
/// decides.
///
/// # Errors
/// What the database says.
pub fn ranks_a_fallen_bid(db: &mut Db, call: Id<Call>) -> Result<bool> {
    let fallen = store::fallen(db, call)?;
    if fallen.is_empty() {
        return Ok(false);
    }
    Ok(store::latest_ranking(db, call)?.is_some_and(|r| !still_ranked(&r.file.0, &fallen).is_empty()))
}

/// What became of an application that fell away, when it did.
///
/// # Errors
/// What the database says.
pub fn fallen_of(db: &mut Db, application: Id<Application>) -> Result<Option<Fallen>> {
    store::fallen_of(db, application)
}

/// Records that a bid fell away. The caller has asked the policy and made sure that no final decision was made.
///
/// # Errors
/// Refused for a bid that is not opened or fell away before.
pub fn record(
    db: &mut Db,
    actor: &Actor,
    application: &Application,
    ground: FallGround,
    reason: &str,
    now: Instant,
) -> Result<()> {
    let recorded_by = actor.account().ok_or(Error::Denied)?;
    if application.opened_at.is_none() {
        return Err(ScoringRefusal::NotOpened.into());
    }
    if store::fallen_of(db, application.id)?.is_some() {
        return Err(ScoringRefusal::FellAway.into());
    }
    let call = calls::find(db, application.call_id)?;
    let row = Fallen {
        id: Id::new(),
        authority_id: call.authority_id,
        call_id: call.id,
        application_id: application.id,
        ground,
        reason: reason.to_owned(),
        fell_at: now,
        recorded_by,
    };
    store::insert_fallen(db, &row)?;
    let who = Applicant {
        authority: call.authority_id,
        organisation: application.organisation_id,
        application: application.id.to_string(),
    };
    subsidies::not_given(db, actor, &who, now)?;
    note(db, actor, &call, "bid.fell_away", json!({ "application": application.id, "ground": ground }), now)
}

/// Keeps that one ranking came after another because bids fell away.
pub(super) fn keep(
    db: &mut Db,
    actor: &Actor,
    call: &Call,
    before: &Ranking,
    after: &Ranking,
    now: Instant,
) -> Result<()> {
    let row = Rerank {
        id: Id::new(),
        authority_id: call.authority_id,
        call_id: call.id,
        before_id: before.id,
        after_id: after.id,
        made_at: now,
        made_by: actor.account().ok_or(Error::Denied)?,
    };
    store::insert_rerank(db, &row)?;
    note(db, actor, call, "ranking.made_again", json!({ "before": before.hash, "after": after.hash }), now)
}

/// The place of one bid in two rankings; none where it is not ranked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The bid.
    pub bid: String,
    /// The bidder's name.
    pub name: String,
    /// Place before, and what it was ranked by: the total of its points, or a figure in pounds.
    pub before: Option<(u32, String)>,
    /// The same after.
    pub after: Option<(u32, String)>,
}

/// Every bid of two rankings of the same call, in the order of the second, then those that are not in it.
#[must_use]
pub fn compared(before: &EvaluationFile, after: &EvaluationFile) -> Vec<Moved> {
    let place = |file: &EvaluationFile, bid: &str| {
        let ranked = file.result.iter().flat_map(|r| &r.ranking).find(|r| r.bid == bid);
        ranked.map(|r| (r.rank, r.figure.map_or_else(|| r.total.to_string(), pounds_words)))
    };
    let mut all: Vec<Moved> = after
        .inputs
        .bids
        .iter()
        .map(|b| Moved {
            bid: b.id.clone(),
            name: b.name.clone(),
            before: place(before, &b.id),
            after: place(after, &b.id),
        })
        .collect();
    all.sort_by_key(|m| {
        let at = |place: &Option<(u32, String)>| place.as_ref().map_or(u32::MAX, |(rank, _)| *rank);
        (at(&m.after), at(&m.before), m.bid.clone())
    });
    all
}
