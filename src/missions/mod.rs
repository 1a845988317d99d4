//! Missions: bold, with a clear target and date, pursued by many hands.
//!
//! A mission has outcomes, an outcome has indicators, an indicator has dated readings from a named source.
//! Invariants: a reading is never overwritten, a correction is a new row that supersedes it and says why;
//! an indicator has one current reading for a date; a mission is published only with an indicator to be
//! judged by; a mission never serves itself, however many missions lie between.
//!
//! Public names: [`Mission`], [`Indicator`], [`Reading`], [`Outcome`], [`Partner`], [`find`], [`find_many`],
//! [`find_by_slug`], [`list_published`], [`of_authority`], [`indicators_of`], [`latest_readings`],
//! [`rules::on_line`], [`rules::state_of`], [`thing`], [`actions`], [`camden`].

pub mod actions;
pub mod api;
pub mod camden;
pub mod cards;
pub mod edit_pages;
mod inputs;
mod model;
pub mod pages;
pub mod rules;
mod store;

pub use inputs::{IndicatorInput, MissionInput, OutcomeInput, PartnerInput, ReadingInput, Withdrawal};
pub use model::{Indicator, Mission, MissionStatus, Outcome, Partner, Reading, Trend};
pub use rules::{MissionRefusal, Standing, State};
pub use store::{
    Measured, Placed, departments_of, find, find_by_slug, find_many, find_placed, indicators_of, latest_readings,
    list_published, measured, of_authority, outcomes_of, search, thing,
};
