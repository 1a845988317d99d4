//! Rows of the catalogue of social value.

use super::model::{Catalogue, CatalogueEntry};
use crate::db::schema::{social_value_catalogues as catalogues, social_value_measures as measures};
use crate::db::{Db, MultiBackend};
use crate::error::{Error, Result};
use crate::evaluation::{CopiedFrom, MeasureRecord};
use crate::values::{Id, LocalDate, actor};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// Rows of one statement: both databases limit how many values a statement may hold.
const AT_ONCE: usize = 500;
/// Measures that a form offers; a program may name any by its code.
const OFFERED: usize = 500;
/// More than a version holds.
const MOST: i64 = 10_001;

/// The current version of an authority's catalogue, when there is one.
///
/// # Errors
/// What the database says.
pub fn current(db: &mut Db, authority: Id<actor::Organisation>) -> Result<Option<Catalogue>> {
    Ok(catalogues::table
        .filter(catalogues::authority_id.eq(authority))
        .select(Catalogue::as_select())
        .order((catalogues::version.desc(), catalogues::id))
        .first(db)
        .optional()?)
}

/// A unit as it is compared: small letters, and nothing around them.
#[must_use]
pub fn unit_compared(unit: &str) -> String {
    unit.trim().to_lowercase()
}

/// The measures of an authority's current version that are valid on a day, count in one of some units (given as
/// [`unit_compared`] writes them) and hold the words that were asked, by place: at most 500, and whether there are more.
///
/// # Errors
/// What the database says.
pub fn offered(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    on: LocalDate,
    units: &BTreeSet<String>,
    find: &str,
) -> Result<(Vec<CatalogueEntry>, bool)> {
    let Some(catalogue) = current(db, authority)? else { return Ok((Vec::new(), false)) };
    let mut query = measures::table
        .filter(measures::catalogue_id.eq(catalogue.id))
        .filter(measures::valid_from.le(on))
        .filter(measures::valid_until.is_null().or(measures::valid_until.ge(on)))
        .select(CatalogueEntry::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(pattern) = pattern(find) {
        query = query.filter(measures::words.like(pattern).escape('\\'));
    }
    // Units are compared here: SQLite makes only the letters of English small.
    let mut found: Vec<CatalogueEntry> = query.order((measures::place, measures::id)).limit(MOST).load(db)?;
    found.retain(|entry| units.contains(&unit_compared(&entry.unit)));
    let more = found.len() > OFFERED;
    found.truncate(OFFERED);
    Ok((found, more))
}

/// What the words of a measure are held against; nothing when no words are asked.
fn pattern(find: &str) -> Option<String> {
    let words = find.trim().to_lowercase();
    let escaped = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    (!words.is_empty()).then(|| format!("%{escaped}%"))
}

/// What one unit of a measure is worth on a day by the authority's current version, as a call copies it, and the unit.
///
/// # Errors
/// Invalid at the field `worth` when the current version has no such measure on that day.
pub fn copied(db: &mut Db, authority: Id<actor::Organisation>, code: &str, on: LocalDate) -> Result<MeasureRecord> {
    let unknown =
        || Error::field("worth", "Choose a measure of your current social value catalogue that is valid today");
    let catalogue = current(db, authority)?.ok_or_else(unknown)?;
    let entry: CatalogueEntry = measures::table
        .filter(measures::catalogue_id.eq(catalogue.id))
        .filter(measures::code.eq(code))
        .filter(measures::valid_from.le(on))
        .filter(measures::valid_until.is_null().or(measures::valid_until.ge(on)))
        .select(CatalogueEntry::as_select())
        .order((measures::place, measures::id))
        .first(db)
        .optional()?
        .ok_or_else(unknown)?;
    copy_of(&catalogue, entry)
}

/// A measure as a call copies it: with the version it is from.
pub(super) fn copy_of(catalogue: &Catalogue, entry: CatalogueEntry) -> Result<MeasureRecord> {
    let from = CopiedFrom {
        title: catalogue.title.clone(),
        version: u32::try_from(catalogue.version)?,
        unit: entry.unit,
        hash: catalogue.hash.clone(),
    };
    Ok(MeasureRecord { catalogue: Some(from), ..entry.record.0 })
}

/// Whether a record that names a version of an authority's catalogue says what that version says.
///
/// # Errors
/// What the database says.
pub fn is_copy(db: &mut Db, authority: Id<actor::Organisation>, record: &MeasureRecord) -> Result<bool> {
    let Some(from) = &record.catalogue else { return Ok(false) };
    let found: Vec<(Catalogue, CatalogueEntry)> = catalogues::table
        .inner_join(measures::table.on(measures::catalogue_id.eq(catalogues::id)))
        .filter(catalogues::authority_id.eq(authority))
        .filter(catalogues::version.eq(i64::from(from.version)))
        .filter(measures::code.eq(&record.code))
        .select((Catalogue::as_select(), CatalogueEntry::as_select()))
        .order((measures::place, measures::id))
        .limit(MOST)
        .load(db)?;
    for (catalogue, entry) in found {
        if copy_of(&catalogue, entry)? == *record {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn find(db: &mut Db, id: Id<Catalogue>) -> Result<Catalogue> {
    Ok(catalogues::table.filter(catalogues::id.eq(id)).select(Catalogue::as_select()).first(db)?)
}

/// Versions of an authority below one, newest first, one more than asked for when there are more.
pub(super) fn list(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    below: Option<i64>,
    limit: usize,
) -> Result<Vec<Catalogue>> {
    Ok(catalogues::table
        .filter(catalogues::authority_id.eq(authority))
        .filter(catalogues::version.lt(below.unwrap_or(i64::MAX)))
        .select(Catalogue::as_select())
        .order((catalogues::version.desc(), catalogues::id))
        .limit(i64::try_from(limit + 1)?)
        .load(db)?)
}

/// Measures of a version after a place whose words hold what was asked, one more than asked for when there are more.
pub(super) fn entries(
    db: &mut Db,
    catalogue: Id<Catalogue>,
    find: &str,
    after: i64,
    limit: usize,
) -> Result<Vec<CatalogueEntry>> {
    let mut query = measures::table
        .filter(measures::catalogue_id.eq(catalogue))
        .filter(measures::place.gt(after))
        .select(CatalogueEntry::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(pattern) = pattern(find) {
        query = query.filter(measures::words.like(pattern).escape('\\'));
    }
    Ok(query.order((measures::place, measures::id)).limit(i64::try_from(limit + 1)?).load(db)?)
}

/// Every measure of a version, by place.
pub(super) fn all(db: &mut Db, catalogue: Id<Catalogue>) -> Result<Vec<CatalogueEntry>> {
    Ok(measures::table
        .filter(measures::catalogue_id.eq(catalogue))
        .select(CatalogueEntry::as_select())
        .order((measures::place, measures::id))
        .limit(MOST)
        .load(db)?)
}

pub(super) fn insert(db: &mut Db, catalogue: &Catalogue, entries: &[CatalogueEntry]) -> Result<()> {
    diesel::insert_into(catalogues::table).values(catalogue).execute(db)?;
    for some in entries.chunks(AT_ONCE) {
        let rows = diesel::insert_into(measures::table).values(some);
        crate::on_each!(db, c => rows.execute(c))?;
    }
    Ok(())
}
