//! Rows of due dates, figures and remedies.

use super::model::{Claim, ClaimState, Due, DueState, Moment, RemedyStep};
use crate::agreements::{Agreement, AgreementKind, Obligation, VALUE_LEFT, Whose, counts};
use crate::conditions::Direction;
use crate::db::schema::{agreements, claims, due_moments, obligation_dues, obligations, organisations, remedy_steps};
use crate::db::{Cursor, Db, MultiBackend, Page, uncut};
use crate::error::Result;
use crate::missions::Mission;
use crate::values::{Id, Instant, LocalDate, Pence, Quantity, actor};
use diesel::dsl::{case_when, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer};

mod ledger;

pub use ledger::counted_twice;
pub(super) use ledger::{
    Sought, apportioned, double_counts_of, entries, entries_of_claim, find_double_count, insert_entry,
    note_double_count, release, set_double_count, set_share,
};

/// Most rows of one agreement or mission that are read at once.
pub(super) const MOST: i64 = 20_000;

/// States of figures that are claimed.
pub(super) const COUNTING: [ClaimState; 3] = [ClaimState::Reported, ClaimState::Queried, ClaimState::Accepted];
/// States of due dates in breach, whatever was done about it.
const IN_BREACH: [DueState; 3] = [DueState::Breached, DueState::Enforced, DueState::Reserved];

/// One due date.
///
/// # Errors
/// NotFound.
pub fn find_due(db: &mut Db, id: Id<Due>) -> Result<Due> {
    Ok(obligation_dues::table.filter(obligation_dues::id.eq(id)).select(Due::as_select()).first(db)?)
}

/// One due date with its agreement, its obligation and the name of the organisation.
///
/// # Errors
/// NotFound.
pub(super) fn find_due_around(db: &mut Db, id: Id<Due>) -> Result<(Due, Agreement, Obligation, String)> {
    Ok(obligation_dues::table
        .inner_join(agreements::table.on(agreements::id.eq(obligation_dues::agreement_id)))
        .inner_join(obligations::table.on(obligations::id.eq(obligation_dues::obligation_id)))
        .inner_join(organisations::table.on(organisations::id.eq(obligation_dues::organisation_id)))
        .filter(obligation_dues::id.eq(id))
        .select((Due::as_select(), Agreement::as_select(), Obligation::as_select(), organisations::name))
        .first(db)?)
}

/// The due dates of an agreement, in order, and its figures that count or may come to count, by period and then by
/// when they were reported. One statement.
pub(super) fn dues_and_claims_of_agreement(db: &mut Db, agreement: Id<Agreement>) -> Result<(Vec<Due>, Vec<Claim>)> {
    let rows: Vec<(Due, Option<Claim>)> = obligation_dues::table
        .left_join(
            claims::table.on(claims::due_id
                .eq(obligation_dues::id)
                .and(claims::state.eq_any(COUNTING).or(claims::verified.is_not_null()))),
        )
        .filter(obligation_dues::agreement_id.eq(agreement))
        .select((Due::as_select(), Option::<Claim>::as_select()))
        .order((obligation_dues::due_at, obligation_dues::id, claims::id))
        .limit(MOST)
        .load(db)?;
    let (mut dues, mut figures): (Vec<Due>, Vec<Claim>) = (Vec::new(), Vec::new());
    for (due, claim) in rows {
        if dues.last().is_none_or(|last| last.id != due.id) {
            dues.push(due);
        }
        figures.extend(claim);
    }
    figures.sort_by_key(|c| (c.ends_on, c.reported_at, c.id));
    Ok((dues, figures))
}

/// The due dates of an agreement, in order.
///
/// # Errors
/// What the database says.
pub fn dues_of_agreement(db: &mut Db, agreement: Id<Agreement>) -> Result<Vec<Due>> {
    Ok(obligation_dues::table
        .filter(obligation_dues::agreement_id.eq(agreement))
        .select(Due::as_select())
        .order((obligation_dues::due_at, obligation_dues::id))
        .limit(MOST)
        .load(db)?)
}

/// Most due dates that are caught up with at once.
const MOST_LEFT_BEHIND: i64 = 200;

/// Due dates whose days of grace or time to cure were over before a day, no figure of which is with the council, and which
/// nevertheless came to nothing; those that wait longest first.
pub(super) fn left_behind(db: &mut Db, before: LocalDate) -> Result<Vec<Id<Due>>> {
    // In words and not as values: only so the index of what still waits is used.
    let waiting = sql::<Bool>("obligation_dues.state IN ('pending', 'missed')");
    Ok(obligation_dues::table
        .filter(waiting)
        .filter(obligation_dues::grace_until.lt(before))
        .filter(obligation_dues::state.eq(DueState::Pending).or(obligation_dues::cure_by.lt(before)))
        .filter(obligation_dues::claim_state.is_null().or(obligation_dues::claim_state.ne(ClaimState::Reported)))
        .select(obligation_dues::id)
        .order((obligation_dues::grace_until, obligation_dues::id))
        .limit(MOST_LEFT_BEHIND)
        .load(db)?)
}

