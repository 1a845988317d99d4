//! Commands of the person who keeps an installation running.

use super::open_existing;
use crate::app::{App, read_setting, setting, write_setting};
use crate::audit::{self, Checkpoint, Entry};
use crate::config::Config;
use crate::db::Db;
use crate::documents;
use crate::error::{Error, Result};
use crate::evaluation::{EvaluationFile, evaluation_hash};
use crate::keys::Keys;
use crate::values::{Actor, Clock, Instant, Subject};
use crate::{applications, calls};
use chrono::TimeDelta;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `verify audit`: prints the report; exit 1 when something is wrong.
///
/// # Errors
/// Internal when a key file is missing or the checkpoint cannot be read, or what the database says.
pub(super) fn verify_audit(config_file: Option<&Path>, checkpoint: Option<&Path>) -> Result<ExitCode> {
    let config = Config::load(config_file)?;
    let database = open_existing(&config)?;
    let keys = Keys::load(&config.storage.keys)?;
    let outside: Option<Checkpoint> = match checkpoint {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|e| Error::internal(format!("{} cannot be read: {e}.", path.display())))?;
            let parsed = serde_json::from_str(&text)
                .map_err(|e| Error::internal(format!("{} is not a checkpoint: {e}.", path.display())))?;
            Some(parsed)
        }
        None => None,
    };
    let report = audit::verify(&database, &keys, outside.as_ref())?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(if report.finding.is_none() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// `prove`: a decision with the row that names its hash and the way from there to a checkpoint.
///
/// # Errors
/// Internal when no row of a ranking before the checkpoint names the hash, or what the database says.
pub(super) fn prove(
    config_file: Option<&Path>,
    decision: EvaluationFile,
    checkpoint: &Checkpoint,
) -> Result<serde_json::Value> {
    let config = Config::load(config_file)?;
    let database = open_existing(&config)?;
    let hash = evaluation_hash(&decision);
    let proof = match audit::prove(&database, &["ranking.signed", "ranking.made"], "hash", &hash, checkpoint) {
        Err(Error::NotFound) => {
            return Err(Error::internal(format!(
                "No ranking recorded before the checkpoint has the hash {hash}. Export the decision again, or use a later \
                 checkpoint."
            )));
        }
        other => other?,
    };
    let format = super::evaluate::PROVED_FORMAT.to_owned();
    Ok(serde_json::to_value(super::evaluate::Proved { format, evaluation: decision, proof })?)
}

/// `verify documents`: prints the report; exit 1 when something is wrong. With `sweep`, files that belong to nothing
/// and are older than a day are removed first.
///
/// # Errors
/// What the database or the file system says.
pub(super) fn verify_documents(config_file: Option<&Path>, sweep: bool) -> Result<ExitCode> {
    let config = Config::load(config_file)?;
    let database = open_existing(&config)?;
    let before = Clock::machine().plus(TimeDelta::hours(-documents::ORPHAN_HOURS));
    let folder = config.storage.documents;
    let (swept, report) = actix_web::rt::System::new().block_on(async {
        let swept = if sweep { documents::sweep(&database, &folder, before).await? } else { 0 };
        Ok::<_, Error>((swept, documents::verify(&database, &folder, before).await?))
    })?;
    println!(
        "{}",
        serde_json::to_string_pretty(
            &json!({ "checked": report.checked, "swept": swept, "findings": report.findings })
        )?
    );
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// `keys rotate`: a new master key; every opening key and draft key is wrapped anew in one transaction, then the key
/// folder follows. Broken off between the two, the next start finishes it.
///
/// # Errors
/// Internal when a key cannot be opened with the present master, or what the database or the file system says; the
/// old master then stays in place.
pub(super) fn rotate_keys(config_file: Option<&Path>) -> Result<ExitCode> {
    let config = Config::load(config_file)?;
    let database = open_existing(&config)?;
    let sandbox = database.read_now(|db| read_setting(db, setting::DATA_KIND))?.is_none_or(|kind| kind == "sandbox");
    let folder = config.storage.keys.clone();
    // Where there are none, none are made: they would not be those of this database.
    Keys::load(&folder)?;
    // Opening the foundations proves that the present master is the right one.
    let app = App::open(config, database, sandbox)?;
    let next = app.keys.begin_rotation(&folder)?;
    let (fingerprint, now) = (next.fingerprint(), app.now());
    let (calls, drafts) = app.db.write_now(|db| wrap_anew(db, &next, now, "keys.rotated"))?;
    let kept = Keys::finish_rotation(&folder, &fingerprint)?
        .ok_or_else(|| Error::internal("the new master key is gone from the key folder"))?;
    println!(
        "{}",
        serde_json::to_string_pretty(&json!({
            "call_keys": calls, "draft_keys": drafts, "retired_masters": kept.retired(), "fingerprint": fingerprint,
        }))?
    );
    Ok(ExitCode::SUCCESS)
}

/// Wraps every key of the database anew, remembers the master that it is now sealed with, and records it.
fn wrap_anew(db: &mut Db, keys: &Keys, now: Instant, action: &'static str) -> Result<(usize, usize)> {
    let calls = calls::rewrap_keys(db, keys)?;
    let drafts = applications::rewrap_draft_keys(db, keys)?;
    let fingerprint = keys.fingerprint();
    write_setting(db, setting::MASTER_KEY, &fingerprint)?;
    audit::record(
        db,
        Entry {
            authority: None,
            at: now,
            actor: &Actor::System,
            action,
            subject: Subject { kind: "master_key".to_owned(), id: fingerprint },
            facts: json!({ "call_keys": calls, "draft_keys": drafts }),
        },
    )?;
    Ok((calls, drafts))
}

/// `keys restore`: keys for a database whose master is lost, by the recovery keys. The new key files are written when
/// everything was opened with them, and before the database is committed: broken off in between, it is simply done again.
///
/// # Errors
/// Internal when the master is not lost, when a recovery key lies in the key folder itself, when they open nothing of
/// this database, or what the database or the file system says; the database is unchanged then.
pub(super) fn restore_keys(config_file: Option<&Path>, recovery_keys: &[PathBuf]) -> Result<ExitCode> {
    let config = Config::load(config_file)?;
    let database = open_existing(&config)?;
    let folder = &config.storage.keys;
    let (known, moved) = database
        .read_now(|db| Ok((read_setting(db, setting::MASTER_KEY)?, read_setting(db, setting::CLOCK_OFFSET)?)))?;
    if known.is_some_and(|known| Keys::has_master(folder, &known)) {
        return Err(Error::internal(format!(
            "The key folder {} has the master key that this database was sealed with: there is nothing to restore. If the \
             server does not start, put the other files of the folder back from its backup.",
            folder.display()
        )));
    }
    let read = |path: &PathBuf| {
        let inside = path.canonicalize().is_ok_and(|path| folder.canonicalize().is_ok_and(|f| path.starts_with(f)));
        if inside {
            return Err(Error::internal(format!("Move {} out of the key folder first.", path.display())));
        }
        std::fs::read_to_string(path).map_err(|e| Error::internal(format!("{} cannot be read: {e}.", path.display())))
    };
    let secrets = recovery_keys.iter().map(read).collect::<Result<Vec<_>>>()?;
    let (keys, files) = Keys::restored(folder, &secrets)?;
    let now = Clock::machine().plus(TimeDelta::microseconds(moved.and_then(|m| m.parse().ok()).unwrap_or(0)));
    let (calls, drafts) = database.write_now(|db| {
        let done = wrap_anew(db, &keys, now, "keys.restored").map_err(|error| {
            if error.database().is_some() {
                return error;
            }
            Error::internal(format!("This recovery key does not open what is in the database: {error}"))
        })?;
        files.write()?;
        Ok(done)
    })?;
    println!(
        "{}",
        serde_json::to_string_pretty(&json!({
            "call_keys": calls, "draft_keys": drafts, "fingerprint": keys.fingerprint(),
            "new_audit_key": files.holds("audit.key"), "move_offline": folder.join("recovery.key"),
        }))?
    );
    Ok(ExitCode::SUCCESS)
}
