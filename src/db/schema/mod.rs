//! The tables, one file for the capabilities that own them.
#![allow(missing_docs, reason = "columns are described in migrations/ and by the models that hold them")]

mod ground;

pub use ground::*;

diesel::allow_tables_to_appear_in_same_query!(audit_rows, audit_links, audit_pending);
diesel::allow_tables_to_appear_in_same_query!(accounts, members, organisations);
