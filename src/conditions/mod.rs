//! The catalogue of conditions: what can be asked of those who get public money, by the conditionality taxonomy.
//!
//! Invariants: a version is never changed, a change is a new version with its reason; for each version its author
//! answers whether keeping it depends on UK goods, on exports or on moving within the UK; what subsidy law
//! prohibits is never asked of an investment, and where the Act has an exception, only once somebody other than
//! the author has recorded its grounds for that version.
//!
//! Public names: [`Condition`], [`ConditionBody`], [`ConditionVersion`], [`find`], [`find_version`], [`latest`],
//! [`exceptions_recorded`], [`rules::may_be_asked`], [`AskedOf`], [`actions`], [`camden`], and what promises are worth in
//! [`social_values`].

pub mod actions;
pub mod api;
pub mod camden;
mod inputs;
mod model;
pub mod pages;
pub mod rules;
mod screen;
pub mod social_values;
mod store;

pub use inputs::{ConditionInput, ExceptionInput};
pub use model::{
    Behaviour, Cadence, Condition, ConditionBody, ConditionException, ConditionVersion, Direction, Fixedness, Pace,
    Verifier,
};
pub use rules::{AskedOf, ConditionRefusal, may_be_asked};
pub use screen::Warning;
pub use store::{exceptions_of, exceptions_recorded, find, find_many, find_version, latest, thing, versions_of};
