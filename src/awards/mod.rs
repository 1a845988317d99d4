//! Awards: decision, reasons, summaries, standstill, challenge, offer and acceptance.
//!
//! Invariants: nobody approves what they recommended; an investment is approved only with its committee’s quorum and a
//! majority, a recused member counting for neither; the award notice is refused until every assessment summary is
//! sent; signing is refused before the standstill ends, while a court claim suspends it and while the newest check
//! finds the supplier or a subcontractor excluded, or the bidder gave notice that it withdraws; an award whose bid
//! falls away before the signing lapses, as withdrawn only by its bidder’s notice or the word of two officers, and
//! what was told of it is set aside and kept; an offer needs a recorded subsidy route and can be answered only in its
//! time; the parts of a package are recommended by one person, approved whole by another, and stand from the first
//! vote on, and a package that its recommender may not complete is taken back by somebody else; where one supplier may
//! win only so many lots, a lot is awarded when all are ranked, and only to the bid that the published way to choose
//! names.
//!
//! Public names: [`Award`], [`AwardKind`], [`AwardState`], [`AwardTerms`], [`InvestmentOffer`], [`PartLine`], [`find`],
//! [`of_call`], [`may_sign`], [`ensure_may_sign`], [`actions`], [`offers`], [`lots`].

pub mod actions;
pub mod api;
pub mod committee;
pub mod falling_away;
pub mod falling_pages;
mod hidden;
pub mod lots;
pub mod lots_pages;
mod model;
mod offer_shown;
pub mod offers;
pub mod outcome_pages;
pub mod pages;
pub mod part_pages;
mod rules;
mod store;
pub mod summary;
pub mod summary_pages;

pub use actions::{ensure_may_sign, mark_signed, summary_mailed};
pub use committee::{CommitteeVote, Stance};
pub use model::{Award, AwardKind, AwardState, AwardTerms, InvestmentOffer, MOST_PARTS, PartLine};
pub use rules::{AwardRefusal, may_sign};
pub use store::{
    Challenge, ChallengeKind, Check, CheckKind, CheckOutcome, Giving, Halt, HaltKind, Sending, StoredSummary,
    Unreached, Withdrawing, challenges, checks, find, of_application, of_call, sendings, settled, unreached,
    withdrawing,
};
