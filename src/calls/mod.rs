//! Calls: tenders and investment rounds, from draft to closing.
//!
//! Invariants: what is published is frozen and hashed, each change is a new version with its reason; a
//! tender opens only when the number and instant of its notice on the national platform are recorded,
//! and every period runs from there; a call is amended only before its deadline, its notice republished
//! first; what is frozen names the officer who has seen what the rehearsal of its model found, and a changed model
//! needs that anew; the lots of one tender are published by one notice or not at all; the stage moves only forward, except
//! that a tender whose notice is not yet recorded may go back to its draft, which nobody outside has seen; two stages are
//! published, taken back and withdrawn together, and the second opens only by the shortlist of the first, to those who
//! are on it. Nobody is shown who asked a question, nor
//! the question itself before it is answered.
//!
//! Public names: [`Call`], [`CallFacts`] and what is [`frozen`()] of them, [`CallLine`], [`CallKind`], [`CallStage`], [`Terms`] and its parts, [`find`],
//! [`find_many`], [`open_calls`], [`of_authority`], [`of_mission`], [`version_terms`], [`notices`],
//! [`insert_notice`], [`keys`], [`thing`], [`actions`] with the names of the events, [`rehearsing`] a model, [`lots`] with
//! [`LotTerms`], tenders in two [`stages`], [`samples`].

pub mod actions;
mod amending;
pub mod api;
pub mod builder_pages;
mod catalogue;
pub mod criteria;
pub mod criteria_pages;
mod criteria_rules;
mod criterion_input;
pub mod desk_pages;
mod drafting;
mod drafting_terms;
pub mod figure_form;
mod frozen;
mod levels_form;
pub mod life_form;
mod lot_terms;
#[cfg(test)]
mod lot_tests;
pub mod lots;
pub mod lots_pages;
mod lots_store;
mod model;
mod notice_rules;
pub mod pages;
mod panel_form;
pub mod price_form;
pub mod publishing_pages;
mod questions;
pub mod rehearsal_pages;
pub mod rehearsing;
mod round;
mod rules;
#[cfg(test)]
mod rules_tests;
pub mod sample_words;
pub mod samples;
mod stage_rules;
pub mod stages;
pub mod stages_pages;
mod stages_store;
mod store;
mod tender;
mod terms;
pub mod view;

pub use criterion_input::CriterionInput;
pub use drafting::{BasicsInput, MoneyInput, NewCall, create};
pub use drafting_terms::{
    ConditionInput, EligibilityInput, TermsInput, TiesInput, TimetableInput, back_to_draft, put_condition,
    put_criterion, set_terms,
};
pub use frozen::{Frozen, frozen};
pub use lot_terms::{InLots, LIMITING, LotLine, LotRefusal, LotTerms};
pub use model::{
    Acknowledgement, Call, CallFacts, CallKey, CallKind, CallLine, CallStage, CallVersion, Notice, NoticeKind, Part,
    Question, WarningShown,
};
pub use rules::{CallRefusal, Known, Missing, Section, missing, missing_with};
pub use stage_rules::{StageRefusal, earliest_words, rule_words, waits};
pub use store::{
    Filter, addresses_of_askers, find, find_many, find_question, find_version, insert_notice, keys, notices,
    of_authority, of_mission, open_calls, rewrap_keys, thing, version_terms, versions, withdrawn_reason,
};
pub use tender::{DUTIES, Duty};
pub use terms::{
    ConditionAsked, EligibilityQuestion, Instrument, RoundTerms, TenderStage, TenderTerms, Terms, Timetable,
    USUAL_QUORUM, WageArea,
};
