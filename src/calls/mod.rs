//! Calls: tenders and investment rounds, from draft to closing.
//!
//! Invariants: what is published is frozen and hashed, each change is a new version with its reason; a
//! tender opens only when the number and instant of its notice on the national platform are recorded,
//! and every period runs from there; a call is amended only before its deadline, its notice republished
//! first; the stage moves only forward.
//!
//! Public names: [`Call`], [`CallKind`], [`Stage`], [`Terms`] and its parts, [`find`], [`find_many`],
//! [`notices`], [`key`], [`thing`].

mod model;
mod store;

pub use model::{
    Call, CallKey, CallKind, CallStage, ConditionAsked, EligibilityQuestion, Instrument, Notice, NoticeKind, Part, RoundTerms,
    TenderTerms, Terms, Timetable,
};
pub use store::{find, find_many, keys, notices, thing};
