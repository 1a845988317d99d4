//! What pages ask of lots without reading each call whole.

use super::model::{Call, CallStage, Notice};
use super::store;
use crate::db::Db;
use crate::db::schema::{call_notices, calls};
use crate::error::Result;
use crate::values::Id;
use diesel::prelude::*;
use std::collections::HashSet;

/// The notices of a call, and the lots of its tender that were withdrawn: one statement, whether it is divided or not.
pub(super) fn notices(db: &mut Db, call: &Call) -> Result<(Vec<Notice>, HashSet<Id<Call>>)> {
    let Some(whole) = call.lot() else { return Ok((store::notices(db, call.id)?, HashSet::new())) };
    let lots: Vec<Id<Call>> = whole.lots.iter().map(|line| line.call).collect();
    let rows: Vec<(Id<Call>, CallStage, Option<Notice>)> = calls::table
        .left_join(call_notices::table.on(call_notices::call_id.eq(calls::id).and(calls::id.eq(call.id))))
        .filter(calls::id.eq_any(&lots))
        .select((calls::id, calls::stage, Option::<Notice>::as_select()))
        .order((call_notices::published_at, call_notices::id, calls::id))
        .limit(1_000)
        .load(db)?;
    let withdrawn = rows.iter().filter(|(_, stage, _)| *stage == CallStage::Withdrawn).map(|(id, ..)| *id).collect();
    Ok((rows.into_iter().filter_map(|(.., notice)| notice).collect(), withdrawn))
}
