//! Facts that change with time: each with the day it applies from, the day it is known until, and its source.

use crate::values::time::medium_date;
use crate::values::{LocalDate, RefusalInfo};
use chrono::NaiveDate;
use serde::Serialize;

/// A fact of law with the days it is valid for and where it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated<T> {
    /// First day it applies.
    pub valid_from: LocalDate,
    /// Last day it is known to apply; `None` while nothing says when it will be revised.
    pub valid_until: Option<LocalDate>,
    /// Where it was read.
    pub source: &'static str,
    /// The fact.
    pub value: T,
}

impl<T> Dated<T> {
    /// Whether the fact covers the day.
    #[must_use]
    pub fn covers(&self, on: LocalDate) -> bool {
        self.valid_from <= on && self.valid_until.is_none_or(|last| on <= last)
    }
}

/// The entry of a table that covers a day.
///
/// # Errors
/// [`Unknown`] naming `what` and the day, before the table begins and after it ends.
pub fn in_force<'a, T>(table: &'a [Dated<T>], on: LocalDate, what: &str) -> Result<&'a Dated<T>, Unknown> {
    table.iter().find(|entry| entry.covers(on)).ok_or_else(|| Unknown::new(format!("{what} on {}", medium_date(on))))
}

/// The answer when a needed fact is missing. It is never treated as a pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("Unknown: {missing} is missing from the tables of law.")]
pub struct Unknown {
    /// What is missing, in words.
    pub missing: String,
}

impl Unknown {
    /// Names what is missing.
    pub fn new(missing: impl Into<String>) -> Self {
        Unknown { missing: missing.into() }
    }
}

impl RefusalInfo for Unknown {
    fn code(&self) -> &'static str {
        "law/unknown"
    }
    fn sentence(&self) -> String {
        self.to_string()
    }
}

/// A day written in a table. A day that does not exist becomes the beginning of time, which the tests of this
/// room look for in every table.
pub(crate) const fn day(year: i32, month: u32, day: u32) -> LocalDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}
