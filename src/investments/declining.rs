//! Who proposed something of an investment is told when it is declined, and why.

use super::model::Investment;
use crate::app::App;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::mail;
use crate::people::{account_names, address_of_member};
use crate::values::{Account, Id, Instant};

/// A proposal that was declined.
pub(super) struct Declined<'a> {
    /// What was proposed, as the committee was asked for it: "A payment out".
    pub(super) what: &'static str,
    /// Who proposed it, and is told as long as they work for the authority.
    pub(super) proposed_by: Id<Account>,
    /// Who declined it.
    pub(super) by: Id<Account>,
    /// Why; nothing where no reason is asked for.
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
        None => format!("No reason is asked for here. {who} can say why."),
    };
    let subject = format!("{} of {} was declined", declined.what, investment.reference);
    let text = format!(
        "{} of {} “{}”, which you proposed, was declined by {who}.\n\n{why}\n\n{address}/investments/{}\n",
        declined.what, investment.reference, investment.title, investment.id
    );
    mail::queue(db, Some(investment.authority_id), &to, &subject, &text, now)?;
    Ok(())
}
