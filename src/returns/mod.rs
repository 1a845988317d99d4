//! Returns: what a fund has paid out, received and holds, its rate of return, its contracted cash to come, and the
//! money behind a mission.
//!
//! Invariants: a pool is measured from all flows together, multiples are never averaged; a net asset value without a
//! valuation is the principal owed and is labelled so; no rate of less than a year is shown as yearly; a file has the
//! same rows as the page.
//!
//! Public names: [`FundReturns`], [`Holding`], [`load`], [`MissionMoney`], [`mission_money`].

pub mod api;
mod attention;
mod model;
mod money;
pub mod pages;

pub use model::{FundReturns, Holding, load};
pub use money::{MissionMoney, mission_money};
