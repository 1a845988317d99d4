//! Staff pages of one investment.

use super::actions::{self, Decide, ProposeDrawdown, ProposeValuation, Verify};
use super::book::{Book, NavBasis, NavShown, Standing};
use super::fact_pages::Reported;
use super::holding_parts::{PayingOut, Recording};
use super::model::{
    Cancellation, Drawdown, Entry, Investment, InvestmentState, Precedent, ProposalState, Valuation, happened,
};
use super::payments::{self, Charge, Receive, Refund, Reverse};
use super::plan::{self, Line, Sums};
use super::restructuring_pages::{Listed, listed};
use super::story::{self, Condition, Event, Term};
use super::whole::{self, Names, Whole};
use super::{charts, restructuring, rules, store, visible};
use crate::agreements::{self, Agreement};
use crate::awards::PartLine;
use crate::compliance::{self, Due};
use crate::error::{Error, Result};
use crate::finance::Xirr;
use crate::finance::measures::{Figure, Measures};
use crate::finance::payments::Arrears;
use crate::finance::terms::FactKind;
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::decimals::shown_percent;
use crate::values::time::medium_date;
use crate::values::{Account, Id, Instant, Pence};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use std::borrow::Borrow;
use std::ops::Range;

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
        (Xirr::Rate { rate, .. }, None) => (shown_percent(*rate, 1), format!("certified: {rate} a year as a fraction")),
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
            NavBasis::Outstanding => "no valuation yet: what was paid out and has not come back".to_owned(),
            NavBasis::Cost => "not valued yet: counted at what it cost, less what came back".to_owned(),
            NavBasis::Closed => format!("closed on {}", medium_date(shown.nav.valued_on)),
        },
    }
}

/// Latest entries of the account that are shown unless somebody asks for all.
const ACCOUNT_SHOWN: usize = 12;
/// Latest things that happened that are shown unless somebody asks for all.
const HISTORY_SHOWN: usize = 8;

/// `?schedule=all&account=all&history=all`: which lists are shown whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    /// `all`: every row of the schedule, not only those around today.
    pub schedule: String,
    /// `all`: every entry of the account.
    pub account: String,
    /// `all`: everything that happened.
    pub history: String,
}

impl ShowQuery {
    /// The same page with one more list shown whole.
    pub(super) fn with(&self, list: &str) -> String {
        let asked = [("schedule", &self.schedule), ("account", &self.account), ("history", &self.history)];
        let all: Vec<String> = asked
            .iter()
            .filter(|(name, value)| *name == list || value.as_str() == "all")
            .map(|(name, _)| format!("{name}=all"))
            .collect();
        format!("?{}#{list}", all.join("&"))
    }
}

#[derive(Template)]
#[template(path = "investments/holding.html")]
pub(super) struct HoldingPage {
    shell: Shell,
    form: FormState,
    query: ShowQuery,
    book: Book,
    name: String,
    mission: String,
    verdict: (String, String),
    precedents: Vec<Precedent>,
    conditions: Vec<Condition>,
    course: String,
    to_check: Vec<Id<Due>>,
    lines: Vec<Line>,
    shown: Range<usize>,
    sums: Sums,
    plan: String,
    arrears: Arrears,
    measures: Measures,
    nav: Option<NavShown>,
    rate: (String, String),
    terms: Vec<Term>,
    credit: Pence,
    next_tranche: Option<(i64, Pence)>,
    events: Vec<Event>,
    events_all: usize,
    may_manage: bool,
    may_approve: bool,
    may_verify: bool,
    may_check: bool,
    may_change: bool,
    may_restructure: bool,
    may_cancel: bool,
    cancellations: Vec<Cancellation>,
    names: Names,
    changes: Vec<Listed>,
    round_value: String,
    held: String,
    parts_of: Vec<PartLine>,
    /// What the agreement comes to without its cancelled parts.
    left: Pence,
    reported: Reported,
    report_to: String,
}

