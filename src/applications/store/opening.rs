//! Rows of opening: what an opening answers for, the parts that it opened, and when.

use super::sealed::stands;
use super::{PAGE, after, every};
use crate::applications::model::{Application, ApplicationState, OpenedPart};
use crate::applications::records::{Opening, OpeningReport};
use crate::calls::{Call, Part};
use crate::db::schema::{applications, envelopes, opened_parts, openings, quality_final, receipts};
use crate::db::{Db, Json};
use crate::error::Result;
use crate::values::{Account, Id, Instant};
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::collections::{BTreeMap, HashMap};

/// An opened part of one application; `None` while it is sealed.
///
/// # Errors
/// What the database says.
pub fn opened(db: &mut Db, application: Id<Application>, part: Part) -> Result<Option<OpenedPart>> {
    Ok(opened_parts::table
        .filter(opened_parts::application_id.eq(application))
        .filter(opened_parts::part.eq(part))
        .select(OpenedPart::as_select())
        .first(db)
        .optional()?)
}

/// Every opened part of an application.
///
/// # Errors
/// What the database says.
pub fn opened_parts(db: &mut Db, application: Id<Application>) -> Result<Vec<OpenedPart>> {
    Ok(opened_parts::table
        .filter(opened_parts::application_id.eq(application))
        .select(OpenedPart::as_select())
        .order(opened_parts::id)
        .limit(10)
        .load(db)?)
}

