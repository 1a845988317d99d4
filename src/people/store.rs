//! Rows of people and organisations.

mod sessions;

pub(super) use super::invitations_store::*;
use super::model::{AccountRow, Member, Organisation, OrganisationKind};
use crate::db::schema::{accounts, members, organisations, password_resets, sign_in_attempts};
use crate::db::{Cursor, Db, MultiBackend, Page};
use crate::error::Result;
use crate::values::{Account, Actor, Id, Instant, Membership, Role, actor};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

pub use sessions::BearerToken;
pub(super) use sessions::{
    count_sessions_of, delete_session, delete_sessions_of, find_session, insert_session, insert_token, revoke_token,
    revoke_tokens_of, set_session, tokens_of,
};

type OrganisationId = Id<actor::Organisation>;

/// One role of a person, as the joins of this file give it; a person without a role is one row.
type RoleRow = (Option<Id<Account>>, Option<String>, Option<String>, Option<OrganisationId>, Option<Role>);

#[diesel::dsl::auto_type(no_type_alias)]
fn role_columns() -> _ {
    (
        accounts::id.nullable(),
        accounts::name.nullable(),
        organisations::name.nullable(),
        organisations::id.nullable(),
        members::role.nullable(),
    )
}

fn actor_of(rows: impl IntoIterator<Item = RoleRow>) -> Option<Actor> {
    let mut rows = rows.into_iter().peekable();
    let (account, name, ..) = rows.peek()?.clone();
    let (account, name) = (account?, name?);
    let memberships = rows
        .filter_map(|(_, _, organisation_name, organisation, role)| {
            Some(Membership { organisation: organisation?, name: organisation_name?, role: role? })
        })
        .collect();
    Some(Actor::Person { account, name, memberships, elsewhere: Vec::new() })
}

/// The person behind an account with every role held now, in all capacities. `None` when the account is unknown or
/// switched off.
///
/// # Errors
/// What the database says.
pub fn load_actor(db: &mut Db, account: Id<Account>) -> Result<Option<Actor>> {
    let rows: Vec<RoleRow> = accounts::table
        .left_join(members::table.on(members::account_id.eq(accounts::id).and(members::ended_at.is_null())))
        .left_join(organisations::table.on(organisations::id.eq(members::organisation_id)))
        .filter(accounts::id.eq(account))
        .filter(accounts::disabled_at.is_null())
        .select(role_columns())
        .order(members::id)
        .load(db)?;
    Ok(actor_of(rows))
}

pub(super) fn find_account_by_email(db: &mut Db, email: &str) -> Result<Option<AccountRow>> {
    Ok(accounts::table.filter(accounts::email.eq(email)).select(AccountRow::as_select()).first(db).optional()?)
}

pub(super) fn find_account(db: &mut Db, id: Id<Account>) -> Result<AccountRow> {
    Ok(accounts::table.filter(accounts::id.eq(id)).select(AccountRow::as_select()).first(db)?)
}

pub(super) fn insert_account(db: &mut Db, account: &AccountRow) -> Result<()> {
    diesel::insert_into(accounts::table).values(account).execute(db)?;
    Ok(())
}

/// Wrong passwords in a row, and until when the account is locked.
pub(super) fn failures(db: &mut Db, id: Id<Account>) -> Result<Option<(i64, Option<Instant>)>> {
    Ok(accounts::table
        .filter(accounts::id.eq(id))
        .select((accounts::failures, accounts::locked_until))
        .first(db)
        .optional()?)
}

pub(super) fn set_failures(db: &mut Db, id: Id<Account>, failures: i64, locked_until: Option<Instant>) -> Result<()> {
    diesel::update(accounts::table.filter(accounts::id.eq(id)))
        .set((accounts::failures.eq(failures), accounts::locked_until.eq(locked_until)))
        .execute(db)?;
    Ok(())
}

