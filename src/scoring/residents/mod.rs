//! The residents' vote: a roll of up to a thousand people, a personal link for each, secret ballots, a published result.
//!
//! Invariants: one person, one vote, kept by the roll's own UPDATE; a ballot holds no person, time or order and bears 16
//! random bytes as its name; the roll says that somebody voted and never when; nothing is counted before the vote has
//! closed; a ballot that was acknowledged is counted, because closing waits for every vote that is being cast; what was
//! counted is published with every ballot, so that anybody can count again.
//!
//! What the database alone still tells, to whoever can read its files: until closing, PostgreSQL keeps for each row the
//! transaction that wrote it, and a vote's mark on the roll and its ballot are one transaction; the write-ahead log of
//! either database holds the two side by side for as long as the log is kept, and a backup made while the vote is open
//! holds what the database held. Closing writes every ballot anew, in the order of the random names, in a transaction of
//! its own, so that rows no longer tell. A link's secret stands in the mail that carries it, as that of every mailed link
//! does, and only its hash on the roll: whoever can read the table of mails could vote in a resident's place. The council says who may read the server's files; this program cannot.
//!
//! Public names: [`panel`], [`of_call`], [`ResidentVote`], the actions in [`roll`] and [`casting`].

pub mod api;
pub mod casting;
mod model;
pub mod pages;
pub mod roll;
pub mod rules;
pub mod samples;
mod store;
pub mod vote_pages;

pub use model::{Choice, ResidentVote};
pub use rules::{ResidentRefusal, panel};
pub use store::{newest_of_call as of_call, newest_of_calls as of_calls};
