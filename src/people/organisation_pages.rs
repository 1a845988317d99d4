//! Pages of organisations, their members, and the staff of an authority.

use super::actions::{self, NewDepartment, NewMember, OrganisationInput};
use super::model::{Invitation, Member, Organisation, OrganisationKind};
use super::pages::{NextQuery, act_in, form_shell};
use super::policy::{Action, Thing, can, require};
use super::store;
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::values::{Actor, Capacity, Id, Role, actor};
use actix_web::web;
use askama::Template;

#[derive(Template)]
#[template(path = "people/organisation_new.html")]
struct NewOrganisationPage {
    shell: Shell,
    form: FormState,
    kinds: Vec<(&'static str, &'static str)>,
}

fn applicant_kinds() -> Vec<(&'static str, &'static str)> {
    OrganisationKind::ALL.iter().filter(|k| k.is_applicant()).map(|k| (k.as_str(), k.label())).collect()
}

/// `GET /organisations/new`
///
/// # Errors
/// Internal.
pub async fn new_organisation_form(visit: Visit) -> Answer {
    let form = FormState::empty();
    page(&NewOrganisationPage {
        shell: form_shell(&visit, "Register your organisation", &form),
        form,
        kinds: applicant_kinds(),
    })
}

/// `POST /organisations/new`
///
/// # Errors
/// Internal.
pub async fn new_organisation(visit: Visit, posted: Posted<OrganisationInput>) -> Answer {
    match actions::register_organisation(&visit.app, &visit.actor, &posted.input).await {
        Ok(id) => {
            act_in(&visit, Capacity::Applicant)?;
            visit.done("Your organisation is registered. Its facts are reused in every application.");
            see(&format!("/organisations/{id}"))
        }
        Err(error) => {
            let form = posted.again(error)?;
            page_again(&NewOrganisationPage {
                shell: form_shell(&visit, "Register your organisation", &form),
                form,
                kinds: applicant_kinds(),
            })
        }
    }
}

