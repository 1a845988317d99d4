//! Rankings of several calls at once: the lots of one tender.

use super::model::Ranking;
use crate::calls::Call;
use crate::db::Db;
use crate::db::schema::rankings;
use crate::error::Result;
use crate::values::Id;
use diesel::prelude::*;
use std::collections::HashMap;

/// Most rankings of all lots of one tender: each is made anew only when a bid falls away.
const MOST_RANKINGS: i64 = 500;

/// The newest ranking of each of some calls, in one statement.
///
/// # Errors
/// What the database says.
pub fn rankings_of(db: &mut Db, calls: &[Id<Call>]) -> Result<HashMap<Id<Call>, Ranking>> {
    let mut newest = HashMap::new();
    let all: Vec<Ranking> = rankings::table
        .filter(rankings::call_id.eq_any(calls.to_vec()))
        .select(Ranking::as_select())
        .order((rankings::made_at.desc(), rankings::id.desc()))
        .limit(MOST_RANKINGS)
        .load(db)?;
    for ranking in all {
        newest.entry(ranking.call_id).or_insert(ranking);
    }
    Ok(newest)
}
