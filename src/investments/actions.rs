//! What people do with investments: open, verify, pay out, value. Receipts are in [`super::payments`].

use super::book::Book;
use super::model::{
    Drawdown, Investment, InvestmentState, Precedent, ProposalState, ScheduleVersion, Valuation, ValuationMethod,
};
use super::rules::{self, InvestmentRefusal};
use super::{payments, store, visible};
use crate::agreements::{self, AgreementKind};
use crate::app::App;
use crate::audit::{self, Entry as AuditEntry};
use crate::calls;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::finance::schedule::{Tranche, build};
use crate::funds;
use crate::ledger::{self, AccountKind, Posting};
use crate::outbox::{self, Job};
use crate::people::policy::{Action, Thing, require};
use crate::values::{Account, Actor, Id, Instant, LocalDate, Parser, Pence, Subject};
use serde::Deserialize;
use serde_json::json;

/// Job: an instalment of a schedule falls due.
pub const DUE: &str = "investment.due";

/// Subscriber of `agreement.signed`: an investment agreement makes its investment. A second run changes nothing.
///
/// # Errors
/// NotFound when the round names a fund that is not there (the job is tried again).
pub async fn open_investment(app: App, job: Job, now: Instant) -> Result<()> {
    let agreement = job.id_of("agreement")?;
    app.db.write(move |db| open(db, agreement, now).map(|_| ())).await
}

/// Makes the investment of an agreement, or finds it; `None` when the agreement is no loan.
///
/// # Errors
/// NotFound when the round names a fund that is not there.
pub fn open(db: &mut Db, agreement: Id<agreements::Agreement>, now: Instant) -> Result<Option<Id<Investment>>> {
    if let Some(made) = store::by_agreement(db, agreement)? {
        return Ok(Some(made.id));
    }
    let agreement = agreements::find(db, agreement)?;
    let Some(offer) = agreement.terms.0.loan.clone().filter(|_| agreement.kind == AgreementKind::Investment) else {
        return Ok(None);
    };
    let call = calls::find(db, agreement.call_id)?;
    let words = call.terms.0.round.as_ref().map(|r| r.fund.clone()).unwrap_or_default();
    let fund = funds::find_named(db, agreement.authority_id, &words)?;
    let investment = Investment {
        id: Id::new(),
        authority_id: agreement.authority_id,
        fund_id: fund.id,
        agreement_id: agreement.id,
        organisation_id: agreement.organisation_id,
        mission_id: agreement.mission_id,
        reference: agreement.reference.clone(),
        title: agreement.title.clone(),
        state: InvestmentState::AwaitingDrawdown,
        amount: Pence::total(offer.tranches.iter().copied())?,
        terms: Json(offer.clone()),
        schedule_version: 0,
        opened_at: now,
        closed_on: None,
    };
    store::insert(db, &investment)?;
    for (place, text) in offer.precedents.iter().enumerate() {
        let tranche = rules::tranche_of(place, offer.tranches.len());
        let precedent = Precedent {
            id: Id::new(),
            authority_id: investment.authority_id,
            investment_id: investment.id,
            tranche: i64::try_from(tranche)?,
            position: i64::try_from(place + 1)?,
            text: text.clone(),
            due_on: offer.loan.tranches.get(tranche - 1).map(|t| t.on),
            evidence: None,
            verified_by: None,
            verified_at: None,
        };
        store::insert_precedent(db, &precedent)?;
    }
    let owner = investment.owner();
    for kind in [
        AccountKind::Loans,
        AccountKind::InterestIncome,
        AccountKind::FeeIncome,
        AccountKind::Suspense,
        AccountKind::Impairment,
    ] {
        ledger::account(db, investment.authority_id, &owner, kind, now)?;
    }
    note(
        db,
        &Actor::System,
        &investment,
        "investment.opened",
        json!({ "agreement": agreement.id, "amount": investment.amount }),
        now,
    )?;
    Ok(Some(investment.id))
}

/// Writes the audit row of an act on an investment.
pub(super) fn note(
    db: &mut Db,
    actor: &Actor,
    investment: &Investment,
    action: &'static str,
    facts: serde_json::Value,
    now: Instant,
) -> Result<()> {
    let entry = AuditEntry {
        authority: Some(investment.authority_id),
        at: now,
        actor,
        action,
        subject: investment.owner(),
        facts,
    };
    audit::record(db, entry)?;
    Ok(())
}

