//! Rows of the residents' vote.

use super::model::{CastBallot, PublishedBallot, Resident, ResidentVote};
use crate::calls::Call;
use crate::db::schema::{calls, resident_ballots, resident_roll, resident_votes};
use crate::db::{Db, Json};
use crate::error::Result;
use crate::evaluation::panel::{PanelTally, Roll};
use crate::values::{Id, Instant};
use diesel::prelude::*;
use std::collections::HashSet;

/// Rows of one statement: both databases limit how many values a statement may hold.
const AT_ONCE: usize = 500;
/// More than a roll holds.
const MOST: i64 = 2_000;

/// The newest vote of a call.
///
/// # Errors
/// What the database says.
pub fn newest_of_call(db: &mut Db, call: Id<Call>) -> Result<Option<ResidentVote>> {
    Ok(resident_votes::table
        .filter(resident_votes::call_id.eq(call))
        .select(ResidentVote::as_select())
        .order((resident_votes::set_at.desc(), resident_votes::id.desc()))
        .first(db)
        .optional()?)
}

/// Some calls, each with its newest vote, in one statement.
///
/// # Errors
/// What the database says.
pub fn newest_of_calls(db: &mut Db, ids: &[Id<Call>]) -> Result<Vec<(Call, Option<ResidentVote>)>> {
    let mut found: Vec<(Call, Option<ResidentVote>)> = calls::table
        .left_join(resident_votes::table.on(resident_votes::call_id.eq(calls::id)))
        .filter(calls::id.eq_any(ids))
        .select((Call::as_select(), Option::<ResidentVote>::as_select()))
        .order((calls::id, resident_votes::set_at.desc(), resident_votes::id.desc()))
        .limit(MOST)
        .load(db)?;
    found.dedup_by_key(|(call, _)| call.id);
    Ok(found)
}

/// A call with its newest vote, in one statement.
///
/// # Errors
/// NotFound without such a call.
pub(super) fn call_with_vote(db: &mut Db, call: Id<Call>) -> Result<(Call, Option<ResidentVote>)> {
    Ok(calls::table
        .left_join(resident_votes::table.on(resident_votes::call_id.eq(calls::id)))
        .filter(calls::id.eq(call))
        .select((Call::as_select(), Option::<ResidentVote>::as_select()))
        .order((resident_votes::set_at.desc(), resident_votes::id.desc()))
        .first(db)?)
}

pub(super) fn find(db: &mut Db, id: Id<ResidentVote>) -> Result<ResidentVote> {
    Ok(resident_votes::table.filter(resident_votes::id.eq(id)).select(ResidentVote::as_select()).first(db)?)
}

pub(super) fn insert(db: &mut Db, vote: &ResidentVote) -> Result<()> {
    diesel::insert_into(resident_votes::table).values(vote).execute(db)?;
    Ok(())
}

/// Sets dates and choices anew, while nobody was told of them.
pub(super) fn set_again(db: &mut Db, vote: &ResidentVote) -> Result<()> {
    diesel::update(resident_votes::table.filter(resident_votes::id.eq(vote.id)))
        .set((
            resident_votes::choices.eq(&vote.choices),
            resident_votes::opens_at.eq(vote.opens_at),
            resident_votes::closes_at.eq(vote.closes_at),
            resident_votes::set_at.eq(vote.set_at),
            resident_votes::set_by.eq(vote.set_by),
        ))
        .execute(db)?;
    Ok(())
}

/// The addresses on a roll.
pub(super) fn addresses(db: &mut Db, vote: Id<ResidentVote>) -> Result<HashSet<String>> {
    Ok(resident_roll::table
        .filter(resident_roll::vote_id.eq(vote))
        .select(resident_roll::email)
        .order(resident_roll::id)
        .limit(MOST)
        .load(db)?
        .into_iter()
        .collect())
}

pub(super) fn insert_residents(db: &mut Db, residents: &[Resident]) -> Result<()> {
    for some in residents.chunks(AT_ONCE) {
        let rows = diesel::insert_into(resident_roll::table).values(some);
        crate::on_each!(db, c => rows.execute(c))?;
    }
    Ok(())
}

/// How many residents are on a roll and how many of them voted.
pub(super) fn roll(db: &mut Db, vote: Id<ResidentVote>) -> Result<Roll> {
    let counts: Vec<(bool, i64)> = resident_roll::table
        .filter(resident_roll::vote_id.eq(vote))
        .group_by(resident_roll::voted)
        .select((resident_roll::voted, diesel::dsl::count_star()))
        .load(db)?;
    let mut roll = Roll { entitled: 0, voted: 0 };
    for (voted, count) in counts {
        let count = u32::try_from(count)?;
        roll.entitled += count;
        roll.voted += if voted { count } else { 0 };
    }
    Ok(roll)
}

