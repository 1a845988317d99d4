//! Wiring only: routes, subscribers of events, job handlers, start and stop.

use crate::outbox::{Handlers, mail};

/// Who runs which job. The list is in the order of the rooms.
#[must_use]
pub fn handlers() -> Handlers {
    let mut handlers = Handlers::default();
    handlers.on(mail::SEND, mail::send);
    // calls

    // applications

    // scoring

    // awards

    // agreements

    // compliance

    // investments

    // returns

    handlers
}
