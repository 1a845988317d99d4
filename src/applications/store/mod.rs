//! Rows of applications.

use crate::applications::model::{Application, ApplicationState};
use crate::calls::{Call, CallKind};
use crate::db::schema::{applications, calls, draft_readings, organisations};
use crate::db::{After, Cursor, Db, MultiBackend, Page};
use crate::error::Result;
use crate::values::{Account, Id, Instant, LocalDate, actor};
use diesel::prelude::*;
use std::collections::HashMap;

mod opening;
mod sealed;
mod sending;

pub(super) use opening::{
    count_sent, finish_opening, forget_opened, insert_opened, insert_opening, set_letters, set_opened, to_reconcile,
};
pub use opening::{lot_places, mark_quality_final, opened, opened_of_call, opened_parts, openings, quality_final_at};
pub use sealed::receipts_of;
pub(super) use sealed::{
    RECEIPTS, count_live, insert_envelopes, insert_receipts, last_receipt, last_receipts, live_envelopes, mark_opened,
    receipts_with_calls,
};
pub(super) use sending::{
    ApplicationToSend, Sent, ToSend, closing, closing_of, hold_and_count_sent, set_submitted, set_withdrawn, to_send,
};

/// Rows read at a time where everything of a call is read: page after page, and never cut.
const PAGE: usize = 500;

/// Every row of a list, page by page; `page` is told the last row that is known.
fn every<T>(mut page: impl FnMut(Option<&T>) -> Result<Vec<T>>) -> Result<Vec<T>> {
    let mut all = Vec::new();
    loop {
        let mut next = page(all.last())?;
        let last = next.len() < PAGE;
        all.append(&mut next);
        if last {
            return Ok(all);
        }
    }
}

/// The place after a row in the order of identifiers; the empty text comes before every one.
fn after<T>(id: Option<Id<T>>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// One application.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Application>) -> Result<Application> {
    Ok(applications::table.filter(applications::id.eq(id)).select(Application::as_select()).first(db)?)
}

/// Several applications by identifier.
///
/// # Errors
/// What the database says.
pub fn find_many(db: &mut Db, ids: &[Id<Application>]) -> Result<HashMap<Id<Application>, Application>> {
    Ok(applications::table
        .filter(applications::id.eq_any(ids))
        .select(Application::as_select())
        .load(db)?
        .into_iter()
        .map(|a: Application| (a.id, a))
        .collect())
}

/// The submitted applications of a call, by identifier.
///
/// # Errors
/// What the database says.
pub fn of_call(db: &mut Db, call: Id<Call>) -> Result<Vec<Application>> {
    in_state(db, call, ApplicationState::Submitted)
}

