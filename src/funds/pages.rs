//! Pages of funds: the list, and the cash of one.

use super::actions::{self, NewCommitment, OpenFund, visible};
use super::model::{Cash, Commitment, Fund};
use super::store;
use crate::error::Error;
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::ledger::{self, AccountKind, Transfer};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::{Id, LocalDate, time};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use std::borrow::Borrow;

#[derive(Template)]
#[template(path = "funds/list.html")]
struct ListPage {
    shell: Shell,
    form: FormState,
    funds: Vec<Fund>,
    may_open: bool,
}

/// "15 January 2027", of a date or a borrowed one, for templates.
pub fn medium_date(on: impl Borrow<LocalDate>) -> String {
    time::medium_date(*on.borrow())
}

/// "15 Jan 2027", of a date or a borrowed one, for templates.
pub fn short_date(on: impl Borrow<LocalDate>) -> String {
    time::short_date(*on.borrow())
}

/// "Friday 15 January 2027", of a date or a borrowed one, for templates.
pub fn long_date(on: impl Borrow<LocalDate>) -> String {
    time::long_date(*on.borrow())
}

async fn list_page(visit: &Visit, form: FormState) -> Result<ListPage, Error> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadFund, &Thing::of_authority(authority))?;
    let funds = visit.app.db.read(move |db| store::of_authority(db, authority)).await?;
    let mut shell = visit.shell("Funds", "/funds");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let may_open = can(&visit.actor, Action::ManageFund, &Thing::of_authority(authority));
    Ok(ListPage { shell, form, funds, may_open })
}

/// `GET /funds`
///
/// # Errors
/// Denied.
pub async fn list(visit: Visit) -> Answer {
    page(&list_page(&visit, FormState::empty()).await?)
}

/// `POST /funds`
///
/// # Errors
/// Denied.
pub async fn open(visit: Visit, posted: Posted<OpenFund>) -> Answer {
    match actions::open(&visit.app, &visit.actor, &posted.input, visit.now).await {
        Ok(id) => {
            visit.done("The fund is open. Record what the council has committed to it.");
            see(&format!("/funds/{id}/cash"))
        }
        Err(error) => page_again(&list_page(&visit, posted.again(error)?).await?),
    }
}

#[derive(Template)]
#[template(path = "funds/cash.html")]
struct CashPage {
    shell: Shell,
    form: FormState,
    fund: Fund,
    tabs: Vec<Link>,
    cash: Cash,
    commitments: Vec<Commitment>,
    transfers: Vec<(Transfer, bool)>,
    may_commit: bool,
}

/// The places inside a fund, the current one marked, and the register of subsidies that its offers rest on.
#[must_use]
pub fn tabs(fund: Id<Fund>, here: &str) -> Vec<Link> {
    [("Overview", ""), ("Cash", "/cash"), ("Forecast", "/forecast"), ("Statement", "/statement")]
        .into_iter()
        .map(|(text, place)| {
            let mut link = Link::new(text, format!("/funds/{fund}{place}"));
            link.current = place == here;
            link
        })
        .chain([Link::new("Subsidies", "/desk/subsidies")])
        .collect()
}

async fn cash_page(visit: &Visit, id: Id<Fund>, form: FormState) -> Result<CashPage, Error> {
    let actor = visit.actor.clone();
    let (fund, cash, commitments, transfers) = visit
        .app
        .db
        .read(move |db| {
            let (fund, commitments) = store::find_committed(db, id)?;
            visible(&actor, &fund)?;
            require(&actor, Action::ReadFund, &Thing::of_authority(fund.authority_id))?;
            let cash = actions::cash(db, id)?;
            let transfers = ledger::transfers_of_owner(db, &Fund::owner(id), AccountKind::Bank, 500)?;
            Ok((fund, cash, commitments, transfers))
        })
        .await?;
    let mut shell = visit.shell(format!("Cash of {}", fund.name), "/funds");
    shell.breadcrumbs = vec![Link::new("Funds", "/funds"), Link::new(fund.name.clone(), format!("/funds/{id}"))];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let may_commit = can(&visit.actor, Action::ManageFund, &Thing::of_authority(fund.authority_id));
    Ok(CashPage { shell, form, tabs: tabs(id, "/cash"), fund, cash, commitments, transfers, may_commit })
}

/// `?format=csv`
#[derive(Debug, Default, Deserialize)]
pub struct FormatQuery {
    /// `csv` or `xlsx`; a page when empty.
    #[serde(default)]
    pub format: String,
}

/// `GET /funds/{id}/cash`
///
/// # Errors
/// NotFound, Denied.
pub async fn cash(visit: Visit, id: web::Path<Id<Fund>>, query: web::Query<FormatQuery>) -> Answer {
    let shown = cash_page(&visit, *id, FormState::empty()).await?;
    if query.format.is_empty() {
        return page(&shown);
    }
    let rows = shown
        .transfers
        .iter()
        .map(|(t, into)| {
            let amount = if *into { t.amount } else { -t.amount };
            vec![t.booked_on.to_string(), t.memo.clone(), amount.plain(), t.source_kind.clone(), t.source_id.clone()]
        })
        .collect();
    Table { name: "cash".into(), heads: vec!["date", "what", "amount", "source", "source_id"], rows }
        .answer(&query.format)
}

/// `POST /funds/{id}/commitments`
///
/// # Errors
/// NotFound, Denied.
pub async fn commit(visit: Visit, id: web::Path<Id<Fund>>, posted: Posted<NewCommitment>) -> Answer {
    match actions::commit(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The commitment is recorded.");
            see(&format!("/funds/{id}/cash"))
        }
        Err(error) => page_again(&cash_page(&visit, *id, posted.again(error)?).await?),
    }
}
