//! Whether every stored file is where its row says, unchanged, and whether files lie about that no row names.

use super::store::{Document, open_store};
use crate::db::schema::documents;
use crate::db::{Database, Db};
use crate::error::{Error, Result};
use crate::values::{Id, Instant};
use diesel::prelude::*;
use futures_util::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Rows and files that are looked at in one go.
const BATCH: usize = 500;

/// What is wrong with one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum FileFinding {
    /// A row names a file that is not there.
    Missing {
        /// The row.
        document: Id<Document>,
        /// Where the file should be.
        stored_as: String,
    },
    /// The bytes are not the ones that were stored.
    Changed {
        /// The row.
        document: Id<Document>,
        /// Where the file is.
        stored_as: String,
    },
    /// No row names this file.
    Orphan {
        /// Where it is.
        stored_as: String,
    },
}

/// What a look at all files found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Rows that were held against their file.
    pub checked: usize,
    /// What is wrong; empty when nothing is.
    pub findings: Vec<FileFinding>,
}

/// Reads every stored file and holds it against its row's hash, then looks for files without a row that were written
/// before `before`: a younger one may belong to a change that has not committed yet.
///
/// # Errors
/// What the database or the file system says; a missing or changed file is a finding, no error.
pub async fn verify(database: &Database, folder: &Path, before: Instant) -> Result<FileReport> {
    let store = open_store(folder)?;
    let mut report = FileReport::default();
    let mut after = String::new();
    loop {
        let from = after.clone();
        let rows: Vec<(Id<Document>, String, String)> = database
            .read(move |db| {
                Ok(documents::table
                    .filter(documents::id.gt(from))
                    .select((documents::id, documents::stored_as, documents::sha256))
                    .order(documents::id)
                    .limit(i64::try_from(BATCH)?)
                    .load(db)?)
            })
            .await?;
        let Some((last, ..)) = rows.last() else { break };
        after = last.to_string();
        report.checked += rows.len();
        for (document, stored_as, sha256) in rows {
            match store.get(&Key::from(stored_as.as_str())).await {
                Ok(found) => {
                    let bytes = found.bytes().await.map_err(broken)?;
                    if hex::encode(Sha256::digest(&bytes)) != sha256 {
                        report.findings.push(FileFinding::Changed { document, stored_as });
                    }
                }
                Err(object_store::Error::NotFound { .. }) => {
                    report.findings.push(FileFinding::Missing { document, stored_as });
                }
                Err(error) => return Err(broken(error)),
            }
        }
    }
    let orphans = orphans(database, &store, before).await?;
    report.findings.extend(orphans.into_iter().map(|stored_as| FileFinding::Orphan { stored_as }));
    Ok(report)
}

/// Removes files that no row names and that were written before `before`; says how many.
///
/// # Errors
/// What the database or the file system says.
pub async fn sweep(database: &Database, folder: &Path, before: Instant) -> Result<usize> {
    let store = open_store(folder)?;
    let orphans = orphans(database, &store, before).await?;
    for stored_as in &orphans {
        match store.delete(&Key::from(stored_as.as_str())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(broken(error)),
        }
    }
    Ok(orphans.len())
}

async fn orphans(database: &Database, store: &impl ObjectStore, before: Instant) -> Result<Vec<String>> {
    let mut listed = store.list(None).try_chunks(BATCH);
    let mut orphans = Vec::new();
    while let Some(files) = listed.try_next().await.map_err(|stopped| broken(stopped.1))? {
        let keys: Vec<String> =
            files.into_iter().filter(|f| written(f) < before).map(|f| f.location.to_string()).collect();
        let asked = keys.clone();
        let named = database.read(move |db| named(db, &asked)).await?;
        orphans.extend(keys.into_iter().filter(|key| !named.contains(key)));
    }
    Ok(orphans)
}

fn named(db: &mut Db, keys: &[String]) -> Result<Vec<String>> {
    Ok(documents::table.filter(documents::stored_as.eq_any(keys)).select(documents::stored_as).load(db)?)
}

fn written(file: &object_store::ObjectMeta) -> Instant {
    Instant::from_naive(file.last_modified.naive_utc())
}

fn broken(error: object_store::Error) -> Error {
    Error::Internal(Box::new(error))
}
