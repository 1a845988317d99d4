//! Rows of those who are let in: sessions of browsers, tokens of programs.

use super::{RoleRow, actor_of, role_columns};
use crate::db::schema::{accounts, members, organisations, sessions, tokens};
use crate::db::{Db, GatheredRead, Json};
use crate::error::Result;
use crate::people::PeopleRefusal;
use crate::people::model::TokenRow;
use crate::values::{Account, Actor, Capacity, Id, Instant};
use diesel::prelude::*;
use std::collections::HashMap;

/// Scope of a token, when it ends, and for whom it acts.
type TokenTerms = (String, Instant, Option<String>);

/// A bearer token that came with a request. Read, it is the person behind it in the capacity that the token is for, and
/// whether it may only read; `None` for one that does not work now, and refused when nobody can say for whom it acts.
/// Programs that come at once are looked up by one statement.
#[derive(Debug)]
pub struct BearerToken {
    hash: String,
    machine_now: Instant,
}

impl BearerToken {
    /// From what the request carries.
    #[must_use]
    pub fn new(secret: &str, machine_now: Instant) -> Self {
        BearerToken { hash: crate::people::passwords::secret_hash(secret), machine_now }
    }
}

impl GatheredRead for BearerToken {
    type Outcome = Result<Option<(Actor, bool)>, PeopleRefusal>;

    fn read(db: &mut Db, all: &[&Self]) -> Result<Vec<Self::Outcome>> {
        macro_rules! of {
            ($these:expr, $connection:expr) => {
                tokens::table
                    .inner_join(
                        accounts::table.on(accounts::id.eq(tokens::account_id).and(accounts::disabled_at.is_null())),
                    )
                    .left_join(members::table.on(members::account_id.eq(accounts::id).and(members::ended_at.is_null())))
                    .left_join(organisations::table.on(organisations::id.eq(members::organisation_id)))
                    .filter($these)
                    .filter(tokens::revoked_at.is_null())
                    .select((tokens::hash, (tokens::scope, tokens::expires_at, tokens::acting_for), role_columns()))
                    .order(members::id)
                    .load::<(String, TokenTerms, RoleRow)>($connection)?
            };
        }
        // However many they are, the text is the same one on each: only such is kept prepared.
        let rows = match db {
            Db::Pg(c) => of!(tokens::hash.eq_any(all.iter().map(|one| one.hash.as_str()).collect::<Vec<_>>()), c),
            Db::Sqlite(c) => {
                let mut rows = Vec::new();
                for one in all {
                    rows.append(&mut of!(tokens::hash.eq(one.hash.as_str()), c));
                }
                rows
            }
        };
        let mut found: HashMap<&str, (&TokenTerms, Vec<RoleRow>)> = HashMap::new();
        for (hash, terms, role) in &rows {
            found.entry(hash).or_insert((terms, Vec::new())).1.push(role.clone());
        }
        Ok(all
            .iter()
            .map(|one| -> Self::Outcome {
                let Some(((scope, expires_at, acting_for), roles)) = found.get(one.hash.as_str()) else {
                    return Ok(None);
                };
                let actor = actor_of(roles.iter().cloned()).filter(|_| *expires_at > one.machine_now);
                let actor = actor.map(|actor| in_the_tokens_capacity(actor, acting_for.as_deref())).transpose()?;
                Ok(actor.flatten().map(|actor| (actor, scope == "read")))
            })
            .collect())
    }
}

/// The owner of a token in the capacity that it is for; `None` when it is for one that cannot be read.
fn in_the_tokens_capacity(owner: Actor, acting_for: Option<&str>) -> Result<Option<Actor>, PeopleRefusal> {
    match acting_for {
        // A token is for whom it was made, also when its owner does not belong there any more.
        Some(word) => Ok(word.parse::<Capacity>().ok().map(|capacity| owner.acting_for(Some(capacity)))),
        // Made before tokens said it, or by somebody who belonged to nobody: of several nobody chooses for its owner.
        None if owner.capacities().len() > 1 => Err(PeopleRefusal::TokenForWhom),
        None => Ok(Some(owner.acting_for(None))),
    }
}

pub(in crate::people) fn insert_token(db: &mut Db, token: &TokenRow) -> Result<()> {
    diesel::insert_into(tokens::table).values(token).execute(db)?;
    Ok(())
}

