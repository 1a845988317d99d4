//! Rows of subsidy routes and running totals.

use super::model::{AssistanceRow, Route, RouteState, Source};
use super::rules::Rests;
use crate::db::schema::{
    agreements, applications, awards, investment_cancellations, investments, panel_conflicts, subsidy_assistance,
    subsidy_routes,
};
use crate::db::{Cursor, Db, MultiBackend, Page, uncut};
use crate::error::{Error, Result};
use crate::law::subsidy::Assistance;
use crate::values::{Account, Id, Instant, LocalDate, Pence, actor};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

type OrganisationId = Id<actor::Organisation>;

/// Most rows of one group's total that are looked at; a group with more is refused elsewhere by its cap.
const MOST: i64 = 1000;

/// Identifiers of the routes whose investment was cancelled before anything was paid, every part of it: nothing was given
/// by them. One amount covers all parts of a package, so as long as one part stands the whole amount does. SQL that needs
/// nothing around it and begins with the few cancellations; of lower rooms only the tables are read.
const NEVER_GIVEN: &str = "SELECT way.id FROM investment_cancellations AS gone \
    INNER JOIN investments AS part ON part.id = gone.investment_id \
    INNER JOIN agreements AS signed ON signed.id = part.agreement_id \
    INNER JOIN subsidy_routes AS way ON way.application_id = signed.application_id \
    WHERE gone.state = 'approved' AND NOT EXISTS (SELECT 1 FROM investments AS other \
    WHERE other.agreement_id = part.agreement_id AND NOT EXISTS (SELECT 1 FROM investment_cancellations AS its \
    WHERE its.investment_id = other.id AND its.state = 'approved'))";

/// Whether an application can still be offered something: it was sent, did not fall away, and its call was not withdrawn.
/// Of lower rooms only the tables are read.
const MAY_BE_OFFERED: &str = "applications.state = 'submitted' \
    AND NOT EXISTS (SELECT 1 FROM fallen_bids AS fell WHERE fell.application_id = applications.id) \
    AND EXISTS (SELECT 1 FROM calls AS its WHERE its.id = applications.call_id AND its.stage <> 'withdrawn')";

/// Whether nothing was given by a route, because its investment was cancelled.
fn never_given() -> SqlLiteral<Bool> {
    sql(&format!("subsidy_routes.id IN ({NEVER_GIVEN})"))
}

/// What rests on the route of an application: an offer that stands, or an agreement. Of a lower room only the table is
/// read.
///
/// # Errors
/// What the database says.
pub(super) fn resting_on(db: &mut Db, application: &str) -> Result<Rests> {
    let found: Option<(String, Option<Instant>)> = awards::table
        .filter(awards::application_id.eq(application.to_owned()))
        .filter(awards::state.eq_any(["offered", "accepted", "signed"]))
        .select((awards::state, awards::signed_at))
        .order((awards::recommended_at.desc(), awards::id.desc()))
        .first(db)
        .optional()?;
    Ok(match found {
        None => Rests::Nothing,
        Some((state, Some(at))) if state == "signed" => Rests::Agreement { signed_on: at.date() },
        Some(_) => Rests::Offer,
    })
}

pub(super) fn find(db: &mut Db, id: Id<Route>) -> Result<Route> {
    Ok(subsidy_routes::table.filter(subsidy_routes::id.eq(id)).select(Route::as_select()).first(db)?)
}

pub(super) fn insert(db: &mut Db, route: &Route) -> Result<()> {
    diesel::insert_into(subsidy_routes::table).values(route).execute(db)?;
    Ok(())
}

pub(super) fn set(db: &mut Db, route: &Route) -> Result<()> {
    diesel::update(subsidy_routes::table.filter(subsidy_routes::id.eq(route.id)))
        .set((
            subsidy_routes::state.eq(route.state),
            subsidy_routes::body.eq(&route.body),
            subsidy_routes::recorded_at.eq(route.recorded_at),
            subsidy_routes::recorded_by.eq(route.recorded_by),
            subsidy_routes::withdrawn_why.eq(&route.withdrawn_why),
        ))
        .execute(db)?;
    Ok(())
}

/// One route, and whether nothing was given by it because its investment was cancelled.
pub(super) fn find_told(db: &mut Db, id: Id<Route>) -> Result<(Route, bool)> {
    Ok(subsidy_routes::table.filter(subsidy_routes::id.eq(id)).select((Route::as_select(), never_given())).first(db)?)
}

