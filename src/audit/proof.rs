//! Showing, without the database, that a row lies in the chain that a signed checkpoint signed.

use super::chain::{Checkpoint, GENESIS, next_head};
use super::store::{Row, hash_of};
use crate::db::schema::{audit_links, audit_rows};
use crate::db::{Database, Db};
use crate::error::{Error, Result};
use crate::keys;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A row with the hashes that lead from it to a later head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The row.
    pub row: ProvedRow,
    /// Its number in the chain.
    pub seq: i64,
    /// The head before it.
    pub before: String,
    /// The hashes of the rows after it, in order, up to the checkpoint.
    pub following: Vec<String>,
}

/// A row as its hash is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvedRow {
    /// Identifier.
    pub id: String,
    /// The authority, empty when it belongs to none.
    pub authority: String,
    /// Business time, RFC 3339.
    pub at: String,
    /// `account:ID`, `system` or `public`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// Kind of the thing it was done to.
    pub subject_kind: String,
    /// Its identifier.
    pub subject_id: String,
    /// What the row tells, as the text that was hashed.
    pub facts: String,
}

impl From<&Row> for ProvedRow {
    fn from(row: &Row) -> Self {
        ProvedRow {
            id: row.id.to_string(),
            authority: row.authority_id.map(|a| a.to_string()).unwrap_or_default(),
            at: row.at.rfc3339(),
            actor: row.actor.clone(),
            action: row.action.clone(),
            subject_kind: row.subject_kind.clone(),
            subject_id: row.subject_id.clone(),
            facts: row.facts.to_string(),
        }
    }
}

impl ProvedRow {
    /// SHA-256 over the fields, as the audit record makes it.
    #[must_use]
    pub fn hash(&self) -> String {
        hash_of([
            &self.id,
            &self.authority,
            &self.at,
            &self.actor,
            &self.action,
            &self.subject_kind,
            &self.subject_id,
            &self.facts,
        ])
    }

    /// A text among its facts.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<String> {
        let facts: Value = serde_json::from_str(&self.facts).ok()?;
        facts.get(name).and_then(Value::as_str).map(str::to_owned)
    }
}

impl Proof {
    /// Whether the row leads to exactly the head that the checkpoint names.
    #[must_use]
    pub fn leads_to(&self, checkpoint: &Checkpoint) -> bool {
        let mut seq = self.seq;
        let mut head = next_head(&self.before, seq, &self.row.hash());
        for hash in &self.following {
            seq += 1;
            head = next_head(&head, seq, hash);
        }
        seq == checkpoint.seq && head == checkpoint.head
    }
}

impl Checkpoint {
    /// Whether the signature fits the checkpoint's own public key. Compare that key with the one that the installation
    /// published: anybody can sign with a key of their own.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        keys::verify_with(&self.public_key, &Checkpoint::message(self.seq, &self.head, self.at), &self.signature)
    }
}

/// The proof of the newest row of some actions one of whose facts is this text, up to a checkpoint.
///
/// # Errors
/// NotFound when no such row was linked before the checkpoint; what the database says.
pub fn prove(database: &Database, actions: &[&str], fact: &str, text: &str, checkpoint: &Checkpoint) -> Result<Proof> {
    database.read_now(|db| {
        let rows: Vec<Row> = audit_rows::table
            .filter(audit_rows::action.eq_any(actions.to_vec()))
            .select(Row::as_select())
            .order(audit_rows::id.desc())
            .load(db)?;
        for row in rows.iter().filter(|row| row.facts.0.get(fact).and_then(Value::as_str) == Some(text)) {
            if let Some(proof) = proof_of(db, row, checkpoint.seq)? {
                return Ok(proof);
            }
        }
        Err(Error::NotFound)
    })
}

fn proof_of(db: &mut Db, row: &Row, until: i64) -> Result<Option<Proof>> {
    let found: Option<i64> = audit_links::table
        .filter(audit_links::row_id.eq(row.id.to_string()))
        .filter(audit_links::seq.le(until))
        .select(audit_links::seq)
        .first(db)
        .optional()?;
    let Some(seq) = found else { return Ok(None) };
    let before: Option<String> =
        audit_links::table.filter(audit_links::seq.eq(seq - 1)).select(audit_links::head).first(db).optional()?;
    let following = audit_links::table
        .filter(audit_links::seq.gt(seq))
        .filter(audit_links::seq.le(until))
        .select(audit_links::row_hash)
        .order(audit_links::seq)
        .load(db)?;
    Ok(Some(Proof { row: row.into(), seq, before: before.unwrap_or_else(|| GENESIS.to_owned()), following }))
}
