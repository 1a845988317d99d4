//! Funds in the words of the domain.

use crate::db::MultiBackend;
use crate::db::schema::{fund_commitments, funds};
use crate::values::{Account, Id, Instant, LocalDate, Pence, Rate, Subject, actor};
use diesel::prelude::*;
use serde::Serialize;

/// A fund of an authority.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = funds, check_for_backend(MultiBackend))]
pub struct Fund {
    /// Identifier.
    pub id: Id<Fund>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// Name, unique in the authority.
    pub name: String,
    /// What it may invest in and why.
    pub mandate: String,
    /// The yearly rate at which the council borrows, to compare the return with.
    pub borrowing_rate: Option<Rate>,
    /// When it was opened.
    pub created_at: Instant,
    /// Who opened it.
    pub created_by: Option<Id<Account>>,
}

impl Fund {
    /// The fund as an owner of ledger accounts.
    #[must_use]
    pub fn owner(id: Id<Fund>) -> Subject {
        Subject::new("fund", id)
    }
}

/// What the council promised to a fund.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = fund_commitments, check_for_backend(MultiBackend))]
pub struct Commitment {
    /// Identifier.
    pub id: Id<Commitment>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The fund.
    pub fund_id: Id<Fund>,
    /// How much.
    pub amount: Pence,
    /// When it was decided.
    pub committed_on: LocalDate,
    /// The decision it rests on, unique in the fund.
    pub source: String,
    /// Who recorded it.
    pub made_by: Option<Id<Account>>,
    /// When.
    pub made_at: Instant,
}

/// The cash of a fund, all from the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cash {
    /// Promised by the council.
    pub committed: Pence,
    /// Of it, called into the bank.
    pub called: Pence,
    /// In the bank: called and come back, less paid out.
    pub bank: Pence,
    /// What can be paid out: in the bank, or still to be called.
    pub available: Pence,
}
