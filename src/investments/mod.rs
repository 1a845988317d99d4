//! Investments of every instrument: tranches and what must be so before they are paid, what is reported, schedules,
//! receipts, arrears, valuations.
//!
//! Invariants: an agreement has one investment for each of its parts; money goes out only when every condition precedent
//! of the tranche is verified, somebody other than the proposer approves and the fund has the money; schedules, reports
//! and entries are append-only (a change or a report makes a new schedule version, a mistake is a counter-entry); a
//! running loan is changed by two people, and what fell due before stays; what was never paid out is cancelled by two
//! people; every entry stores what it paid and stands in the ledger the same way; capitalised interest raises the balance
//! once and is no cash.
//!
//! Public names: [`Investment`], [`Book`], [`Standing`], [`find`], [`of_mission`], [`open_investment`],
//! [`upkeep`], [`actions`], [`cancelling`], [`facts`], [`payments`], [`restructuring`], [`samples`].

pub mod actions;
pub mod api;
mod book;
pub mod cancelling;
pub mod cancelling_pages;
mod cancelling_store;
mod charts;
mod deciding;
pub mod fact_pages;
pub mod facts;
mod holding_parts;
mod model;
pub mod own_pages;
mod own_story;
pub mod pages;
pub mod payments;
mod plan;
pub mod restructuring;
pub mod restructuring_pages;
mod rules;
pub mod samples;
mod store;
mod story;
pub mod upkeep;
mod whole;
pub mod working_pages;

pub use actions::open_investment;
pub use book::{Book, NavBasis, NavShown, Standing};
pub use model::{
    Cancellation, Drawdown, Entry, EntryKind, Investment, InvestmentState, KnownFact, MadeFrom, Precedent,
    ProposalState, Restructuring, ScheduleVersion, StoredFact, Valuation, ValuationMethod,
};
pub use rules::InvestmentRefusal;
pub use store::{Held, by_agreement, find, load_book, of_mission, of_organisation, portfolio};

use crate::error::{Error, Result};
use crate::values::Actor;

/// An investment of another authority, or of another organisation, is not even known to be there.
pub(crate) fn visible(actor: &Actor, investment: &Investment) -> Result<()> {
    let own = actor.applicant_organisations().any(|m| m.organisation == investment.organisation_id);
    if matches!(actor, Actor::System) || own || actor.is_staff_of(investment.authority_id) {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}
