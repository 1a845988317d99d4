//! Who may score, when scores are whole, and what may be done to a bid.

use super::model::{Conflict, ConflictOutcome, DisregardGround, EnquiryOutcome, Moderated, PanelMember};
use crate::evaluation::{Criterion, Kind, Model};
use crate::values::{Account, Id, RefusalInfo, counted_with, so_many_are};

/// A refusal of this room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScoringRefusal {
    /// Somebody without the evaluator's role.
    NotAnEvaluator,
    /// The bids are still sealed.
    NotOpened,
    /// Conflicts come before sight.
    DeclareFirst,
    /// A conflict on one bid of the call.
    Conflicted,
    /// The scores are final.
    AlreadyFinal,
    /// Scores are missing.
    SheetNotWhole {
        /// How many.
        missing: usize,
    },
    /// Others are still scoring.
    SheetsNotFinal {
        /// How many evaluators.
        waiting: usize,
    },
    /// Nobody scored.
    NobodyScored,
    /// Some answers are not agreed.
    NotAgreed {
        /// How many.
        missing: usize,
    },
    /// Something else is agreed than what was read.
    AgreedMeanwhile,
    /// Moderation is closed.
    ModerationClosed,
    /// Moderation is still open.
    ModerationOpen,
    /// The price part is still sealed.
    PricesSealed,
    /// A figure that is scored cannot be worked out.
    FigureUnknown {
        /// The criterion.
        figure: String,
        /// Whose.
        bid: String,
        /// Why.
        why: String,
    },
    /// There is no ranking.
    NoRanking,
    /// The ranking is signed.
    RankingSigned,
    /// The supplier justified its price.
    PriceJustified,
    /// No enquiry found the price unjustified.
    NoEnquiry,
    /// An enquiry is open.
    EnquiryOpen,
    /// Somebody else took this evaluator's place.
    Replaced,
    /// The bid fell away already.
    FellAway,
    /// The supplier was asked already.
    AskedAlready,
    /// The supplier has answered, or was never asked, or the enquiry is closed.
    NothingToAnswer,
    /// The supplier still has time to answer.
    AnswerAwaited,
    /// The one who declared a conflict cannot resolve it.
    OwnConflict,
    /// Nobody chooses themselves.
    OwnSeat,
    /// Somebody who may have read final scores of others.
    ReadsScores,
    /// The bid or criterion is not of this call.
    NotOfThisCall,
}

