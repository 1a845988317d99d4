//! The catalogue of conditions, by the conditionality taxonomy.
pub mod model;
pub use model::{Behaviour, Cadence, Condition, ConditionBody, Direction, Fixedness, Verifier};
