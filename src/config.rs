//! Configuration: embedded defaults, then a file, then the environment.

use crate::error::{Error, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

const DEFAULTS: &str = include_str!("../config/default.toml");

/// Everything an installation decides. `config/default.toml` describes each key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where and as what it listens.
    pub server: Server,
    /// Which database.
    pub database: DatabaseConfig,
    /// Folders.
    pub storage: Storage,
    /// Sign-in sessions.
    pub session: Session,
    /// Outgoing mail.
    pub mail: Mail,
    /// Virus scanner.
    pub scan: Scan,
    /// Logs.
    pub log: Log,
}

/// Where and as what it listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: String,
    /// The address people type.
    pub public_url: String,
    /// Development or production.
    pub environment: Environment,
    /// HTTP worker threads.
    pub workers: usize,
    /// Reverse proxies of our own that stand before the service; each wrote one address of `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// Masthead name where nobody is signed in.
    pub council: String,
}

/// Whether the installation may hold real people's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// For building and learning.
    Development,
    /// For councils.
    Production,
}

/// Which database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Connections of the pool.
    pub connections: u32,
}

/// Folders.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// Uploaded files.
    pub documents: PathBuf,
    /// Key files.
    pub keys: PathBuf,
    /// Signed audit checkpoints.
    pub checkpoints: PathBuf,
    /// Largest upload, in bytes.
    pub most_bytes: usize,
}

/// Sign-in sessions.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Signs the cookie; at least 64 bytes.
    pub secret: String,
    /// How long a session lasts without use.
    pub hours: i64,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("hours", &self.hours).finish_non_exhaustive()
    }
}

/// Outgoing mail.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// SMTP URL, or empty.
    pub smtp: String,
    /// The sender.
    pub from: String,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("configured", &!self.smtp.is_empty()).field("from", &self.from).finish()
    }
}

/// Virus scanner.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// `HOST:PORT` of clamd, or empty.
    pub clamd: String,
}

/// Logs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Text or JSON.
    pub format: LogFormat,
    /// A tracing filter such as `info,commonweal=debug`.
    pub filter: String,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads defaults, then the file when one is named, then `COMMONWEAL_…` variables.
    ///
    /// # Errors
    /// A sentence that names the key or the file.
    pub fn load(file: Option<&Path>) -> Result<Config> {
        let mut builder =
            config::Config::builder().add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
        if let Some(file) = file {
            builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        builder
            .add_source(
                config::Environment::with_prefix("COMMONWEAL").prefix_separator("_").separator("__").try_parsing(true),
            )
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|e| Error::internal(format!("the configuration cannot be read: {e}")))
    }

    /// Whether real data may live here.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.server.environment == Environment::Production
    }

    /// Everything that makes this configuration unfit for production, in sentences; empty when fit.
    #[must_use]
    pub fn unfit_for_production(&self, sandbox: bool) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.session.secret.contains("development-only") {
            reasons.push("session.secret is the default one: set your own, at least 64 random characters.".to_owned());
        } else if self.session.secret.len() < 64 {
            reasons.push("session.secret is shorter than 64 characters.".to_owned());
        }
        if !self.server.public_url.starts_with("https://") {
            reasons.push(format!("server.public_url is {}: it must begin with https://.", self.server.public_url));
        }
        if sandbox {
            reasons.push(
                "the sandbox clock can be moved: do not use --sandbox with server.environment = \"production\"."
                    .to_owned(),
            );
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_defaults_load_and_are_not_fit_for_production_and_say_why() {
        let config = Config::load(None).unwrap();
        let reasons = config.unfit_for_production(true);
        assert_eq!(reasons.len(), 3, "{reasons:?}");
        assert!(reasons[0].starts_with("session.secret"));
        assert!(reasons[1].starts_with("server.public_url"));
        assert!(reasons[2].contains("sandbox clock"));
    }

    #[test]
    fn a_secret_is_never_in_a_debug_line() {
        let config = Config::load(None).unwrap();
        assert!(!format!("{config:?}").contains("development-only"));
    }
}
