//! Ending what never began: an investment of which nothing was paid out is cancelled by two people, and with its last part
//! its agreement may end. In the ledger no money stands aside for an agreement before it is paid; what falls away is the
//! amount still to be paid out, in the fund's forecast and in what the investment has left to draw.

use super::actions::{DecideProposal, account_of, note};
use super::deciding::{Declined, Proposal, decline, may_decide, proposed, still_open};
use super::model::{Cancellation, Investment, InvestmentState, ProposalState};
use super::rules::{self, InvestmentRefusal};
use super::{cancelling_store, store, visible};
use crate::agreements;
use crate::app::App;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::{self, mail};
use crate::people::policy::{Action, require};
use crate::people::{addresses_of_organisation, addresses_with_role, find_organisation};
use crate::subsidies::{self, RouteKind, RouteState};
use crate::values::{Actor, Id, Instant, Parser, Role};
use serde::Deserialize;
use serde_json::json;

/// Proposing to cancel an investment.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Cancel {
    /// Why it is not paid out; the enterprise reads it once it is cancelled.
    pub reason: String,
}

/// A fund manager proposes to cancel an investment of which nothing was paid out.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when anything was paid out, a payment out is proposed, or this is proposed already.
pub async fn propose(
    app: &App,
    actor: &Actor,
    id: Id<Investment>,
    input: &Cancel,
    now: Instant,
) -> Result<Id<Cancellation>> {
    let mut form = Parser::default();
    let reason = form.text("reason", &input.reason, 2_000, "Enter why nothing will be paid out");
    form.finish()?;
    let (actor, asking) = (actor.clone(), app.clone());
    app.db
        .write(move |db| {
            let book = store::load_book(db, id)?;
            let investment = &book.investment;
            visible(&actor, investment)?;
            require(&actor, Action::ManageFund, &investment.thing())?;
            rules::may_cancel(investment, &book.drawdowns)?;
            if cancelling_store::is_open(db, id)? {
                return Err(InvestmentRefusal::CancellationOpen.into());
            }
            let made = Cancellation {
                id: Id::new(),
                authority_id: investment.authority_id,
                investment_id: id,
                reason: reason.clone(),
                state: ProposalState::Proposed,
                decline_reason: None,
                proposed_by: account_of(&actor)?,
                proposed_at: now,
                decided_by: None,
                decided_at: None,
            };
            cancelling_store::insert(db, &made)?;
            let facts = json!({ "cancellation": made.id, "amount": investment.amount, "reason": made.reason });
            proposed(&asking, db, &actor, investment, Proposal::Cancellation, facts, now)?;
            Ok(made.id)
        })
        .await
}

/// A committee member decides whether an investment is cancelled. Approval ends it and tells the enterprise; who declines
/// says why, and who proposed it is told.
///
/// # Errors
/// Invalid, Denied, NotFound; refused: own proposal, decided already, a payment out since.
pub async fn decide(
    app: &App,
    actor: &Actor,
    id: Id<Cancellation>,
    input: &DecideProposal,
    now: Instant,
) -> Result<Id<Investment>> {
    let declined = input.read()?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let (actor, telling) = (actor.clone(), app.clone());
    app.db
        .write(move |db| {
            let proposal = cancelling_store::find(db, id)?;
            let book = store::load_book(db, proposal.investment_id)?;
            let investment = &book.investment;
            let by = may_decide(&actor, investment, proposal.proposed_by, proposal.state)?;
            if declined.is_none() {
                rules::may_cancel(investment, &book.drawdowns)?;
            }
            still_open(cancelling_store::decide(db, id, declined.as_deref(), by, now)?)?;
            if let Some(why) = &declined {
                let (what, facts) = (Proposal::Cancellation, json!({ "cancellation": id }));
                let declined = Declined { what, proposed_by: proposal.proposed_by, reason: Some(why), facts };
                decline(&telling, db, &actor, investment, declined, now)?;
                return Ok(investment.id);
            }
            store::set_state(db, investment.id, InvestmentState::Ended, Some(now.date()))?;
            let facts = json!({ "cancellation": id, "not_paid_out": investment.amount, "reason": proposal.reason });
            note(db, &actor, investment, "investment.cancelled", facts, now)?;
            tell(db, investment, &proposal.reason, &address, now)?;
            if agreements::all_cancelled(db, investment.agreement_id)? {
                nothing_left(db, investment, &address, now)?;
            }
            Ok(investment.id)
        })
        .await
}

fn tell(db: &mut Db, investment: &Investment, reason: &str, address: &str, now: Instant) -> Result<()> {
    let council = find_organisation(db, investment.authority_id)?.name;
    let freed = freed(db, investment)?;
    let text = format!(
        "{council} has cancelled {} “{}”: {} was agreed and nothing of it was paid out, so you owe nothing.\n\n\
         Why: {reason}\n\n{freed}{address}/my-investments/{}\n\nIf you did not expect this, write to the fund manager.\n",
        investment.reference, investment.title, investment.amount, investment.id
    );
    let subject = format!("{} is cancelled", investment.reference);
    for to in addresses_of_organisation(db, investment.organisation_id)? {
        mail::queue(db, Some(investment.authority_id), &to, &subject, &text, now)?;
    }
    Ok(())
}

/// With its last part all of an agreement is cancelled: what was promised for it is not asked for any more, and who may
/// end the agreement is told.
fn nothing_left(db: &mut Db, investment: &Investment, address: &str, now: Instant) -> Result<()> {
    let agreement = agreements::find(db, investment.agreement_id)?;
    outbox::emit(db, "agreement.ended", json!({ "agreement": agreement.id, "state": "cancelled" }), now)?;
    let text = format!(
        "All of {} “{}” is cancelled and nothing of it was paid out. What was promised for it is not asked for any \
         more.\n\nEnd the agreement: {address}/agreements/{}/change\n",
        agreement.reference, agreement.title, agreement.id
    );
    let subject = format!("{} can be ended: all of it is cancelled", agreement.reference);
    for to in addresses_with_role(db, investment.authority_id, Role::ContractManager)? {
        mail::queue(db, Some(investment.authority_id), &to, &subject, &text, now)?;
    }
    Ok(())
}

/// What the enterprise is told of the minimal financial assistance that it confirmed for this: with the last part of an
/// agreement that is cancelled it was never given. Nothing while a part stands, and on another route.
fn freed(db: &mut Db, investment: &Investment) -> Result<String> {
    let agreement = agreements::find(db, investment.agreement_id)?;
    let route = subsidies::cancelled_route(db, &agreement.application_id.to_string())?
        .filter(|r| r.kind == RouteKind::Mfa && matches!(r.state, RouteState::Recorded | RouteState::Given));
    Ok(route.map_or_else(String::new, |route| {
        format!(
            "The minimal financial assistance of {} for it was not given and does not count towards what your group has \
             had. A confirmation that it was given does not hold any more.\n\n",
            route.amount
        )
    }))
}