pub(super) fn insert_due(db: &mut Db, due: &Due) -> Result<()> {
    diesel::insert_into(obligation_dues::table).values(due).execute(db)?;
    Ok(())
}

/// Writes what may change of a due date.
pub(super) fn set_due(db: &mut Db, due: &Due) -> Result<()> {
    diesel::update(obligation_dues::table.filter(obligation_dues::id.eq(due.id)))
        .set((
            obligation_dues::state.eq(due.state),
            obligation_dues::claim_state.eq(due.claim_state),
            obligation_dues::cure_by.eq(due.cure_by),
            obligation_dues::next_step.eq(due.next_step),
        ))
        .execute(db)?;
    Ok(())
}

crate::text_enum! {
    /// Which due dates are listed.
    pub enum DueFilter {
        Open = "open" => "Open",
        ToVerify = "to_verify" => "To check",
        Overdue = "overdue" => "Overdue",
        Missed = "missed" => "To be put right",
        Breach = "breach" => "In breach",
        Upcoming = "upcoming" => "Coming up",
        Decided = "decided" => "Decided",
        All = "all" => "All",
    }
}

/// A due date with its obligation and the name of the organisation.
pub(super) type Named = (Due, Obligation, String);

/// Due dates by their day, earliest first.
pub(super) fn list(
    db: &mut Db,
    whose: &Whose,
    filter: DueFilter,
    now: Instant,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Named>> {
    let mut query = obligation_dues::table
        .inner_join(obligations::table.on(obligations::id.eq(obligation_dues::obligation_id)))
        .inner_join(organisations::table.on(organisations::id.eq(obligation_dues::organisation_id)))
        .select((Due::as_select(), Obligation::as_select(), organisations::name))
        .into_boxed::<MultiBackend>();
    query = match whose {
        Whose::Authority(authority) => query.filter(obligation_dues::authority_id.eq(*authority)),
        Whose::Organisations(own) => query.filter(obligation_dues::organisation_id.eq_any(own.clone())),
    };
    query = match filter {
        DueFilter::Open => query.filter(obligation_dues::state.eq_any([DueState::Pending, DueState::Missed])),
        DueFilter::ToVerify => query.filter(obligation_dues::claim_state.eq(ClaimState::Reported)),
        DueFilter::Overdue => query
            .filter(obligation_dues::state.eq(DueState::Pending))
            .filter(obligation_dues::claim_state.is_null().or(obligation_dues::claim_state.ne(ClaimState::Reported)))
            .filter(obligation_dues::due_at.le(now)),
        DueFilter::Missed => query.filter(obligation_dues::state.eq(DueState::Missed)),
        DueFilter::Breach => query.filter(obligation_dues::state.eq_any(IN_BREACH)),
        DueFilter::Upcoming => {
            query.filter(obligation_dues::state.eq(DueState::Pending)).filter(obligation_dues::due_at.gt(now))
        }
        DueFilter::Decided => query.filter(obligation_dues::state.eq_any([
            DueState::Met,
            DueState::Cured,
            DueState::Waived,
            DueState::Closed,
        ])),
        DueFilter::All => query,
    };
    if let Some(cursor) = after {
        query = query.filter(crate::later!(obligation_dues::due_at, obligation_dues::id, cursor));
    }
    let rows = query.order((obligation_dues::due_at, obligation_dues::id)).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |(due, ..): &Named| Cursor { at: due.due_at, id: due.id.to_string() }))
}

/// A due date that needs somebody, with the reference of its agreement and the step that waits in a breach.
#[derive(Queryable)]
pub(super) struct Pressing {
    pub(super) due: Due,
    pub(super) reference: String,
    pub(super) organisation: String,
    pub(super) title: String,
    pub(super) measure: String,
    pub(super) next_step: Option<String>,
}

