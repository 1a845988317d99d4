//! Pages of accounts, organisations and staff.

use super::actions::{self, NewDepartment, NewMember, NewToken, OrganisationInput, Register, SignIn};
use super::model::{Member, Organisation, OrganisationKind, TokenRow};
use super::policy::{Action, Thing, can};
use super::{sessions, store};
use crate::audit;
use crate::db::{Json, Page};
use crate::error::{Error, Result};
use crate::http::api::PageQuery;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::outbox::mail::{self, Mail};
use crate::values::{Clock, Id, Role, actor};
use actix_web::{HttpRequest, web};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "people/sign_in.html")]
struct SignInPage {
    shell: Shell,
    form: FormState,
    next: String,
    demo: Vec<(String, String)>,
}

/// Where a form leads next.
#[derive(Debug, Default, Deserialize)]
pub struct NextQuery {
    /// A path of this service.
    #[serde(default)]
    next: String,
}

/// A path of our own; anything else leads home.
fn own_path(next: &str) -> &str {
    // Browsers drop control characters and read a backslash as a slash, so that either could lead elsewhere.
    let plain = next.chars().all(|c| !c.is_control() && c != '\\');
    if plain && next.starts_with('/') && !next.starts_with("//") { next } else { "/" }
}

fn form_shell(visit: &Visit, title: &str, form: &FormState) -> Shell {
    let mut shell = visit.shell(title, "");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell
}

fn sign_in_page(visit: &Visit, form: FormState, next: &str) -> SignInPage {
    let demo = if visit.app.sandbox {
        crate::people::actions::DEMO_HINT.map(|(a, b)| (a.into(), b.into())).to_vec()
    } else {
        Vec::new()
    };
    SignInPage { shell: form_shell(visit, "Sign in", &form), form, next: own_path(next).to_owned(), demo }
}

/// `GET /sign-in`
///
/// # Errors
/// Internal.
pub async fn sign_in_form(visit: Visit, query: web::Query<NextQuery>) -> Answer {
    page(&sign_in_page(&visit, FormState::empty(), &query.next))
}

/// The address a request came from, for rate limits. A proxy's header counts only in production, where one stands before us.
fn source(visit: &Visit, request: &HttpRequest) -> String {
    if visit.app.config.is_production() {
        request.connection_info().realip_remote_addr().unwrap_or("unknown").to_owned()
    } else {
        request.peer_addr().map_or_else(|| "unknown".to_owned(), |a| a.ip().to_string())
    }
}

/// `POST /sign-in`
///
/// # Errors
/// Internal.
pub async fn sign_in(visit: Visit, request: HttpRequest, posted: Posted<SignIn>) -> Answer {
    match actions::sign_in(&visit.app, &source(&visit, &request), &posted.input).await {
        Ok(account) => {
            // A fresh key, so that a key known before the sign-in is worth nothing after it.
            visit.session().renew();
            visit.session().insert(sessions::ACCOUNT, account).map_err(|e| Error::internal(e.to_string()))?;
            visit.session().remove("csrf");
            see(own_path(&posted.input.next))
        }
        Err(error) => {
            let next = posted.input.next.clone();
            page_again(&sign_in_page(&visit, posted.again(error)?, &next))
        }
    }
}

/// `POST /sign-out`
///
/// # Errors
/// Never.
pub async fn sign_out(visit: Visit, _posted: Posted<NextQuery>) -> Answer {
    visit.session().purge();
    see("/")
}

#[derive(Template)]
#[template(path = "people/register.html")]
struct RegisterPage {
    shell: Shell,
    form: FormState,
}

#[derive(Template)]
#[template(path = "people/check_mail.html")]
struct CheckMailPage {
    shell: Shell,
    title: &'static str,
    text: &'static str,
}

/// `GET /make-account`
///
/// # Errors
/// Internal.
pub async fn register_form(visit: Visit) -> Answer {
    let form = FormState::empty();
    page(&RegisterPage { shell: form_shell(&visit, "Make an account", &form), form })
}

/// `POST /make-account`
///
/// # Errors
/// Internal.
pub async fn register(visit: Visit, posted: Posted<Register>) -> Answer {
    match actions::register(&visit.app, &posted.input).await {
        Ok(()) => page(&CheckMailPage {
            shell: visit.shell("Account made", ""),
            title: "Your account is ready",
            text: "Sign in with your email address and password. If you had an account already, we have written to you instead.",
        }),
        Err(error) => {
            let form = posted.again(error)?;
            page_again(&RegisterPage { shell: form_shell(&visit, "Make an account", &form), form })
        }
    }
}

