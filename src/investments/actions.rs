//! What people do with investments: open, verify, pay out, value. Receipts are in [`super::payments`].

pub use super::deciding::{Decide, DecideProposal};
use super::deciding::{Declined, Proposal, decline, may_decide, proposed, still_open};
use super::model::{self, Drawdown, Investment, InvestmentState, Precedent, ProposalState, Valuation, ValuationMethod};
use super::rules::{self, InvestmentRefusal};
use super::upkeep::{drawn, remake, upkeep};
use super::{cancelling_store, store, visible};
use crate::agreements::{self, AgreementKind};
use crate::app::App;
pub(super) use crate::audit::note;
use crate::awards::{InvestmentOffer, PartLine};
use crate::calls;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::finance::InstrumentTerms;
use crate::funds;
use crate::ledger::{self, AccountKind, Posting};
use crate::outbox::{self, Job};
use crate::people::policy::{Action, require};
use crate::values::{Account, Actor, Id, Instant, Parser, Pence, Subject};
use serde::Deserialize;
use serde_json::json;

/// Subscriber of `agreement.signed`: an investment agreement makes an investment of each part. A second run changes nothing.
///
/// # Errors
/// NotFound when the round names a fund that is not there (the job is tried again).
pub async fn open_investment(app: App, job: Job, now: Instant) -> Result<()> {
    let agreement = job.id_of("agreement")?;
    app.db.write(move |db| open(db, agreement, now).map(|_| ())).await
}

/// Makes the investments of an agreement, one for each part, or finds them; gives the first of them, and `None` when the
/// agreement is a contract.
///
/// # Errors
/// NotFound when the round names a fund that is not there.
pub fn open(db: &mut Db, agreement: Id<agreements::Agreement>, now: Instant) -> Result<Option<Id<Investment>>> {
    if let Some(made) = store::by_agreement(db, agreement)?.first() {
        return Ok(Some(made.id));
    }
    let agreement = agreements::find(db, agreement)?;
    if agreement.kind != AgreementKind::Investment || agreement.terms.0.offer.is_none() {
        return Ok(None);
    }
    let call = calls::find(db, agreement.call_id)?;
    let words = call.terms.0.round.as_ref().map(|r| r.fund.clone()).unwrap_or_default();
    let fund = funds::find_named(db, agreement.authority_id, &words)?;
    let mut first = None;
    for (line, offer) in agreement.terms.0.listed().iter().zip(agreement.terms.0.parts()) {
        let made = open_part(db, &agreement, fund.id, line, offer, now)?;
        first.get_or_insert(made);
    }
    Ok(first)
}

