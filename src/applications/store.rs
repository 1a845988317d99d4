//! Rows of applications.

use super::model::{Application, ApplicationState, OpenedPart};
use crate::calls::{Call, Part};
use crate::db::Db;
use crate::db::schema::{applications, opened_parts};
use crate::error::Result;
use crate::values::Id;
use diesel::prelude::*;
use std::collections::HashMap;

/// Most applications of one call that are handled at once.
const MOST: i64 = 2000;

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
    Ok(applications::table
        .filter(applications::call_id.eq(call))
        .filter(applications::state.eq(ApplicationState::Submitted))
        .select(Application::as_select())
        .order(applications::id)
        .limit(MOST)
        .load(db)?)
}

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

/// The opened parts of a call, by application.
///
/// # Errors
/// What the database says.
pub fn opened_of_call(db: &mut Db, call: Id<Call>, part: Part) -> Result<HashMap<Id<Application>, OpenedPart>> {
    Ok(opened_parts::table
        .filter(opened_parts::call_id.eq(call))
        .filter(opened_parts::part.eq(part))
        .select(OpenedPart::as_select())
        .limit(MOST)
        .load(db)?
        .into_iter()
        .map(|part: OpenedPart| (part.application_id, part))
        .collect())
}
