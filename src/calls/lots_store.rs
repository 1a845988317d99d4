//! What lists and pages ask of lots without reading each call whole.

use super::model::{Call, CallStage, Terms};
use crate::db::schema::calls;
use crate::db::{Db, Json};
use crate::error::Result;
use crate::values::Id;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Which of these tenders are lots, and what is said of each: `Lot 2 of 3 of Community kitchens`. No statement for none.
pub(super) fn headings(db: &mut Db, tenders: &[Id<Call>]) -> Result<HashMap<Id<Call>, String>> {
    if tenders.is_empty() {
        return Ok(HashMap::new());
    }
    // Terms may be long, so those of tenders that are no lots stay where they are.
    let rows: Vec<(Id<Call>, Json<Terms>)> = calls::table
        .filter(calls::id.eq_any(tenders))
        .filter(calls::terms.like("%\"lot\":{%"))
        .select((calls::id, calls::terms))
        .order(calls::id)
        .load(db)?;
    Ok(rows.into_iter().filter_map(|(id, terms)| Some((id, terms.0.lot()?.heading(id)))).collect())
}

/// The lots of a call's tender that were withdrawn. No statement where it is not divided.
pub(super) fn withdrawn(db: &mut Db, call: &Call) -> Result<HashSet<Id<Call>>> {
    let Some(whole) = call.lot() else { return Ok(HashSet::new()) };
    let ids: Vec<Id<Call>> = whole.lots.iter().map(|line| line.call).collect();
    let found: Vec<Id<Call>> = calls::table
        .filter(calls::id.eq_any(&ids))
        .filter(calls::stage.eq(CallStage::Withdrawn))
        .select(calls::id)
        .order(calls::id)
        .load(db)?;
    Ok(found.into_iter().collect())
}
