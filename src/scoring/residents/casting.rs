//! Casting a vote, and counting once voting has closed.

use super::model::{CastBallot, Resident, ResidentVote};
use super::roll::secret_hash;
use super::rules::{self, ResidentRefusal};
use super::store;
use crate::app::App;
use crate::audit::{self, Entry};
use crate::calls::{self, Call};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::evaluation::panel::{self, Ballot, PanelTally};
use crate::evaluation::{PanelRule, canonical_json};
use crate::outbox::Job;
use crate::values::{Actor, Clock, Id, Instant, Subject};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a link leads to.
#[derive(Clone, Debug)]
pub(super) struct Invited {
    pub(super) resident: Resident,
    pub(super) vote: ResidentVote,
    pub(super) call: Call,
    pub(super) rule: PanelRule,
}

/// The resident, the vote and the round that a link's secret leads to.
///
/// # Errors
/// NotFound for a secret that was never sent.
pub(super) async fn invited(app: &App, token: &str) -> Result<Invited> {
    let hash = secret_hash(token);
    app.db
        .read(move |db| {
            let (resident, vote, call) = store::by_token(db, &hash)?.ok_or(Error::NotFound)?;
            let (_, rule) = rules::panel(&call.terms.0.model).ok_or(Error::NotFound)?;
            Ok(Invited { resident, vote, call, rule })
        })
        .await
}

/// Reads a ballot without casting it.
///
/// # Errors
/// Invalid; refused before voting opens, after it has closed, and for somebody who has voted.
pub(super) fn check(invited: &Invited, given: &BTreeMap<String, String>, now: Instant) -> Result<Ballot> {
    if invited.resident.voted {
        return Err(ResidentRefusal::AlreadyVoted.into());
    }
    rules::is_voting(&invited.vote, now)?;
    Ok(rules::read_ballot(&invited.rule, &invited.vote, given)?)
}

/// Casts the vote that a link entitles to. The mark on the roll and the ballot are one transaction, so that no vote is
/// marked without being counted; nothing in the two rows, nor in the audit row, leads from one to the other.
///
/// # Errors
/// Invalid, NotFound for an unknown link; refused before voting opens, after it has closed, and the second time.
pub async fn cast(app: &App, token: &str, given: &BTreeMap<String, String>, clock: &Clock) -> Result<()> {
    let invited = invited(app, token).await?;
    let ballot = check(&invited, given, clock.now())?;
    let clock = clock.clone();
    app.db
        .write_compared(move |db| {
            if !store::mark_voted(db, invited.resident.id)? {
                return Err(ResidentRefusal::AlreadyVoted.into());
            }
            if !store::hold_uncounted(db, invited.vote.id)? {
                return Err(ResidentRefusal::Closed { closes: invited.vote.closes_at }.into());
            }
            // Judged only now that both rows are held: waiting for them may have taken until after the closing.
            let now = clock.now();
            rules::is_voting(&invited.vote, now)?;
            store::insert_ballot(
                db,
                &CastBallot {
                    id: hex::encode(rand::random::<[u8; 16]>()),
                    authority_id: invited.vote.authority_id,
                    vote_id: invited.vote.id,
                    ballot: Json(ballot.clone()),
                },
            )?;
            audit::record(
                db,
                Entry {
                    authority: Some(invited.vote.authority_id),
                    at: now,
                    actor: &Actor::Public,
                    action: "residents.voted",
                    subject: Subject::new("resident", invited.resident.id),
                    facts: json!({ "vote": invited.vote.id }),
                },
            )?;
            Ok(())
        })
        .await
}

/// SHA-256 of the canonical JSON of the ballots in the order of their names.
fn box_hash(ballots: &[CastBallot]) -> String {
    let all: Vec<_> = ballots.iter().map(|cast| json!({ "id": cast.id, "ballot": cast.ballot.0 })).collect();
    hex::encode(Sha256::digest(canonical_json(&all).as_bytes()))
}

/// Job [`super::roll::CLOSE`]: closes a vote, counts it and writes its ballots anew. A job of dates that were set again does
/// nothing.
///
/// # Errors
/// What the database says; the worker tries again.
pub async fn close(app: App, job: Job, now: Instant) -> Result<()> {
    let id: Id<ResidentVote> = job.id_of("vote")?;
    app.db
        .write_compared(move |db| {
            let vote = store::find(db, id)?;
            if now <= vote.closes_at || !store::set_closed(db, id, now)? {
                return Ok(());
            }
            // Whoever was casting a vote has finished, and whoever comes now finds it closed.
            let ballots = store::ballots(db, id)?;
            let call = calls::find(db, vote.call_id)?;
            let tally = count(db, &vote, &call, &ballots)?;
            let hash = box_hash(&ballots);
            store::write_anew(db, id, &ballots)?;
            let facts = json!({
                "call": vote.call_id, "ballots": hash, "voted": tally.as_ref().map_or(0, |t| t.voted),
                "entitled": tally.as_ref().map_or(0, |t| t.entitled),
            });
            store::set_result(db, id, tally.map(Json).as_ref(), &hash)?;
            audit::record(
                db,
                Entry {
                    authority: Some(vote.authority_id),
                    at: now,
                    actor: &Actor::System,
                    action: "residents.counted",
                    subject: Subject::new("residents-vote", id),
                    facts,
                },
            )?;
            Ok(())
        })
        .await
}

fn count(db: &mut Db, vote: &ResidentVote, call: &Call, ballots: &[CastBallot]) -> Result<Option<PanelTally>> {
    let roll = store::roll(db, vote.id)?;
    let Some((_, rule)) = rules::panel(&call.terms.0.model).filter(|_| roll.entitled > 0) else { return Ok(None) };
    let said: Vec<Ballot> = ballots.iter().map(|cast| cast.ballot.0.clone()).collect();
    Ok(Some(panel::tally(&rule, &vote.references(), &said, roll)?))
}

/// What the vote gives to a ranking: the criterion and the count. `None` for a call whose residents decide nothing.
///
/// # Errors
/// Refused before the vote is set, before it has closed, and when too few ballots count.
pub(in crate::scoring) fn for_ranking(db: &mut Db, call: &Call) -> Result<Option<(String, PanelTally)>> {
    let Some((criterion, rule)) = rules::panel(&call.terms.0.model) else { return Ok(None) };
    let vote = store::newest_of_call(db, call.id)?.ok_or(ResidentRefusal::NotSet)?;
    if vote.closed_at.is_none() {
        return Err(ResidentRefusal::NotClosed.into());
    }
    let valid = vote.tally.as_ref().map_or(0, |t| t.0.valid);
    match vote.tally {
        Some(Json(tally)) if valid >= rule.quorum() => Ok(Some((criterion, tally))),
        _ => Err(ResidentRefusal::QuorumMissed { valid, quorum: rule.quorum() }.into()),
    }
}