pub(super) fn set_password(db: &mut Db, id: Id<Account>, hash: &str) -> Result<()> {
    diesel::update(accounts::table.filter(accounts::id.eq(id)))
        .set((
            accounts::password_hash.eq(hash),
            accounts::failures.eq(0_i64),
            accounts::locked_until.eq(None::<Instant>),
        ))
        .execute(db)?;
    Ok(())
}

/// Names of accounts, for pages that show who did something.
///
/// # Errors
/// What the database says.
pub fn account_names(db: &mut Db, ids: &[Id<Account>]) -> Result<HashMap<Id<Account>, String>> {
    Ok(accounts::table
        .filter(accounts::id.eq_any(ids))
        .select((accounts::id, accounts::name))
        .load::<(Id<Account>, String)>(db)?
        .into_iter()
        .collect())
}

pub(super) fn count_attempts(db: &mut Db, source: &str, since: Instant) -> Result<i64> {
    Ok(sign_in_attempts::table
        .filter(sign_in_attempts::source.eq(source))
        .filter(sign_in_attempts::at.gt(since))
        .count()
        .get_result(db)?)
}

pub(super) fn insert_attempt(db: &mut Db, source: &str, at: Instant, forget_before: Instant) -> Result<()> {
    let id: Id<Account> = Id::new();
    diesel::insert_into(sign_in_attempts::table)
        .values((sign_in_attempts::id.eq(id), sign_in_attempts::source.eq(source), sign_in_attempts::at.eq(at)))
        .execute(db)?;
    diesel::delete(sign_in_attempts::table.filter(sign_in_attempts::at.lt(forget_before))).execute(db)?;
    Ok(())
}

/// One organisation.
///
/// # Errors
/// NotFound.
pub fn find_organisation(db: &mut Db, id: OrganisationId) -> Result<Organisation> {
    Ok(organisations::table.filter(organisations::id.eq(id)).select(Organisation::as_select()).first(db)?)
}

/// Several organisations by identifier.
///
/// # Errors
/// What the database says.
pub fn find_organisations(db: &mut Db, ids: &[OrganisationId]) -> Result<HashMap<OrganisationId, Organisation>> {
    Ok(organisations::table
        .filter(organisations::id.eq_any(ids))
        .select(Organisation::as_select())
        .load(db)?
        .into_iter()
        .map(|o: Organisation| (o.id, o))
        .collect())
}

/// The authorities of the installation, at most 200, by name.
///
/// # Errors
/// What the database says.
pub fn authorities(db: &mut Db) -> Result<Vec<Organisation>> {
    Ok(organisations::table
        .filter(organisations::kind.eq(OrganisationKind::Authority))
        .select(Organisation::as_select())
        .order((organisations::name, organisations::id))
        .limit(200)
        .load(db)?)
}

/// The departments of an authority, at most 200, by name.
///
/// # Errors
/// What the database says.
pub fn departments(db: &mut Db, authority: OrganisationId) -> Result<Vec<Organisation>> {
    Ok(organisations::table
        .filter(organisations::parent_id.eq(authority))
        .filter(organisations::kind.eq(OrganisationKind::Department))
        .select(Organisation::as_select())
        .order((organisations::name, organisations::id))
        .limit(200)
        .load(db)?)
}

/// The departments of an authority, in the order in which they were added.
pub(super) fn departments_page(
    db: &mut Db,
    authority: OrganisationId,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Organisation>> {
    let mut query = organisations::table
        .filter(organisations::parent_id.eq(authority))
        .filter(organisations::kind.eq(OrganisationKind::Department))
        .select(Organisation::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::later!(organisations::created_at, organisations::id, cursor));
    }
    let rows = query.order((organisations::created_at, organisations::id)).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |o: &Organisation| Cursor { at: o.created_at, id: o.id.to_string() }))
}