/// Breaches that wait for a step, misses, figures to check and figures overdue, in this order and the earliest first.
pub(super) fn pressing(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    now: Instant,
    limit: i64,
) -> Result<Vec<Pressing>> {
    // A breach that was enforced or reserved and for which nothing waits needs nobody today.
    let breach = obligation_dues::state
        .eq(DueState::Breached)
        .or(obligation_dues::state.eq_any(IN_BREACH).and(remedy_steps::id.is_not_null()));
    let missed = || obligation_dues::state.eq(DueState::Missed);
    let to_verify = || {
        obligation_dues::claim_state
            .eq(ClaimState::Reported)
            .and(obligation_dues::state.ne_all([DueState::Enforced, DueState::Reserved]))
    };
    let overdue = obligation_dues::state.eq(DueState::Pending).and(obligation_dues::due_at.le(now));
    let order = case_when(obligation_dues::state.eq_any(IN_BREACH), 0.into_sql::<Integer>())
        .when(missed(), 1.into_sql::<Integer>())
        .when(to_verify(), 2.into_sql::<Integer>())
        .otherwise(3.into_sql::<Integer>());
    Ok(obligation_dues::table
        .inner_join(agreements::table.on(agreements::id.eq(obligation_dues::agreement_id)))
        .inner_join(obligations::table.on(obligations::id.eq(obligation_dues::obligation_id)))
        .inner_join(organisations::table.on(organisations::id.eq(obligation_dues::organisation_id)))
        .left_join(
            remedy_steps::table.on(remedy_steps::due_id
                .eq(obligation_dues::id)
                .and(remedy_steps::taken_at.is_null())
                .and(remedy_steps::withdrawn_at.is_null())),
        )
        .filter(obligation_dues::authority_id.eq(authority))
        .filter(breach.or(missed()).or(to_verify()).or(overdue))
        .select((
            Due::as_select(),
            agreements::reference,
            organisations::name,
            obligations::title,
            obligations::measure,
            remedy_steps::title.nullable(),
        ))
        .order((order, obligation_dues::due_at, obligation_dues::id))
        .limit(limit)
        .load(db)?)
}

/// Notes that a due date passed a moment; says whether it was the first time.
pub(super) fn pass_moment(db: &mut Db, due: &Due, moment: Moment, now: Instant) -> Result<bool> {
    let passed: i64 = due_moments::table
        .filter(due_moments::due_id.eq(due.id))
        .filter(due_moments::moment.eq(moment))
        .count()
        .get_result(db)?;
    if passed > 0 {
        return Ok(false);
    }
    let id: Id<Moment> = Id::new();
    diesel::insert_into(due_moments::table)
        .values((
            due_moments::id.eq(id),
            due_moments::authority_id.eq(due.authority_id),
            due_moments::due_id.eq(due.id),
            due_moments::moment.eq(moment),
            due_moments::passed_at.eq(now),
        ))
        .execute(db)?;
    Ok(true)
}

/// One figure.
///
/// # Errors
/// NotFound.
pub fn find_claim(db: &mut Db, id: Id<Claim>) -> Result<Claim> {
    Ok(claims::table.filter(claims::id.eq(id)).select(Claim::as_select()).first(db)?)
}

pub(super) fn claims_of_due(db: &mut Db, due: Id<Due>) -> Result<Vec<Claim>> {
    Ok(claims::table
        .filter(claims::due_id.eq(due))
        .select(Claim::as_select())
        .order((claims::reported_at.desc(), claims::id.desc()))
        .limit(100)
        .load(db)?)
}

/// The figures of an agreement that count or may come to count, by period and then by when they were reported.
///
/// # Errors
/// What the database says.
pub fn claims_of_agreement(db: &mut Db, agreement: Id<Agreement>) -> Result<Vec<Claim>> {
    let rows = claims::table
        .filter(claims::agreement_id.eq(agreement))
        .filter(claims::state.eq_any(COUNTING).or(claims::verified.is_not_null()))
        .select(Claim::as_select())
        .order((claims::ends_on, claims::reported_at, claims::id))
        .limit(MOST + 1)
        .load(db)?;
    // Totals are made of them.
    uncut(rows, MOST)
}

/// What was agreed, promised and reported for a mission.
#[derive(Default)]
pub(super) struct MissionRecord {
    pub(super) agreements: Vec<AgreedForMission>,
    pub(super) promises: Vec<Promised>,
    /// Figures that count or may come to count, by period and then by when they were reported.
    pub(super) claims: Vec<Claim>,
}

/// An agreement that serves a mission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct AgreedForMission {
    /// The agreement.
    pub id: Id<Agreement>,
    /// Contract or investment.
    pub kind: AgreementKind,
    /// With whom.
    pub organisation: Id<actor::Organisation>,
    /// What was agreed.
    pub value: Pence,
}

/// What totals take of an obligation.
#[derive(Queryable)]
#[expect(clippy::struct_field_names, reason = "named as its column is")]
pub(super) struct Promised {
    pub(super) id: Id<Obligation>,
    pub(super) measure: String,
    pub(super) unit: String,
    pub(super) direction: Direction,
    pub(super) promised: Quantity,
}

