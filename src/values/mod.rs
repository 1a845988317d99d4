//! Value types that every room speaks in: money, rates, identifiers, instants, dates, people.
//!
//! Nothing here does I/O, except [`clock::Clock`], the one place that reads the machine's time.
//! Values are parsed once, at the edge ([`fields`]); inside the program they are never re-checked.

pub mod actor;
pub mod clock;
pub mod decimals;
pub mod fields;
pub mod ids;
pub mod money;
pub mod plain_text;
pub mod refusal;
pub mod time;
pub mod words;

pub use actor::{Account, Actor, Capacity, Membership, Role, Subject};
pub use clock::Clock;
pub use decimals::{
    Quantity, Rate, Score, Share, Weight, counted, counted_with, round_half_even, round_half_up, so_many_are,
};
pub use fields::{FieldErrors, Parser};
pub use ids::Id;
pub use money::Pence;
pub use refusal::{Refusal, RefusalInfo};
pub use time::{Instant, LocalDate};