impl RefusalInfo for ScoringRefusal {
    fn code(&self) -> &'static str {
        match self {
            ScoringRefusal::NotAnEvaluator => "scoring/not-an-evaluator",
            ScoringRefusal::NotOpened => "scoring/not-opened",
            ScoringRefusal::DeclareFirst => "scoring/declare-first",
            ScoringRefusal::Conflicted => "scoring/conflicted",
            ScoringRefusal::AlreadyFinal => "scoring/already-final",
            ScoringRefusal::SheetNotWhole { .. } => "scoring/sheet-not-whole",
            ScoringRefusal::SheetsNotFinal { .. } => "scoring/sheets-not-final",
            ScoringRefusal::NobodyScored => "scoring/nobody-scored",
            ScoringRefusal::NotAgreed { .. } => "scoring/not-agreed",
            ScoringRefusal::AgreedMeanwhile => "scoring/agreed-meanwhile",
            ScoringRefusal::ModerationClosed => "scoring/moderation-closed",
            ScoringRefusal::ModerationOpen => "scoring/moderation-open",
            ScoringRefusal::PricesSealed => "scoring/prices-sealed",
            ScoringRefusal::FigureUnknown { .. } => "scoring/figure-unknown",
            ScoringRefusal::NoRanking => "scoring/no-ranking",
            ScoringRefusal::RankingSigned => "scoring/ranking-signed",
            ScoringRefusal::PriceJustified => "scoring/price-justified",
            ScoringRefusal::NoEnquiry => "scoring/no-enquiry",
            ScoringRefusal::EnquiryOpen => "scoring/enquiry-open",
            ScoringRefusal::Replaced => "scoring/replaced",
            ScoringRefusal::FellAway => "scoring/fell-away",
            ScoringRefusal::AskedAlready => "scoring/asked-already",
            ScoringRefusal::NothingToAnswer => "scoring/nothing-to-answer",
            ScoringRefusal::AnswerAwaited => "scoring/answer-awaited",
            ScoringRefusal::OwnConflict => "scoring/own-conflict",
            ScoringRefusal::OwnSeat => "scoring/own-seat",
            ScoringRefusal::ReadsScores => "scoring/reads-scores",
            ScoringRefusal::NotOfThisCall => "scoring/not-of-this-call",
        }
    }

    fn sentence(&self) -> String {
        match self {
            ScoringRefusal::NotAnEvaluator => "Choose a person who has the evaluator’s role in this authority.".to_owned(),
            ScoringRefusal::NotOpened => "Nothing is opened yet. Two officers open what was sent after the deadline.".to_owned(),
            ScoringRefusal::DeclareFirst => {
                "Declare your conflicts of interest first, or that you have none. Nothing that was sent is shown before.".to_owned()
            }
            ScoringRefusal::Conflicted => {
                "You declared a conflict with one of those who applied, so you judge none of them and decide nothing \
                 about them. Somebody else can record that there is no conflict after an enquiry."
                    .to_owned()
            }
            ScoringRefusal::AlreadyFinal => "Your scores are final and cannot be changed.".to_owned(),
            ScoringRefusal::SheetNotWhole { missing } => {
                format!(
                    "Give a level and a reason for every answer first; {} missing. A missing score is not a zero.",
                    so_many_are(*missing)
                )
            }
            ScoringRefusal::SheetsNotFinal { waiting } => format!(
                "{} not made their scores final. Moderation starts when all have, so that nobody is led by others.",
                counted_with(*waiting, "evaluators", "has", "have")
            ),
            ScoringRefusal::NobodyScored => "Nobody has scored. Add evaluators to the panel first.".to_owned(),
            ScoringRefusal::NotAgreed { missing } => {
                format!("Agree every answer first; {} not agreed.", so_many_are(*missing))
            }
            ScoringRefusal::AgreedMeanwhile => {
                "This answer was agreed since you read it, so nothing was saved. Read what stands now, then agree again."
                    .to_owned()
            }
            ScoringRefusal::ModerationClosed => "Moderation is closed, so agreed scores stand.".to_owned(),
            ScoringRefusal::ModerationOpen => "Close the moderation first.".to_owned(),
            ScoringRefusal::FigureUnknown { figure, bid, why } => format!(
                "“{figure}” of {bid} cannot be worked out: {why}. Nobody is ranked without it. Leave it out with \
                 your reason first."
            ),
            ScoringRefusal::PricesSealed => {
                "The prices are still sealed. Two officers open them now that quality is agreed.".to_owned()
            }
            ScoringRefusal::NoRanking => "There is no ranking yet. Rank first.".to_owned(),
            ScoringRefusal::RankingSigned => "The ranking is signed and stands as it is.".to_owned(),
            ScoringRefusal::PriceJustified => {
                "The supplier justified this price, so it may not be set aside.".to_owned()
            }
            ScoringRefusal::NoEnquiry => {
                "Ask the supplier to explain the price and record that it was not justified before you set it aside.".to_owned()
            }
            ScoringRefusal::EnquiryOpen => "Close every enquiry into a low price before you sign the ranking.".to_owned(),
            ScoringRefusal::Replaced => {
                "Somebody else has taken this place on the panel. What was scored until then is kept.".to_owned()
            }
            ScoringRefusal::FellAway => "It has fallen away already.".to_owned(),
            ScoringRefusal::AskedAlready => {
                "The supplier was asked already. What was asked stands; decide when it has answered or its time is over.".to_owned()
            }
            ScoringRefusal::NothingToAnswer => {
                "There is no question about this price that waits for an answer.".to_owned()
            }
            ScoringRefusal::AnswerAwaited => {
                "The supplier still has time to answer. Wait for its answer, or for the day after the last one to answer.".to_owned()
            }
            ScoringRefusal::OwnConflict => "Somebody else must enquire into a conflict that you declared.".to_owned(),
            ScoringRefusal::OwnSeat => {
                "Nobody puts themselves on a panel. Choose somebody else, or ask a colleague to choose you.".to_owned()
            }
            ScoringRefusal::ReadsScores => {
                "Scores of this call are final, and this person’s other role lets them read those. Choose an evaluator \
                 who cannot have seen them."
                    .to_owned()
            }
            ScoringRefusal::NotOfThisCall => "What you chose does not belong to this call. Choose from its pages.".to_owned(),
        }
    }

    fn reference(&self) -> Option<&'static str> {
        match self {
            ScoringRefusal::DeclareFirst | ScoringRefusal::Conflicted | ScoringRefusal::OwnConflict => {
                Some("Procurement Act 2023 ss.81–82")
            }
            ScoringRefusal::PriceJustified
            | ScoringRefusal::NoEnquiry
            | ScoringRefusal::EnquiryOpen
            | ScoringRefusal::AnswerAwaited => Some("Procurement Act 2023 s.19(4)–(6)"),
            ScoringRefusal::SheetNotWhole { .. } | ScoringRefusal::NotAgreed { .. } => {
                Some("Procurement Act 2023 s.19")
            }
            _ => None,
        }
    }
}