/// An authority and its departments, at most 200, by name.
///
/// # Errors
/// NotFound.
pub(super) fn authority_with_departments(
    db: &mut Db,
    authority: OrganisationId,
) -> Result<(Organisation, Vec<Organisation>)> {
    let mut departments: Vec<Organisation> = organisations::table
        .filter(organisations::id.eq(authority).or(organisations::parent_id.eq(authority)))
        .select(Organisation::as_select())
        .order((organisations::parent_id.is_not_null(), organisations::name, organisations::id))
        .limit(201)
        .load(db)?;
    let place = departments.iter().position(|o| o.id == authority).ok_or(crate::error::Error::NotFound)?;
    let authority = departments.remove(place);
    departments.retain(|below| below.kind == OrganisationKind::Department);
    Ok((authority, departments))
}

pub(super) fn insert_organisation(db: &mut Db, organisation: &Organisation) -> Result<()> {
    diesel::insert_into(organisations::table).values(organisation).execute(db)?;
    Ok(())
}

pub(super) fn set_organisation(db: &mut Db, organisation: &Organisation) -> Result<()> {
    diesel::update(organisations::table.filter(organisations::id.eq(organisation.id)))
        .set((organisations::name.eq(&organisation.name), organisations::profile.eq(&organisation.profile)))
        .execute(db)?;
    Ok(())
}

pub(super) fn insert_member(db: &mut Db, member: &Member) -> Result<()> {
    diesel::insert_into(members::table).values(member).execute(db)?;
    Ok(())
}

pub(super) fn find_member(db: &mut Db, id: Id<Member>) -> Result<Member> {
    Ok(members::table.filter(members::id.eq(id)).select(Member::as_select()).first(db)?)
}

pub(super) fn end_member(db: &mut Db, id: Id<Member>, at: Instant) -> Result<()> {
    diesel::update(members::table.filter(members::id.eq(id))).set(members::ended_at.eq(at)).execute(db)?;
    Ok(())
}

/// A member of an organisation, with name and address.
pub(super) type NamedMember = (Member, String, String);

/// Members of an organisation who hold a role now: member, name, address. Who has held theirs longest comes first.
pub(super) fn members_page(
    db: &mut Db,
    organisation: OrganisationId,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<NamedMember>> {
    let mut query = members::table
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .filter(members::organisation_id.eq(organisation))
        .filter(members::ended_at.is_null())
        .select((Member::as_select(), accounts::name, accounts::email))
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::later!(members::created_at, members::id, cursor));
    }
    let rows = query.order((members::created_at, members::id)).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |(m, ..): &NamedMember| Cursor { at: m.created_at, id: m.id.to_string() }))
}

/// Members of an organisation who hold a role now: member, name, address. At most 500, by name.
pub(super) fn current_members(db: &mut Db, organisation: OrganisationId) -> Result<Vec<(Member, String, String)>> {
    Ok(members::table
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .filter(members::organisation_id.eq(organisation))
        .filter(members::ended_at.is_null())
        .select((Member::as_select(), accounts::name, accounts::email))
        .order((accounts::name, members::id))
        .limit(500)
        .load(db)?)
}

pub(super) fn count_role(db: &mut Db, organisation: OrganisationId, role: Role) -> Result<i64> {
    Ok(members::table
        .filter(members::organisation_id.eq(organisation))
        .filter(members::role.eq(role))
        .filter(members::ended_at.is_null())
        .count()
        .get_result(db)?)
}

/// People who hold a role in an organisation now: account and name, by name, at most 500.
///
/// # Errors
/// What the database says.
pub fn members_with_role(db: &mut Db, organisation: OrganisationId, role: Role) -> Result<Vec<(Id<Account>, String)>> {
    Ok(members::table
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .filter(members::organisation_id.eq(organisation))
        .filter(members::role.eq(role))
        .filter(members::ended_at.is_null())
        .select((accounts::id, accounts::name))
        .order((accounts::name, accounts::id))
        .limit(500)
        .load(db)?)
}

/// Addresses of the people of an applicant organisation, for mails about its applications and agreements.
///
/// # Errors
/// What the database says.
pub fn addresses_of_organisation(db: &mut Db, organisation: OrganisationId) -> Result<Vec<String>> {
    let mut found: Vec<String> = members::table
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .filter(members::organisation_id.eq(organisation))
        .filter(members::ended_at.is_null())
        .filter(accounts::disabled_at.is_null())
        .select(accounts::email)
        .order(accounts::email)
        .limit(100)
        .load(db)?;
    found.dedup();
    Ok(found)
}

