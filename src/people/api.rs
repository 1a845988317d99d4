//! People and organisations for programs.

use super::actions::{self, NewDepartment, NewMember, OrganisationInput};
use super::audit_pages::AuditQuery;
use super::model::{Invitation, Member, Organisation};
use super::policy::{Action, Thing, can, require};
use super::store;
use crate::audit;
use crate::db::{Cursor, Page};
use crate::error::{Error, Result};
use crate::http::api::{Listed, PageQuery, created, ok, place};
use crate::http::{Answer, Sent, Visit};
use crate::outbox::mail;
use crate::values::{Id, Membership, Role, actor};
use actix_web::web;
use serde::Deserialize;
use serde_json::{Value, json};

/// Who the token speaks for. A token acts in one capacity: `roles` are those that count, in one authority or in
/// applicant organisations. What its owner is elsewhere stands in `elsewhere`, and needs a token that they make when
/// they act there.
///
/// # Errors
/// Denied without a token.
#[utoipa::path(get, path = "/api/v1/me", tag = "people", security(("token" = [])),
    responses((status = 200, description = "The account, its roles in the capacity of the token, and its others")))]
pub async fn me(visit: Visit) -> Answer {
    let account = visit.account()?;
    let shown = |all: &[Membership]| -> Vec<Value> {
        all.iter().map(|m| json!({ "organisation": m.organisation, "name": m.name, "role": m.role })).collect()
    };
    let (roles, elsewhere) = (shown(visit.actor.memberships()), shown(visit.actor.elsewhere()));
    ok(&json!({ "account": account, "roles": roles, "elsewhere": elsewhere }))
}

fn shown_offer(offer: &Invitation) -> Value {
    json!({ "id": offer.id, "email": offer.email, "role": offer.role, "until": offer.expires_at })
}

/// Rows on one page of each list of a team.
const TEAM: usize = 50;

/// Where the lists of a team go on.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TeamQuery {
    /// The `next` of the members before.
    after: String,
    /// The `next_invitations` of the invitations before.
    invitations_after: String,
}

/// Where the lists of an authority's people go on.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct StaffQuery {
    /// The `next` of the members before.
    after: String,
    /// The `next_invitations` of the invitations before.
    invitations_after: String,
    /// The `next_departments` of the departments before.
    departments_after: String,
}

/// Where the next page of a list begins, as programs get it.
fn next<T>(page: &Page<T>) -> Option<String> {
    page.next.as_ref().map(ToString::to_string)
}

/// An applicant organisation with its team, as its page shows it: for its owner with all the facts that its applications
/// reuse and the roles that are offered and not yet accepted, for others who may see it without where to write, how many
/// work there and whose group it is.
async fn shown_organisation(visit: &Visit, id: Id<actor::Organisation>, query: &TeamQuery) -> Result<Value> {
    let after: Option<Cursor> = place("after", &query.after)?;
    let invitations_after: Option<Cursor> = place("invitations_after", &query.invitations_after)?;
    let thing = Thing { organisation: Some(id), authority: visit.actor.authority(), ..Thing::default() };
    if !can(&visit.actor, Action::ViewOrganisation, &thing) {
        return Err(Error::NotFound);
    }
    let (manages, now) = (can(&visit.actor, Action::ManageOrganisation, &thing), visit.now);
    let (organisation, team, offers) = visit
        .app
        .db
        .read(move |db| {
            let organisation = store::find_organisation(db, id)?;
            if !organisation.kind.is_applicant() {
                return Err(Error::NotFound);
            }
            let team = store::members_page(db, id, after.as_ref(), TEAM)?;
            let offers = if manages {
                store::invitations_page(db, id, now, invitations_after.as_ref(), TEAM)?
            } else {
                Page { items: Vec::new(), next: None }
            };
            Ok((organisation, team, offers))
        })
        .await?;
    let members: Vec<Value> = team
        .items
        .iter()
        .map(|(member, name, _)| json!({ "id": member.id, "name": name, "role": member.role }))
        .collect();
    let invitations: Vec<Value> = offers.items.iter().map(shown_offer).collect();
    let profile = organisation.profile.0;
    let facts = if manages {
        json!(profile)
    } else {
        json!({ "register_id": profile.register_id, "address": profile.address, "purpose": profile.purpose })
    };
    Ok(json!({
        "id": id, "kind": organisation.kind, "name": organisation.name, "profile": facts,
        "members": members, "next": next(&team), "invitations": invitations, "next_invitations": next(&offers),
    }))
}

