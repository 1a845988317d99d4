//! subsidies.
