//! Rules of applications: what is missing, what the deadline allows, when envelopes may be opened.

use super::model::{Answers, Application, ApplicationState, PriceAnswers, Promised};
use super::price_parts;
use super::questions::{self, Asks, LEAST_CASH_ROWS, Question};
use crate::calls::{Call, CallKind, CallStage, Part, Terms};
use crate::conditions::Direction;
use crate::evaluation::check::{MAX_PLACES, MAX_PRICE, MAX_QUANTITY};
use crate::evaluation::{AboveCeiling, Kind};
use crate::values::time::medium_date;
use crate::values::{Account, Id, Instant, Pence, RefusalInfo};
use chrono::TimeDelta;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How long after the deadline the envelopes stay shut: requests taken before it have ended by then.
pub const OPENING_PAUSE_MINUTES: i64 = 5;

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
    /// Answers are missing: how many.
    Incomplete(usize),
    /// The declaration is not made.
    NotDeclared,
    /// Nothing was sent.
    NotSubmitted,
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
            ApplicationRefusal::Incomplete(_) => "applications/incomplete",
            ApplicationRefusal::NotDeclared => "applications/not-declared",
            ApplicationRefusal::NotSubmitted => "applications/not-submitted",
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
            ApplicationRefusal::Incomplete(count) => format!(
                "{count} {} missing. Open “Check your answers” to see what, then send again.",
                if *count == 1 { "thing is" } else { "things are" }
            ),
            ApplicationRefusal::NotDeclared => {
                "Enter your name and tick that everything is true and complete, then send again.".to_owned()
            }
            ApplicationRefusal::NotSubmitted => "This application was not sent, so there is no receipt. Send it first.".to_owned(),
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

/// Whether an opening has read all that lies in the database: applications that stand as sent, and live envelopes.
///
/// # Errors
/// [`ApplicationRefusal::CountsDiffer`].
pub fn all_read(read: (i64, i64), counted: (i64, i64)) -> Result<(), ApplicationRefusal> {
    if read == counted { Ok(()) } else { Err(ApplicationRefusal::CountsDiffer { read, counted }) }
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

/// Something that is missing or wrong before an application can be sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Missing {
    /// Which question it is about.
    pub question: String,
    /// What to do.
    pub sentence: String,
}

/// Everything that is missing or wrong, in the order of the task list; empty when it can be sent.
#[must_use]
pub fn missing(terms: &Terms, answers: &Answers, price: &PriceAnswers) -> Vec<Missing> {
    let mut all = Vec::new();
    for question in questions::questions(terms) {
        for sentence in missing_of(terms, &question, answers, price) {
            all.push(Missing { question: question.key.clone(), sentence });
        }
    }
    all
}

/// What is missing at one question.
#[must_use]
pub fn missing_of(terms: &Terms, question: &Question, answers: &Answers, price: &PriceAnswers) -> Vec<String> {
    match &question.asks {
        Asks::Organisation | Asks::Files => Vec::new(),
        Asks::Eligibility => not_eligible(terms, &answers.eligibility),
        Asks::Quality { criterion, words } => {
            let text = answers.answers.get(criterion).map_or("", String::as_str);
            let count = questions::words(text);
            let most = usize::try_from(*words).unwrap_or(usize::MAX).saturating_mul(questions::CHARACTERS_A_WORD);
            if count == 0 {
                vec![format!("Answer “{}”", question.title)]
            } else if text.chars().count() > most {
                vec![format!(
                    "“{}” is too long. Use {words} words or fewer, and at most {most} characters",
                    question.title
                )]
            } else if u32::try_from(count).is_ok_and(|count| count <= *words) {
                Vec::new()
            } else {
                vec![format!("“{}” has {count} words. Use {words} or fewer", question.title)]
            }
        }
        Asks::Pass { criterion, .. } => match answers.answers.get(criterion).map(String::as_str) {
            Some("yes" | "no") => Vec::new(),
            _ => vec![format!("Answer yes or no to “{}”", question.title)],
        },
        Asks::Promise { id } => match answers.promises.get(id) {
            None => vec![format!(
                "Say how much you promise, from how much today, by when and how, for “{}”",
                question.title
            )],
            Some(promised) => promise_problems(terms, question, id, promised),
        },
        Asks::Price => price_problems(terms, price),
        Asks::LotPlace { lots } => match answers.lot_place {
            Some(place) if !(1..=*lots).contains(&place) => {
                vec![format!("Give this lot a place from 1 to {lots} in your order of lots, or none")]
            }
            _ => Vec::new(),
        },
        Asks::UseOfFunds => use_problems(answers, price),
        Asks::CashFlow => cash_problems(answers),
    }
}

