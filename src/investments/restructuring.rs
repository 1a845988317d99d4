//! Changing a loan while it runs: asked for by the fund manager, shown in pounds and dates, approved by a second person.

use super::actions::{DecideProposal, account_of, note};
use super::book::Book;
use super::deciding::{Declined, Proposal, decline, may_decide, proposed, still_open};
use super::model::{
    Asked, Investment, InvestmentState, KnownFact, MadeFrom, OverdueChoice, ProposalState, Restructuring,
    ScheduleVersion, happened,
};
use super::rules::InvestmentRefusal;
use super::upkeep::{drawn, put_in_force, upkeep};
use super::{store, visible};
use crate::agreements;
use crate::app::App;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::finance::payments::{AllocationLine, Component, Due};
use crate::finance::schedule::HolidayKind;
use crate::finance::terms::{Fact, Facts, Happened, NewHoliday, NewTerms};
use crate::finance::{Instrument, InstrumentTerms};
use crate::ledger::{self, AccountKind, Posting};
use crate::outbox::mail;
use crate::people::policy::{Action, require};
use crate::people::{addresses_of_organisation, find_organisation};
use crate::values::time::medium_date;
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Pence, Rate, Subject};
use chrono::Months;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What may become of interest in a holiday that is agreed later.
pub(super) const HOLIDAYS: [(&str, &str); 3] = [
    ("interest_only", "Interest is paid"),
    ("capitalised_compounding", "Nothing is paid, and interest is added to the loan"),
    ("interest_free", "Nothing is paid, and no interest is charged"),
];

/// Asking for a change of a running loan, every field as text. What is left empty stays as it is.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Restructure {
    /// The day from which it holds: today or later.
    pub from_on: String,
    /// Payments from then on, those of a holiday counted.
    pub instalments: String,
    /// The day of the first of them.
    pub first_due: String,
    /// The new rate in per cent a year.
    pub rate: String,
    /// For how many payments no capital is paid.
    pub holiday_periods: String,
    /// What becomes of interest then: `interest_only`, `capitalised_compounding` or `interest_free`.
    pub holiday: String,
    /// What becomes of what is overdue: `stays`, `added` or `interest_given_up`.
    pub overdue: String,
    /// The part of the loan that is given up, in pounds.
    pub written_off: String,
    /// Why; not needed to see what it would mean.
    pub reason: String,
}

/// Most due dates of a changed loan.
const MOST_INSTALMENTS: u32 = 600;
/// How far ahead the first of them may lie, in months.
const MOST_MONTHS_AHEAD: u32 = 120;
/// How long a loan may run in all, in months from its first payment out.
const MOST_MONTHS_IN_ALL: u32 = 720;

impl Restructure {
    fn read(&self, form: &mut Parser) -> Option<(LocalDate, Asked)> {
        let from = form.date("from_on", &self.from_on, "Enter the day from which the change holds");
        let count = |form: &mut Parser, field: &str, text: &str, wrong: &str| -> Option<u32> {
            if text.trim().is_empty() {
                return None;
            }
            let found = text.trim().parse::<u32>().ok().filter(|n| (1..=MOST_INSTALMENTS).contains(n));
            form.check(found.is_some(), field, wrong);
            found
        };
        let instalments =
            count(form, "instalments", &self.instalments, "Enter how many payments, from 1 to 600, or leave it empty");
        let first_due = form.optional_date("first_due", &self.first_due);
        let rate = self.rate(form);
        let periods = count(
            form,
            "holiday_periods",
            &self.holiday_periods,
            "Enter for how many payments, from 1 to 600, or leave it empty",
        );
        let holiday = periods.and_then(|periods| {
            let interest = match self.holiday.trim() {
                "interest_only" => HolidayKind::InterestOnly,
                "capitalised_compounding" => HolidayKind::CapitalisedCompounding,
                "interest_free" => HolidayKind::InterestFree,
                _ => {
                    form.wrong("holiday", "Choose what becomes of interest in the holiday");
                    return None;
                }
            };
            Some(NewHoliday { periods, interest })
        });
        let overdue = if self.overdue.trim().is_empty() {
            Some(OverdueChoice::Stays)
        } else {
            form.value("overdue", &self.overdue, "Choose what becomes of what is overdue")
        };
        let written_off = if self.written_off.trim().is_empty() {
            Some(Pence::ZERO)
        } else {
            form.pence("written_off", &self.written_off, "Enter how much is given up, in pounds")
        };
        form.check(written_off.is_none_or(|w| w >= Pence::ZERO), "written_off", "Enter £0 or more");
        let asked = Asked { instalments, first_due, rate, holiday, overdue: overdue?, written_off: written_off? };
        let nothing = Asked {
            instalments: None,
            first_due: None,
            rate: None,
            holiday: None,
            overdue: OverdueChoice::Stays,
            written_off: Pence::ZERO,
        };
        // What was typed and refused above changes something too: it is told once.
        let misread = [
            (&self.instalments, instalments.is_none()),
            (&self.first_due, first_due.is_none()),
            (&self.rate, rate.is_none()),
            (&self.holiday_periods, holiday.is_none()),
        ];
        let misread = misread.iter().any(|(typed, unread)| *unread && !typed.trim().is_empty());
        let sentence = "Enter what changes: payments, dates, rate, holiday, or an amount";
        form.check(misread || asked != nothing, "instalments", sentence);
        Some((from?, asked))
    }

