//! What time does to an investment: schedules are made anew, due dates come, interest is added, credit is used.

use super::book::Book;
use super::model::{Investment, InvestmentState, KnownFact, MadeFrom, ScheduleVersion, happened};
use super::{payments, store};
use crate::app::App;
use crate::db::{Db, Json};
use crate::error::Result;
use crate::finance::InstrumentTerms;
use crate::finance::schedule::{Row, Tranche};
use crate::finance::terms::Facts;
use crate::ledger::{self, AccountKind, Posting};
use crate::outbox::{self, Job};
use crate::values::{Id, Instant, LocalDate, Subject};
use serde_json::json;

/// Job: an instalment of a schedule falls due.
pub const DUE: &str = "investment.due";

/// What is paid out so far, as the terms take it. What a guarantee paid is no drawing.
pub(super) fn drawn(book: &Book) -> Vec<Tranche> {
    match book.investment.terms.0.terms {
        InstrumentTerms::Guarantee(_) => Vec::new(),
        _ => book.paid_out().map(|d| Tranche { on: d.pay_on, amount: d.amount }).collect(),
    }
}

/// Makes the next version of a schedule from what is drawn and what happened, and plans its next due date. What earlier
/// changes moved stays moved.
pub(super) fn remake(
    db: &mut Db,
    book: &Book,
    draws: Vec<Tranche>,
    facts: Vec<KnownFact>,
    reason: String,
    effective_on: LocalDate,
    now: Instant,
) -> Result<()> {
    let investment = &book.investment;
    let terms = investment.terms.0.terms.clone();
    let today = now.date();
    let schedule = terms.schedule(&Facts { draws: &draws, happened: &happened(&facts), today })?;
    let version = ScheduleVersion {
        id: Id::new(),
        authority_id: investment.authority_id,
        investment_id: investment.id,
        version: investment.schedule_version + 1,
        effective_on,
        schedule: Json(schedule),
        terms: Json(MadeFrom { terms, draws, facts, today, moved: book.moved().to_vec() }),
        reason,
        made_at: now,
    };
    put_in_force(db, &version)
}

/// Stores a version of a schedule and plans its next due date.
pub(super) fn put_in_force(db: &mut Db, version: &ScheduleVersion) -> Result<()> {
    store::insert_schedule(db, version)?;
    store::set_schedule(db, version.investment_id, version.version)?;
    // What falls due between now and the day a change holds from is due all the same.
    schedule_due(db, version, version.effective_on.min(version.made_at.date()))
}

/// Plans the job of the first day after another on which something falls due, or after which nothing more can.
fn schedule_due(db: &mut Db, version: &ScheduleVersion, after: LocalDate) -> Result<()> {
    let schedule = &version.schedule.0;
    let made = &version.terms.0;
    let last = made.terms.last_day(&made.draws);
    let ends = schedule.open_until.filter(|day| Some(*day) == last).and_then(|day| day.succ_opt());
    let days = schedule.rows.iter().map(|r| r.due).chain(last).chain(ends);
    let Some(next) = days.filter(|day| *day > after).min() else { return Ok(()) };
    let payload = json!({ "investment": version.investment_id, "version": version.version });
    outbox::schedule(db, DUE, payload, Instant::start_of(next))
}

/// Job on a due date: capitalises interest, uses credit, and plans the next due date.
///
/// # Errors
/// What the database says.
pub async fn due(app: App, job: Job, now: Instant) -> Result<()> {
    let id: Id<Investment> = job.id_of("investment")?;
    let version = job.payload.0.get("version").and_then(serde_json::Value::as_i64);
    app.db
        .write(move |db| {
            let book = store::load_book(db, id)?;
            match &book.schedule {
                Some(current) if Some(current.version) == version => {
                    let made = current.terms.0.clone();
                    let so_far = happened(&made.facts);
                    let today = Facts { draws: &made.draws, happened: &so_far, today: now.date() };
                    let paid = |rows: &[Row]| rows.iter().map(|r| (r.number, r.due, r.payment)).collect::<Vec<_>>();
                    // A day alone can change what is due: a convertible becomes shares on its last day.
                    if !matches!(made.terms, InstrumentTerms::Loan(_))
                        && paid(&made.terms.schedule(&today)?.rows) != paid(book.rows())
                    {
                        let reason = "A day of the agreement has come".to_owned();
                        remake(db, &book, made.draws, made.facts, reason, now.date(), now)?;
                        return upkeep(db, id, now);
                    }
                    upkeep(db, id, now)?;
                    schedule_due(db, current, now.date())
                }
                // A newer version has a chain of its own.
                _ => Ok(()),
            }
        })
        .await
}

/// Brings an investment up to a day: capitalised interest that has fallen due is booked, credit pays what has fallen
/// due. A second run changes nothing.
///
/// # Errors
/// What the database says.
pub fn upkeep(db: &mut Db, id: Id<Investment>, now: Instant) -> Result<()> {
    let mut book = store::load_book(db, id)?;
    if book.investment.state != InvestmentState::Running {
        return Ok(());
    }
    capitalise(db, &book, now)?;
    payments::use_credit(db, &mut book, now)?;
    payments::settle_state(db, &book, now)
}

fn capitalise(db: &mut Db, book: &Book, now: Instant) -> Result<()> {
    let fallen: Vec<_> = book.rows().iter().filter(|r| !r.capitalised.is_zero() && r.due <= now.date()).collect();
    if fallen.is_empty() {
        return Ok(());
    }
    let investment = &book.investment;
    let source = Subject::new("capitalisation", investment.id);
    let booked = ledger::transfers_of_source(db, &source)?;
    let owner = investment.owner();
    for row in fallen {
        if booked.iter().any(|(on, _)| *on == row.due) {
            continue;
        }
        let authority = investment.authority_id;
        let debit = ledger::account(db, authority, &owner, AccountKind::Loans, now)?;
        let credit = ledger::account(db, authority, &owner, AccountKind::InterestIncome, now)?;
        let memo = format!("Interest added to the loan on due date {}", row.number);
        let (amount, on, source) = (row.capitalised, row.due, source.clone());
        ledger::transfer(db, Posting { authority, debit, credit, amount, on, at: now, source, memo })?;
    }
    Ok(())
}
