//! Accounts and transfers in the words of bookkeeping.

use crate::db::MultiBackend;
use crate::db::schema::{ledger_accounts, ledger_transfers};
use crate::values::{Id, Instant, LocalDate, Pence, RefusalInfo, Subject, actor};
use diesel::prelude::*;

crate::text_enum! {
    /// What an account holds.
    pub enum AccountKind {
        Commitment = "commitment" => "Promised by the council, not yet called",
        Bank = "bank" => "Bank",
        Loans = "loans" => "Loans",
        InterestReceivable = "interest_receivable" => "Interest to come",
        InterestIncome = "interest_income" => "Interest earned",
        FeeIncome = "fee_income" => "Fees earned",
        CouncilCapital = "council_capital" => "The council's capital",
        Suspense = "suspense" => "Received and not yet due",
        Impairment = "impairment" => "Losses",
    }
}
crate::text_column!(AccountKind);

/// An account of one owner. There is one for each owner and kind.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_accounts, check_for_backend(MultiBackend))]
pub struct LedgerAccount {
    /// Identifier.
    pub id: Id<LedgerAccount>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// `fund` or `investment`.
    pub owner_kind: String,
    /// Its identifier.
    pub owner_id: String,
    /// What it holds.
    pub kind: AccountKind,
    /// When it was opened.
    pub created_at: Instant,
}

/// A transfer as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_transfers, check_for_backend(MultiBackend))]
pub struct Transfer {
    /// Identifier.
    pub id: Id<Transfer>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The account that grows (assets and losses) or shrinks (income and capital).
    pub debit_id: Id<LedgerAccount>,
    /// The other account.
    pub credit_id: Id<LedgerAccount>,
    /// How much, more than nothing.
    pub amount: Pence,
    /// The day the money moved.
    pub booked_on: LocalDate,
    /// When it was written.
    pub made_at: Instant,
    /// Kind of what caused it, such as `drawdown`.
    pub source_kind: String,
    /// Its identifier.
    pub source_id: String,
    /// What it was, in a few words.
    pub memo: String,
}

/// What is asked of [`super::transfer`].
#[derive(Clone, Debug)]
pub struct Posting {
    /// The authority both accounts belong to.
    pub authority: Id<actor::Organisation>,
    /// Debited account.
    pub debit: Id<LedgerAccount>,
    /// Credited account.
    pub credit: Id<LedgerAccount>,
    /// How much, more than nothing.
    pub amount: Pence,
    /// The day the money moved.
    pub on: LocalDate,
    /// When it is written.
    pub at: Instant,
    /// What caused it.
    pub source: Subject,
    /// What it is, in a few words.
    pub memo: String,
}

/// Why the ledger takes no transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerRefusal {
    /// Nothing, or less.
    NothingMoves,
    /// From an account to itself.
    SameAccount,
    /// Accounts of another authority.
    OtherAuthority,
}

impl RefusalInfo for LedgerRefusal {
    fn code(&self) -> &'static str {
        match self {
            LedgerRefusal::NothingMoves => "ledger/nothing-moves",
            LedgerRefusal::SameAccount => "ledger/same-account",
            LedgerRefusal::OtherAuthority => "ledger/other-authority",
        }
    }
    fn sentence(&self) -> String {
        match self {
            LedgerRefusal::NothingMoves => "A transfer must move more than £0.",
            LedgerRefusal::SameAccount => "A transfer needs two different accounts.",
            LedgerRefusal::OtherAuthority => "Both accounts of a transfer must belong to the same authority.",
        }
        .to_owned()
    }
}