#[derive(Template)]
#[template(path = "people/forgot.html")]
struct ForgotPage {
    shell: Shell,
    form: FormState,
}

/// Asking for a reset link.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Forgot {
    email: String,
}

/// `GET /forgot`
///
/// # Errors
/// Internal.
pub async fn forgot_form(visit: Visit) -> Answer {
    let form = FormState::empty();
    page(&ForgotPage { shell: form_shell(&visit, "Reset your password", &form), form })
}

/// `POST /forgot`
///
/// # Errors
/// Internal.
pub async fn forgot(visit: Visit, request: HttpRequest, posted: Posted<Forgot>) -> Answer {
    match actions::ask_reset(&visit.app, &source(&visit, &request), &posted.input.email).await {
        Ok(()) => page(&CheckMailPage {
            shell: visit.shell("Check your mail", ""),
            title: "Check your mail",
            text: "If this address has an account, a link to choose a new password is on its way. It works for an hour.",
        }),
        Err(error) => {
            let form = posted.again(error)?;
            page_again(&ForgotPage { shell: form_shell(&visit, "Reset your password", &form), form })
        }
    }
}

#[derive(Template)]
#[template(path = "people/reset.html")]
struct ResetPage {
    shell: Shell,
    form: FormState,
}

/// Choosing a new password.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reset {
    password: String,
}

/// `GET /reset/{secret}`
///
/// # Errors
/// Internal.
pub async fn reset_form(visit: Visit) -> Answer {
    let form = FormState::empty();
    page(&ResetPage { shell: form_shell(&visit, "Choose a new password", &form), form })
}

/// `POST /reset/{secret}`
///
/// # Errors
/// Internal.
pub async fn reset(visit: Visit, secret: web::Path<String>, posted: Posted<Reset>) -> Answer {
    match actions::reset(&visit.app, &secret, &posted.input.password).await {
        Ok(()) => {
            visit.done("Your password is changed. Sign in with the new one.");
            see("/sign-in")
        }
        Err(error) => {
            let form = posted.again(error)?;
            page_again(&ResetPage { shell: form_shell(&visit, "Choose a new password", &form), form })
        }
    }
}

#[derive(Template)]
#[template(path = "people/account.html")]
struct AccountPage {
    shell: Shell,
    form: FormState,
    name: String,
    email: String,
    memberships: Vec<(String, String, String)>,
    tokens: Vec<TokenRow>,
    sessions: i64,
    secret: Option<String>,
}

async fn account_page(visit: &Visit, form: FormState, secret: Option<String>) -> Result<AccountPage> {
    let account = visit.account()?;
    let (row, tokens, sessions) = visit
        .app
        .db
        .read(move |db| {
            Ok((
                store::find_account(db, account)?,
                store::tokens_of(db, account)?,
                store::count_sessions_of(db, account, Clock::machine())?,
            ))
        })
        .await?;
    let memberships = visit
        .actor
        .memberships()
        .iter()
        .map(|m| {
            // Only applicant organisations have a page of their own.
            let href = if m.role.is_staff() { String::new() } else { format!("/organisations/{}", m.organisation) };
            (m.name.clone(), m.role.label(), href)
        })
        .collect();
    Ok(AccountPage {
        shell: form_shell(visit, "Your account", &form),
        form,
        name: row.name,
        email: row.email,
        memberships,
        tokens,
        sessions,
        secret,
    })
}

/// `GET /account`
///
/// # Errors
/// Internal.
pub async fn account(visit: Visit) -> Answer {
    page(&account_page(&visit, FormState::empty(), None).await?)
}

/// `POST /account/sessions/end`
///
/// # Errors
/// Internal.
pub async fn end_sessions(visit: Visit, _posted: Posted<NextQuery>) -> Answer {
    actions::end_sessions(&visit.app, &visit.actor, visit.now).await?;
    visit.session().purge();
    see("/sign-in")
}

/// `POST /account/tokens`
///
/// # Errors
/// Internal.
pub async fn make_token(visit: Visit, posted: Posted<NewToken>) -> Answer {
    match actions::make_token(&visit.app, &visit.actor, &posted.input).await {
        Ok((_, secret)) => page(&account_page(&visit, FormState::empty(), Some(secret)).await?),
        Err(error) => page_again(&account_page(&visit, posted.again(error)?, None).await?),
    }
}

