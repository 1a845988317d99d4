//! Linking committed rows into one chain, and signing its head.

use crate::db::schema::{audit_checkpoints, audit_links, audit_pending, audit_rows};
use crate::db::{Database, Db, Kept, NoRow};
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::values::Instant;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;

/// Rows linked in one transaction.
pub const BATCH: usize = 500;

/// The head before the first row.
pub(super) const GENESIS: &str = "commonweal audit chain, first link";

/// The head after a row: SHA-256 over the head before, the number and the row's hash.
pub(super) fn next_head(before: &str, seq: i64, row_hash: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(before.as_bytes());
    digest.update(seq.to_be_bytes());
    digest.update(row_hash.as_bytes());
    hex::encode(digest.finalize())
}

pub(super) fn head(db: &mut Db) -> Result<(i64, String)> {
    let last: Option<(i64, String)> = audit_links::table
        .select((audit_links::seq, audit_links::head))
        .order(audit_links::seq.desc())
        .first(db)
        .optional()?;
    Ok(last.unwrap_or_else(|| (0, GENESIS.to_owned())))
}

/// Whether committed rows wait for their link.
///
/// # Errors
/// What the database says.
pub fn is_behind(db: &mut Db) -> Result<bool> {
    Ok(audit_pending::table.select(audit_pending::row_id).limit(1).first::<String>(db).optional()?.is_some())
}

/// Numbers and links all committed rows that are not linked yet; says how many. Of two that do so at once, one waits or is
/// tried again: a link reads the head before it, and no number is there twice.
///
/// # Errors
/// What the database says.
pub fn chain(database: &Database) -> Result<usize> {
    let mut linked = 0;
    loop {
        let batch = chain_some(database)?;
        linked += batch;
        if batch < BATCH {
            return Ok(linked);
        }
    }
}

/// As [`chain`], of at most [`BATCH`] rows.
///
/// # Errors
/// What the database says.
pub fn chain_some(database: &Database) -> Result<usize> {
    database.write_now(|db| {
        let waiting = waiting(db)?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let (mut seq, mut head) = head(db)?;
        let mut links = Links::default();
        for (row_id, row_hash) in &waiting {
            seq += 1;
            head = next_head(&head, seq, row_hash);
            links.seq.push(seq);
            links.row_id.push(row_id);
            links.row_hash.push(row_hash);
            links.head.push(head.clone());
        }
        links.insert(db)?;
        let ids: Vec<&String> = waiting.iter().map(|(id, _)| id).collect();
        diesel::delete(audit_pending::table.filter(audit_pending::row_id.eq_any(ids))).execute(db)?;
        Ok(waiting.len())
    })
}

/// Identifier and hash of the first rows that wait.
fn waiting(db: &mut Db) -> Result<Vec<(String, String)>> {
    // Each hash is looked up by itself: joined, PostgreSQL walks through the record of all years beside the few that wait.
    let hash =
        audit_rows::table.filter(audit_rows::id.eq(audit_pending::row_id)).select(audit_rows::hash).single_value();
    let rows: Vec<(String, Option<String>)> = audit_pending::table
        .select((audit_pending::row_id, hash))
        .order(audit_pending::row_id)
        .limit(i64::try_from(BATCH)?)
        .load(db)?;
    let known = |(id, hash): (String, Option<String>)| hash.map(|hash| (id, hash));
    rows.into_iter().map(|row| known(row).ok_or_else(|| Error::internal("what waits for its link is no row"))).collect()
}

/// Links to be written, column by column.
#[derive(Default)]
struct Links<'a> {
    seq: Vec<i64>,
    row_id: Vec<&'a str>,
    row_hash: Vec<&'a str>,
    head: Vec<String>,
}

