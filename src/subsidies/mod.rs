//! Subsidies: the route by which each investment is lawful, notifications and confirmations, totals by group.
//!
//! Invariants: an application has at most one route that stands; minimal financial assistance is recorded only
//! when the enterprise has confirmed in writing what its whole group had, and the total fits the cap; a principles
//! assessment is signed by somebody who did not write it; a subsidy is given on the day the agreement is signed, and the
//! enterprise is sent the confirmation in that transaction; what was never given counts towards no total: its offer was
//! declined or lapsed, its award was not approved, no offer can come of its application any more because that was withdrawn
//! or fell away, its call was withdrawn or all who applied were told how it ended (the route is withdrawn), or the whole
//! investment was cancelled before any payment (it stays on the record).
//!
//! This room stands above calls and applications, so it knows an application by its identifier alone; awards
//! checks that a route was recorded for the right organisation.
//!
//! Public names: [`Route`], [`RouteKind`], [`RouteState`], [`RouteBody`], [`recorded_route`], [`standing_route`],
//! [`cancelled_route`], [`agreed`], [`not_given`], [`call_over`], [`Applicant`], [`InstrumentInput`], [`InstrumentFields`], [`LoanInput`], [`WorkedOut`], [`start_worked_out`], [`actions`].

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

pub use actions::{Applicant, agreed, call_over, not_given};
pub use fields::InstrumentFields;
pub use instrument::InstrumentInput;
pub use loan::LoanInput;
pub use model::{Confirmation, Declared, Principle, Route, RouteBody, RouteKind, RouteState};
pub use rules::{RouteRefusal, group_key};
pub use store::{cancelled_route, recorded_route, standing_route};
pub use worked_out::{MarketInput, WorkedOut, group_standing, start_worked_out};