/// The opened parts of a call, by application.
///
/// # Errors
/// What the database says.
pub fn opened_of_call(db: &mut Db, call: Id<Call>, part: Part) -> Result<HashMap<Id<Application>, OpenedPart>> {
    let all = every(|last: Option<&OpenedPart>| {
        Ok(opened_parts::table
            .filter(opened_parts::call_id.eq(call))
            .filter(opened_parts::part.eq(part))
            .filter(opened_parts::id.gt(after(last.map(|p| p.id))))
            .select(OpenedPart::as_select())
            .order(opened_parts::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })?;
    Ok(all.into_iter().map(|part| (part.application_id, part)).collect())
}

/// The applications of a call that an opening answers for: every one that stands as sent, every one with an envelope
/// that stands, and every one that holds a receipt and was not withdrawn. Drafts that were never sent and
/// what was withdrawn are none of its business, however many there are.
pub(in crate::applications) fn to_reconcile(db: &mut Db, call: Id<Call>, part: Part) -> Result<Vec<Application>> {
    use diesel::dsl::exists;
    every(|last: Option<&Application>| {
        let live = envelopes::table
            .filter(envelopes::application_id.eq(applications::id))
            .filter(envelopes::part.eq(part))
            .filter(stands());
        let receipted = receipts::table.filter(receipts::application_id.eq(applications::id));
        Ok(applications::table
            .filter(applications::call_id.eq(call))
            .filter(
                applications::state
                    .eq(ApplicationState::Submitted)
                    .or(exists(live))
                    .or(applications::state.eq(ApplicationState::Draft).and(exists(receipted))),
            )
            .filter(applications::id.gt(after(last.map(|a| a.id))))
            .select(Application::as_select())
            .order(applications::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })
}

/// How many applications of a call stand as sent.
pub(in crate::applications) fn count_sent(db: &mut Db, call: Id<Call>) -> Result<i64> {
    Ok(applications::table
        .filter(applications::call_id.eq(call))
        .filter(applications::state.eq(ApplicationState::Submitted))
        .count()
        .get_result(db)?)
}

/// The place of each opened bid's lot in its bidder's own order of lots, where it gave one.
///
/// # Errors
/// What the database says.
pub fn lot_places(db: &mut Db, calls: &[Id<Call>]) -> Result<BTreeMap<Id<Application>, u32>> {
    let parts: Vec<OpenedPart> = opened_parts::table
        .filter(opened_parts::call_id.eq_any(calls.to_vec()))
        .filter(opened_parts::part.eq(Part::Quality))
        .select(OpenedPart::as_select())
        .order(opened_parts::id)
        .limit(20_000)
        .load(db)?;
    let mut places = BTreeMap::new();
    for part in parts {
        if let Some(place) = part.answers()?.lot_place {
            places.insert(part.application_id, place);
        }
    }
    Ok(places)
}

pub(in crate::applications) fn insert_opened(db: &mut Db, rows: &[OpenedPart]) -> Result<()> {
    for rows in rows.chunks(PAGE) {
        let statement = diesel::insert_into(opened_parts::table).values(rows);
        crate::on_each!(db, c => statement.execute(c))?;
    }
    Ok(())
}

/// Takes back what was opened of applications that are sent anew or withdrawn (investment rounds).
pub(in crate::applications) fn forget_opened(db: &mut Db, applications: &[Id<Application>]) -> Result<()> {
    diesel::delete(opened_parts::table.filter(opened_parts::application_id.eq_any(applications))).execute(db)?;
    Ok(())
}

pub(in crate::applications) fn set_opened(db: &mut Db, ids: &[Id<Application>], at: Instant) -> Result<()> {
    for ids in ids.chunks(PAGE) {
        diesel::update(applications::table.filter(applications::id.eq_any(ids)))
            .set(applications::opened_at.eq(at))
            .execute(db)?;
    }
    Ok(())
}

/// Gives each bid the letter that was drawn for it, in one statement.
pub(in crate::applications) fn set_letters(db: &mut Db, drawn: &[(Id<Application>, String)]) -> Result<()> {
    for drawn in drawn.chunks(PAGE) {
        let rows: Vec<String> = (0..drawn.len()).map(|row| format!("(${}, ${})", row * 2 + 1, row * 2 + 2)).collect();
        let statement = format!(
            "WITH drawn (id, letter) AS (VALUES {}) UPDATE applications SET letter = drawn.letter \
             FROM drawn WHERE applications.id = drawn.id",
            rows.join(", ")
        );
        crate::on_each!(db, c => {
            let mut query = diesel::sql_query(&statement).into_boxed();
            for (id, letter) in drawn {
                query = query.bind::<Text, _>(*id).bind::<Text, _>(letter.as_str());
            }
            query.execute(c)
        })?;
    }
    Ok(())
}

/// The openings of a call: at most one for each part.
///
/// # Errors
/// What the database says.
pub fn openings(db: &mut Db, call: Id<Call>) -> Result<Vec<Opening>> {
    Ok(openings::table
        .filter(openings::call_id.eq(call))
        .select(Opening::as_select())
        .order((openings::part.desc(), openings::id))
        .load(db)?)
}

pub(in crate::applications) fn insert_opening(db: &mut Db, opening: &Opening) -> Result<()> {
    diesel::insert_into(openings::table).values(opening).execute(db)?;
    Ok(())
}

/// Completes an opening, once. Says whether it was still waiting.
pub(in crate::applications) fn finish_opening(
    db: &mut Db,
    id: Id<Opening>,
    second: Id<Account>,
    at: Instant,
    report: &Json<OpeningReport>,
) -> Result<bool> {
    let changed = diesel::update(openings::table.filter(openings::id.eq(id)).filter(openings::second_at.is_null()))
        .set((
            openings::second_by.eq(Some(second)),
            openings::second_at.eq(Some(at)),
            openings::report.eq(Some(report.to_string())),
        ))
        .execute(db)?;
    Ok(changed == 1)
}

/// When the moderation of a call's quality became final.
///
/// # Errors
/// What the database says.
pub fn quality_final_at(db: &mut Db, call: Id<Call>) -> Result<Option<Instant>> {
    Ok(quality_final::table.filter(quality_final::call_id.eq(call)).select(quality_final::at).first(db).optional()?)
}

/// Records that the moderation of a call's quality is final, so that its prices may be opened. Once; again is nothing.
///
/// # Errors
/// What the database says.
pub fn mark_quality_final(db: &mut Db, call: &Call, now: Instant) -> Result<()> {
    if quality_final_at(db, call.id)?.is_none() {
        diesel::insert_into(quality_final::table)
            .values((
                quality_final::call_id.eq(call.id),
                quality_final::authority_id.eq(call.authority_id),
                quality_final::at.eq(now),
            ))
            .execute(db)?;
    }
    Ok(())
}