/// The account of a person who acts; the system decides nothing.
fn account_of(actor: &Actor) -> Result<Id<Account>> {
    actor.account().ok_or(Error::Denied)
}

/// Verifying a condition precedent.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Verify {
    /// What showed it.
    pub evidence: String,
}

/// A contract manager verifies a condition before payment.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when it is verified already.
pub async fn verify(
    app: &App,
    actor: &Actor,
    id: Id<Precedent>,
    input: &Verify,
    now: Instant,
) -> Result<Id<Investment>> {
    let mut form = Parser::default();
    let evidence = form.text("evidence", &input.evidence, 500, "Enter what showed that the condition is met");
    form.finish()?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let precedent = store::find_precedent(db, id)?;
            let investment = store::find(db, precedent.investment_id)?;
            visible(&actor, &investment)?;
            require(&actor, Action::VerifyPrecedent, &Thing::of_authority(investment.authority_id))?;
            if !store::set_verified(db, id, &evidence, account_of(&actor)?, now)? {
                return Err(InvestmentRefusal::VerifiedAlready.into());
            }
            note(
                db,
                &actor,
                &investment,
                "investment.precedent_verified",
                json!({ "precedent": id, "tranche": precedent.tranche }),
                now,
            )?;
            Ok(investment.id)
        })
        .await
}

/// Proposing a payment out.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ProposeDrawdown {
    /// Which tranche, from 1.
    pub tranche: String,
    /// The day to pay.
    pub pay_on: String,
}

/// A fund manager proposes to pay a tranche.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when it is not the next tranche or the day has passed.
pub async fn propose_drawdown(
    app: &App,
    actor: &Actor,
    id: Id<Investment>,
    input: &ProposeDrawdown,
    now: Instant,
) -> Result<Id<Drawdown>> {
    let mut form = Parser::default();
    let tranche: Option<i64> = form.value("tranche", &input.tranche, "Choose a tranche");
    let pay_on = form.date("pay_on", &input.pay_on, "Enter the day to pay");
    form.finish()?;
    let (Some(tranche), Some(pay_on)) = (tranche, pay_on) else {
        return Err(Error::field("tranche", "Choose a tranche"));
    };
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let book = store::load_book(db, id)?;
            let investment = &book.investment;
            visible(&actor, investment)?;
            require(&actor, Action::ManageFund, &Thing::of_authority(investment.authority_id))?;
            let amount = rules::next_tranche(investment, &book.drawdowns, tranche)?;
            if pay_on < now.date() {
                return Err(Error::field("pay_on", "Enter today or a later day"));
            }
            let drawdown = Drawdown {
                id: Id::new(),
                authority_id: investment.authority_id,
                investment_id: id,
                tranche,
                amount,
                pay_on,
                state: ProposalState::Proposed,
                proposed_by: account_of(&actor)?,
                proposed_at: now,
                decided_by: None,
                decided_at: None,
            };
            store::insert_drawdown(db, &drawdown)?;
            let facts = json!({ "drawdown": drawdown.id, "tranche": tranche, "amount": amount, "pay_on": pay_on });
            note(db, &actor, investment, "investment.drawdown_proposed", facts, now)?;
            Ok(drawdown.id)
        })
        .await
}

/// Deciding what somebody else proposed.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Decide {
    /// `approve` or `decline`.
    pub decision: String,
}

impl Decide {
    fn read(&self) -> Result<ProposalState> {
        match self.decision.trim() {
            "approve" => Ok(ProposalState::Approved),
            "decline" => Ok(ProposalState::Declined),
            _ => Err(Error::field("decision", "Choose whether to approve or decline")),
        }
    }
}

/// Whether the person may decide; says so plainly when it was their own proposal.
fn may_decide(actor: &Actor, investment: &Investment, proposed_by: Id<Account>) -> Result<Id<Account>> {
    visible(actor, investment)?;
    let thing = Thing::of_authority(investment.authority_id);
    require(actor, Action::ApproveDrawdown, &thing)?;
    if actor.account() == Some(proposed_by) {
        return Err(InvestmentRefusal::SamePerson.into());
    }
    require(actor, Action::ApproveDrawdown, &thing.made_by(Some(proposed_by)))?;
    account_of(actor)
}