/// The agreements of a mission, their obligations and the figures reported under them. What was cancelled before
/// anything was paid is left out. One statement.
pub(super) fn record_of_mission(db: &mut Db, mission: Id<Mission>) -> Result<MissionRecord> {
    let rows: Vec<(AgreedForMission, Option<Promised>, Option<Claim>)> = agreements::table
        .left_join(obligations::table.on(obligations::agreement_id.eq(agreements::id)))
        .left_join(
            claims::table.on(claims::obligation_id
                .eq(obligations::id)
                .and(claims::state.eq_any(COUNTING).or(claims::verified.is_not_null()))),
        )
        .filter(agreements::mission_id.eq(mission))
        .filter(counts())
        .select((
            (agreements::id, agreements::kind, agreements::organisation_id, sql::<BigInt>(VALUE_LEFT)),
            (obligations::id, obligations::measure, obligations::unit, obligations::direction, obligations::promised)
                .nullable(),
            Option::<Claim>::as_select(),
        ))
        .order((agreements::id, obligations::id, claims::id))
        .limit(MOST + 1)
        .load(db)?;
    let mut found = MissionRecord::default();
    // Totals are made of them.
    for (agreement, promise, claim) in uncut(rows, MOST)? {
        if found.agreements.last().is_none_or(|last| last.id != agreement.id) {
            found.agreements.push(agreement);
        }
        found.promises.extend(promise.filter(|p| found.promises.last().is_none_or(|last| last.id != p.id)));
        found.claims.extend(claim);
    }
    found.claims.sort_by_key(|c| (c.ends_on, c.reported_at, c.id));
    Ok(found)
}

pub(super) fn insert_claim(db: &mut Db, claim: &Claim) -> Result<()> {
    diesel::insert_into(claims::table).values(claim).execute(db)?;
    Ok(())
}

/// Writes what may change of a figure.
pub(super) fn set_claim(db: &mut Db, claim: &Claim) -> Result<()> {
    diesel::update(claims::table.filter(claims::id.eq(claim.id)))
        .set((
            claims::state.eq(claim.state),
            claims::counted.eq(claim.counted),
            claims::verified.eq(claim.verified),
            claims::reason.eq(claim.reason.clone()),
            claims::decided_at.eq(claim.decided_at),
            claims::decided_by.eq(claim.decided_by),
        ))
        .execute(db)?;
    Ok(())
}

pub(super) fn remedies_of_due(db: &mut Db, due: Id<Due>) -> Result<Vec<RemedyStep>> {
    Ok(remedy_steps::table
        .filter(remedy_steps::due_id.eq(due))
        .select(RemedyStep::as_select())
        .order((remedy_steps::proposed_at, remedy_steps::id))
        .limit(200)
        .load(db)?)
}

pub(super) fn find_remedy(db: &mut Db, id: Id<RemedyStep>) -> Result<RemedyStep> {
    Ok(remedy_steps::table.filter(remedy_steps::id.eq(id)).select(RemedyStep::as_select()).first(db)?)
}

pub(super) fn insert_remedy(db: &mut Db, step: &RemedyStep) -> Result<()> {
    diesel::insert_into(remedy_steps::table).values(step).execute(db)?;
    Ok(())
}

pub(super) fn withdraw_remedies(db: &mut Db, due: Id<Due>, now: Instant) -> Result<()> {
    diesel::update(
        remedy_steps::table
            .filter(remedy_steps::due_id.eq(due))
            .filter(remedy_steps::taken_at.is_null())
            .filter(remedy_steps::withdrawn_at.is_null()),
    )
    .set(remedy_steps::withdrawn_at.eq(now))
    .execute(db)?;
    Ok(())
}

pub(super) fn set_remedy_taken(db: &mut Db, step: &RemedyStep) -> Result<()> {
    diesel::update(remedy_steps::table.filter(remedy_steps::id.eq(step.id)))
        .set((
            remedy_steps::taken_at.eq(step.taken_at),
            remedy_steps::taken_by.eq(step.taken_by),
            remedy_steps::taken_reason.eq(step.taken_reason.clone()),
        ))
        .execute(db)?;
    Ok(())
}

/// The newest figure of a due date that was not replaced.
pub(super) fn newest_claim(db: &mut Db, due: Id<Due>) -> Result<Option<Claim>> {
    Ok(claims::table
        .filter(claims::due_id.eq(due))
        .filter(claims::state.ne(ClaimState::Replaced))
        .select(Claim::as_select())
        .order((claims::reported_at.desc(), claims::id.desc()))
        .first(db)
        .optional()?)
}

/// What an officer accepted, when anything counts: never more than counts now.
pub(super) fn at_most(verified: Quantity, counted: Quantity) -> Quantity {
    if verified.get() > counted.get() { counted } else { verified }
}