fn open_part(
    db: &mut Db,
    agreement: &agreements::Agreement,
    fund: Id<funds::Fund>,
    line: &PartLine,
    offer: &InvestmentOffer,
    now: Instant,
) -> Result<Id<Investment>> {
    // An investment that is all of its agreement has the agreement's own name; a part says which it is.
    let (reference, title) = if agreement.terms.0.is_package() {
        (format!("{}-{}", agreement.reference, line.number), format!("{} · {}", line.title, agreement.title))
    } else {
        (agreement.reference.clone(), agreement.title.clone())
    };
    let investment = Investment {
        id: Id::new(),
        authority_id: agreement.authority_id,
        fund_id: fund,
        agreement_id: agreement.id,
        part: line.number,
        organisation_id: agreement.organisation_id,
        mission_id: agreement.mission_id,
        reference,
        title,
        state: InvestmentState::AwaitingDrawdown,
        amount: line.amount,
        terms: Json(offer.clone()),
        schedule_version: 0,
        opened_at: now,
        closed_on: None,
    };
    store::insert(db, &investment)?;
    for (place, text) in offer.precedents.iter().enumerate() {
        let tranche = rules::tranche_of(place, offer.draws.len());
        let precedent = Precedent {
            id: Id::new(),
            authority_id: investment.authority_id,
            investment_id: investment.id,
            tranche: i64::try_from(tranche)?,
            position: i64::try_from(place + 1)?,
            text: text.clone(),
            due_on: offer.draws.get(tranche - 1).map(|t| t.on),
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
    let facts = json!({ "agreement": agreement.id, "part": line.number, "amount": investment.amount });
    note(db, &Actor::System, &investment, "investment.opened", facts, now)?;
    if let InstrumentTerms::Guarantee(terms) = &offer.terms {
        // Nothing is paid out at the start: it stands from its first day.
        let book = store::load_book(db, investment.id)?;
        remake(db, &book, Vec::new(), Vec::new(), "The guarantee begins".to_owned(), terms.from, now)?;
    }
    Ok(investment.id)
}

/// The account of a person who acts; the system decides nothing.
pub(super) fn account_of(actor: &Actor) -> Result<Id<Account>> {
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
            require(&actor, Action::VerifyPrecedent, &investment.thing())?;
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
    let (actor, asking) = (actor.clone(), app.clone());
    app.db
        .write(move |db| {
            let book = store::load_book(db, id)?;
            let investment = &book.investment;
            visible(&actor, investment)?;
            require(&actor, Action::ManageFund, &investment.thing())?;
            if cancelling_store::is_open(db, id)? {
                return Err(InvestmentRefusal::CancellationOpen.into());
            }
            let happened = model::happened(book.known());
            let offer = &investment.terms.0;
            let payable = offer.terms.payable(&offer.draws, &happened)?;
            let amount = rules::next_tranche(investment, &payable, &book.drawdowns, tranche)?;
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
            proposed(&asking, db, &actor, investment, Proposal::Drawdown(amount), facts, now)?;
            Ok(drawdown.id)
        })
        .await
}

/// A committee member decides on a payment out. Approval pays it in the ledger and makes the next schedule version; who
/// proposed one that is declined is told.
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
    let (decision, why) = (input.read()?, input.why()?);
    let (actor, telling) = (actor.clone(), app.clone());
    app.db
        .write(move |db| {
            let drawdown = store::find_drawdown(db, id)?;
            let investment = store::find(db, drawdown.investment_id)?;
            let by = may_decide(&actor, &investment, drawdown.proposed_by, drawdown.state)?;
            if decision == ProposalState::Approved {
                let precedents = store::precedents(db, investment.id)?;
                rules::may_pay(&drawdown, &precedents, now.date())?;
            }
            still_open(store::decide_drawdown(db, id, decision, by, now)?)?;
            if decision == ProposalState::Declined {
                let what = Proposal::Drawdown(drawdown.amount);
                let facts = json!({ "drawdown": id, "tranche": drawdown.tranche });
                let declined = Declined { what, proposed_by: drawdown.proposed_by, reason: why.as_deref(), facts };
                decline(&telling, db, &actor, &investment, declined, now)?;
                return Ok(investment.id);
            }
            pay(db, &drawdown, now)?;
            let facts = json!({ "drawdown": id, "tranche": drawdown.tranche, "amount": drawdown.amount, "pay_on": drawdown.pay_on });
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
    if investment.state.is_closed() {
        return Err(InvestmentRefusal::NotRunning.into());
    }
    let loans = ledger::account(db, investment.authority_id, &investment.owner(), AccountKind::Loans, now)?;
    let source = Subject::new("drawdown", drawdown.id);
    let (authority, fund) = (investment.authority_id, investment.fund_id);
    funds::pay_out(db, authority, fund, loans, drawdown.amount, drawdown.pay_on, now, &source)?;
    let known = book.known().to_vec();
    let reason = format!("Tranche {} paid out", drawdown.tranche);
    remake(db, &book, drawn(&book), known, reason, drawdown.pay_on, now)
}

/// Proposing a value.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ProposeValuation {
    /// The day.
    pub valued_on: String,
    /// The value in pounds; may be empty for `latest_round`, which takes the price of the round recorded last.
    pub value: String,
    /// `balance`, `discounted`, `impaired`, `cost`, `latest_round`, `fair_value` or `write_off`.
    pub method: String,
    /// Why this value.
    pub reason: String,
}

/// A fund manager proposes what a holding is worth.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when nothing is out, the date is wrong or the value is more than it could be.
pub async fn propose_valuation(
    app: &App,
    actor: &Actor,
    id: Id<Investment>,
    input: &ProposeValuation,
    now: Instant,
) -> Result<Id<Valuation>> {
    let mut form = Parser::default();
    let valued_on = form.date("valued_on", &input.valued_on, "Enter the day of the valuation");
    let method: Option<ValuationMethod> = form.value("method", &input.method, "Choose how it was valued");
    // At the price of the latest round the value can be worked out.
    let worked_out = method == Some(ValuationMethod::LatestRound) && input.value.trim().is_empty();
    let typed = if worked_out { None } else { form.pence("value", &input.value, "Enter the value in pounds") };
    form.check(typed.is_none_or(|v| v >= Pence::ZERO), "value", "Enter £0 or more");
    let reason = form.text("reason", &input.reason, 2_000, "Enter why this value, and what changed since the last one");
    form.finish()?;
    let (Some(valued_on), Some(method)) = (valued_on, method) else {
        return Err(Error::field("value", "Enter the value in pounds"));
    };
    let (actor, asking) = (actor.clone(), app.clone());
    app.db
        .write(move |db| {
            let book = store::load_book(db, id)?;
            let investment = &book.investment;
            visible(&actor, investment)?;
            require(&actor, Action::ManageFund, &investment.thing())?;
            if investment.state != InvestmentState::Running {
                return Err(InvestmentRefusal::NotRunning.into());
            }
            let round = book.latest_round().filter(|r| r.on <= valued_on).map(|r| r.worth);
            let value = typed.or(round.filter(|_| worked_out)).ok_or_else(|| {
                Error::field("value", "No round of shares is recorded by that day. Enter the value in pounds")
            })?;
            if valued_on > now.date() || book.drawn(valued_on).is_zero() {
                return Err(InvestmentRefusal::Dated.into());
            }
            if method == ValuationMethod::WriteOff {
                if !value.is_zero() {
                    return Err(InvestmentRefusal::WriteOffValue.into());
                }
                rules::something_is_lost(book.owed(now.date()), book.credit())?;
            }
            rules::value_fits(value, most_of_plain(&book, valued_on), book.drawn(valued_on))?;
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
            proposed(&asking, db, &actor, investment, Proposal::Valuation(value), facts, now)?;
            Ok(valuation.id)
        })
        .await
}

/// The most that a loan or a grant could be worth on a day; none for what may grow.
fn most_of_plain(book: &super::Book, on: crate::values::LocalDate) -> Option<Pence> {
    match &book.investment.terms.0.terms {
        InstrumentTerms::Loan(_) => {
            let charged: Pence = book.dues().iter().map(|d| d.interest + d.fee).sum();
            Some(book.owed(on) + charged)
        }
        InstrumentTerms::Grant => Some(book.drawn(on)),
        _ => None,
    }
}

/// A committee member decides on a valuation. Approving a write-off takes what is owed out of the books; who proposed one
/// that is declined is told.
///
/// # Errors
/// Denied, NotFound, refused: own proposal, decided already, nothing is out any more, a newer value was approved since.
pub async fn decide_valuation(
    app: &App,
    actor: &Actor,
    id: Id<Valuation>,
    input: &Decide,
    now: Instant,
) -> Result<Id<Investment>> {
    let (decision, why) = (input.read()?, input.why()?);
    let (actor, telling) = (actor.clone(), app.clone());
    app.db
        .write(move |db| {
            let valuation = store::find_valuation(db, id)?;
            let investment = store::find(db, valuation.investment_id)?;
            let by = may_decide(&actor, &investment, valuation.proposed_by, valuation.state)?;
            if decision == ProposalState::Approved {
                if investment.state != InvestmentState::Running {
                    return Err(InvestmentRefusal::NotRunning.into());
                }
                rules::still_newest(&valuation, &store::load_book(db, investment.id)?.valuations)?;
            }
            still_open(store::decide_valuation(db, id, decision, by, now)?)?;
            if decision == ProposalState::Declined {
                let what = Proposal::Valuation(valuation.value);
                let facts = json!({ "valuation": id, "value": valuation.value });
                let declined = Declined { what, proposed_by: valuation.proposed_by, reason: why.as_deref(), facts };
                decline(&telling, db, &actor, &investment, declined, now)?;
                return Ok(investment.id);
            }
            let facts = json!({ "valuation": id, "value": valuation.value, "method": valuation.method });
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
    // What the enterprise paid ahead is set off first: only the rest is lost.
    let book = store::load_book(db, investment.id)?;
    let ahead = book.credit();
    rules::something_is_lost(ledger::balance(db, credit)?, ahead)?;
    if ahead > Pence::ZERO {
        let held = ledger::account(db, authority, &owner, AccountKind::Suspense, now)?;
        let (on, source) = (book.set_off_on(valuation.valued_on), Subject::new("valuation", valuation.id));
        let memo = "Paid ahead, set off against what was owed".to_owned();
        ledger::transfer(db, Posting { authority, debit: held, credit, amount: ahead, on, at: now, source, memo })?;
    }
    let amount = ledger::balance(db, credit)?;
    if amount > Pence::ZERO {
        let (on, source) = (valuation.valued_on, Subject::new("valuation", valuation.id));
        let memo = "Written off".to_owned();
        ledger::transfer(db, Posting { authority, debit, credit, amount, on, at: now, source, memo })?;
    }
    store::set_state(db, investment.id, InvestmentState::WrittenOff, Some(valuation.valued_on))
}