/// Whether any conflict of the person still counts: one that is declared or confirmed.
#[must_use]
pub fn is_conflicted(conflicts: &[Conflict], member: &PanelMember) -> bool {
    conflict_stands(conflicts, member.account_id)
}

/// As [`is_conflicted`], of anybody: a conflict outlives the seat of who declared it.
#[must_use]
pub fn conflict_stands(conflicts: &[Conflict], account: Id<Account>) -> bool {
    conflicts.iter().any(|c| c.account_id == account && c.outcome != ConflictOutcome::NoConflict)
}

/// Whether an evaluator may see the bids and score them; `conflicted` as [`is_conflicted`] says.
///
/// # Errors
/// [`ScoringRefusal::Replaced`], [`ScoringRefusal::DeclareFirst`], [`ScoringRefusal::Conflicted`].
pub fn may_see(member: &PanelMember, conflicted: bool) -> Result<(), ScoringRefusal> {
    if member.replaced_at.is_some() {
        return Err(ScoringRefusal::Replaced);
    }
    if member.declared_at.is_none() {
        return Err(ScoringRefusal::DeclareFirst);
    }
    if conflicted { Err(ScoringRefusal::Conflicted) } else { Ok(()) }
}

/// Whether the scores of a member count: not those of somebody with a conflict, nor of somebody who was replaced.
#[must_use]
pub fn counts(conflicts: &[Conflict], member: &PanelMember) -> bool {
    member.replaced_at.is_none() && !is_conflicted(conflicts, member)
}

/// Whether a person may see what others scored: an evaluator only when their own scores are final, or somebody else
/// scores in their place.
#[must_use]
pub fn may_see_others(member: Option<&PanelMember>) -> bool {
    member.is_none_or(|m| m.final_at.is_some() || m.replaced_at.is_some())
}

/// Whether moderation may begin: everybody who may score has final scores, and somebody does.
///
/// # Errors
/// [`ScoringRefusal::SheetsNotFinal`], [`ScoringRefusal::NobodyScored`].
pub fn may_moderate(panel: &[PanelMember], conflicts: &[Conflict]) -> Result<(), ScoringRefusal> {
    let scoring: Vec<&PanelMember> = panel.iter().filter(|m| counts(conflicts, m)).collect();
    let waiting = scoring.iter().filter(|m| m.final_at.is_none()).count();
    if waiting > 0 {
        return Err(ScoringRefusal::SheetsNotFinal { waiting });
    }
    if scoring.is_empty() { Err(ScoringRefusal::NobodyScored) } else { Ok(()) }
}

