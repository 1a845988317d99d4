//! What a call must have before it is published, and when it may change.

use super::model::{Call, CallKind, CallStage, ConditionAsked, Notice, NoticeKind, Terms};
use super::{criteria_rules, round, stage_rules, tender};
use crate::conditions::{AskedOf, Condition, Direction, Fixedness, may_be_asked};
use crate::evaluation::{Kind, Measure, Model};
use crate::values::{Id, Instant, LocalDate, Refusal, RefusalInfo};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

crate::text_enum! {
    /// The pages of the builder, in the order of the task list.
    pub enum Section {
        Basics = "basics" => "What is wanted",
        Money = "money" => "Money and procedure",
        Criteria = "criteria" => "Criteria and weights",
        Conditions = "conditions" => "Conditions asked",
        Eligibility = "eligibility" => "Who can apply",
        Timetable = "timetable" => "Timetable",
        Duties = "duties" => "Duties considered",
        Stages = "stages" => "Stages",
        Lots = "lots" => "Lots",
    }
}

/// Something that keeps a call from being published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Stable code.
    pub code: &'static str,
    /// What to do, in a plain sentence.
    pub sentence: String,
    /// The law or policy it rests on.
    pub reference: Option<&'static str>,
    /// The page of the builder where it is done.
    #[serde(rename = "where")]
    pub place: Section,
}

impl Missing {
    pub(super) fn new(place: Section, code: &'static str, sentence: impl Into<String>) -> Self {
        Missing { code, sentence: sentence.into(), reference: None, place }
    }
    pub(super) fn by(mut self, reference: &'static str) -> Self {
        self.reference = Some(reference);
        self
    }
    pub(super) fn of(place: Section, refusal: impl Into<Refusal>) -> Self {
        let refusal = refusal.into();
        Missing { code: refusal.code, sentence: refusal.sentence, reference: refusal.reference, place }
    }
}

/// What the rules need to know besides the call itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Conditions for which an exception of subsidy law is recorded, each with the version that it holds for.
    pub exceptions: BTreeSet<(Id<Condition>, i64)>,
    /// The day of the tender notice, once there is one; periods are counted from it instead of today.
    pub notice_on: Option<LocalDate>,
    /// Whether it is a draft under a mission that is not published.
    pub mission_hidden: bool,
}

/// Everything that keeps a draft from being published today; empty when it is whole.
#[must_use]
pub fn missing(call: &Call, today: LocalDate) -> Vec<Missing> {
    missing_with(call, &Known::default(), today)
}

/// As [`missing`], with what is known from elsewhere.
#[must_use]
pub fn missing_with(call: &Call, known: &Known, today: LocalDate) -> Vec<Missing> {
    let terms = &call.terms.0;
    let mut missing = Vec::new();
    basics(call, &mut missing);
    if known.mission_hidden {
        missing.push(Missing::new(
            Section::Basics,
            "calls/mission-not-published",
            "The mission it serves is not published, and everybody would read of it here. Have the mission published \
             first, or choose another.",
        ));
    }
    match (call.kind, &terms.tender, &terms.round) {
        (CallKind::Tender, Some(tender), _) => {
            tender::missing(tender, terms, known.notice_on.unwrap_or(today), &mut missing);
            // What was frozen with its notice keeps the wage of its day.
            if known.notice_on.is_none() {
                tender::hours(tender, terms, today, &mut missing);
            }
        }
        (CallKind::Round, _, Some(round)) => round::missing(round, terms, &mut missing),
        _ => missing.push(Missing::new(Section::Money, "calls/money", "Say what the call is worth.")),
    }
    criteria_rules::missing(terms, &mut missing);
    // What was published without stands as it was.
    if call.published_at.is_none() {
        criteria_rules::without_ties(call, &mut missing);
    }
    conditions(call, known, today, &mut missing);
    eligibility(terms, &mut missing);
    // The dates of a second stage come with its invitation.
    if call.by_invitation().is_some() && known.notice_on.is_none() {
        stage_rules::no_dates(terms, &mut missing);
    } else {
        timetable(terms, today, &mut missing);
    }
    missing
}

