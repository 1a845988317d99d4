//! Rows of investments.

use super::book::Book;
use super::model::{
    Drawdown, Entry, Investment, InvestmentState, Precedent, ProposalState, Restructuring, ScheduleVersion, StoredFact,
    Valuation,
};
use super::whole::{self, Head};
use crate::agreements::Agreement;
use crate::awards::PartLine;
use crate::db::schema::{
    investment_cancellations, investment_drawdowns, investment_entries, investment_facts, investment_precedents,
    investment_restructurings, investment_schedules, investment_valuations, investments, missions, organisations,
};
use crate::db::{After, Db, Json, MultiBackend, Page, uncut};
use crate::error::Result;
use crate::finance::terms::NewTerms;
use crate::funds::Fund;
use crate::missions::Mission;
use crate::values::{Account, Id, Instant, LocalDate, Pence, actor};
use diesel::prelude::*;
use std::collections::HashMap;

/// Most investments of one fund that are read together.
pub const MOST_HOLDINGS: i64 = 2_000;

/// One investment.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Investment>) -> Result<Investment> {
    Ok(investments::table.filter(investments::id.eq(id)).select(Investment::as_select()).first(db)?)
}

/// The investments that an agreement made, in the order of its parts; none before it did, and for a contract.
///
/// # Errors
/// What the database says.
pub fn by_agreement(db: &mut Db, agreement: Id<Agreement>) -> Result<Vec<Investment>> {
    Ok(investments::table
        .filter(investments::agreement_id.eq(agreement))
        .select(Investment::as_select())
        .order((investments::part, investments::id))
        .limit(200)
        .load(db)?)
}

/// Investments of an enterprise, those of the newest agreement first and its parts in their order, at most 200.
///
/// # Errors
/// What the database says.
pub fn of_organisation(db: &mut Db, organisations: &[Id<actor::Organisation>]) -> Result<Vec<Investment>> {
    Ok(investments::table
        .filter(investments::organisation_id.eq_any(organisations))
        .select(Investment::as_select())
        .order((investments::agreement_id.desc(), investments::part, investments::id))
        .limit(200)
        .load(db)?)
}

/// As [`of_organisation`], one page, in the order in which an index has them: the newest first.
pub(super) fn page_of_organisations(
    db: &mut Db,
    organisations: &[Id<actor::Organisation>],
    after: Option<&After>,
    limit: usize,
) -> Result<Page<Investment, After>> {
    let mut query = investments::table
        .filter(investments::organisation_id.eq_any(organisations.to_vec()))
        .select(Investment::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(After(id)) = after {
        query = query.filter(investments::id.lt(id.clone()));
    }
    let rows = query.order(investments::id.desc()).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |i: &Investment| After(i.id.to_string())))
}

/// Investments that serve a mission: identifier, agreed amount, state; at most 2,000.
///
/// # Errors
/// What the database says.
pub fn of_mission(db: &mut Db, mission: Id<Mission>) -> Result<Vec<Investment>> {
    Ok(investments::table
        .filter(investments::mission_id.eq(mission))
        .select(Investment::as_select())
        .order(investments::id)
        .limit(MOST_HOLDINGS)
        .load(db)?)
}

/// An investment with all that its figures are made of. Three statements.
///
/// # Errors
/// NotFound.
pub fn load_book(db: &mut Db, id: Id<Investment>) -> Result<Book> {
    Ok(load_named(db, id)?.0)
}

/// An investment with all that its figures are made of, and the names of its enterprise and its fund. Three statements.
///
/// # Errors
/// NotFound.
pub(super) fn load_named(db: &mut Db, id: Id<Investment>) -> Result<(Book, String, String)> {
    let (book, head) = load_headed(db, id)?;
    Ok((book, head.0, head.1))
}

/// An investment with all that its figures are made of, the name of its fund, and the parts of its agreement. Three
/// statements.
///
/// # Errors
/// NotFound.
pub(super) fn load_with_parts(db: &mut Db, id: Id<Investment>) -> Result<(Book, String, Vec<PartLine>, Pence)> {
    let (book, (_, fund, _, parts, left)) = load_headed(db, id)?;
    Ok((book, fund, parts, left))
}

/// An investment with all that its figures are made of, and its changes in any state, the oldest first. Three statements.
///
/// # Errors
/// NotFound.
pub(super) fn load_changed(db: &mut Db, id: Id<Investment>) -> Result<(Book, Vec<Restructuring>)> {
    let (book, (_, _, changes, ..)) = load_headed(db, id)?;
    Ok((book, changes))
}

