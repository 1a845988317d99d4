//! Deciding what somebody else proposed of an investment: what is read of a decision, and who proposed what is declined
//! is told, and why.

use super::model::{Investment, ProposalState};
use crate::app::App;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::people::{account_names, address_of_member};
use crate::values::{Account, Id, Instant, Parser};
use serde::Deserialize;

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

/// A proposal that was declined.
pub(super) struct Declined<'a> {
    /// What was proposed, as the committee was asked for it: "A payment out".
    pub(super) what: &'static str,
    /// Who proposed it, and is told as long as they work for the authority.
    pub(super) proposed_by: Id<Account>,
    /// Who declined it.
    pub(super) by: Id<Account>,
    /// Why; nothing where none was given.
    pub(super) reason: Option<&'a str>,
}

/// Writes to who proposed something that it was declined, by whom and why.
pub(super) fn tell_proposer(
    app: &App,
    db: &mut Db,
    investment: &Investment,
    declined: &Declined<'_>,
    now: Instant,
) -> Result<()> {
    let Some(to) = address_of_member(db, investment.authority_id, declined.proposed_by)? else { return Ok(()) };
    let address = app.config.server.public_url.trim_end_matches('/');
    let names = account_names(db, &[declined.by])?;
    let who = names.get(&declined.by).map_or("a member of the committee", String::as_str);
    let why = match declined.reason {
        Some(reason) => format!("Why: {reason}"),
        None => format!("No reason was given. {who} can say why."),
    };
    let subject = format!("{} of {} was declined", declined.what, investment.reference);
    let text = format!(
        "{} of {} “{}”, which you proposed, was declined by {who}.\n\n{why}\n\n{address}/investments/{}\n",
        declined.what, investment.reference, investment.title, investment.id
    );
    mail::queue(db, Some(investment.authority_id), &to, &subject, &text, now)?;
    Ok(())
}
