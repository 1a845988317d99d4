//! Rows of calls.

use super::model::{Call, CallKey, Notice};
use crate::db::schema::{call_keys, call_notices, calls};
use crate::db::Db;
use crate::error::Result;
use crate::people::policy::Thing;
use crate::values::Id;
use diesel::prelude::*;
use std::collections::HashMap;

/// One call.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Call>) -> Result<Call> {
    Ok(calls::table.filter(calls::id.eq(id)).select(Call::as_select()).first(db)?)
}

/// Several calls by identifier.
///
/// # Errors
/// What the database says.
pub fn find_many(db: &mut Db, ids: &[Id<Call>]) -> Result<HashMap<Id<Call>, Call>> {
    Ok(calls::table
        .filter(calls::id.eq_any(ids))
        .select(Call::as_select())
        .load(db)?
        .into_iter()
        .map(|call: Call| (call.id, call))
        .collect())
}

/// The recorded notices of a call, oldest first.
///
/// # Errors
/// What the database says.
pub fn notices(db: &mut Db, call: Id<Call>) -> Result<Vec<Notice>> {
    Ok(call_notices::table
        .filter(call_notices::call_id.eq(call))
        .select(Notice::as_select())
        .order((call_notices::published_at, call_notices::id))
        .limit(100)
        .load(db)?)
}

/// The sealing keys of a call: one for each part, made when it is published.
///
/// # Errors
/// What the database says.
pub fn keys(db: &mut Db, call: Id<Call>) -> Result<Vec<CallKey>> {
    Ok(call_keys::table
        .filter(call_keys::call_id.eq(call))
        .select(CallKey::as_select())
        .order((call_keys::part, call_keys::id))
        .load(db)?)
}

/// The facts of a call that the policy judges.
#[must_use]
pub fn thing(call: &Call) -> Thing {
    Thing::of_authority(call.authority_id).public(call.is_public()).made_by(Some(call.created_by))
}
