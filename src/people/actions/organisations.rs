//! What a person does with organisations: registers one, changes its profile, adds and ends members and departments.

use super::note;
use crate::app::App;
use crate::db::Json;
use crate::error::{Error, Result};
use crate::people::model::{Member, Organisation, OrganisationKind, Profile};
use crate::people::policy::{Action, Thing, require};
use crate::people::rules::{self, PeopleRefusal};
use crate::people::store;
use crate::values::{Account, Actor, Id, Instant, Parser, Role, Subject, actor};
use serde::Deserialize;
use serde_json::json;

/// Registering an organisation, or changing its profile.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct OrganisationInput {
    /// Kind word; fixed once registered.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Identifier in a register.
    pub register_id: String,
    /// Street address.
    pub address: String,
    /// Public contact.
    pub contact_email: String,
    /// What it does.
    pub purpose: String,
    /// People employed.
    pub staff: String,
    /// Group under common control.
    pub group: String,
}

fn read_organisation(input: &OrganisationInput) -> Result<(String, Profile, Option<OrganisationKind>)> {
    let mut form = Parser::default();
    let name = form.text("name", &input.name, 160, "Enter the organisation's name");
    let kind = form.optional::<OrganisationKind>("kind", &input.kind);
    let profile = Profile {
        register_id: form.optional_text("register_id", &input.register_id, 60).unwrap_or_default(),
        address: form.optional_text("address", &input.address, 300).unwrap_or_default(),
        contact_email: if input.contact_email.trim().is_empty() {
            String::new()
        } else {
            rules::email(&mut form, "contact_email", &input.contact_email)
        },
        purpose: form.optional_text("purpose", &input.purpose, 500).unwrap_or_default(),
        staff: form.optional("staff", &input.staff),
        group: form.optional_text("group", &input.group, 160).unwrap_or_default(),
    };
    form.finish()?;
    Ok((name, profile, kind))
}

/// Registers an applicant organisation; the person becomes its owner.
///
/// # Errors
/// Invalid; Denied for the public.
pub async fn register_organisation(
    app: &App,
    actor: &Actor,
    input: &OrganisationInput,
) -> Result<Id<actor::Organisation>> {
    let account = actor.account().ok_or(Error::Denied)?;
    let (name, profile, kind) = read_organisation(input)?;
    let kind = kind
        .filter(|k| k.is_applicant())
        .ok_or_else(|| Error::field("kind", "Choose what kind of organisation it is"))?;
    let (now, actor) = (app.now(), actor.clone());
    app.db
        .write(move |db| {
            let organisation = Organisation {
                id: Id::new(),
                kind,
                name: name.clone(),
                parent_id: None,
                profile: Json(profile.clone()),
                created_at: now,
                created_by: Some(account),
            };
            make_organisation(db, &actor, &organisation, Some((account, Role::ApplicantOwner)), now)?;
            Ok(organisation.id)
        })
        .await
}

/// Writes an organisation and its first member, whole, with its audit row.
///
/// # Errors
/// What the database says.
pub fn make_organisation(
    db: &mut crate::db::Db,
    actor: &Actor,
    organisation: &Organisation,
    first: Option<(Id<Account>, Role)>,
    now: Instant,
) -> Result<()> {
    store::insert_organisation(db, organisation)?;
    note(
        db,
        actor,
        organisation.authority(),
        "organisation.registered",
        Subject::new("organisation", organisation.id),
        json!({ "kind": organisation.kind }),
        now,
    )?;
    if let Some((account, role)) = first {
        add_role(db, actor, organisation, account, role, now)?;
    }
    Ok(())
}