fn basics(call: &Call, missing: &mut Vec<Missing>) {
    let mut need = |empty: bool, code, sentence: &str| {
        if empty {
            missing.push(Missing::new(Section::Basics, code, sentence));
        }
    };
    need(call.title.trim().is_empty(), "calls/title", "Give the call a title.");
    need(call.summary.trim().is_empty(), "calls/summary", "Say in a sentence or two what is wanted.");
    need(call.terms.0.description.trim().is_empty(), "calls/description", "Describe what is wanted.");
}

/// Every social value measure of a model.
#[must_use]
pub fn measures(model: &Model) -> Vec<&Measure> {
    model
        .nodes()
        .into_iter()
        .filter_map(|node| match &node.criterion.kind {
            Kind::SocialValue { measures, .. } => Some(measures),
            _ => None,
        })
        .flatten()
        .collect()
}

/// Whether the target of a condition is at least as strict as its catalogue entry, where that is not open to negotiation.
///
/// # Errors
/// [`CallRefusal::FixedCondition`].
pub fn keeps_what_is_fixed(asked: &ConditionAsked) -> Result<(), CallRefusal> {
    let (body, target) = (&asked.body, asked.target);
    let kept = match (body.fixedness, body.direction) {
        (Fixedness::Negotiable, _) => true,
        (Fixedness::Fixed, Direction::AtLeast) => target >= body.target,
        (Fixedness::Fixed, Direction::AtMost) => target <= body.target,
        (Fixedness::Fixed, Direction::Equal) => target == body.target,
    };
    if kept {
        return Ok(());
    }
    Err(CallRefusal::FixedCondition { title: body.title.clone(), least: body.target_words(body.target) })
}

/// Whether a promise to a condition may earn points: more of it must be better, for what a promise earns grows with it.
///
/// # Errors
/// [`CallRefusal::EarnsBackwards`].
pub fn may_earn_points(asked: &ConditionAsked, tender: bool) -> Result<(), CallRefusal> {
    match asked.body.direction {
        Direction::AtLeast => Ok(()),
        Direction::AtMost | Direction::Equal => {
            Err(CallRefusal::EarnsBackwards { title: asked.body.title.clone(), tender })
        }
    }
}

fn conditions(call: &Call, known: &Known, today: LocalDate, missing: &mut Vec<Missing>) {
    let terms = &call.terms.0;
    let mut by_id: BTreeMap<&str, &ConditionAsked> = BTreeMap::new();
    for asked in &terms.conditions {
        if asked.id.trim().is_empty() || by_id.insert(asked.id.as_str(), asked).is_some() {
            missing.push(Missing::new(
                Section::Conditions,
                "calls/condition-id",
                format!("The identifier “{}” is used twice or is empty; ask each condition once.", asked.id),
            ));
        }
        let exception = known.exceptions.contains(&(asked.condition, asked.version));
        let of = if call.kind == CallKind::Round { AskedOf::Investment } else { AskedOf::Tender };
        if let Err(refusal) = may_be_asked(&asked.body, of, exception, today) {
            missing.push(Missing::of(Section::Conditions, refusal));
        }
        let deadline = terms.timetable.deadline.map(Instant::date);
        if deadline.is_some_and(|deadline| asked.due <= deadline) {
            missing.push(Missing::new(
                Section::Conditions,
                "calls/condition-due",
                format!("“{}” is due before applications close; choose a later date.", asked.body.title),
            ));
        }
        if asked.body.sunset.is_some_and(|sunset| asked.due > sunset) {
            missing.push(Missing::new(
                Section::Conditions,
                "calls/condition-sunset",
                format!("“{}” no longer binds on its due date; choose a date before its sunset.", asked.body.title),
            ));
        }
        // What was frozen before a catalogue entry was fixed stays as it was agreed.
        if call.stage == CallStage::Draft
            && let Err(refusal) = keeps_what_is_fixed(asked)
        {
            missing.push(Missing::of(Section::Conditions, refusal));
        }
        if asked.target.get().is_sign_negative() {
            missing.push(Missing::new(
                Section::Conditions,
                "calls/condition-target",
                format!("The target of “{}” is 0 or more.", asked.body.title),
            ));
        }
    }
    for measure in measures(&terms.model) {
        if let Some(Err(refusal)) =
            by_id.get(measure.id.as_str()).map(|asked| may_earn_points(asked, terms.tender.is_some()))
        {
            missing.push(Missing::of(Section::Conditions, refusal));
        }
        match by_id.get(measure.id.as_str()) {
            None => missing.push(Missing::new(
                Section::Conditions,
                "calls/measure-without-condition",
                format!(
                    "“{}” earns points, but no condition asked holds the promise to it. Ask it as a condition.",
                    measure.title
                ),
            )),
            Some(asked)
                if asked.target.get() != measure.target || asked.cap.map(crate::values::Share::get) != measure.cap =>
            {
                missing.push(Missing::new(
                    Section::Conditions,
                    "calls/measure-differs",
                    format!(
                        "Target and cap of “{}” differ between its score and its condition. Save the condition again.",
                        measure.title
                    ),
                ));
            }
            Some(_) => {}
        }
    }
}

