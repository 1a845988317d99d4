//! Rows of the audit record.

use crate::db::schema::{audit_pending, audit_rows};
use crate::db::{Cursor, Db, Json, MultiBackend, Page};
use crate::error::Result;
use crate::values::{Actor, Id, Instant, Subject, actor};
use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// One stored act.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_rows, check_for_backend(MultiBackend), treat_none_as_default_value = false)]
pub struct Row {
    /// Identifier.
    pub id: Id<Row>,
    /// The authority it belongs to, when it belongs to one.
    pub authority_id: Option<Id<actor::Organisation>>,
    /// Business time of the act.
    pub at: Instant,
    /// `account:ID`, `system` or `public`.
    pub actor: String,
    /// What was done, such as `call.published`.
    pub action: String,
    /// Kind of the thing it was done to.
    pub subject_kind: String,
    /// Its identifier.
    pub subject_id: String,
    /// Identifiers, amounts and hashes that tell what happened; never personal data.
    pub facts: Json<Value>,
    /// SHA-256 over everything above, hexadecimal.
    pub hash: String,
}

impl Row {
    fn of(entry: Entry<'_>) -> Row {
        let actor = spelt(entry.actor);
        let mut row = Row {
            id: Id::new(),
            authority_id: entry.authority,
            at: entry.at,
            actor,
            action: entry.action.to_owned(),
            subject_kind: entry.subject.kind,
            subject_id: entry.subject.id,
            facts: Json(entry.facts),
            hash: String::new(),
        };
        row.hash = row.computed_hash();
        row
    }

    /// The hash that the other fields give: SHA-256 over each, preceded by its length.
    #[must_use]
    pub fn computed_hash(&self) -> String {
        let authority = self.authority_id.map(|a| a.to_string()).unwrap_or_default();
        hash_of([
            self.id.to_string().as_str(),
            &authority,
            &self.at.rfc3339(),
            &self.actor,
            &self.action,
            &self.subject_kind,
            &self.subject_id,
            &self.facts.to_string(),
        ])
    }
}

/// SHA-256 over the fields of a row, each preceded by its length.
pub(super) fn hash_of(parts: [&str; 8]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// An actor as the record has them.
fn spelt(actor: &Actor) -> String {
    match actor {
        Actor::Person { account, .. } => format!("account:{account}"),
        Actor::System => "system".to_owned(),
        Actor::Public => "public".to_owned(),
    }
}

/// What an action tells the audit record.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The authority it belongs to.
    pub authority: Option<Id<actor::Organisation>>,
    /// Business time.
    pub at: Instant,
    /// Who acted.
    pub actor: &'a Actor,
    /// What was done: `room.verb`, such as `call.published`.
    pub action: &'static str,
    /// What it was done to.
    pub subject: Subject,
    /// Identifiers, amounts, hashes; never personal data, never sealed content.
    pub facts: Value,
}

/// A row that is not linked into the chain yet.
#[derive(Clone, Insertable)]
#[diesel(table_name = audit_pending)]
struct Pending {
    row_id: Id<Row>,
}

/// Writes a row in the transaction of the change and returns its hash, which receipts quote.
///
/// # Errors
/// What the database says.
pub fn record(db: &mut Db, entry: Entry<'_>) -> Result<String> {
    let row = Row::of(entry);
    diesel::insert_into(audit_rows::table).values(&row).execute(db)?;
    diesel::insert_into(audit_pending::table).values(audit_pending::row_id.eq(row.id)).execute(db)?;
    Ok(row.hash)
}

/// Whether the same act by the same person about the same thing stands in the record since an instant.
///
/// # Errors
/// What the database says.
pub fn was_recorded(db: &mut Db, entry: &Entry<'_>, since: Instant) -> Result<bool> {
    let same = audit_rows::table
        .filter(audit_rows::subject_id.eq(&entry.subject.id))
        .filter(audit_rows::at.ge(since))
        .filter(audit_rows::actor.eq(spelt(entry.actor)))
        .filter(audit_rows::action.eq(entry.action))
        .filter(audit_rows::facts.eq(entry.facts.to_string()));
    Ok(diesel::select(exists(same)).get_result(db)?)
}

/// A thing of an authority, as the record knows it.
pub trait Recorded {
    /// The authority that acts about it belong to.
    fn authority(&self) -> Id<actor::Organisation>;
    /// What the record calls it.
    fn subject(&self) -> Subject;
}

impl<T: Recorded> Recorded for &T {
    fn authority(&self) -> Id<actor::Organisation> {
        T::authority(self)
    }
    fn subject(&self) -> Subject {
        T::subject(self)
    }
}

/// As [`record`], of an act about such a thing.
///
/// # Errors
/// What the database says.
pub fn note(
    db: &mut Db,
    actor: &Actor,
    of: &impl Recorded,
    action: &'static str,
    facts: Value,
    at: Instant,
) -> Result<()> {
    record(db, Entry { authority: Some(of.authority()), at, actor, action, subject: of.subject(), facts })?;
    Ok(())
}

/// As [`record`], several at once: the hashes in their order.
///
/// # Errors
/// What the database says.
pub fn record_all<'a>(db: &mut Db, entries: impl IntoIterator<Item = Entry<'a>>) -> Result<Vec<String>> {
    let rows: Vec<Row> = entries.into_iter().map(Row::of).collect();
    crate::insert_all!(db, audit_rows::table, &rows[..])?;
    let pending: Vec<Pending> = rows.iter().map(|row| Pending { row_id: row.id }).collect();
    crate::insert_all!(db, audit_pending::table, &pending[..])?;
    Ok(rows.into_iter().map(|row| row.hash).collect())
}

/// What a list of acts is narrowed to. Empty fields narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Kind of the thing it was done to, such as `call`.
    pub kind: Option<String>,
    /// Identifier of the thing.
    pub subject: Option<String>,
    /// As stored: `account:ID`, `system` or `public`.
    pub actor: Option<String>,
    /// The first instant.
    pub from: Option<Instant>,
    /// The first instant that no longer counts.
    pub before: Option<Instant>,
}

/// The acts of one authority that a filter lets through, newest first.
///
/// # Errors
/// What the database says.
pub fn list(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    filter: &Filter,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Row>> {
    let mut query = audit_rows::table
        .filter(audit_rows::authority_id.eq(authority))
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(kind) = &filter.kind {
        query = query.filter(audit_rows::subject_kind.eq(kind.clone()));
    }
    if let Some(subject) = &filter.subject {
        query = query.filter(audit_rows::subject_id.eq(subject.clone()));
    }
    if let Some(actor) = &filter.actor {
        query = query.filter(audit_rows::actor.eq(actor.clone()));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_rows::at.ge(from));
    }
    if let Some(before) = filter.before {
        query = query.filter(audit_rows::at.lt(before));
    }
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(audit_rows::at, audit_rows::id, cursor));
    }
    let rows = query.order((audit_rows::at.desc(), audit_rows::id.desc())).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |row| Cursor { at: row.at, id: row.id.to_string() }))
}

/// Everything done to one thing, oldest first, at most 200 acts.
///
/// # Errors
/// What the database says.
pub fn of_subject(db: &mut Db, subject_id: &str) -> Result<Vec<Row>> {
    Ok(audit_rows::table
        .filter(audit_rows::subject_id.eq(subject_id))
        .select(Row::as_select())
        .order((audit_rows::at, audit_rows::id))
        .limit(200)
        .load(db)?)
}
