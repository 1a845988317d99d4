//! One investment with all that its page shows, and the names of the people who acted, in few statements.

use super::book::Book;
use super::cancelling_store;
use super::model::{Cancellation, Drawdown, Entry, Investment, Precedent, Restructuring, ScheduleVersion, Valuation};
use crate::agreements::VALUE_LEFT;
use crate::awards::{AwardTerms, PartLine};
use crate::db::schema::{
    accounts, agreements, funds, investment_drawdowns, investment_entries, investment_precedents,
    investment_restructurings, investment_schedules, investment_valuations, investments, missions, organisations,
};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::values::{Account, Id, Pence};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::HashMap;

/// The names of accounts.
pub(super) type Names = HashMap<Id<Account>, String>;

/// Most rows of one list of one investment.
const MOST: i64 = 20_000;

/// An investment with its schedule in force, its payments out and what is around it.
pub(super) struct Head {
    pub(super) investment: Investment,
    pub(super) schedule: Option<ScheduleVersion>,
    pub(super) drawdowns: Vec<Drawdown>,
    /// The name of its enterprise.
    pub(super) name: String,
    /// The name of its fund.
    pub(super) fund: String,
    /// The title of the mission it serves; empty when it is not found.
    pub(super) mission: String,
    /// Its changes in any state, the oldest first.
    pub(super) changes: Vec<Restructuring>,
    /// The parts of its agreement, itself among them.
    pub(super) parts: Vec<PartLine>,
    /// What its agreement comes to without the parts that were cancelled before anything was paid.
    pub(super) left: Pence,
    /// Who proposed and decided its payments out and its changes.
    pub(super) names: Names,
}

/// Everything that the page of one investment is made of.
pub(super) struct Whole {
    pub(super) book: Book,
    pub(super) name: String,
    pub(super) fund: String,
    pub(super) mission: String,
    pub(super) precedents: Vec<Precedent>,
    /// Changes of the loan in any state, the oldest first.
    pub(super) changes: Vec<Restructuring>,
    /// Proposals to cancel it before anything was paid, the oldest first.
    pub(super) cancellations: Vec<Cancellation>,
    /// The parts of its agreement, itself among them.
    pub(super) parts: Vec<PartLine>,
    /// What its agreement comes to without the parts that were cancelled before anything was paid.
    pub(super) left: Pence,
    /// Who did anything to it.
    pub(super) names: Names,
}

/// The row of an investment and what hangs on it one to one or a few times. One statement.
pub(super) fn head(db: &mut Db, id: Id<Investment>) -> Result<Head> {
    type Joined = (
        Investment,
        String,
        String,
        Option<String>,
        Option<ScheduleVersion>,
        Option<Drawdown>,
        Option<Restructuring>,
        Option<Id<Account>>,
        Option<String>,
        Json<AwardTerms>,
        i64,
    );
    let rows: Vec<Joined> = investments::table
        .inner_join(organisations::table.on(organisations::id.eq(investments::organisation_id)))
        .inner_join(funds::table.on(funds::id.eq(investments::fund_id)))
        .inner_join(agreements::table.on(agreements::id.eq(investments::agreement_id)))
        .left_join(missions::table.on(missions::id.eq(investments::mission_id)))
        .left_join(
            investment_schedules::table.on(investment_schedules::investment_id
                .eq(investments::id)
                .and(investment_schedules::version.eq(investments::schedule_version))),
        )
        .left_join(investment_drawdowns::table.on(investment_drawdowns::investment_id.eq(investments::id)))
        .left_join(investment_restructurings::table.on(investment_restructurings::investment_id.eq(investments::id)))
        .left_join(
            accounts::table.on(investment_drawdowns::proposed_by
                .nullable()
                .eq(accounts::id.nullable())
                .or(investment_drawdowns::decided_by.eq(accounts::id.nullable()))
                .or(investment_restructurings::proposed_by.nullable().eq(accounts::id.nullable()))
                .or(investment_restructurings::decided_by.eq(accounts::id.nullable()))),
        )
        .filter(investments::id.eq(id))
        .select((
            Investment::as_select(),
            organisations::name,
            funds::name,
            missions::title.nullable(),
            Option::<ScheduleVersion>::as_select(),
            Option::<Drawdown>::as_select(),
            Option::<Restructuring>::as_select(),
            accounts::id.nullable(),
            accounts::name.nullable(),
            agreements::terms,
            sql::<BigInt>(VALUE_LEFT),
        ))
        .order((investment_drawdowns::pay_on, investment_drawdowns::id, investment_restructurings::id))
        .limit(MOST)
        .load(db)?;
    let mut names = Names::new();
    let mut drawdowns: Vec<Drawdown> = Vec::new();
    let mut first = None;
    let mut changes: Vec<Restructuring> = Vec::new();
    for (investment, name, fund, mission, schedule, drawdown, change, account, person, agreed, left) in rows {
        changes.extend(change.filter(|c| changes.iter().all(|seen| seen.id != c.id)));
        names.extend(account.zip(person));
        drawdowns.extend(drawdown.filter(|d| drawdowns.last().is_none_or(|last| last.id != d.id)));
        first.get_or_insert((investment, name, fund, mission, schedule, agreed, left));
    }
    let (investment, name, fund, mission, schedule, agreed, left) = first.ok_or(Error::NotFound)?;
    let mission = mission.unwrap_or_default();
    let parts = agreed.0.listed();
    let left = Pence(left);
    Ok(Head { investment, schedule, drawdowns, name, fund, mission, changes, parts, left, names })
}