fn promise_problems(terms: &Terms, question: &Question, id: &str, promised: &Promised) -> Vec<String> {
    let mut problems = Vec::new();
    let title = &question.title;
    if promised.quantity.get().is_sign_negative() && !promised.quantity.get().is_zero() {
        problems.push(format!("The promise for “{title}” cannot be less than nothing"));
    }
    // What the ranking could not take must not be sent: it would stop the ranking of everybody.
    if promised.quantity.get() > MAX_QUANTITY || promised.quantity.get().scale() > MAX_PLACES {
        problems.push(format!(
            "The promise for “{title}” is too large or too fine: use at most {} with at most {MAX_PLACES} decimal places",
            crate::values::decimals::shown_decimal(MAX_QUANTITY)
        ));
    }
    problems.extend(baseline_problems(terms, question, id, promised));
    if let Some(deadline) = terms.timetable.deadline
        && promised.by <= deadline.date()
    {
        problems.push(format!(
            "The date for “{title}” must be after {}, when the call closes",
            medium_date(deadline.date())
        ));
    }
    if questions::words(&promised.how) == 0 {
        problems.push(format!("Say how you will keep and show the promise for “{title}”"));
    }
    let Some(asked) = questions::condition(terms, id) else { return problems };
    if asked.body.unit == "%" && promised.quantity.get() > Decimal::ONE_HUNDRED {
        problems.push(format!("The promise for “{title}” cannot be more than 100%"));
    }
    if asked.required {
        let (quantity, target) = (promised.quantity.get(), asked.target.get());
        let kept = match asked.body.direction {
            Direction::AtLeast => quantity >= target,
            Direction::AtMost => quantity <= target,
            Direction::Equal => quantity == target,
        };
        if !kept {
            problems.push(format!(
                "“{title}” asks for {} {} {}",
                asked.body.direction.label().to_lowercase(),
                asked.target.shown(),
                asked.body.unit
            ));
        }
    }
    if promised.by > asked.due {
        problems.push(format!("The date for “{title}” must be {} or earlier", medium_date(asked.due)));
    }
    problems
}

/// What cannot be true of how much there is today, or cannot be counted.
fn baseline_problems(terms: &Terms, question: &Question, id: &str, promised: &Promised) -> Vec<String> {
    let (title, quantity, baseline) = (&question.title, promised.quantity.get(), promised.baseline.get());
    let mut problems = Vec::new();
    if baseline.is_sign_negative() && !baseline.is_zero() {
        problems.push(format!("How much there is today for “{title}” cannot be less than nothing"));
    }
    if questions::is_counted(&questions::unit(terms, id)) && [quantity, baseline].iter().any(|n| !n.fract().is_zero()) {
        problems
            .push(format!("Use whole numbers for “{title}”: {} are counted one by one", questions::unit(terms, id)));
    }
    // A measure of the model that no condition covers earns points for more.
    let direction = questions::condition(terms, id).map_or(Direction::AtLeast, |asked| asked.body.direction);
    let backwards = match direction {
        Direction::AtLeast => baseline > quantity,
        Direction::AtMost => baseline < quantity,
        Direction::Equal => false,
    };
    if backwards {
        problems.push(format!(
            "The promise for “{title}” is worse than what there is today. Promise at least what you have, or correct how much there is today"
        ));
    }
    problems
}

/// The published ceiling of a price criterion, where a price above it excludes the bid.
fn excluding_ceiling(terms: &Terms, id: &str) -> Option<Pence> {
    match &terms.model.criterion(id)?.kind {
        Kind::Price { model } | Kind::Cost { model, .. } => {
            model.ceiling().filter(|(_, above)| *above == AboveCeiling::Excluded).map(|(ceiling, _)| ceiling)
        }
        _ => None,
    }
}

fn price_problems(terms: &Terms, price: &PriceAnswers) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, title) in questions::prices(terms) {
        match price.prices.get(&id) {
            None => problems.push(format!("Enter the price for “{title}”")),
            Some(given) if given.0 <= 0 => problems.push(format!("The price for “{title}” must be more than £0")),
            Some(given) if *given > MAX_PRICE => problems.push(format!("The price for “{title}” is too large")),
            Some(_) => {
                let compared = price_parts::compared(terms, &id, price);
                if let Some(ceiling) = excluding_ceiling(terms, &id).filter(|c| compared.is_some_and(|p| p > *c)) {
                    let what = if compared == price.prices.get(&id).copied() { "price" } else { "whole-life cost" };
                    problems.push(format!(
                        "The {what} for “{title}” is above the ceiling of {ceiling}: a bid above it is left out"
                    ));
                }
            }
        }
    }
    if questions::asks_hours(terms) {
        match price.hours {
            None => problems.push("Enter the hours of work that the price pays for".to_owned()),
            Some(hours) if hours.get() <= Decimal::ZERO || hours.get() > MAX_QUANTITY => {
                problems.push("The hours of work must be more than 0, and fewer than a million million".to_owned());
            }
            Some(_) => {}
        }
    }
    if let Some(round) = &terms.round {
        match price.amount {
            None => problems.push("Enter how much you need".to_owned()),
            Some(amount) if amount < round.least || amount > round.most => {
                problems.push(format!("Ask for between {} and {}", round.least, round.most));
            }
            Some(_) => {}
        }
    }
    problems.extend(price_parts::problems(terms, price));
    problems
}

