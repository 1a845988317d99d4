//! The one place that reads the machine's time.

use super::Instant;
use chrono::{TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the business time: the machine's, moved forward by the sandbox's offset.
///
/// Sessions, tokens and rate limits ask [`Clock::machine`], which nobody can move.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_micros: Arc<AtomicI64>,
    stopped: Option<Instant>,
}

impl Clock {
    /// The machine's clock with no offset.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// The machine's clock, moved as the database says that the sandbox's was when its server ended.
    #[must_use]
    pub fn moved(offset: TimeDelta) -> Self {
        let micros = offset.num_microseconds().unwrap_or(0);
        Clock { offset_micros: Arc::new(AtomicI64::new(micros)), ..Clock::default() }
    }

    /// A clock that always shows one instant: for a history that is told afterwards, as the demonstration's, and for
    /// tests.
    #[must_use]
    pub fn stopped(at: Instant) -> Self {
        Clock { stopped: Some(at), ..Clock::default() }
    }

    /// Business time. Read once a request and passed on; only what a deadline decides to the microsecond reads it
    /// again inside its write.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.stopped.unwrap_or_else(|| Self::machine().plus(self.offset()))
    }

    /// The machine's time.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    #[must_use]
    pub fn machine() -> Instant {
        Instant::from_utc(Utc::now())
    }

    /// How far the sandbox clock has been moved forward.
    #[must_use]
    pub fn offset(&self) -> TimeDelta {
        TimeDelta::microseconds(self.offset_micros.load(Ordering::SeqCst))
    }

    /// Sets the offset that the database holds. Never moves backwards.
    pub fn set_offset(&self, offset: TimeDelta) {
        let micros = offset.num_microseconds().unwrap_or(0);
        self.offset_micros.fetch_max(micros, Ordering::SeqCst);
    }
}
