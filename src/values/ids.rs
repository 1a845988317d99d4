//! Typed identifiers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use ulid::Ulid;

/// A ULID that belongs to one kind of thing, so that an `Id<Call>` is never taken for an `Id<Application>`.
///
/// Stored as 26 characters of text; new ones of one process sort in the order in which they were made.
pub struct Id<T>(Ulid, PhantomData<fn() -> T>);

/// Text that is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not a valid identifier")]
pub struct IdError;

impl<T> Id<T> {
    /// A fresh identifier, greater than every earlier one of this process and not to be guessed from one of them.
    #[expect(clippy::new_without_default, reason = "a default identifier would be a surprise")]
    #[must_use]
    pub fn new() -> Self {
        Id(next(&mut LATEST.lock().unwrap_or_else(PoisonError::into_inner), Ulid::generate()), PhantomData)
    }

    /// The same identifier seen as another kind, where a table serves several kinds.
    #[must_use]
    pub fn cast<U>(self) -> Id<U> {
        Id(self.0, PhantomData)
    }
}

static LATEST: Mutex<Ulid> = Mutex::new(Ulid::nil());

/// `drawn`, or where that does not come after `latest` (the same millisecond, a clock set back) a random step after it.
///
/// The step is as large as 64 random bits, so that a neighbour cannot be counted up to. An overflow of the 80 bits goes
/// into the next millisecond.
fn next(latest: &mut Ulid, drawn: Ulid) -> Ulid {
    if drawn <= *latest {
        let step = u128::from(u64::try_from(drawn.random() & u128::from(u64::MAX)).unwrap_or(1)).max(1);
        *latest = Ulid(latest.0.saturating_add(step));
    } else {
        *latest = drawn;
    }
    *latest
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A list says it on every row: written at once, where the formatting of the formatting would cost as much again.
        let mut text = [0; ulid::ULID_LEN];
        f.write_str(self.0.array_to_str(&mut text))
    }
}
impl<T> FromStr for Id<T> {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Ulid::from_string(text).map(|u| Id(u, PhantomData)).map_err(|_| IdError)
    }
}
impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn identifiers_made_one_after_the_other_sort_that_way_also_within_a_millisecond() {
        let made: Vec<Id<()>> = (0..10_000).map(|_| Id::new()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1] && pair[0].to_string() < pair[1].to_string()));
    }

    #[test]
    fn identifiers_made_on_many_threads_at_once_are_all_different() {
        let made: Vec<Vec<Id<()>>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| (0..2_000).map(|_| Id::new()).collect())).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert_eq!(made.iter().flatten().collect::<BTreeSet<_>>().len(), 16_000);
    }

    #[test]
    fn a_clock_set_back_does_not_turn_the_order_round() {
        let mut latest = Ulid::from_parts(2_000, 7);
        let after = next(&mut latest, Ulid::from_parts(1_000, 5));
        assert!(after > Ulid::from_parts(2_000, 7));
        assert_eq!(after.timestamp_ms(), 2_000);
    }
}
