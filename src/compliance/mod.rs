//! Compliance: figures due for each obligation, evidence, verification, breach, cure and remedy.
//!
//! Invariants: promised, claimed and verified are three figures and only a verified one meets a promise; no
//! beneficiary and no file is counted for more than 100 % of a measure and period across an authority's
//! agreements, under concurrency too; references of beneficiaries are kept as keyed fingerprints only; a breach
//! comes only after the time to cure, and its remedy is taken by another person than proposed it.
//!
//! Figures are standing figures: how the measure stands at the end of the period, counted since the agreement
//! began. The newest is the obligation's.
//!
//! Public names: [`actions`], [`jobs`], [`Due`], [`Claim`], [`record_of_mission`], [`totals_of_agreement`],
//! [`needs_attention`], [`followed`], [`in_short`], [`rules`].

pub mod actions;
mod agreement_page;
pub mod api;
mod attention;
mod counting;
mod in_short;
pub mod jobs;
mod ledger;
mod model;
mod over_time;
pub mod pages;
mod periods;
mod reading;
pub mod remedies;
pub mod rules;
pub mod samples;
pub mod shared_pages;
mod store;
mod totals;

pub use agreement_page::agreement;
pub use attention::{Attention, AttentionKind, needs_attention};
pub use in_short::{InShort, Pressing, in_short};
pub use model::{Claim, ClaimState, Counted, DoubleCount, Due, DueState, LedgerEntry, Moment, RemedyKind, RemedyStep};
pub use over_time::{Followed, Happening, Promise, Stood, Stretch, followed};
pub use rules::ComplianceRefusal;
pub use store::{
    AgreedForMission, DueFilter, claims_of_agreement, counted_twice, dues_of_agreement, find_claim, find_due,
};
pub use totals::{MeasureTotals, record_of_mission, totals_of_agreement};
