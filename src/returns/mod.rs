//! Returns: what a fund has paid out, received and holds, its rate of return, its contracted cash to come.
//!
//! Invariants: a pool is measured from all flows together, multiples are never averaged; a net asset value without a
//! valuation is the principal owed, of what only a valuation can tell its cost less what came back, and is labelled so;
//! no rate of less than a year is shown as yearly, and none at all of what is not valued yet; a file has the same rows as
//! the page.
//!
//! Public names: [`FundReturns`], [`Holding`], [`NotValued`], [`load`].

pub mod api;
mod attention;
mod model;
pub mod pages;

pub use model::{FundReturns, Holding, NotValued, load};
