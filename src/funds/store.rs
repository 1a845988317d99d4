//! Rows of funds.

use super::model::{Commitment, Fund};
use crate::db::schema::{fund_commitments, funds};
use crate::db::{After, Db, MultiBackend, Page};
use crate::error::Result;
use crate::values::{Id, actor};
use diesel::prelude::*;

/// One fund.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Fund>) -> Result<Fund> {
    Ok(funds::table.filter(funds::id.eq(id)).select(Fund::as_select()).first(db)?)
}

/// A fund with what the council promised to it, oldest first, at most 500. One statement.
///
/// # Errors
/// NotFound.
pub fn find_committed(db: &mut Db, id: Id<Fund>) -> Result<(Fund, Vec<Commitment>)> {
    let rows: Vec<(Fund, Option<Commitment>)> = funds::table
        .left_join(fund_commitments::table.on(fund_commitments::fund_id.eq(funds::id)))
        .filter(funds::id.eq(id))
        .select((Fund::as_select(), Option::<Commitment>::as_select()))
        .order((fund_commitments::committed_on, fund_commitments::id))
        .limit(500)
        .load(db)?;
    let mut rows = rows.into_iter();
    let (fund, first) = rows.next().ok_or(crate::error::Error::NotFound)?;
    Ok((fund, first.into_iter().chain(rows.filter_map(|(_, commitment)| commitment)).collect()))
}

/// The fund that a round names: by identifier, by name, or the only one of the authority.
///
/// # Errors
/// NotFound when the words fit no fund.
pub fn find_named(db: &mut Db, authority: Id<actor::Organisation>, words: &str) -> Result<Fund> {
    let all = of_authority(db, authority)?;
    let only = all.len() == 1;
    all.into_iter()
        .find(|f| f.id.to_string() == words.trim() || f.name.eq_ignore_ascii_case(words.trim()) || only)
        .ok_or(crate::error::Error::NotFound)
}

/// The funds of an authority by name, at most 100.
///
/// # Errors
/// What the database says.
pub fn of_authority(db: &mut Db, authority: Id<actor::Organisation>) -> Result<Vec<Fund>> {
    Ok(funds::table
        .filter(funds::authority_id.eq(authority))
        .select(Fund::as_select())
        .order((funds::name, funds::id))
        .limit(100)
        .load(db)?)
}

/// The funds of an authority by name, which each has once.
pub(super) fn page_of_authority(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    after: Option<&After>,
    limit: usize,
) -> Result<Page<Fund, After>> {
    let mut query =
        funds::table.filter(funds::authority_id.eq(authority)).select(Fund::as_select()).into_boxed::<MultiBackend>();
    if let Some(After(name)) = after {
        query = query.filter(funds::name.gt(name.clone()));
    }
    let rows = query.order(funds::name).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |fund: &Fund| After(fund.name.clone())))
}

/// What the council promised to a fund, oldest first, at most 500.
///
/// # Errors
/// What the database says.
pub fn commitments(db: &mut Db, fund: Id<Fund>) -> Result<Vec<Commitment>> {
    Ok(fund_commitments::table
        .filter(fund_commitments::fund_id.eq(fund))
        .select(Commitment::as_select())
        .order((fund_commitments::committed_on, fund_commitments::id))
        .limit(500)
        .load(db)?)
}

pub(super) fn find_commitment(db: &mut Db, fund: Id<Fund>, source: &str) -> Result<Option<Commitment>> {
    Ok(fund_commitments::table
        .filter(fund_commitments::fund_id.eq(fund))
        .filter(fund_commitments::source.eq(source))
        .select(Commitment::as_select())
        .first(db)
        .optional()?)
}

pub(super) fn insert(db: &mut Db, fund: &Fund) -> Result<()> {
    diesel::insert_into(funds::table).values(fund).execute(db)?;
    Ok(())
}

pub(super) fn insert_commitment(db: &mut Db, commitment: &Commitment) -> Result<()> {
    diesel::insert_into(fund_commitments::table).values(commitment).execute(db)?;
    Ok(())
}
