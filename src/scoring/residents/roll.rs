//! Setting up a vote, and who may vote in it.

use super::model::{Choice, Resident, ResidentVote};
use super::rules::{self, MOST_RESIDENTS, ResidentRefusal};
use super::store;
use crate::app::App;
use crate::applications::{self, refuse_bidder};
use crate::calls::{self, Call};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::outbox::mail::{self, Mail};
use crate::outbox::{self, Job};
use crate::people::addresses_with_role;
use crate::people::policy::{Action, require};
use crate::scoring::panel::{note, refuse_conflicted};
use crate::scoring::{bid_id, bids};
use crate::values::{Actor, Id, Instant, Parser, Role};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The job that counts a vote just after its closing.
pub const CLOSE: &str = "residents.close";

/// When residents vote. Times are London's; a program may send an RFC 3339 instant in the date field.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct VoteInput {
    /// First day of voting.
    pub opens_date: String,
    /// Its time.
    pub opens_time: String,
    /// Last day of voting.
    pub closes_date: String,
    /// Its time.
    pub closes_time: String,
}

/// Says when residents vote, and freezes what they vote on. Until a link is sent the dates can be set again; a vote in
/// which too few ballots counted can be held again with a roll of its own.
///
/// # Errors
/// Invalid, Denied; refused without a criterion for residents, before the round has closed, with applications that are not opened, once links are
/// sent, or when the vote was held and counts.
pub async fn set_up(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    input: &VoteInput,
    now: Instant,
) -> Result<Id<ResidentVote>> {
    let mut form = Parser::default();
    let opens = form.instant("opens", &input.opens_date, &input.opens_time, "Enter the day on which voting begins");
    let closes = form.instant("closes", &input.closes_date, &input.closes_time, "Enter the last day of voting");
    form.check(closes.is_none_or(|c| c > now), "closes_date", "Enter a closing time that lies ahead");
    if let (Some(opens), Some(closes)) = (opens, closes) {
        form.check(opens < closes, "closes_date", "Voting closes after it has begun");
        let longest = opens.plus(TimeDelta::days(rules::LONGEST_DAYS));
        form.check(closes <= longest, "closes_date", "Choose a day within 90 days of the beginning");
    }
    form.finish()?;
    let (Some(opens_at), Some(closes_at)) = (opens, closes) else {
        return Err(Error::field("opens_date", "Enter the day on which voting begins"));
    };
    let set_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let (call, before) = store::call_with_vote(db, call)?;
            require(&actor, Action::ManagePanel, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            let (criterion, rule) = rules::panel(&call.terms.0.model).ok_or(ResidentRefusal::NoPanel)?;
            rules::all_are_in(call.deadline_at, now)?;
            let again = match &before {
                Some(held) if held.closed_at.is_some() => {
                    if held.tally.as_ref().is_some_and(|t| t.0.valid >= rule.quorum()) {
                        return Err(ResidentRefusal::Held.into());
                    }
                    None
                }
                Some(open) => {
                    if store::roll(db, open.id)?.entitled > 0 {
                        return Err(ResidentRefusal::LinksSent.into());
                    }
                    Some(open.id)
                }
                None => None,
            };
            let vote = ResidentVote {
                id: again.unwrap_or_else(Id::new),
                authority_id: call.authority_id,
                call_id: call.id,
                criterion,
                choices: Json(choices(db, &call)?),
                opens_at,
                closes_at,
                set_at: now,
                set_by,
                closed_at: None,
                tally: None,
                ballots_hash: None,
            };
            if again.is_some() {
                store::set_again(db, &vote)?;
            } else {
                store::insert(db, &vote)?;
            }
            let facts = json!({
                "vote": vote.id, "opens_at": opens_at, "closes_at": closes_at, "choices": vote.references(),
            });
            note(db, &actor, &call, "residents.vote_set", facts, now)?;
            outbox::schedule(db, CLOSE, json!({ "vote": vote.id }), closes_at.plus(TimeDelta::microseconds(1)))?;
            Ok(vote.id)
        })
        .await
}

/// Subscriber of `call.closed`: writes to the fund managers when residents decide on a round that has closed, so that
/// somebody sets their vote up.
///
/// # Errors
/// What the database says; the worker tries again.
pub async fn ask_to_set_up(app: App, job: Job, now: Instant) -> Result<()> {
    let id: Id<Call> = job.id_of("call")?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    app.db
        .write(move |db| {
            let (call, vote) = store::call_with_vote(db, id)?;
            if vote.is_some() || rules::panel(&call.terms.0.model).is_none() {
                return Ok(());
            }
            let subject = format!("Set up the residents’ vote: {}", call.reference);
            let text = format!(
                "{} “{}” has closed, and residents decide a part of its points.\n\nOpen every application first:\n{address}/desk/calls/{id}/opening\n\nThen say when residents vote, and put them on the roll:\n{address}/desk/calls/{id}/residents\n",
                call.reference, call.title
            );
            for to in addresses_with_role(db, call.authority_id, Role::FundManager)? {
                mail::queue(db, Some(call.authority_id), &to, &subject, &text, now)?;
            }
            Ok(())
        })
        .await
}

