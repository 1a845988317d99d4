//! Rankings and bids of several calls at once: the lots of one tender.

use super::model::{Fallen, Ranking};
use crate::applications::{Application, ApplicationState};
use crate::calls::Call;
use crate::db::Db;
use crate::db::schema::{applications, fallen_bids, rankings};
use crate::error::Result;
use crate::values::Id;
use diesel::prelude::*;
use std::collections::HashMap;

/// Most bids of all lots of one tender: twenty lots with a thousand bids each.
const MOST_BIDS: i64 = 20_000;
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

/// The bids of some calls that stand as sent, each with what became of it where it fell away, in one statement.
///
/// # Errors
/// What the database says.
pub fn bids_of(db: &mut Db, calls: &[Id<Call>]) -> Result<Vec<(Application, Option<Fallen>)>> {
    Ok(applications::table
        .left_join(fallen_bids::table.on(fallen_bids::application_id.eq(applications::id)))
        .filter(applications::call_id.eq_any(calls.to_vec()))
        .filter(applications::state.eq(ApplicationState::Submitted))
        .select((Application::as_select(), Option::<Fallen>::as_select()))
        .order(applications::id)
        .limit(MOST_BIDS)
        .load(db)?)
}