impl HoldingPage {
    /// All parts of the agreement added up.
    fn together(&self) -> Pence {
        self.parts_of.iter().map(|line| line.amount).sum()
    }
    /// What is left of it where a part was cancelled; empty where all of it stands.
    fn stands(&self) -> String {
        agreements::what_stands(self.together(), self.left)
    }
    fn recording(&self) -> Recording<'_> {
        Recording {
            shell: &self.shell,
            form: &self.form,
            investment: self.book.investment.id,
            round_value: &self.round_value,
        }
    }
    fn payments_out(&self) -> PayingOut<'_> {
        PayingOut {
            shell: &self.shell,
            form: &self.form,
            book: &self.book,
            precedents: &self.precedents,
            next_tranche: self.next_tranche,
            may_manage: self.may_manage,
            may_approve: self.may_approve,
            may_verify: self.may_verify,
        }
    }
    fn rows(&self) -> &[Line] {
        self.lines.get(self.shown.clone()).unwrap_or(&self.lines)
    }
    fn fees(&self) -> bool {
        !self.sums.fee.is_zero()
    }
    /// What is still to be paid out comes before everything else, and what is done comes last.
    fn paying_out(&self) -> bool {
        self.next_tranche.is_some() || self.book.drawdowns.iter().any(|d| d.state == ProposalState::Proposed)
    }
    /// Who proposed to cancel it, and when.
    fn proposed(&self, c: &Cancellation) -> String {
        self.who(Some(c.proposed_by), Some(c.proposed_at))
    }
    /// Who decided whether it is cancelled, and when.
    fn decided(&self, c: &Cancellation) -> String {
        self.who(c.decided_by, c.decided_at)
    }
    /// "Ada Mensah, 29 November 2026".
    fn who(&self, person: Option<Id<Account>>, at: Option<Instant>) -> String {
        let name = person.and_then(|id| self.names.get(&id)).map_or("somebody", String::as_str);
        at.map_or_else(|| name.to_owned(), |at| format!("{name}, {}", medium_date(at.date())))
    }
    /// Whether cancelling it waits for a decision.
    fn cancelling(&self) -> bool {
        self.cancellations.iter().any(|c| c.state == ProposalState::Proposed)
    }
    /// Whether a change of the loan waits for a decision.
    fn change_open(&self) -> bool {
        self.changes.iter().any(|c| c.change.state == ProposalState::Proposed)
    }
    /// The account, the latest entry first.
    fn account(&self) -> impl Iterator<Item = &Entry> {
        let most = if self.query.account == "all" { usize::MAX } else { ACCOUNT_SHOWN };
        self.book.entries.iter().rev().take(most)
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
        self.may_manage && e.kind.is_recorded() && !self.book.is_reversed(e)
    }
    /// Whether what was paid above what is due can be paid back.
    fn refundable(&self) -> bool {
        let written_off = self.book.investment.state == InvestmentState::WrittenOff;
        self.may_manage && self.credit > Pence::ZERO && !written_off
    }
    /// What money would be that comes in although nothing more is expected: heading and button.
    fn unexpected(&self) -> Option<(&'static str, &'static str)> {
        match self.book.investment.state {
            InvestmentState::WrittenOff if self.may_manage => {
                Some(("Record money recovered", "Record what was recovered"))
            }
            InvestmentState::Repaid | InvestmentState::Ended if self.may_manage && !self.book.received().is_zero() => {
                Some(("Record money that still came in", "Record what came in"))
            }
            _ => None,
        }
    }
    fn is_running(&self) -> bool {
        self.book.schedule.is_some() && self.book.investment.closed_on.is_none()
    }
    fn check_words(&self) -> &'static str {
        if self.may_check { "Check evidence" } else { "Evidence to be checked" }
    }
    fn check_href(&self) -> String {
        match self.to_check.as_slice() {
            [one] => format!("/compliance/dues/{one}"),
            _ => "/compliance?show=to_verify".to_owned(),
        }
    }
}

