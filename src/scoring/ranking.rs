//! The ranking: made from stored rows, kept whole, signed by an officer.

use super::model::{Enquiry, EnquiryOutcome, Ranking};
use super::panel::{note, refuse_conflicted};
use super::residents::casting as residents;
use super::rules::ScoringRefusal;
use super::{bid_id, bids, falling_away, store};
use crate::app::App;
use crate::applications::refuse_bidder;
use crate::audit::{self, Entry};
use crate::calls::{self, Call, CallKind};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::evaluation::{EvaluationFile, LowPriceFlag, canonical_json};
use crate::people::policy::{Action, require};
use crate::values::{Actor, Id, Instant, Subject};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Making a ranking.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct RankingInput {
    /// Seed of the draw, revealed only when a tie comes to it.
    pub draw_seed: String,
}

/// SHA-256 of the canonical JSON of a file, hexadecimal.
#[must_use]
pub fn file_hash(file: &EvaluationFile) -> String {
    hex::encode(Sha256::digest(canonical_json(file).as_bytes()))
}

/// Ranks the bids of a call from agreed scores, promises and opened prices, and opens an enquiry for each low price. Where
/// a bid of the ranking before fell away, both are kept as a re-ranking.
///
/// # Errors
/// Denied; refused to who declared a conflict, while moderation is open, prices are sealed or something is missing, and
/// once a ranking is signed.
pub async fn rank(app: &App, actor: &Actor, call: Id<Call>, input: &RankingInput, now: Instant) -> Result<Id<Ranking>> {
    let seed = Some(input.draw_seed.trim().to_owned()).filter(|s| !s.is_empty());
    let made_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write_in_turn(&call.to_string(), move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::Moderate, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            if store::moderation_closed(db, call.id)?.is_none() {
                return Err(ScoringRefusal::ModerationOpen.into());
            }
            let before = store::latest_ranking(db, call.id)?;
            let fallen = store::fallen(db, call.id)?;
            let again = before.filter(|r| !falling_away::still_ranked(&r.file.0, &fallen).is_empty());
            // A signed ranking is made again only because a bid in it fell away.
            if again.is_none() && store::signed_ranking(db, call.id)?.is_some() {
                return Err(ScoringRefusal::RankingSigned.into());
            }
            let known = again.as_ref().and_then(|r| r.file.0.inputs.draw_seed.clone());
            let file = make_file(db, &call, seed.clone().or(known))?;
            let ranking = Ranking {
                id: Id::new(),
                authority_id: call.authority_id,
                call_id: call.id,
                hash: file_hash(&file),
                file: Json(file),
                made_at: now,
                made_by,
                signed_at: None,
                signed_by: None,
            };
            store::insert_ranking(db, &ranking)?;
            if let Some(before) = &again {
                falling_away::keep(db, &actor, &call, before, &ranking, now)?;
            }
            open_enquiries(db, &call, &ranking, now)?;
            note(db, &actor, &call, "ranking.made", json!({ "ranking": ranking.id, "hash": ranking.hash }), now)?;
            Ok(ranking.id)
        })
        .await
}

fn make_file(db: &mut Db, call: &Call, seed: Option<String>) -> Result<EvaluationFile> {
    let opened = bids::opened(db, call.id)?;
    if opened.is_empty() {
        return Err(ScoringRefusal::NotOpened.into());
    }
    let prices = bids::prices(db, call.id)?;
    if prices.is_empty() && bids::needs_prices(call) {
        return Err(ScoringRefusal::PricesSealed.into());
    }
    let qualities = bids::qualities(db, call.id)?;
    let agreed = store::moderated(db, call.id)?;
    let left_out = bids::reasons(&store::disregarded(db, call.id)?, &store::fallen(db, call.id)?);
    let mut inputs = bids::inputs(call, &opened, &agreed, &qualities, &prices, &left_out, seed);
    bids::work_out_figures(call, &opened, &qualities, &prices, &mut inputs)?;
    if let Some((criterion, tally)) = residents::for_ranking(db, call)? {
        for bid in &mut inputs.bids {
            bid.votes.extend(tally.result(&criterion, &bid.id));
        }
    }
    Ok(EvaluationFile::of(call.terms.0.model.clone(), inputs)?)
}

