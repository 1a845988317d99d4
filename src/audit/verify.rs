//! Finding what was done to the record: altered, removed, inserted, cut.

use super::chain::{Checkpoint, GENESIS, next_head};
use super::store::Row;
use crate::db::schema::{audit_checkpoints, audit_links, audit_pending, audit_rows};
use crate::db::{Database, Db};
use crate::error::Result;
use crate::keys::Keys;
use crate::values::Instant;
use diesel::prelude::*;
use serde::Serialize;

/// Links read in one piece.
const BATCH: i64 = 1000;

/// What the record's examination found first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// A row's fields no longer give its hash, or its hash is not the one that was linked.
    Altered {
        /// Number in the chain.
        seq: i64,
        /// The row.
        row: String,
    },
    /// A linked row or a link is gone.
    Removed {
        /// Number in the chain.
        seq: i64,
    },
    /// A row that no link and no waiting list knows.
    Inserted {
        /// The row.
        row: String,
    },
    /// A link whose head does not follow from the one before.
    Relinked {
        /// Number in the chain.
        seq: i64,
    },
    /// The chain ends before the checkpoint, or does not pass through it.
    Cut {
        /// Number that the checkpoint signed.
        checkpoint: i64,
        /// Number of the chain's last row.
        last: i64,
    },
    /// A checkpoint whose signature is not this installation's.
    FalseCheckpoint {
        /// Number it claims.
        seq: i64,
    },
}

/// The outcome of an examination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Linked rows read.
    pub rows: i64,
    /// Rows committed but not linked yet.
    pub waiting: i64,
    /// Checkpoints whose signature and place are right.
    pub checkpoints: i64,
    /// The head.
    pub head: String,
    /// What was found first, when anything was.
    pub finding: Option<Finding>,
}

/// Reads the whole chain, and a checkpoint kept elsewhere when one is given.
///
/// # Errors
/// What the database says. A damaged record is no error; it is the report's finding.
pub fn verify(database: &Database, keys: &Keys, outside: Option<&Checkpoint>) -> Result<Report> {
    database.read_now(|db| {
        let mut report = Report { rows: 0, waiting: 0, checkpoints: 0, head: GENESIS.to_owned(), finding: None };
        let mut signed: Vec<(i64, String, Instant, String)> = audit_checkpoints::table
            .select((
                audit_checkpoints::seq,
                audit_checkpoints::head,
                audit_checkpoints::at,
                audit_checkpoints::signature,
            ))
            .order(audit_checkpoints::seq)
            .load(db)?;
        if let Some(one) = outside {
            signed.push((one.seq, one.head.clone(), one.at, one.signature.clone()));
            signed.sort_by_key(|(seq, ..)| *seq);
        }
        if let Some((seq, ..)) = signed
            .iter()
            .find(|(seq, head, at, signature)| !keys.verify(&Checkpoint::message(*seq, head, *at), signature))
        {
            report.finding = Some(Finding::FalseCheckpoint { seq: *seq });
            return Ok(report);
        }
        let mut open = signed.into_iter().peekable();
        loop {
            let links: Vec<(i64, String, String, String)> = audit_links::table
                .filter(audit_links::seq.gt(report.rows))
                .select((audit_links::seq, audit_links::row_id, audit_links::row_hash, audit_links::head))
                .order(audit_links::seq)
                .limit(BATCH)
                .load(db)?;
            if links.is_empty() {
                break;
            }
            let ids: Vec<&String> = links.iter().map(|(_, id, ..)| id).collect();
            let rows: std::collections::HashMap<String, Row> = audit_rows::table
                .filter(audit_rows::id.eq_any(ids))
                .select(Row::as_select())
                .load(db)?
                .into_iter()
                .map(|row: Row| (row.id.to_string(), row))
                .collect();
            for (seq, row_id, row_hash, head) in links {
                if seq != report.rows + 1 {
                    report.finding = Some(Finding::Removed { seq: report.rows + 1 });
                    return Ok(report);
                }
                let Some(row) = rows.get(&row_id) else {
                    report.finding = Some(Finding::Removed { seq });
                    return Ok(report);
                };
                if row.hash != row_hash || row.computed_hash() != row_hash {
                    report.finding = Some(Finding::Altered { seq, row: row_id });
                    return Ok(report);
                }
                if next_head(&report.head, seq, &row_hash) != head {
                    report.finding = Some(Finding::Relinked { seq });
                    return Ok(report);
                }
                report.rows = seq;
                report.head = head;
                while let Some((_, signed_head, ..)) = open.next_if(|(at, ..)| *at == seq) {
                    if signed_head != report.head {
                        report.finding = Some(Finding::Cut { checkpoint: seq, last: seq });
                        return Ok(report);
                    }
                    report.checkpoints += 1;
                }
            }
        }
        if let Some((checkpoint, ..)) = open.next() {
            report.finding = Some(Finding::Cut { checkpoint, last: report.rows });
            return Ok(report);
        }
        report.waiting = audit_pending::table.count().get_result(db)?;
        report.finding = stray_row(db)?.map(|row| Finding::Inserted { row });
        Ok(report)
    })
}

fn stray_row(db: &mut Db) -> Result<Option<String>> {
    Ok(audit_rows::table
        .left_join(audit_links::table.on(audit_links::row_id.eq(audit_rows::id)))
        .left_join(audit_pending::table.on(audit_pending::row_id.eq(audit_rows::id)))
        .filter(audit_links::seq.nullable().is_null())
        .filter(audit_pending::row_id.nullable().is_null())
        .select(audit_rows::id)
        .order(audit_rows::id)
        .first(db)
        .optional()?)
}