pub(super) async fn holding_page(
    visit: &Visit,
    id: Id<Investment>,
    form: FormState,
    query: ShowQuery,
) -> Result<HoldingPage> {
    let (actor, today) = (visit.actor.clone(), visit.today());
    let (whole, mut followed, from) = visit
        .app
        .db
        .read(move |db| {
            let whole = whole::load(db, id)?;
            let investment = &whole.book.investment;
            visible(&actor, investment)?;
            require(&actor, Action::ReadFund, &Thing::of_authority(investment.authority_id))?;
            let first = whole.book.paid_out().map(|d| d.pay_on).min();
            let from = first.unwrap_or_else(|| investment.opened_at.date()).min(today);
            let followed = compliance::followed(db, investment.agreement_id, from, today)?;
            Ok((whole, followed, from))
        })
        .await?;
    let lines = plan::lines(&whole.book, today);
    let mut events = story::events(&whole, &lines, &mut followed, today);
    let events_all = events.len();
    if query.history != "all" {
        events.retain(|e| !e.routine);
        events.truncate(HISTORY_SHOWN);
    }
    let promises = followed.promises;
    let Whole { book, name, fund, mission, precedents, changes, cancellations, parts, left, names } = whole;
    let punctual = plan::punctuality(&book, &lines, today);
    let investment = &book.investment;
    let thing = investment.thing();
    let mut shell = visit.shell(name.clone(), "/funds");
    shell.breadcrumbs = vec![Link::new("Funds", "/funds"), Link::new(fund, format!("/funds/{}", investment.fund_id))];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let drawn = book.paid_out().count();
    let offer = &investment.terms.0;
    let next_tranche = offer
        .terms
        .payable(&offer.draws, &happened(book.known()))?
        .get(drawn)
        .filter(|_| {
            !book.drawdowns.iter().any(|d| d.state == ProposalState::Proposed) && investment.closed_on.is_none()
        })
        .map(|amount| Ok::<_, Error>((i64::try_from(drawn + 1)?, *amount)))
        .transpose()?;
    let mut reported = Reported::of(&book, today);
    if !can(&visit.actor, Action::ManageFund, &thing) {
        reported.kinds.clear();
    }
    let ending = matches!(book.standing(today), Standing::Running | Standing::InArrears | Standing::Cancelled);
    let cancelling = cancellations.iter().any(|c| c.state == ProposalState::Proposed);
    let mut verdict = story::verdict(&book, punctual, &promises, today);
    if book.standing(today) == Standing::AwaitingDrawdown {
        story::before_payment(&book, &precedents, cancelling).clone_into(&mut verdict.1);
    }
    Ok(HoldingPage {
        verdict,
        course: if drawn == 0 { String::new() } else { charts::course(&promises, from, today)? },
        conditions: promises.iter().map(Condition::from).collect(),
        to_check: promises.iter().filter_map(|p| p.to_check).collect(),
        shown: if query.schedule == "all" { 0..lines.len() } else { plan::around_now(&lines, today) },
        sums: plan::sums(&lines),
        plan: charts::plan(&lines, investment.terms.0.terms.period_months(), today)?,
        arrears: book.arrears(today),
        measures: book.measures(today),
        nav: book.nav(today),
        rate: rate_shown(&book.rate_of_return(today)),
        terms: story::terms(&book, &lines, &promises, today),
        credit: book.credit(),
        may_manage: can(&visit.actor, Action::ManageFund, &thing),
        may_approve: can(&visit.actor, Action::ApproveDrawdown, &thing),
        may_verify: can(&visit.actor, Action::VerifyPrecedent, &thing),
        may_check: can(&visit.actor, Action::VerifyFigure, &thing),
        may_restructure: can(&visit.actor, Action::ManageFund, &thing) && restructuring::can_change(&book, &changes),
        changes: listed(visit, &book, changes, &names),
        round_value: match book.latest_round() {
            Some(round) => {
                format!("Leave it empty to take the price of the round of {}: {}", medium_date(round.on), round.worth)
            }
            None => String::new(),
        },
        may_cancel: can(&visit.actor, Action::ManageFund, &thing)
            && !cancelling
            && rules::may_cancel(investment, &book.drawdowns).is_ok(),
        may_change: ending && can(&visit.actor, Action::ChangeAgreement, &thing),
        held: story::carried(&book),
        parts_of: parts,
        left,
        report_to: format!("/investments/{id}/reports"),
        reported,
        shell,
        form,
        query,
        name,
        mission,
        precedents,
        cancellations,
        names,
        lines,
        next_tranche: next_tranche.filter(|_| !cancelling),
        events,
        events_all,
        book,
    })
}

