//! Pages of accounts, organisations and staff.

use super::actions::{self, NewToken, Register, SignIn};
use super::model::{Invitation, TokenRow};
use super::{limits, rules, sessions, store};
use crate::db::Page;
use crate::error::{Error, Result};
use crate::http::api::PageQuery;
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::outbox::mail::{self, Mail};
use crate::values::{Account, Actor, Capacity, Clock, Id, counted};
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
    rules::own_path(next).unwrap_or("/")
}

pub(super) fn form_shell(visit: &Visit, title: &str, form: &FormState) -> Shell {
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

/// The place a request came from, for limits.
fn source(visit: &Visit, request: &HttpRequest) -> String {
    let written: Vec<&str> =
        request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    let peer = request.peer_addr().map(|address| address.ip());
    limits::source(peer, &written.join(","), visit.app.config.server.trusted_proxies)
}

fn begin_session(visit: &Visit, account: Id<Account>) -> Result<()> {
    // A fresh key, so that a key known before the sign-in is worth nothing after it.
    visit.session().renew();
    visit.session().insert(sessions::ACCOUNT, account).map_err(|e| Error::internal(e.to_string()))?;
    visit.session().remove("csrf");
    visit.session().remove(sessions::ACTING_FOR);
    Ok(())
}

/// From the next page on the person acts in this capacity.
pub(super) fn act_in(visit: &Visit, capacity: Capacity) -> Result<()> {
    let word = capacity.to_string();
    // A form that was drawn for the other would write there: it is refused, and drawn again.
    visit.session().remove("csrf");
    visit.session().insert(sessions::ACTING_FOR, word).map_err(|e| Error::internal(e.to_string()))
}

/// `POST /sign-in`
///
/// # Errors
/// Internal.
pub async fn sign_in(visit: Visit, request: HttpRequest, posted: Posted<SignIn>) -> Answer {
    match actions::sign_in(&visit.app, &source(&visit, &request), &posted.input).await {
        Ok(account) => {
            begin_session(&visit, account)?;
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
    next: String,
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
pub async fn register_form(visit: Visit, query: web::Query<NextQuery>) -> Answer {
    page(&register_page(&visit, FormState::empty(), &query.next))
}

fn register_page(visit: &Visit, form: FormState, next: &str) -> RegisterPage {
    RegisterPage { shell: form_shell(visit, "Make an account", &form), form, next: own_path(next).to_owned() }
}

/// `POST /make-account`
///
/// # Errors
/// Internal.
pub async fn register(visit: Visit, request: HttpRequest, posted: Posted<Register>) -> Answer {
    let next = own_path(&posted.input.next).to_owned();
    match actions::register(&visit.app, &source(&visit, &request), &posted.input).await {
        Ok(()) => page(&CheckMailPage {
            shell: visit.shell("Check your mail", ""),
            title: "Check your mail",
            text: "We have written to the address you gave. Open the link in the mail within a day to confirm that it is yours. If it has an account already, the mail says so.",
        }),
        Err(error) => {
            let form = posted.again(error)?;
            page_again(&register_page(&visit, form, &next))
        }
    }
}

#[derive(Template)]
#[template(path = "people/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    form: FormState,
    email: String,
}

/// Confirming an address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Confirm {
    password: String,
}

/// `GET /confirm/{secret}`
///
/// # Errors
/// Refused when the link was used or has expired.
pub async fn confirm_form(visit: Visit, secret: web::Path<String>) -> Answer {
    let email = actions::to_confirm(&visit.app, &secret).await?;
    let form = FormState::empty();
    page(&ConfirmPage { shell: form_shell(&visit, "Confirm your email address", &form), form, email })
}

/// `POST /confirm/{secret}`
///
/// # Errors
/// Refused when the link was used or has expired.
pub async fn confirm(
    visit: Visit,
    secret: web::Path<String>,
    query: web::Query<NextQuery>,
    posted: Posted<Confirm>,
) -> Answer {
    match actions::confirm(&visit.app, &secret, &posted.input.password).await {
        Ok(account) => {
            begin_session(&visit, account)?;
            visit.done("Your address is confirmed and your account is ready.");
            see(if query.next.is_empty() { "/account" } else { own_path(&query.next) })
        }
        Err(error) => {
            let form = posted.again(error)?;
            let email = actions::to_confirm(&visit.app, &secret).await?;
            page_again(&ConfirmPage { shell: form_shell(&visit, "Confirm your email address", &form), form, email })
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
/// Refused when the link was used or has expired.
pub async fn reset_form(visit: Visit, secret: web::Path<String>) -> Answer {
    actions::check_reset(&visit.app, &secret).await?;
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
    invitations: Vec<(Invitation, String)>,
    /// For whom they act now, then for whom else they may: address and name; empty for who has no choice.
    capacities: Vec<(String, String)>,
    /// Whether they act for one of them.
    acts: bool,
    /// With the name of whom each acts for, where there is a choice.
    tokens: Vec<(TokenRow, Option<String>)>,
    /// On how many devices they are signed in, with the word.
    devices: String,
    secret: Option<String>,
}

/// For whom somebody may act, as words and names, the one of now first; nothing for who has no choice.
fn choices(actor: &Actor) -> Vec<(String, String)> {
    if actor.elsewhere().is_empty() {
        return Vec::new();
    }
    actor.capacities().into_iter().map(|(capacity, name)| (capacity.to_string(), name)).collect()
}

async fn account_page(visit: &Visit, form: FormState, secret: Option<String>) -> Result<AccountPage> {
    let account = visit.account()?;
    let now = visit.now;
    let (row, invitations, tokens, sessions) = visit
        .app
        .db
        .read(move |db| {
            let row = store::find_account(db, account)?;
            let invitations = store::invitations_to(db, &row.email, now)?;
            Ok((
                row,
                invitations,
                store::tokens_of(db, account)?,
                store::count_sessions_of(db, account, Clock::machine())?,
            ))
        })
        .await?;
    let capacities = choices(&visit.actor);
    let tokens = tokens
        .into_iter()
        .map(|token| {
            let theirs = capacities.iter().find(|(word, _)| Some(word) == token.acting_for.as_ref());
            let name = theirs.map(|(_, name)| name.clone());
            (token, name)
        })
        .collect();
    let memberships = visit
        .actor
        .everywhere()
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
        invitations,
        capacities,
        acts: visit.actor.capacity().is_some(),
        tokens,
        devices: counted(sessions, "devices"),
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

/// `POST /account/invitations/{id}/accept`
///
/// # Errors
/// NotFound for another's, refused when it does not stand any more.
pub async fn accept_invitation(visit: Visit, id: web::Path<Id<Invitation>>, _posted: Posted<NextQuery>) -> Answer {
    actions::answer_invitation(&visit.app, &visit.actor, *id, true).await?;
    visit.done("You have accepted the role.");
    see("/account")
}

/// `POST /account/invitations/{id}/decline`
///
/// # Errors
/// As [`accept_invitation`].
pub async fn decline_invitation(visit: Visit, id: web::Path<Id<Invitation>>, _posted: Posted<NextQuery>) -> Answer {
    actions::answer_invitation(&visit.app, &visit.actor, *id, false).await?;
    visit.done("You have declined the role.");
    see("/account")
}

/// `POST /account/acting-for/{capacity}`: who belongs to several chooses for whom they act from now on.
///
/// # Errors
/// NotFound for whom they do not belong to.
pub async fn act_for(visit: Visit, capacity: web::Path<String>, _posted: Posted<NextQuery>) -> Answer {
    let found = visit.actor.capacities().into_iter().find(|(known, _)| known.to_string() == *capacity);
    let (capacity, name) = found.ok_or(Error::NotFound)?;
    act_in(&visit, capacity)?;
    visit.done(format!("You act for {name} now."));
    see("/account")
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
