//! The page on which a running loan is changed: what is asked, what it would mean, and the proposal.

use super::book::Book;
use super::model::{Investment, OverdueChoice, ProposalState, Restructuring};
use super::pages::{ShowQuery, holding_page};
use super::plan::{self, Line};
use super::restructuring::{self, Change, HOLIDAYS, Outline, Restructure};
use super::rules::InvestmentRefusal;
use super::whole::Names;
use super::{actions::DecideProposal, store, visible};
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, require};
use crate::values::Id;
use crate::values::time::medium_date;
use actix_web::web;
use askama::Template;
use serde::Deserialize;

/// A figure before and after.
pub(super) struct Compared {
    pub(super) what: &'static str,
    pub(super) before: String,
    pub(super) after: String,
}

/// What a change would mean, as the page shows it.
struct Shown {
    words: String,
    compared: Vec<Compared>,
    lines: Vec<Line>,
    seen: String,
}

/// A plan before and after, line by line.
fn compared(before: &Outline, after: &Outline) -> Vec<Compared> {
    let next = |o: &Outline| match o.next {
        Some((on, amount)) => format!("{} on {}", amount.with_pence(), medium_date(on)),
        None => "none".to_owned(),
    };
    let last = |o: &Outline| o.last.map_or_else(|| "none".to_owned(), medium_date);
    let line = |what, of: &dyn Fn(&Outline) -> String| Compared { what, before: of(before), after: of(after) };
    vec![
        line("Overdue", &|o| o.overdue.with_pence()),
        line("Next payment", &next),
        line("Largest payment", &|o| o.largest.with_pence()),
        line("Payments to come", &|o| o.payments.to_string()),
        line("Last payment", &last),
        line("Still to be paid in all", &|o| o.to_pay.with_pence()),
        line("Interest and fees in it", &|o| o.interest.with_pence()),
    ]
}

#[derive(Template)]
#[template(path = "investments/restructure.html")]
struct RestructurePage {
    shell: Shell,
    form: FormState,
    book: Book,
    name: String,
    overdue: String,
    shown: Option<Shown>,
}

async fn form_page(
    visit: &Visit,
    id: Id<Investment>,
    form: FormState,
    shown: Option<Shown>,
) -> Result<RestructurePage> {
    let (actor, today) = (visit.actor.clone(), visit.today());
    let (book, name) = visit
        .app
        .db
        .read(move |db| {
            let (book, name, _) = store::load_named(db, id)?;
            visible(&actor, &book.investment)?;
            require(&actor, Action::ManageFund, &book.investment.thing())?;
            Ok((book, name))
        })
        .await?;
    if !restructuring::can_change(&book, &[]) {
        return Err(InvestmentRefusal::NotALoan.into());
    }
    let mut shell = visit.shell("Change this loan", "/funds");
    shell.breadcrumbs =
        vec![Link::new("Funds", "/funds"), Link::new(book.investment.reference.clone(), format!("/investments/{id}"))];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let arrears = book.arrears(today);
    let overdue = if arrears.overdue.is_zero() {
        "Nothing is overdue now.".to_owned()
    } else {
        format!("{} is overdue now.", arrears.overdue.with_pence())
    };
    Ok(RestructurePage { shell, form, book, name, overdue, shown })
}

/// `GET /investments/{id}/restructure`
///
/// # Errors
/// NotFound, Denied, refused for anything but a running loan.
pub async fn show(visit: Visit, id: web::Path<Id<Investment>>) -> Answer {
    page(&form_page(&visit, *id, FormState::empty(), None).await?)
}

/// What the page sends: the change, which button, and what was shown before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    #[serde(flatten)]
    change: Restructure,
    /// `propose`, or anything to see what it would mean.
    step: String,
    /// The answers that were shown.
    seen: String,
}

fn shown(visit: &Visit, change: &Change, asked: &Restructure) -> Shown {
    let today = visit.today();
    let lines = plan::lines(&change.book, today).into_iter().filter(|l| l.due >= today || !l.is_paid()).collect();
    Shown { words: change.new.words(), compared: compared(&change.before, &change.after), lines, seen: asked.seen() }
}