fn eligibility(terms: &Terms, missing: &mut Vec<Missing>) {
    let mut ids = BTreeSet::new();
    for question in &terms.eligibility {
        if question.id.trim().is_empty() || !ids.insert(question.id.as_str()) {
            missing.push(Missing::new(Section::Eligibility, "calls/eligibility-id", "Ask each question once."));
        }
        if question.question.trim().is_empty() || question.otherwise.trim().is_empty() {
            missing.push(Missing::new(
                Section::Eligibility,
                "calls/eligibility-text",
                "Every question needs its words, and what to do when one cannot apply.",
            ));
        }
    }
}

fn timetable(terms: &Terms, today: LocalDate, missing: &mut Vec<Missing>) {
    let mut wrong = |code, sentence: &str| missing.push(Missing::new(Section::Timetable, code, sentence.to_owned()));
    let times = &terms.timetable;
    let Some(deadline) = times.deadline else {
        wrong("calls/deadline", "Say when applications close.");
        return;
    };
    if deadline.date() <= today {
        wrong("calls/deadline-past", "Choose a closing date after today.");
    }
    match (times.questions_by, times.answers_by) {
        (Some(questions), Some(answers)) => {
            if questions > answers || answers > deadline {
                wrong("calls/order", "Questions end first, then all answers are there, then applications close.");
            }
        }
        _ => wrong("calls/questions-by", "Say until when questions are taken and when all are answered."),
    }
    match times.decision_on {
        None => wrong("calls/decision-on", "Say on which day the decision is planned."),
        Some(decision) if decision <= deadline.date() => {
            wrong("calls/decision-early", "The decision comes after applications close.");
        }
        Some(_) => {}
    }
}

/// Questions of one person about one call that may wait for an answer at once.
pub const MOST_WAITING: usize = 10;

