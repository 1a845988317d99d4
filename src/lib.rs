//! Commonweal: one service in which a council runs its missions, buys by mission-oriented tenders, invests by a
//! community wealth fund, puts the same conditions on both, and shows the public what came of it.
//!
//! # The map
//!
//! Buying and investing are one story, told with two kinds of agreement:
//!
//! > mission → condition → call → application → score → award → agreement → compliance → returns → mission
//!
//! The rooms from the top down. A room may use only rooms that stand above it; `serve`, `cli`, `demo` and `main` wire
//! and may use all. `tests/architecture.rs` fails with the sentence of the rule that was broken.
//!
//! | Storey | Rooms |
//! | --- | --- |
//! | Words | [`values`] (money, rates, ids, instants, actors, refusals), [`error`], [`config`] |
//! | Pure | [`law`] (dated tables and calendars), [`finance`], [`evaluation`]: no I/O, no clock |
//! | Foundations | [`db`] (two databases), [`keys`], [`audit`], [`outbox`] (jobs, mail), [`documents`], [`ledger`], [`app`] |
//! | The edge | [`http`]: forms, cross-site checks, problems, page shell, charts; knows no capability |
//! | Capabilities | [`people`] (with the one policy), [`missions`], [`conditions`], [`funds`], [`subsidies`], [`calls`], [`applications`], [`scoring`], [`awards`], [`agreements`], [`compliance`], [`investments`], [`returns`] |
//! | Outside | [`publish`], [`desk`] (pages across rooms), [`web`] (routes, gate, assets, health), [`serve`], [`cli`], [`demo`] |
//!
//! A full capability has the same files: `model` (the words of the domain), `rules` (pure: state + input + today →
//! decision or refusal), `actions` (one function for each thing a person does; it owns the transaction), `store`
//! (diesel only), `pages` and `api` (both thin, both ending in the same action).
//!
//! # The rules of the house
//!
//! - Money is whole pence; rates, weights and scores are decimals. The only floats are in the root finders of
//!   `finance`, whose result decimal arithmetic certifies.
//! - A write is one serializable transaction: the change, its audit row and its outbox rows, or nothing.
//!   One exception: sending an application and casting a vote, whose only preconditions are compared in UPDATEs of their
//!   own rows. On PostgreSQL these run at READ COMMITTED, because serializable ones aborted each other for sharing a page
//!   of an index ([`db::Database::write_compared`]); submissions that come at once share their statements too
//!   ([`db::Gathered`]). Rankings of one call take turns ([`db::Database::write_in_turn`]).
//! - News travels down the list as an event in the outbox; what must be true at once is derived.
//! - Today is a parameter. The clock is read in one place, once a request. Sending and withdrawing an application read
//!   it again inside the write: a deadline is judged when the words are stored, not when a slow request began.
//! - Tender content is never stored in clear before its opening by two officers.
//! - The policy denies by default: every route names the action it is judged by, and every action asks again.
//!
//! # Where the plan was changed
//!
//! `keys` is a room of its own among the foundations, because sealing, the audit chain and the claim ledger all use
//! it. `demo` is wiring: it acts as people of every room would.

// Templates name the pieces that they draw by this name, here and in the tests. Code says `crate`.
extern crate self as commonweal;

pub mod agreements;
pub mod app;
pub mod applications;
pub mod audit;
pub mod awards;
pub mod calls;
pub mod cli;
pub mod compliance;
pub mod conditions;
pub mod config;
pub mod db;
pub mod demo;
pub mod desk;
pub mod documents;
pub mod error;
pub mod evaluation;
pub mod finance;
pub mod funds;
pub mod http;
pub mod investments;
pub mod keys;
pub mod law;
pub mod ledger;
pub mod missions;
pub mod outbox;
pub mod people;
pub mod publish;
pub mod returns;
pub mod scoring;
pub mod serve;
pub mod subsidies;
pub mod values;
pub mod web;
