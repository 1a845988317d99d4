//! Reads of promises with everything around them, each in one statement.

use super::model::{Claim, Due, DueState, RemedyStep};
use super::store::{COUNTING, MOST};
use crate::agreements::{Agreement, Obligation};
use crate::conditions::Direction;
use crate::db::Db;
use crate::db::schema::{accounts, claims, obligation_dues, obligations, remedy_steps};
use crate::error::Result;
use crate::values::{Account, Id, LocalDate, Quantity};
use diesel::prelude::*;
use std::collections::HashMap;

/// Whether a figure counts or may come to count.
pub(super) fn counts(claim: &Claim) -> bool {
    COUNTING.contains(&claim.state) || claim.verified.is_some()
}

/// Everything stored about the promises of an agreement.
#[derive(Default)]
pub(super) struct Course {
    /// In the order they were made.
    pub(super) obligations: Vec<Obligation>,
    /// By obligation and day.
    pub(super) dues: Vec<Due>,
    /// Every figure, whatever became of it.
    pub(super) claims: Vec<Claim>,
    /// Proposed and taken.
    pub(super) remedies: Vec<RemedyStep>,
    /// Who decided on figures and took remedies.
    pub(super) names: HashMap<Id<Account>, String>,
}

/// Keeps the rows that were not seen yet, by identifier.
struct Seen<T> {
    rows: Vec<T>,
    ids: std::collections::HashSet<String>,
}

impl<T> Seen<T> {
    fn new() -> Self {
        Seen { rows: Vec::new(), ids: std::collections::HashSet::new() }
    }

    fn add<Of>(&mut self, row: Option<T>, id: impl Fn(&T) -> Id<Of>) {
        if let Some(row) = row
            && self.ids.insert(id(&row).to_string())
        {
            self.rows.push(row);
        }
    }
}

/// The promises of an agreement, their due dates, what was reported and what was done about it. One statement.
pub(super) fn course_of_agreement(db: &mut Db, agreement: Id<Agreement>) -> Result<Course> {
    type Joined = (Obligation, Option<Due>, Option<Claim>, Option<RemedyStep>, Option<Id<Account>>, Option<String>);
    let rows: Vec<Joined> =
        obligations::table
            // The agreement is named too because due dates are found by it.
            .left_join(
                obligation_dues::table.on(obligation_dues::obligation_id
                    .eq(obligations::id)
                    .and(obligation_dues::agreement_id.eq(obligations::agreement_id))),
            )
            .left_join(claims::table.on(claims::due_id.eq(obligation_dues::id)))
            .left_join(remedy_steps::table.on(remedy_steps::due_id.eq(obligation_dues::id)))
            .left_join(accounts::table.on(
                claims::decided_by.eq(accounts::id.nullable()).or(remedy_steps::taken_by.eq(accounts::id.nullable())),
            ))
            .filter(obligations::agreement_id.eq(agreement))
            .select((
                Obligation::as_select(),
                Option::<Due>::as_select(),
                Option::<Claim>::as_select(),
                Option::<RemedyStep>::as_select(),
                accounts::id.nullable(),
                accounts::name.nullable(),
            ))
            .order((obligations::id, obligation_dues::due_at, obligation_dues::id, claims::id, remedy_steps::id))
            .limit(MOST)
            .load(db)?;
    let (mut obligations, mut dues, mut claims, mut remedies) = (Seen::new(), Seen::new(), Seen::new(), Seen::new());
    let mut names = HashMap::new();
    for (obligation, due, claim, remedy, account, name) in rows {
        obligations.add(Some(obligation), |o: &Obligation| o.id);
        dues.add(due, |d: &Due| d.id);
        claims.add(claim, |c: &Claim| c.id);
        remedies.add(remedy, |r: &RemedyStep| r.id);
        names.extend(account.zip(name));
    }
    Ok(Course { obligations: obligations.rows, dues: dues.rows, claims: claims.rows, remedies: remedies.rows, names })
}

/// What is taken of an obligation and of one due date that matters today.
#[derive(Queryable)]
pub(super) struct Shortly {
    pub(super) agreement: Id<Agreement>,
    pub(super) obligation: Id<Obligation>,
    pub(super) title: String,
    pub(super) direction: Direction,
    pub(super) promised: Quantity,
    /// The newest verified figure.
    pub(super) verified: Option<Quantity>,
    pub(super) due: Option<Due>,
    /// What is proposed next, in a breach.
    pub(super) next_step: Option<String>,
}

/// The promises of agreements with the due dates that are missed, in breach, or due by a day. One statement.
pub(super) fn shortly(db: &mut Db, agreements: &[Id<Agreement>], soon: LocalDate) -> Result<Vec<Shortly>> {
    // The agreement is named too because figures are found by it.
    let newest = claims::table
        .filter(claims::agreement_id.eq(obligations::agreement_id))
        .filter(claims::obligation_id.eq(obligations::id))
        .filter(claims::verified.is_not_null())
        .select(claims::verified)
        .order((claims::ends_on.desc(), claims::reported_at.desc(), claims::id.desc()))
        .limit(1)
        .single_value();
    Ok(obligations::table
        .left_join(
            obligation_dues::table.on(obligation_dues::obligation_id
                .eq(obligations::id)
                .and(obligation_dues::agreement_id.eq(obligations::agreement_id))
                .and(
                    obligation_dues::state
                        .eq_any([DueState::Missed, DueState::Breached, DueState::Enforced, DueState::Reserved])
                        .or(obligation_dues::state.eq(DueState::Pending).and(obligation_dues::due_on.le(soon))),
                )),
        )
        .left_join(
            remedy_steps::table.on(remedy_steps::due_id
                .eq(obligation_dues::id)
                .and(remedy_steps::taken_at.is_null())
                .and(remedy_steps::withdrawn_at.is_null())),
        )
        .filter(obligations::agreement_id.eq_any(agreements))
        .select((
            obligations::agreement_id,
            obligations::id,
            obligations::title,
            obligations::direction,
            obligations::promised,
            newest,
            Option::<Due>::as_select(),
            remedy_steps::title.nullable(),
        ))
        .order((obligations::id, obligation_dues::due_at, obligation_dues::id))
        .limit(10 * MOST)
        .load(db)?)
}
