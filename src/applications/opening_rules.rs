//! Rules of opening: from when, in which order and by whom envelopes may be opened, and that none was overlooked.

use super::model::Application;
use super::rules::ApplicationRefusal;
use crate::calls::{Call, CallKind, CallStage, Part};
use crate::values::{Account, Id, Instant};
use chrono::TimeDelta;

/// How long after the deadline the envelopes stay shut: requests taken before it have ended by then.
const OPENING_PAUSE_MINUTES: i64 = 5;

/// First instant at which envelopes of a call may be opened.
#[must_use]
pub fn opens_from(call: &Call) -> Option<Instant> {
    call.deadline_at.map(|deadline| deadline.plus(TimeDelta::minutes(OPENING_PAUSE_MINUTES)))
}

/// What has been done about opening a call's envelopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpeningFacts {
    /// When the moderation of quality became final.
    pub quality_final: bool,
    /// Whether the quality parts are open.
    pub quality_opened: bool,
    /// Who asked for this opening.
    pub first_by: Option<Id<Account>>,
    /// Whether this part is open.
    pub opened: bool,
}

/// Whether the envelopes of one part may be opened now.
///
/// # Errors
/// Why not.
pub fn may_open(call: &Call, part: Part, facts: OpeningFacts, now: Instant) -> Result<(), ApplicationRefusal> {
    if facts.opened {
        return Err(ApplicationRefusal::AlreadyOpened);
    }
    match opens_from(call) {
        Some(from) if now < from => return Err(ApplicationRefusal::OpensLater(from)),
        None => return Err(ApplicationRefusal::NotOpen),
        Some(_) => not_withdrawn(call)?,
    }
    if part == Part::Price {
        if call.shortlists().is_some() {
            return Err(ApplicationRefusal::NoPrices);
        }
        if !facts.quality_opened {
            return Err(ApplicationRefusal::QualityFirst);
        }
        let waits = call.terms.0.tender.as_ref().is_some_and(|t| t.price_sealed_until_moderated);
        if waits && !facts.quality_final {
            return Err(ApplicationRefusal::QualityNotFinal);
        }
    }
    Ok(())
}

/// Whether anything sent to a call may still be opened: who sent it to one that was withdrawn was told that it is not.
///
/// # Errors
/// [`ApplicationRefusal::CallWithdrawn`].
pub fn not_withdrawn(call: &Call) -> Result<(), ApplicationRefusal> {
    if call.stage == CallStage::Withdrawn { Err(ApplicationRefusal::CallWithdrawn) } else { Ok(()) }
}

/// Whether this officer may confirm what another asked for.
///
/// # Errors
/// [`ApplicationRefusal::NotAsked`], [`ApplicationRefusal::SamePerson`].
pub fn may_confirm(facts: OpeningFacts, second: Id<Account>) -> Result<(), ApplicationRefusal> {
    match facts.first_by {
        None => Err(ApplicationRefusal::NotAsked),
        Some(first) if first == second => Err(ApplicationRefusal::SamePerson),
        Some(_) => Ok(()),
    }
}

/// Whether an opening has read all that lies in the database: applications that stand as sent, and live envelopes.
///
/// # Errors
/// [`ApplicationRefusal::CountsDiffer`].
pub fn all_read(read: (i64, i64), counted: (i64, i64)) -> Result<(), ApplicationRefusal> {
    if read == counted { Ok(()) } else { Err(ApplicationRefusal::CountsDiffer { read, counted }) }
}

/// Whether an opening may be finished although some envelopes are what was sent and cannot be decrypted: it happens once,
/// so what is left out now is never read. Only when an officer, having been refused, names the very number, and never
/// when nothing at all can be decrypted: then the keys are at fault.
///
/// # Errors
/// [`ApplicationRefusal::NotDecrypted`], [`ApplicationRefusal::NoneDecrypted`].
pub fn may_leave_out(undecrypted: usize, decrypted: usize, left_out: usize) -> Result<(), ApplicationRefusal> {
    match (undecrypted, decrypted) {
        (1.., 0) => Err(ApplicationRefusal::NoneDecrypted),
        _ if undecrypted == left_out => Ok(()),
        _ => Err(ApplicationRefusal::NotDecrypted { count: undecrypted }),
    }
}

/// Whether an envelope is not opened although it is what was sent: the price of a bid whose quality part was not opened,
/// because it was altered, missing or left out. Nobody judges that bid, so nobody reads its price. The parts of an
/// application to a round open together, none before the other.
#[must_use]
pub fn stays_sealed(call: &Call, application: &Application, part: Part) -> bool {
    part == Part::Price && call.kind == CallKind::Tender && application.opened_at.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::RefusalInfo;

    #[test]
    fn what_cannot_be_decrypted_is_left_out_of_an_opening_only_when_an_officer_names_its_number() {
        assert!(may_leave_out(0, 3, 0).is_ok() && may_leave_out(0, 0, 0).is_ok() && may_leave_out(2, 1, 2).is_ok());
        let refused = may_leave_out(1, 2, 0).unwrap_err();
        assert_eq!(refused.code(), "applications/not-decrypted");
        assert!(
            refused.sentence().starts_with("1 envelope is what was sent, but the keys of this server do not open it.")
        );
        assert!(refused.sentence().ends_with("Only if that is impossible, open the others alone."));
        // Others than those that the officer was told of.
        assert!(may_leave_out(3, 2, 2).unwrap_err().sentence().starts_with("3 envelopes are what was sent"));
        assert!(may_leave_out(0, 3, 1).unwrap_err().sentence().starts_with("Every envelope can be decrypted"));
        // The keys themselves are wrong.
        assert_eq!(may_leave_out(2, 0, 2).unwrap_err().code(), "applications/none-decrypted");
    }

    #[test]
    fn an_opening_that_missed_an_application_or_an_envelope_is_refused() {
        assert!(all_read((3, 3), (3, 3)).is_ok());
        for counted in [(4, 3), (3, 4), (2, 3)] {
            assert_eq!(all_read((3, 3), counted).unwrap_err().code(), "applications/counts-differ");
        }
    }
}
