//! The enterprise's own pages: what it owes and when, in plain words.

use super::book::{Book, Standing};
use super::fact_pages::Reported;
use super::model::{EntryKind, Investment, Precedent, ProposalState};
use super::pages::ShowQuery;
use super::plan::{self, Line, Sums};
use super::story::Condition;
use super::{cancelling_store, charts, own_story, store, visible};
use crate::agreements::{self, Agreement};
use crate::awards::PartLine;
use crate::compliance;
use crate::error::{Error, Result};
use crate::finance::Instrument;
use crate::finance::terms::FactKind;
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Shell, Visit, page};
use crate::people::policy::{Action, Thing, can};
use crate::values::{Id, LocalDate, Pence};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use std::ops::Range;

#[derive(Template)]
#[template(path = "investments/own_list.html")]
struct OwnList {
    shell: Shell,
    investments: Vec<Investment>,
    packages: Vec<Package>,
}

/// An agreement of several parts, as the list of investments adds it up.
struct Package {
    agreement: Id<Agreement>,
    reference: String,
    number: usize,
    amount: Pence,
    /// Without the parts that were cancelled before anything was paid.
    left: Pence,
}

impl Package {
    fn stands(&self) -> String {
        agreements::what_stands(self.amount, self.left)
    }
}

/// The agreements that made several of these investments, the newest first.
fn packages(investments: &[Investment]) -> Result<Vec<Package>> {
    let mut found: Vec<Package> = Vec::new();
    for investment in investments {
        let left = if investment.is_cancelled() { Pence::ZERO } else { investment.amount };
        match found.iter_mut().find(|p| p.agreement == investment.agreement_id) {
            Some(package) => {
                package.number += 1;
                package.amount = Pence::total([package.amount, investment.amount])?;
                package.left = Pence::total([package.left, left])?;
            }
            None => {
                let own = format!("-{}", investment.part);
                let reference = investment.reference.strip_suffix(&own).unwrap_or(&investment.reference).to_owned();
                let (agreement, amount) = (investment.agreement_id, investment.amount);
                found.push(Package { agreement, reference, number: 1, amount, left });
            }
        }
    }
    found.retain(|p| p.number > 1);
    Ok(found)
}

/// The investments as rows of a file: what the page shows, with the days and the kind.
fn list_table(investments: &[Investment]) -> Table {
    let rows = investments
        .iter()
        .map(|i| {
            vec![
                i.reference.clone(),
                i.title.clone(),
                i.terms.0.instrument().label().to_owned(),
                i.amount.plain(),
                i.state_word().to_owned(),
                i.opened_at.date().to_string(),
                i.closed_on.map(|on| on.to_string()).unwrap_or_default(),
            ]
        })
        .collect();
    let heads = vec!["reference", "what_it_is_for", "kind", "amount", "state", "agreed_on", "ended_on"];
    Table { name: "my-investments".into(), heads, rows }
}

/// `GET /my-investments`, `?format=csv` for a file.
///
/// # Errors
/// Denied; NotFound for a format there is not.
pub async fn list(visit: Visit, query: web::Query<crate::funds::pages::FormatQuery>) -> Answer {
    let own: Vec<_> = visit.actor.applicant_organisations().map(|m| m.organisation).collect();
    let investments = visit.app.db.read(move |db| store::of_organisation(db, &own)).await?;
    if !query.format.is_empty() {
        return list_table(&investments).answer(&query.format);
    }
    let packages = packages(&investments)?;
    page(&OwnList { shell: visit.shell("Your investments", "/my-investments"), investments, packages })
}

/// `?format=csv`, and which lists are shown whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OwnQuery {
    /// `csv` or `xlsx`; a page when empty.
    pub format: String,
    /// `all`: every row of the schedule.
    pub schedule: String,
    /// `all`: every payment received.
    pub account: String,
}