type Around = (String, String, Vec<Restructuring>, Vec<PartLine>, Pence);

fn load_headed(db: &mut Db, id: Id<Investment>) -> Result<(Book, Around)> {
    let Head { investment, schedule, drawdowns, name, fund, changes, parts, left, .. } = whole::head(db, id)?;
    let entries = entries_of(db, &[id])?;
    let valuations = valuations_of(db, &[id])?;
    Ok((Book { investment, schedule, drawdowns, entries, valuations }, (name, fund, changes, parts, left)))
}

fn entries_of(db: &mut Db, ids: &[Id<Investment>]) -> Result<Vec<Entry>> {
    const MOST: i64 = 500 * MOST_HOLDINGS;
    let rows = investment_entries::table
        .filter(investment_entries::investment_id.eq_any(ids))
        .select(Entry::as_select())
        .order((investment_entries::booked_on, investment_entries::id))
        .limit(MOST + 1)
        .load(db)?;
    uncut(rows, MOST)
}

fn valuations_of(db: &mut Db, ids: &[Id<Investment>]) -> Result<Vec<Valuation>> {
    const MOST: i64 = 50 * MOST_HOLDINGS;
    let rows = investment_valuations::table
        .filter(investment_valuations::investment_id.eq_any(ids))
        .select(Valuation::as_select())
        .order((investment_valuations::valued_on, investment_valuations::id))
        .limit(MOST + 1)
        .load(db)?;
    uncut(rows, MOST)
}

/// One of a fund's holdings.
#[derive(Clone, Debug)]
pub struct Held {
    /// All that its figures are made of.
    pub book: Book,
    /// The name of its enterprise.
    pub name: String,
    /// The title of the mission it serves.
    pub mission: String,
    /// Conditions precedent that should have been verified by now and are not.
    pub overdue_precedents: i64,
    /// Whether a change of the loan waits for a decision.
    pub change_open: bool,
    /// Whether cancelling it waits for a decision.
    pub cancelling: bool,
}

/// Overdue conditions precedent, open changes, and open proposals to cancel it.
type Counts = (Option<i64>, Option<i64>, Option<i64>);

/// An investment, its enterprise, its mission's title, its schedule in force, and what waits.
type HeldRow = (Investment, String, Option<String>, Option<ScheduleVersion>, Counts);

/// A fund's holdings on a day with all that their figures are made of, in the order they were made. Three statements,
/// however many holdings.
///
/// # Errors
/// What the database says.
pub fn portfolio(db: &mut Db, fund: Id<Fund>, on: LocalDate) -> Result<Vec<Held>> {
    type Joined = (Investment, String, Option<String>, Option<ScheduleVersion>, Counts, Option<Drawdown>);
    const MOST: i64 = 20 * MOST_HOLDINGS;
    let open = investment_restructurings::table
        .filter(investment_restructurings::investment_id.eq(investments::id))
        .filter(investment_restructurings::state.eq(ProposalState::Proposed))
        .count()
        .single_value();
    let cancelling = investment_cancellations::table
        .filter(investment_cancellations::investment_id.eq(investments::id))
        .filter(investment_cancellations::state.eq(ProposalState::Proposed))
        .count()
        .single_value();
    let overdue = investment_precedents::table
        .filter(investment_precedents::investment_id.eq(investments::id))
        .filter(investment_precedents::verified_at.is_null())
        .filter(investment_precedents::due_on.lt(on))
        .count()
        .single_value();
    let rows: Vec<Joined> = investments::table
        .inner_join(organisations::table.on(organisations::id.eq(investments::organisation_id)))
        // Money counts whether or not its mission is found.
        .left_join(missions::table.on(missions::id.eq(investments::mission_id)))
        .left_join(
            investment_schedules::table.on(investment_schedules::investment_id
                .eq(investments::id)
                .and(investment_schedules::version.eq(investments::schedule_version))),
        )
        .left_join(investment_drawdowns::table.on(investment_drawdowns::investment_id.eq(investments::id)))
        .filter(investments::fund_id.eq(fund))
        .select((
            Investment::as_select(),
            organisations::name,
            missions::title.nullable(),
            Option::<ScheduleVersion>::as_select(),
            (overdue, open, cancelling),
            Option::<Drawdown>::as_select(),
        ))
        .order((investments::id, investment_drawdowns::pay_on, investment_drawdowns::id))
        .limit(MOST + 1)
        .load(db)?;
    let rows = uncut(rows, MOST)?;
    let mut drawdowns: HashMap<_, Vec<Drawdown>> = HashMap::new();
    let mut heads: Vec<HeldRow> = Vec::new();
    for (investment, name, mission, schedule, counts, drawdown) in rows {
        drawdowns.entry(investment.id).or_default().extend(drawdown);
        if heads.last().is_none_or(|(last, ..)| last.id != investment.id) {
            heads.push((investment, name, mission, schedule, counts));
        }
    }
    let ids: Vec<Id<Investment>> = heads.iter().map(|(i, ..)| i.id).collect();
    let mut entries: HashMap<_, Vec<Entry>> = HashMap::new();
    for row in entries_of(db, &ids)? {
        entries.entry(row.investment_id).or_default().push(row);
    }
    let mut valuations: HashMap<_, Vec<Valuation>> = HashMap::new();
    for row in valuations_of(db, &ids)? {
        valuations.entry(row.investment_id).or_default().push(row);
    }
    Ok(heads
        .into_iter()
        .map(|(investment, name, mission, schedule, (overdue, open, cancelling))| {
            let id = investment.id;
            let book = Book {
                investment,
                schedule,
                drawdowns: drawdowns.remove(&id).unwrap_or_default(),
                entries: entries.remove(&id).unwrap_or_default(),
                valuations: valuations.remove(&id).unwrap_or_default(),
            };
            Held {
                book,
                name,
                mission: mission.unwrap_or_default(),
                overdue_precedents: overdue.unwrap_or(0),
                change_open: open.unwrap_or(0) > 0,
                cancelling: cancelling.unwrap_or(0) > 0,
            }
        })
        .collect())
}

