//! Rows of claims and complaints about awards.

use crate::awards::model::Award;
use crate::calls::Call;
use crate::db::schema::{award_challenges, awards};
use crate::db::{Db, MultiBackend};
use crate::error::Result;
use crate::values::{Account, Id, Instant, actor};
use diesel::dsl::exists;
use diesel::prelude::*;

crate::text_enum! {
    /// How an award is challenged.
    pub enum ChallengeKind { Claim = "claim" => "Court claim", Complaint = "complaint" => "Complaint" }
}
crate::text_column!(ChallengeKind);

/// A claim or complaint about an award.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = award_challenges, check_for_backend(MultiBackend))]
pub struct Challenge {
    /// Identifier.
    pub id: Id<Challenge>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The award.
    pub award_id: Id<Award>,
    /// Claim or complaint.
    pub kind: ChallengeKind,
    /// When the council was told.
    pub notified_at: Instant,
    /// What it says.
    pub note: String,
    /// Whether it suspends signing: a claim notified within the standstill.
    pub suspends: bool,
    /// Who recorded it.
    pub recorded_by: Id<Account>,
    /// When the suspension was lifted or the proceedings ended.
    pub ended_at: Option<Instant>,
    /// How it ended.
    pub ended_note: Option<String>,
}

impl Challenge {
    /// What it does to the signing, in words.
    #[must_use]
    pub fn effect(&self) -> &'static str {
        match (self.ended_at.is_some(), self.suspends) {
            (true, _) => "Ended",
            (false, true) => "Suspends signing",
            (false, false) => "A warning; it suspends nothing",
        }
    }
}

/// Challenges of an award, oldest first.
///
/// # Errors
/// What the database says.
pub fn challenges(db: &mut Db, award: Id<Award>) -> Result<Vec<Challenge>> {
    Ok(award_challenges::table
        .filter(award_challenges::award_id.eq(award))
        .select(Challenge::as_select())
        .order((award_challenges::notified_at, award_challenges::id))
        .limit(200)
        .load(db)?)
}

/// Whether a challenge of any award of a call suspends signing.
///
/// # Errors
/// What the database says.
pub(in crate::awards) fn suspended(db: &mut Db, call: Id<Call>) -> Result<bool> {
    let open = award_challenges::table
        .inner_join(awards::table.on(awards::id.eq(award_challenges::award_id)))
        .filter(awards::call_id.eq(call))
        .filter(award_challenges::suspends)
        .filter(award_challenges::ended_at.is_null());
    Ok(diesel::select(exists(open)).get_result(db)?)
}

pub(in crate::awards) fn find_challenge(db: &mut Db, id: Id<Challenge>) -> Result<Challenge> {
    Ok(award_challenges::table.filter(award_challenges::id.eq(id)).select(Challenge::as_select()).first(db)?)
}

pub(in crate::awards) fn insert_challenge(db: &mut Db, row: &Challenge) -> Result<()> {
    diesel::insert_into(award_challenges::table).values(row).execute(db)?;
    Ok(())
}

pub(in crate::awards) fn end_challenge(db: &mut Db, id: Id<Challenge>, at: Instant, note: &str) -> Result<()> {
    diesel::update(award_challenges::table.filter(award_challenges::id.eq(id)))
        .set((award_challenges::ended_at.eq(at), award_challenges::ended_note.eq(note)))
        .execute(db)?;
    Ok(())
}
