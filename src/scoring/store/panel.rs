//! Rows of panels: who sits where, and the conflicts of interest that they declared.

use crate::applications::{Application, ApplicationState};
use crate::calls::Call;
use crate::db::schema::{accounts, applications, calls, moderations, panel_conflicts, panel_members};
use crate::db::{Cursor, Db, MultiBackend, Page};
use crate::error::Result;
use crate::scoring::model::{Conflict, ConflictOutcome, PanelMember};
use crate::values::{Account, Id, Instant};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// The panel of a call, in the order it was chosen.
pub(in crate::scoring) fn panel(db: &mut Db, call: Id<Call>) -> Result<Vec<PanelMember>> {
    Ok(panel_members::table
        .filter(panel_members::call_id.eq(call))
        .select(PanelMember::as_select())
        .order((panel_members::added_at, panel_members::id))
        .limit(200)
        .load(db)?)
}

/// A panel with its names and its conflicts.
#[derive(Default)]
pub(in crate::scoring) struct Seated {
    /// In the order it was chosen.
    pub(in crate::scoring) members: Vec<PanelMember>,
    /// In the order they were declared.
    pub(in crate::scoring) conflicts: Vec<Conflict>,
    pub(in crate::scoring) names: HashMap<Id<Account>, String>,
}

/// The panel of a call with its names and its conflicts, in one statement.
pub(in crate::scoring) fn seated(db: &mut Db, call: Id<Call>) -> Result<Seated> {
    let rows: Vec<(PanelMember, String, Option<Conflict>)> = panel_members::table
        .inner_join(accounts::table.on(accounts::id.eq(panel_members::account_id)))
        .left_join(
            panel_conflicts::table.on(panel_conflicts::call_id
                .eq(panel_members::call_id)
                .and(panel_conflicts::account_id.eq(panel_members::account_id))),
        )
        .filter(panel_members::call_id.eq(call))
        .select((PanelMember::as_select(), accounts::name, Option::<Conflict>::as_select()))
        .order((panel_members::added_at, panel_members::id, panel_conflicts::id))
        .limit(10_000)
        .load(db)?;
    let mut found = Seated::default();
    for (member, name, conflict) in rows {
        if found.names.insert(member.account_id, name).is_none() {
            found.members.push(member);
        }
        found.conflicts.extend(conflict);
    }
    found.conflicts.sort_by_key(|c| (c.declared_at, c.id));
    Ok(found)
}

/// Where somebody sits.
#[derive(Queryable)]
pub(in crate::scoring) struct Seat {
    pub(in crate::scoring) call: Call,
    pub(in crate::scoring) member: Option<PanelMember>,
    /// Whether moderation is final.
    closed: bool,
    /// Whether a conflict of this person stands.
    pub(in crate::scoring) conflicted: bool,
}

impl Seat {
    /// Whether bidders are shown under their letters.
    pub(in crate::scoring) fn hidden(&self) -> bool {
        self.call.terms.0.hides_bidders() && !self.closed
    }
}

/// A call with the seat that somebody has on its panel, whether its moderation is final and whether a conflict of theirs
/// stands, in one statement.
///
/// # Errors
/// NotFound without such a call.
pub(in crate::scoring) fn seat(db: &mut Db, call: Id<Call>, account: Id<Account>) -> Result<Seat> {
    let closed = moderations::table.filter(moderations::call_id.eq(calls::id));
    let standing = panel_conflicts::table
        .filter(panel_conflicts::call_id.eq(calls::id))
        .filter(panel_conflicts::account_id.eq(account))
        .filter(panel_conflicts::outcome.ne(ConflictOutcome::NoConflict));
    Ok(calls::table
        .left_join(
            panel_members::table.on(panel_members::call_id.eq(calls::id).and(panel_members::account_id.eq(account))),
        )
        .filter(calls::id.eq(call))
        .select((
            Call::as_select(),
            Option::<PanelMember>::as_select(),
            diesel::dsl::exists(closed),
            diesel::dsl::exists(standing),
        ))
        .first(db)?)
}

/// What must be known before one answer is saved.
#[derive(Queryable)]
pub(in crate::scoring) struct Desk {
    pub(in crate::scoring) call: Call,
    pub(in crate::scoring) member: Option<PanelMember>,
    /// Whether a conflict of this person stands.
    pub(in crate::scoring) conflicted: bool,
    /// The bid, when it is an opened one of this call.
    pub(in crate::scoring) bid: Option<Id<Application>>,
}

/// A call, somebody's seat and conflict, and one of its opened bids, in one statement.
///
/// # Errors
/// NotFound without such a call.
pub(in crate::scoring) fn desk(
    db: &mut Db,
    call: Id<Call>,
    account: Id<Account>,
    bid: Id<Application>,
) -> Result<Desk> {
    let standing = panel_conflicts::table
        .filter(panel_conflicts::call_id.eq(calls::id))
        .filter(panel_conflicts::account_id.eq(account))
        .filter(panel_conflicts::outcome.ne(ConflictOutcome::NoConflict));
    Ok(calls::table
        .left_join(
            panel_members::table.on(panel_members::call_id.eq(calls::id).and(panel_members::account_id.eq(account))),
        )
        .left_join(
            applications::table.on(applications::call_id
                .eq(calls::id)
                .and(applications::id.eq(bid))
                .and(applications::state.eq(ApplicationState::Submitted))
                .and(applications::opened_at.is_not_null())),
        )
        .filter(calls::id.eq(call))
        .select((
            Call::as_select(),
            Option::<PanelMember>::as_select(),
            diesel::dsl::exists(standing),
            applications::id.nullable(),
        ))
        .first(db)?)
}

