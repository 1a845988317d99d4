//! Scoring: evaluators, conflicts, individual sheets, moderation, ranking; feeds `evaluation`.
//!
//! Invariants: nothing of the bids is shown before an evaluator has declared conflicts, and a conflict on one bid
//! removes the person from the whole call, whatever their other roles are, until somebody else records “no conflict after
//! enquiry”; nobody sees another's scores before their own are final, takes a seat by their own hand, or is seated where
//! they could read final scores before; final scores and agreed scores are never changed or deleted, a new agreement is a
//! new row; a missing score is missing, never zero; a justified price is never set aside; a signed ranking is made again
//! only because a bid in it fell away, and both are kept; who goes on from a first stage follows from its signed ranking
//! and the published rule, and two officers say so; where a tender hides its bidders, who judges or moderates sees letters
//! in place of names and references until moderation is final, names are shown only for the declaration of conflicts, and
//! who is who is shown only to officers who do not judge, with the ground on record.
//!
//! Public names: [`ranking_of`], [`signed_ranking`], [`moderated`], [`moderation_closed`], [`disregarded`],
//! [`Ranking`], [`bid_id`], [`has_conflict`], [`refuse_conflicted`], how firm a winner is in [`firmness`], the actions in
//! [`panel`], [`sheets`], [`moderation`], [`enquiries`], [`falling_away`], [`ranking`], [`shortlist`], who is who in
//! [`bidders`], figures beside an answer in [`figures`], and the residents’ vote in [`residents`].

pub mod api;
pub mod bidders;
pub mod bidders_pages;
mod bids;
pub mod desk;
pub mod enquiries;
pub mod enquiry_pages;
pub mod falling_away;
pub mod figures;
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
pub mod shortlist;
pub mod shortlist_pages;
mod standing;
mod store;
pub mod trace_pages;
pub mod words;

pub use bids::{Answer, bid_id};
pub use lots::rankings_of;
pub use panel::refuse_conflicted;

pub use model::{
    Conflict, ConflictOutcome, Disregard, DisregardGround, Enquiry, EnquiryOutcome, FallGround, Fallen, Moderated,
    Moderation, PanelMember, Ranking, Rerank, Score, ScoreDraft,
};
pub use store::{
    JudgedCall, conflicted, disregarded, enquiries, has_conflict, judged_call, judged_call_by,
    latest_ranking as ranking_of, moderated, moderation_closed, signed_ranking,
};
