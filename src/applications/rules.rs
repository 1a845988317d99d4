//! Rules of applications: who may begin one, what the deadline allows, and how refusals are said. What is missing before
//! one is sent is in `missing`, when envelopes may be opened in `opening_rules`.

pub use super::missing::missing;
use super::model::{Application, ApplicationState, Draft};
use crate::calls::{Call, CallKind, CallStage, Terms};
use crate::values::{Id, Instant, RefusalInfo, counted_with};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// Whether an organisation whose bids stand as sent in this many lots of a tender, the one that is sent now among them,
/// keeps within the limit.
///
/// # Errors
/// [`ApplicationRefusal::TooManyLots`].
pub fn within_lots(sent: usize, most: u32) -> Result<(), ApplicationRefusal> {
    if usize::try_from(most).is_ok_and(|most| sent > most) {
        Err(ApplicationRefusal::TooManyLots { most })
    } else {
        Ok(())
    }
}

/// How often one organisation may begin an application to one call. Whoever withdraws may begin anew, but not without
/// end.
pub const MOST_STARTS: i64 = 20;

/// Why something about an application is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicationRefusal {
    /// The deadline has passed.
    Late {
        /// The last instant.
        deadline: Instant,
        /// The server's instant.
        now: Instant,
    },
    /// The call takes no applications.
    NotOpen,
    /// It was withdrawn.
    Withdrawn,
    /// Opening what was sent to a call that was withdrawn.
    CallWithdrawn,
    /// Answers are missing.
    Incomplete {
        /// How many.
        count: usize,
        /// What the first asks for.
        first: String,
    },
    /// The declaration is not made.
    NotDeclared,
    /// Nothing was sent.
    NotSubmitted,
    /// Confirming as unchanged what was changed since it was sent.
    ChangedSinceSent,
    /// The draft is gone: after the deadline nobody can read it.
    DraftGone,
    /// Too many files.
    TooManyFiles,
    /// The organisation has begun and withdrawn too often.
    TooManyStarts,
    /// The organisation bids for as many lots as it may.
    TooManyLots {
        /// How many those are.
        most: u32,
    },
    /// Envelopes are still shut: the first instant at which they may be opened.
    OpensLater(Instant),
    /// The same officer asked and confirmed.
    SamePerson,
    /// Somebody asked already; a second officer must confirm.
    AlreadyAsked,
    /// Nobody has asked yet.
    NotAsked,
    /// Opened before.
    AlreadyOpened,
    /// Price waits for the moderation of quality.
    QualityNotFinal,
    /// Quality comes first.
    QualityFirst,
    /// The first of two stages asks for no prices.
    NoPrices,
    /// A tender needs two officers.
    NeedsTwo,
    /// The envelope does not match its receipt.
    DoesNotMatch,
    /// Envelopes are what was sent, but the keys do not open them.
    NotDecrypted {
        /// How many.
        count: usize,
    },
    /// The keys open no envelope of what was sent.
    NoneDecrypted,
    /// What an opening has read is not what lies in the database.
    CountsDiffer {
        /// Applications sent and live envelopes that were read.
        read: (i64, i64),
        /// Applications sent and live envelopes that were counted when it was to be written.
        counted: (i64, i64),
    },
}

