//! Rows of agreements and obligations.

use super::model::{Agreement, AgreementChange, AgreementKind, AgreementState, Obligation};
use crate::awards::Award;
use crate::db::schema::{agreement_changes, agreements, investments, obligations, organisations};
use crate::db::{Cursor, Db, MultiBackend, Page, uncut};
use crate::error::{Error, Result};
use crate::people::policy::Thing;
use crate::values::time::medium_date;
use crate::values::{Actor, Id, Instant, Pence, actor};
use chrono::Datelike;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use std::collections::HashMap;

/// Identifiers of the agreements of which every part was cancelled before anything was paid, in SQL that needs nothing
/// around it. It begins with the few cancellations, so that it costs as little where there are many agreements.
pub const CANCELLED: &str = "SELECT part.agreement_id FROM investment_cancellations AS gone \
    INNER JOIN investments AS part ON part.id = gone.investment_id \
    WHERE gone.state = 'approved' AND NOT EXISTS (SELECT 1 FROM investments AS other \
    WHERE other.agreement_id = part.agreement_id AND NOT EXISTS (SELECT 1 FROM investment_cancellations AS its \
    WHERE its.investment_id = other.id AND its.state = 'approved'))";

/// The value of an agreement without its cancelled parts, in pence, in SQL about a row of `agreements`.
pub const VALUE_LEFT: &str = "agreements.value - COALESCE((SELECT CAST(SUM(part.amount) AS BIGINT) \
    FROM investments AS part INNER JOIN investment_cancellations AS gone ON gone.investment_id = part.id \
    WHERE part.agreement_id = agreements.id AND gone.state = 'approved'), 0)";

/// Whether every part of an agreement was cancelled before anything was paid.
pub fn is_cancelled() -> SqlLiteral<Bool> {
    sql(&format!("agreements.id IN ({CANCELLED})"))
}

/// Whether an agreement counts in sums: it is a contract, or a part of it is not cancelled.
pub fn counts() -> SqlLiteral<Bool> {
    sql(&format!("agreements.id NOT IN ({CANCELLED})"))
}

/// One agreement.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Agreement>) -> Result<Agreement> {
    Ok(agreements::table.filter(agreements::id.eq(id)).select(Agreement::as_select()).first(db)?)
}

/// What is left of an agreement of which something was cancelled before it was paid, in words; empty where all of it
/// stands.
#[must_use]
pub fn what_stands(agreed: Pence, left: Pence) -> String {
    if left >= agreed {
        String::new()
    } else if left > Pence::ZERO {
        format!("{left} of it stands; the rest was cancelled, nothing of that paid")
    } else {
        "Cancelled, nothing paid".to_owned()
    }
}

/// One agreement with the name of its organisation, and its value without what was cancelled before it was paid.
///
/// # Errors
/// NotFound.
pub fn find_named(db: &mut Db, id: Id<Agreement>) -> Result<(Agreement, String, Pence)> {
    let (agreement, organisation, left): (Agreement, String, i64) = agreements::table
        .inner_join(organisations::table.on(organisations::id.eq(agreements::organisation_id)))
        .filter(agreements::id.eq(id))
        .select((Agreement::as_select(), organisations::name, sql::<BigInt>(VALUE_LEFT)))
        .first(db)?;
    Ok((agreement, organisation, Pence(left)))
}

/// Several agreements by identifier.
///
/// # Errors
/// What the database says.
pub fn find_many(db: &mut Db, ids: &[Id<Agreement>]) -> Result<HashMap<Id<Agreement>, Agreement>> {
    Ok(agreements::table
        .filter(agreements::id.eq_any(ids))
        .select(Agreement::as_select())
        .load(db)?
        .into_iter()
        .map(|a: Agreement| (a.id, a))
        .collect())
}

/// Whether every part of this agreement was cancelled before anything was paid.
///
/// # Errors
/// What the database says.
pub fn all_cancelled(db: &mut Db, id: Id<Agreement>) -> Result<bool> {
    let found: i64 = agreements::table.filter(agreements::id.eq(id)).filter(is_cancelled()).count().get_result(db)?;
    Ok(found > 0)
}

/// How many parts of an investment are over: repaid, written off or ended. Only the table of a lower room is read here.
pub(super) fn parts_over(db: &mut Db, agreement: Id<Agreement>) -> Result<i64> {
    Ok(investments::table
        .filter(investments::agreement_id.eq(agreement))
        .filter(investments::closed_on.is_not_null())
        .count()
        .get_result(db)?)
}

/// The obligations of an agreement.
///
/// # Errors
/// What the database says.
pub fn obligations(db: &mut Db, agreement: Id<Agreement>) -> Result<Vec<Obligation>> {
    const MOST: i64 = 500;
    let rows = obligations::table
        .filter(obligations::agreement_id.eq(agreement))
        .select(Obligation::as_select())
        .order(obligations::id)
        .limit(MOST + 1)
        .load(db)?;
    uncut(rows, MOST)
}

/// The facts of an agreement that the policy judges.
#[must_use]
pub fn thing(agreement: &Agreement) -> Thing {
    Thing::of_applicant(agreement.authority_id, agreement.organisation_id)
}

/// The promise of an obligation in words: "at least 24 people by 31 May 2027".
#[must_use]
pub(super) fn words(obligation: &Obligation) -> String {
    format!(
        "{} {} by {}",
        obligation.direction.label().to_lowercase(),
        obligation.promised.of(&obligation.unit),
        medium_date(obligation.terms.0.due)
    )
}

