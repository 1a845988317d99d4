//! Staff pages of one investment.

use super::actions::{self, Decide, ProposeDrawdown, ProposeValuation, Verify};
use super::book::{Book, NavBasis, NavShown};
use super::model::{Drawdown, Entry, EntryKind, Investment, Precedent, ProposalState, Valuation, ValuationMethod};
use super::payments::{self, Charge, Receive, Reverse};
use super::{own_pages, store, visible};
use crate::agreements::{self, Obligation};
use crate::error::{Error, Result};
use crate::finance::Xirr;
use crate::finance::measures::{Figure, Measures};
use crate::finance::payments::{Arrears, Component, Due};
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::people;
use crate::people::policy::{Action, Thing, can, require};
use crate::values::decimals::shown_percent;
use crate::values::time::{distance, medium_date};
use crate::values::{Id, Instant, LocalDate, Pence};
use actix_web::web;
use askama::Template;
use std::borrow::Borrow;

/// A multiple in words, or a dash where there is none; the reason stands beside it.
pub fn figure_shown(figure: impl Borrow<Figure>) -> (String, String) {
    match *figure.borrow() {
        Figure::Known(value) => (value.to_string(), String::new()),
        Figure::NotAvailable(why) => ("–".to_owned(), why.sentence().to_owned()),
    }
}

/// A yearly rate, never one of less than a year, or a dash with the reason.
#[must_use]
pub fn rate_shown(rate: &Xirr) -> (String, String) {
    match (rate, rate.sentence()) {
        (Xirr::Rate { rate, .. }, None) => {
            (shown_percent(*rate, 1), format!("certified: {} a year as a fraction", rate))
        }
        (_, sentence) => ("–".to_owned(), sentence.unwrap_or_default().to_owned()),
    }
}

/// Where a net asset value comes from, in words.
pub fn nav_words(nav: impl Borrow<Option<NavShown>>) -> String {
    match *nav.borrow() {
        None => "Nothing is paid out yet.".to_owned(),
        Some(shown) => match shown.basis {
            NavBasis::Valuation => format!("valued on {}", medium_date(shown.nav.valued_on)),
            NavBasis::RolledForward => {
                format!("valued on {}, moved forward by what was paid since", medium_date(shown.nav.valued_on))
            }
            NavBasis::Outstanding => "no valuation yet: the part of the loan that is still owed".to_owned(),
            NavBasis::Closed => format!("closed on {}", medium_date(shown.nav.valued_on)),
        },
    }
}

struct Event {
    at: Instant,
    word: &'static str,
    colour: &'static str,
    title: String,
    by: String,
    text: String,
}

