//! compliance.
