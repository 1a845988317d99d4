//! An investment in words: how it stands, its terms, and what happened.

use super::book::{Book, Standing};
use super::charts::capital;
use super::model::{Entry, EntryKind, Precedent, ProposalState};
use super::plan::{Line, Punctuality};
use super::whole::Whole;
use crate::compliance::{Followed, Happening, Promise};
use crate::conditions::{Cadence, Direction};
use crate::finance::loan::{Accrual, Facility, Plan, Price};
use crate::finance::payments::Component;
use crate::finance::schedule::{HolidayKind, HolidayTerm};
use crate::finance::terms::Carried;
use crate::finance::{DayCount, InstrumentTerms};
use crate::values::decimals::{group_thousands, shown_percent, shown_with_unit};
use crate::values::time::{distance, medium_date};
use crate::values::{Account, Id, Instant, LocalDate, counted, counted_with};
use rust_decimal::Decimal;

/// "once", "twice", "8 times".
fn times(n: usize) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

/// How the promises stand in one clause, and whether that is well.
fn promises_stand(promises: &[Promise]) -> Option<(String, bool)> {
    use crate::compliance::DueState;
    let in_state = |states: &[DueState]| {
        promises.iter().filter(|p| p.due.as_ref().is_some_and(|d| states.contains(&d.state))).count()
    };
    let breach = in_state(&[DueState::Breached, DueState::Enforced, DueState::Reserved]);
    let missed = in_state(&[DueState::Missed]);
    let overdue = promises.iter().filter(|p| p.word == "Overdue").count();
    let met = promises.iter().filter(|p| p.is_met()).count();
    let are = |n: usize, many: &str| counted_with(n, many, "is", "are");
    Some(match promises.len() {
        0 => return None,
        _ if breach > 0 => (format!("{} in breach", are(breach, "conditions")), false),
        _ if missed > 0 => (format!("{} missed, with time left to put it right", are(missed, "conditions")), false),
        _ if overdue > 0 => (format!("{} overdue", are(overdue, "figures")), false),
        all if met == all => ("every condition is met".to_owned(), true),
        _ if met == 0 => ("every condition is on the way".to_owned(), true),
        _ => ("every condition is met or on the way".to_owned(), true),
    })
}

/// How the money stands in one clause, and whether that is well.
fn money_stands(book: &Book, punctual: Punctuality, today: LocalDate) -> (String, bool) {
    let arrears = book.arrears(today);
    match (book.standing(today), punctual) {
        (Standing::InArrears, _) => {
            let days = counted(arrears.days_past_due, "days");
            (format!("{} is overdue, {days} for the oldest part", arrears.overdue), false)
        }
        (_, Punctuality { due: 0, .. }) => ("No payment is due yet".to_owned(), true),
        (_, Punctuality { due: 1, on_time: 1, .. }) => ("The first payment came on time".to_owned(), true),
        (_, Punctuality { due, on_time, .. }) if due == on_time => {
            (format!("Paid on time {} out of {due}", times(on_time)), true)
        }
        (_, Punctuality { due, on_time, .. }) => {
            let late = due - on_time;
            let them = if due == 1 {
                "The payment is in, late".to_owned()
            } else {
                format!("All {due} payments are in, {late} of them late")
            };
            (them, true)
        }
    }
}

/// What is to be done before the first payment out.
pub(super) fn before_payment(book: &Book, precedents: &[Precedent], cancelling: bool) -> &'static str {
    if cancelling {
        "Cancelling it is proposed. A second person decides."
    } else if book.drawdowns.iter().any(|d| d.state == ProposalState::Proposed) {
        "A payment is proposed. A second person decides."
    } else if precedents.is_empty() {
        "The agreement names no conditions before payment: propose the first payment."
    } else if precedents.iter().all(|p| p.verified_at.is_some()) {
        "The conditions before payment are verified: propose the first payment."
    } else {
        "Verify the conditions before payment, then propose the first payment."
    }
}

