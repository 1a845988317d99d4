//! Checks while bidders stand under letters: a check names its supplier, so staff read the letter in its place until
//! moderation is final.

use super::store::Check;
use crate::applications::{Application, shown_as};

/// What stands in the place of what somebody wrote.
const LATER: &str = "Shown when moderation is final";

/// Checks as they are shown while names are hidden: the bidder by its letter, an intended subcontractor without its name,
/// and nothing of what was written, because it may name them.
pub(super) fn under_letters(checks: &mut [Check], bids: &[(Application, String)]) {
    for check in checks {
        let bid = bids.iter().find(|(application, _)| application.id == check.application_id);
        check.subject = match bid {
            Some((application, name)) if *name == check.subject => shown_as(application),
            Some((application, _)) => format!("A subcontractor of {}", shown_as(application)),
            None => "A bidder".to_owned(),
        };
        LATER.clone_into(&mut check.note);
    }
}