/// Why something about a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallRefusal {
    /// Something is missing.
    Incomplete {
        /// How many things.
        count: usize,
        /// What to do about the first.
        first: String,
        /// What the first rests on.
        reference: Option<&'static str>,
    },
    /// Only a draft can be written.
    NotDraft,
    /// The rehearsal was not ticked as seen.
    RehearsalUnseen,
    /// The model, or the price expected of it, is not the one whose rehearsal was shown.
    RehearsalChanged,
    /// A notice that this stage does not wait for.
    NoticeNotExpected,
    /// A notice that is published later than now.
    NoticeInFuture,
    /// The deadline is earlier than the minimum period.
    PeriodTooShort {
        /// Days of the period.
        days: u32,
        /// Earliest day.
        earliest: LocalDate,
        /// The section.
        reference: &'static str,
    },
    /// Changing after the deadline.
    AfterDeadline,
    /// Changing a call that is not published.
    NotOpen,
    /// Changing a tender whose republished notice is not recorded.
    NotRepublished,
    /// A republished notice under a number that the call has already.
    NoticeNumberTaken,
    /// A republished notice from before the day of the notice it republishes.
    NoticeTooEarly(LocalDate),
    /// Nothing was changed.
    NothingChanged,
    /// Withdrawing what is awarded, withdrawn or a draft.
    NotWithdrawable,
    /// Withdrawing what somebody holds an offer or an agreement under.
    AwardStands,
    /// Asking after the last day for questions.
    QuestionsClosed,
    /// Answering twice.
    AnsweredAlready,
    /// A colleague has changed a page of the draft since it was shown: what differs.
    ChangedMeanwhile(String),
    /// Asking what was asked in the same words.
    AskedAlready,
    /// Asking while too many questions of one's own wait for an answer.
    TooManyQuestions,
    /// The council that buys or invests asks itself nothing: answers are for those who may apply.
    OwnCall,
    /// Publishing, withdrawing or taking back a second stage without its first.
    WithItsFirst,
    /// Withdrawing a first stage whose second takes or took tenders.
    SecondStageBegun,
    /// Asking less than a condition that is fixed in the catalogue.
    FixedCondition {
        /// Its title.
        title: String,
        /// What the catalogue asks, in words.
        least: String,
    },
    /// Points for a promise of which less, or exactly so much, is wanted: they are counted up to a target.
    EarnsBackwards {
        /// Its title.
        title: String,
        /// Whether the call is a tender, to which the Act's rules for award criteria apply.
        tender: bool,
    },
}

