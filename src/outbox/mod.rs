//! Work that follows a change: events, timers and mail, written in the transaction of the change.
//!
//! A job is a kind, a payload of identifiers and an instant when it is due. The worker of the same
//! process runs due jobs in order; a handler is registered in `serve.rs` for each kind. A job that
//! fails is tried again with growing pauses and set aside after ten attempts (a mail after five days), until an administrator has it tried again.
//! In the sandbox, moving the clock runs each job with now = the instant it was due.
//!
//! Public names: [`emit`], [`schedule`], [`Job`], [`Handlers`], [`run_due`], [`mail`].

pub mod lease;
pub mod mail;
mod worker;

pub use worker::{
    Backlog, Handler, Handlers, Job, Ran, SetAside, Together, backlog, emit, next_due, run_due, run_some, schedule,
    schedule_all, set_aside, try_again,
};
