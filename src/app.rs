//! The foundations that every room is given: database, clock, keys, mail, configuration. No capability.

use crate::config::Config;
use crate::db::Database;
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::outbox::mail;
use crate::values::{Clock, Instant};
use diesel::prelude::*;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use std::ops::Deref;
use std::sync::Arc;

/// Cheap to clone; one for each process.
#[derive(Clone)]
pub struct App(Arc<Foundations>);

/// What [`App`] holds.
pub struct Foundations {
    /// The database.
    pub db: Database,
    /// Business time.
    pub clock: Clock,
    /// Keys held outside the database.
    pub keys: Keys,
    /// SMTP, when configured.
    pub mailer: Option<AsyncSmtpTransport<Tokio1Executor>>,
    /// What the installation decided.
    pub config: Config,
    /// Whether the clock may be moved and mail is kept.
    pub sandbox: bool,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("db", &self.db).field("sandbox", &self.sandbox).finish_non_exhaustive()
    }
}

impl Deref for App {
    type Target = Foundations;
    fn deref(&self) -> &Foundations {
        &self.0
    }
}

/// Settings that the database itself remembers.
pub mod setting {
    /// Fingerprint of the master key that sealed what is in here.
    pub const MASTER_KEY: &str = "master_key";
    /// Sandbox offset of the business clock, in microseconds.
    pub const CLOCK_OFFSET: &str = "clock_offset_micros";
    /// `sandbox` or `real`: what kind of data lives here.
    pub const DATA_KIND: &str = "data_kind";
    /// Of a practice council: `begun` until it is whole, then `done`.
    pub const DEMO: &str = "demo";
}

/// Reads a setting.
///
/// # Errors
/// What the database says.
pub fn read_setting(db: &mut crate::db::Db, name: &str) -> Result<Option<String>> {
    use crate::db::schema::settings;
    Ok(settings::table.filter(settings::name.eq(name)).select(settings::value).first(db).optional()?)
}

/// Writes a setting.
///
/// # Errors
/// What the database says.
pub fn write_setting(db: &mut crate::db::Db, name: &str, value: &str) -> Result<()> {
    use crate::db::schema::settings;
    let query = diesel::insert_into(settings::table)
        .values((settings::name.eq(name), settings::value.eq(value)))
        .on_conflict(settings::name)
        .do_update()
        .set(settings::value.eq(value));
    crate::on_each!(db, c => query.execute(c))?;
    Ok(())
}

impl App {
    /// Opens the foundations on a migrated database: checks the master key, restores the sandbox clock.
    ///
    /// # Errors
    /// Internal, with a sentence for the person who starts the server: a wrong master key, or a sandbox
    /// on a database that holds real data.
    pub fn open(config: Config, db: Database, sandbox: bool) -> Result<App> {
        let mut keys = Keys::load_or_make(&config.storage.keys)?;
        // A rotation that was broken off between the database and the key folder is finished here.
        if let Some(known) = db.read_now(|c| read_setting(c, setting::MASTER_KEY))?
            && known != keys.fingerprint()
            && let Some(rotated) = Keys::finish_rotation(&config.storage.keys, &known)?
        {
            keys = rotated;
        }
        let fingerprint = keys.fingerprint();
        let offset = db.write_now(|c| {
            match read_setting(c, setting::MASTER_KEY)? {
                None => write_setting(c, setting::MASTER_KEY, &fingerprint)?,
                Some(known) if known == fingerprint => {}
                Some(_) => {
                    return Err(Error::internal(
                        "the master key is not the one this database was sealed with: \
                         put the right master.key into storage.keys, or, where it is lost, run `commonweal keys restore`",
                    ));
                }
            }
            let kind = if sandbox { "sandbox" } else { "real" };
            match read_setting(c, setting::DATA_KIND)?.as_deref() {
                None => write_setting(c, setting::DATA_KIND, kind)?,
                Some("real") if sandbox => {
                    return Err(Error::internal(
                        "this database holds real data: the sandbox does not start on it. Choose another database.url",
                    ));
                }
                // Its people have known passwords, and its rows the dates of a moved clock.
                Some("sandbox") if !sandbox && config.is_production() => {
                    return Err(Error::internal(
                        "this database holds practice data: production does not start on it. Choose another database.url",
                    ));
                }
                Some(_) => {}
            }
            Ok(read_setting(c, setting::CLOCK_OFFSET)?.and_then(|v| v.parse::<i64>().ok()).unwrap_or(0))
        })?;
        let clock = if sandbox { Clock::moved(chrono::TimeDelta::microseconds(offset)) } else { Clock::system() };
        let mailer = if sandbox { None } else { mail::transport(&config.mail.smtp)? };
        Ok(App(Arc::new(Foundations { db, clock, keys, mailer, config, sandbox })))
    }

    /// Business time now. Read once a request.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }
}