/// Whether the panel agrees with what stands before its eyes: `read` is the identifier of the agreement that was read, or
/// empty where none was. Of two people who agree one answer at once the second is told of the first.
///
/// # Errors
/// [`ScoringRefusal::AgreedMeanwhile`].
pub fn agreed_as_read(standing: Option<Id<Moderated>>, read: &str) -> Result<(), ScoringRefusal> {
    let standing = standing.map(|id| id.to_string()).unwrap_or_default();
    if standing == read.trim() { Ok(()) } else { Err(ScoringRefusal::AgreedMeanwhile) }
}

/// Whether a bid may be left out on a ground.
///
/// # Errors
/// [`ScoringRefusal::PriceJustified`], [`ScoringRefusal::NoEnquiry`].
pub fn may_disregard(ground: DisregardGround, enquiry: Option<EnquiryOutcome>) -> Result<(), ScoringRefusal> {
    match (ground, enquiry) {
        (DisregardGround::AbnormallyLow, Some(EnquiryOutcome::NotJustified)) => Ok(()),
        (DisregardGround::AbnormallyLow, Some(EnquiryOutcome::Justified)) => Err(ScoringRefusal::PriceJustified),
        (DisregardGround::AbnormallyLow, _) => Err(ScoringRefusal::NoEnquiry),
        _ => Ok(()),
    }
}

/// The criteria that people score, in reading order: quality and pass/fail.
#[must_use]
pub fn scored_criteria(model: &Model) -> Vec<&Criterion> {
    model
        .nodes()
        .into_iter()
        .map(|n| n.criterion)
        .filter(|c| matches!(c.kind, Kind::Quality { .. } | Kind::PassFail { .. }))
        .collect()
}

/// Whether a level or answer fits a criterion.
#[must_use]
pub fn fits(criterion: &Criterion, level: Option<i64>, passed: Option<bool>) -> bool {
    match &criterion.kind {
        Kind::Quality { levels } => {
            passed.is_none() && level.is_some_and(|given| levels.iter().any(|l| i64::from(l.level) == given))
        }
        Kind::PassFail { .. } => level.is_none() && passed.is_some(),
        _ => false,
    }
}

