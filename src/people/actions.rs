//! What people do with accounts and organisations.

use super::model::{AccountRow, Member, Organisation, OrganisationKind, Profile, TokenRow};
use super::policy::{Action, Thing, require};
use super::rules::{self, PeopleRefusal};
use super::{passwords, store};
use crate::app::App;
use crate::audit::{self, Entry};
use crate::db::Json;
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::values::{Account, Actor, Clock, Id, Instant, Parser, Role, Subject, actor};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

/// Signing in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignIn {
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Where to go afterwards.
    pub next: String,
}

/// Signs in and gives the account. Every failure has the same answer and takes the same work.
///
/// # Errors
/// Invalid for an empty form; refused for everything else.
pub async fn sign_in(app: &App, source: &str, input: &SignIn) -> Result<Id<Account>> {
    rules::sign_in_form(&input.email, &input.password)?;
    let machine_now = Clock::machine();
    let email = input.email.trim().to_lowercase();
    let source = passwords::secret_hash(source);
    let window = machine_now.plus(TimeDelta::minutes(-rules::ATTEMPT_WINDOW_MINUTES));
    let (attempts, account) = {
        let (source, email) = (source.clone(), email.clone());
        app.db
            .read(move |db| {
                Ok((store::count_attempts(db, &source, window)?, store::find_account_by_email(db, &email)?))
            })
            .await?
    };
    if attempts >= rules::ATTEMPTS_BY_SOURCE {
        return Err(PeopleRefusal::TooManyAttempts.into());
    }
    let hashed = account.as_ref().map_or_else(|| passwords::nobody().to_owned(), |a| a.password_hash.clone());
    let password = input.password.clone();
    let matches = tokio::task::spawn_blocking(move || passwords::matches(&password, &hashed))
        .await
        .map_err(|e| Error::Internal(Box::new(e)))?;
    let usable = account
        .as_ref()
        .filter(|a| a.disabled_at.is_none() && !rules::is_locked(a.locked_until, machine_now))
        .map(|a| a.id);
    let now = app.now();
    if let (true, Some(id)) = (matches, usable) {
        app.db
            .write(move |db| {
                store::set_failures(db, id, 0, None)?;
                let actor = Actor::Person { account: id, name: String::new(), memberships: Vec::new() };
                audit::record(
                    db,
                    Entry {
                        authority: None,
                        at: now,
                        actor: &actor,
                        action: "account.signed_in",
                        subject: Subject::new("account", id),
                        facts: json!({}),
                    },
                )?;
                Ok(())
            })
            .await?;
        return Ok(id);
    }
    let failed = account.map(|a| (a.id, rules::after_failure(a.failures, machine_now)));
    app.db
        .write(move |db| {
            store::insert_attempt(db, &source, machine_now, window)?;
            if let Some((id, (failures, locked))) = failed {
                store::set_failures(db, id, failures, locked)?;
            }
            Ok(())
        })
        .await?;
    Err(PeopleRefusal::SignIn.into())
}

/// Making an account.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Register {
    /// Name for colleagues.
    pub name: String,
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// Makes an account. An address that has one already gets a mail that says so, and the page says the same
/// as for a new one.
///
/// # Errors
/// Invalid.
pub async fn register(app: &App, input: &Register) -> Result<()> {
    let input = input.clone();
    let (name, email, hash) = tokio::task::spawn_blocking(move || checked_account(&input))
        .await
        .map_err(|e| Error::Internal(Box::new(e)))??;
    let now = app.now();
    let url = app.config.server.public_url.clone();
    app.db
        .write(move |db| {
            if store::find_account_by_email(db, &email)?.is_some() {
                let body = format!(
                    "Somebody tried to make an account with this address, which has one already.\n\nIf it was you, sign in at {url}/sign-in or reset your password at {url}/forgot.\nIf it was not you, there is nothing to do.\n"
                );
                mail::queue(db, None, &email, "You already have an account", &body, now)?;
                return Ok(());
            }
            make_account(db, &name, &email, &hash, now)?;
            Ok(())
        })
        .await
}

/// Name, address and password hash of an account to be made. Hashing takes a moment: not for an async thread.
///
/// # Errors
/// Invalid.
pub fn checked_account(input: &Register) -> Result<(String, String, String)> {
    let mut form = Parser::default();
    let name = form.text("name", &input.name, 100, "Enter your name");
    let email = rules::email(&mut form, "email", &input.email);
    rules::new_password(&mut form, "password", &input.password, &email);
    form.finish()?;
    Ok((name, email, passwords::hash(&input.password)?))
}