/// `POST /account/tokens/{id}/revoke`
///
/// # Errors
/// NotFound.
pub async fn revoke_token(visit: Visit, id: web::Path<Id<TokenRow>>, _posted: Posted<NextQuery>) -> Answer {
    actions::revoke_token(&visit.app, &visit.actor, *id).await?;
    visit.done("The token is revoked. It no longer works.");
    see("/account")
}

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
    may_manage: bool,
    roles: Vec<(&'static str, String)>,
}

async fn organisation_page(
    visit: &Visit,
    id: Id<actor::Organisation>,
    form: Option<FormState>,
) -> Result<OrganisationPage> {
    let (organisation, members) =
        visit.app.db.read(move |db| Ok((store::find_organisation(db, id)?, store::current_members(db, id)?))).await?;
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
    match actions::add_member(&visit.app, &visit.actor, *id, &posted.input).await {
        Ok(()) => {
            visit.done("Added to the team.");
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

#[derive(Template)]
#[template(path = "people/staff.html")]
struct StaffPage {
    shell: Shell,
    form: FormState,
    authority: Organisation,
    members: Vec<(Member, String, String)>,
    departments: Vec<Organisation>,
    roles: Vec<(&'static str, String)>,
}

async fn staff_page(visit: &Visit, form: FormState) -> Result<StaffPage> {
    let authority = visit.actor.authority_as(Role::Administrator).ok_or(Error::Denied)?;
    let (authority, members, departments) = visit
        .app
        .db
        .read(move |db| {
            let (organisation, departments) = store::authority_with_departments(db, authority)?;
            Ok((organisation, store::current_members(db, authority)?, departments))
        })
        .await?;
    let mut shell = visit.shell("People and departments", "/people");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    Ok(StaffPage { shell, form, authority, members, departments, roles: role_options(true) })
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
    match actions::add_member(&visit.app, &visit.actor, authority, &posted.input).await {
        Ok(()) => {
            visit.done("The role is given.");
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

#[derive(Template)]
#[template(path = "people/mails.html")]
struct MailsPage {
    shell: Shell,
    mails: Vec<Mail>,
    next: Option<String>,
}

/// `GET /mails`: mails that were kept instead of sent. Only in sandbox.
///
/// # Errors
/// NotFound outside the sandbox.
pub async fn mails(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    if !visit.app.sandbox {
        return Err(Error::NotFound.into());
    }
    let cursor = query.cursor()?;
    let found = visit.app.db.read(move |db| mail::list(db, cursor.as_ref(), Page::<Mail>::SIZE)).await?;
    let next = found.next.map(|c| format!("/mails?after={c}"));
    page(&MailsPage { shell: visit.shell("Mails", "/mails"), mails: found.items, next })
}

#[derive(Template)]
#[template(path = "people/audit.html")]
struct AuditPage {
    shell: Shell,
    rows: Vec<(audit::Row, String)>,
    next: Option<String>,
}

/// `GET /audit`
///
/// # Errors
/// Denied.
pub async fn audit_trail(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    let thing = Thing::of_authority(authority);
    super::policy::require(&visit.actor, Action::ReadAudit, &thing)?;
    let cursor = query.cursor()?;
    let (found, names) = visit
        .app
        .db
        .read(move |db| {
            let found = audit::list(db, authority, cursor.as_ref(), 50)?;
            let ids: Vec<_> = found
                .items
                .iter()
                .filter_map(|row| row.actor.strip_prefix("account:").and_then(|id| id.parse().ok()))
                .collect();
            let names = store::account_names(db, &ids)?;
            Ok((found, names))
        })
        .await?;
    let next = found.next.map(|c| format!("/audit?after={c}"));
    let rows = found
        .items
        .into_iter()
        .map(|row| {
            let name = row
                .actor
                .strip_prefix("account:")
                .and_then(|id| id.parse().ok())
                .and_then(|id| names.get(&id).cloned())
                .unwrap_or_else(|| row.actor.clone());
            (row, name)
        })
        .collect();
    let mut shell = visit.shell("Audit trail", "/audit");
    shell.breadcrumbs = vec![Link::new("My tasks", "/tasks")];
    page(&AuditPage { shell, rows, next })
}

/// The facts of an audit row as a program would write them, for the table.
fn facts(row: &audit::Row) -> String {
    let Json(value) = &row.facts;
    match value.as_object() {
        Some(map) => map
            .iter()
            .map(|(key, value)| {
                format!("{key}: {}", value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
            })
            .collect::<Vec<_>>()
            .join(", "),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn after_signing_in_nobody_is_led_to_another_site() {
        assert_eq!(own_path("/calls/1?x=2"), "/calls/1?x=2");
        for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "/a\nb", ""]
        {
            assert_eq!(own_path(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
