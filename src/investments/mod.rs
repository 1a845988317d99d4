//! investments.
