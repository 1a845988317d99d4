//! Rows of awards.

use super::model::{Award, AwardState};
use crate::applications::Application;
use crate::calls::Call;
use crate::db::Db;
use crate::db::schema::awards;
use crate::error::Result;
use crate::values::Id;
use diesel::prelude::*;

/// One award.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Award>) -> Result<Award> {
    Ok(awards::table.filter(awards::id.eq(id)).select(Award::as_select()).first(db)?)
}

/// The awards of a call, oldest first.
///
/// # Errors
/// What the database says.
pub fn of_call(db: &mut Db, call: Id<Call>) -> Result<Vec<Award>> {
    Ok(awards::table
        .filter(awards::call_id.eq(call))
        .select(Award::as_select())
        .order((awards::recommended_at, awards::id))
        .limit(500)
        .load(db)?)
}

/// The award of an application that still stands, when there is one.
///
/// # Errors
/// What the database says.
pub fn of_application(db: &mut Db, application: Id<Application>) -> Result<Option<Award>> {
    Ok(awards::table
        .filter(awards::application_id.eq(application))
        .filter(awards::state.ne_all([AwardState::DeclinedByCommittee, AwardState::Declined, AwardState::Lapsed]))
        .select(Award::as_select())
        .first(db)
        .optional()?)
}
