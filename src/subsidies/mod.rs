//! Subsidies: the route by which each investment is lawful, notifications and confirmations, totals by group.
//!
//! Invariants: an application has at most one route that stands; minimal financial assistance is recorded only
//! when the enterprise has confirmed in writing what its whole group had, and the total fits the cap; a principles
//! assessment is signed by somebody who did not write it; what is given is confirmed to the enterprise; what was never
//! given, because the whole investment was cancelled before any payment, counts towards no total and stays on the record.
//!
//! This room stands above calls and applications, so it knows an application by its identifier alone; awards
//! checks that a route was recorded for the right organisation.
//!
//! Public names: [`Route`], [`RouteKind`], [`RouteState`], [`RouteBody`], [`recorded_route`], [`standing_route`],
//! [`cancelled_route`],
//! [`InstrumentInput`], [`InstrumentFields`], [`LoanInput`], [`WorkedOut`], [`start_worked_out`], [`actions`].

pub mod actions;
pub mod api;
mod fields;
mod instrument;
mod loan;
mod model;
pub mod pages;
mod rules;
mod store;
mod worked_out;

pub use fields::InstrumentFields;
pub use instrument::InstrumentInput;
pub use loan::LoanInput;
pub use model::{Confirmation, Declared, Principle, Route, RouteBody, RouteKind, RouteState};
pub use rules::{RouteRefusal, group_key};
pub use store::{cancelled_route, recorded_route, standing_route};
pub use worked_out::{MarketInput, WorkedOut, group_standing, start_worked_out};