impl RefusalInfo for CallRefusal {
    fn code(&self) -> &'static str {
        match self {
            CallRefusal::Incomplete { .. } => "calls/incomplete",
            CallRefusal::NotDraft => "calls/not-draft",
            CallRefusal::RehearsalUnseen => "calls/rehearsal-unseen",
            CallRefusal::RehearsalChanged => "calls/rehearsal-changed",
            CallRefusal::NoticeNotExpected => "calls/notice-not-expected",
            CallRefusal::NoticeInFuture => "calls/notice-in-future",
            CallRefusal::PeriodTooShort { .. } => "calls/period-too-short",
            CallRefusal::AfterDeadline => "calls/after-deadline",
            CallRefusal::NotOpen => "calls/not-open",
            CallRefusal::NotRepublished => "calls/not-republished",
            CallRefusal::NoticeNumberTaken => "calls/notice-number-taken",
            CallRefusal::NoticeTooEarly(_) => "calls/notice-too-early",
            CallRefusal::NothingChanged => "calls/nothing-changed",
            CallRefusal::NotWithdrawable => "calls/not-withdrawable",
            CallRefusal::AwardStands => "calls/award-stands",
            CallRefusal::QuestionsClosed => "calls/questions-closed",
            CallRefusal::AnsweredAlready => "calls/answered-already",
            CallRefusal::ChangedMeanwhile(_) => "calls/changed-meanwhile",
            CallRefusal::AskedAlready => "calls/asked-already",
            CallRefusal::TooManyQuestions => "calls/too-many-questions",
            CallRefusal::OwnCall => "calls/own-call",
            CallRefusal::WithItsFirst => "calls/with-its-first-stage",
            CallRefusal::SecondStageBegun => "calls/second-stage-begun",
            CallRefusal::FixedCondition { .. } => "calls/condition-fixed",
            CallRefusal::EarnsBackwards { .. } => "calls/condition-earns-backwards",
        }
    }
    fn sentence(&self) -> String {
        match self {
            CallRefusal::Incomplete { count: 1, first, .. } => format!("One thing is missing: {first}"),
            CallRefusal::Incomplete { count, first, .. } => {
                format!("{count} things are missing. The first: {first}")
            }
            CallRefusal::PeriodTooShort { days, earliest, .. } => format!(
                "Suppliers must have at least {days} days from the day after the notice, so applications may not \
                 close before {}. Choose a later closing date and publish the notice with it.",
                crate::values::time::medium_date(*earliest)
            ),
            CallRefusal::NotDraft => {
                "The terms are frozen. Before the deadline they can be amended; otherwise they stand.".to_owned()
            }
            CallRefusal::RehearsalUnseen => {
                "Read what the rehearsal found about the scoring model, and tick that you have seen it.".to_owned()
            }
            CallRefusal::RehearsalChanged => {
                "The scoring model or the value was changed since you opened this page. Read the rehearsal again.".to_owned()
            }
            CallRefusal::NoticeNotExpected => "The call does not wait for this notice at its stage.".to_owned(),
            CallRefusal::NoticeInFuture => {
                "Record the notice when the national platform has published it, with the time the platform shows.".to_owned()
            }
            CallRefusal::AfterDeadline => {
                "Terms may be changed only until the deadline, and it has passed. Withdraw the call and begin a new one if it must change.".to_owned()
            }
            CallRefusal::NotOpen => "The call is not open, so there is nothing to amend.".to_owned(),
            CallRefusal::NotRepublished => {
                "Republish the tender notice with the change on the national platform first, and record its number and time.".to_owned()
            }
            CallRefusal::NoticeNumberTaken => {
                "A notice with this number is recorded for this call already. Each change is published as a notice of its own: enter the number that the platform gave the republished one.".to_owned()
            }
            CallRefusal::NoticeTooEarly(day) => format!(
                "The notice that this one republishes was published on {}, so this one cannot be older. Enter the day that the platform shows for the republished notice.",
                crate::values::time::medium_date(*day)
            ),
            CallRefusal::NothingChanged => "Nothing differs from the terms as they stand.".to_owned(),
            CallRefusal::NotWithdrawable => {
                "Only a call that is published and not yet awarded can be withdrawn. A draft can stay as it is.".to_owned()
            }
            CallRefusal::AwardStands => {
                "An award of this call is offered, accepted or signed, so the call can no longer be withdrawn. An offer that is not accepted lapses; an agreement is ended on its own page.".to_owned()
            }
            CallRefusal::QuestionsClosed => "Questions are no longer taken. The answers given so far are on the page.".to_owned(),
            CallRefusal::AnsweredAlready => "This question is answered already.".to_owned(),
            CallRefusal::ChangedMeanwhile(what) => format!(
                "A colleague has saved this page since you opened it, so nothing of yours was saved yet. What is stored differs in: {what}. Look at it below; saving again puts yours in its place."
            ),
            CallRefusal::AskedAlready => {
                "This question was asked already in the same words. Its answer will be on this page.".to_owned()
            }
            CallRefusal::WithItsFirst => {
                "This is the second stage of a procedure. It is published, taken back and withdrawn together with its first stage: do it there.".to_owned()
            }
            CallRefusal::SecondStageBegun => {
                "The second stage was opened to the suppliers that went on. Withdraw the second stage instead.".to_owned()
            }
            CallRefusal::FixedCondition { title, least } => format!(
                "“{title}” is fixed in your catalogue: {least}. A call may ask for something stricter, not for something milder. If it must, open the entry to negotiation there, then remove it here and ask it again."
            ),
            CallRefusal::EarnsBackwards { title, .. } => format!(
                "“{title}” asks for no more than its target, or for exactly that, and points are earned by promising more. So it cannot earn points: choose no criterion for it. It is still asked, and what is promised binds."
            ),
            CallRefusal::OwnCall => {
                "This is your own council’s call: questions come from those who may apply.".to_owned()
            }
            CallRefusal::TooManyQuestions => format!(
                "{MOST_WAITING} of your questions are waiting for an answer. Ask the next when the council has answered one."
            ),
        }
    }
    fn reference(&self) -> Option<&'static str> {
        match self {
            CallRefusal::Incomplete { reference, .. } => *reference,
            CallRefusal::PeriodTooShort { reference, .. } => Some(reference),
            CallRefusal::EarnsBackwards { tender: true, .. } => Some("Procurement Act 2023 s.23"),
            CallRefusal::AfterDeadline
            | CallRefusal::NotRepublished
            | CallRefusal::NoticeNumberTaken
            | CallRefusal::NoticeTooEarly(_) => Some(tender::AMENDING),
            _ => None,
        }
    }
}

