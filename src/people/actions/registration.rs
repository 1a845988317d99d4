//! Making an account: the address is proven first. What a stranger typed is kept apart until whoever reads the address's
//! mail has followed the link and typed the same password again; before that there is no account to sign in to.

use super::{checked_account, make_account};
use crate::app::App;
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::people::model::Registration;
use crate::people::rules::{self, PeopleRefusal};
use crate::people::{limits, passwords, store};
use crate::values::{Account, Clock, Id};
use chrono::TimeDelta;
use serde::Deserialize;

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
    /// Where the person was on the way to: a path of this service, to which the mailed link leads on.
    pub next: String,
}

/// Asks for an account. The address gets a link to confirm it; one that has an account already gets a mail that says so.
/// The page says the same in both cases.
///
/// # Errors
/// Invalid; refused after many from one place.
pub async fn register(app: &App, source: &str, input: &Register) -> Result<()> {
    let machine_now = Clock::machine();
    let key = limits::key("register", &[source]);
    // Asked before the password is hashed, which costs more than the answer.
    let known = key.clone();
    app.db.read(move |db| limits::require_room(db, &known, rules::REGISTRATIONS_BY_SOURCE, machine_now)).await?;
    let next = rules::own_path(&input.next).map(|path| {
        let path: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        format!("?next={path}")
    });
    let next = next.unwrap_or_default();
    let input = input.clone();
    let (name, email, password_hash) = tokio::task::spawn_blocking(move || checked_account(&input))
        .await
        .map_err(|e| Error::Internal(Box::new(e)))??;
    let now = app.now();
    let url = app.config.server.public_url.clone();
    let (secret, hash) = passwords::secret("");
    let registration = Registration {
        hash,
        name,
        email,
        password_hash,
        expires_at: machine_now.plus(TimeDelta::hours(rules::CONFIRM_HOURS)),
    };
    app.db
        .write(move |db| {
            limits::require_room(db, &key, rules::REGISTRATIONS_BY_SOURCE, machine_now)?;
            limits::count(db, &key, machine_now)?;
            let email = &registration.email;
            if !limits::may_mail(db, email, machine_now)? {
                return Ok(());
            }
            if store::find_account_by_email(db, email)?.is_some() {
                let body = format!(
                    "Somebody tried to make an account with this address, which has one already.\n\nIf it was you, sign in at {url}/sign-in or reset your password at {url}/forgot.\nIf it was not you, there is nothing to do.\n"
                );
                mail::queue(db, None, email, "You already have an account", &body, now)?;
                return Ok(());
            }
            store::insert_registration(db, &registration, machine_now)?;
            let body = format!(
                "Somebody, we hope you, asked for an account with this address.\n\nTo confirm that the address is yours, open this link within a day and type the password you chose:\n{url}/confirm/{secret}{next}\n\nIf it was not you, there is nothing to do: without this link no account is made.\n"
            );
            mail::queue(db, None, email, "Confirm your email address", &body, now)?;
            Ok(())
        })
        .await
}

/// The address that a link confirms.
///
/// # Errors
/// Refused when the link is unknown, used or too old.
pub async fn to_confirm(app: &App, secret: &str) -> Result<String> {
    let hash = passwords::secret_hash(secret);
    let found = app.db.read(move |db| store::find_registration(db, &hash, Clock::machine())).await?;
    Ok(found.ok_or(PeopleRefusal::ConfirmLink)?.email)
}

/// Confirms an address and makes its account. The password shows that it is the same person: somebody who gets a link
/// that they did not ask for does not make a stranger's account theirs.
///
/// # Errors
/// Invalid for another password; refused for the link, and after many tries.
pub async fn confirm(app: &App, secret: &str, password: &str) -> Result<Id<Account>> {
    let hash = passwords::secret_hash(secret);
    let machine_now = Clock::machine();
    let key = limits::key("confirm", &[&hash]);
    let registration = {
        let (hash, key) = (hash.clone(), key.clone());
        app.db
            .read(move |db| {
                limits::require_room(db, &key, rules::ATTEMPTS_BY_ACCOUNT, machine_now)?;
                Ok(store::find_registration(db, &hash, machine_now)?.ok_or(PeopleRefusal::ConfirmLink)?)
            })
            .await?
    };
    let (given, known) = (password.to_owned(), registration.password_hash.clone());
    let matches = tokio::task::spawn_blocking(move || passwords::matches(&given, &known))
        .await
        .map_err(|e| Error::Internal(Box::new(e)))?;
    if !matches {
        app.db.write(move |db| limits::count(db, &key, machine_now)).await?;
        return Err(Error::field("password", "Type the password that you chose when you asked for the account"));
    }
    let now = app.now();
    app.db
        .write(move |db| {
            let registration = store::find_registration(db, &hash, machine_now)?.ok_or(PeopleRefusal::ConfirmLink)?;
            store::delete_registrations_of(db, &registration.email)?;
            if store::find_account_by_email(db, &registration.email)?.is_some() {
                return Err(PeopleRefusal::ConfirmLink.into());
            }
            make_account(db, &registration.name, &registration.email, &registration.password_hash, now)
        })
        .await
}
