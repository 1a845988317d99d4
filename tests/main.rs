//! All tests of the service that need more than a pure function, in one binary so that it links once.
//!
//! `both!` runs a test on SQLite and on PostgreSQL. The PostgreSQL server comes from the test command
//! (`make test`), through `TEST_POSTGRES_URL`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::as_conversions, missing_docs)]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::default_trait_access,
    clippy::format_collect,
    clippy::map_unwrap_or,
    clippy::struct_field_names,
    clippy::too_many_arguments,
    clippy::unused_async,
    reason = "what reads best in a test"
)]

#[macro_use]
mod support;
mod access;
mod acting_for;
mod addresses;
mod agreements;
mod anonymised;
mod applications;
mod architecture;
mod audit;
mod awards;
mod browser;
mod calls;
mod catalogue_import;
mod commands;
mod compliance;
mod conditions;
mod contracts;
mod crash;
mod demo;
mod desk;
mod edge;
mod falling_away;
mod funds;
mod holdings;
mod instruments;
mod investments;
mod joining;
mod journeys;
mod lots;
mod mail;
mod migrations;
mod missions;
mod operations;
mod own_enterprise;
mod packages;
mod paged_lists;
mod pages;
mod people;
mod price_enquiries;
mod price_models;
mod questions;
mod rehearsing;
mod replacing;
mod residents;
mod restructuring;
mod returns;
mod scenes;
mod scoring;
mod sensitivity;
mod stages;
mod statements;
mod subsidies;
mod summaries;
mod told_and_asked;
mod two_roles;
mod upkeep;
mod write_offs;
