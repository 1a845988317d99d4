//! Agreements: contracts and investment agreements, and the obligations that promises become.
//!
//! Invariants: every promise of the winning application is an obligation, made in the same transaction as
//! the agreement, without anyone retyping it.
//!
//! Public names: [`Agreement`], [`AgreementKind`], [`AgreementState`], [`Obligation`], [`find`],
//! [`obligations`].

mod model;
mod store;

pub use model::{Agreement, AgreementKind, AgreementState, Obligation, ObligationTerms};
pub use store::{find, find_many, obligations};