    fn rate(&self, form: &mut Parser) -> Option<Rate> {
        let text = self.rate.trim().trim_end_matches('%');
        if text.is_empty() {
            return None;
        }
        let value = form.decimal("rate", text, "")?;
        let rate = value.checked_div(Decimal::ONE_HUNDRED).and_then(|part| Rate::new(part).ok());
        let rate = rate.filter(|r| (Decimal::ZERO..=Decimal::ONE).contains(&r.get()));
        form.check(rate.is_some(), "rate", "Enter a rate from 0% to 100%, like 4.5");
        rate
    }

    /// The same answers as one line: what was shown is what is proposed.
    pub(super) fn seen(&self) -> String {
        let fields = [
            &self.from_on,
            &self.instalments,
            &self.first_due,
            &self.rate,
            &self.holiday_periods,
            &self.holiday,
            &self.overdue,
            &self.written_off,
        ];
        fields.map(|f| f.trim()).join("|")
    }
}

/// A plan of payments from a day on, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outline {
    /// What is overdue.
    pub overdue: Pence,
    /// Still to be paid in all, what is overdue with it.
    pub to_pay: Pence,
    /// The interest and fees in it.
    pub interest: Pence,
    /// How many payments are still to come.
    pub payments: usize,
    /// The next payment and its day.
    pub next: Option<(LocalDate, Pence)>,
    /// The day of the last payment.
    pub last: Option<LocalDate>,
    /// The largest payment to come.
    pub largest: Pence,
}

impl Outline {
    fn of(book: &Book, today: LocalDate) -> Outline {
        let left = book.outstanding();
        let to_come: Vec<_> = left.iter().filter(|d| d.due >= today).collect();
        Outline {
            overdue: left.iter().filter(|d| d.due < today).map(Due::total).sum(),
            to_pay: left.iter().map(Due::total).sum(),
            interest: left.iter().map(|d| d.interest + d.fee).sum(),
            payments: to_come.len(),
            next: to_come.first().map(|d| (d.due, d.total())),
            last: left.last().map(|d| d.due),
            largest: to_come.iter().map(|d| d.total()).max().unwrap_or(Pence::ZERO),
        }
    }
}

/// What a change would mean on a day.
#[derive(Clone, Debug)]
pub struct Change {
    /// The new terms, with what is overdue on that day.
    pub new: NewTerms,
    /// The payments as they are.
    pub before: Outline,
    /// The payments as they would be.
    pub after: Outline,
    /// The books as they would be.
    pub book: Book,
}

impl Change {
    /// The schedule that would be in force.
    fn version(&self) -> Result<&ScheduleVersion> {
        self.book.schedule.as_ref().ok_or(Error::NotFound)
    }
}