impl Obligation {
    /// The promise in words: "at least 24 people by 31 May 2027".
    #[must_use]
    pub fn words(&self) -> String {
        words(self)
    }
}

/// One obligation.
///
/// # Errors
/// NotFound.
pub fn find_obligation(db: &mut Db, id: Id<Obligation>) -> Result<Obligation> {
    Ok(obligations::table.filter(obligations::id.eq(id)).select(Obligation::as_select()).first(db)?)
}

/// Several obligations by identifier.
///
/// # Errors
/// What the database says.
pub fn find_obligations(db: &mut Db, ids: &[Id<Obligation>]) -> Result<HashMap<Id<Obligation>, Obligation>> {
    Ok(obligations::table
        .filter(obligations::id.eq_any(ids))
        .select(Obligation::as_select())
        .load(db)?
        .into_iter()
        .map(|o: Obligation| (o.id, o))
        .collect())
}

/// The agreement that an award became, when it has.
///
/// # Errors
/// What the database says.
pub fn of_award(db: &mut Db, award: Id<Award>) -> Result<Option<Agreement>> {
    Ok(agreements::table.filter(agreements::award_id.eq(award)).select(Agreement::as_select()).first(db).optional()?)
}

/// The changes of an agreement, oldest first.
///
/// # Errors
/// What the database says.
pub fn changes(db: &mut Db, agreement: Id<Agreement>) -> Result<Vec<AgreementChange>> {
    Ok(agreement_changes::table
        .filter(agreement_changes::agreement_id.eq(agreement))
        .select(AgreementChange::as_select())
        .order((agreement_changes::made_at, agreement_changes::id))
        .limit(200)
        .load(db)?)
}

/// Whose agreements a person may list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of an authority, for its staff.
    Authority(Id<actor::Organisation>),
    /// Those of applicant organisations, for their members.
    Organisations(Vec<Id<actor::Organisation>>),
}

impl Whose {
    /// What this person may list: staff their authority's, members their organisations'.
    ///
    /// # Errors
    /// Denied for the public.
    pub fn of(actor: &Actor) -> Result<Whose> {
        if let Some(authority) = actor.authority() {
            return Ok(Whose::Authority(authority));
        }
        let own: Vec<_> = actor.applicant_organisations().map(|m| m.organisation).collect();
        if own.is_empty() { Err(Error::Denied) } else { Ok(Whose::Organisations(own)) }
    }
}

/// Which agreements are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgreementFilter {
    /// Only contracts or only investments.
    pub kind: Option<AgreementKind>,
    /// Only those in this state.
    pub state: Option<AgreementState>,
}

/// Agreements, newest first.
///
/// # Errors
/// What the database says.
pub fn list(
    db: &mut Db,
    whose: &Whose,
    filter: AgreementFilter,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Agreement>> {
    let mut query = agreements::table.select(Agreement::as_select()).into_boxed::<MultiBackend>();
    query = match whose {
        Whose::Authority(authority) => query.filter(agreements::authority_id.eq(*authority)),
        Whose::Organisations(own) => query.filter(agreements::organisation_id.eq_any(own.clone())),
    };
    if let Some(kind) = filter.kind {
        query = query.filter(agreements::kind.eq(kind));
    }
    if let Some(state) = filter.state {
        query = query.filter(agreements::state.eq(state));
    }
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(agreements::signed_at, agreements::id, cursor));
    }
    let rows =
        query.order((agreements::signed_at.desc(), agreements::id.desc())).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |a: &Agreement| Cursor { at: a.signed_at, id: a.id.to_string() }))
}

/// The next free reference of a year: `C-2026-0003`. References are never given twice, so counting suffices.
pub(super) fn next_reference(db: &mut Db, kind: AgreementKind, now: Instant) -> Result<String> {
    let letter = match kind {
        AgreementKind::Contract => "C",
        AgreementKind::Investment => "I",
    };
    let prefix = format!("{letter}-{}-", now.date().year());
    let given: i64 =
        agreements::table.filter(agreements::reference.like(format!("{prefix}%"))).count().get_result(db)?;
    Ok(format!("{prefix}{:04}", given + 1))
}

pub(super) fn insert(db: &mut Db, agreement: &Agreement) -> Result<()> {
    diesel::insert_into(agreements::table).values(agreement).execute(db)?;
    Ok(())
}

pub(super) fn insert_obligation(db: &mut Db, obligation: &Obligation) -> Result<()> {
    diesel::insert_into(obligations::table).values(obligation).execute(db)?;
    Ok(())
}

pub(super) fn insert_change(db: &mut Db, change: &AgreementChange) -> Result<()> {
    diesel::insert_into(agreement_changes::table).values(change).execute(db)?;
    Ok(())
}

/// Writes what may change of an agreement.
pub(super) fn set(db: &mut Db, agreement: &Agreement) -> Result<()> {
    diesel::update(agreements::table.filter(agreements::id.eq(agreement.id)))
        .set((
            agreements::state.eq(agreement.state),
            agreements::value.eq(agreement.value),
            agreements::ends_on.eq(agreement.ends_on),
            agreements::ended_at.eq(agreement.ended_at),
        ))
        .execute(db)?;
    Ok(())
}