/// `GET /investments/{id}`
///
/// # Errors
/// NotFound, Denied.
pub async fn show(visit: Visit, id: web::Path<Id<Investment>>, query: web::Query<ShowQuery>) -> Answer {
    page(&holding_page(&visit, *id, FormState::empty(), query.into_inner()).await?)
}

/// `GET /agreements/{id}/parts/{part}`: to the investment that is this part of an agreement.
///
/// # Errors
/// NotFound for another's, and before the investment is made.
pub async fn of_agreement(visit: Visit, path: web::Path<(Id<Agreement>, String)>) -> Answer {
    let (agreement, part) = path.into_inner();
    let part: i64 = part.parse().map_err(|_| Error::NotFound)?;
    let made = visit.app.db.read(move |db| store::by_agreement(db, agreement)).await?;
    let found = made.into_iter().find(|i| i.part == part).ok_or(Error::NotFound)?;
    visible(&visit.actor, &found)?;
    if can(&visit.actor, Action::ReadFund, &Thing::of_authority(found.authority_id)) {
        return see(&format!("/investments/{}", found.id));
    }
    require(&visit.actor, Action::ReadOwnInvestment, &Thing::of_applicant(found.authority_id, found.organisation_id))?;
    see(&format!("/my-investments/{}", found.id))
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
        return page(&holding_page(&visit, id, FormState::empty(), ShowQuery::default()).await?);
    }
    let book = visit.app.db.read(move |db| store::load_book(db, id)).await?;
    visible(&visit.actor, &book.investment)?;
    require(&visit.actor, Action::ReadFund, &Thing::of_authority(book.investment.authority_id))?;
    let lines = plan::lines(&book, visit.today());
    let rows = book
        .rows()
        .iter()
        .map(|r| {
            let state = lines.iter().find(|l| l.number == r.number).map_or_else(String::new, |l| l.word.clone());
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
                r.changed.plain(),
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
        "changed",
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
        Err(error) => page_again(&holding_page(visit, id, posted.again(error)?, ShowQuery::default()).await?),
    }
}

/// `POST /investments/{id}/precedents/{precedent}/verify`
///
/// # Errors
/// NotFound, Denied.
pub async fn verify(visit: Visit, path: web::Path<(Id<Investment>, Id<Precedent>)>, posted: Posted<Verify>) -> Answer {
    let (id, precedent) = *path;
    visit.under(id, move |db| Ok(store::find_precedent(db, precedent)?.investment_id)).await?;
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
    visit.under(id, move |db| Ok(store::find_drawdown(db, drawdown)?.investment_id)).await?;
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

/// `POST /investments/{id}/refunds`
///
/// # Errors
/// NotFound, Denied.
pub async fn refund(visit: Visit, id: web::Path<Id<Investment>>, posted: Posted<Refund>) -> Answer {
    let outcome = payments::refund(&visit.app, &visit.actor, *id, &posted.input, visit.now).await;
    after(&visit, *id, outcome, posted, "The refund is recorded, and the enterprise is told.").await
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
    visit.under(id, move |db| Ok(store::find_valuation(db, valuation)?.investment_id)).await?;
    let outcome = actions::decide_valuation(&visit.app, &visit.actor, valuation, &posted.input, visit.now).await;
    after(&visit, id, outcome, posted, "Your decision is recorded.").await
}