/// Gives a role, with its audit row.
///
/// # Errors
/// Refused when the role does not fit the organisation.
pub fn add_role(
    db: &mut crate::db::Db,
    actor: &Actor,
    organisation: &Organisation,
    account: Id<Account>,
    role: Role,
    now: Instant,
) -> Result<()> {
    rules::role_fits(role, organisation.kind)?;
    let member = Member {
        id: Id::new(),
        account_id: account,
        organisation_id: organisation.id,
        role,
        created_at: now,
        ended_at: None,
    };
    store::insert_member(db, &member)?;
    note(
        db,
        actor,
        organisation.authority(),
        "member.added",
        Subject::new("member", member.id),
        json!({ "account": account, "organisation": organisation.id, "role": role }),
        now,
    )
}

/// Changes an applicant organisation's profile.
///
/// # Errors
/// Invalid, Denied, NotFound.
pub async fn change_profile(
    app: &App,
    actor: &Actor,
    id: Id<actor::Organisation>,
    input: &OrganisationInput,
) -> Result<()> {
    let (name, profile, _) = read_organisation(input)?;
    let (now, actor) = (app.now(), actor.clone());
    app.db
        .write(move |db| {
            let mut organisation = store::find_organisation(db, id)?;
            require(&actor, Action::ManageOrganisation, &Thing { organisation: Some(id), ..Thing::default() })?;
            organisation.name.clone_from(&name);
            organisation.profile = Json(profile.clone());
            store::set_organisation(db, &organisation)?;
            note(db, &actor, None, "organisation.changed", Subject::new("organisation", id), json!({}), now)
        })
        .await
}

/// Whether a person gives roles in an organisation.
pub(super) fn require_manager(actor: &Actor, organisation: &Organisation) -> Result<()> {
    if organisation.kind.is_applicant() {
        let thing = Thing { organisation: Some(organisation.id), ..Thing::default() };
        require(actor, Action::ManageOrganisation, &thing)
    } else {
        require(actor, Action::ManagePeople, &Thing::of_authority(organisation.authority().unwrap_or(organisation.id)))
    }
}

/// Ends a role. The last administrator or owner stays.
///
/// # Errors
/// Denied, NotFound, refused.
pub async fn end_member(
    app: &App,
    actor: &Actor,
    organisation: Id<actor::Organisation>,
    member: Id<Member>,
) -> Result<()> {
    let (now, actor) = (app.now(), actor.clone());
    app.db
        .write(move |db| {
            let organisation = store::find_organisation(db, organisation)?;
            require_manager(&actor, &organisation)?;
            let row = store::find_member(db, member)?;
            if row.organisation_id != organisation.id || row.ended_at.is_some() {
                return Err(Error::NotFound);
            }
            if matches!(row.role, Role::Administrator | Role::ApplicantOwner)
                && store::count_role(db, organisation.id, row.role)? <= 1
            {
                return Err(PeopleRefusal::LastOne.into());
            }
            store::end_member(db, member, now)?;
            note(
                db,
                &actor,
                organisation.authority(),
                "member.ended",
                Subject::new("member", member),
                json!({ "account": row.account_id, "role": row.role }),
                now,
            )
        })
        .await
}

/// Adding a department to an authority.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct NewDepartment {
    /// Name.
    pub name: String,
}

/// Adds a department.
///
/// # Errors
/// Invalid, Denied.
pub async fn add_department(
    app: &App,
    actor: &Actor,
    authority: Id<actor::Organisation>,
    input: &NewDepartment,
) -> Result<Id<actor::Organisation>> {
    let mut form = Parser::default();
    let name = form.text("name", &input.name, 160, "Enter the department's name");
    form.finish()?;
    let (now, actor) = (app.now(), actor.clone());
    app.db
        .write(move |db| {
            require(&actor, Action::ManagePeople, &Thing::of_authority(authority))?;
            let department = Organisation {
                id: Id::new(),
                kind: OrganisationKind::Department,
                name: name.clone(),
                parent_id: Some(authority),
                profile: Json(Profile::default()),
                created_at: now,
                created_by: actor.account(),
            };
            make_organisation(db, &actor, &department, None, now)?;
            Ok(department.id)
        })
        .await
}