/// The resident whom a link was sent to, with the vote and its call, in one statement.
pub(super) fn by_token(db: &mut Db, hash: &str) -> Result<Option<(Resident, ResidentVote, Call)>> {
    Ok(resident_roll::table
        .inner_join(resident_votes::table.on(resident_votes::id.eq(resident_roll::vote_id)))
        .inner_join(calls::table.on(calls::id.eq(resident_votes::call_id)))
        .filter(resident_roll::token_hash.eq(hash))
        .select((Resident::as_select(), ResidentVote::as_select(), Call::as_select()))
        .first(db)
        .optional()?)
}

/// Marks a resident as voted; false when they were already, also when the other vote is being cast at this moment.
pub(super) fn mark_voted(db: &mut Db, resident: Id<Resident>) -> Result<bool> {
    let marked = diesel::update(
        resident_roll::table.filter(resident_roll::id.eq(resident)).filter(resident_roll::voted.eq(false)),
    )
    .set(resident_roll::voted.eq(true))
    .execute(db)?;
    Ok(marked == 1)
}

/// Holds a vote so that it is not counted before this transaction ends; false when it has been counted. On PostgreSQL many
/// hold it together and only counting waits for them; SQLite has one writer at a time.
pub(super) fn hold_uncounted(db: &mut Db, vote: Id<ResidentVote>) -> Result<bool> {
    let uncounted = resident_votes::table
        .filter(resident_votes::id.eq(vote))
        .filter(resident_votes::closed_at.is_null())
        .select(resident_votes::id);
    let held: Option<Id<ResidentVote>> = match db {
        Db::Pg(pg) => uncounted.for_share().first(pg).optional()?,
        Db::Sqlite(sqlite) => uncounted.first(sqlite).optional()?,
    };
    Ok(held.is_some())
}

pub(super) fn insert_ballot(db: &mut Db, ballot: &CastBallot) -> Result<()> {
    diesel::insert_into(resident_ballots::table).values(ballot).execute(db)?;
    Ok(())
}

/// Marks a vote as counted; false when it was already. Waits for every vote that is being cast.
pub(super) fn set_closed(db: &mut Db, vote: Id<ResidentVote>, at: Instant) -> Result<bool> {
    let closed = diesel::update(
        resident_votes::table.filter(resident_votes::id.eq(vote)).filter(resident_votes::closed_at.is_null()),
    )
    .set(resident_votes::closed_at.eq(at))
    .execute(db)?;
    Ok(closed == 1)
}

pub(super) fn set_result(
    db: &mut Db,
    vote: Id<ResidentVote>,
    tally: Option<&Json<PanelTally>>,
    hash: &str,
) -> Result<()> {
    diesel::update(resident_votes::table.filter(resident_votes::id.eq(vote)))
        .set((resident_votes::tally.eq(tally), resident_votes::ballots_hash.eq(hash)))
        .execute(db)?;
    Ok(())
}

/// The ballots of a vote in the order of their random names.
pub(super) fn ballots(db: &mut Db, vote: Id<ResidentVote>) -> Result<Vec<CastBallot>> {
    Ok(resident_ballots::table
        .filter(resident_ballots::vote_id.eq(vote))
        .select(CastBallot::as_select())
        .order(resident_ballots::id)
        .limit(MOST)
        .load(db)?)
}

/// Writes every ballot anew in the order of the random names, so that neither where a row lies nor which transaction wrote
/// it tells when it was cast.
pub(super) fn write_anew(db: &mut Db, vote: Id<ResidentVote>, ballots: &[CastBallot]) -> Result<()> {
    diesel::delete(resident_ballots::table.filter(resident_ballots::vote_id.eq(vote))).execute(db)?;
    for some in ballots.chunks(AT_ONCE) {
        let rows = diesel::insert_into(resident_ballots::table).values(some);
        crate::on_each!(db, c => rows.execute(c))?;
    }
    Ok(())
}

/// Ballots as they are published.
pub(super) fn published(ballots: Vec<CastBallot>) -> Vec<PublishedBallot> {
    ballots.into_iter().map(|cast| PublishedBallot { id: cast.id, ballot: cast.ballot.0 }).collect()
}