pub(super) fn precedents(db: &mut Db, id: Id<Investment>) -> Result<Vec<Precedent>> {
    Ok(investment_precedents::table
        .filter(investment_precedents::investment_id.eq(id))
        .select(Precedent::as_select())
        .order((investment_precedents::position, investment_precedents::id))
        .limit(200)
        .load(db)?)
}

pub(super) fn find_precedent(db: &mut Db, id: Id<Precedent>) -> Result<Precedent> {
    Ok(investment_precedents::table
        .filter(investment_precedents::id.eq(id))
        .select(Precedent::as_select())
        .first(db)?)
}

pub(super) fn find_drawdown(db: &mut Db, id: Id<Drawdown>) -> Result<Drawdown> {
    Ok(investment_drawdowns::table.filter(investment_drawdowns::id.eq(id)).select(Drawdown::as_select()).first(db)?)
}

pub(super) fn find_valuation(db: &mut Db, id: Id<Valuation>) -> Result<Valuation> {
    Ok(investment_valuations::table
        .filter(investment_valuations::id.eq(id))
        .select(Valuation::as_select())
        .first(db)?)
}

pub(super) fn insert_fact(db: &mut Db, fact: &StoredFact) -> Result<()> {
    diesel::insert_into(investment_facts::table).values(fact).execute(db)?;
    Ok(())
}

pub(super) fn insert(db: &mut Db, investment: &Investment) -> Result<()> {
    diesel::insert_into(investments::table).values(investment).execute(db)?;
    Ok(())
}

pub(super) fn insert_precedent(db: &mut Db, precedent: &Precedent) -> Result<()> {
    diesel::insert_into(investment_precedents::table).values(precedent).execute(db)?;
    Ok(())
}

pub(super) fn insert_drawdown(db: &mut Db, drawdown: &Drawdown) -> Result<()> {
    diesel::insert_into(investment_drawdowns::table).values(drawdown).execute(db)?;
    Ok(())
}

pub(super) fn insert_schedule(db: &mut Db, version: &ScheduleVersion) -> Result<()> {
    diesel::insert_into(investment_schedules::table).values(version).execute(db)?;
    Ok(())
}

pub(super) fn insert_entry(db: &mut Db, entry: &Entry) -> Result<()> {
    diesel::insert_into(investment_entries::table).values(entry).execute(db)?;
    Ok(())
}

pub(super) fn insert_valuation(db: &mut Db, valuation: &Valuation) -> Result<()> {
    diesel::insert_into(investment_valuations::table).values(valuation).execute(db)?;
    Ok(())
}

/// Sets a precedent verified, unless somebody did first; says whether it was this call.
pub(super) fn set_verified(
    db: &mut Db,
    id: Id<Precedent>,
    evidence: &str,
    by: Id<Account>,
    at: Instant,
) -> Result<bool> {
    let changed = diesel::update(
        investment_precedents::table
            .filter(investment_precedents::id.eq(id))
            .filter(investment_precedents::verified_at.is_null()),
    )
    .set((
        investment_precedents::evidence.eq(Some(evidence)),
        investment_precedents::verified_by.eq(Some(by)),
        investment_precedents::verified_at.eq(Some(at)),
    ))
    .execute(db)?;
    Ok(changed == 1)
}

