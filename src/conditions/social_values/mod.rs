//! The council's own catalogue of social value: what one unit of each measure is worth in pounds, imported from a CSV file
//! or a workbook.
//!
//! Invariants: a file with anything wrong in any row is not stored at all, and everything that is wrong is told by row and
//! column; a version is never changed, an import is a new one; calls copy what they use, with the version and its hash, so
//! that a later version changes nothing that was published.
//!
//! Public names: [`Catalogue`], [`CatalogueEntry`], [`current`], [`offered`], [`copied`], [`is_copy`],
//! [`unit_compared`], [`actions`].

pub mod actions;
pub mod api;
mod model;
pub mod pages;
mod sheet;
mod store;

pub use model::{Catalogue, CatalogueEntry, CatalogueRefusal};
pub use store::{copied, current, is_copy, offered, unit_compared};