/// A committee member decides on a payment out. Approval pays it in the ledger and makes the next schedule version.
///
/// # Errors
/// Denied, NotFound, refused: own proposal, decided already, a condition not verified, not enough money.
pub async fn decide_drawdown(
    app: &App,
    actor: &Actor,
    id: Id<Drawdown>,
    input: &Decide,
    now: Instant,
) -> Result<Id<Investment>> {
    let decision = input.read()?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let drawdown = store::find_drawdown(db, id)?;
            let investment = store::find(db, drawdown.investment_id)?;
            let by = may_decide(&actor, &investment, drawdown.proposed_by)?;
            if decision == ProposalState::Approved {
                let precedents = store::precedents(db, investment.id)?;
                rules::may_pay(&drawdown, &precedents, now.date())?;
            }
            if !store::decide_drawdown(db, id, decision, by, now)? {
                return Err(InvestmentRefusal::DecidedAlready.into());
            }
            let facts = json!({ "drawdown": id, "tranche": drawdown.tranche, "amount": drawdown.amount, "pay_on": drawdown.pay_on });
            if decision == ProposalState::Declined {
                note(db, &actor, &investment, "investment.drawdown_declined", facts, now)?;
                return Ok(investment.id);
            }
            pay(db, &drawdown, now)?;
            note(db, &actor, &investment, "investment.drawdown_approved", facts, now)?;
            outbox::emit(db, "investment.paid_out", json!({ "investment": investment.id, "drawdown": id }), now)?;
            Ok(investment.id)
        })
        .await
}

fn pay(db: &mut Db, drawdown: &Drawdown, now: Instant) -> Result<()> {
    upkeep(db, drawdown.investment_id, now)?;
    let book = store::load_book(db, drawdown.investment_id)?;
    let investment = &book.investment;
    if matches!(investment.state, InvestmentState::Repaid | InvestmentState::WrittenOff) {
        return Err(InvestmentRefusal::NotRunning.into());
    }
    let loans = ledger::account(db, investment.authority_id, &investment.owner(), AccountKind::Loans, now)?;
    let source = Subject::new("drawdown", drawdown.id);
    let (authority, fund) = (investment.authority_id, investment.fund_id);
    funds::pay_out(db, authority, fund, loans, drawdown.amount, drawdown.pay_on, now, &source)?;
    let drawn = book.paid_out().map(|d| Tranche { on: d.pay_on, amount: d.amount }).collect();
    let terms = rules::drawn_terms(&investment.terms.0.loan, drawn);
    let version = ScheduleVersion {
        id: Id::new(),
        authority_id: authority,
        investment_id: investment.id,
        version: investment.schedule_version + 1,
        effective_on: drawdown.pay_on,
        schedule: Json(build(&terms)?),
        terms: Json(terms),
        reason: format!("Tranche {} paid out", drawdown.tranche),
        made_at: now,
    };
    store::insert_schedule(db, &version)?;
    store::set_schedule(db, investment.id, version.version)?;
    schedule_due(db, &version, drawdown.pay_on)
}

/// Plans the job of the first due date after a day.
fn schedule_due(db: &mut Db, version: &ScheduleVersion, after: LocalDate) -> Result<()> {
    let Some(row) = version.schedule.0.rows.iter().find(|r| r.due > after) else { return Ok(()) };
    let payload = json!({ "investment": version.investment_id, "version": version.version });
    outbox::schedule(db, DUE, payload, Instant::start_of(row.due))
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
    payments::settle_state(db, &book)
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

/// Proposing a value.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ProposeValuation {
    /// The day.
    pub valued_on: String,
    /// The value in pounds.
    pub value: String,
    /// `balance`, `discounted`, `impaired` or `write_off`.
    pub method: String,
    /// Why this value.
    pub reason: String,
}

