//! Scoring: evaluators, conflicts, individual sheets, moderation, ranking; feeds `evaluation`.
//!
//! Invariants: nothing of the bids is shown before an evaluator has declared conflicts, and a conflict on one bid
//! removes the person from the whole call until somebody else records “no conflict after enquiry”; nobody sees
//! another's scores before their own are final; final scores and agreed scores are never changed or deleted, a new
//! agreement is a new row; a missing score is missing, never zero; a justified price is never set aside; a signed
//! ranking is made again only because a bid in it fell away, and both are kept.
//!
//! Public names: [`ranking_of`], [`signed_ranking`], [`moderated`], [`moderation_closed`], [`disregarded`],
//! [`Ranking`], [`bid_id`], [`has_conflict`], how firm a winner is in [`firmness`], the actions in [`panel`], [`sheets`],
//! [`moderation`], [`enquiries`], [`falling_away`], [`ranking`], and the residents’ vote in [`residents`].

pub mod api;
mod bids;
pub mod desk;
pub mod enquiries;
pub mod enquiry_pages;
pub mod falling_away;
pub mod firmness;
mod lots;
mod model;
pub mod moderation;
pub mod pages;
pub mod panel;
pub mod panel_pages;
pub mod ranking;
pub mod ranking_pages;
pub mod residents;
pub mod rules;
pub mod samples;
pub mod sensitivity_pages;
pub mod sheets;
mod standing;
mod store;
pub mod trace_pages;
pub mod words;

pub use bids::{Answer, bid_id};
pub use lots::{bids_of, rankings_of};

pub use model::{
    Conflict, ConflictOutcome, Disregard, DisregardGround, Enquiry, EnquiryOutcome, FallGround, Fallen, Moderated,
    Moderation, PanelMember, Ranking, Rerank, Score, ScoreDraft,
};
pub use store::{
    call_with_ranking, disregarded, enquiries, has_conflict, latest_ranking as ranking_of, moderated,
    moderation_closed, signed_ranking,
};
