//! What is sent to the database: how often, so that tests can bound what a request asks, and which texts while somebody
//! watches, so that tests can ask how each is carried out.

use diesel::connection::{Instrumentation, InstrumentationEvent};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of all connections of a [`Database`](super::Database) together.
#[derive(Debug, Default)]
pub(super) struct Statements {
    sent: AtomicU64,
    watchers: AtomicUsize,
    texts: Mutex<BTreeSet<String>>,
}

impl Statements {
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(super) fn watch(self: &Arc<Self>) -> Watching {
        self.watchers.fetch_add(1, Ordering::Relaxed);
        Watching(self.clone())
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.kept().iter().cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who watches; until it is dropped.
#[derive(Debug)]
pub struct Watching(Arc<Statements>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts what one connection sends.
pub(super) struct Counting(Arc<Statements>);

impl Counting {
    pub(super) fn of(statements: &Arc<Statements>) -> Self {
        Counting(statements.clone())
    }
}

impl Instrumentation for Counting {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let InstrumentationEvent::StartQuery { query, .. } = event else { return };
        self.0.sent.fetch_add(1, Ordering::Relaxed);
        if self.0.watchers.load(Ordering::Relaxed) > 0 {
            let written = query.to_string();
            // Without what is bound to it: texts are kept, never anybody's data.
            let text = written.split(" -- binds:").next().unwrap_or_default();
            let mut texts = self.0.kept();
            if !texts.contains(text) {
                texts.insert(text.to_owned());
            }
        }
    }
}
