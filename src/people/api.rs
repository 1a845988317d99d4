//! People and organisations for programs.

use super::actions::{self, NewDepartment, NewMember, OrganisationInput};
use super::audit_pages::AuditQuery;
use super::model::{Invitation, Member};
use super::policy::{Action, Thing, can, require};
use super::store;
use crate::audit;
use crate::error::{Error, Result};
use crate::http::api::{Listed, PageQuery, created, ok};
use crate::http::{Answer, Sent, Visit};
use crate::outbox::mail;
use crate::values::{Id, Role, actor};
use actix_web::web;
use serde_json::{Value, json};

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

fn shown_offer(offer: &Invitation) -> Value {
    json!({ "id": offer.id, "email": offer.email, "role": offer.role, "until": offer.expires_at })
}

/// An applicant organisation with its team, as its page shows it: for its owner with all the facts that its applications
/// reuse and the roles that are offered and not yet accepted, for others who may see it without where to write, how many
/// work there and whose group it is.
async fn shown_organisation(visit: &Visit, id: Id<actor::Organisation>) -> Result<Value> {
    let thing = Thing { organisation: Some(id), authority: visit.actor.authority(), ..Thing::default() };
    if !can(&visit.actor, Action::ViewOrganisation, &thing) {
        return Err(Error::NotFound);
    }
    let (manages, now) = (can(&visit.actor, Action::ManageOrganisation, &thing), visit.now);
    let (organisation, members, offers) = visit
        .app
        .db
        .read(move |db| {
            let organisation = store::find_organisation(db, id)?;
            if !organisation.kind.is_applicant() {
                return Err(Error::NotFound);
            }
            let members = store::current_members(db, id)?;
            let offers = if manages { store::invitations_of(db, id, now)? } else { Vec::new() };
            Ok((organisation, members, offers))
        })
        .await?;
    let members: Vec<Value> =
        members.iter().map(|(member, name, _)| json!({ "id": member.id, "name": name, "role": member.role })).collect();
    let offers: Vec<Value> = offers.iter().map(shown_offer).collect();
    let profile = organisation.profile.0;
    let facts = if manages {
        json!(profile)
    } else {
        json!({ "register_id": profile.register_id, "address": profile.address, "purpose": profile.purpose })
    };
    Ok(json!({
        "id": id, "kind": organisation.kind, "name": organisation.name, "profile": facts,
        "members": members, "invitations": offers,
    }))
}

/// An applicant organisation: the facts that its applications reuse, and its team.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/organisations/{id}", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The organisation")))]
pub async fn organisation(visit: Visit, id: web::Path<Id<actor::Organisation>>) -> Answer {
    ok(&shown_organisation(&visit, *id).await?)
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

/// Changes an applicant organisation's name and the facts that its applications reuse: every field is written anew, but
/// the kind stays.
///
/// # Errors
/// Invalid, Denied, NotFound.
#[utoipa::path(post, path = "/api/v1/organisations/{id}", tag = "people", security(("token" = [])),
    params(("id" = String, Path)), request_body = OrganisationInput, responses((status = 200, description = "As it is now")))]
pub async fn change_organisation(
    visit: Visit,
    id: web::Path<Id<actor::Organisation>>,
    body: Sent<OrganisationInput>,
) -> Answer {
    actions::change_profile(&visit.app, &visit.actor, *id, &body.0).await?;
    ok(&shown_organisation(&visit, *id).await?)
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

/// Ends a role in an applicant organisation's team. The last owner stays.
///
/// # Errors
/// Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/organisations/{id}/members/{member}/end", tag = "people", security(("token" = [])),
    params(("id" = String, Path), ("member" = String, Path)), responses((status = 200, description = "Ended")))]
pub async fn end_member(visit: Visit, path: web::Path<(Id<actor::Organisation>, Id<Member>)>) -> Answer {
    let (organisation, member) = path.into_inner();
    actions::end_member(&visit.app, &visit.actor, organisation, member).await?;
    ok(&json!({ "ended": member }))
}