/// The route of an application that stands, complete or not, and whether nothing was given by it because its investment
/// was cancelled.
pub(super) fn standing_told(db: &mut Db, application: &str) -> Result<Option<(Route, bool)>> {
    Ok(subsidy_routes::table
        .filter(subsidy_routes::application_id.eq(application))
        .filter(subsidy_routes::state.ne(RouteState::Withdrawn))
        .select((Route::as_select(), never_given()))
        .order(subsidy_routes::id.desc())
        .first(db)
        .optional()?)
}

/// The route of an application that stands, complete or not.
///
/// # Errors
/// What the database says.
pub fn standing_route(db: &mut Db, application: &str) -> Result<Option<Route>> {
    Ok(standing_told(db, application)?.map(|(route, _)| route))
}

/// On which day the last part of an application's investment was cancelled, and why. Of lower rooms only the tables are
/// read.
pub(super) fn cancellation(db: &mut Db, application: &str) -> Result<Option<(LocalDate, String)>> {
    let found: Option<(Option<Instant>, String)> = awards::table
        .inner_join(agreements::table.on(agreements::award_id.eq(awards::id)))
        .inner_join(investments::table.on(investments::agreement_id.eq(agreements::id)))
        .inner_join(investment_cancellations::table.on(investment_cancellations::investment_id.eq(investments::id)))
        .filter(awards::application_id.eq(application.to_owned()))
        .filter(investment_cancellations::state.eq("approved"))
        .select((investment_cancellations::decided_at, investment_cancellations::reason))
        .order((investment_cancellations::decided_at.desc(), investment_cancellations::id.desc()))
        .first(db)
        .optional()?;
    Ok(found.and_then(|(decided_at, reason)| Some((decided_at?.date(), reason))))
}

/// The route of an application by which nothing was given, because all of its investment was cancelled before anything
/// was paid; none while a part of it stands.
///
/// # Errors
/// What the database says.
pub fn cancelled_route(db: &mut Db, application: &str) -> Result<Option<Route>> {
    Ok(standing_told(db, application)?.filter(|(_, cancelled)| *cancelled).map(|(route, _)| route))
}

/// The complete route of an application, when there is one: what an offer needs.
///
/// # Errors
/// What the database says.
pub fn recorded_route(db: &mut Db, application: &str) -> Result<Option<Route>> {
    Ok(standing_route(db, application)?.filter(|r| matches!(r.state, RouteState::Recorded | RouteState::Given)))
}

/// Requires that an application to this authority is there and is this organisation's, and says whether it can still be
/// offered something.
///
/// # Errors
/// NotFound for another's, and for what is no application.
pub(super) fn require_applicant(
    db: &mut Db,
    authority: OrganisationId,
    application: &str,
    organisation: OrganisationId,
) -> Result<bool> {
    let application: Id<()> = application.parse().map_err(|_| Error::NotFound)?;
    applications::table
        .filter(applications::id.eq(application.to_string()))
        .filter(applications::authority_id.eq(authority))
        .filter(applications::organisation_id.eq(organisation))
        .select(sql::<Bool>(MAY_BE_OFFERED))
        .first(db)
        .optional()?
        .ok_or(Error::NotFound)
}

/// The routes that stand of the applications to a call, without those by which nothing was given because the investment
/// was cancelled.
///
/// # Errors
/// What the database says.
pub(super) fn standing_of_call(db: &mut Db, call: &str) -> Result<Vec<Route>> {
    let applications = applications::table.filter(applications::call_id.eq(call)).select(applications::id);
    let found: Vec<(Route, bool)> = subsidy_routes::table
        .filter(subsidy_routes::application_id.eq_any(applications))
        .filter(subsidy_routes::state.ne(RouteState::Withdrawn))
        .select((Route::as_select(), never_given()))
        .order(subsidy_routes::id)
        .load(db)?;
    Ok(found.into_iter().filter(|(_, cancelled)| !cancelled).map(|(route, _)| route).collect())
}