/// As [`addresses_of_organisation`], of several at once.
///
/// # Errors
/// What the database says.
pub fn addresses_of_organisations(
    db: &mut Db,
    organisations: &[OrganisationId],
) -> Result<HashMap<OrganisationId, BTreeSet<String>>> {
    let found: Vec<(OrganisationId, String)> = members::table
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .filter(members::organisation_id.eq_any(organisations))
        .filter(members::ended_at.is_null())
        .filter(accounts::disabled_at.is_null())
        .select((members::organisation_id, accounts::email))
        .load(db)?;
    let mut teams: HashMap<_, BTreeSet<_>> = HashMap::new();
    for (organisation, address) in found {
        teams.entry(organisation).or_default().insert(address);
    }
    Ok(teams)
}

/// Addresses of an authority's people with a role, for mails to staff.
///
/// # Errors
/// What the database says.
pub fn addresses_with_role(db: &mut Db, organisation: OrganisationId, role: Role) -> Result<Vec<String>> {
    addresses_of_deciders(db, organisation, role, None)
}

/// As [`addresses_with_role`], without the person who proposed what the others decide on.
///
/// # Errors
/// What the database says.
pub fn addresses_of_deciders(
    db: &mut Db,
    organisation: OrganisationId,
    role: Role,
    proposed_by: Option<Id<Account>>,
) -> Result<Vec<String>> {
    let mut query = members::table
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .into_boxed::<MultiBackend>();
    if let Some(person) = proposed_by {
        query = query.filter(members::account_id.ne(person));
    }
    Ok(query
        .filter(members::organisation_id.eq(organisation))
        .filter(members::role.eq(role))
        .filter(members::ended_at.is_null())
        .filter(accounts::disabled_at.is_null())
        .select(accounts::email)
        .order(accounts::email)
        .limit(100)
        .load(db)?)
}

/// The address of one person of an organisation, for news of what they did there; none once they left it or their account
/// was switched off.
///
/// # Errors
/// What the database says.
pub fn address_of_member(db: &mut Db, organisation: OrganisationId, account: Id<Account>) -> Result<Option<String>> {
    Ok(members::table
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .filter(members::organisation_id.eq(organisation))
        .filter(members::account_id.eq(account))
        .filter(members::ended_at.is_null())
        .filter(accounts::disabled_at.is_null())
        .select(accounts::email)
        .first(db)
        .optional()?)
}

pub(super) fn insert_reset(db: &mut Db, hash: &str, account: Id<Account>, expires_at: Instant) -> Result<()> {
    diesel::insert_into(password_resets::table)
        .values((
            password_resets::hash.eq(hash),
            password_resets::account_id.eq(account),
            password_resets::expires_at.eq(expires_at),
        ))
        .execute(db)?;
    Ok(())
}

/// Whose password a link may change now; `None` when it was used, has expired or never was.
pub(super) fn find_reset(db: &mut Db, hash: &str, machine_now: Instant) -> Result<Option<Id<Account>>> {
    Ok(password_resets::table
        .filter(password_resets::hash.eq(hash))
        .filter(password_resets::used_at.is_null())
        .filter(password_resets::expires_at.gt(machine_now))
        .select(password_resets::account_id)
        .first(db)
        .optional()?)
}

/// Uses a reset link. Every other open one of the account ends with it: whoever reads an older mail changes nothing.
pub(super) fn use_reset(db: &mut Db, hash: &str, machine_now: Instant) -> Result<Option<Id<Account>>> {
    let account = find_reset(db, hash, machine_now)?;
    if let Some(account) = account {
        let open = password_resets::table
            .filter(password_resets::account_id.eq(account))
            .filter(password_resets::used_at.is_null());
        diesel::update(open).set(password_resets::used_at.eq(machine_now)).execute(db)?;
    }
    Ok(account)
}
