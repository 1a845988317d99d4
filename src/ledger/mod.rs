//! The ledger in double entry: accounts of funds and investments, and the transfers between them.
//!
//! Invariants: every transfer debits one account and credits another by the same amount, so all balances of an
//! authority add up to zero; transfers are append-only (triggers refuse changes); a balance is a sum in the database,
//! never a stored figure. A mistake is put right by a counter-entry.
//!
//! Public names: [`AccountKind`], [`LedgerAccount`], [`Posting`], [`Transfer`], [`account`], [`transfer`], [`balance`],
//! [`balances`], [`trial_balance`], [`transfers_of_source`], [`transfers_of_owner`].

mod model;
mod store;

pub use model::{AccountKind, LedgerAccount, LedgerRefusal, Posting, Transfer};
pub use store::{account, balance, balances, transfer, transfers_of_owner, transfers_of_source, trial_balance};
