//! Rows of what waits for somebody's yes: addresses to confirm, roles to accept.

use super::model::{Invitation, Registration};
use crate::db::schema::{accounts, invitations, organisations, registrations};
use crate::db::{Cursor, Db, MultiBackend, Page};
use crate::error::Result;
use crate::values::{Account, Id, Instant, Role, actor};
use diesel::prelude::*;

type OrganisationId = Id<actor::Organisation>;

/// Writes an address to confirm, and forgets what has expired.
pub(super) fn insert_registration(db: &mut Db, registration: &Registration, machine_now: Instant) -> Result<()> {
    diesel::delete(registrations::table.filter(registrations::expires_at.lt(machine_now))).execute(db)?;
    diesel::insert_into(registrations::table).values(registration).execute(db)?;
    Ok(())
}

pub(super) fn find_registration(db: &mut Db, hash: &str, machine_now: Instant) -> Result<Option<Registration>> {
    Ok(registrations::table
        .filter(registrations::hash.eq(hash))
        .filter(registrations::expires_at.gt(machine_now))
        .select(Registration::as_select())
        .first(db)
        .optional()?)
}

pub(super) fn delete_registrations_of(db: &mut Db, email: &str) -> Result<()> {
    diesel::delete(registrations::table.filter(registrations::email.eq(email))).execute(db)?;
    Ok(())
}

pub(super) fn insert_invitation(db: &mut Db, invitation: &Invitation) -> Result<()> {
    diesel::insert_into(invitations::table).values(invitation).execute(db)?;
    Ok(())
}

pub(super) fn find_invitation(db: &mut Db, id: Id<Invitation>) -> Result<Invitation> {
    Ok(invitations::table.filter(invitations::id.eq(id)).select(Invitation::as_select()).first(db)?)
}

pub(super) fn is_invited(db: &mut Db, organisation: OrganisationId, email: &str, role: Role) -> Result<bool> {
    let open = invitations::table
        .filter(invitations::organisation_id.eq(organisation))
        .filter(invitations::email.eq(email))
        .filter(invitations::role.eq(role))
        .filter(invitations::ended_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(open)).get_result(db)?)
}

/// Ends the invitations of an organisation that nobody answered in time, so that they can be made again.
pub(super) fn end_expired_invitations(db: &mut Db, organisation: OrganisationId, now: Instant) -> Result<()> {
    diesel::update(
        invitations::table
            .filter(invitations::organisation_id.eq(organisation))
            .filter(invitations::ended_at.is_null())
            .filter(invitations::expires_at.le(now)),
    )
    .set(invitations::ended_at.eq(now))
    .execute(db)?;
    Ok(())
}

pub(super) fn end_invitation(
    db: &mut Db,
    id: Id<Invitation>,
    accepted_by: Option<Id<Account>>,
    now: Instant,
) -> Result<()> {
    diesel::update(invitations::table.filter(invitations::id.eq(id)))
        .set((invitations::ended_at.eq(now), invitations::accepted_by.eq(accepted_by)))
        .execute(db)?;
    Ok(())
}

/// The open invitations of an organisation, oldest first, at most 200.
pub(super) fn invitations_of(db: &mut Db, organisation: OrganisationId, now: Instant) -> Result<Vec<Invitation>> {
    Ok(invitations::table
        .filter(invitations::organisation_id.eq(organisation))
        .filter(invitations::ended_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .select(Invitation::as_select())
        .order((invitations::created_at, invitations::id))
        .limit(200)
        .load(db)?)
}

/// The open invitations of an organisation, oldest first.
pub(super) fn invitations_page(
    db: &mut Db,
    organisation: OrganisationId,
    now: Instant,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Invitation>> {
    let mut query = invitations::table
        .filter(invitations::organisation_id.eq(organisation))
        .filter(invitations::ended_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .select(Invitation::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::later!(invitations::created_at, invitations::id, cursor));
    }
    let rows = query.order((invitations::created_at, invitations::id)).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |i: &Invitation| Cursor { at: i.created_at, id: i.id.to_string() }))
}

/// The open invitations to an account's address with the names of the organisations, oldest first.
pub(super) fn invitations_to_account(
    db: &mut Db,
    account: Id<Account>,
    now: Instant,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<(Invitation, String)>> {
    let mut query = accounts::table
        .inner_join(invitations::table.on(invitations::email.eq(accounts::email)))
        .inner_join(organisations::table.on(organisations::id.eq(invitations::organisation_id)))
        .filter(accounts::id.eq(account))
        .filter(invitations::ended_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .select((Invitation::as_select(), organisations::name))
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::later!(invitations::created_at, invitations::id, cursor));
    }
    let rows = query.order((invitations::created_at, invitations::id)).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |(i, _): &(Invitation, String)| Cursor { at: i.created_at, id: i.id.to_string() }))
}

/// The open invitations to an address with the names of the organisations, oldest first, at most 100.
pub(super) fn invitations_to(db: &mut Db, email: &str, now: Instant) -> Result<Vec<(Invitation, String)>> {
    Ok(invitations::table
        .inner_join(organisations::table.on(organisations::id.eq(invitations::organisation_id)))
        .filter(invitations::email.eq(email))
        .filter(invitations::ended_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .select((Invitation::as_select(), organisations::name))
        .order((invitations::created_at, invitations::id))
        .limit(100)
        .load(db)?)
}