/// What is overdue on a day and leaves its instalments, by the choice made.
fn leaving(book: &Book, choice: OverdueChoice, today: LocalDate) -> Vec<AllocationLine> {
    if choice == OverdueChoice::Stays {
        return Vec::new();
    }
    let overdue = book.outstanding().into_iter().filter(|d| d.due < today);
    overdue
        .flat_map(|d| {
            // Fees stay due.
            [(Component::Interest, d.interest), (Component::Principal, d.principal)]
                .map(|(component, amount)| AllocationLine { instalment: d.instalment, component, amount })
        })
        .filter(|line| line.amount > Pence::ZERO)
        .collect()
}

/// Works a change out on the books of a day. Nothing is stored.
///
/// # Errors
/// Refused when it is no running loan, the day has passed, or the terms have no schedule.
pub fn work_out(book: &Book, from: LocalDate, asked: &Asked, reason: &str, now: Instant) -> Result<Change> {
    let investment = &book.investment;
    let today = now.date();
    let InstrumentTerms::Loan(_) = &investment.terms.0.terms else {
        return Err(InvestmentRefusal::NotALoan.into());
    };
    if investment.state != InvestmentState::Running || book.schedule.is_none() {
        return Err(InvestmentRefusal::NotRunning.into());
    }
    if from < today {
        return Err(InvestmentRefusal::ChangeDayPast.into());
    }
    if book.drawn(from).is_zero() || book.changes().any(|(on, _)| on > from) {
        return Err(Error::field("from_on", "Enter a day after the money was paid out, not before the last change"));
    }
    let latest = from.checked_add_months(Months::new(MOST_MONTHS_AHEAD)).unwrap_or(from);
    if asked.first_due.is_some_and(|first| first > latest) {
        return Err(Error::field("first_due", "Enter a day within ten years of the change"));
    }
    let lines = leaving(book, asked.overdue, today);
    let of = |component| lines.iter().filter(|l| l.component == component).map(|l| l.amount).sum::<Pence>();
    let (interest, capital) = (of(Component::Interest), of(Component::Principal));
    let given_up = asked.overdue == OverdueChoice::InterestGivenUp;
    let left = book.rows().iter().filter(|r| r.due > from).count();
    let new = NewTerms {
        instalments: match asked.instalments {
            Some(number) => number,
            None => u32::try_from(left)?.max(1),
        },
        first_due: asked.first_due,
        rate: asked.rate,
        holiday: asked.holiday,
        capital_added: capital,
        interest_added: if given_up { Pence::ZERO } else { interest },
        interest_given_up: if given_up { interest } else { Pence::ZERO },
        written_off: asked.written_off,
    };
    let terms = investment.terms.0.terms.clone();
    let draws = drawn(book);
    let mut facts = book.known().to_vec();
    let fact = Fact { on: from, known_on: today, what: Happened::Restructured(new) };
    facts.push(KnownFact { fact, source: reason.to_owned(), by_enterprise: false });
    let schedule = terms.schedule(&Facts { draws: &draws, happened: &happened(&facts), today })?;
    let begin = draws.iter().map(|d| d.on).min().unwrap_or(from);
    let end = begin.checked_add_months(Months::new(MOST_MONTHS_IN_ALL)).unwrap_or(begin);
    if schedule.rows.last().is_some_and(|r| r.due > end) {
        return Err(Error::field("instalments", "A loan runs for 60 years at most. Enter fewer payments"));
    }
    let kept = book.rows().iter().filter(|r| r.due <= from).count();
    if schedule.rows.iter().skip(kept).all(|r| r.principal.is_zero()) {
        return Err(Error::field(
            "written_off",
            "This leaves nothing to pay. To give everything up, value the holding as written off",
        ));
    }
    // Where a payment pays hardly anything of the loan, or much of it is given up, it ends sooner than was asked; what is
    // agreed and mailed must say how many payments there are.
    let to_come = u32::try_from(schedule.rows.len().saturating_sub(kept))?;
    if to_come < new.instalments {
        return Err(Error::field(
            "instalments",
            format!("On these terms the loan ends after {to_come} payments. Enter that number, or change the terms"),
        ));
    }
    let charged = book.entries.iter().filter(|e| e.instalment.is_some() && !book.is_reversed(e));
    let there = |number: i64| schedule.rows.iter().any(|r| i64::from(r.number) == number);
    if charged.filter_map(|e| e.instalment).any(|number| !there(number)) {
        return Err(InvestmentRefusal::FeeWithoutInstalment.into());
    }
    let moved = book.moved().iter().chain(&lines).copied().collect();
    let version = ScheduleVersion {
        id: Id::new(),
        authority_id: investment.authority_id,
        investment_id: investment.id,
        version: investment.schedule_version + 1,
        effective_on: from,
        schedule: Json(schedule),
        terms: Json(MadeFrom { terms, draws, facts, today, moved }),
        reason: format!("The loan was changed: {}", new.words()),
        made_at: now,
    };
    let before = Outline::of(book, today);
    let changed = Book { schedule: Some(version), ..book.clone() };
    Ok(Change { new, before, after: Outline::of(&changed, today), book: changed })
}