/// Takes back a role that was offered in an applicant organisation's team.
///
/// # Errors
/// Denied, NotFound.
#[utoipa::path(post, path = "/api/v1/organisations/{id}/invitations/{invitation}/withdraw", tag = "people",
    security(("token" = [])), params(("id" = String, Path), ("invitation" = String, Path)),
    responses((status = 200, description = "Taken back")))]
pub async fn withdraw_invitation(visit: Visit, path: web::Path<(Id<actor::Organisation>, Id<Invitation>)>) -> Answer {
    let (organisation, invitation) = path.into_inner();
    actions::withdraw_invitation(&visit.app, &visit.actor, organisation, invitation).await?;
    ok(&json!({ "withdrawn": invitation }))
}

/// The authority whose people the token's owner manages.
fn managed(visit: &Visit) -> Result<Id<actor::Organisation>> {
    visit.actor.authority_as(Role::Administrator).ok_or(Error::Denied)
}

/// The people of the administrator's or auditor's authority, the roles offered and not yet accepted, and its departments.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", security(("token" = [])),
    responses((status = 200, description = "People, offers and departments")))]
pub async fn staff(visit: Visit) -> Answer {
    let (authority, now) = (super::organisation_pages::read_by(&visit.actor)?, visit.now);
    let ((organisation, departments), members, offers) = visit
        .app
        .db
        .read(move |db| {
            let around = store::authority_with_departments(db, authority)?;
            Ok((around, store::current_members(db, authority)?, store::invitations_of(db, authority, now)?))
        })
        .await?;
    let members: Vec<Value> = members
        .iter()
        .map(|(member, name, email)| json!({ "id": member.id, "name": name, "email": email, "role": member.role }))
        .collect();
    let offers: Vec<Value> = offers.iter().map(shown_offer).collect();
    let departments: Vec<Value> = departments.iter().map(|d| json!({ "id": d.id, "name": d.name })).collect();
    ok(&json!({
        "id": authority, "name": organisation.name, "members": members, "invitations": offers, "departments": departments,
    }))
}

/// Offers a person a role in the administrator's authority. They hold it once they accept.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/people/members", tag = "people", security(("token" = [])),
    request_body = NewMember, responses((status = 200, description = "Invited, whether the address has an account or not")))]
pub async fn add_staff(visit: Visit, body: Sent<NewMember>) -> Answer {
    actions::invite(&visit.app, &visit.actor, managed(&visit)?, &body.0).await?;
    ok(&json!({ "invited": true }))
}

/// Ends a role in the administrator's authority. The last administrator stays.
///
/// # Errors
/// Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/people/members/{member}/end", tag = "people", security(("token" = [])),
    params(("member" = String, Path)), responses((status = 200, description = "Ended")))]
pub async fn end_staff(visit: Visit, member: web::Path<Id<Member>>) -> Answer {
    actions::end_member(&visit.app, &visit.actor, managed(&visit)?, *member).await?;
    ok(&json!({ "ended": *member }))
}

/// Takes back a role that was offered in the administrator's authority.
///
/// # Errors
/// Denied, NotFound.
#[utoipa::path(post, path = "/api/v1/people/invitations/{invitation}/withdraw", tag = "people", security(("token" = [])),
    params(("invitation" = String, Path)), responses((status = 200, description = "Taken back")))]
pub async fn withdraw_staff_invitation(visit: Visit, invitation: web::Path<Id<Invitation>>) -> Answer {
    actions::withdraw_invitation(&visit.app, &visit.actor, managed(&visit)?, *invitation).await?;
    ok(&json!({ "withdrawn": *invitation }))
}

/// Adds a department to the administrator's authority.
///
/// # Errors
/// Invalid, Denied.
#[utoipa::path(post, path = "/api/v1/people/departments", tag = "people", security(("token" = [])),
    request_body = NewDepartment, responses((status = 201, description = "Added")))]
pub async fn add_department(visit: Visit, body: Sent<NewDepartment>) -> Answer {
    let id = actions::add_department(&visit.app, &visit.actor, managed(&visit)?, &body.0).await?;
    created("/api/v1/people", &json!({ "id": id }))
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