fn open_enquiries(db: &mut Db, call: &Call, ranking: &Ranking, now: Instant) -> Result<()> {
    // A round has no prices to compare; a low amount asked for is no abnormally low tender.
    if call.kind == CallKind::Round {
        return Ok(());
    }
    let known = store::enquiries(db, call.id)?;
    let mut by_bid: BTreeMap<&str, Vec<LowPriceFlag>> = BTreeMap::new();
    for flag in ranking.file.0.result.iter().flat_map(|r| &r.low_prices) {
        by_bid.entry(flag.bid.as_str()).or_default().push(flag.clone());
    }
    for opened in bids::opened(db, call.id)? {
        let Some(flags) = by_bid.remove(bid_id(&opened.application).as_str()) else { continue };
        if known.iter().any(|e| e.application_id == opened.application.id) {
            continue;
        }
        store::insert_enquiry(
            db,
            &Enquiry {
                id: Id::new(),
                authority_id: call.authority_id,
                call_id: call.id,
                application_id: opened.application.id,
                flags: Json(flags),
                opened_at: now,
                asked_on: None,
                answer: None,
                outcome: EnquiryOutcome::Open,
                note: None,
                closed_at: None,
                closed_by: None,
                question: None,
                asked_by: None,
                answer_by: None,
                answered_at: None,
                answered_by: None,
            },
        )?;
    }
    Ok(())
}

/// Whether a price of this ranking is still looked into. Of a bid that fell away or was left out nothing is judged any
/// more, so an enquiry into its price, which nobody may be there to answer, keeps nobody waiting.
fn enquiry_blocks(db: &mut Db, ranking: &Ranking) -> Result<bool> {
    let mut open = store::enquiries(db, ranking.call_id)?;
    open.retain(|e| e.outcome == EnquiryOutcome::Open);
    if open.is_empty() {
        return Ok(false);
    }
    let ranked: BTreeSet<&str> =
        ranking.file.0.result.iter().flat_map(|r| &r.ranking).map(|place| place.bid.as_str()).collect();
    let bids = bids::opened(db, ranking.call_id)?;
    let judged = |id| bids.iter().any(|b| b.application.id == id && ranked.contains(bid_id(&b.application).as_str()));
    Ok(open.iter().any(|e| judged(e.application_id)))
}

/// An officer signs the newest ranking. It must still be what the stored rows give.
///
/// # Errors
/// Denied; refused to who declared a conflict, without a ranking, with an open enquiry into a bid of it, or when rows
/// changed since it was made.
pub async fn sign(app: &App, actor: &Actor, call: Id<Call>, now: Instant) -> Result<()> {
    let by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::Moderate, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            let ranking = store::latest_ranking(db, call.id)?.ok_or(ScoringRefusal::NoRanking)?;
            if ranking.signed_at.is_some() {
                return Err(ScoringRefusal::RankingSigned.into());
            }
            if enquiry_blocks(db, &ranking)? {
                return Err(ScoringRefusal::EnquiryOpen.into());
            }
            let again = make_file(db, &call, ranking.file.0.inputs.draw_seed.clone())?;
            if file_hash(&again) != ranking.hash {
                return Err(ScoringRefusal::NoRanking.into());
            }
            store::sign_ranking(db, ranking.id, by, now)?;
            audit::record(
                db,
                Entry {
                    authority: Some(call.authority_id),
                    at: now,
                    actor: &actor,
                    action: "ranking.signed",
                    subject: Subject::new("ranking", ranking.id),
                    facts: json!({ "call": call.id, "hash": ranking.hash }),
                },
            )?;
            crate::outbox::emit(db, "ranking.signed", json!({ "call": call.id, "ranking": ranking.id }), now)
        })
        .await
}
