//! What people do with applications, by subject: writing, sending, opening.

mod drafting;
mod opening;
mod reconciling;
mod submitting;

pub use drafting::{
    DraftInput, Opened, Saved, attach, detach, own_file, read_draft, save_draft, save_question, save_sheet, start,
};
pub use opening::{
    ConfirmInput, PartInput, ask_opening, confirm_opening, confirm_opening_without, open_investments, read_file,
};
pub use submitting::{Declaration, confirm_unchanged, submit, withdraw};

use super::model::Application;
use crate::calls::CallKind;
use crate::error::{Error, Result};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::{Actor, Id, actor};

/// The facts of an application that the policy judges.
#[must_use]
pub fn thing(application: &Application) -> Thing {
    Thing::of_applicant(application.authority_id, application.organisation_id)
}

/// Requires that the person is of the applicant organisation (else there is no such thing) and may do this.
fn require_own(actor: &Actor, action: Action, application: &Application) -> Result<()> {
    let thing = thing(application);
    if !can(actor, Action::ReadOwnApplication, &thing) {
        return Err(Error::NotFound);
    }
    require(actor, action, &thing)
}

/// Under which authority an applicant's act is listed. Those on a tender are listed under none until the opening:
/// the buyer's own audit page must not tell who is bidding.
fn listed_under(kind: CallKind, authority: Id<actor::Organisation>) -> Option<Id<actor::Organisation>> {
    match kind {
        CallKind::Tender => None,
        CallKind::Round => Some(authority),
    }
}
