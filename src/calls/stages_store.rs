//! Who was invited to a second stage.

use super::model::Call;
use crate::db::schema::call_shortlisted;
use crate::db::{Db, MultiBackend};
use crate::error::Result;
use crate::values::{Account, Id, Instant, actor};
use diesel::prelude::*;

/// That an organisation went on to the second stage. Never changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = call_shortlisted, check_for_backend(MultiBackend), treat_none_as_default_value = false)]
pub struct Shortlisted {
    /// Identifier.
    pub id: Id<Shortlisted>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The second stage.
    pub call_id: Id<Call>,
    /// The supplier.
    pub organisation_id: Id<actor::Organisation>,
    /// When it was invited.
    pub invited_at: Instant,
    /// By which officer.
    pub invited_by: Id<Account>,
}

pub(super) fn insert_shortlisted(db: &mut Db, rows: &[Shortlisted]) -> Result<()> {
    let statement = diesel::insert_into(call_shortlisted::table).values(rows);
    crate::on_each!(db, c => statement.execute(c))?;
    Ok(())
}

pub(super) fn is_invited(db: &mut Db, call: Id<Call>, organisation: Id<actor::Organisation>) -> Result<bool> {
    let row = call_shortlisted::table
        .filter(call_shortlisted::call_id.eq(call))
        .filter(call_shortlisted::organisation_id.eq(organisation));
    Ok(diesel::select(diesel::dsl::exists(row)).get_result(db)?)
}

/// When the suppliers of a second stage were invited; none before.
pub(super) fn invited_at(db: &mut Db, call: Id<Call>) -> Result<Option<Instant>> {
    Ok(call_shortlisted::table
        .filter(call_shortlisted::call_id.eq(call))
        .select(call_shortlisted::invited_at)
        .order((call_shortlisted::invited_at, call_shortlisted::id))
        .first(db)
        .optional()?)
}