/// The answer to "how does it stand", and what comes next.
pub(super) fn verdict(book: &Book, punctual: Punctuality, promises: &[Promise], today: LocalDate) -> (String, String) {
    let stands = promises_stand(promises);
    let with_promises = |(money, well): (String, bool)| match &stands {
        None => format!("{money}."),
        Some((clause, good)) => format!("{money}, {} {clause}.", if well == *good { "and" } else { "but" }),
    };
    let text = match book.standing(today) {
        Standing::AwaitingDrawdown => {
            return (format!("Nothing is paid out yet of {} agreed.", book.investment.amount), String::new());
        }
        Standing::Running | Standing::InArrears => {
            format!("{} {}", with_promises(money_stands(book, punctual, today)), still(book, today))
        }
        Standing::Repaid if !book.to_refund().is_zero() => {
            with_promises((format!("Repaid, and {} above that is to be refunded", book.to_refund()), true))
        }
        Standing::Repaid => with_promises(("Repaid to the last penny".to_owned(), true)),
        Standing::WrittenOff => with_promises(("Written off: nothing more is expected".to_owned(), false)),
        Standing::Ended => with_promises(("Ended: nothing more is due".to_owned(), true)),
        Standing::Cancelled => {
            return (
                format!("Cancelled: nothing was paid out of {} agreed.", book.investment.amount),
                "When no other part of the agreement runs, a contract manager can end it.".to_owned(),
            );
        }
    };
    (text, note(book, promises, today))
}

fn note(book: &Book, promises: &[Promise], today: LocalDate) -> String {
    let mut parts = Vec::new();
    let settled: usize = promises.iter().map(|p| p.misses - p.unsettled).sum();
    match settled {
        0 => {}
        1 => parts.push("One miss so far was put right.".to_owned()),
        n => parts.push(format!("{n} misses so far were put right.")),
    }
    let payment = book
        .next_due(today)
        .filter(|_| matches!(book.standing(today), Standing::Running | Standing::InArrears))
        .map(|d| (d.due, format!("{} on {}, {}", d.total(), medium_date(d.due), distance(today, d.due))));
    let figure = promises
        .iter()
        .filter_map(|p| p.due.as_ref().map(|d| (d, p)))
        .filter(|(d, _)| d.state == crate::compliance::DueState::Pending && d.due_on >= today)
        .min_by_key(|(d, _)| d.due_on)
        .map(|(d, p)| (d.due_on, format!("the figure for “{}” on {}", p.obligation.title, medium_date(d.due_on))));
    let mut next: Vec<(LocalDate, String)> = [payment, figure].into_iter().flatten().collect();
    next.sort_by_key(|(day, _)| *day);
    if !next.is_empty() {
        let words: Vec<String> = next.into_iter().map(|(_, words)| words).collect();
        parts.push(format!("Next: {}.", words.join("; then ")));
    }
    parts.join(" ")
}

/// A promise as a row of a table.
pub(super) struct Condition {
    pub(super) title: String,
    /// Where more can be read: its next due date, or the agreement.
    pub(super) href: String,
    /// "24 people", "at most 3%".
    pub(super) promised: String,
    /// The verified figure.
    pub(super) verified: String,
    /// What is claimed and not checked yet.
    pub(super) claimed: String,
    /// By when.
    pub(super) by: String,
    /// How often a figure is due.
    pub(super) often: &'static str,
    pub(super) word: &'static str,
    pub(super) colour: &'static str,
}

