//! Agreements: contracts and investment agreements, and the obligations that promises become.
//!
//! Invariants: every promise of the winning application is an obligation, made in the same transaction as
//! the agreement, without anyone retyping it; a contract over the limit for key performance indicators is
//! signed with at least three of them or a recorded reason; an agreement that ended does not change any more.
//!
//! Public names: [`Agreement`], [`AgreementKind`], [`AgreementState`], [`Obligation`], [`find`],
//! [`obligations`], [`actions`], [`thing`].

pub mod actions;
pub mod api;
mod making;
mod model;
pub mod pages;
mod rules;
mod store;

pub use actions::investment_changed;
pub use model::{Agreement, AgreementChange, AgreementKind, AgreementState, ChangeKind, Obligation, ObligationTerms};
pub use rules::AgreementRefusal;
pub use store::{
    AgreementFilter, CANCELLED, VALUE_LEFT, Whose, all_cancelled, changes, counts, find, find_many, find_named,
    find_obligation, find_obligations, is_cancelled, list, obligations, of_award, thing, what_stands,
};
