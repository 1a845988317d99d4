//! Rows of the catalogue.

use super::model::{Behaviour, Condition, ConditionException, ConditionVersion};
use crate::db::schema::{condition_exceptions, condition_versions, conditions};
use crate::db::{Cursor, Db, MultiBackend, Page};
use crate::error::Result;
use crate::missions::Mission;
use crate::people::policy::Thing;
use crate::values::{Id, actor};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// One entry.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Condition>) -> Result<Condition> {
    Ok(conditions::table.filter(conditions::id.eq(id)).select(Condition::as_select()).first(db)?)
}

/// Several entries by identifier.
///
/// # Errors
/// What the database says.
pub fn find_many(db: &mut Db, ids: &[Id<Condition>]) -> Result<HashMap<Id<Condition>, Condition>> {
    Ok(conditions::table
        .filter(conditions::id.eq_any(ids))
        .select(Condition::as_select())
        .load(db)?
        .into_iter()
        .map(|c: Condition| (c.id, c))
        .collect())
}

/// One version of an entry.
///
/// # Errors
/// NotFound.
pub fn find_version(db: &mut Db, id: Id<Condition>, version: i64) -> Result<ConditionVersion> {
    Ok(condition_versions::table
        .filter(condition_versions::condition_id.eq(id))
        .filter(condition_versions::version.eq(version))
        .select(ConditionVersion::as_select())
        .first(db)?)
}

/// Every version of an entry, newest first, at most 100.
///
/// # Errors
/// What the database says.
pub fn versions_of(db: &mut Db, id: Id<Condition>) -> Result<Vec<ConditionVersion>> {
    Ok(condition_versions::table
        .filter(condition_versions::condition_id.eq(id))
        .select(ConditionVersion::as_select())
        .order((condition_versions::version.desc(), condition_versions::id))
        .limit(100)
        .load(db)?)
}

/// The newest version of every entry of an authority, by title, for those who build calls. At most 500.
///
/// # Errors
/// What the database says.
pub fn latest(db: &mut Db, authority: Id<actor::Organisation>) -> Result<Vec<ConditionVersion>> {
    let mut found: Vec<ConditionVersion> = conditions::table
        .inner_join(
            condition_versions::table.on(condition_versions::condition_id
                .eq(conditions::id)
                .and(condition_versions::version.eq(conditions::version))),
        )
        .filter(conditions::authority_id.eq(authority))
        .select(ConditionVersion::as_select())
        .order((conditions::title, conditions::id))
        .limit(500)
        .load(db)?;
    found.sort_by(|a, b| (&a.body.0.title, a.condition_id).cmp(&(&b.body.0.title, b.condition_id)));
    Ok(found)
}

/// Whether the exception of the Act is recorded for a version of an entry.
///
/// # Errors
/// What the database says.
pub fn exception_recorded(db: &mut Db, id: Id<Condition>, version: i64) -> Result<bool> {
    let found: Option<Id<ConditionException>> = condition_exceptions::table
        .filter(condition_exceptions::condition_id.eq(id))
        .filter(condition_exceptions::version.eq(version))
        .select(condition_exceptions::id)
        .first(db)
        .optional()?;
    Ok(found.is_some())
}

/// The versions of several entries for which the exception of the Act is recorded.
///
/// # Errors
/// What the database says.
pub fn exceptions_recorded(db: &mut Db, ids: &[Id<Condition>]) -> Result<HashSet<(Id<Condition>, i64)>> {
    Ok(condition_exceptions::table
        .filter(condition_exceptions::condition_id.eq_any(ids))
        .select((condition_exceptions::condition_id, condition_exceptions::version))
        .limit(10_000)
        .load::<(Id<Condition>, i64)>(db)?
        .into_iter()
        .collect())
}

/// The exceptions recorded for versions of an entry, at most 100.
///
/// # Errors
/// What the database says.
pub fn exceptions_of(db: &mut Db, id: Id<Condition>) -> Result<Vec<ConditionException>> {
    Ok(condition_exceptions::table
        .filter(condition_exceptions::condition_id.eq(id))
        .select(ConditionException::as_select())
        .order((condition_exceptions::version.desc(), condition_exceptions::id))
        .limit(100)
        .load(db)?)
}

/// The facts of an entry that the policy judges. The catalogue belongs to the staff; the public meets a condition
/// in the call that asks it.
#[must_use]
pub fn thing(condition: &Condition) -> Thing {
    Thing::of_authority(condition.authority_id).made_by(Some(condition.created_by))
}

/// Which entries a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filter {
    pub behaviour: Option<Behaviour>,
    pub mission: Option<Id<Mission>>,
}

pub(super) fn list(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    filter: Filter,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Condition>> {
    let mut query = conditions::table
        .filter(conditions::authority_id.eq(authority))
        .select(Condition::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(behaviour) = filter.behaviour {
        query = query.filter(conditions::behaviour.eq(behaviour));
    }
    if let Some(mission) = filter.mission {
        query = query.filter(conditions::mission_id.eq(mission));
    }
    if let Some(cursor) = after {
        query = query.filter(crate::later!(conditions::created_at, conditions::id, cursor));
    }
    let rows =
        query.order((conditions::created_at, conditions::id)).limit(i64::try_from(limit + 1)?).load::<Condition>(db)?;
    Ok(Page::cut(rows, limit, |c| Cursor { at: c.created_at, id: c.id.to_string() }))
}

pub(super) fn insert(db: &mut Db, condition: &Condition) -> Result<()> {
    diesel::insert_into(conditions::table).values(condition).execute(db)?;
    Ok(())
}

pub(super) fn set_newest(db: &mut Db, condition: &Condition) -> Result<()> {
    diesel::update(conditions::table.filter(conditions::id.eq(condition.id)))
        .set((
            conditions::mission_id.eq(condition.mission_id),
            conditions::title.eq(&condition.title),
            conditions::behaviour.eq(condition.behaviour),
            conditions::version.eq(condition.version),
        ))
        .execute(db)?;
    Ok(())
}

pub(super) fn insert_version(db: &mut Db, version: &ConditionVersion) -> Result<()> {
    diesel::insert_into(condition_versions::table).values(version).execute(db)?;
    Ok(())
}

pub(super) fn insert_exception(db: &mut Db, exception: &ConditionException) -> Result<()> {
    diesel::insert_into(condition_exceptions::table).values(exception).execute(db)?;
    Ok(())
}
