//! Rows of envelopes and receipts.

use super::{PAGE, after, every};
use crate::applications::model::Application;
use crate::applications::records::{Envelope, Receipt};
use crate::calls::{Call, Part};
use crate::db::Db;
use crate::db::schema::{applications, calls, envelopes, receipts};
use crate::error::Result;
use crate::values::{Id, Instant, actor};
use diesel::prelude::*;

pub(in crate::applications) fn insert_envelopes(db: &mut Db, rows: &[Envelope]) -> Result<()> {
    let statement = diesel::insert_into(envelopes::table).values(rows);
    crate::on_each!(db, c => statement.execute(c))?;
    Ok(())
}

/// Sets aside every envelope of some applications that stands.
pub(in crate::applications) fn supersede(db: &mut Db, applications: &[Id<Application>], at: Instant) -> Result<()> {
    diesel::update(
        envelopes::table
            .filter(envelopes::application_id.eq_any(applications))
            .filter(envelopes::superseded_at.is_null()),
    )
    .set(envelopes::superseded_at.eq(at))
    .execute(db)?;
    Ok(())
}

/// The envelopes of one part of a call that nothing has superseded, by identifier: all of them.
pub(in crate::applications) fn live_envelopes(db: &mut Db, call: Id<Call>, part: Part) -> Result<Vec<Envelope>> {
    every(|last: Option<&Envelope>| {
        Ok(envelopes::table
            .inner_join(applications::table.on(applications::id.eq(envelopes::application_id)))
            .filter(applications::call_id.eq(call))
            .filter(envelopes::part.eq(part))
            .filter(envelopes::superseded_at.is_null())
            .filter(envelopes::id.gt(after(last.map(|e| e.id))))
            .select(Envelope::as_select())
            .order(envelopes::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })
}

/// How many envelopes [`live_envelopes`] must have read.
pub(in crate::applications) fn count_live(db: &mut Db, call: Id<Call>, part: Part) -> Result<i64> {
    Ok(envelopes::table
        .inner_join(applications::table.on(applications::id.eq(envelopes::application_id)))
        .filter(applications::call_id.eq(call))
        .filter(envelopes::part.eq(part))
        .filter(envelopes::superseded_at.is_null())
        .count()
        .get_result(db)?)
}

/// Marks live envelopes as opened; says how many were shut until now.
pub(in crate::applications) fn mark_opened(db: &mut Db, ids: &[Id<Envelope>], at: Instant) -> Result<usize> {
    let mut marked = 0;
    for ids in ids.chunks(PAGE) {
        let shut = envelopes::table
            .filter(envelopes::id.eq_any(ids))
            .filter(envelopes::superseded_at.is_null())
            .filter(envelopes::opened_at.is_null());
        marked += diesel::update(shut).set(envelopes::opened_at.eq(at)).execute(db)?;
    }
    Ok(marked)
}

pub(in crate::applications) fn insert_receipts(db: &mut Db, rows: &[Receipt]) -> Result<()> {
    let insert = diesel::insert_into(receipts::table).values(rows);
    crate::on_each!(db, c => insert.execute(c))?;
    Ok(())
}

/// Receipts of one application that are listed.
pub(in crate::applications) const RECEIPTS: i64 = 100;

/// The newest receipts of one application, newest first, [`RECEIPTS`] at most.
///
/// # Errors
/// What the database says.
pub fn receipts_of(db: &mut Db, application: Id<Application>) -> Result<Vec<Receipt>> {
    Ok(receipts::table
        .filter(receipts::application_id.eq(application))
        .select(Receipt::as_select())
        .order((receipts::received_at.desc(), receipts::id.desc()))
        .limit(RECEIPTS)
        .load(db)?)
}

/// Receipts with the applicant, and reference and title of the call, for the mails that carry them.
pub(in crate::applications) fn receipts_with_calls(
    db: &mut Db,
    ids: &[Id<Receipt>],
) -> Result<Vec<(Receipt, Id<actor::Organisation>, String, String)>> {
    Ok(receipts::table
        .inner_join(applications::table.on(applications::id.eq(receipts::application_id)))
        .inner_join(calls::table.on(calls::id.eq(applications::call_id)))
        .filter(receipts::id.eq_any(ids))
        .select((Receipt::as_select(), applications::organisation_id, calls::reference, calls::title))
        .order(receipts::id)
        .load(db)?)
}

/// The newest receipt of one application, when it holds one.
pub(in crate::applications) fn last_receipt(db: &mut Db, application: Id<Application>) -> Result<Option<Receipt>> {
    Ok(receipts::table
        .filter(receipts::application_id.eq(application))
        .select(Receipt::as_select())
        .order((receipts::received_at.desc(), receipts::id.desc()))
        .first(db)
        .optional()?)
}
