//! Awards: decision, reasons, summaries, standstill, offer and acceptance.
//!
//! Invariants: nobody approves what they recommended; the award notice is refused until every assessment
//! summary is sent; signing is refused before the standstill ends; an offer needs a recorded subsidy route.
//!
//! Public names: [`Award`], [`AwardKind`], [`AwardState`], [`AwardTerms`], [`find`], [`of_call`].

mod model;
mod store;

pub use model::{Award, AwardKind, AwardState, AwardTerms, LoanOffer};
pub use store::{find, of_application, of_call};
