//! Which notice a call waits for, and what a republished one must be before an amendment.

use super::model::{Call, CallKind, CallStage, Notice, NoticeKind};
use super::rules::CallRefusal;
use crate::values::Instant;

/// Whether a notice of this kind is what the call waits for.
///
/// # Errors
/// [`CallRefusal::NoticeNotExpected`], [`CallRefusal::NoticeInFuture`], [`CallRefusal::AfterDeadline`].
pub fn notice_fits(call: &Call, kind: NoticeKind, published_at: Instant, now: Instant) -> Result<(), CallRefusal> {
    if published_at > now {
        return Err(CallRefusal::NoticeInFuture);
    }
    match (call.kind, kind, call.stage) {
        // A second stage has the notice of its first, and opens by its shortlist.
        (CallKind::Tender, NoticeKind::Tender, CallStage::AwaitingNotice) if call.by_invitation().is_none() => Ok(()),
        (CallKind::Tender, NoticeKind::Termination, CallStage::Withdrawn) => Ok(()),
        (CallKind::Tender, NoticeKind::TenderAmended, CallStage::Open | CallStage::Closed) => {
            if call.is_open(now) {
                Ok(())
            } else {
                Err(CallRefusal::AfterDeadline)
            }
        }
        _ => Err(CallRefusal::NoticeNotExpected),
    }
}

/// Whether a notice can be a new one that republishes the last of those recorded for a call: it has a number of its own,
/// and is not from a day before it.
///
/// # Errors
/// [`CallRefusal::NoticeNumberTaken`], [`CallRefusal::NoticeTooEarly`].
pub fn republishes(recorded: &[Notice], number: &str, published_at: Instant) -> Result<(), CallRefusal> {
    let plain = |number: &str| number.split_whitespace().collect::<String>().to_lowercase();
    if recorded.iter().any(|notice| plain(&notice.number) == plain(number)) {
        return Err(CallRefusal::NoticeNumberTaken);
    }
    let tender = recorded.iter().filter(|n| matches!(n.kind, NoticeKind::Tender | NoticeKind::TenderAmended));
    match tender.map(|n| n.published_at.date()).max() {
        Some(day) if published_at.date() < day => Err(CallRefusal::NoticeTooEarly(day)),
        _ => Ok(()),
    }
}

/// Whether the call may be amended now. Each amendment of a tender needs a republished notice of its own. A call that
/// the closing job has closed is over, even when the clock here has not passed its deadline: nothing would open it again.
///
/// # Errors
/// [`CallRefusal::NotOpen`], [`CallRefusal::AfterDeadline`], [`CallRefusal::NotRepublished`].
pub fn amendable(call: &Call, notices: &[Notice], amendments: usize, now: Instant) -> Result<(), CallRefusal> {
    match call.stage {
        CallStage::Open => {}
        CallStage::Closed => return Err(CallRefusal::AfterDeadline),
        CallStage::Draft | CallStage::AwaitingNotice | CallStage::Withdrawn => return Err(CallRefusal::NotOpen),
    }
    if !call.is_open(now) {
        return Err(CallRefusal::AfterDeadline);
    }
    let republished = notices.iter().filter(|n| n.kind == NoticeKind::TenderAmended).count();
    if call.kind == CallKind::Tender && republished <= amendments {
        return Err(CallRefusal::NotRepublished);
    }
    Ok(())
}
