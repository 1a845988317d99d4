//! Reads that look across rooms. Nothing is written here.

use crate::agreements::{Agreement, AgreementKind};
use crate::calls::{Call, CallStage};
use crate::db::schema::{agreements, calls, organisations};
use crate::db::{Cursor, Db, MultiBackend, Page, sum_pence};
use crate::error::Result;
use crate::missions::Mission;
use crate::people::{Organisation, OrganisationKind};
use crate::values::{Id, Instant, Pence, actor};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

diesel::define_sql_function! {
    /// Small letters, on both databases.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Calls that take applications now, the one that closes first at the top; of one mission, when one is given.
pub(super) fn open_calls(db: &mut Db, now: Instant, mission: Option<Id<Mission>>, limit: i64) -> Result<Vec<Call>> {
    let mut query = calls::table
        .filter(calls::stage.eq(CallStage::Open))
        .filter(calls::deadline_at.ge(now))
        .select(Call::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(mission) = mission {
        query = query.filter(calls::mission_id.eq(mission));
    }
    Ok(query.order((calls::deadline_at, calls::id)).limit(limit).load(db)?)
}

/// Money agreed under one kind of agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    pub kind: AgreementKind,
    pub count: i64,
    pub organisations: i64,
    pub value: Pence,
}

/// What has been agreed, by kind, of all missions together.
pub(super) fn agreed(db: &mut Db) -> Result<Vec<Agreed>> {
    type Sums = (AgreementKind, i64, i64, Option<i64>);
    let sums = (agreements::kind, count_star(), sql::<BigInt>("COUNT(DISTINCT organisation_id)"), sum_pence("value"));
    let rows: Vec<Sums> = agreements::table.group_by(agreements::kind).select(sums).order(agreements::kind).load(db)?;
    Ok(rows
        .into_iter()
        .map(|(kind, count, organisations, value)| Agreed {
            kind,
            count,
            organisations,
            value: Pence(value.unwrap_or(0)),
        })
        .collect())
}

pub(super) fn search_calls(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    pattern: &str,
    limit: i64,
) -> Result<Vec<Call>> {
    Ok(calls::table
        .filter(calls::authority_id.eq(authority))
        .filter(
            lower(calls::title)
                .like(pattern.to_owned())
                .escape('\\')
                .or(lower(calls::reference).like(pattern.to_owned()).escape('\\')),
        )
        .select(Call::as_select())
        .order((calls::created_at.desc(), calls::id))
        .limit(limit)
        .load(db)?)
}

pub(super) fn search_agreements(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    pattern: &str,
    limit: i64,
) -> Result<Vec<Agreement>> {
    Ok(agreements::table
        .filter(agreements::authority_id.eq(authority))
        .filter(
            lower(agreements::title)
                .like(pattern.to_owned())
                .escape('\\')
                .or(lower(agreements::reference).like(pattern.to_owned()).escape('\\')),
        )
        .select(Agreement::as_select())
        .order((agreements::signed_at.desc(), agreements::id))
        .limit(limit)
        .load(db)?)
}

/// Applicant organisations by name. They belong to no authority, and staff of each may see them.
pub(super) fn search_organisations(db: &mut Db, pattern: &str, limit: i64) -> Result<Vec<Organisation>> {
    Ok(organisations::table
        .filter(organisations::kind.ne_all(vec![OrganisationKind::Authority, OrganisationKind::Department]))
        .filter(lower(organisations::name).like(pattern.to_owned()).escape('\\'))
        .select(Organisation::as_select())
        .order((organisations::name, organisations::id))
        .limit(limit)
        .load(db)?)
}

/// Every signed agreement with the name of its organisation, newest first.
pub(super) fn register(db: &mut Db, after: Option<&Cursor>, limit: usize) -> Result<Page<(Agreement, String)>> {
    let mut query = agreements::table
        .inner_join(organisations::table.on(organisations::id.eq(agreements::organisation_id)))
        .select((Agreement::as_select(), organisations::name))
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(
            agreements::signed_at
                .lt(cursor.at)
                .or(agreements::signed_at.eq(cursor.at).and(agreements::id.lt(cursor.id.clone()))),
        );
    }
    let rows =
        query.order((agreements::signed_at.desc(), agreements::id.desc())).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |(a, _): &(Agreement, String)| Cursor { at: a.signed_at, id: a.id.to_string() }))
}
