//! funds.
