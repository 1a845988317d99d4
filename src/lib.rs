//! Commonweal.
pub mod values;
