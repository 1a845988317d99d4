//! What people do with accounts and organisations.

mod invitations;
mod organisations;
mod registration;

pub use invitations::{NewMember, answer_invitation, invite, withdraw_invitation};
use organisations::require_manager;
pub use organisations::{
    NewDepartment, OrganisationInput, add_department, add_role, change_profile, end_member, make_organisation,
    register_organisation,
};
pub use registration::{Register, confirm, register, to_confirm};

use crate::app::App;
use crate::audit::{self, Entry};
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::people::model::{AccountRow, TokenRow};
use crate::people::rules::{self, PeopleRefusal};
use crate::people::{limits, passwords, store};
use crate::values::{Account, Actor, Clock, Id, Instant, Parser, Subject};
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
    let by_source = limits::key("sign-in", &[source]);
    let by_account = limits::key("sign-in", &[source, &email]);
    let (from_here, for_this, account) = {
        let (by_source, by_account) = (by_source.clone(), by_account.clone());
        app.db
            .read(move |db| {
                Ok((
                    limits::attempts(db, &by_source, machine_now)?,
                    limits::attempts(db, &by_account, machine_now)?,
                    store::find_account_by_email(db, &email)?,
                ))
            })
            .await?
    };
    if from_here >= rules::ATTEMPTS_BY_SOURCE {
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
        // Told like a wrong password, so that nobody learns which addresses have accounts.
        .filter(|_| for_this < rules::ATTEMPTS_BY_ACCOUNT)
        .map(|a| a.id);
    let now = app.now();
    if let (true, Some(id)) = (matches, usable) {
        app.db
            .write(move |db| {
                // Locked by guesses that came at the same time.
                if store::failures(db, id)?.is_some_and(|(_, locked)| rules::is_locked(locked, machine_now)) {
                    return Err(PeopleRefusal::SignIn.into());
                }
                store::set_failures(db, id, 0, None)?;
                let actor =
                    Actor::Person { account: id, name: String::new(), memberships: Vec::new(), elsewhere: Vec::new() };
                note(db, &actor, None, "account.signed_in", Subject::new("account", id), json!({}), now)
            })
            .await?;
        return Ok(id);
    }
    // Of an address without an account the same statements are run, on nobody: it takes as long.
    let id = account.map_or_else(Id::new, |a| a.id);
    app.db
        .write(move |db| {
            limits::count(db, &by_source, machine_now)?;
            limits::count(db, &by_account, machine_now)?;
            // Read within the write: of guesses that come at once each counts.
            let (failures, locked) = store::failures(db, id)?.unwrap_or_default();
            let (failures, locked) = rules::after_failure(failures, locked, machine_now);
            store::set_failures(db, id, failures, locked)
        })
        .await?;
    Err(PeopleRefusal::SignIn.into())
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
    note(db, &Actor::System, None, "account.made", Subject::new("account", row.id), json!({}), now)?;
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
    let key = limits::key("reset", &[source]);
    let url = app.config.server.public_url.clone();
    let (secret, hash) = passwords::secret("");
    app.db
        .write(move |db| {
            limits::require_room(db, &key, rules::RESETS_BY_SOURCE, machine_now)?;
            limits::count(db, &key, machine_now)?;
            let Some(account) = store::find_account_by_email(db, &email)? else { return Ok(()) };
            if !limits::may_mail(db, &email, machine_now)? {
                return Ok(());
            }
            store::insert_reset(db, &hash, account.id, machine_now.plus(TimeDelta::minutes(rules::RESET_MINUTES)))?;
            let body = format!(
                "Somebody asked to reset the password of this address.\n\nTo choose a new one, open this link within an hour:\n{url}/reset/{secret}\n\nIf it was not you, there is nothing to do.\n"
            );
            mail::queue(db, None, &email, "Choose a new password", &body, now)?;
            Ok(())
        })
        .await
}

/// Whether a reset link can still be used, so that nobody types a password into a dead one.
///
/// # Errors
/// Refused when it was used or has expired.
pub async fn check_reset(app: &App, secret: &str) -> Result<()> {
    let hash = passwords::secret_hash(secret);
    let found = app.db.read(move |db| store::find_reset(db, &hash, Clock::machine())).await?;
    found.map(|_| ()).ok_or_else(|| PeopleRefusal::ResetLink.into())
}

/// Chooses a new password by a reset link; every session of the account ends and every token stops working.
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
            let machine_now = Clock::machine();
            let account = store::use_reset(db, &hash, machine_now)?.ok_or(PeopleRefusal::ResetLink)?;
            store::set_password(db, account, &new_hash)?;
            store::delete_sessions_of(db, account)?;
            let revoked = store::revoke_tokens_of(db, account, machine_now)?;
            note(
                db,
                &Actor::System,
                None,
                "account.password_reset",
                Subject::new("account", account),
                json!({ "tokens_revoked": revoked }),
                now,
            )
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
            note(
                db,
                &actor,
                None,
                "account.sessions_ended",
                Subject::new("account", account),
                json!({ "ended": ended }),
                now,
            )
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