/// Shows what a change would mean, in pounds and dates. Nothing is stored.
///
/// # Errors
/// Invalid, Denied, NotFound, refused as [`work_out`].
pub async fn preview(
    app: &App,
    actor: &Actor,
    id: Id<Investment>,
    input: &Restructure,
    now: Instant,
) -> Result<Change> {
    let mut form = Parser::default();
    let read = input.read(&mut form);
    form.finish()?;
    let Some((from, asked)) = read else { return Err(Error::field("from_on", "Enter the day")) };
    let book = app.db.read(move |db| store::load_book(db, id)).await?;
    visible(actor, &book.investment)?;
    require(actor, Action::ManageFund, &book.investment.thing())?;
    work_out(&book, from, &asked, &input.reason, now)
}

/// A fund manager proposes a change of a running loan.
///
/// # Errors
/// Invalid, Denied, NotFound, refused as [`work_out`] or while another change is open.
pub async fn propose(
    app: &App,
    actor: &Actor,
    id: Id<Investment>,
    input: &Restructure,
    now: Instant,
) -> Result<Id<Restructuring>> {
    let mut form = Parser::default();
    let read = input.read(&mut form);
    let reason =
        form.text("reason", &input.reason, 2_000, "Enter why the loan is changed, and what was agreed with whom");
    form.finish()?;
    let Some((from, asked)) = read else { return Err(Error::field("from_on", "Enter the day")) };
    let (actor, asking) = (actor.clone(), app.clone());
    app.db
        .write(move |db| {
            let (book, changes) = store::load_changed(db, id)?;
            let investment = &book.investment;
            visible(&actor, investment)?;
            require(&actor, Action::ManageFund, &investment.thing())?;
            if changes.iter().any(|c| c.state == ProposalState::Proposed) {
                return Err(InvestmentRefusal::ChangeOpen.into());
            }
            work_out(&book, from, &asked, &reason, now)?;
            let made = Restructuring {
                id: Id::new(),
                authority_id: investment.authority_id,
                investment_id: id,
                from_on: from,
                asked: Json(asked),
                reason: reason.clone(),
                state: ProposalState::Proposed,
                agreed: None,
                proposed_by: account_of(&actor)?,
                proposed_at: now,
                decided_by: None,
                decided_at: None,
                decline_reason: None,
            };
            store::insert_restructuring(db, &made)?;
            let facts = json!({ "restructuring": made.id, "from": from, "asked": asked });
            proposed(&asking, db, &actor, investment, Proposal::Restructuring, facts, now)?;
            Ok(made.id)
        })
        .await
}