/// The submitted applications of several calls, by identifier.
///
/// # Errors
/// What the database says.
pub fn of_calls(db: &mut Db, calls: &[Id<Call>]) -> Result<Vec<Application>> {
    every(|last: Option<&Application>| {
        Ok(applications::table
            .filter(applications::call_id.eq_any(calls.to_vec()))
            .filter(applications::state.eq(ApplicationState::Submitted))
            .filter(applications::id.gt(after(last.map(|a| a.id))))
            .select(Application::as_select())
            .order(applications::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })
}

/// The applications of a call in one state, by identifier.
pub(super) fn in_state(db: &mut Db, call: Id<Call>, state: ApplicationState) -> Result<Vec<Application>> {
    every(|last: Option<&Application>| {
        Ok(applications::table
            .filter(applications::call_id.eq(call))
            .filter(applications::state.eq(state))
            .filter(applications::id.gt(after(last.map(|a| a.id))))
            .select(Application::as_select())
            .order(applications::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })
}

/// A page of the submitted applications of a call, by identifier; of a tender only those that are open.
pub(super) fn page_of_call(
    db: &mut Db,
    call: &Call,
    after: Option<&After>,
    limit: usize,
) -> Result<Page<Application, After>> {
    let mut query = applications::table
        .filter(applications::call_id.eq(call.id))
        .filter(applications::state.eq(ApplicationState::Submitted))
        .select(Application::as_select())
        .into_boxed::<MultiBackend>();
    if call.kind != CallKind::Round {
        query = query.filter(applications::opened_at.is_not_null());
    }
    if let Some(After(id)) = after {
        query = query.filter(applications::id.gt(id.clone()));
    }
    let rows = query.order(applications::id).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |a: &Application| After(a.id.to_string())))
}

/// The submitted applications of a call with the names of their organisations, by name.
///
/// # Errors
/// What the database says.
pub fn of_call_named(db: &mut Db, call: Id<Call>) -> Result<Vec<(Application, String)>> {
    let mut all = every(|last: Option<&(Application, String)>| {
        Ok(applications::table
            .inner_join(organisations::table.on(organisations::id.eq(applications::organisation_id)))
            .filter(applications::call_id.eq(call))
            .filter(applications::state.eq(ApplicationState::Submitted))
            .filter(applications::id.gt(after(last.map(|(a, _)| a.id))))
            .select((Application::as_select(), organisations::name))
            .order(applications::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })?;
    // They came in the order of identifiers, which a stable sort keeps within a name.
    all.sort_by(|(_, a), (_, b)| a.cmp(b));
    Ok(all)
}

/// An application with its call, in one statement.
///
/// # Errors
/// NotFound.
pub fn find_with_call(db: &mut Db, id: Id<Application>) -> Result<(Application, Call)> {
    Ok(applications::table
        .inner_join(calls::table.on(calls::id.eq(applications::call_id)))
        .filter(applications::id.eq(id))
        .select((Application::as_select(), Call::as_select()))
        .first(db)?)
}

/// The application of one organisation to one call that was not withdrawn.
///
/// # Errors
/// What the database says.
pub fn of_organisation(
    db: &mut Db,
    call: Id<Call>,
    organisation: Id<actor::Organisation>,
) -> Result<Option<Application>> {
    Ok(applications::table
        .filter(applications::call_id.eq(call))
        .filter(applications::organisation_id.eq(organisation))
        .filter(applications::state.ne(ApplicationState::Withdrawn))
        .select(Application::as_select())
        .first(db)
        .optional()?)
}

/// Applications of some organisations, newest first.
///
/// # Errors
/// What the database says.
pub fn by_organisations(
    db: &mut Db,
    organisations: &[Id<actor::Organisation>],
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Application>> {
    let mut query = applications::table
        .filter(applications::organisation_id.eq_any(organisations.to_vec()))
        .select(Application::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(applications::created_at, applications::id, cursor));
    }
    let rows = query
        .order((applications::created_at.desc(), applications::id.desc()))
        .limit(i64::try_from(limit + 1)?)
        .load(db)?;
    Ok(Page::cut(rows, limit, |a: &Application| Cursor { at: a.created_at, id: a.id.to_string() }))
}

/// How often an organisation has begun an application to a call, withdrawn ones too.
pub(super) fn count_begun(db: &mut Db, call: Id<Call>, organisation: Id<actor::Organisation>) -> Result<i64> {
    Ok(applications::table
        .filter(applications::call_id.eq(call))
        .filter(applications::organisation_id.eq(organisation))
        .count()
        .get_result(db)?)
}

pub(super) fn insert(db: &mut Db, application: &Application) -> Result<()> {
    diesel::insert_into(applications::table).values(application).execute(db)?;
    Ok(())
}

/// Stores a sealed draft, when nobody stored another since `read_at`. Says whether it did.
pub(super) fn set_draft(
    db: &mut Db,
    id: Id<Application>,
    read_at: Instant,
    draft: &str,
    saved_at: Instant,
) -> Result<bool> {
    let changed = diesel::update(
        applications::table
            .filter(applications::id.eq(id))
            .filter(applications::saved_at.eq(read_at))
            .filter(applications::state.ne(ApplicationState::Withdrawn)),
    )
    .set((applications::draft.eq(draft), applications::saved_at.eq(saved_at)))
    .execute(db)?;
    Ok(changed == 1)
}

/// Destroys every draft of a call and its key. Says how many there were.
pub(super) fn destroy_drafts(db: &mut Db, call: Id<Call>) -> Result<usize> {
    Ok(diesel::update(
        applications::table.filter(applications::call_id.eq(call)).filter(applications::draft_wrapped.is_not_null()),
    )
    .set((
        applications::draft.eq(None::<String>),
        applications::draft_recipient.eq(None::<String>),
        applications::draft_wrapped.eq(None::<String>),
    ))
    .execute(db)?)
}

pub(super) fn was_read(
    db: &mut Db,
    application: Id<Application>,
    account: Id<Account>,
    day: LocalDate,
) -> Result<bool> {
    Ok(draft_readings::table
        .filter(draft_readings::application_id.eq(application))
        .filter(draft_readings::account_id.eq(account))
        .filter(draft_readings::day.eq(day))
        .count()
        .get_result::<i64>(db)?
        > 0)
}

pub(super) fn insert_reading(
    db: &mut Db,
    application: &Application,
    account: Id<Account>,
    day: LocalDate,
) -> Result<()> {
    let id: Id<Application> = Id::new();
    diesel::insert_into(draft_readings::table)
        .values((
            draft_readings::id.eq(id),
            draft_readings::authority_id.eq(application.authority_id),
            draft_readings::application_id.eq(application.id),
            draft_readings::account_id.eq(account),
            draft_readings::day.eq(day),
        ))
        .execute(db)?;
    Ok(())
}

/// Wraps the keys of every draft anew; says how many.
///
/// # Errors
/// Internal when one of them cannot be opened, or what the database says.
pub fn rewrap_draft_keys(db: &mut Db, keys: &crate::keys::Keys) -> Result<usize> {
    let found: Vec<(Id<Application>, Option<String>)> = applications::table
        .filter(applications::draft_wrapped.is_not_null())
        .select((applications::id, applications::draft_wrapped))
        .order(applications::id)
        .load(db)?;
    for (id, wrapped) in &found {
        let Some(wrapped) = wrapped else { continue };
        diesel::update(applications::table.filter(applications::id.eq(*id)))
            .set(applications::draft_wrapped.eq(keys.rewrap(wrapped)?))
            .execute(db)?;
    }
    Ok(found.len())
}