/// Whether everything is there.
///
/// # Errors
/// [`CallRefusal::Incomplete`] with the first thing that is not.
pub fn whole(missing: &[Missing]) -> Result<(), CallRefusal> {
    match missing.first() {
        None => Ok(()),
        Some(first) => Err(CallRefusal::Incomplete {
            count: missing.len(),
            first: first.sentence.clone(),
            reference: first.reference,
        }),
    }
}

/// Whether the terms may still be written freely.
///
/// # Errors
/// [`CallRefusal::NotDraft`].
pub fn writable(call: &Call) -> Result<(), CallRefusal> {
    if call.stage == CallStage::Draft { Ok(()) } else { Err(CallRefusal::NotDraft) }
}

/// Whether the call may be withdrawn: published, and no notice of a contract's details recorded. That no award that was
/// told, offered or signed stands is asked of the database: one that fell away leaves its notice behind.
///
/// # Errors
/// [`CallRefusal::NotWithdrawable`]; [`CallRefusal::WithItsFirst`] for a second stage that waits.
pub fn withdrawable(call: &Call, notices: &[Notice]) -> Result<(), CallRefusal> {
    if call.stage == CallStage::AwaitingNotice && call.by_invitation().is_some() {
        return Err(CallRefusal::WithItsFirst);
    }
    let awarded = notices.iter().any(|n| n.kind == NoticeKind::Details);
    match call.stage {
        CallStage::AwaitingNotice | CallStage::Open | CallStage::Closed if !awarded => Ok(()),
        _ => Err(CallRefusal::NotWithdrawable),
    }
}

/// Whether a question is taken now: until the last instant for questions, itself included.
///
/// # Errors
/// [`CallRefusal::QuestionsClosed`].
pub fn takes_questions(call: &Call, now: Instant) -> Result<(), CallRefusal> {
    let until = call.terms.0.timetable.questions_by.or(call.deadline_at);
    if call.is_open(now) && until.is_some_and(|until| now <= until) {
        Ok(())
    } else {
        Err(CallRefusal::QuestionsClosed)
    }
}

/// Whether somebody may ask one question more.
///
/// # Errors
/// [`CallRefusal::AskedAlready`], [`CallRefusal::TooManyQuestions`].
pub fn may_ask(own_waiting: usize, asked_already: bool) -> Result<(), CallRefusal> {
    if asked_already {
        Err(CallRefusal::AskedAlready)
    } else if own_waiting >= MOST_WAITING {
        Err(CallRefusal::TooManyQuestions)
    } else {
        Ok(())
    }
}

/// The reference after the last one of a kind and year: `T-2026-0001`, then `T-2026-0002`, ….
#[must_use]
pub fn next_reference(prefix: &str, last: Option<&str>) -> String {
    let number = last.and_then(|l| l.strip_prefix(prefix)).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    format!("{prefix}{:04}", number.saturating_add(1))
}

/// `T-2026-` or `R-2026-`.
#[must_use]
pub fn reference_prefix(kind: CallKind, year: i32) -> String {
    match kind {
        CallKind::Tender => format!("T-{year}-"),
        CallKind::Round => format!("R-{year}-"),
    }
}

/// An identifier made of a title: lower case, words joined by `_`, not yet in `taken`.
#[must_use]
pub fn identifier(title: &str, taken: &BTreeSet<String>) -> String {
    let words: Vec<String> = title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(5)
        .map(str::to_ascii_lowercase)
        .collect();
    let base = if words.is_empty() { "part".to_owned() } else { words.join("_") };
    if !taken.contains(&base) {
        return base;
    }
    (2_u32..=u32::MAX).map(|n| format!("{base}_{n}")).find(|id| !taken.contains(id)).unwrap_or(base)
}
