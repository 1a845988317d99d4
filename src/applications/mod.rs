//! Applications: eligibility, draft, save and return, submit, sealing, opening, promises.
//!
//! Invariants: content is never stored in clear before its opening; submitting is refused after the
//! deadline instant; each envelope opens once, by two different officers; every receipt is reconciled.
//!
//! Public names: [`Application`], [`ApplicationState`], [`Answers`], [`find`], [`of_call`], [`opened`].

mod model;
mod store;

pub use model::{Answers, Application, ApplicationState, CashRow, OpenedPart, PriceAnswers, Promised, SealedFile, UseOfFunds};
pub use store::{find, find_many, of_call, opened, opened_of_call};