/// Everything of one investment that its page shows. Four statements.
///
/// # Errors
/// NotFound.
pub(super) fn load(db: &mut Db, id: Id<Investment>) -> Result<Whole> {
    let Head { investment, schedule, drawdowns, name, fund, mission, changes, parts, left, mut names } = head(db, id)?;
    // Before there is a schedule nothing can come in, and only then it can be cancelled: one of the two is asked for.
    let (entries, cancellations) = if schedule.is_none() {
        let (cancellations, people) = cancelling_store::list(db, id)?;
        names.extend(people);
        (Vec::new(), cancellations)
    } else {
        (entries_of(db, id)?, Vec::new())
    };
    let entries = entries
        .into_iter()
        .map(|(entry, person)| {
            names.extend(entry.made_by.zip(person));
            entry
        })
        .collect();
    let found: Vec<(Valuation, Option<Id<Account>>, Option<String>)> = investment_valuations::table
        .left_join(
            accounts::table.on(investment_valuations::proposed_by
                .nullable()
                .eq(accounts::id.nullable())
                .or(investment_valuations::decided_by.eq(accounts::id.nullable()))),
        )
        .filter(investment_valuations::investment_id.eq(id))
        .select((Valuation::as_select(), accounts::id.nullable(), accounts::name.nullable()))
        .order((investment_valuations::valued_on, investment_valuations::id))
        .limit(MOST)
        .load(db)?;
    let mut valuations: Vec<Valuation> = Vec::new();
    for (valuation, account, person) in found {
        names.extend(account.zip(person));
        if valuations.last().is_none_or(|last| last.id != valuation.id) {
            valuations.push(valuation);
        }
    }
    let precedents: Vec<(Precedent, Option<String>)> = investment_precedents::table
        .left_join(accounts::table.on(investment_precedents::verified_by.eq(accounts::id.nullable())))
        .filter(investment_precedents::investment_id.eq(id))
        .select((Precedent::as_select(), accounts::name.nullable()))
        .order((investment_precedents::position, investment_precedents::id))
        .limit(200)
        .load(db)?;
    let precedents = precedents
        .into_iter()
        .map(|(precedent, person)| {
            names.extend(precedent.verified_by.zip(person));
            precedent
        })
        .collect();
    let book = Book { investment, schedule, drawdowns, entries, valuations };
    Ok(Whole { book, name, fund, mission, precedents, changes, cancellations, parts, left, names })
}

/// The account with the names of who made its entries.
fn entries_of(db: &mut Db, id: Id<Investment>) -> Result<Vec<(Entry, Option<String>)>> {
    Ok(investment_entries::table
        .left_join(accounts::table.on(investment_entries::made_by.eq(accounts::id.nullable())))
        .filter(investment_entries::investment_id.eq(id))
        .select((Entry::as_select(), accounts::name.nullable()))
        .order((investment_entries::booked_on, investment_entries::id))
        .limit(MOST)
        .load(db)?)
}