/// Whether somebody declared a conflict of interest that stands with any bid of an application's call. Only tables of lower
/// rooms are read here.
///
/// # Errors
/// What the database says.
pub(super) fn has_conflict(db: &mut Db, account: Id<Account>, application: &str) -> Result<bool> {
    let calls = applications::table.filter(applications::id.eq(application)).select(applications::call_id);
    let standing = panel_conflicts::table
        .filter(panel_conflicts::account_id.eq(account))
        .filter(panel_conflicts::outcome.ne("no_conflict"))
        .filter(panel_conflicts::call_id.eq_any(calls));
    Ok(diesel::select(diesel::dsl::exists(standing)).get_result(db)?)
}

/// Requires that an award is still worth what an amount was worked out from. Read in the write of the route, so that of a
/// part that is added at the same time and the route one waits and finds the other.
///
/// # Errors
/// Conflict when it was changed.
pub(super) fn require_worth(db: &mut Db, award: &str, value: Pence) -> Result<()> {
    let same = awards::table.filter(awards::id.eq(award.to_owned())).filter(awards::value.eq(value));
    if diesel::select(diesel::dsl::exists(same)).get_result(db)? {
        Ok(())
    } else {
        Err(Error::Conflict("the offer was changed while this was worked out. Work it out again".to_owned()))
    }
}

/// The routes of an authority, newest first, and of each whether nothing was given by it because its investment was
/// cancelled.
pub(super) fn list(
    db: &mut Db,
    authority: OrganisationId,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<(Route, bool)>> {
    let mut query = subsidy_routes::table
        .filter(subsidy_routes::authority_id.eq(authority))
        .select((Route::as_select(), never_given()))
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(subsidy_routes::started_at, subsidy_routes::id, cursor));
    }
    let rows = query
        .order((subsidy_routes::started_at.desc(), subsidy_routes::id.desc()))
        .limit(i64::try_from(limit + 1)?)
        .load(db)?;
    Ok(Page::cut(rows, limit, |(r, _): &(Route, bool)| Cursor { at: r.started_at, id: r.id.to_string() }))
}

pub(super) fn insert_assistance(db: &mut Db, row: &AssistanceRow) -> Result<()> {
    diesel::insert_into(subsidy_assistance::table).values(row).execute(db)?;
    Ok(())
}

/// Every row of a group, newest first, and of each whether it was never given because its investment was cancelled. What
/// another authority gave is not touched by that.
pub(super) fn of_group(db: &mut Db, authority: OrganisationId, key: &str) -> Result<Vec<(AssistanceRow, bool)>> {
    let cancelled = format!("subsidy_assistance.source = 'own' AND subsidy_assistance.route_id IN ({NEVER_GIVEN})");
    let rows = subsidy_assistance::table
        .filter(subsidy_assistance::authority_id.eq(authority))
        .filter(subsidy_assistance::group_key.eq(key))
        .select((AssistanceRow::as_select(), sql::<Bool>(&cancelled)))
        .order((subsidy_assistance::given_on.desc(), subsidy_assistance::id.desc()))
        .limit(MOST + 1)
        .load(db)?;
    // What is left over before the cap is found from every one of them.
    uncut(rows, MOST)
}

/// What counts towards a new route: this authority's own assistance to the group by other routes, without what was
/// cancelled before anything was paid. What other authorities gave is declared afresh each time, so older declarations do
/// not count twice.
pub(super) fn own_of_group(
    db: &mut Db,
    authority: OrganisationId,
    key: &str,
    but: Id<Route>,
) -> Result<Vec<Assistance>> {
    Ok(of_group(db, authority, key)?
        .into_iter()
        .filter(|(r, cancelled)| r.source == Source::Own && r.route_id != but && !cancelled)
        .map(|(r, _)| Assistance { given: r.given_on, amount: r.amount, kind: r.kind })
        .collect())
}

pub(super) fn set_given(db: &mut Db, route: Id<Route>, on: crate::values::LocalDate) -> Result<()> {
    diesel::update(
        subsidy_assistance::table
            .filter(subsidy_assistance::route_id.eq(route))
            .filter(subsidy_assistance::source.eq(Source::Own)),
    )
    .set(subsidy_assistance::given_on.eq(on))
    .execute(db)?;
    Ok(())
}

pub(super) fn delete_own(db: &mut Db, route: Id<Route>) -> Result<()> {
    diesel::delete(
        subsidy_assistance::table
            .filter(subsidy_assistance::route_id.eq(route))
            .filter(subsidy_assistance::source.eq(Source::Own)),
    )
    .execute(db)?;
    Ok(())
}