impl From<&Promise> for Condition {
    fn from(p: &Promise) -> Condition {
        let o = &p.obligation;
        let figure = o.promised.of(&o.unit);
        let shown = |figure| shown_with_unit(figure, &o.unit);
        let claimed = p.standing.claimed.filter(|_| p.to_check.is_some());
        Condition {
            title: o.title.clone(),
            href: match &p.due {
                Some(due) => format!("/compliance/dues/{}", due.id),
                None => format!("/agreements/{}", o.agreement_id),
            },
            promised: match o.direction {
                Direction::AtLeast => figure,
                other => format!("{} {figure}", other.label().to_lowercase()),
            },
            verified: p.standing.verified.map_or_else(|| "not yet".to_owned(), shown),
            claimed: claimed.map(|c| format!("{} being checked", shown(c))).unwrap_or_default(),
            by: medium_date(o.terms.0.due),
            often: match o.terms.0.cadence {
                Cadence::Once => "",
                Cadence::Quarterly => "a figure every quarter",
                Cadence::HalfYearly => "a figure twice a year",
                Cadence::Yearly => "a figure once a year",
            },
            word: p.word,
            colour: p.colour,
        }
    }
}

/// "12 months", "1 month", "2 years".
fn months(n: u32) -> String {
    if n.is_multiple_of(12) { counted(n / 12, "years") } else { counted(n, "months") }
}