/// Decides a proposed drawdown, unless somebody did first; says whether it was this call.
pub(super) fn decide_drawdown(
    db: &mut Db,
    id: Id<Drawdown>,
    state: ProposalState,
    by: Id<Account>,
    at: Instant,
) -> Result<bool> {
    let changed = diesel::update(
        investment_drawdowns::table
            .filter(investment_drawdowns::id.eq(id))
            .filter(investment_drawdowns::state.eq(ProposalState::Proposed)),
    )
    .set((
        investment_drawdowns::state.eq(state),
        investment_drawdowns::decided_by.eq(Some(by)),
        investment_drawdowns::decided_at.eq(Some(at)),
    ))
    .execute(db)?;
    Ok(changed == 1)
}

pub(super) fn find_restructuring(db: &mut Db, id: Id<Restructuring>) -> Result<Restructuring> {
    Ok(investment_restructurings::table
        .filter(investment_restructurings::id.eq(id))
        .select(Restructuring::as_select())
        .first(db)?)
}

pub(super) fn insert_restructuring(db: &mut Db, restructuring: &Restructuring) -> Result<()> {
    diesel::insert_into(investment_restructurings::table).values(restructuring).execute(db)?;
    Ok(())
}

/// Approves a proposed change with its terms, unless somebody decided first; says whether it was this call.
pub(super) fn approve_restructuring(
    db: &mut Db,
    id: Id<Restructuring>,
    agreed: NewTerms,
    by: Id<Account>,
    at: Instant,
) -> Result<bool> {
    let changed = diesel::update(
        investment_restructurings::table
            .filter(investment_restructurings::id.eq(id))
            .filter(investment_restructurings::state.eq(ProposalState::Proposed)),
    )
    .set((
        investment_restructurings::state.eq(ProposalState::Approved),
        investment_restructurings::agreed.eq(Some(Json(agreed))),
        investment_restructurings::decided_by.eq(Some(by)),
        investment_restructurings::decided_at.eq(Some(at)),
    ))
    .execute(db)?;
    Ok(changed == 1)
}

/// Declines a proposed change and keeps why, unless somebody decided first; says whether it was this call.
pub(super) fn decline_restructuring(
    db: &mut Db,
    id: Id<Restructuring>,
    reason: &str,
    by: Id<Account>,
    at: Instant,
) -> Result<bool> {
    let changed = diesel::update(
        investment_restructurings::table
            .filter(investment_restructurings::id.eq(id))
            .filter(investment_restructurings::state.eq(ProposalState::Proposed)),
    )
    .set((
        investment_restructurings::state.eq(ProposalState::Declined),
        investment_restructurings::decline_reason.eq(Some(reason)),
        investment_restructurings::decided_by.eq(Some(by)),
        investment_restructurings::decided_at.eq(Some(at)),
    ))
    .execute(db)?;
    Ok(changed == 1)
}

/// Decides a proposed valuation, unless somebody did first; says whether it was this call.
pub(super) fn decide_valuation(
    db: &mut Db,
    id: Id<Valuation>,
    state: ProposalState,
    by: Id<Account>,
    at: Instant,
) -> Result<bool> {
    let changed = diesel::update(
        investment_valuations::table
            .filter(investment_valuations::id.eq(id))
            .filter(investment_valuations::state.eq(ProposalState::Proposed)),
    )
    .set((
        investment_valuations::state.eq(state),
        investment_valuations::decided_by.eq(Some(by)),
        investment_valuations::decided_at.eq(Some(at)),
    ))
    .execute(db)?;
    Ok(changed == 1)
}

pub(super) fn set_state(
    db: &mut Db,
    id: Id<Investment>,
    state: InvestmentState,
    closed_on: Option<LocalDate>,
) -> Result<()> {
    diesel::update(investments::table.filter(investments::id.eq(id)))
        .set((investments::state.eq(state), investments::closed_on.eq(closed_on)))
        .execute(db)?;
    Ok(())
}

pub(super) fn set_schedule(db: &mut Db, id: Id<Investment>, version: i64) -> Result<()> {
    diesel::update(investments::table.filter(investments::id.eq(id)))
        .set((investments::schedule_version.eq(version), investments::state.eq(InvestmentState::Running)))
        .execute(db)?;
    Ok(())
}
