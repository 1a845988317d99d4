//! Rows that say why an award does not go on, and who may not complete what they recommended.

use crate::awards::model::{Award, AwardState};
use crate::calls::Call;
use crate::db::schema::{award_halts, awards, calls};
use crate::db::{Db, MultiBackend};
use crate::error::Result;
use crate::values::{Account, Id, Instant, actor};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

crate::text_enum! {
    /// Why an award does not go on.
    pub enum HaltKind {
        Withdrawal = "withdrawal" => "The bidder withdraws",
        TakenBack = "taken_back" => "Taken back",
    }
}
crate::text_column!(HaltKind);

/// Why an award does not go on, in the words of who said so. Never changed; an award has one at most.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = award_halts, check_for_backend(MultiBackend))]
pub struct Halt {
    /// Identifier.
    pub id: Id<Halt>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The award.
    pub award_id: Id<Award>,
    /// Notice of the bidder, or a recommendation that was taken back.
    pub kind: HaltKind,
    /// Why.
    pub reason: String,
    /// Where and when the bidder said so, when an officer noted it; none where its owner said so here.
    pub message: Option<String>,
    /// When it was said here.
    pub said_at: Instant,
    /// The bidder's owner, or the officer.
    pub said_by: Id<Account>,
}

impl Halt {
    /// Whether the bidder itself gave notice here that it withdraws.
    #[must_use]
    pub fn is_own_notice(&self) -> bool {
        self.kind == HaltKind::Withdrawal && self.message.is_none()
    }

    /// When and why, and from which message it is known.
    #[must_use]
    pub fn words(&self) -> String {
        let from = self.message.as_ref().map(|message| format!(" ({message})")).unwrap_or_default();
        format!("{}: {}{from}", self.said_at.medium(), self.reason)
    }
}

/// Whether who recommended an award may not go on with it, in SQL about a row of `awards`: they have a conflict of interest
/// under its call, or recommend nothing for the authority any more.
const BARRED: &str = "(EXISTS (SELECT 1 FROM panel_conflicts AS own WHERE own.call_id = awards.call_id \
    AND own.account_id = awards.recommended_by AND own.outcome <> 'no_conflict') \
    OR NOT EXISTS (SELECT 1 FROM members AS still INNER JOIN accounts AS whose ON whose.id = still.account_id \
    WHERE still.organisation_id = awards.authority_id AND still.account_id = awards.recommended_by \
    AND still.role IN ('procurement_officer', 'fund_manager') AND still.ended_at IS NULL \
    AND whose.disabled_at IS NULL))";

/// [`BARRED`] as it is selected.
pub(in crate::awards) fn barred() -> SqlLiteral<Bool> {
    sql::<Bool>(BARRED)
}

/// Whether who recommended this award may not go on with it.
pub(in crate::awards) fn recommender_is_barred(db: &mut Db, award: Id<Award>) -> Result<bool> {
    Ok(awards::table.filter(awards::id.eq(award)).select(barred()).first(db)?)
}

pub(in crate::awards) fn insert_halt(db: &mut Db, halt: &Halt) -> Result<()> {
    diesel::insert_into(award_halts::table).values(halt).execute(db)?;
    Ok(())
}

/// Why an award does not go on, when it does not.
pub(in crate::awards) fn halt_of(db: &mut Db, award: Id<Award>) -> Result<Option<Halt>> {
    Ok(award_halts::table.filter(award_halts::award_id.eq(award)).select(Halt::as_select()).first(db).optional()?)
}

/// The awards of a call, oldest first, each with why it does not go on, in one statement.
pub(in crate::awards) fn of_call_halted(db: &mut Db, call: Id<Call>) -> Result<Vec<(Award, Option<Halt>)>> {
    Ok(awards::table
        .left_join(award_halts::table.on(award_halts::award_id.eq(awards::id)))
        .filter(awards::call_id.eq(call))
        .select((Award::as_select(), Option::<Halt>::as_select()))
        .order((awards::recommended_at, awards::id))
        .limit(500)
        .load(db)?)
}

/// A tender whose awarded bidder withdraws, by its own notice or as an officer noted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawing {
    /// The tender.
    pub call: Id<Call>,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// When notice was given.
    pub said_at: Instant,
}

/// Notices that awarded bidders withdraw, as long as no officer has recorded that the bid falls away: the oldest
/// first, of at most a hundred.
///
/// # Errors
/// What the database says.
pub fn withdrawing(db: &mut Db, authority: Id<actor::Organisation>) -> Result<Vec<Withdrawing>> {
    let rows: Vec<(Id<Call>, String, String, Instant)> = award_halts::table
        .inner_join(awards::table.on(awards::id.eq(award_halts::award_id)))
        .inner_join(calls::table.on(calls::id.eq(awards::call_id)))
        .filter(award_halts::authority_id.eq(authority))
        .filter(award_halts::kind.eq(HaltKind::Withdrawal))
        .filter(awards::state.eq_any([AwardState::Approved, AwardState::Noticed]))
        .select((calls::id, calls::reference, calls::title, award_halts::said_at))
        .order((award_halts::said_at, award_halts::id))
        .limit(100)
        .load(db)?;
    let shown = |(call, reference, title, said_at)| Withdrawing { call, reference, title, said_at };
    Ok(rows.into_iter().map(shown).collect())
}
