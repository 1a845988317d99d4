//! Rows of investments that are cancelled before anything is paid.

use super::model::{Cancellation, Investment, ProposalState};
use super::whole::Names;
use crate::db::Db;
use crate::db::schema::{accounts, investment_cancellations};
use crate::error::Result;
use crate::values::{Account, Id, Instant};
use diesel::prelude::*;

/// Most proposals to cancel one investment that are read.
const MOST: i64 = 200;

pub(super) fn find(db: &mut Db, id: Id<Cancellation>) -> Result<Cancellation> {
    Ok(investment_cancellations::table
        .filter(investment_cancellations::id.eq(id))
        .select(Cancellation::as_select())
        .first(db)?)
}

/// What was proposed and decided of cancelling an investment, the oldest first, and the names of who did.
pub(super) fn list(db: &mut Db, id: Id<Investment>) -> Result<(Vec<Cancellation>, Names)> {
    let rows: Vec<(Cancellation, Option<Id<Account>>, Option<String>)> = investment_cancellations::table
        .left_join(
            accounts::table.on(investment_cancellations::proposed_by
                .nullable()
                .eq(accounts::id.nullable())
                .or(investment_cancellations::decided_by.eq(accounts::id.nullable()))),
        )
        .filter(investment_cancellations::investment_id.eq(id))
        .select((Cancellation::as_select(), accounts::id.nullable(), accounts::name.nullable()))
        .order((investment_cancellations::proposed_at, investment_cancellations::id))
        .limit(MOST)
        .load(db)?;
    let mut names = Names::new();
    let mut found: Vec<Cancellation> = Vec::new();
    for (cancellation, account, person) in rows {
        names.extend(account.zip(person));
        if found.last().is_none_or(|last| last.id != cancellation.id) {
            found.push(cancellation);
        }
    }
    Ok((found, names))
}

/// Whether cancelling an investment waits for a decision.
pub(super) fn is_open(db: &mut Db, id: Id<Investment>) -> Result<bool> {
    let open: i64 = investment_cancellations::table
        .filter(investment_cancellations::investment_id.eq(id))
        .filter(investment_cancellations::state.eq(ProposalState::Proposed))
        .count()
        .get_result(db)?;
    Ok(open > 0)
}

pub(super) fn insert(db: &mut Db, cancellation: &Cancellation) -> Result<()> {
    diesel::insert_into(investment_cancellations::table).values(cancellation).execute(db)?;
    Ok(())
}

/// Approves a proposal, or declines it and keeps why, unless somebody decided first; says whether it was this call.
pub(super) fn decide(
    db: &mut Db,
    id: Id<Cancellation>,
    declined: Option<&str>,
    by: Id<Account>,
    at: Instant,
) -> Result<bool> {
    let state = if declined.is_some() { ProposalState::Declined } else { ProposalState::Approved };
    let changed = diesel::update(
        investment_cancellations::table
            .filter(investment_cancellations::id.eq(id))
            .filter(investment_cancellations::state.eq(ProposalState::Proposed)),
    )
    .set((
        investment_cancellations::state.eq(state),
        investment_cancellations::decline_reason.eq(declined),
        investment_cancellations::decided_by.eq(Some(by)),
        investment_cancellations::decided_at.eq(Some(at)),
    ))
    .execute(db)?;
    Ok(changed == 1)
}
