//! The residents' vote in the words of the domain.

use crate::calls::Call;
use crate::db::schema::{resident_ballots, resident_roll, resident_votes};
use crate::db::{Json, MultiBackend};
use crate::evaluation::panel::{Ballot, PanelTally};
use crate::values::{Account, Id, Instant, Pence, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// What a ballot shows of one application: what the call told applicants that residents would be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The reference by which ballots and rankings name it.
    pub reference: String,
    /// The applicant's name.
    pub name: String,
    /// What the money is for, as its own list of uses says.
    pub purpose: String,
    /// What it asks for.
    pub amount: Pence,
}

/// A vote of residents on the applications of one round.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = resident_votes, check_for_backend(MultiBackend))]
pub struct ResidentVote {
    /// Identifier.
    pub id: Id<ResidentVote>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The round.
    pub call_id: Id<Call>,
    /// The criterion of its model that residents decide.
    pub criterion: String,
    /// What is voted on, frozen when the vote was set.
    pub choices: Json<Vec<Choice>>,
    /// First instant of voting.
    pub opens_at: Instant,
    /// Last instant of voting, itself in time.
    pub closes_at: Instant,
    /// When the dates were set.
    pub set_at: Instant,
    /// Who set them.
    pub set_by: Id<Account>,
    /// When the votes were counted.
    pub closed_at: Option<Instant>,
    /// What they came to; none when nobody was on the roll.
    pub tally: Option<Json<PanelTally>>,
    /// SHA-256 of the canonical JSON of the ballots in the order of their names.
    pub ballots_hash: Option<String>,
}

impl ResidentVote {
    /// The references of what is voted on, in the order of the ballot.
    #[must_use]
    pub fn references(&self) -> Vec<String> {
        self.choices.0.iter().map(|choice| choice.reference.clone()).collect()
    }
}

/// A resident on the roll.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = resident_roll, check_for_backend(MultiBackend))]
pub struct Resident {
    /// Identifier.
    pub id: Id<Resident>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The vote.
    pub vote_id: Id<ResidentVote>,
    /// Where the link was sent.
    pub email: String,
    /// SHA-256 of the link's secret.
    pub token_hash: String,
    /// When they were put on the roll.
    pub added_at: Instant,
    /// By whom.
    pub added_by: Id<Account>,
    /// Whether they voted; never when.
    pub voted: bool,
}

/// A ballot in the box. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = resident_ballots, check_for_backend(MultiBackend))]
pub struct CastBallot {
    /// 16 random bytes in hexadecimal: no identifier of ours, because those hold the time.
    pub id: String,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The vote.
    pub vote_id: Id<ResidentVote>,
    /// What it says.
    pub ballot: Json<Ballot>,
}

/// A ballot as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedBallot {
    /// Its random name.
    pub id: String,
    /// What it says.
    pub ballot: Ballot,
}