/// An applicant organisation: the facts that its applications reuse, and its team, who joined it first before the others.
///
/// # Errors
/// NotFound; Invalid for a damaged `after`.
#[utoipa::path(get, path = "/api/v1/organisations/{id}", tag = "people", security(("token" = [])),
    params(("id" = String, Path), TeamQuery),
    responses((status = 200, description = "The organisation, a page of its `members` and of its `invitations`, and where both go on")))]
pub async fn organisation(
    visit: Visit,
    id: web::Path<Id<actor::Organisation>>,
    query: web::Query<TeamQuery>,
) -> Answer {
    ok(&shown_organisation(&visit, *id, &query).await?)
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
    ok(&shown_organisation(&visit, *id, &TeamQuery::default()).await?)
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
/// Each list has first who or what came first.
///
/// # Errors
/// Denied; Invalid for a damaged `after`.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", security(("token" = [])), params(StaffQuery),
    responses((status = 200, description = "A page of `members`, of `invitations` and of `departments`, and where each goes on")))]
pub async fn staff(visit: Visit, query: web::Query<StaffQuery>) -> Answer {
    let (authority, now) = (super::organisation_pages::read_by(&visit.actor)?, visit.now);
    let after: Option<Cursor> = place("after", &query.after)?;
    let invitations_after: Option<Cursor> = place("invitations_after", &query.invitations_after)?;
    let departments_after: Option<Cursor> = place("departments_after", &query.departments_after)?;
    let (organisation, team, offers, below) = visit
        .app
        .db
        .read(move |db| {
            Ok((
                store::find_organisation(db, authority)?,
                store::members_page(db, authority, after.as_ref(), TEAM)?,
                store::invitations_page(db, authority, now, invitations_after.as_ref(), TEAM)?,
                store::departments_page(db, authority, departments_after.as_ref(), TEAM)?,
            ))
        })
        .await?;
    let members: Vec<Value> = team
        .items
        .iter()
        .map(|(member, name, email)| json!({ "id": member.id, "name": name, "email": email, "role": member.role }))
        .collect();
    let invitations: Vec<Value> = offers.items.iter().map(shown_offer).collect();
    let departments: Vec<Value> = below.items.iter().map(|d| json!({ "id": d.id, "name": d.name })).collect();
    ok(&json!({
        "id": authority, "name": organisation.name, "members": members, "next": next(&team),
        "invitations": invitations, "next_invitations": next(&offers),
        "departments": departments, "next_departments": next(&below),
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

/// The departments of one's own authority, oldest first: those that a mission may name.
///
/// # Errors
/// Denied, Invalid for a wrong cursor.
#[utoipa::path(get, path = "/api/v1/departments", tag = "people", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Identifier and name of each")))]
pub async fn departments(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadDesk, &Thing::of_authority(authority))?;
    let cursor = query.cursor()?;
    let page = visit
        .app
        .db
        .read(move |db| store::departments_page(db, authority, cursor.as_ref(), Page::<Organisation>::SIZE))
        .await?;
    ok(&Listed::of(page, |department| json!({ "id": department.id, "name": department.name })))
}

/// The roles offered to the token's owner.
///
/// # Errors
/// Denied without a token; Invalid for a damaged `after`.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "people", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Open offers, oldest first")))]
pub async fn invitations(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let (account, now, after) = (visit.account()?, visit.now, query.cursor()?);
    let page = visit
        .app
        .db
        .read(move |db| store::invitations_to_account(db, account, now, after.as_ref(), Page::<Invitation>::SIZE))
        .await?;
    let shown = |(offer, name): (Invitation, String)| json!({ "id": offer.id, "organisation": offer.organisation_id, "name": name, "role": offer.role, "until": offer.expires_at });
    ok(&Listed::of(page, shown))
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