impl RefusalInfo for ApplicationRefusal {
    fn code(&self) -> &'static str {
        match self {
            ApplicationRefusal::Late { .. } => "applications/late",
            ApplicationRefusal::NotOpen => "applications/not-open",
            ApplicationRefusal::Withdrawn => "applications/withdrawn",
            ApplicationRefusal::CallWithdrawn => "applications/call-withdrawn",
            ApplicationRefusal::Incomplete { .. } => "applications/incomplete",
            ApplicationRefusal::NotDeclared => "applications/not-declared",
            ApplicationRefusal::NotSubmitted => "applications/not-submitted",
            ApplicationRefusal::ChangedSinceSent => "applications/changed-since-sent",
            ApplicationRefusal::DraftGone => "applications/draft-gone",
            ApplicationRefusal::TooManyFiles => "applications/too-many-files",
            ApplicationRefusal::TooManyStarts => "applications/too-many-starts",
            ApplicationRefusal::TooManyLots { .. } => "applications/too-many-lots",
            ApplicationRefusal::OpensLater(_) => "applications/opens-later",
            ApplicationRefusal::SamePerson => "applications/same-person",
            ApplicationRefusal::AlreadyAsked => "applications/already-asked",
            ApplicationRefusal::NotAsked => "applications/not-asked",
            ApplicationRefusal::AlreadyOpened => "applications/already-opened",
            ApplicationRefusal::QualityNotFinal => "applications/quality-not-final",
            ApplicationRefusal::QualityFirst => "applications/quality-first",
            ApplicationRefusal::NoPrices => "applications/no-prices",
            ApplicationRefusal::NeedsTwo => "applications/needs-two",
            ApplicationRefusal::DoesNotMatch => "applications/does-not-match",
            ApplicationRefusal::NotDecrypted { .. } => "applications/not-decrypted",
            ApplicationRefusal::NoneDecrypted => "applications/none-decrypted",
            ApplicationRefusal::CountsDiffer { .. } => "applications/counts-differ",
        }
    }
    fn sentence(&self) -> String {
        match self {
            ApplicationRefusal::Late { deadline, now } => format!(
                "The call closed on {}. Our server received this on {}, so it cannot be taken. What you sent before the deadline stands.",
                deadline.exact(),
                now.exact()
            ),
            ApplicationRefusal::NotOpen => "This call takes no applications now. Look at the open calls.".to_owned(),
            ApplicationRefusal::Withdrawn => {
                "This application was withdrawn. Start a new one from the call while it is open.".to_owned()
            }
            ApplicationRefusal::CallWithdrawn => {
                "The call was withdrawn, and everybody was told that what is sealed is not opened. It stays sealed.".to_owned()
            }
            ApplicationRefusal::Incomplete { count, first } => format!(
                "{} missing. The first: {first}. Open “Check your answers” to see all, then send again.",
                counted_with(*count, "things", "is", "are")
            ),
            ApplicationRefusal::NotDeclared => {
                "Enter your name and tick that everything is true and complete, then send again.".to_owned()
            }
            ApplicationRefusal::NotSubmitted => "This application was not sent, so there is no receipt. Send it first.".to_owned(),
            ApplicationRefusal::ChangedSinceSent => {
                "What your team changed since this was sent is not sent, so it cannot be confirmed as unchanged. Check your answers and send them again. Until then what you sent stands.".to_owned()
            }
            ApplicationRefusal::DraftGone => {
                "The key of this draft was destroyed at the deadline. What was sent can be read again once it is opened.".to_owned()
            }
            ApplicationRefusal::TooManyFiles => "An application holds at most 40 files. Remove one first.".to_owned(),
            ApplicationRefusal::TooManyStarts => format!(
                "Your organisation has begun an application to this call {MOST_STARTS} times, so it cannot begin another. Ask the council if you still mean to apply."
            ),
            ApplicationRefusal::TooManyLots { most } => format!(
                "One supplier may bid for at most {most} of the lots of this tender, and your organisation has sent a bid for as many. Withdraw one of those first, or leave this lot."
            ),
            ApplicationRefusal::OpensLater(from) => {
                format!("The envelopes can be opened from {} on. Come back then.", from.medium())
            }
            ApplicationRefusal::SamePerson => {
                "Two different officers open the envelopes. Ask a colleague to confirm.".to_owned()
            }
            ApplicationRefusal::AlreadyAsked => {
                "The opening was asked for already. A second officer must confirm it now.".to_owned()
            }
            ApplicationRefusal::NotAsked => "Nobody has asked for this opening yet. Ask first; a colleague then confirms.".to_owned(),
            ApplicationRefusal::AlreadyOpened => "These envelopes are open already. Each is opened once.".to_owned(),
            ApplicationRefusal::QualityNotFinal => {
                "Prices stay sealed until the moderation of quality is final. Finish the moderation first.".to_owned()
            }
            ApplicationRefusal::QualityFirst => "Open the quality parts before the prices.".to_owned(),
            ApplicationRefusal::NoPrices => {
                "The first of two stages asks for no prices, so there are none to open. They come with the final tenders."
                    .to_owned()
            }
            ApplicationRefusal::NeedsTwo => {
                "Bids are opened all together by two officers after the deadline, never one by one.".to_owned()
            }
            ApplicationRefusal::DoesNotMatch => {
                "The envelope does not match its receipt, so it was not opened. Tell the administrator and the auditor.".to_owned()
            }
            ApplicationRefusal::NoneDecrypted => {
                "The keys of this server open none of the envelopes. Nothing was opened. Have the administrator restore the keys, and confirm again.".to_owned()
            }
            ApplicationRefusal::NotDecrypted { count: 0 } => {
                "Every envelope can be decrypted now, so none is left out. Nothing was opened. Confirm once more.".to_owned()
            }
            ApplicationRefusal::NotDecrypted { count } => format!(
                "{} what was sent, but the keys of this server do not open {}. Nothing was opened. Have the administrator restore the keys, or bring every server to one version, and confirm again. Only if that is impossible, open the others alone.",
                if *count == 1 { "1 envelope is".to_owned() } else { format!("{count} envelopes are") },
                if *count == 1 { "it" } else { "them" },
            ),
            ApplicationRefusal::CountsDiffer { read, counted } => format!(
                "The opening read {} applications and {} envelopes, but {} and {} lie in the database. Nothing was opened. Try once more; if it happens again, tell the administrator and the auditor.",
                read.0, read.1, counted.0, counted.1
            ),
        }
    }
    fn reference(&self) -> Option<&'static str> {
        match self {
            ApplicationRefusal::TooManyLots { .. } => Some(crate::calls::LIMITING),
            _ => None,
        }
    }
}