/// How far apart scores are: highest level minus lowest; a split answer to a pass/fail criterion counts as widest.
#[must_use]
pub fn spread(scores: &[(Option<i64>, Option<bool>)]) -> i64 {
    let levels: Vec<i64> = scores.iter().filter_map(|(level, _)| *level).collect();
    let passes: Vec<bool> = scores.iter().filter_map(|(_, passed)| *passed).collect();
    if passes.contains(&true) && passes.contains(&false) {
        return 100;
    }
    match (levels.iter().max(), levels.iter().min()) {
        (Some(high), Some(low)) => high - low,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{Id, Instant};
    use proptest::prelude::*;

    fn now() -> Instant {
        "2027-01-20T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn one_evaluator_has_and_two_have_not_made_their_scores_final() {
        let words = |waiting| ScoringRefusal::SheetsNotFinal { waiting }.sentence();
        assert!(words(1).starts_with("1 evaluator has not made their scores final."), "{}", words(1));
        assert!(words(2).starts_with("2 evaluators have not made their scores final."), "{}", words(2));
    }

    fn member(declared: bool, finished: bool) -> PanelMember {
        PanelMember {
            id: Id::new(),
            authority_id: Id::new(),
            call_id: Id::new(),
            account_id: Id::new(),
            added_at: now(),
            added_by: Id::new(),
            declared_at: declared.then(now),
            final_at: finished.then(now),
            replaced_at: None,
            replaced_reason: None,
            successor_id: None,
        }
    }

    fn conflict(of: &PanelMember, outcome: ConflictOutcome) -> Conflict {
        Conflict {
            id: Id::new(),
            authority_id: of.authority_id,
            call_id: of.call_id,
            account_id: of.account_id,
            application_id: Id::new(),
            nature: "My brother works there".into(),
            declared_at: now(),
            outcome,
            enquiry: None,
            resolved_at: None,
            resolved_by: None,
        }
    }

    #[test]
    fn a_conflict_on_one_bid_removes_the_person_until_an_enquiry_finds_none() {
        let person = member(true, false);
        assert_eq!(may_see(&person, is_conflicted(&[], &person)), Ok(()));
        assert_eq!(may_see(&member(false, false), false), Err(ScoringRefusal::DeclareFirst));
        for outcome in [ConflictOutcome::Open, ConflictOutcome::Confirmed] {
            let conflicted = is_conflicted(&[conflict(&person, outcome)], &person);
            assert_eq!(may_see(&person, conflicted), Err(ScoringRefusal::Conflicted));
        }
        assert!(!is_conflicted(&[conflict(&person, ConflictOutcome::NoConflict)], &person));
    }

    #[test]
    fn moderation_waits_for_everybody_who_may_score_and_not_for_the_conflicted() {
        let (done, slow) = (member(true, true), member(true, false));
        assert_eq!(
            may_moderate(&[done.clone(), slow.clone()], &[]),
            Err(ScoringRefusal::SheetsNotFinal { waiting: 1 })
        );
        assert_eq!(may_moderate(&[done, slow.clone()], &[conflict(&slow, ConflictOutcome::Open)]), Ok(()));
        assert_eq!(
            may_moderate(std::slice::from_ref(&slow), &[conflict(&slow, ConflictOutcome::Open)]),
            Err(ScoringRefusal::NobodyScored)
        );
    }

    #[test]
    fn moderation_waits_for_who_took_the_place_and_not_for_who_was_replaced() {
        let (mut first, mut second) = (member(true, false), member(true, false));
        first.replaced_at = Some(now());
        assert_eq!(may_see(&first, false), Err(ScoringRefusal::Replaced));
        let waiting = may_moderate(&[first.clone(), second.clone()], &[]);
        assert_eq!(waiting, Err(ScoringRefusal::SheetsNotFinal { waiting: 1 }));
        second.final_at = Some(now());
        assert_eq!(may_moderate(&[first.clone(), second], &[]), Ok(()));
        assert_eq!(may_moderate(&[first], &[]), Err(ScoringRefusal::NobodyScored));
    }

    #[test]
    fn a_justified_price_is_never_set_aside() {
        let low = DisregardGround::AbnormallyLow;
        assert_eq!(may_disregard(low, Some(EnquiryOutcome::Justified)), Err(ScoringRefusal::PriceJustified));
        assert_eq!(may_disregard(low, Some(EnquiryOutcome::Open)), Err(ScoringRefusal::NoEnquiry));
        assert_eq!(may_disregard(low, None), Err(ScoringRefusal::NoEnquiry));
        assert_eq!(may_disregard(low, Some(EnquiryOutcome::NotJustified)), Ok(()));
        assert_eq!(may_disregard(DisregardGround::ExcludedSupplier, None), Ok(()));
    }

    proptest! {
        #[test]
        fn a_spread_does_not_depend_on_order_and_is_nothing_when_all_agree(mut levels in prop::collection::vec(0_i64..5, 1..6)) {
            let scores = |ls: &[i64]| ls.iter().map(|l| (Some(*l), None)).collect::<Vec<_>>();
            let before = spread(&scores(&levels));
            levels.reverse();
            prop_assert_eq!(spread(&scores(&levels)), before);
            let same = vec![levels[0]; levels.len()];
            prop_assert_eq!(spread(&scores(&same)), 0);
        }
    }
}