/// `POST /investments/{id}/restructure`: shows what it would mean; proposes it once that was shown.
///
/// # Errors
/// NotFound, Denied.
pub async fn change(visit: Visit, id: web::Path<Id<Investment>>, posted: Posted<Asking>) -> Answer {
    let id = *id;
    let asked = posted.input.change.clone();
    let change = match restructuring::preview(&visit.app, &visit.actor, id, &asked, visit.now).await {
        Ok(change) => change,
        Err(error) => return page_again(&form_page(&visit, id, posted.again(error)?, None).await?),
    };
    let preview = shown(&visit, &change, &asked);
    // Answers that were altered after they were shown are shown once more.
    if posted.input.step != "propose" || posted.input.seen != asked.seen() {
        return page(&form_page(&visit, id, posted.state().clone(), Some(preview)).await?);
    }
    match restructuring::propose(&visit.app, &visit.actor, id, &asked, visit.now).await {
        Ok(_) => {
            visit.done("The change is proposed. A committee member decides.");
            see(&format!("/investments/{id}"))
        }
        Err(error) => page_again(&form_page(&visit, id, posted.again(error)?, Some(preview)).await?),
    }
}

/// `POST /investments/{id}/restructurings/{restructuring}/decide`
///
/// # Errors
/// NotFound, Denied.
pub async fn decide(
    visit: Visit,
    path: web::Path<(Id<Investment>, Id<Restructuring>)>,
    posted: Posted<DecideProposal>,
) -> Answer {
    let (id, restructuring) = *path;
    visit.under(id, move |db| Ok(store::find_restructuring(db, restructuring)?.investment_id)).await?;
    match restructuring::decide(&visit.app, &visit.actor, restructuring, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("Your decision is recorded.");
            see(&format!("/investments/{id}"))
        }
        Err(error) => page_again(&holding_page(&visit, id, posted.again(error)?, ShowQuery::default()).await?),
    }
}

/// A change as the page of the holding lists it.
pub(super) struct Listed {
    pub(super) change: Restructuring,
    /// What it says, as approved or as it would be today.
    pub(super) words: String,
    /// What it would mean in pounds and dates, while it is open.
    pub(super) compared: Vec<Compared>,
    /// Why it cannot be approved now.
    pub(super) stops: String,
}

/// That nothing came of a change: who said so, when and why, and why it was asked for.
fn declined(change: &Restructuring, names: &Names) -> String {
    let who = change.decided_by.and_then(|id| names.get(&id)).map_or("a committee member", String::as_str);
    let when = change.decided_at.map(|at| format!(" on {}", medium_date(at.date()))).unwrap_or_default();
    let why = change.decline_reason.as_ref().map(|why| format!(": “{why}”")).unwrap_or_default();
    format!("Not changed: {who} declined it{when}{why}. It was asked for because:")
}

/// The changes of a loan, the newest first, with what an open one would mean today.
pub(super) fn listed(visit: &Visit, book: &Book, changes: Vec<Restructuring>, names: &Names) -> Vec<Listed> {
    let list = changes.into_iter().rev().map(|change| {
        if let Some(agreed) = &change.agreed {
            let words = agreed.0.words();
            return Listed { change, words, compared: Vec::new(), stops: String::new() };
        }
        if change.state != ProposalState::Proposed {
            return Listed { words: declined(&change, names), change, compared: Vec::new(), stops: String::new() };
        }
        let worked = restructuring::work_out(book, change.from_on, &change.asked.0, &change.reason, visit.now);
        match worked {
            Ok(found) => {
                let compared = compared(&found.before, &found.after);
                Listed { words: found.new.words(), compared, stops: String::new(), change }
            }
            Err(Error::Refused(refusal)) => {
                Listed { words: String::new(), compared: Vec::new(), stops: refusal.sentence, change }
            }
            Err(_) => Listed {
                words: String::new(),
                compared: Vec::new(),
                stops: "It can no longer be worked out. Decline it and propose it anew.".to_owned(),
                change,
            },
        }
    });
    list.collect()
}
