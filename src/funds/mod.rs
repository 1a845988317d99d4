//! Funds: a mandate, what the council has promised to them, and their cash.
//!
//! Invariants: a commitment is never changed; cash is what the ledger says; money paid to an enterprise comes first
//! from what has come back, then is called from the council, and never exceeds both together.
//!
//! Public names: [`Fund`], [`Commitment`], [`Cash`], [`find`], [`find_named`], [`of_authority`], [`commitments`],
//! [`cash`], [`pay_out`], [`FundRefusal`], [`actions::open`], [`actions::commit`].

pub mod actions;
pub mod api;
mod model;
pub mod pages;
mod rules;
mod store;

pub use actions::{cash, pay_out};
pub use model::{Cash, Commitment, Fund};
pub use rules::FundRefusal;
pub use store::{commitments, find, find_committed, find_named, of_authority};