/// Whether an application to this call may still be written, sent or withdrawn. The deadline instant itself is in time.
///
/// # Errors
/// [`ApplicationRefusal::Late`] with both instants, or [`ApplicationRefusal::NotOpen`].
pub fn takes_applications(call: &Call, now: Instant) -> Result<(), ApplicationRefusal> {
    in_time(call.stage, call.deadline_at, now)
}

/// As [`takes_applications`], from the two facts it rests on.
///
/// # Errors
/// As there.
pub fn in_time(stage: CallStage, deadline_at: Option<Instant>, now: Instant) -> Result<(), ApplicationRefusal> {
    match (stage, deadline_at) {
        (CallStage::Open | CallStage::Closed, Some(deadline)) if now > deadline => {
            Err(ApplicationRefusal::Late { deadline, now })
        }
        (CallStage::Open, Some(_)) => Ok(()),
        _ => Err(ApplicationRefusal::NotOpen),
    }
}

/// As [`takes_applications`], for one that was begun.
///
/// # Errors
/// As there, or [`ApplicationRefusal::Withdrawn`].
pub fn may_change(call: &Call, application: &Application, now: Instant) -> Result<(), ApplicationRefusal> {
    takes_applications(call, now)?;
    not_withdrawn(application)
}

/// Whether it still lies there to be changed.
///
/// # Errors
/// [`ApplicationRefusal::Withdrawn`].
pub fn not_withdrawn(application: &Application) -> Result<(), ApplicationRefusal> {
    if application.state == ApplicationState::Withdrawn { Err(ApplicationRefusal::Withdrawn) } else { Ok(()) }
}

/// The instant at which an application is received: what the clock shows in the write, and always later than the
/// receipt before, so that the newest receipt is the one of the envelopes that lie there.
#[must_use]
pub fn received_at(application: &Application, clock: Instant) -> Instant {
    let before = application.submitted_at.map(|at| at.plus(TimeDelta::microseconds(1)));
    before.map_or(clock, |least| clock.max(least))
}

/// Whether an organisation that has begun this often may begin once more.
///
/// # Errors
/// [`ApplicationRefusal::TooManyStarts`].
pub fn may_begin(begun: i64) -> Result<(), ApplicationRefusal> {
    if begun < MOST_STARTS { Ok(()) } else { Err(ApplicationRefusal::TooManyStarts) }
}

/// Whether the answers were sent under an older version of the call. They stand as sent until their owner acts.
#[must_use]
pub fn needs_confirmation(call: &Call, application: &Application) -> bool {
    application.state == ApplicationState::Submitted && application.call_version < call.version
}

/// Whether something was saved since the application was last sent that is not sent. A draft that does not say is taken
/// as sent only when nobody has saved it since.
#[must_use]
pub fn changed_since_sent(application: &Application, draft: &Draft) -> bool {
    let saved_since = application.submitted_at.is_none_or(|sent| application.saved_at > sent);
    application.state == ApplicationState::Submitted && saved_since && !draft.as_sent
}

/// Whether what lies in the draft can be confirmed as what was sent.
///
/// # Errors
/// [`ApplicationRefusal::NotSubmitted`], [`ApplicationRefusal::ChangedSinceSent`].
pub fn stands_as_sent(application: &Application, draft: &Draft) -> Result<(), ApplicationRefusal> {
    if application.state != ApplicationState::Submitted {
        return Err(ApplicationRefusal::NotSubmitted);
    }
    if changed_since_sent(application, draft) { Err(ApplicationRefusal::ChangedSinceSent) } else { Ok(()) }
}

/// What keeps somebody from applying: for each wrong or missing answer, what to do.
#[must_use]
pub fn not_eligible(terms: &Terms, answers: &BTreeMap<String, bool>) -> Vec<String> {
    terms
        .eligibility
        .iter()
        .filter_map(|q| match answers.get(&q.id) {
            Some(answer) if *answer == q.right_answer => None,
            Some(_) => Some(q.otherwise.clone()),
            None => Some(format!("Answer the question: {}", q.question)),
        })
        .collect()
}

/// The short reference of an application. It is made from the random part of its identifier: a running number
/// would tell how many have applied.
#[must_use]
pub fn reference(kind: CallKind, id: Id<Application>, now: Instant) -> String {
    let letter = match kind {
        CallKind::Tender => 'B',
        CallKind::Round => 'A',
    };
    let text = id.to_string();
    let tail = text.get(18..).unwrap_or_default();
    format!("{letter}-{}-{tail}", now.date().format("%Y"))
}