#[derive(Template)]
#[template(path = "investments/own.html")]
pub(super) struct OwnPage {
    shell: Shell,
    form: FormState,
    reported: Reported,
    report_to: String,
    terms: Vec<(&'static str, String)>,
    query: ShowQuery,
    book: Book,
    fund: String,
    precedents: Vec<Precedent>,
    conditions: Vec<Condition>,
    verdict: (String, String),
    last_payment: String,
    paid: Pence,
    owed: (&'static str, String, &'static str),
    late: bool,
    plan: String,
    lines: Vec<Line>,
    shown: Range<usize>,
    sums: Sums,
    receipts: Vec<(LocalDate, Pence, &'static str)>,
    receipts_all: usize,
    today: LocalDate,
    changes: Vec<(LocalDate, String)>,
    parts_of: Vec<PartLine>,
    /// What the agreement comes to without its cancelled parts.
    left: Pence,
}

impl OwnPage {
    /// All parts of the agreement added up.
    fn together(&self) -> Pence {
        self.parts_of.iter().map(|line| line.amount).sum()
    }
    /// What is left of it where a part was cancelled; empty where all of it stands.
    fn stands(&self) -> String {
        agreements::what_stands(self.together(), self.left)
    }
    fn rows(&self) -> &[Line] {
        self.lines.get(self.shown.clone()).unwrap_or(&self.lines)
    }
    fn fees(&self) -> bool {
        !self.sums.fee.is_zero()
    }
    fn next(&self) -> Option<&Line> {
        self.lines.iter().find(|l| l.next)
    }
}

/// `GET /my-investments/{id}`
///
/// # Errors
/// NotFound.
pub async fn show(visit: Visit, id: web::Path<Id<Investment>>, query: web::Query<OwnQuery>) -> Answer {
    let query = query.into_inner();
    let format = query.format.clone();
    let shown = own_page(&visit, *id, FormState::empty(), query).await?;
    if format.is_empty() { page(&shown) } else { table(&shown.book, &shown.lines).answer(&format) }
}

pub(super) async fn own_page(visit: &Visit, id: Id<Investment>, form: FormState, query: OwnQuery) -> Result<OwnPage> {
    let (actor, today) = (visit.actor.clone(), visit.today());
    let (book, precedents, cancellations, fund, parts, left, followed) = visit
        .app
        .db
        .read(move |db| {
            let (book, fund, parts, left) = store::load_with_parts(db, id)?;
            let investment = &book.investment;
            visible(&actor, investment)?;
            let thing = Thing::of_applicant(investment.authority_id, investment.organisation_id);
            if !can(&actor, Action::ReadOwnInvestment, &thing) {
                return Err(Error::NotFound);
            }
            let from = investment.opened_at.date().min(today);
            let followed = compliance::followed(db, investment.agreement_id, from, today)?;
            // Of what is cancelled nobody asks for conditions any more, but why.
            let (precedents, cancellations) = if investment.is_cancelled() {
                (Vec::new(), cancelling_store::list(db, id)?.0)
            } else {
                (store::precedents(db, id)?, Vec::new())
            };
            Ok((book, precedents, cancellations, fund, parts, left, followed))
        })
        .await?;
    let lines = plan::lines(&book, today);
    let OwnQuery { schedule, account, .. } = query;
    let query = ShowQuery { schedule, account, history: String::new() };
    let whose = if book.investment.terms.0.instrument() == Instrument::Loan { "loan" } else { "investment" };
    let mut shell = visit.shell(format!("Your {whose} {}", book.investment.reference), "/my-investments");
    shell.breadcrumbs = vec![Link::new("Your investments", "/my-investments")];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let mut receipts: Vec<_> = book
        .entries
        .iter()
        .rev()
        .filter_map(|e| {
            let remark = match e.kind {
                EntryKind::Receipt | EntryKind::Recovery if book.is_reversed(e) => {
                    "Reversed: the money did not stay with us"
                }
                EntryKind::Receipt | EntryKind::Recovery => "",
                EntryKind::Refund if book.is_reversed(e) => "Paid back to you, and reversed",
                EntryKind::Refund => "Paid back to you: it was more than was due",
                _ => return None,
            };
            Some((e.booked_on, e.amount, remark))
        })
        .collect();
    let receipts_all = receipts.len();
    if query.account != "all" {
        receipts.truncate(plan::SHOWN);
    }
    let mut verdict = own_story::verdict(&book, today);
    if let Some(cancelled) = cancellations.iter().find(|c| c.state == ProposalState::Approved) {
        verdict.1 = format!("Why: {}", cancelled.reason);
    }
    Ok(OwnPage {
        verdict,
        last_payment: own_story::last_payment(&lines),
        conditions: followed.promises.iter().map(Condition::from).collect(),
        paid: book.received(),
        owed: own_story::owed(&book, today),
        late: book.standing(today) == Standing::InArrears,
        plan: charts::plan(&lines, book.investment.terms.0.terms.period_months(), today)?,
        shown: if query.schedule == "all" { 0..lines.len() } else { plan::around_now(&lines, today) },
        sums: plan::sums(&lines),
        terms: own_story::terms(&book, today),
        changes: book.changes().map(|(on, new)| (on, new.words())).collect(),
        report_to: format!("/my-investments/{id}/reports"),
        reported: Reported::of(&book, today).own(),
        form,
        shell,
        query,
        fund,
        parts_of: parts,
        left,
        precedents,
        lines,
        receipts,
        receipts_all,
        today,
        book,
    })
}

fn table(book: &Book, lines: &[Line]) -> Table {
    let rows = lines
        .iter()
        .map(|l| {
            vec![
                l.number.to_string(),
                l.due.to_string(),
                l.interest.plain(),
                l.capital.plain(),
                l.fee.plain(),
                l.payment().plain(),
                l.word.clone(),
            ]
        })
        .collect();
    let heads = vec!["number", "due", "interest", "principal", "fees", "payment", "state"];
    Table { name: format!("{}-schedule", book.investment.reference), heads, rows }
}