/// A committee member decides on a change. Approval makes the schedule anew from its day on, with what is overdue now,
/// takes what is given up out of the books, and tells the borrower. Who declines says why, and who proposed it is told.
///
/// # Errors
/// Invalid, Denied, NotFound; refused: own proposal, decided already, as [`work_out`].
pub async fn decide(
    app: &App,
    actor: &Actor,
    id: Id<Restructuring>,
    input: &DecideProposal,
    now: Instant,
) -> Result<Id<Investment>> {
    let declined = input.read()?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let (actor, telling) = (actor.clone(), app.clone());
    app.db
        .write(move |db| {
            let proposal = store::find_restructuring(db, id)?;
            let investment = store::find(db, proposal.investment_id)?;
            let by = may_decide(&actor, &investment, proposal.proposed_by, proposal.state)?;
            if let Some(why) = &declined {
                still_open(store::decline_restructuring(db, id, why, by, now)?)?;
                let what = Proposal::Restructuring;
                let facts = json!({ "restructuring": id, "from": proposal.from_on });
                let declined = Declined { what, proposed_by: proposal.proposed_by, reason: Some(why), facts };
                decline(&telling, db, &actor, &investment, declined, now)?;
                return Ok(investment.id);
            }
            upkeep(db, investment.id, now)?;
            let book = store::load_book(db, investment.id)?;
            let change = work_out(&book, proposal.from_on, &proposal.asked.0, &proposal.reason, now)?;
            still_open(store::approve_restructuring(db, id, change.new, by, now)?)?;
            put_in_force(db, change.version()?)?;
            post(db, &investment, &proposal, &change.new, now)?;
            // In a package several loans may stand under one agreement: it is said which of them is changed.
            let alone = store::by_agreement(db, investment.agreement_id)?.len() < 2;
            let which = if alone { "The loan".to_owned() } else { format!("The loan {}", investment.reference) };
            let reason =
                format!("{which} has new terms from {}: {}", medium_date(proposal.from_on), change.new.words());
            agreements::investment_changed(db, &actor, investment.agreement_id, &reason, change.after.last, now)?;
            tell(db, &investment, &proposal, &change, &address, now)?;
            let facts = json!({ "restructuring": id, "from": proposal.from_on, "agreed": change.new });
            note(db, &actor, &investment, "investment.restructuring_approved", facts, now)?;
            upkeep(db, investment.id, now)?;
            Ok(investment.id)
        })
        .await
}

/// Overdue interest that is added to the loan is earned now; what is given up is a loss. Overdue capital stands in the
/// books already.
fn post(db: &mut Db, investment: &Investment, proposal: &Restructuring, new: &NewTerms, now: Instant) -> Result<()> {
    let (authority, owner) = (investment.authority_id, investment.owner());
    let parts = [
        (AccountKind::Loans, AccountKind::InterestIncome, new.interest_added, "Overdue interest added to the loan"),
        (AccountKind::Impairment, AccountKind::Loans, new.written_off, "Part of the loan given up"),
    ];
    for (debit, credit, amount, memo) in parts {
        if amount.is_zero() {
            continue;
        }
        let debit = ledger::account(db, authority, &owner, debit, now)?;
        let credit = ledger::account(db, authority, &owner, credit, now)?;
        let (on, source, memo) = (proposal.from_on, Subject::new("restructuring", proposal.id), memo.to_owned());
        ledger::transfer(db, Posting { authority, debit, credit, amount, on, at: now, source, memo })?;
    }
    Ok(())
}

fn tell(
    db: &mut Db,
    investment: &Investment,
    proposal: &Restructuring,
    change: &Change,
    address: &str,
    now: Instant,
) -> Result<()> {
    let council = find_organisation(db, investment.authority_id)?.name;
    let after = &change.after;
    let next = after
        .next
        .map_or_else(String::new, |(on, amount)| format!("Your next payment is {amount} on {}. ", medium_date(on)));
    let last = after.last.map_or_else(String::new, |on| format!("Your last payment is on {}. ", medium_date(on)));
    let text = format!(
        "{council} has changed your loan {} from {} on: {}.\n\n{next}{last}In all {} is still to be paid.\n\nYour plan of payments: \
         {address}/my-investments/{}\n\nIf this is not what you agreed, write to the fund manager.\n",
        investment.reference,
        medium_date(proposal.from_on),
        change.new.words(),
        after.to_pay,
        investment.id
    );
    let subject = format!("Your loan {} was changed", investment.reference);
    for to in addresses_of_organisation(db, investment.organisation_id)? {
        mail::queue(db, Some(investment.authority_id), &to, &subject, &text, now)?;
    }
    Ok(())
}

/// Whether the loan can be changed now: it runs, and no change is open.
pub(super) fn can_change(book: &Book, changes: &[Restructuring]) -> bool {
    book.investment.terms.0.instrument() == Instrument::Loan
        && book.investment.state == InvestmentState::Running
        && book.schedule.is_some()
        && changes.iter().all(|c| c.state != ProposalState::Proposed)
}
