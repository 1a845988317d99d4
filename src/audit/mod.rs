//! Who did what: append-only, numbered, hash-chained, with signed checkpoints.
//!
//! A row with its own hash is written in the transaction of the change and carries identifiers,
//! never personal data. One chainer numbers and links committed rows within a second, so that
//! writers never wait for each other. The head is signed with a key outside the database and the
//! checkpoint is also written to a folder outside it.
//!
//! Public names: [`Entry`], [`record`], [`record_all`], [`was_recorded`], [`Recorded`] with [`note`], [`chain`] with
//! [`chain_some`], [`BATCH`] and [`is_behind`], [`checkpoint`], [`verify`], [`Row`], [`list`], and [`prove`] with [`Proof`], which shows without the database that a row lies under a
//! signed checkpoint.

mod chain;
mod proof;
mod store;
mod verify;

pub use chain::{BATCH, Checkpoint, chain, chain_some, checkpoint, is_behind, sign};
pub use proof::{Proof, ProvedRow, prove};
pub use store::{Entry, Filter, Recorded, Row, list, note, of_subject, record, record_all, was_recorded};
pub use verify::{Finding, Report, verify};
