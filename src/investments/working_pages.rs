//! How the figures of an investment are worked out, line by line, for staff and for the enterprise.

use super::book::Book;
use super::model::{Investment, happened};
use super::upkeep::drawn;
use super::{store, visible};
use crate::error::{Error, Result};
use crate::finance::explain::{Line, fund, rates};
use crate::finance::terms::Facts;
use crate::finance::{Closing, Flow};
use crate::http::api::ok;
use crate::http::export::Table;
use crate::http::{Answer, Link, Shell, Visit, page};
use crate::people::policy::{Action, Thing, can};
use crate::values::{Id, LocalDate};
use actix_web::web;
use askama::Template;
use serde_json::json;

/// The working of the payments of the schedule in force.
fn payments(book: &Book) -> Result<Vec<Line>> {
    let Some(version) = &book.schedule else { return Ok(Vec::new()) };
    let made = &version.terms.0;
    let (draws, facts) = (drawn(book), happened(&made.facts));
    Ok(made.terms.working(&Facts { draws: &draws, happened: &facts, today: made.today })?)
}

/// The working of the measures and of the rate of return on a day.
fn measures(book: &Book, on: LocalDate) -> Vec<Line> {
    let flows = book.flows();
    let mut lines = fund::measures(&flows, Some(book.investment.amount), on, &book.measures(on));
    let cash: Vec<Flow> =
        flows.iter().filter(|f| f.on <= on).filter_map(crate::finance::measures::TypedFlow::cash).collect();
    let closing = book.nav(on).map(|n| Closing { date: on, value: n.nav.value });
    lines.extend(rates::dated_rate(&cash, closing, &book.rate_of_return(on)));
    lines
}

#[derive(Template)]
#[template(path = "investments/working.html")]
struct WorkingPage {
    shell: Shell,
    reference: String,
    payments: Vec<Line>,
    measures: Vec<Line>,
}

/// An investment that one may read by an action, with its working.
async fn load(visit: &Visit, id: Id<Investment>, action: Action) -> Result<(Book, Vec<Line>, Vec<Line>)> {
    let book = visit.app.db.read(move |db| store::load_book(db, id)).await?;
    visible(&visit.actor, &book.investment)?;
    let thing = Thing::of_applicant(book.investment.authority_id, book.investment.organisation_id);
    if !can(&visit.actor, action, &thing) {
        return Err(Error::NotFound);
    }
    let payments = payments(&book)?;
    // The fund's return is no business of the enterprise's payments.
    let measures = if action == Action::ReadFund { measures(&book, visit.today()) } else { Vec::new() };
    Ok((book, payments, measures))
}

async fn answer(visit: &Visit, id: Id<Investment>, action: Action, back: &str, format: &str) -> Answer {
    let (book, payments, measures) = load(visit, id, action).await?;
    let reference = book.investment.reference.clone();
    if !format.is_empty() {
        let rows = payments
            .into_iter()
            .chain(measures)
            .map(|l| vec![l.what, l.working, l.result, l.source.unwrap_or_default()])
            .collect();
        let heads = vec!["what", "working", "result", "source"];
        return Table { name: format!("{reference}-working"), heads, rows }.answer(format);
    }
    let mut shell = visit.shell(format!("Working of {reference}"), back);
    shell.breadcrumbs = vec![Link::new(reference.clone(), format!("{back}/{id}"))];
    page(&WorkingPage { shell, reference, payments, measures })
}

/// `GET /investments/{id}/working`
///
/// # Errors
/// NotFound.
pub async fn show(
    visit: Visit,
    id: web::Path<Id<Investment>>,
    query: web::Query<crate::funds::pages::FormatQuery>,
) -> Answer {
    answer(&visit, *id, Action::ReadFund, "/investments", &query.format).await
}

/// `GET /my-investments/{id}/working`
///
/// # Errors
/// NotFound.
pub async fn show_own(
    visit: Visit,
    id: web::Path<Id<Investment>>,
    query: web::Query<crate::funds::pages::FormatQuery>,
) -> Answer {
    answer(&visit, *id, Action::ReadOwnInvestment, "/my-investments", &query.format).await
}

/// The working of an investment's payments, measures and rate of return, for programs.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/investments/{id}/working", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Line by line")))]
pub async fn program(visit: Visit, id: web::Path<Id<Investment>>) -> Answer {
    let (_, payments, measures) = load(&visit, *id, Action::ReadFund).await?;
    ok(&json!({ "payments": payments, "measures": measures }))
}

/// The working of the payments of one's own investment.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/my-investments/{id}/working", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Line by line")))]
pub async fn own_program(visit: Visit, id: web::Path<Id<Investment>>) -> Answer {
    let (_, payments, _) = load(&visit, *id, Action::ReadOwnInvestment).await?;
    ok(&json!({ "payments": payments }))
}
