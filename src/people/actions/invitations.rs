//! Offering somebody a role, and what they make of it. A role is held only once the owner of the address has accepted it
//! while signed in, and an account's address is proven: nobody gets a role by writing down another's address first, and
//! nobody is put into an organisation that they do not want to belong to.

use super::{add_role, note, require_manager};
use crate::app::App;
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::people::model::{Invitation, Organisation};
use crate::people::rules::{self, PeopleRefusal};
use crate::people::{limits, store};
use crate::values::{Actor, Clock, Id, Parser, Role, Subject, actor};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

/// Offering somebody a role.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct NewMember {
    /// Their address.
    pub email: String,
    /// Role word.
    pub role: String,
}

/// Invites an address to a role in an organisation: an administrator to an authority, an owner to an applicant
/// organisation. The answer and the mail are the same whether the address has an account or not.
///
/// # Errors
/// Invalid, Denied, refused.
pub async fn invite(app: &App, actor: &Actor, organisation: Id<actor::Organisation>, input: &NewMember) -> Result<()> {
    let invited_by = actor.account().ok_or(Error::Denied)?;
    let mut form = Parser::default();
    let email = rules::email(&mut form, "email", &input.email);
    let role = form.value::<Role>("role", &input.role, "Choose a role");
    form.finish()?;
    let Some(role) = role else { return Err(Error::field("role", "Choose a role")) };
    let (now, machine_now, actor) = (app.now(), Clock::machine(), actor.clone());
    let url = app.config.server.public_url.clone();
    app.db
        .write(move |db| {
            let organisation = store::find_organisation(db, organisation)?;
            require_manager(&actor, &organisation)?;
            rules::role_fits(role, organisation.kind)?;
            store::end_expired_invitations(db, organisation.id, now)?;
            if !store::is_invited(db, organisation.id, &email, role)? {
                let invitation = Invitation {
                    id: Id::new(),
                    organisation_id: organisation.id,
                    email: email.clone(),
                    role,
                    invited_by,
                    created_at: now,
                    expires_at: now.plus(TimeDelta::days(rules::INVITATION_DAYS)),
                    ended_at: None,
                    accepted_by: None,
                };
                store::insert_invitation(db, &invitation)?;
                let facts = json!({ "organisation": organisation.id, "role": role });
                tell(db, &actor, &organisation, "member.invited", invitation.id, facts, now)?;
            }
            if limits::may_mail(db, &email, machine_now)? {
                let body = format!(
                    "{} offers you the role of {}.\n\nTo accept or decline, sign in with this address and open your account page:\n{url}/account\n\nIf you have no account yet, make one with this address first:\n{url}/make-account\n\nThe offer stands for {} days. If you do not know why you got it, there is nothing to do.\n",
                    organisation.name,
                    role.label(),
                    rules::INVITATION_DAYS,
                );
                mail::queue(db, None, &email, &format!("{} offers you a role", organisation.name), &body, now)?;
            }
            Ok(())
        })
        .await
}

/// An act on an invitation, in the record of the authority that it is about.
fn tell(
    db: &mut crate::db::Db,
    actor: &Actor,
    organisation: &Organisation,
    action: &'static str,
    invitation: Id<Invitation>,
    facts: serde_json::Value,
    now: crate::values::Instant,
) -> Result<()> {
    note(db, actor, organisation.authority(), action, Subject::new("invitation", invitation), facts, now)
}

/// Accepts or declines an offer made to the person's own address.
///
/// # Errors
/// NotFound for another's offer; refused when it does not stand any more.
pub async fn answer_invitation(app: &App, actor: &Actor, id: Id<Invitation>, accept: bool) -> Result<()> {
    let account = actor.account().ok_or(Error::Denied)?;
    let (now, actor) = (app.now(), actor.clone());
    app.db
        .write(move |db| {
            let email = store::find_account(db, account)?.email;
            let invitation = store::find_invitation(db, id)?;
            if invitation.email != email {
                return Err(Error::NotFound);
            }
            if invitation.ended_at.is_some() || invitation.expires_at <= now {
                return Err(PeopleRefusal::InvitationOver.into());
            }
            let organisation = store::find_organisation(db, invitation.organisation_id)?;
            if accept {
                // An offer of somebody who may not make one any more is worth nothing.
                let inviter = store::load_actor(db, invitation.invited_by)?;
                if inviter.is_none_or(|inviter| require_manager(&inviter, &organisation).is_err()) {
                    return Err(PeopleRefusal::InvitationOver.into());
                }
                let holds =
                    |m: &crate::values::Membership| m.organisation == organisation.id && m.role == invitation.role;
                if !actor.everywhere().any(holds) {
                    add_role(db, &actor, &organisation, account, invitation.role, now)?;
                }
            }
            store::end_invitation(db, id, accept.then_some(account), now)?;
            let action = if accept { "member.accepted" } else { "member.declined" };
            let facts = json!({ "role": invitation.role, "invited_by": invitation.invited_by });
            tell(db, &actor, &organisation, action, id, facts, now)
        })
        .await
}

/// Takes an offer back.
///
/// # Errors
/// Denied, NotFound.
pub async fn withdraw_invitation(
    app: &App,
    actor: &Actor,
    organisation: Id<actor::Organisation>,
    id: Id<Invitation>,
) -> Result<()> {
    let (now, actor) = (app.now(), actor.clone());
    app.db
        .write(move |db| {
            let organisation = store::find_organisation(db, organisation)?;
            require_manager(&actor, &organisation)?;
            let invitation = store::find_invitation(db, id)?;
            if invitation.organisation_id != organisation.id || invitation.ended_at.is_some() {
                return Err(Error::NotFound);
            }
            store::end_invitation(db, id, None, now)?;
            tell(db, &actor, &organisation, "member.uninvited", id, json!({ "role": invitation.role }), now)
        })
        .await
}