fn use_problems(answers: &Answers, price: &PriceAnswers) -> Vec<String> {
    if answers.use_of_funds.is_empty() {
        return vec!["Say what the money is for, line by line".to_owned()];
    }
    let total = Pence::total(answers.use_of_funds.iter().map(|line| line.amount));
    match (total, price.amount) {
        (Err(_), _) => vec!["The lines of what the money is for add up to more than can be held".to_owned()],
        (Ok(total), Some(amount)) if total != amount => {
            vec![format!("The lines of what the money is for add up to {total}, but you ask for {amount}")]
        }
        _ => Vec::new(),
    }
}

fn cash_problems(answers: &Answers) -> Vec<String> {
    let rows = &answers.cash_flow;
    if rows.len() < LEAST_CASH_ROWS {
        return vec![format!(
            "Give a cash flow of three years: at least {LEAST_CASH_ROWS} quarters. There are {}",
            rows.len()
        )];
    }
    if rows.windows(2).any(|pair| matches!(pair, [a, b] if b.period_end <= a.period_end)) {
        return vec!["Put the periods of the cash flow in order, each ending later than the one before".to_owned()];
    }
    match (rows.first(), rows.last()) {
        // The first row covers the period before its date, so eleven quarters lie between first and last.
        (Some(first), Some(last)) if (last.period_end - first.period_end).num_days() < 1000 => {
            vec!["The cash flow must cover three years".to_owned()]
        }
        _ => Vec::new(),
    }
}

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
        Some(_) if call.stage == CallStage::Withdrawn => return Err(ApplicationRefusal::NotOpen),
        Some(_) => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applications::samples::{Sample, answers};
    use crate::calls::Timetable;
    use crate::evaluation::{Criterion, Kind, Level, Model, PriceModel, Rounding};
    use proptest::prelude::*;
    use rust_decimal::{Decimal, dec};

    fn terms(words: u32) -> Terms {
        let level = |level: u32, share| Level { level, text: String::new(), share };
        let criterion =
            |id: &str, kind| Criterion { id: id.into(), title: id.into(), weight: Some(dec!(50)), minimum: None, kind };
        Terms {
            description: String::new(),
            tender: None,
            round: None,
            model: Model {
                title: String::new(),
                rounding: Rounding::default(),
                criteria: vec![
                    criterion("q", Kind::Quality { levels: vec![level(0, Decimal::ZERO), level(1, Decimal::ONE)] }),
                    criterion("p", Kind::Price { model: PriceModel::LowestOverPrice }),
                ],
                ties: vec![],
                abnormally_low: None,
            },
            words: [("q".to_owned(), words)].into(),
            conditions: vec![],
            eligibility: vec![],
            timetable: Timetable { questions_by: None, answers_by: None, deadline: None, decision_on: None },
        }
    }

    #[test]
    fn an_opening_that_missed_an_application_or_an_envelope_is_refused() {
        assert!(all_read((3, 3), (3, 3)).is_ok());
        for counted in [(4, 3), (3, 4), (2, 3)] {
            assert_eq!(all_read((3, 3), counted).unwrap_err().code(), "applications/counts-differ");
        }
    }

    proptest! {
        #[test]
        fn an_answer_is_sent_exactly_when_it_has_between_one_word_and_the_limit(count in 0_usize..40, limit in 1_u32..30) {
            let terms = terms(limit);
            let mut given = Answers::default();
            given.answers.insert("q".into(), "word ".repeat(count));
            let price = PriceAnswers { prices: [("p".to_owned(), Pence(1))].into(), ..PriceAnswers::default() };
            let whole = missing(&terms, &given, &price).is_empty();
            prop_assert_eq!(whole, count >= 1 && count <= usize::try_from(limit).unwrap());
        }

        #[test]
        fn a_price_of_nothing_or_less_is_never_sent(pence in -1000_i64..1000) {
            let terms = terms(10);
            let mut given = Answers::default();
            given.answers.insert("q".into(), "words".into());
            let price = PriceAnswers { prices: [("p".to_owned(), Pence(pence))].into(), ..PriceAnswers::default() };
            prop_assert_eq!(missing(&terms, &given, &price).is_empty(), pence > 0);
        }

        #[test]
        fn a_sample_is_whole_at_any_price(pounds in 1_i64..1_000_000) {
            let sample = Sample { text: "text".into(), factor: dec!(0.5), price: Pence(pounds * 100), declared_by: "N".into() };
            let terms = terms(50);
            let input = answers(&terms, &sample, crate::values::time::parse_date("2026-11-24").unwrap());
            prop_assert!(missing(&terms, &input.answers, &input.price).is_empty());
        }
    }
}