/// A fund manager proposes what a holding is worth.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when nothing is out or the date is wrong.
pub async fn propose_valuation(
    app: &App,
    actor: &Actor,
    id: Id<Investment>,
    input: &ProposeValuation,
    now: Instant,
) -> Result<Id<Valuation>> {
    let mut form = Parser::default();
    let valued_on = form.date("valued_on", &input.valued_on, "Enter the day of the valuation");
    let value = form.pence("value", &input.value, "Enter the value in pounds");
    form.check(value.is_none_or(|v| v >= Pence::ZERO), "value", "Enter £0 or more");
    let method: Option<ValuationMethod> = form.value("method", &input.method, "Choose how it was valued");
    let reason = form.text("reason", &input.reason, 2_000, "Enter why this value, and what changed since the last one");
    form.finish()?;
    let (Some(valued_on), Some(value), Some(method)) = (valued_on, value, method) else {
        return Err(Error::field("value", "Enter the value in pounds"));
    };
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let book = store::load_book(db, id)?;
            let investment = &book.investment;
            visible(&actor, investment)?;
            require(&actor, Action::ManageFund, &Thing::of_authority(investment.authority_id))?;
            if investment.state != InvestmentState::Running {
                return Err(InvestmentRefusal::NotRunning.into());
            }
            if valued_on > now.date() || book.drawn(valued_on).is_zero() {
                return Err(InvestmentRefusal::Dated.into());
            }
            if method == ValuationMethod::WriteOff && !value.is_zero() {
                return Err(InvestmentRefusal::WriteOffValue.into());
            }
            let valuation = Valuation {
                id: Id::new(),
                authority_id: investment.authority_id,
                investment_id: id,
                valued_on,
                value,
                method,
                reason: reason.clone(),
                state: ProposalState::Proposed,
                proposed_by: account_of(&actor)?,
                proposed_at: now,
                decided_by: None,
                decided_at: None,
            };
            store::insert_valuation(db, &valuation)?;
            let facts = json!({ "valuation": valuation.id, "valued_on": valued_on, "value": value, "method": method });
            note(db, &actor, investment, "investment.valuation_proposed", facts, now)?;
            Ok(valuation.id)
        })
        .await
}

/// A committee member decides on a valuation. Approving a write-off takes what is owed out of the books.
///
/// # Errors
/// Denied, NotFound, refused: own proposal, decided already, nothing is out any more.
pub async fn decide_valuation(
    app: &App,
    actor: &Actor,
    id: Id<Valuation>,
    input: &Decide,
    now: Instant,
) -> Result<Id<Investment>> {
    let decision = input.read()?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let valuation = store::find_valuation(db, id)?;
            let investment = store::find(db, valuation.investment_id)?;
            let by = may_decide(&actor, &investment, valuation.proposed_by)?;
            if decision == ProposalState::Approved && investment.state != InvestmentState::Running {
                return Err(InvestmentRefusal::NotRunning.into());
            }
            if !store::decide_valuation(db, id, decision, by, now)? {
                return Err(InvestmentRefusal::DecidedAlready.into());
            }
            let facts = json!({ "valuation": id, "value": valuation.value, "method": valuation.method });
            if decision == ProposalState::Declined {
                note(db, &actor, &investment, "investment.valuation_declined", facts, now)?;
                return Ok(investment.id);
            }
            if valuation.method == ValuationMethod::WriteOff {
                write_off(db, &investment, &valuation, now)?;
            }
            note(db, &actor, &investment, "investment.valuation_approved", facts, now)?;
            Ok(investment.id)
        })
        .await
}

fn write_off(db: &mut Db, investment: &Investment, valuation: &Valuation, now: Instant) -> Result<()> {
    upkeep(db, investment.id, now)?;
    let (authority, owner) = (investment.authority_id, investment.owner());
    let credit = ledger::account(db, authority, &owner, AccountKind::Loans, now)?;
    let debit = ledger::account(db, authority, &owner, AccountKind::Impairment, now)?;
    let amount = ledger::balance(db, credit)?;
    if amount > Pence::ZERO {
        let (on, source) = (valuation.valued_on, Subject::new("valuation", valuation.id));
        let memo = "Written off".to_owned();
        ledger::transfer(db, Posting { authority, debit, credit, amount, on, at: now, source, memo })?;
    }
    store::set_state(db, investment.id, InvestmentState::WrittenOff, Some(valuation.valued_on))
}