/// Makes an account from parts that were checked; for registration, the command line and the demo.
///
/// # Errors
/// Conflict when the address has one.
pub fn make_account(
    db: &mut crate::db::Db,
    name: &str,
    email: &str,
    password_hash: &str,
    now: Instant,
) -> Result<Id<Account>> {
    let row = AccountRow {
        id: Id::new(),
        email: email.to_owned(),
        name: name.to_owned(),
        password_hash: password_hash.to_owned(),
        created_at: now,
        disabled_at: None,
        locked_until: None,
        failures: 0,
    };
    store::insert_account(db, &row)?;
    audit::record(
        db,
        Entry {
            authority: None,
            at: now,
            actor: &Actor::System,
            action: "account.made",
            subject: Subject::new("account", row.id),
            facts: json!({}),
        },
    )?;
    Ok(row.id)
}

/// Asks for a reset link. The answer is the same whether the address has an account or not.
///
/// # Errors
/// Invalid for something that is not an address; refused after many attempts.
pub async fn ask_reset(app: &App, source: &str, email: &str) -> Result<()> {
    let mut form = Parser::default();
    let email = rules::email(&mut form, "email", email);
    form.finish()?;
    let machine_now = Clock::machine();
    let now = app.now();
    let source = passwords::secret_hash(source);
    let url = app.config.server.public_url.clone();
    let (secret, hash) = passwords::secret("");
    app.db
        .write(move |db| {
            let window = machine_now.plus(TimeDelta::minutes(-rules::ATTEMPT_WINDOW_MINUTES));
            if store::count_attempts(db, &source, window)? >= rules::ATTEMPTS_BY_SOURCE {
                return Err(PeopleRefusal::TooManyAttempts.into());
            }
            store::insert_attempt(db, &source, machine_now, window)?;
            let Some(account) = store::find_account_by_email(db, &email)? else { return Ok(()) };
            store::insert_reset(db, &hash, account.id, machine_now.plus(TimeDelta::minutes(rules::RESET_MINUTES)))?;
            let body = format!(
                "Somebody asked to reset the password of this address.\n\nTo choose a new one, open this link within an hour:\n{url}/reset/{secret}\n\nIf it was not you, there is nothing to do.\n"
            );
            mail::queue(db, None, &email, "Choose a new password", &body, now)?;
            Ok(())
        })
        .await
}

/// Chooses a new password by a reset link; every session of the account ends.
///
/// # Errors
/// Invalid for the password; refused for the link.
pub async fn reset(app: &App, secret: &str, password: &str) -> Result<()> {
    let mut form = Parser::default();
    rules::new_password(&mut form, "password", password, "");
    form.finish()?;
    let (hash, password) = (passwords::secret_hash(secret), password.to_owned());
    let new_hash = tokio::task::spawn_blocking(move || passwords::hash(&password))
        .await
        .map_err(|e| Error::Internal(Box::new(e)))??;
    let now = app.now();
    app.db
        .write(move |db| {
            let account = store::use_reset(db, &hash, Clock::machine())?.ok_or(PeopleRefusal::ResetLink)?;
            store::set_password(db, account, &new_hash)?;
            store::delete_sessions_of(db, account)?;
            audit::record(
                db,
                Entry {
                    authority: None,
                    at: now,
                    actor: &Actor::System,
                    action: "account.password_reset",
                    subject: Subject::new("account", account),
                    facts: json!({}),
                },
            )?;
            Ok(())
        })
        .await
}

/// Ends every session of the person, everywhere.
///
/// # Errors
/// Denied for the public.
pub async fn end_sessions(app: &App, actor: &Actor, now: Instant) -> Result<()> {
    let account = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let ended = store::delete_sessions_of(db, account)?;
            audit::record(
                db,
                Entry {
                    authority: None,
                    at: now,
                    actor: &actor,
                    action: "account.sessions_ended",
                    subject: Subject::new("account", account),
                    facts: json!({ "ended": ended }),
                },
            )?;
            Ok(())
        })
        .await
}

/// Making a bearer token.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// `read` or `write`.
    pub scope: String,
    /// Days until it stops working, at most 366.
    pub days: String,
}

/// Makes a token and gives its secret, which is shown once and never stored.
///
/// # Errors
/// Invalid; Denied for the public.
pub async fn make_token(app: &App, actor: &Actor, input: &NewToken) -> Result<(TokenRow, String)> {
    let account = actor.account().ok_or(Error::Denied)?;
    let mut form = Parser::default();
    let name = form.text("name", &input.name, 60, "Enter a name for the token, such as the program that will use it");
    form.check(matches!(input.scope.as_str(), "read" | "write"), "scope", "Choose whether the token may change things");
    let days = form.value::<i64>("days", &input.days, "Enter for how many days the token works").unwrap_or(0);
    form.check((1..=366).contains(&days), "days", "Enter between 1 and 366 days");
    form.finish()?;
    let (secret, hash) = passwords::secret("cw_");
    let (now, machine_now, actor) = (app.now(), Clock::machine(), actor.clone());
    let row = TokenRow {
        id: Id::new(),
        account_id: account,
        name,
        hash,
        scope: input.scope.clone(),
        created_at: machine_now,
        expires_at: machine_now.plus(TimeDelta::days(days)),
        revoked_at: None,
    };
    let made = row.clone();
    app.db
        .write(move |db| {
            store::insert_token(db, &row)?;
            audit::record(
                db,
                Entry {
                    authority: None,
                    at: now,
                    actor: &actor,
                    action: "token.made",
                    subject: Subject::new("token", row.id),
                    facts: json!({ "scope": row.scope }),
                },
            )?;
            Ok(())
        })
        .await?;
    Ok((made, secret))
}