/// What residents vote on: every application that stands.
fn choices(db: &mut Db, call: &Call) -> Result<Vec<Choice>> {
    let waiting = applications::of_call(db, call.id)?.iter().filter(|a| a.opened_at.is_none()).count();
    if waiting > 0 {
        return Err(ResidentRefusal::NotAllOpened { waiting }.into());
    }
    let judged = bids::judged(db, call.id)?;
    let qualities = bids::qualities(db, call.id)?;
    let prices = bids::prices(db, call.id)?;
    let stands =
        |id| judged.left_out.iter().all(|d| d.application_id != id) && judged.fallen.iter().all(|(_, a)| a.id != id);
    let choices: Vec<Choice> = judged
        .bids
        .iter()
        .filter(|bid| stands(bid.application.id))
        .map(|bid| {
            let uses = qualities.get(&bid.application.id).map(|q| q.use_of_funds.as_slice()).unwrap_or_default();
            Choice {
                reference: bid_id(&bid.application),
                name: bid.name.clone(),
                purpose: uses.iter().map(|line| line.purpose.trim()).collect::<Vec<_>>().join("; "),
                amount: prices.get(&bid.application.id).and_then(|p| p.amount).unwrap_or_default(),
            }
        })
        .collect();
    if choices.is_empty() { Err(ResidentRefusal::NothingToVoteOn.into()) } else { Ok(choices) }
}

/// Residents to put on the roll.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct RollInput {
    /// Email addresses, one a row, or the text of a CSV file.
    pub addresses: String,
}

/// What came of adding residents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Residents who were put on the roll and sent a link.
    pub added: usize,
    /// Addresses that were on the roll already; their links stand.
    pub known: usize,
}

/// The secret of a link: 32 random bytes.
fn secret() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// What is stored of a link's secret.
#[must_use]
pub(super) fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Puts residents on the roll and sends each a link of their own. They need no account.
///
/// # Errors
/// Invalid with every faulty row, in which case nobody is added; Denied; refused before the vote is set, after it has
/// closed, and beyond a thousand.
pub async fn add(app: &App, actor: &Actor, call: Id<Call>, input: &RollInput, now: Instant) -> Result<Added> {
    let emails = rules::read_addresses(&input.addresses)?;
    let added_by = actor.account().ok_or(Error::Denied)?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let council = app.config.server.council.clone();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let (call, vote) = store::call_with_vote(db, call)?;
            require(&actor, Action::ManagePanel, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            let vote = vote.ok_or(ResidentRefusal::NotSet)?;
            if now > vote.closes_at || vote.closed_at.is_some() {
                return Err(ResidentRefusal::Closed { closes: vote.closes_at }.into());
            }
            let there = store::addresses(db, vote.id)?;
            let fresh: Vec<&String> = emails.iter().filter(|email| !there.contains(*email)).collect();
            if there.len() + fresh.len() > MOST_RESIDENTS {
                return Err(ResidentRefusal::RollFull { left: MOST_RESIDENTS.saturating_sub(there.len()) }.into());
            }
            let (mut residents, mut mails) = (Vec::new(), Vec::new());
            for email in &fresh {
                let token = secret();
                residents.push(Resident {
                    id: Id::new(),
                    authority_id: vote.authority_id,
                    vote_id: vote.id,
                    email: (*email).clone(),
                    token_hash: secret_hash(&token),
                    added_at: now,
                    added_by,
                    voted: false,
                });
                let body = format!(
                    "{council} asks you to vote on who gets money from “{}”.\n\nYour own link to vote, once, without an account:\n{address}/vote/{token}\n\nYou can vote from {} until {}.\n\nYour vote is secret: we record that you voted, and not how. Do not pass the link on: whoever has it can vote in your place.\n",
                    call.title,
                    vote.opens_at.long(),
                    vote.closes_at.long(),
                );
                let subject = format!("Vote on “{}”", call.title);
                mails.push(Mail::new(Some(vote.authority_id), email, &subject, &body, now));
            }
            store::insert_residents(db, &residents)?;
            for some in mails.chunks(500) {
                mail::queue_all(db, some)?;
            }
            let facts = json!({ "vote": vote.id, "added": residents.len() });
            note(db, &actor, &call, "residents.added", facts, now)?;
            Ok(Added { added: residents.len(), known: emails.len() - residents.len() })
        })
        .await
}
