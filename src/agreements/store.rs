//! Rows of agreements and obligations.

use super::model::{Agreement, Obligation};
use crate::db::Db;
use crate::db::schema::{agreements, obligations};
use crate::error::Result;
use crate::values::Id;
use diesel::prelude::*;
use std::collections::HashMap;

/// One agreement.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Agreement>) -> Result<Agreement> {
    Ok(agreements::table.filter(agreements::id.eq(id)).select(Agreement::as_select()).first(db)?)
}

/// Several agreements by identifier.
///
/// # Errors
/// What the database says.
pub fn find_many(db: &mut Db, ids: &[Id<Agreement>]) -> Result<HashMap<Id<Agreement>, Agreement>> {
    Ok(agreements::table
        .filter(agreements::id.eq_any(ids))
        .select(Agreement::as_select())
        .load(db)?
        .into_iter()
        .map(|a: Agreement| (a.id, a))
        .collect())
}

/// The obligations of an agreement.
///
/// # Errors
/// What the database says.
pub fn obligations(db: &mut Db, agreement: Id<Agreement>) -> Result<Vec<Obligation>> {
    Ok(obligations::table
        .filter(obligations::agreement_id.eq(agreement))
        .select(Obligation::as_select())
        .order(obligations::id)
        .limit(500)
        .load(db)?)
}