/// Revokes one of the person's own tokens; it stops working at once.
///
/// # Errors
/// NotFound.
pub async fn revoke_token(app: &App, actor: &Actor, id: Id<TokenRow>) -> Result<()> {
    let account = actor.account().ok_or(Error::Denied)?;
    let (now, actor) = (app.now(), actor.clone());
    app.db
        .write(move |db| {
            if store::revoke_token(db, account, id, Clock::machine())? == 0 {
                return Err(Error::NotFound);
            }
            audit::record(
                db,
                Entry {
                    authority: None,
                    at: now,
                    actor: &actor,
                    action: "token.revoked",
                    subject: Subject::new("token", id),
                    facts: json!({}),
                },
            )?;
            Ok(())
        })
        .await
}

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
    let authority = (!organisation.kind.is_applicant()).then_some(organisation.id);
    audit::record(
        db,
        Entry {
            authority,
            at: now,
            actor,
            action: "organisation.registered",
            subject: Subject::new("organisation", organisation.id),
            facts: json!({ "kind": organisation.kind }),
        },
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
    audit::record(
        db,
        Entry {
            authority: (!organisation.kind.is_applicant()).then_some(organisation.id),
            at: now,
            actor,
            action: "member.added",
            subject: Subject::new("member", member.id),
            facts: json!({ "account": account, "organisation": organisation.id, "role": role }),
        },
    )?;
    Ok(())
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
            audit::record(
                db,
                Entry {
                    authority: None,
                    at: now,
                    actor: &actor,
                    action: "organisation.changed",
                    subject: Subject::new("organisation", id),
                    facts: json!({}),
                },
            )?;
            Ok(())
        })
        .await
}

/// Giving somebody a role.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct NewMember {
    /// Address of an account.
    pub email: String,
    /// Role word.
    pub role: String,
}

/// Gives a role in an organisation: an administrator in an authority, an owner in an applicant organisation.
///
/// # Errors
/// Invalid, Denied, refused.
pub async fn add_member(
    app: &App,
    actor: &Actor,
    organisation: Id<actor::Organisation>,
    input: &NewMember,
) -> Result<()> {
    let mut form = Parser::default();
    let email = rules::email(&mut form, "email", &input.email);
    let role = form.value::<Role>("role", &input.role, "Choose a role");
    form.finish()?;
    let Some(role) = role else { return Err(Error::field("role", "Choose a role")) };
    let (now, actor) = (app.now(), actor.clone());
    app.db
        .write(move |db| {
            let organisation = store::find_organisation(db, organisation)?;
            require_manager(&actor, &organisation)?;
            let account = store::find_account_by_email(db, &email)?
                .ok_or_else(|| Error::field("email", "This person has no account yet. Ask them to make one first"))?;
            add_role(db, &actor, &organisation, account.id, role, now)
        })
        .await
}

fn require_manager(actor: &Actor, organisation: &Organisation) -> Result<()> {
    if organisation.kind.is_applicant() {
        let thing = Thing { organisation: Some(organisation.id), ..Thing::default() };
        require(actor, Action::ManageOrganisation, &thing)
    } else {
        require(actor, Action::ManagePeople, &Thing::of_authority(organisation.parent_id.unwrap_or(organisation.id)))
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
            audit::record(
                db,
                Entry {
                    authority: (!organisation.kind.is_applicant()).then_some(organisation.id),
                    at: now,
                    actor: &actor,
                    action: "member.ended",
                    subject: Subject::new("member", member),
                    facts: json!({ "account": row.account_id, "role": row.role }),
                },
            )?;
            Ok(())
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

/// What the sign-in page of a sandbox says: address and role of the demo's people, who share one password.
pub const DEMO_PASSWORD: &str = "practice makes perfect";
/// Address and role of each person of the demo.
pub const DEMO_HINT: [(&str, &str); 12] = [
    ("admin@camden.example", "administrator"),
    ("missions@camden.example", "mission lead"),
    ("buyer@camden.example", "procurement officer"),
    ("buyer2@camden.example", "second procurement officer"),
    ("evaluator@camden.example", "evaluator"),
    ("fund@camden.example", "fund manager"),
    ("committee@camden.example", "committee member"),
    ("contracts@camden.example", "contract manager"),
    ("auditor@camden.example", "auditor"),
    ("owner@harvest.example", "owner of Harvest Lane Kitchens CIC"),
    ("editor@harvest.example", "editor at Harvest Lane Kitchens CIC"),
    ("owner@nextdesk.example", "owner of Next Desk Academy CIC"),
];