#[derive(Template)]
#[template(path = "people/organisation.html")]
struct OrganisationPage {
    shell: Shell,
    form: FormState,
    organisation: Organisation,
    members: Vec<(Member, String, String)>,
    invitations: Vec<Invitation>,
    may_manage: bool,
    roles: Vec<(&'static str, String)>,
}

async fn organisation_page(
    visit: &Visit,
    id: Id<actor::Organisation>,
    form: Option<FormState>,
) -> Result<OrganisationPage> {
    let now = visit.now;
    let (organisation, members, invitations) = visit
        .app
        .db
        .read(move |db| {
            let organisation = store::find_organisation(db, id)?;
            Ok((organisation, store::current_members(db, id)?, store::invitations_of(db, id, now)?))
        })
        .await?;
    let thing = Thing { organisation: Some(id), authority: visit.actor.authority(), ..Thing::default() };
    if !can(&visit.actor, Action::ViewOrganisation, &thing) || !organisation.kind.is_applicant() {
        return Err(Error::NotFound);
    }
    let may_manage = can(&visit.actor, Action::ManageOrganisation, &thing);
    let profile = &organisation.profile.0;
    let form = form.unwrap_or_else(|| {
        FormState::filled([
            ("name", organisation.name.clone()),
            ("register_id", profile.register_id.clone()),
            ("address", profile.address.clone()),
            ("contact_email", profile.contact_email.clone()),
            ("purpose", profile.purpose.clone()),
            ("staff", profile.staff.map(|n| n.to_string()).unwrap_or_default()),
            ("group", profile.group.clone()),
        ])
    });
    Ok(OrganisationPage {
        shell: form_shell(visit, &organisation.name, &form),
        form,
        organisation,
        members,
        invitations,
        may_manage,
        roles: role_options(false),
    })
}

fn role_options(staff: bool) -> Vec<(&'static str, String)> {
    Role::ALL.into_iter().filter(|r| r.is_staff() == staff).map(|r| (r.as_str(), r.label())).collect()
}

/// `GET /organisations/{id}`
///
/// # Errors
/// NotFound for another's organisation.
pub async fn organisation(visit: Visit, id: web::Path<Id<actor::Organisation>>) -> Answer {
    page(&organisation_page(&visit, *id, None).await?)
}

/// `POST /organisations/{id}`
///
/// # Errors
/// Denied.
pub async fn change_organisation(
    visit: Visit,
    id: web::Path<Id<actor::Organisation>>,
    posted: Posted<OrganisationInput>,
) -> Answer {
    match actions::change_profile(&visit.app, &visit.actor, *id, &posted.input).await {
        Ok(()) => {
            visit.done("Saved. New applications use these facts.");
            see(&format!("/organisations/{id}"))
        }
        Err(error) => page_again(&organisation_page(&visit, *id, Some(posted.again(error)?)).await?),
    }
}

/// `POST /organisations/{id}/members`
///
/// # Errors
/// Denied.
pub async fn add_member(visit: Visit, id: web::Path<Id<actor::Organisation>>, posted: Posted<NewMember>) -> Answer {
    match actions::invite(&visit.app, &visit.actor, *id, &posted.input).await {
        Ok(()) => {
            visit.done("We have written to them. They join the team when they accept.");
            see(&format!("/organisations/{id}"))
        }
        Err(error) => page_again(&organisation_page(&visit, *id, Some(posted.again(error)?)).await?),
    }
}

/// `POST /organisations/{id}/members/{member}/end`
///
/// # Errors
/// Denied, refused.
pub async fn end_member(
    visit: Visit,
    path: web::Path<(Id<actor::Organisation>, Id<Member>)>,
    _posted: Posted<NextQuery>,
) -> Answer {
    let (organisation, member) = path.into_inner();
    actions::end_member(&visit.app, &visit.actor, organisation, member).await?;
    visit.done("The role is ended.");
    see(&format!("/organisations/{organisation}"))
}

/// `POST /organisations/{id}/invitations/{invitation}/withdraw`
///
/// # Errors
/// Denied, NotFound.
pub async fn withdraw_invitation(
    visit: Visit,
    path: web::Path<(Id<actor::Organisation>, Id<Invitation>)>,
    _posted: Posted<NextQuery>,
) -> Answer {
    let (organisation, invitation) = path.into_inner();
    actions::withdraw_invitation(&visit.app, &visit.actor, organisation, invitation).await?;
    visit.done("The offer is taken back.");
    see(&format!("/organisations/{organisation}"))
}

#[derive(Template)]
#[template(path = "people/staff.html")]
struct StaffPage {
    shell: Shell,
    form: FormState,
    authority: Organisation,
    above: Option<Organisation>,
    members: Vec<(Member, String, String)>,
    invitations: Vec<Invitation>,
    departments: Vec<Organisation>,
    roles: Vec<(&'static str, String)>,
    /// Whether roles are given and ended here; an auditor only reads.
    manages: bool,
}

async fn staff_page(visit: &Visit, form: FormState) -> Result<StaffPage> {
    let authority = read_by(&visit.actor)?;
    let manages = can(&visit.actor, Action::ManagePeople, &Thing::of_authority(authority));
    let now = visit.now;
    let (authority, above, members, invitations, departments) = visit
        .app
        .db
        .read(move |db| {
            let (organisation, departments) = store::authority_with_departments(db, authority)?;
            let above = organisation.parent_id.map(|above| store::find_organisation(db, above)).transpose()?;
            let invitations = store::invitations_of(db, authority, now)?;
            Ok((organisation, above, store::current_members(db, authority)?, invitations, departments))
        })
        .await?;
    let mut shell = visit.shell("People and departments", "/people");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let roles = role_options(true);
    Ok(StaffPage { shell, form, authority, above, members, invitations, departments, roles, manages })
}

/// The authority whose people somebody may see.
pub(super) fn read_by(actor: &Actor) -> Result<Id<actor::Organisation>> {
    let authority = actor.authority_as(Role::Administrator).or_else(|| actor.authority_as(Role::Auditor));
    let authority = authority.ok_or(Error::Denied)?;
    require(actor, Action::ReadPeople, &Thing::of_authority(authority))?;
    Ok(authority)
}

/// `GET /people`
///
/// # Errors
/// Denied.
pub async fn staff(visit: Visit) -> Answer {
    page(&staff_page(&visit, FormState::empty()).await?)
}

/// `POST /people/members`
///
/// # Errors
/// Denied.
pub async fn add_staff(visit: Visit, posted: Posted<NewMember>) -> Answer {
    let authority = visit.actor.authority_as(Role::Administrator).ok_or(Error::Denied)?;
    match actions::invite(&visit.app, &visit.actor, authority, &posted.input).await {
        Ok(()) => {
            visit.done("We have written to them. They hold the role when they accept.");
            see("/people")
        }
        Err(error) => page_again(&staff_page(&visit, posted.again(error)?).await?),
    }
}

/// `POST /people/members/{member}/end`
///
/// # Errors
/// Denied, refused.
pub async fn end_staff(visit: Visit, member: web::Path<Id<Member>>, _posted: Posted<NextQuery>) -> Answer {
    let authority = visit.actor.authority_as(Role::Administrator).ok_or(Error::Denied)?;
    actions::end_member(&visit.app, &visit.actor, authority, *member).await?;
    visit.done("The role is ended.");
    see("/people")
}

/// `POST /people/invitations/{invitation}/withdraw`
///
/// # Errors
/// Denied, NotFound.
pub async fn withdraw_staff_invitation(
    visit: Visit,
    invitation: web::Path<Id<Invitation>>,
    _posted: Posted<NextQuery>,
) -> Answer {
    let authority = visit.actor.authority_as(Role::Administrator).ok_or(Error::Denied)?;
    actions::withdraw_invitation(&visit.app, &visit.actor, authority, *invitation).await?;
    visit.done("The offer is taken back.");
    see("/people")
}

/// `POST /people/departments`
///
/// # Errors
/// Denied.
pub async fn add_department(visit: Visit, posted: Posted<NewDepartment>) -> Answer {
    let authority = visit.actor.authority_as(Role::Administrator).ok_or(Error::Denied)?;
    match actions::add_department(&visit.app, &visit.actor, authority, &posted.input).await {
        Ok(_) => {
            visit.done("The department is added.");
            see("/people")
        }
        Err(error) => page_again(&staff_page(&visit, posted.again(error)?).await?),
    }
}
