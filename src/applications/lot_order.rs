//! A supplier's own order of lots: each place of it is given to one lot only.

use super::model::{Application, ApplicationState};
use super::{sealing, store};
use crate::calls::{CallStage, LIMITING, LotTerms};
use crate::db::Db;
use crate::db::schema::{applications, calls};
use crate::error::Result;
use crate::keys::Keys;
use crate::values::{Id, Instant, RefusalInfo};
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

/// A place that was found free, to be judged again inside the write: another lot may be sent at the same time.
pub(super) struct Placed {
    keys: Keys,
    whole: LotTerms,
    place: u32,
    /// What it was compared with, each as it was saved then.
    seen: Vec<(Id<Application>, Instant)>,
}

impl Placed {
    /// Compares the place that a lot is given with those of the other lots that its supplier sent.
    ///
    /// # Errors
    /// [`SamePlace`].
    pub(super) fn judge(db: &mut Db, keys: &Keys, whole: &LotTerms, place: u32, own: &Application) -> Result<Placed> {
        let others = sent_for_others(db, whole, own)?;
        is_free(keys, whole, place, &others)?;
        let seen = others.iter().map(|other| (other.id, other.saved_at)).collect();
        Ok(Placed { keys: keys.clone(), whole: whole.clone(), place, seen })
    }

    /// Compares again, inside the write, with what was sent or saved since. Holds the rows of the supplier's other lots,
    /// so that of two that are sent at once one waits for the other and sees its place. Nothing is opened twice: mostly
    /// nothing has changed.
    ///
    /// # Errors
    /// [`SamePlace`].
    pub(super) fn still_free(&self, db: &mut Db, own: &Application) -> Result<()> {
        let lots: Vec<_> = self.whole.lots.iter().map(|line| line.call).collect();
        store::hold_and_count_sent(db, &lots, own.organisation_id)?;
        let mut others = sent_for_others(db, &self.whole, own)?;
        others.retain(|other| !self.seen.contains(&(other.id, other.saved_at)));
        is_free(&self.keys, &self.whole, self.place, &others)
    }
}

/// What the same organisation sent for the other lots of the tender that were not withdrawn.
fn sent_for_others(db: &mut Db, whole: &LotTerms, own: &Application) -> Result<Vec<Application>> {
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

/// Whether no other lot has this place. What was sent is sealed, so the newest words of each are compared.
fn is_free(keys: &Keys, whole: &LotTerms, place: u32, others: &[Application]) -> Result<()> {
    for other in others {
        if sealing::open_draft(keys, other)?.is_some_and(|(draft, _)| draft.answers.lot_place == Some(place)) {
            return Err(SamePlace { place, lot: whole.name(other.call_id) }.into());
        }
    }
    Ok(())
}