pub(in crate::scoring) fn member(db: &mut Db, call: Id<Call>, account: Id<Account>) -> Result<Option<PanelMember>> {
    Ok(panel_members::table
        .filter(panel_members::call_id.eq(call))
        .filter(panel_members::account_id.eq(account))
        .select(PanelMember::as_select())
        .first(db)
        .optional()?)
}

/// The panels a person sits on, newest first.
pub(in crate::scoring) fn panels_of(
    db: &mut Db,
    account: Id<Account>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<PanelMember>> {
    let mut query = panel_members::table
        .filter(panel_members::account_id.eq(account))
        .select(PanelMember::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(panel_members::added_at, panel_members::id, cursor));
    }
    let rows = query
        .order((panel_members::added_at.desc(), panel_members::id.desc()))
        .limit(i64::try_from(limit + 1)?)
        .load(db)?;
    Ok(Page::cut(rows, limit, |m: &PanelMember| Cursor { at: m.added_at, id: m.id.to_string() }))
}

pub(in crate::scoring) fn insert_member(db: &mut Db, row: &PanelMember) -> Result<()> {
    diesel::insert_into(panel_members::table).values(row).execute(db)?;
    Ok(())
}

pub(in crate::scoring) fn set_declared(db: &mut Db, id: Id<PanelMember>, at: Instant) -> Result<()> {
    diesel::update(panel_members::table.filter(panel_members::id.eq(id)))
        .set(panel_members::declared_at.eq(at))
        .execute(db)?;
    Ok(())
}

pub(in crate::scoring) fn set_final(db: &mut Db, id: Id<PanelMember>, at: Instant) -> Result<()> {
    diesel::update(panel_members::table.filter(panel_members::id.eq(id)))
        .set(panel_members::final_at.eq(at))
        .execute(db)?;
    Ok(())
}

pub(in crate::scoring) fn set_replaced(
    db: &mut Db,
    id: Id<PanelMember>,
    successor: Id<PanelMember>,
    reason: &str,
    at: Instant,
) -> Result<()> {
    diesel::update(panel_members::table.filter(panel_members::id.eq(id)))
        .set((
            panel_members::replaced_at.eq(at),
            panel_members::replaced_reason.eq(reason),
            panel_members::successor_id.eq(successor),
        ))
        .execute(db)?;
    Ok(())
}

pub(in crate::scoring) fn conflicts(db: &mut Db, call: Id<Call>) -> Result<Vec<Conflict>> {
    Ok(panel_conflicts::table
        .filter(panel_conflicts::call_id.eq(call))
        .select(Conflict::as_select())
        .order((panel_conflicts::declared_at, panel_conflicts::id))
        .limit(10_000)
        .load(db)?)
}

/// Those who declared a conflict of interest that stands with any bid of a call; of a second stage also with any request
/// to take part in the first.
///
/// # Errors
/// What the database says.
pub fn conflicted(db: &mut Db, call: &Call) -> Result<HashSet<Id<Account>>> {
    let stages: Vec<Id<Call>> = [Some(call.id), call.by_invitation()].into_iter().flatten().collect();
    Ok(panel_conflicts::table
        .filter(panel_conflicts::call_id.eq_any(stages))
        .filter(panel_conflicts::outcome.ne(ConflictOutcome::NoConflict))
        .select(panel_conflicts::account_id)
        .limit(10_000)
        .load(db)?
        .into_iter()
        .collect())
}

/// Whether this person is among the [`conflicted`].
///
/// # Errors
/// What the database says.
pub fn has_conflict(db: &mut Db, account: Id<Account>, call: &Call) -> Result<bool> {
    Ok(conflicted(db, call)?.contains(&account))
}

pub(in crate::scoring) fn find_conflict(db: &mut Db, id: Id<Conflict>) -> Result<Conflict> {
    Ok(panel_conflicts::table.filter(panel_conflicts::id.eq(id)).select(Conflict::as_select()).first(db)?)
}

pub(in crate::scoring) fn insert_conflict(db: &mut Db, row: &Conflict) -> Result<()> {
    diesel::insert_into(panel_conflicts::table).values(row).execute(db)?;
    Ok(())
}

pub(in crate::scoring) fn resolve_conflict(db: &mut Db, row: &Conflict) -> Result<()> {
    diesel::update(panel_conflicts::table.filter(panel_conflicts::id.eq(row.id)))
        .set((
            panel_conflicts::outcome.eq(row.outcome),
            panel_conflicts::enquiry.eq(&row.enquiry),
            panel_conflicts::resolved_at.eq(row.resolved_at),
            panel_conflicts::resolved_by.eq(row.resolved_by),
        ))
        .execute(db)?;
    Ok(())
}
