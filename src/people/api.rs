//! People and organisations for programs.

use super::actions::{self, NewMember, OrganisationInput};
use super::audit_pages::AuditQuery;
use super::model::Invitation;
use super::policy::{Action, Thing, can, require};
use super::store;
use crate::audit;
use crate::error::Error;
use crate::http::api::{Listed, PageQuery, created, ok};
use crate::http::{Answer, Sent, Visit};
use crate::outbox::mail;
use crate::values::{Id, actor};
use actix_web::web;
use serde_json::json;

/// Who the token speaks for.
///
/// # Errors
/// Denied without a token.
#[utoipa::path(get, path = "/api/v1/me", tag = "people", security(("token" = [])),
    responses((status = 200, description = "The account and its roles")))]
pub async fn me(visit: Visit) -> Answer {
    let account = visit.account()?;
    let roles: Vec<_> = visit
        .actor
        .memberships()
        .iter()
        .map(|m| json!({ "organisation": m.organisation, "name": m.name, "role": m.role }))
        .collect();
    ok(&json!({ "account": account, "roles": roles }))
}

/// An applicant organisation.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/organisations/{id}", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The organisation")))]
pub async fn organisation(visit: Visit, id: web::Path<Id<actor::Organisation>>) -> Answer {
    let id = *id;
    let organisation = visit.app.db.read(move |db| store::find_organisation(db, id)).await?;
    let thing = Thing { organisation: Some(id), authority: visit.actor.authority(), ..Thing::default() };
    if !can(&visit.actor, Action::ViewOrganisation, &thing) {
        return Err(Error::NotFound.into());
    }
    ok(&json!({ "id": id, "kind": organisation.kind, "name": organisation.name, "profile": organisation.profile.0 }))
}

/// Registers an applicant organisation.
///
/// # Errors
/// Invalid.
#[utoipa::path(post, path = "/api/v1/organisations", tag = "people", security(("token" = [])),
    request_body = OrganisationInput, responses((status = 201, description = "Registered")))]
pub async fn register_organisation(visit: Visit, body: Sent<OrganisationInput>) -> Answer {
    let id = actions::register_organisation(&visit.app, &visit.actor, &body.0).await?;
    created(&format!("/api/v1/organisations/{id}"), &json!({ "id": id }))
}

/// Offers a person a role in an applicant organisation's team. They hold it once they accept.
///
/// # Errors
/// Invalid, Denied.
#[utoipa::path(post, path = "/api/v1/organisations/{id}/members", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), request_body = NewMember, responses((status = 200, description = "Invited, whether the address has an account or not")))]
pub async fn add_member(visit: Visit, id: web::Path<Id<actor::Organisation>>, body: Sent<NewMember>) -> Answer {
    actions::invite(&visit.app, &visit.actor, *id, &body.0).await?;
    ok(&json!({ "invited": true }))
}

/// The roles offered to the token's owner.
///
/// # Errors
/// Denied without a token.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "people", security(("token" = [])),
    responses((status = 200, description = "Open offers, oldest first")))]
pub async fn invitations(visit: Visit) -> Answer {
    let (account, now) = (visit.account()?, visit.now);
    let found = visit
        .app
        .db
        .read(move |db| {
            let email = store::find_account(db, account)?.email;
            store::invitations_to(db, &email, now)
        })
        .await?;
    let shown = |(offer, name): (Invitation, String)| json!({ "id": offer.id, "organisation": offer.organisation_id, "name": name, "role": offer.role, "until": offer.expires_at });
    ok(&Listed { items: found.into_iter().map(shown).collect(), next: None })
}

/// Accepts an offered role.
///
/// # Errors
/// NotFound for another's, refused when it does not stand any more.
#[utoipa::path(post, path = "/api/v1/invitations/{id}/accept", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Accepted")))]
pub async fn accept_invitation(visit: Visit, id: web::Path<Id<Invitation>>) -> Answer {
    actions::answer_invitation(&visit.app, &visit.actor, *id, true).await?;
    ok(&json!({ "accepted": true }))
}

/// Declines an offered role.
///
/// # Errors
/// As accepting.
#[utoipa::path(post, path = "/api/v1/invitations/{id}/decline", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Declined")))]
pub async fn decline_invitation(visit: Visit, id: web::Path<Id<Invitation>>) -> Answer {
    actions::answer_invitation(&visit.app, &visit.actor, *id, false).await?;
    ok(&json!({ "accepted": false }))
}

/// The audit record of the authority, newest first.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/audit", tag = "people", security(("token" = [])), params(AuditQuery),
    responses((status = 200, description = "Rows")))]
pub async fn audit_trail(visit: Visit, query: web::Query<AuditQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadAudit, &Thing::of_authority(authority))?;
    let (cursor, query) = (query.cursor()?, query.into_inner());
    let page = visit
        .app
        .db
        .read(move |db| {
            let filter = query.filter(db)?;
            audit::list(db, authority, &filter, cursor.as_ref(), 50)
        })
        .await?;
    ok(&Listed::of(page, |row| {
        json!({
            "id": row.id, "at": row.at, "actor": row.actor, "action": row.action,
            "subject": { "kind": row.subject_kind, "id": row.subject_id }, "facts": row.facts.0, "hash": row.hash,
        })
    }))
}

/// Mails kept instead of sent, newest first. Only in sandbox.
///
/// # Errors
/// NotFound outside the sandbox.
#[utoipa::path(get, path = "/api/v1/mails", tag = "sandbox", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Mails")))]
pub async fn mails(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    if !visit.app.sandbox {
        return Err(Error::NotFound.into());
    }
    let cursor = query.cursor()?;
    let page = visit.app.db.read(move |db| mail::list(db, cursor.as_ref(), 20)).await?;
    ok(&Listed::of(
        page,
        |mail| json!({ "id": mail.id, "to": mail.recipient, "subject": mail.subject, "body": mail.body, "at": mail.created_at }),
    ))
}