/// Makes a token and gives its secret, which is shown once and never stored. It acts in the capacity in which its owner
/// acts now. Its owner is told by mail.
///
/// # Errors
/// Invalid; Denied for the public.
pub async fn make_token(app: &App, actor: &Actor, input: &NewToken) -> Result<(TokenRow, String)> {
    let mut form = Parser::default();
    let name = form.text("name", &input.name, 60, "Enter a name for the token, such as the program that will use it");
    form.check(matches!(input.scope.as_str(), "read" | "write"), "scope", "Choose whether the token may change things");
    let days = form.value::<i64>("days", &input.days, "Enter for how many days the token works").unwrap_or(0);
    form.check((1..=366).contains(&days), "days", "Enter between 1 and 366 days");
    form.finish()?;
    let (now, actor, scope) = (app.now(), actor.clone(), input.scope.clone());
    let url = app.config.server.public_url.clone();
    app.db
        .write(move |db| {
            let (token, secret) = issue_token(db, &actor, &name, &scope, days, now)?;
            let may = if token.scope == "read" { "read what you can read" } else { "read and change what you can" };
            let body = format!(
                "A token “{}” was made on your account page. A program that has it may {may}, until {}.\n\nIf it was not you, reset your password now: that ends every session and every token.\n{url}/forgot\n",
                token.name,
                token.expires_at.long(),
            );
            let email = store::find_account(db, token.account_id)?.email;
            mail::queue(db, None, &email, "A token for programs was made", &body, now)?;
            Ok((token, secret))
        })
        .await
}

/// Writes a token from parts that were checked and gives its secret; for the account page, and for whoever is set up by
/// the system.
///
/// # Errors
/// Denied for the public; refused to who belongs to somebody and acts for nobody now.
pub fn issue_token(
    db: &mut crate::db::Db,
    actor: &Actor,
    name: &str,
    scope: &str,
    days: i64,
    now: Instant,
) -> Result<(TokenRow, String)> {
    let account = actor.account().ok_or(Error::Denied)?;
    if actor.capacity().is_none() && !actor.elsewhere().is_empty() {
        return Err(PeopleRefusal::TokenForWhom.into());
    }
    let machine_now = Clock::machine();
    let (secret, hash) = passwords::secret("cw_");
    let row = TokenRow {
        id: Id::new(),
        account_id: account,
        name: name.to_owned(),
        hash,
        scope: scope.to_owned(),
        created_at: machine_now,
        expires_at: machine_now.plus(TimeDelta::days(days)),
        revoked_at: None,
        acting_for: actor.capacity().map(|capacity| capacity.to_string()),
    };
    store::insert_token(db, &row)?;
    note(db, actor, None, "token.made", Subject::new("token", row.id), json!({ "scope": row.scope }), now)?;
    Ok((row, secret))
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
            note(db, &actor, None, "token.revoked", Subject::new("token", id), json!({}), now)
        })
        .await
}

/// Writes what a person did to an account, an organisation or a role into the audit record, in the transaction of the
/// change; under an authority where it is about one.
fn note(
    db: &mut crate::db::Db,
    actor: &Actor,
    authority: Option<Id<crate::values::actor::Organisation>>,
    action: &'static str,
    subject: Subject,
    facts: serde_json::Value,
    at: Instant,
) -> Result<()> {
    audit::record(db, Entry { authority, at, actor, action, subject, facts })?;
    Ok(())
}

/// What the sign-in page of a sandbox says: address and role of the demo's people, who share one password.
pub const DEMO_PASSWORD: &str = "practice makes perfect";
/// Address and role of each person of the demo.
pub const DEMO_HINT: [(&str, &str); 16] = [
    ("admin@camden.example", "administrator"),
    ("missions@camden.example", "mission lead"),
    ("buyer@camden.example", "procurement officer"),
    ("buyer2@camden.example", "second procurement officer"),
    ("evaluator@camden.example", "evaluator"),
    ("evaluator2@camden.example", "second evaluator"),
    ("evaluator3@camden.example", "third evaluator"),
    ("fund@camden.example", "fund manager"),
    ("committee@camden.example", "committee member"),
    ("committee2@camden.example", "second committee member"),
    ("committee3@camden.example", "third committee member"),
    ("contracts@camden.example", "contract manager"),
    ("auditor@camden.example", "auditor"),
    ("owner@harvest.example", "owner of Harvest Lane Kitchens CIC"),
    ("editor@harvest.example", "editor at Harvest Lane Kitchens CIC"),
    ("owner@nextdesk.example", "owner of Next Desk Academy CIC"),
];
