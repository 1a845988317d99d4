//! When an award may be approved, noticed, offered, accepted and signed.

use super::model::{Award, AwardKind, AwardState};
use super::store::{Check, CheckKind, CheckOutcome, Halt};
use crate::calls::{Call, CallStage};
use crate::values::time::medium_date;
use crate::values::{Account, Id, Instant, LocalDate, Pence};

mod refusal;

pub use refusal::AwardRefusal;

/// Whether anything may still be awarded under a call.
///
/// # Errors
/// [`AwardRefusal::CallWithdrawn`].
pub fn not_withdrawn(call: &Call) -> Result<(), AwardRefusal> {
    if call.stage == CallStage::Withdrawn { Err(AwardRefusal::CallWithdrawn) } else { Ok(()) }
}

/// Whether an award is at one of these steps.
///
/// # Errors
/// [`AwardRefusal::WrongState`].
pub fn at_step(award: &Award, steps: &[AwardState]) -> Result<(), AwardRefusal> {
    if steps.contains(&award.state) { Ok(()) } else { Err(AwardRefusal::WrongState { state: award.state }) }
}

/// Whether somebody other than the recommender decides, with the checks that a contract needs.
///
/// For a contract the supplier’s exclusion and debarment checks must be recorded, and both for every intended
/// subcontractor that any check names. The newest check of each kind and subject counts.
///
/// # Errors
/// [`AwardRefusal`].
pub fn may_approve(award: &Award, supplier: &str, checks: &[Check], by: Id<Account>) -> Result<(), AwardRefusal> {
    at_step(award, &[AwardState::Recommended])?;
    if award.recommended_by == by {
        return Err(AwardRefusal::SamePerson);
    }
    if award.kind == AwardKind::Investment {
        return Ok(());
    }
    let mut subjects: Vec<&str> = vec![supplier];
    for check in checks {
        if !subjects.contains(&check.subject.as_str()) {
            subjects.push(&check.subject);
        }
    }
    let mut missing = Vec::new();
    for subject in subjects {
        for kind in CheckKind::ALL {
            let newest =
                checks.iter().filter(|c| c.subject == subject && c.kind == *kind).max_by_key(|c| (c.checked_at, c.id));
            match newest.map(|c| c.outcome) {
                Some(CheckOutcome::Excluded) => {
                    return Err(AwardRefusal::Excluded { subject: subject.to_owned(), signing: false });
                }
                Some(_) => {}
                None => missing.push(format!("{} of {subject}", kind.label().to_lowercase())),
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(AwardRefusal::ChecksMissing { what: missing.join(", ") }) }
}

/// Who is excluded by the newest check of its kind: the supplier or an intended subcontractor.
#[must_use]
pub fn excluded(checks: &[Check]) -> Option<&str> {
    let is_newest = |check: &Check| {
        let same = checks.iter().filter(|other| (&other.subject, other.kind) == (&check.subject, check.kind));
        same.max_by_key(|other| (other.checked_at, other.id)).is_some_and(|newest| newest.id == check.id)
    };
    let found = checks.iter().filter(|check| check.outcome == CheckOutcome::Excluded).find(|check| is_newest(check));
    found.map(|check| check.subject.as_str())
}

/// Whether a contract may be signed with a supplier and its subcontractors, by what was found of them until today.
///
/// # Errors
/// [`AwardRefusal::Excluded`].
pub fn nobody_excluded(checks: &[Check]) -> Result<(), AwardRefusal> {
    match excluded(checks) {
        Some(subject) => Err(AwardRefusal::Excluded { subject: subject.to_owned(), signing: true }),
        None => Ok(()),
    }
}

/// Whether the awarded bidder still stands by its bid.
///
/// # Errors
/// [`AwardRefusal::BidderWithdraws`].
pub fn not_withdrawing(halt: Option<&Halt>) -> Result<(), AwardRefusal> {
    // What one officer noted waits for another, and stops nothing until then.
    if halt.is_some_and(Halt::is_own_notice) { Err(AwardRefusal::BidderWithdraws) } else { Ok(()) }
}

/// Whether the award notice may be recorded: everybody assessed was sent a summary before it was published.
///
/// # Errors
/// [`AwardRefusal`].
pub fn may_notice(
    award: &Award,
    sent: &[Option<Instant>],
    assessed: usize,
    published: Instant,
    now: Instant,
) -> Result<(), AwardRefusal> {
    at_step(award, &[AwardState::Approved])?;
    let done = sent.iter().flatten().count();
    if done < assessed || assessed == 0 {
        let (queued, made) = (sent.len() - done, sent.len());
        let waiting = if queued == 0 { assessed.saturating_sub(made).max(1) } else { assessed.saturating_sub(made) };
        return Err(AwardRefusal::SummariesNotSent { waiting, queued });
    }
    if published > now {
        return Err(AwardRefusal::NoticeInFuture);
    }
    match sent.iter().flatten().max() {
        // The platform shows minutes, so a notice of the same minute as the last summary is taken.
        Some(last) if published.plus(chrono::TimeDelta::seconds(60)) <= *last => {
            Err(AwardRefusal::NoticeBeforeSummaries { last: *last })
        }
        _ => Ok(()),
    }
}

/// Whether the agreement may be signed on this day. A contract needs its standstill behind it, an investment the
/// applicant’s acceptance. A court claim that suspends signing is asked about by [`super::ensure_may_sign`].
///
/// # Errors
/// [`AwardRefusal::InStandstill`], [`AwardRefusal::WrongState`].
pub fn may_sign(award: &Award, today: LocalDate) -> Result<(), AwardRefusal> {
    match award.kind {
        AwardKind::Investment => at_step(award, &[AwardState::Accepted]),
        AwardKind::Contract => {
            at_step(award, &[AwardState::Approved, AwardState::Noticed])?;
            let Some(earliest) = award.earliest_signing else {
                return Err(AwardRefusal::WrongState { state: award.state });
            };
            if today < earliest { Err(AwardRefusal::InStandstill { earliest }) } else { Ok(()) }
        }
    }
}

/// Whether an offer may still be answered.
///
/// # Errors
/// [`AwardRefusal::OfferLapsed`], [`AwardRefusal::WrongState`].
pub fn may_answer(award: &Award, now: Instant) -> Result<(), AwardRefusal> {
    if let (AwardState::Offered | AwardState::Lapsed, Some(by)) = (award.state, award.offer_answer_by)
        && (now > by || award.state == AwardState::Lapsed)
    {
        return Err(AwardRefusal::OfferLapsed { by });
    }
    at_step(award, &[AwardState::Offered])
}

/// Whether an amount fits the round: within its limits and what is left in the pot. An amount that may grow, because
/// further parts of a package follow, may be less than the least until it is approved.
///
/// # Errors
/// [`AwardRefusal::AmountOutside`], [`AwardRefusal::PotExhausted`].
pub fn fits_round(
    amount: Pence,
    least: Pence,
    most: Pence,
    pot: Pence,
    promised: Pence,
    may_grow: bool,
) -> Result<(), AwardRefusal> {
    let too_small = if may_grow { amount <= Pence::ZERO } else { amount < least };
    if too_small || amount > most {
        return Err(AwardRefusal::AmountOutside { least, most });
    }
    let left = Pence(pot.0.saturating_sub(promised.0).max(0));
    if amount > left { Err(AwardRefusal::PotExhausted { left }) } else { Ok(()) }
}

/// The sentence that a page leads with.
#[must_use]
pub fn state_sentence(award: &Award, name: &str, today: LocalDate) -> String {
    match award.state {
        AwardState::Recommended if award.terms.0.more_follow => format!(
            "{name} is recommended for {} so far. Other parts follow: the committee is asked once all are there.",
            award.value
        ),
        AwardState::Recommended => format!("{name} is recommended for {}. A committee member decides.", award.value),
        AwardState::Approved => match (award.kind, award.earliest_signing) {
            (AwardKind::Contract, Some(day)) => {
                format!("{name} is approved. The contract may be signed from {}.", medium_date(day))
            }
            (AwardKind::Contract, None) => {
                format!("{name} is approved. Send every assessment summary, then publish the award notice.")
            }
            (AwardKind::Investment, _) => format!("{name} is approved. Record the subsidy route, then make the offer."),
        },
        AwardState::DeclinedByCommittee => format!("The award to {name} was not approved."),
        AwardState::Noticed => match award.earliest_signing {
            Some(day) if today < day => format!("{name} wins. The standstill runs; sign from {}.", medium_date(day)),
            _ => format!("{name} wins. The contract may be signed."),
        },
        AwardState::Offered => match award.offer_answer_by {
            Some(by) => format!("{name} has an offer of {} and may answer until {}.", award.value, by.long()),
            None => format!("{name} has an offer of {}.", award.value),
        },
        AwardState::Accepted => format!("{name} accepted the offer of {}. The agreement can be signed.", award.value),
        AwardState::Declined => format!("{name} declined the offer."),
        AwardState::Lapsed if award.kind == AwardKind::Contract => {
            format!("The award to {name} lapsed: its bid fell away before the contract was signed.")
        }
        // Taken back before it was offered.
        AwardState::Lapsed if award.offer_answer_by.is_none() => {
            format!("The recommendation of {name} was taken back before it was complete.")
        }
        AwardState::Lapsed => format!("The offer to {name} lapsed without an answer."),
        AwardState::Signed => format!("The agreement with {name} over {} is signed.", award.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::RefusalInfo;

    fn check(subject: &str, kind: CheckKind, outcome: CheckOutcome, at: &str) -> Check {
        Check {
            id: Id::new(),
            authority_id: Id::new(),
            call_id: Id::new(),
            application_id: Id::new(),
            kind,
            subject: subject.to_owned(),
            outcome,
            note: "Looked up".to_owned(),
            checked_at: at.parse().unwrap(),
            checked_by: Id::new(),
        }
    }

    #[test]
    fn the_newest_check_of_each_kind_and_subject_says_who_is_excluded_whatever_order_they_come_in() {
        let (early, late) = ("2026-12-04T10:00:00Z", "2026-12-07T10:00:00Z");
        let clear = check("Alder", CheckKind::Debarment, CheckOutcome::Clear, early);
        let listed = check("Alder", CheckKind::Debarment, CheckOutcome::Excluded, late);
        let other = check("Alder", CheckKind::Exclusion, CheckOutcome::Clear, "2026-12-08T10:00:00Z");
        assert_eq!(excluded(&[listed.clone(), clear.clone(), other.clone()]), Some("Alder"));
        let refused = nobody_excluded(&[clear.clone(), listed.clone()]).unwrap_err();
        assert_eq!((refused.code(), refused.reference()), ("awards/excluded", Some("Procurement Act 2023 ss.26–28")));
        // A subcontractor that was replaced, or an entry that was taken off the list.
        let off = check("Alder", CheckKind::Debarment, CheckOutcome::Clear, "2026-12-09T10:00:00Z");
        assert_eq!(excluded(&[clear, listed, other, off]), None);
        let vans = check("Elm Vans", CheckKind::Exclusion, CheckOutcome::Excluded, early);
        assert_eq!(excluded(&[vans]), Some("Elm Vans"));
        assert_eq!(nobody_excluded(&[]), Ok(()));
    }
}