/// One of the terms: what, the term, a remark.
pub(super) type Term = (&'static str, String, String);

/// The terms as agreed, in the order pages show them.
pub(super) fn terms(book: &Book, lines: &[Line], promises: &[Promise], today: LocalDate) -> Vec<Term> {
    let investment = &book.investment;
    let offer = &investment.terms.0;
    let undrawn = book.undrawn();
    let paid_out = if matches!(offer.terms, InstrumentTerms::Guarantee(_)) {
        format!("the most that is ever paid; {} so far", book.drawn(today))
    } else if book.drawn(today).is_zero() {
        "nothing paid out yet".to_owned()
    } else if undrawn.is_zero() {
        "all paid out".to_owned()
    } else {
        format!("{undrawn} still to be paid out")
    };
    let mut terms: Vec<Term> = vec![
        ("Kind", offer.instrument().label().to_owned(), String::new()),
        ("Amount", investment.amount.to_string(), paid_out),
    ];
    match &offer.terms {
        InstrumentTerms::Loan(loan) => {
            loan_terms(loan, lines, &mut terms);
            changed_terms(book, lines, today, &mut terms);
            terms.extend(book.changes().map(|(on, new)| ("Changed", format!("from {}", medium_date(on)), new.words())));
        }
        other => terms.extend(other.facts().into_iter().map(|(term, value)| (term, value, String::new()))),
    }
    terms.extend(part_now(book));
    if let Some(ladder) = promises.iter().map(|p| &p.obligation.terms.0.remedies).find(|r| !r.is_empty()) {
        terms.push(("If it fails", "Remedy ladder".to_owned(), ladder.join(", then ")));
    }
    terms
}

/// The fund's part of a company after the latest round of new shares.
pub(super) fn part_now(book: &Book) -> Option<Term> {
    let round = book.latest_round()?;
    let remark = format!(
        "{} before the round of {}, in which others bought {} new shares at {} each",
        shown_percent(round.part.before, 2),
        medium_date(round.on),
        group_thousands(&round.issued.to_string()),
        pounds_each(round.price),
    );
    Some(("Part now", shown_percent(round.part.after, 2), remark))
}

/// A price of a share, given in pence: "£1.25", "£0.0125".
fn pounds_each(pence: Decimal) -> String {
    format!("£{}", (pence / Decimal::ONE_HUNDRED).round_dp(6).normalize())
}

/// A rate as people say it, without zeros at its end: "4.5%", "6%".
fn percent(rate: Decimal) -> String {
    let shown = shown_percent(rate, 2);
    format!("{}%", shown.trim_end_matches('%').trim_end_matches('0').trim_end_matches('.'))
}

fn yearly(rate: Decimal) -> String {
    format!("{} a year", percent(rate))
}

fn loan_terms(loan: &Facility, lines: &[Line], terms: &mut Vec<Term>) {
    let rate = match &loan.price {
        Price::Fixed { rate } => yearly(rate.get()),
        Price::Stepped { steps } => steps
            .iter()
            .map(|s| format!("{} from {}", percent(s.rate.get()), medium_date(s.from)))
            .collect::<Vec<_>>()
            .join(", "),
        Price::BasePlusMargin { margin, .. } => format!("base rate + {}", yearly(margin.get())),
    };
    let counted = match loan.accrual {
        Accrual::Days(DayCount::Act365F) => "on what is owed, by the days of each period out of 365",
        Accrual::Days(_) => "on what is owed, by the days of each period",
        Accrual::EqualPeriods => "on what is owed, the same part of a year each period",
    };
    terms.push(("Interest", rate, counted.to_owned()));
    let length = months(loan.instalments.saturating_mul(loan.period_months));
    terms.push(("Length", length, lines.last().map(|l| format!("to {}", medium_date(l.due))).unwrap_or_default()));
    for pause in &loan.pauses {
        let kind = match pause.kind {
            HolidayKind::InterestOnly => "interest is paid",
            HolidayKind::CapitalisedSimple | HolidayKind::CapitalisedCompounding => "interest is added to the loan",
            HolidayKind::Deferred => "interest is paid after it",
            HolidayKind::InterestFree => "no interest is charged",
        };
        let term = match pause.term {
            HolidayTerm::Lengthens => "the loan ends later by it",
            HolidayTerm::Squeezes => "the term is not extended",
        };
        let length = months(pause.periods.saturating_mul(loan.period_months));
        let when = if pause.first == 1 {
            format!("First {length}")
        } else {
            format!("{length} from due date {}", pause.first)
        };
        terms.push(("Capital holiday", when, format!("{kind}; {term}")));
    }
    terms.push((
        "Payments",
        format!("{}, every {}", loan.instalments, months(loan.period_months).trim_start_matches("1 ")),
        match &loan.plan {
            Plan::Annuity => "level payments; the last one takes the remainder".to_owned(),
            Plan::EqualPrincipal => "equal parts of the loan, with interest on top".to_owned(),
            Plan::Bullet => "interest each time, the loan at the end".to_owned(),
            Plan::Balloon { amount } => format!("level payments that leave {amount} for the end"),
            Plan::Custom { .. } => "as agreed one by one".to_owned(),
        },
    ));
}

/// The terms of a changed loan as they are now, each with what it was.
fn changed_terms(book: &Book, lines: &[Line], today: LocalDate, terms: &mut [Term]) {
    if let Some((now, since)) = rate_now(book, today)
        && let Some((_, value, remark)) = terms.iter_mut().find(|(term, ..)| *term == "Interest")
    {
        *remark = format!("since {}, before it {value}; {remark}", medium_date(since));
        *value = now;
    }
    // The lines are those of the schedule in force, which a change that holds from a later day has made as well.
    let Some(last) = lines.last().filter(|_| book.changes().next().is_some()) else { return };
    for (term, value, remark) in terms {
        match *term {
            "Length" => {
                *remark = format!("as changed; agreed for {value}");
                *value = format!("to {}", medium_date(last.due));
            }
            "Payments" => {
                let every = value.split_once(", ").map(|(_, every)| format!(", {every}")).unwrap_or_default();
                *remark = format!("as changed; agreed: {value}; {remark}");
                *value = format!("{}{every}", lines.len());
            }
            _ => {}
        }
    }
}

/// The rate that a change of the loan set, and since when; `None` while the agreed one holds.
pub(super) fn rate_now(book: &Book, today: LocalDate) -> Option<(String, LocalDate)> {
    let changed = book.changes().filter(|(on, _)| *on <= today).filter_map(|(on, new)| Some((on, new.rate?)));
    changed.last().map(|(on, rate)| (yearly(rate.get()), on))
}

/// What an investment that was never valued counts for.
pub(super) fn carried(book: &Book) -> String {
    match book.investment.terms.0.terms.carried() {
        Carried::Capital | Carried::Due => "what was paid out and has not come back",
        Carried::Nothing => "nothing: a grant does not come back",
    }
    .to_owned()
}

/// What the fund still has in it, in a sentence.
fn still(book: &Book, today: LocalDate) -> String {
    let owed = book.owed(today);
    match &book.investment.terms.0.terms {
        InstrumentTerms::Loan(_) => format!("{owed} is still owed."),
        InstrumentTerms::RevenueShare(_) => format!("{owed} of what was paid out has not come back yet."),
        InstrumentTerms::Convertible(_) => format!("{owed} with the interest that was added is in it."),
        InstrumentTerms::Equity(_) | InstrumentTerms::PreferenceShares(_) => format!("The shares cost {owed}."),
        InstrumentTerms::CommunityShares(_) => format!("{owed} of shares are held."),
        InstrumentTerms::RecoverableGrant(_) if owed.is_zero() => "Nothing has to come back now.".to_owned(),
        InstrumentTerms::RecoverableGrant(_) => format!("{owed} has to come back now."),
        InstrumentTerms::Grant => "It does not come back.".to_owned(),
        InstrumentTerms::Guarantee(_) if owed.is_zero() => "Nothing paid to the lender is open.".to_owned(),
        InstrumentTerms::Guarantee(_) => format!("{owed} was paid to the lender and is not recovered."),
    }
}

/// Something that happened.
pub(super) struct Event {
    pub(super) at: Instant,
    pub(super) word: &'static str,
    pub(super) colour: &'static str,
    /// `breach`, `cured` or nothing.
    pub(super) state: &'static str,
    pub(super) title: String,
    pub(super) by: String,
    pub(super) text: String,
    /// Where more can be read; empty for nowhere.
    pub(super) href: String,
    /// Whether it is only told in the full history: a payment that came as planned, a proposal that was decided.
    pub(super) routine: bool,
}

impl Event {
    fn new(at: Instant, title: String, by: String, text: String) -> Event {
        Event { at, word: "", colour: "", state: "", title, by, text, href: String::new(), routine: false }
    }

    fn tagged(self, word: &'static str, colour: &'static str) -> Event {
        Event { word, colour, ..self }
    }

    fn routine(self, routine: bool) -> Event {
        Event { routine, ..self }
    }
}

impl From<Happening> for Event {
    fn from(h: Happening) -> Event {
        Event {
            at: h.at,
            word: h.word,
            colour: h.colour,
            state: h.state,
            title: h.title,
            by: h.by,
            text: h.text,
            href: format!("/compliance/dues/{}", h.due),
            routine: h.routine,
        }
    }
}

/// What a payment went to: "£20 interest, £80 capital".
pub(super) fn allocation(entry: &Entry) -> String {
    let paid = &entry.allocation.0;
    let mut parts = Vec::new();
    for (component, word) in
        [(Component::Fee, "fees"), (Component::Interest, "interest"), (Component::Principal, "capital")]
    {
        let amount = paid.to(component);
        if !amount.is_zero() {
            parts.push(format!("{amount} {word}"));
        }
    }
    if !paid.left_over.is_zero() {
        parts.push(format!("{} kept as credit", paid.left_over));
    }
    parts.join(", ")
}

/// Everything that happened, newest first.
pub(super) fn events(whole: &Whole, lines: &[Line], followed: &mut Followed, today: LocalDate) -> Vec<Event> {
    let Whole { book, precedents, changes, cancellations, names, .. } = whole;
    let called = |id: Option<Id<Account>>| id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
    let agreed = format!("{} agreed", book.investment.amount);
    let mut events = vec![Event::new(book.investment.opened_at, "Agreement signed".to_owned(), String::new(), agreed)];
    for p in precedents {
        if let Some(at) = p.verified_at {
            let title = "Condition before payment verified".to_owned();
            events.push(Event::new(at, title, called(p.verified_by), p.text.clone()));
        }
    }
    for d in &book.drawdowns {
        let text = format!("Tranche {}, to be paid on {}", d.tranche, medium_date(d.pay_on));
        let proposed =
            Event::new(d.proposed_at, format!("Payment of {} proposed", d.amount), called(Some(d.proposed_by)), text);
        events.push(proposed.routine(d.decided_at.is_some()));
        let Some(at) = d.decided_at else { continue };
        let by = called(d.decided_by);
        events.push(if d.state == ProposalState::Approved {
            Event::new(at, format!("{} paid out", d.amount), by, String::new()).tagged("Paid", "green")
        } else {
            Event::new(at, format!("Payment of {} declined", d.amount), by, String::new())
        });
    }
    for e in &book.entries {
        let by = if e.made_by.is_some() { called(e.made_by) } else { "by the schedule".to_owned() };
        let event = Event::new(e.made_at, format!("{}: {}", e.kind.label(), e.amount), by, e.note.clone());
        events.push(match e.kind {
            EntryKind::Reversal => event.tagged("Reversed", "red"),
            EntryKind::Receipt | EntryKind::Credit => event.routine(true),
            EntryKind::Charge | EntryKind::Refund | EntryKind::Recovery => event,
        });
    }
    for v in &book.valuations {
        let title = format!("Value of {} proposed", v.value);
        let proposed = Event::new(v.proposed_at, title, called(Some(v.proposed_by)), v.reason.clone());
        events.push(proposed.routine(v.decided_at.is_some()));
        if let Some(at) = v.decided_at {
            let title = format!("Value of {} {}", v.value, v.state.label().to_lowercase());
            events.push(Event::new(at, title, called(v.decided_by), v.reason.clone()));
        }
    }
    for c in changes {
        let title = format!("Change of the loan from {} proposed", medium_date(c.from_on));
        let proposed = Event::new(c.proposed_at, title, called(Some(c.proposed_by)), c.reason.clone());
        events.push(proposed.routine(c.decided_at.is_some()));
        let Some(at) = c.decided_at else { continue };
        let by = called(c.decided_by);
        events.push(match &c.agreed {
            Some(agreed) => {
                let title = format!("Loan changed from {}", medium_date(c.from_on));
                Event::new(at, title, by, capital(&format!("{}.", agreed.0.words()))).tagged("Changed", "purple")
            }
            None => {
                let why = c.decline_reason.clone().unwrap_or_default();
                Event::new(at, "Change of the loan declined".to_owned(), by, why)
            }
        });
    }
    for c in cancellations {
        let title = "Cancellation proposed".to_owned();
        let proposed = Event::new(c.proposed_at, title, called(Some(c.proposed_by)), c.reason.clone());
        events.push(proposed.routine(c.decided_at.is_some()));
        let Some(at) = c.decided_at else { continue };
        let by = called(c.decided_by);
        events.push(match &c.decline_reason {
            Some(why) => Event::new(at, "Cancellation declined".to_owned(), by, why.clone()),
            None => Event::new(at, "Cancelled before any payment".to_owned(), by, c.reason.clone())
                .tagged("Cancelled", "grey"),
        });
    }
    let last_of_holiday = lines.iter().rfind(|l| l.holiday).filter(|l| l.due < today);
    let after = lines.iter().find(|l| !l.holiday && last_of_holiday.is_none_or(|last| l.due > last.due));
    if let (Some(last), Some(first)) = (last_of_holiday, after) {
        let text = format!("First payment of {} due on {}.", first.payment(), medium_date(first.due));
        let title = "Capital holiday ended".to_owned();
        events.push(Event::new(Instant::start_of(last.due), title, "by the schedule".to_owned(), text));
    }
    events.extend(std::mem::take(&mut followed.happenings).into_iter().map(Event::from));
    events.sort_by_key(|e| std::cmp::Reverse(e.at));
    events
}
