//! Rows of the claim ledger: what was counted once, and the double counts that were refused.

use super::MOST;
use crate::compliance::model::{Claim, Counted, DoubleCount, Due, LedgerEntry};
use crate::db::schema::{counted_once, double_counts, organisations};
use crate::db::{Cursor, Db, MultiBackend, Page};
use crate::error::Result;
use crate::values::{Id, LocalDate, Share, actor};
use diesel::prelude::*;

/// Most fingerprints asked for in one statement.
const AT_ONCE: usize = 400;

/// What is looked for in the claim ledger.
pub(in crate::compliance) struct Sought<'a> {
    pub(in crate::compliance) authority: Id<actor::Organisation>,
    pub(in crate::compliance) measure: &'a str,
    pub(in crate::compliance) kind: Counted,
    pub(in crate::compliance) starts_on: LocalDate,
    pub(in crate::compliance) ends_on: LocalDate,
}

/// Entries of the ledger for these fingerprints whose periods overlap.
pub(in crate::compliance) fn entries(
    db: &mut Db,
    sought: &Sought<'_>,
    fingerprints: &[String],
) -> Result<Vec<LedgerEntry>> {
    let mut found = Vec::new();
    for part in fingerprints.chunks(AT_ONCE) {
        found.extend(
            counted_once::table
                .filter(counted_once::authority_id.eq(sought.authority))
                .filter(counted_once::measure.eq(sought.measure))
                .filter(counted_once::kind.eq(sought.kind))
                .filter(counted_once::fingerprint.eq_any(part))
                .filter(counted_once::starts_on.le(sought.ends_on))
                .filter(counted_once::ends_on.ge(sought.starts_on))
                .select(LedgerEntry::as_select())
                .load::<LedgerEntry>(db)?,
        );
    }
    Ok(found)
}

pub(in crate::compliance) fn entries_of_claim(db: &mut Db, claim: Id<Claim>) -> Result<Vec<LedgerEntry>> {
    Ok(counted_once::table.filter(counted_once::claim_id.eq(claim)).select(LedgerEntry::as_select()).load(db)?)
}

pub(in crate::compliance) fn insert_entry(db: &mut Db, entry: &LedgerEntry) -> Result<()> {
    diesel::insert_into(counted_once::table).values(entry).execute(db)?;
    Ok(())
}

pub(in crate::compliance) fn set_share(db: &mut Db, entry: Id<LedgerEntry>, share: Share) -> Result<()> {
    diesel::update(counted_once::table.filter(counted_once::id.eq(entry)))
        .set(counted_once::share.eq(share))
        .execute(db)?;
    Ok(())
}

/// Takes the entries of a figure that no longer counts out of the ledger.
pub(in crate::compliance) fn release(db: &mut Db, claim: Id<Claim>) -> Result<()> {
    diesel::delete(counted_once::table.filter(counted_once::claim_id.eq(claim))).execute(db)?;
    Ok(())
}

/// Decided apportionments that concern a due date, as the refused or as the first side.
pub(in crate::compliance) fn apportioned(db: &mut Db, due: Id<Due>) -> Result<Vec<DoubleCount>> {
    Ok(double_counts::table
        .filter(double_counts::due_id.eq(due).or(double_counts::first_due_id.eq(due)))
        .filter(double_counts::decided_at.is_not_null())
        .select(DoubleCount::as_select())
        .order((double_counts::decided_at, double_counts::id))
        .limit(MOST)
        .load(db)?)
}

pub(in crate::compliance) fn find_double_count(db: &mut Db, id: Id<DoubleCount>) -> Result<DoubleCount> {
    Ok(double_counts::table.filter(double_counts::id.eq(id)).select(DoubleCount::as_select()).first(db)?)
}

/// Writes a refused double count once; says whether it is new.
pub(in crate::compliance) fn note_double_count(db: &mut Db, noted: &DoubleCount) -> Result<bool> {
    let known: i64 = double_counts::table
        .filter(double_counts::due_id.eq(noted.due_id))
        .filter(double_counts::kind.eq(noted.kind))
        .filter(double_counts::fingerprint.eq(&noted.fingerprint))
        .filter(double_counts::first_claim_id.eq(noted.first_claim_id))
        .count()
        .get_result(db)?;
    if known == 0 {
        diesel::insert_into(double_counts::table).values(noted).execute(db)?;
    }
    Ok(known == 0)
}

pub(in crate::compliance) fn set_double_count(db: &mut Db, decided: &DoubleCount) -> Result<()> {
    diesel::update(double_counts::table.filter(double_counts::id.eq(decided.id)))
        .set((
            double_counts::share.eq(decided.share),
            double_counts::first_share.eq(decided.first_share),
            double_counts::reason.eq(decided.reason.clone()),
            double_counts::decided_at.eq(decided.decided_at),
            double_counts::decided_by.eq(decided.decided_by),
        ))
        .execute(db)?;
    Ok(())
}

/// Refused double counts that nobody has decided on, with the organisation whose figure was refused; oldest first, at most
/// two hundred.
///
/// # Errors
/// What the database says.
pub fn counted_twice(db: &mut Db, authority: Id<actor::Organisation>) -> Result<Vec<(DoubleCount, String)>> {
    Ok(double_counts::table
        .inner_join(organisations::table.on(organisations::id.eq(double_counts::organisation_id)))
        .filter(double_counts::authority_id.eq(authority))
        .filter(double_counts::decided_at.is_null())
        .select((DoubleCount::as_select(), organisations::name))
        .order((double_counts::refused_at, double_counts::id))
        .limit(200)
        .load(db)?)
}

/// Refused double counts of an authority, undecided ones only or all, newest first.
pub(in crate::compliance) fn double_counts_of(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    open: bool,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<DoubleCount>> {
    let mut query = double_counts::table
        .filter(double_counts::authority_id.eq(authority))
        .select(DoubleCount::as_select())
        .into_boxed::<MultiBackend>();
    if open {
        query = query.filter(double_counts::decided_at.is_null());
    }
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(double_counts::refused_at, double_counts::id, cursor));
    }
    let rows = query
        .order((double_counts::refused_at.desc(), double_counts::id.desc()))
        .limit(i64::try_from(limit + 1)?)
        .load(db)?;
    Ok(Page::cut(rows, limit, |d: &DoubleCount| Cursor { at: d.refused_at, id: d.id.to_string() }))
}
