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
use std::collections::HashMap;

pub(in crate::applications) fn insert_envelopes(db: &mut Db, rows: &[Envelope]) -> Result<()> {
    Ok(crate::insert_all!(db, envelopes::table, rows)?)
}

/// Whether a row of receipts, by the name it has in the statement, is the newest of its application. Asked as the last in
/// the order of their index: holding each against the others took SQLite over a minute where somebody had sent twenty
/// thousand times.
macro_rules! newest {
    ($own:literal) => {
        concat!(
            $own,
            ".id = (SELECT later.id FROM receipts AS later WHERE later.application_id = ",
            $own,
            ".application_id ORDER BY later.received_at DESC, later.id DESC LIMIT 1)"
        )
    };
}

/// Whether an envelope stands: nothing took its place. One whose receipt is not the newest of its application was
/// replaced, and a withdrawn application's went with it, when the audit record says so too. One that no receipt of its
/// application was given for has no such excuse to lie there: it counts, so that an opening finds it.
const STANDS: &str = concat!(
    "NOT EXISTS (SELECT 1 FROM receipts AS own ",
    "INNER JOIN applications AS whose ON whose.id = own.application_id ",
    "WHERE own.id = envelopes.receipt_id AND own.application_id = envelopes.application_id ",
    "AND (whose.state = 'withdrawn' AND EXISTS (SELECT 1 FROM audit_rows AS act ",
    "WHERE act.subject_id = whose.id AND act.action = 'application.withdrawn') ",
    "OR NOT ",
    newest!("own"),
    "))"
);

/// As [`STANDS`] says, for a filter.
pub(super) fn stands() -> diesel::expression::SqlLiteral<diesel::sql_types::Bool> {
    diesel::dsl::sql(STANDS)
}

/// The envelopes of one part of a call that stand, by identifier: all of them.
pub(in crate::applications) fn live_envelopes(db: &mut Db, call: Id<Call>, part: Part) -> Result<Vec<Envelope>> {
    every(|last: Option<&Envelope>| {
        Ok(envelopes::table
            .inner_join(applications::table.on(applications::id.eq(envelopes::application_id)))
            .filter(applications::call_id.eq(call))
            .filter(envelopes::part.eq(part))
            .filter(stands())
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
        .filter(stands())
        .count()
        .get_result(db)?)
}

/// Marks envelopes that stand as opened; says how many were shut until now.
pub(in crate::applications) fn mark_opened(db: &mut Db, ids: &[Id<Envelope>], at: Instant) -> Result<usize> {
    let mut marked = 0;
    for ids in ids.chunks(PAGE) {
        let shut =
            envelopes::table.filter(envelopes::id.eq_any(ids)).filter(stands()).filter(envelopes::opened_at.is_null());
        marked += diesel::update(shut).set(envelopes::opened_at.eq(at)).execute(db)?;
    }
    Ok(marked)
}

pub(in crate::applications) fn insert_receipts(db: &mut Db, rows: &[Receipt]) -> Result<()> {
    Ok(crate::insert_all!(db, receipts::table, rows)?)
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

/// A receipt with the applicant, and reference and title of the call.
type ReceiptWithCall = (Receipt, Id<actor::Organisation>, String, String);

/// Receipts with the applicant, and reference and title of the call, for the mails that carry them.
pub(in crate::applications) fn receipts_with_calls(db: &mut Db, ids: &[Id<Receipt>]) -> Result<Vec<ReceiptWithCall>> {
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

/// As [`last_receipt`], of several applications in one statement: one receipt of each, however many it has collected.
pub(in crate::applications) fn last_receipts(
    db: &mut Db,
    ids: &[Id<Application>],
) -> Result<HashMap<Id<Application>, Receipt>> {
    let mut newest = HashMap::new();
    for ids in ids.chunks(PAGE) {
        let found: Vec<Receipt> = receipts::table
            .filter(receipts::application_id.eq_any(ids))
            .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(newest!("receipts")))
            .select(Receipt::as_select())
            .order(receipts::id)
            .load(db)?;
        newest.extend(found.into_iter().map(|receipt| (receipt.application_id, receipt)));
    }
    Ok(newest)
}