impl Links<'_> {
    fn insert(self, db: &mut Db) -> Result<()> {
        let Links { seq, row_id, row_hash, head } = self;
        match db {
            // One text, however many they are: PostgreSQL takes longer to read one of hundreds of rows than to write them.
            Db::Pg(c) => {
                Kept(
                    diesel::sql_query(
                        "INSERT INTO audit_links (seq, row_id, row_hash, head) SELECT * FROM unnest($1, $2, $3, $4)",
                    )
                    .bind::<Array<BigInt>, _>(seq)
                    .bind::<Array<Text>, _>(row_id)
                    .bind::<Array<Text>, _>(row_hash)
                    .bind::<Array<Text>, _>(head),
                )
                .load::<NoRow>(c)?;
            }
            Db::Sqlite(c) => {
                let rows: Vec<_> = seq
                    .iter()
                    .zip(row_id)
                    .zip(row_hash)
                    .zip(&head)
                    .map(|(((seq, row_id), row_hash), head)| {
                        (
                            audit_links::seq.eq(seq),
                            audit_links::row_id.eq(row_id),
                            audit_links::row_hash.eq(row_hash),
                            audit_links::head.eq(head),
                        )
                    })
                    .collect();
                diesel::insert_into(audit_links::table).values(rows).execute(c)?;
            }
        }
        Ok(())
    }
}

/// A signed statement that the chain had this head at this number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Number of the last row.
    pub seq: i64,
    /// The head after it.
    pub head: String,
    /// When it was signed.
    pub at: Instant,
    /// Ed25519 over [`Checkpoint::message`], base64.
    pub signature: String,
    /// The public key that verifies it, base64.
    pub public_key: String,
}

impl Checkpoint {
    /// The bytes that are signed.
    #[must_use]
    pub fn message(seq: i64, head: &str, at: Instant) -> Vec<u8> {
        format!("commonweal-audit-checkpoint/1\n{seq}\n{head}\n{at}\n").into_bytes()
    }
}

/// Signs the head, stores it, and writes it to a file outside the database. Nothing when nothing is new.
///
/// # Errors
/// What the database or the file system says.
pub fn checkpoint(database: &Database, keys: &Keys, folder: &Path, now: Instant) -> Result<Option<Checkpoint>> {
    chain(database)?;
    let made = database.write_now(|db| {
        let (seq, head) = head(db)?;
        let signed: Option<i64> =
            audit_checkpoints::table.select(diesel::dsl::max(audit_checkpoints::seq)).first(db)?;
        if seq == 0 || signed.is_some_and(|signed| signed >= seq) {
            return Ok(None);
        }
        let signature = keys.sign(&Checkpoint::message(seq, &head, now));
        let made = Checkpoint { seq, head, at: now, signature, public_key: keys.audit_public() };
        // The file first: what the database holds as signed is never signed again, so its file must be there.
        write_outside(folder, &made)?;
        diesel::insert_into(audit_checkpoints::table)
            .values((
                audit_checkpoints::seq.eq(made.seq),
                audit_checkpoints::head.eq(&made.head),
                audit_checkpoints::at.eq(made.at),
                audit_checkpoints::signature.eq(&made.signature),
            ))
            .execute(db)?;
        Ok(Some(made))
    })?;
    Ok(made)
}

/// As [`checkpoint`], off the threads that answer requests: at once after an opening or an award, so that neither can be
/// cut from the end of the record unseen.
///
/// # Errors
/// As [`checkpoint`].
pub async fn sign(database: &Database, keys: &Keys, folder: &Path, now: Instant) -> Result<()> {
    let (database, keys, folder) = (database.clone(), keys.clone(), folder.to_owned());
    let signing = tokio::task::spawn_blocking(move || checkpoint(&database, &keys, &folder, now));
    signing.await.map_err(|e| Error::internal(format!("signing ended early: {e}")))??;
    Ok(())
}

/// Writes a checkpoint so that it outlasts a loss of power, whole or not at all.
fn write_outside(folder: &Path, made: &Checkpoint) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("checkpoint-{:012}.json", made.seq));
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(made)?)?;
    file.sync_all()?;
    std::fs::rename(&beside, &path)?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}
