//! Conveniences for the demo: a running investment with a past, made by the real actions at given instants.

use super::actions::{self, Decide, ProposeDrawdown, ProposeValuation, Verify};
use super::model::{Drawdown, Investment};
use super::payments::{self, Receive};
use super::store;
use crate::agreements::Agreement;
use crate::app::App;
use crate::error::{Error, Result};
use crate::values::{Actor, Id, Instant, LocalDate, Pence};
use chrono::TimeDelta;

/// Who acts in a sample.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Proposes, records.
    pub fund_manager: Actor,
    /// Approves.
    pub committee_member: Actor,
    /// Verifies.
    pub contract_manager: Actor,
}

/// How the enterprise pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Each instalment on its day; a loan that ends before `until` is then repaid.
    OnTime,
    /// Each instalment some days late.
    Late(i64),
    /// On time, and nothing any more for the last instalments that have fallen due.
    StoppedFor(usize),
}

/// Makes the investment of a signed agreement and pays it out as [`paid_out`] does, and records the payments that fell
/// due before `until`.
///
/// # Errors
/// What the actions say: the money of the fund must suffice.
pub async fn running(
    app: &App,
    cast: &Cast,
    agreement: Id<Agreement>,
    drawn_on: LocalDate,
    habit: Habit,
    until: LocalDate,
) -> Result<Id<Investment>> {
    let id = paid_out(app, cast, agreement, drawn_on, until).await?;
    receive_until(app, cast, id, habit, until).await?;
    Ok(id)
}

/// Makes the investments of a signed agreement, one for each part, verifies every condition and pays every tranche on its
/// day: the first on `drawn_on`, the others on their planned day. Gives the first part.
///
/// # Errors
/// What the actions say: the money of the fund must suffice.
pub async fn paid_out(
    app: &App,
    cast: &Cast,
    agreement: Id<Agreement>,
    drawn_on: LocalDate,
    until: LocalDate,
) -> Result<Id<Investment>> {
    let opened_at = noon(drawn_on).plus(TimeDelta::days(-7));
    let first = app
        .db
        .write(move |db| actions::open(db, agreement, opened_at))
        .await?
        .ok_or_else(|| Error::internal("the sample's agreement is a contract"))?;
    for part in app.db.read(move |db| store::by_agreement(db, agreement)).await? {
        pay_part(app, cast, part, drawn_on, until).await?;
    }
    Ok(first)
}

/// Verifies every condition of one part of an agreement and pays its tranches.
async fn pay_part(app: &App, cast: &Cast, investment: Investment, drawn_on: LocalDate, until: LocalDate) -> Result<()> {
    let id = investment.id;
    let opened_at = noon(drawn_on).plus(TimeDelta::days(-7));
    let precedents = app.db.read(move |db| store::precedents(db, id)).await?;
    for precedent in precedents {
        let input = Verify { evidence: "Seen by the contract manager; copy on file".to_owned() };
        actions::verify(app, &cast.contract_manager, precedent.id, &input, opened_at.plus(TimeDelta::days(2))).await?;
    }
    let mut number = 0;
    for (place, draw) in investment.terms.0.draws.iter().enumerate() {
        number += 1;
        let planned = draw.on;
        let pay_on = if place == 0 { drawn_on } else { planned.max(drawn_on) };
        if pay_on > until {
            break;
        }
        pay(app, cast, id, number, pay_on).await?;
    }
    Ok(())
}

/// Records that everything due on a day came in on it.
///
/// # Errors
/// What the actions say.
pub async fn receive_due(app: &App, cast: &Cast, id: Id<Investment>, on: LocalDate) -> Result<()> {
    let book = app.db.read(move |db| store::load_book(db, id)).await?;
    let fallen: Vec<_> = book.outstanding().into_iter().filter(|d| d.due <= on).collect();
    let amount = Pence::total(fallen.iter().map(crate::finance::payments::Due::total))?;
    if amount.is_zero() {
        return Ok(());
    }
    let input = Receive {
        amount: amount.plain(),
        received_on: on.to_string(),
        reference: format!("{}-{on}", book.investment.reference),
        ..Receive::default()
    };
    payments::receive(app, &cast.fund_manager, id, &input, noon(on)).await?;
    Ok(())
}

async fn pay(app: &App, cast: &Cast, id: Id<Investment>, tranche: i64, pay_on: LocalDate) -> Result<()> {
    let at = noon(pay_on);
    let input = ProposeDrawdown { tranche: tranche.to_string(), pay_on: pay_on.to_string() };
    let drawdown: Id<Drawdown> =
        actions::propose_drawdown(app, &cast.fund_manager, id, &input, at.plus(TimeDelta::hours(-3))).await?;
    let approve = Decide { decision: "approve".to_owned(), ..Decide::default() };
    actions::decide_drawdown(app, &cast.committee_member, drawdown, &approve, at).await?;
    Ok(())
}

async fn receive_until(app: &App, cast: &Cast, id: Id<Investment>, habit: Habit, until: LocalDate) -> Result<()> {
    let book = app.db.read(move |db| store::load_book(db, id)).await?;
    let fallen: Vec<_> = book.outstanding().into_iter().filter(|d| d.due < until).collect();
    let paid = match habit {
        Habit::StoppedFor(last) => fallen.len().saturating_sub(last),
        _ => fallen.len(),
    };
    for due in fallen.iter().take(paid) {
        let on = match habit {
            Habit::Late(days) => due.due + TimeDelta::days(days),
            _ => due.due,
        };
        if on > until {
            break;
        }
        let input = Receive {
            amount: due.total().plain(),
            received_on: on.to_string(),
            reference: format!("{}-{:03}", book.investment.reference, due.instalment),
            ..Receive::default()
        };
        payments::receive(app, &cast.fund_manager, id, &input, noon(on)).await?;
    }
    Ok(())
}

/// Proposes and approves a valuation at what is owed.
///
/// # Errors
/// What the actions say.
pub async fn value_at_balance(app: &App, cast: &Cast, id: Id<Investment>, on: LocalDate) -> Result<()> {
    let book = app.db.read(move |db| store::load_book(db, id)).await?;
    let reason = "Payments are as agreed and accounts seen: no loss is expected";
    value(app, cast, id, on, &book.owed(on).plain(), "balance", reason).await
}

/// Proposes and approves a valuation.
///
/// # Errors
/// What the actions say.
pub async fn value(
    app: &App,
    cast: &Cast,
    id: Id<Investment>,
    on: LocalDate,
    value: &str,
    method: &str,
    reason: &str,
) -> Result<()> {
    let input = ProposeValuation {
        valued_on: on.to_string(),
        value: value.to_owned(),
        method: method.to_owned(),
        reason: reason.to_owned(),
    };
    let valuation = actions::propose_valuation(app, &cast.fund_manager, id, &input, noon(on)).await?;
    let approve = Decide { decision: "approve".to_owned(), ..Decide::default() };
    actions::decide_valuation(app, &cast.committee_member, valuation, &approve, noon(on).plus(TimeDelta::hours(4)))
        .await?;
    Ok(())
}

fn noon(on: LocalDate) -> Instant {
    Instant::start_of(on).plus(TimeDelta::hours(12))
}
