//! The residents' vote for programs.

use super::casting;
use super::pages::{ballot_box, readable};
use super::roll::{self, RollInput, VoteInput};
use super::store;
use crate::calls::Call;
use crate::http::api::{created, ok};
use crate::http::{Answer, Sent, Visit};
use crate::people::policy::{Action, Thing, can};
use crate::values::Id;
use actix_web::web;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The vote of a call: dates, and after closing what it came to. Officers also see how many are on the roll and voted.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/calls/{id}/residents-vote", tag = "residents",
    params(("id" = String, Path)), responses((status = 200, description = "Dates, and the result after closing")))]
pub async fn show(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (call, vote, rule) = readable(&visit, *id).await?;
    let Some(vote) = vote else { return ok(&json!({ "rule": rule, "vote": null })) };
    let staff = can(&visit.actor, Action::ReadScores, &Thing::of_authority(call.authority_id));
    let (vote_id, closed) = (vote.id, vote.closed_at.is_some());
    let roll = if staff { Some(visit.app.db.read(move |db| store::roll(db, vote_id)).await?) } else { None };
    ok(&json!({
        "rule": rule,
        "vote": {
            "id": vote.id, "criterion": vote.criterion, "opens_at": vote.opens_at, "closes_at": vote.closes_at,
            "closed_at": vote.closed_at, "tally": vote.tally.as_ref().map(|t| &t.0),
            "ballots_hash": vote.ballots_hash, "choices": (closed || staff).then_some(&vote.choices.0),
        },
        "roll": roll,
    }))
}

/// Says when residents vote.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/residents-vote", tag = "residents", security(("token" = [])),
    params(("id" = String, Path)), request_body = VoteInput, responses((status = 201, description = "Set")))]
pub async fn set_up(visit: Visit, id: web::Path<Id<Call>>, body: Sent<VoteInput>) -> Answer {
    let vote = roll::set_up(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/calls/{id}/residents-vote"), &json!({ "id": vote }))
}

/// Puts residents on the roll and sends each a link.
///
/// # Errors
/// Invalid with every faulty row, Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/residents-vote/roll", tag = "residents", security(("token" = [])),
    params(("id" = String, Path)), request_body = RollInput, responses((status = 200, description = "How many were added")))]
pub async fn add(visit: Visit, id: web::Path<Id<Call>>, body: Sent<RollInput>) -> Answer {
    let found = roll::add(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "added": found.added, "known": found.known }))
}

/// Every ballot in the order of the random names, for counting again; once voting has closed and five count.
///
/// # Errors
/// NotFound, refused.
#[utoipa::path(get, path = "/api/v1/calls/{id}/residents-vote/ballots", tag = "residents",
    params(("id" = String, Path)), responses((status = 200, description = "Rule, applications, roll, ballots")))]
pub async fn ballots(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (_, found) = ballot_box(&visit, *id).await?;
    ok(&found)
}

/// What the holder of a link votes on.
///
/// # Errors
/// NotFound for a link that was never sent.
#[utoipa::path(get, path = "/api/v1/votes/{token}", tag = "residents",
    params(("token" = String, Path)), responses((status = 200, description = "Rule, choices, dates, whether they voted")))]
pub async fn ballot(visit: Visit, token: web::Path<String>) -> Answer {
    let found = casting::invited(&visit.app, &token).await?;
    ok(&json!({
        "call": found.call.id, "title": found.call.title, "rule": found.rule, "choices": found.vote.choices.0,
        "opens_at": found.vote.opens_at, "closes_at": found.vote.closes_at, "voted": found.resident.voted,
    }))
}

/// A ballot.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct BallotInput {
    /// A score, or pounds, for each application by its reference.
    pub votes: BTreeMap<String, String>,
}

/// Casts the vote that a link entitles to, once.
///
/// # Errors
/// Invalid, NotFound, refused before opening, after closing, and the second time.
#[utoipa::path(post, path = "/api/v1/votes/{token}", tag = "residents",
    params(("token" = String, Path)), request_body = BallotInput, responses((status = 200, description = "Cast")))]
pub async fn cast(visit: Visit, token: web::Path<String>, body: Sent<BallotInput>) -> Answer {
    casting::cast(&visit.app, &token, &body.0.votes, &visit.app.clock).await?;
    ok(&json!({ "voted": true }))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(show, set_up, add, ballots, ballot, cast))]
/// What the residents' vote adds to the API's description.
pub struct Docs;
