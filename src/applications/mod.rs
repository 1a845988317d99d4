//! Applications: eligibility, draft, save and return, submit, sealing, opening, promises.
//!
//! Invariants: content is never stored in clear before its opening; submitting is refused after the
//! deadline instant; each envelope opens once, by two different officers (one for an investment round);
//! every receipt is reconciled, and what was sent but cannot be decrypted stops an opening until an officer
//! names how many are left out. From the first save a draft lies under a key of its own. Each file is
//! encrypted to a key of its own too, and that key travels inside the sealed content, so that submitting
//! never has to decrypt a file.
//!
//! Public names: [`Application`], [`ApplicationState`], [`Answers`], [`find`], [`of_call`], [`opened`],
//! [`shown_as`], [`names_hidden`], [`refuse_blind_judge`], [`Sight`], [`sight`], [`sight_of_bid`], [`SamePlace`], [`of_organisation`], [`by_organisations`], [`receipts_of`], [`mark_quality_final`], [`actions`], [`samples`].

pub mod actions;
mod affordability;
pub mod answer_form;
pub mod api;
pub mod assess_pages;
mod cash_sheet;
pub mod desk_pages;
mod figures;
pub mod jobs;
mod letters;
mod lot_order;
mod missing;
mod model;
mod opening_rules;
mod own_bids;
pub mod pages;
mod price_parts;
mod question_body;
pub mod question_pages;
pub mod questions;
mod records;
mod rules;
pub mod samples;
mod sealing;
pub mod sending_pages;
mod shown;
mod store;
mod typed;

pub use affordability::{Assessment, Trial, TrialInput, assess};
pub use figures::{Figure, FigureProblem, figure};
pub use letters::{NamesHidden, Sight, names_hidden, refuse_blind_judge, shown_as, sight, sight_of_bid};
pub use lot_order::SamePlace;
pub use missing::{Missing, missing};
pub use model::{
    Answers, Application, ApplicationState, CashRow, Draft, OpenedPart, PriceAnswers, Promised, SealedFile, UseOfFunds,
};
pub use opening_rules::opens_from;
pub use own_bids::{OwnOrganisation, refuse_bidder};
pub use records::{Envelope, Opening, OpeningLine, OpeningReport, Receipt, Reconciled};
pub use rules::{ApplicationRefusal, needs_confirmation};
pub use store::{
    by_organisations, find, find_many, find_with_call, lot_places, mark_quality_final, of_call, of_call_named,
    of_calls, of_organisation, opened, opened_of_call, opened_parts, openings, quality_final_at, receipts_of,
    rewrap_draft_keys,
};
pub use typed::Progress;
