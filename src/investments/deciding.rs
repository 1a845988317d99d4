//! What one person proposes of an investment and another decides, whatever it is: it is recorded and the committee is
//! asked, who may decide, and who proposed what is declined is told, and why. What each proposal needs and does besides
//! stands with its own action.

use super::actions::account_of;
use super::model::{Investment, ProposalState};
use super::rules::InvestmentRefusal;
use super::visible;
use crate::app::App;
use crate::audit::note;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::people::policy::{Action, require};
use crate::people::{account_names, address_of_member, addresses_of_deciders, find_organisation};
use crate::values::{Account, Actor, Id, Instant, Parser, Pence, Role};
use serde::Deserialize;
use serde_json::{Value, json};

/// Deciding what somebody else proposed.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Decide {
    /// `approve` or `decline`.
    pub decision: String,
    /// Why it is declined, when somebody says so; who proposed it reads it.
    pub reason: String,
}

impl Decide {
    pub(super) fn read(&self) -> Result<ProposalState> {
        match self.decision.trim() {
            "approve" => Ok(ProposalState::Approved),
            "decline" => Ok(ProposalState::Declined),
            _ => Err(Error::field("decision", "Choose whether to approve or decline")),
        }
    }

    /// Why it is declined; nothing where nobody says so.
    pub(super) fn why(&self) -> Result<Option<String>> {
        let mut form = Parser::default();
        let reason = form.optional_text("reason", &self.reason, 2_000);
        form.finish()?;
        Ok(reason)
    }
}

/// Deciding what somebody else proposed, where who declines says why.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct DecideProposal {
    /// `approve` or `decline`.
    pub decision: String,
    /// Why it is declined; who proposed it reads it. Not needed to approve.
    pub reason: String,
}

impl DecideProposal {
    /// Why it is declined, or nothing for an approval.
    pub(super) fn read(&self) -> Result<Option<String>> {
        let decision = Decide { decision: self.decision.clone(), ..Decide::default() };
        if decision.read()? != ProposalState::Declined {
            return Ok(None);
        }
        let mut form = Parser::default();
        let reason = form.text("reason", &self.reason, 2_000, "Say why you decline it: who proposed it reads this");
        form.finish()?;
        Ok(Some(reason))
    }
}

/// What is proposed, with the amount that the committee is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proposal {
    /// To pay a tranche.
    Drawdown(Pence),
    /// What a holding is worth.
    Valuation(Pence),
    /// New terms of a running loan.
    Restructuring,
    /// To pay nothing at all.
    Cancellation,
}

impl Proposal {
    /// As the committee is asked for it, and as who proposed it is told that it was declined.
    fn words(self) -> &'static str {
        match self {
            Proposal::Drawdown(_) => "A payment out",
            Proposal::Valuation(_) => "A new value",
            Proposal::Restructuring => "A change",
            Proposal::Cancellation => "The cancellation",
        }
    }

    fn amount(self) -> Option<Pence> {
        match self {
            Proposal::Drawdown(amount) | Proposal::Valuation(amount) => Some(amount),
            Proposal::Restructuring | Proposal::Cancellation => None,
        }
    }

    /// In the audit record: that it was proposed, and that it was declined.
    fn acts(self) -> (&'static str, &'static str) {
        match self {
            Proposal::Drawdown(_) => ("investment.drawdown_proposed", "investment.drawdown_declined"),
            Proposal::Valuation(_) => ("investment.valuation_proposed", "investment.valuation_declined"),
            Proposal::Restructuring => ("investment.restructuring_proposed", "investment.restructuring_declined"),
            Proposal::Cancellation => ("investment.cancellation_proposed", "investment.cancellation_declined"),
        }
    }
}

/// Records what somebody proposed, and writes to the members of the committee that it waits for one of them, all but who
/// proposed it.
pub(super) fn proposed(
    app: &App,
    db: &mut Db,
    actor: &Actor,
    investment: &Investment,
    what: Proposal,
    facts: Value,
    now: Instant,
) -> Result<()> {
    note(db, actor, investment, what.acts().0, facts, now)?;
    let address = app.config.server.public_url.trim_end_matches('/');
    let name = find_organisation(db, investment.organisation_id)?.name;
    let amount = what.amount().map(|amount| format!(": {amount}")).unwrap_or_default();
    let what = what.words();
    let subject = format!("{what} of {} waits for you", investment.reference);
    let text = format!(
        "{what} of {} “{}”, {name}, is proposed{amount}. It waits for a member of the committee.\n\nRead why, and decide:\n{address}/investments/{}\n",
        investment.reference, investment.title, investment.id
    );
    let by = account_of(actor)?;
    for to in addresses_of_deciders(db, investment.authority_id, Role::CommitteeMember, Some(by))? {
        mail::queue(db, Some(investment.authority_id), &to, &subject, &text, now)?;
    }
    Ok(())
}

/// Whether the person may decide what waits for a decision; says so plainly when it was their own proposal.
pub(super) fn may_decide(
    actor: &Actor,
    investment: &Investment,
    proposed_by: Id<Account>,
    state: ProposalState,
) -> Result<Id<Account>> {
    visible(actor, investment)?;
    let thing = investment.thing();
    require(actor, Action::ApproveDrawdown, &thing)?;
    if actor.account() == Some(proposed_by) {
        return Err(InvestmentRefusal::SamePerson.into());
    }
    require(actor, Action::ApproveDrawdown, &thing.made_by(Some(proposed_by)))?;
    still_open(state == ProposalState::Proposed)?;
    account_of(actor)
}

/// Refuses a decision when somebody else has decided: `open` says whether the proposal still waited.
pub(super) fn still_open(open: bool) -> Result<()> {
    if open { Ok(()) } else { Err(InvestmentRefusal::DecidedAlready.into()) }
}

/// A proposal that was declined.
pub(super) struct Declined<'a> {
    /// What was proposed.
    pub(super) what: Proposal,
    /// Who proposed it, and is told as long as they work for the authority.
    pub(super) proposed_by: Id<Account>,
    /// Why it was declined; nothing where no reason was given.
    pub(super) reason: Option<&'a str>,
    /// What the record holds of it beside the reason.
    pub(super) facts: Value,
}

/// Records that somebody declined a proposal, and writes to who made it, by whom and why.
pub(super) fn decline(
    app: &App,
    db: &mut Db,
    actor: &Actor,
    investment: &Investment,
    declined: Declined<'_>,
    now: Instant,
) -> Result<()> {
    let Declined { what, proposed_by, reason, mut facts } = declined;
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("reason".to_owned(), json!(reason));
    }
    note(db, actor, investment, what.acts().1, facts, now)?;
    let by = account_of(actor)?;
    let Some(to) = address_of_member(db, investment.authority_id, proposed_by)? else { return Ok(()) };
    let address = app.config.server.public_url.trim_end_matches('/');
    let names = account_names(db, &[by])?;
    let who = names.get(&by).map_or("a member of the committee", String::as_str);
    let why = match reason {
        Some(reason) => format!("Why: {reason}"),
        None => format!("No reason was given. {who} can say why."),
    };
    let what = what.words();
    let subject = format!("{what} of {} was declined", investment.reference);
    let text = format!(
        "{what} of {} “{}”, which you proposed, was declined by {who}.\n\n{why}\n\n{address}/investments/{}\n",
        investment.reference, investment.title, investment.id
    );
    mail::queue(db, Some(investment.authority_id), &to, &subject, &text, now)?;
    Ok(())
}
