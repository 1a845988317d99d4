//! Nobody judges a call in which their own organisation takes part.

use super::model::{Application, ApplicationState};
use crate::calls::Call;
use crate::db::Db;
use crate::db::schema::applications;
use crate::error::Result;
use crate::values::{Actor, Id, RefusalInfo, actor};
use diesel::prelude::*;

/// The conflict of interest that no declaration resolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnOrganisation;

impl RefusalInfo for OwnOrganisation {
    fn code(&self) -> &'static str {
        "applications/own-organisation"
    }
    fn sentence(&self) -> String {
        "An organisation you belong to has an application in this call, so you may not open, judge or award here. Ask a colleague without that interest."
            .to_owned()
    }
    fn reference(&self) -> Option<&'static str> {
        Some("for tenders, Procurement Act 2023 ss.81 to 83")
    }
}

/// Refuses when an applicant organisation of the person, in whatever capacity they act now, has an application in the
/// call, sent or still being written. Asks the database only about people who belong to one.
///
/// # Errors
/// [`OwnOrganisation`].
pub fn refuse_bidder(db: &mut Db, actor: &Actor, call: Id<Call>) -> Result<()> {
    let own: Vec<Id<actor::Organisation>> =
        actor.everywhere().filter(|m| !m.role.is_staff()).map(|m| m.organisation).collect();
    if own.is_empty() {
        return Ok(());
    }
    let theirs: Option<Id<Application>> = applications::table
        .filter(applications::call_id.eq(call))
        .filter(applications::organisation_id.eq_any(own))
        .filter(applications::state.ne(ApplicationState::Withdrawn))
        .select(applications::id)
        .first(db)
        .optional()?;
    if theirs.is_some() { Err(OwnOrganisation.into()) } else { Ok(()) }
}
