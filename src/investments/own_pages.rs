//! The enterprise's own pages: what it owes and when, in plain words.

use super::book::{Book, Standing};
use super::model::{EntryKind, Investment, Precedent};
use super::{store, visible};
use crate::error::{Error, Result};
use crate::finance::payments::Due;
use crate::funds;
use crate::http::export::Table;
use crate::http::{Answer, Link, Shell, Visit, page};
use crate::people::policy::{Action, Thing, can};
use crate::values::time::{distance, medium_date};
use crate::values::{Id, LocalDate, Pence};
use actix_web::web;
use askama::Template;

#[derive(Template)]
#[template(path = "investments/own_list.html")]
struct OwnList {
    shell: Shell,
    investments: Vec<Investment>,
}

/// `GET /my-investments`
///
/// # Errors
/// Denied.
pub async fn list(visit: Visit) -> Answer {
    let own: Vec<_> = visit.actor.applicant_organisations().map(|m| m.organisation).collect();
    let investments = visit.app.db.read(move |db| store::of_organisation(db, &own)).await?;
    page(&OwnList { shell: visit.shell("Your investments", "/my-investments"), investments })
}

#[derive(Template)]
#[template(path = "investments/own.html")]
struct OwnPage {
    shell: Shell,
    book: Book,
    fund: String,
    precedents: Vec<Precedent>,
    verdict: String,
    note: String,
    paid: Pence,
    owed: Pence,
    late: bool,
    rows: Vec<(Due, String, &'static str)>,
    receipts: Vec<(LocalDate, Pence, bool)>,
}

/// What an enterprise reads first.
fn verdict(book: &Book, today: LocalDate) -> (String, String) {
    let arrears = book.arrears(today);
    match book.standing(today) {
        Standing::AwaitingDrawdown => (
            format!("{} is agreed. It is paid once the conditions below are verified.", book.investment.amount),
            String::new(),
        ),
        Standing::Repaid => ("The loan is repaid. Nothing more is owed.".to_owned(), String::new()),
        Standing::WrittenOff => ("The council expects no more payments on this loan.".to_owned(), String::new()),
        Standing::InArrears => (
            format!("{} is overdue, {} days for the oldest part.", arrears.overdue, arrears.days_past_due),
            "Pay it now, or tell the fund manager today what stands in the way.".to_owned(),
        ),
        Standing::Running => {
            let next = book.next_due(today).map_or_else(String::new, |d| {
                format!("Your next payment is {} on {}, {}.", d.total(), medium_date(d.due), distance(today, d.due))
            });
            (format!("You are on time. You owe {} of the loan.", book.owed(today)), next)
        }
    }
}

/// `GET /my-investments/{id}`
///
/// # Errors
/// NotFound.
pub async fn show(visit: Visit, id: web::Path<Id<Investment>>, query: web::Query<funds::pages::FormatQuery>) -> Answer {
    let id = *id;
    let (book, precedents, fund) = visit
        .app
        .db
        .read(move |db| {
            let (book, _, fund) = store::load_named(db, id)?;
            Ok((book, store::precedents(db, id)?, fund))
        })
        .await?;
    let investment = &book.investment;
    visible(&visit.actor, investment)?;
    if !can(
        &visit.actor,
        Action::ReadOwnInvestment,
        &Thing::of_applicant(investment.authority_id, investment.organisation_id),
    ) {
        return Err(Error::NotFound.into());
    }
    let rows = own_rows(&book, visit.today());
    if !query.format.is_empty() {
        let rows = rows
            .iter()
            .map(|(d, state, _)| {
                vec![
                    d.instalment.to_string(),
                    d.due.to_string(),
                    d.interest.plain(),
                    d.principal.plain(),
                    d.fee.plain(),
                    d.total().plain(),
                    state.clone(),
                ]
            })
            .collect();
        let heads = vec!["number", "due", "interest", "principal", "fees", "payment", "state"];
        return Table { name: format!("{}-schedule", investment.reference), heads, rows }.answer(&query.format);
    }
    page(&own_page(&visit, book, precedents, fund, rows)?)
}

/// Each instalment with a word for where it stands and the colour of its tag.
fn own_rows(book: &Book, today: LocalDate) -> Vec<(Due, String, &'static str)> {
    let outstanding = book.outstanding();
    let next = book.next_due(today).map(|d| d.instalment);
    book.dues()
        .into_iter()
        .map(|due| {
            let left = outstanding.iter().find(|o| o.instalment == due.instalment);
            let (word, colour) = match left {
                None => ("Paid".to_owned(), "green"),
                Some(left) if left.due < today => (format!("{} overdue", left.total()), "red"),
                Some(_) if next == Some(due.instalment) => (format!("Next, {}", distance(today, due.due)), "blue"),
                Some(left) if left.total() < due.total() => (format!("{} left", left.total()), ""),
                Some(_) => ("Planned".to_owned(), ""),
            };
            (due, word, colour)
        })
        .collect()
}

/// The rows of the schedule as staff see them too.
pub(super) fn instalments(book: &Book, today: LocalDate) -> Vec<(Due, String, &'static str)> {
    own_rows(book, today)
}

fn own_page(
    visit: &Visit,
    book: Book,
    precedents: Vec<Precedent>,
    fund: String,
    rows: Vec<(Due, String, &'static str)>,
) -> Result<OwnPage> {
    let today = visit.today();
    let (verdict, note) = verdict(&book, today);
    let mut shell = visit.shell(format!("Your loan {}", book.investment.reference), "/my-investments");
    shell.breadcrumbs = vec![Link::new("Your investments", "/my-investments")];
    let receipts: Vec<_> = book
        .entries
        .iter()
        .filter(|e| e.kind == EntryKind::Receipt)
        .map(|e| (e.booked_on, e.amount, book.is_reversed(e)))
        .collect();
    let paid = Pence::total(book.receipts().iter().map(|r| r.amount))?;
    Ok(OwnPage {
        shell,
        fund,
        precedents,
        verdict,
        note,
        paid,
        owed: book.owed(today),
        late: book.standing(today) == Standing::InArrears,
        rows,
        receipts,
        book,
    })
}