#[derive(Template)]
#[template(path = "investments/holding.html")]
struct HoldingPage {
    shell: Shell,
    form: FormState,
    book: Book,
    name: String,
    fund: String,
    verdict: String,
    note: String,
    precedents: Vec<Precedent>,
    obligations: Vec<Obligation>,
    rows: Vec<(Due, String, &'static str)>,
    arrears: Arrears,
    measures: Measures,
    nav: Option<NavShown>,
    rate: (String, String),
    owed: Pence,
    credit: Pence,
    next_tranche: Option<(i64, Pence)>,
    events: Vec<Event>,
    today: LocalDate,
    may_manage: bool,
    may_approve: bool,
    may_verify: bool,
}

impl HoldingPage {
    fn precedent_action(&self, p: &Precedent) -> String {
        format!("/investments/{}/precedents/{}/verify", self.book.investment.id, p.id)
    }
    fn allocation(&self, e: &Entry) -> String {
        let paid = &e.allocation.0;
        let mut parts = Vec::new();
        for (component, word) in
            [(Component::Fee, "fees"), (Component::Interest, "interest"), (Component::Principal, "loan")]
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
    fn is_next(&self, due: &Due) -> bool {
        self.book.next_due(self.today).is_some_and(|next| next.instalment == due.instalment)
    }
    fn buckets(&self) -> Vec<(String, Pence)> {
        self.arrears
            .buckets
            .iter()
            .map(|b| match b.to_day {
                Some(to) => (format!("{} to {to} days", b.from_day), b.amount),
                None => (format!("{} days or more", b.from_day), b.amount),
            })
            .collect()
    }
    fn reversible(&self, e: &Entry) -> bool {
        self.may_manage && matches!(e.kind, EntryKind::Receipt | EntryKind::Charge) && !self.book.is_reversed(e)
    }
}

async fn holding_page(visit: &Visit, id: Id<Investment>, form: FormState) -> Result<HoldingPage> {
    let (actor, today) = (visit.actor.clone(), visit.today());
    let (book, name, fund, precedents, obligations, names) = visit
        .app
        .db
        .read(move |db| {
            let (book, name, fund) = store::load_named(db, id)?;
            visible(&actor, &book.investment)?;
            require(&actor, Action::ReadFund, &Thing::of_authority(book.investment.authority_id))?;
            let precedents = store::precedents(db, id)?;
            let obligations = agreements::obligations(db, book.investment.agreement_id)?;
            let mut ids: Vec<_> = precedents.iter().filter_map(|p| p.verified_by).collect();
            ids.extend(book.drawdowns.iter().flat_map(|d| [Some(d.proposed_by), d.decided_by]).flatten());
            ids.extend(book.valuations.iter().flat_map(|v| [Some(v.proposed_by), v.decided_by]).flatten());
            ids.extend(book.entries.iter().filter_map(|e| e.made_by));
            ids.sort_unstable();
            ids.dedup();
            let names = people::account_names(db, &ids)?;
            Ok((book, name, fund, precedents, obligations, names))
        })
        .await?;
    let thing = Thing::of_authority(book.investment.authority_id);
    let mut shell = visit.shell(name.clone(), "/funds");
    shell.breadcrumbs =
        vec![Link::new("Funds", "/funds"), Link::new(fund.clone(), format!("/funds/{}", book.investment.fund_id))];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let arrears = book.arrears(today);
    let (verdict, note) = verdict(&book, today);
    let called = |id: Option<Id<_>>| id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
    let events = events(&book, &precedents, &called);
    let drawn = book.paid_out().count();
    let next_tranche = book
        .investment
        .terms
        .0
        .tranches
        .get(drawn)
        .filter(|_| {
            !book.drawdowns.iter().any(|d| d.state == ProposalState::Proposed) && book.investment.closed_on.is_none()
        })
        .map(|amount| Ok::<_, Error>((i64::try_from(drawn + 1)?, *amount)))
        .transpose()?;
    Ok(HoldingPage {
        shell,
        form,
        name,
        fund,
        verdict,
        note,
        precedents,
        obligations,
        rows: own_pages::instalments(&book, today),
        arrears,
        measures: book.measures(today),
        nav: book.nav(today),
        rate: rate_shown(&book.rate_of_return(today)),
        owed: book.owed(today),
        credit: book.credit(),
        next_tranche,
        events,
        today,
        may_manage: can(&visit.actor, Action::ManageFund, &thing),
        may_approve: can(&visit.actor, Action::ApproveDrawdown, &thing),
        may_verify: can(&visit.actor, Action::VerifyPrecedent, &thing),
        book,
    })
}

fn verdict(book: &Book, today: LocalDate) -> (String, String) {
    use super::book::Standing;
    let arrears = book.arrears(today);
    let owed = book.owed(today);
    let next = book.next_due(today).map_or_else(String::new, |d| {
        format!("Next: {} on {}, {}.", d.total(), medium_date(d.due), distance(today, d.due))
    });
    match book.standing(today) {
        Standing::AwaitingDrawdown => (
            format!("Nothing is paid out yet of {} agreed.", book.investment.amount),
            "Verify the conditions before payment, then propose the first payment.".to_owned(),
        ),
        Standing::Running => (format!("Paid on time. {owed} is still owed."), next),
        Standing::InArrears => (
            format!(
                "{} is overdue, {} days for the oldest part. {owed} is still owed.",
                arrears.overdue, arrears.days_past_due
            ),
            next,
        ),
        Standing::Repaid => ("Repaid to the last penny.".to_owned(), String::new()),
        Standing::WrittenOff => ("Written off. Nothing more is expected.".to_owned(), String::new()),
    }
}

fn events(
    book: &Book,
    precedents: &[Precedent],
    called: &dyn Fn(Option<Id<crate::values::Account>>) -> String,
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut add = |at, word, colour, title: String, by: String, text: String| {
        events.push(Event { at, word, colour, title, by, text })
    };
    add(
        book.investment.opened_at,
        "",
        "",
        "Agreement signed".into(),
        String::new(),
        format!("{} agreed", book.investment.amount),
    );
    for p in precedents {
        if let Some(at) = p.verified_at {
            add(at, "", "", "Condition before payment verified".into(), called(p.verified_by), p.text.clone());
        }
    }
    for d in &book.drawdowns {
        add(
            d.proposed_at,
            "",
            "",
            format!("Payment of {} proposed", d.amount),
            called(Some(d.proposed_by)),
            format!("Tranche {}, to be paid on {}", d.tranche, medium_date(d.pay_on)),
        );
        if let Some(at) = d.decided_at {
            let (word, colour, what) =
                if d.state == ProposalState::Approved { ("Paid", "green", "paid out") } else { ("", "", "declined") };
            add(at, word, colour, format!("{} {what}", d.amount), called(d.decided_by), String::new());
        }
    }
    for e in &book.entries {
        let colour = if e.kind == EntryKind::Reversal { "red" } else { "" };
        let word = if e.kind == EntryKind::Reversal { "Reversed" } else { "" };
        let by = if e.made_by.is_some() { called(e.made_by) } else { "by the schedule".into() };
        add(e.made_at, word, colour, format!("{}: {}", e.kind.label(), e.amount), by, e.note.clone());
    }
    for v in &book.valuations {
        add(
            v.proposed_at,
            "",
            "",
            format!("Value of {} proposed", v.value),
            called(Some(v.proposed_by)),
            v.reason.clone(),
        );
        if let Some(at) = v.decided_at {
            add(
                at,
                "",
                "",
                format!("Value of {} {}", v.value, v.state.label().to_lowercase()),
                called(v.decided_by),
                String::new(),
            );
        }
    }
    events.sort_by_key(|e| std::cmp::Reverse(e.at));
    events.truncate(40);
    events
}

/// `GET /investments/{id}`
///
/// # Errors
/// NotFound, Denied.
pub async fn show(visit: Visit, id: web::Path<Id<Investment>>) -> Answer {
    page(&holding_page(&visit, *id, FormState::empty()).await?)
}

/// `GET /investments/{id}/schedule?format=csv`: the schedule in force as a file, and the page without a format.
///
/// # Errors
/// NotFound, Denied.
pub async fn schedule(
    visit: Visit,
    id: web::Path<Id<Investment>>,
    query: web::Query<crate::funds::pages::FormatQuery>,
) -> Answer {
    let id = *id;
    if query.format.is_empty() {
        return page(&holding_page(&visit, id, FormState::empty()).await?);
    }
    let book = visit.app.db.read(move |db| store::load_book(db, id)).await?;
    visible(&visit.actor, &book.investment)?;
    require(&visit.actor, Action::ReadFund, &Thing::of_authority(book.investment.authority_id))?;
    let states = own_pages::instalments(&book, visit.today());
    let rows = book
        .rows()
        .iter()
        .map(|r| {
            let state = states
                .iter()
                .find(|(d, ..)| d.instalment == r.number)
                .map_or_else(String::new, |(_, word, _)| word.clone());
            vec![
                r.number.to_string(),
                r.due.to_string(),
                r.opening.plain(),
                r.drawn.plain(),
                r.interest.plain(),
                r.capitalised.plain(),
                r.principal.plain(),
                r.payment.plain(),
                r.closing.plain(),
                state,
            ]
        })
        .collect();
    let heads = vec![
        "number",
        "due",
        "opening",
        "drawn",
        "interest",
        "capitalised",
        "principal",
        "payment",
        "closing",
        "state",
    ];
    Table { name: format!("{}-schedule", book.investment.reference), heads, rows }.answer(&query.format)
}

/// After an act: the page with what was done, or again with what is wrong.
async fn after<T>(
    visit: &Visit,
    id: Id<Investment>,
    outcome: Result<T>,
    posted: Posted<impl Sized>,
    done: &str,
) -> Answer {
    match outcome {
        Ok(_) => {
            visit.done(done);
            see(&format!("/investments/{id}"))
        }
        Err(error) => page_again(&holding_page(visit, id, posted.again(error)?).await?),
    }
}

/// `POST /investments/{id}/precedents/{precedent}/verify`
///
/// # Errors
/// NotFound, Denied.
pub async fn verify(visit: Visit, path: web::Path<(Id<Investment>, Id<Precedent>)>, posted: Posted<Verify>) -> Answer {
    let (id, precedent) = *path;
    let outcome = actions::verify(&visit.app, &visit.actor, precedent, &posted.input, visit.now).await;
    after(&visit, id, outcome, posted, "The condition is verified.").await
}

/// `POST /investments/{id}/drawdowns`
///
/// # Errors
/// NotFound, Denied.
pub async fn propose_drawdown(visit: Visit, id: web::Path<Id<Investment>>, posted: Posted<ProposeDrawdown>) -> Answer {
    let outcome = actions::propose_drawdown(&visit.app, &visit.actor, *id, &posted.input, visit.now).await;
    after(&visit, *id, outcome, posted, "The payment is proposed. A committee member decides.").await
}

/// `POST /investments/{id}/drawdowns/{drawdown}/decide`
///
/// # Errors
/// NotFound, Denied.
pub async fn decide_drawdown(
    visit: Visit,
    path: web::Path<(Id<Investment>, Id<Drawdown>)>,
    posted: Posted<Decide>,
) -> Answer {
    let (id, drawdown) = *path;
    let outcome = actions::decide_drawdown(&visit.app, &visit.actor, drawdown, &posted.input, visit.now).await;
    after(&visit, id, outcome, posted, "Your decision is recorded.").await
}

/// `POST /investments/{id}/payments`
///
/// # Errors
/// NotFound, Denied.
pub async fn receive(visit: Visit, id: web::Path<Id<Investment>>, posted: Posted<Receive>) -> Answer {
    let outcome = payments::receive(&visit.app, &visit.actor, *id, &posted.input, visit.now).await;
    after(&visit, *id, outcome, posted, "The payment is recorded.").await
}

/// `POST /investments/{id}/charges`
///
/// # Errors
/// NotFound, Denied.
pub async fn charge(visit: Visit, id: web::Path<Id<Investment>>, posted: Posted<Charge>) -> Answer {
    let outcome = payments::charge(&visit.app, &visit.actor, *id, &posted.input, visit.now).await;
    after(&visit, *id, outcome, posted, "The fee is charged with the next instalment.").await
}

/// `POST /investments/{id}/payments/{entry}/reverse`
///
/// # Errors
/// NotFound, Denied.
pub async fn reverse(visit: Visit, path: web::Path<(Id<Investment>, Id<Entry>)>, posted: Posted<Reverse>) -> Answer {
    let (id, entry) = *path;
    let outcome = payments::reverse(&visit.app, &visit.actor, id, entry, &posted.input, visit.now).await;
    after(&visit, id, outcome, posted, "A counter-entry is made.").await
}

/// `POST /investments/{id}/valuations`
///
/// # Errors
/// NotFound, Denied.
pub async fn propose_valuation(
    visit: Visit,
    id: web::Path<Id<Investment>>,
    posted: Posted<ProposeValuation>,
) -> Answer {
    let outcome = actions::propose_valuation(&visit.app, &visit.actor, *id, &posted.input, visit.now).await;
    after(&visit, *id, outcome, posted, "The value is proposed. A committee member decides.").await
}

/// `POST /investments/{id}/valuations/{valuation}/decide`
///
/// # Errors
/// NotFound, Denied.
pub async fn decide_valuation(
    visit: Visit,
    path: web::Path<(Id<Investment>, Id<Valuation>)>,
    posted: Posted<Decide>,
) -> Answer {
    let (id, valuation) = *path;
    let outcome = actions::decide_valuation(&visit.app, &visit.actor, valuation, &posted.input, visit.now).await;
    after(&visit, id, outcome, posted, "Your decision is recorded.").await
}
