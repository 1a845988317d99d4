//! A supplier's own order of lots: each place of it is given to one lot only.

use super::model::{Application, ApplicationState};
use super::sealing;
use crate::calls::{CallStage, LIMITING, LotTerms};
use crate::db::Db;
use crate::db::schema::{applications, calls};
use crate::error::Result;
use crate::keys::Keys;
use crate::values::RefusalInfo;
use diesel::prelude::*;

/// Another lot has the place that this one is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamePlace {
    /// The place.
    pub place: u32,
    /// Name of the lot that has it.
    pub lot: String,
}

impl RefusalInfo for SamePlace {
    fn code(&self) -> &'static str {
        "applications/same-lot-place"
    }
    fn sentence(&self) -> String {
        format!(
            "You gave place {} to {} already. Give each lot a place of its own, or leave the place of one empty.",
            self.place, self.lot
        )
    }
    fn reference(&self) -> Option<&'static str> {
        Some(LIMITING)
    }
}

/// What the same organisation sent for the other lots of the tender that were not withdrawn.
pub(super) fn sent_for_others(db: &mut Db, whole: &LotTerms, own: &Application) -> Result<Vec<Application>> {
    let lots: Vec<_> = whole.lots.iter().map(|line| line.call).collect();
    Ok(applications::table
        .inner_join(calls::table.on(calls::id.eq(applications::call_id)))
        .filter(applications::call_id.eq_any(lots))
        .filter(applications::organisation_id.eq(own.organisation_id))
        .filter(applications::state.eq(ApplicationState::Submitted))
        .filter(applications::id.ne(own.id))
        .filter(calls::stage.ne(CallStage::Withdrawn))
        .select(Application::as_select())
        .order(applications::id)
        .limit(100)
        .load(db)?)
}

/// Whether no other lot has this place. What was sent is sealed, so the newest words of each are compared; two lots sent
/// at the same instant may still have one place, and then the published order of the lots decides.
///
/// # Errors
/// [`SamePlace`].
pub(super) fn is_free(keys: &Keys, whole: &LotTerms, place: u32, others: &[Application]) -> Result<()> {
    for other in others {
        if sealing::open_draft(keys, other)?.is_some_and(|(draft, _)| draft.answers.lot_place == Some(place)) {
            return Err(SamePlace { place, lot: whole.name(other.call_id) }.into());
        }
    }
    Ok(())
}