pub(in crate::people) fn tokens_of(db: &mut Db, account: Id<Account>) -> Result<Vec<TokenRow>> {
    Ok(tokens::table
        .filter(tokens::account_id.eq(account))
        .filter(tokens::revoked_at.is_null())
        .select(TokenRow::as_select())
        .order((tokens::created_at.desc(), tokens::id))
        .limit(100)
        .load(db)?)
}

pub(in crate::people) fn revoke_token(
    db: &mut Db,
    account: Id<Account>,
    id: Id<TokenRow>,
    at: Instant,
) -> Result<usize> {
    Ok(diesel::update(
        tokens::table
            .filter(tokens::id.eq(id))
            .filter(tokens::account_id.eq(account))
            .filter(tokens::revoked_at.is_null()),
    )
    .set(tokens::revoked_at.eq(at))
    .execute(db)?)
}

/// Revokes every token of an account that works; says how many did.
pub(in crate::people) fn revoke_tokens_of(db: &mut Db, account: Id<Account>, at: Instant) -> Result<usize> {
    Ok(diesel::update(tokens::table.filter(tokens::account_id.eq(account)).filter(tokens::revoked_at.is_null()))
        .set(tokens::revoked_at.eq(at))
        .execute(db)?)
}

/// The state of a stored session.
type SessionState = Json<HashMap<String, String>>;

/// A stored session and the person who is signed in with it, in the capacity that they chose.
pub(in crate::people) fn find_session(
    db: &mut Db,
    id: &str,
    machine_now: Instant,
) -> Result<Option<(SessionState, Option<Actor>)>> {
    let rows: Vec<(SessionState, RoleRow)> = crate::on_each!(db, c => sessions::table
        .left_join(
            accounts::table.on(sessions::account_id.eq(accounts::id.nullable()).and(accounts::disabled_at.is_null())),
        )
        .left_join(members::table.on(members::account_id.eq(accounts::id).and(members::ended_at.is_null())))
        .left_join(organisations::table.on(organisations::id.eq(members::organisation_id)))
        .filter(sessions::id.eq(id))
        .filter(sessions::expires_at.gt(machine_now))
        .select((sessions::state, role_columns()))
        .order(members::id)
        .load(c))?;
    let mut states = Vec::with_capacity(1);
    let mut roles = Vec::with_capacity(rows.len());
    for (state, role) in rows {
        if states.is_empty() {
            states.push(state);
        }
        roles.push(role);
    }
    Ok(states.pop().map(|state| {
        let chosen = crate::people::sessions::chosen_capacity(&state.0);
        // Who left whom they chose acts for nobody until they choose again, so that no form goes to another in its place.
        let person = actor_of(roles).map(|person| person.acting_for(chosen));
        (state, person)
    }))
}

pub(in crate::people) fn insert_session(
    db: &mut Db,
    id: &str,
    account: Option<Id<Account>>,
    state: &HashMap<String, String>,
    now: Instant,
    expires_at: Instant,
) -> Result<()> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(id),
            sessions::account_id.eq(account),
            sessions::state.eq(serde_json::to_string(state)?),
            sessions::created_at.eq(now),
            sessions::expires_at.eq(expires_at),
        ))
        .execute(db)?;
    Ok(())
}

/// Changes a session that still exists; says whether it did. A revoked session is never brought back.
pub(in crate::people) fn set_session(
    db: &mut Db,
    id: &str,
    account: Option<Id<Account>>,
    state: &HashMap<String, String>,
    expires_at: Instant,
) -> Result<bool> {
    let changed = diesel::update(sessions::table.filter(sessions::id.eq(id)))
        .set((
            sessions::account_id.eq(account),
            sessions::state.eq(serde_json::to_string(state)?),
            sessions::expires_at.eq(expires_at),
        ))
        .execute(db)?;
    Ok(changed == 1)
}

pub(in crate::people) fn delete_session(db: &mut Db, id: &str) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::id.eq(id))).execute(db)?;
    Ok(())
}

pub(in crate::people) fn delete_sessions_of(db: &mut Db, account: Id<Account>) -> Result<usize> {
    Ok(diesel::delete(sessions::table.filter(sessions::account_id.eq(account))).execute(db)?)
}

pub(in crate::people) fn count_sessions_of(db: &mut Db, account: Id<Account>, machine_now: Instant) -> Result<i64> {
    Ok(sessions::table
        .filter(sessions::account_id.eq(account))
        .filter(sessions::expires_at.gt(machine_now))
        .count()
        .get_result(db)?)
}
