//! The one error of the crate. Only `http/problem.rs` turns it into a status.

use crate::values::{FieldErrors, Refusal, RefusalInfo};

/// What can come back instead of an answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or this person may not know of it.
    #[error("not found")]
    NotFound,
    /// The policy says no.
    #[error("denied")]
    Denied,
    /// The input is wrong; every field error is told at once.
    #[error("invalid input")]
    Invalid(FieldErrors),
    /// A rule says no.
    #[error("refused: {}", .0.code)]
    Refused(Refusal),
    /// A token does not say who acts, for the reason that a rule gives.
    #[error("unidentified: {}", .0.code)]
    Unidentified(Refusal),
    /// Somebody else changed it first, or it exists already.
    #[error("conflict: {0}")]
    Conflict(String),
    /// More was sent than is taken at once.
    #[error("too large")]
    TooLarge,
    /// The database stayed busy until the write's deadline.
    #[error("busy")]
    Busy,
    /// A defect or a broken dependency. The text goes to the log, never to a person.
    #[error("internal: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Shorthand for the crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An internal error from words.
    pub fn internal(text: impl Into<String>) -> Self {
        Error::Internal(text.into().into())
    }

    /// One field error.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Error::Invalid(FieldErrors::one(field, message))
    }

    /// The database's own error, when that is what this is.
    #[must_use]
    pub fn database(&self) -> Option<&diesel::result::Error> {
        match self {
            Error::Internal(source) => source.downcast_ref(),
            _ => None,
        }
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Self {
        Error::Invalid(errors)
    }
}

impl<R: RefusalInfo> From<R> for Error {
    fn from(refusal: R) -> Self {
        Error::Refused(refusal.into())
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        match error {
            Diesel::NotFound => Error::NotFound,
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                // Names of constraints help whoever reads the log, and nobody who reads the page.
                tracing::info!(constraint = info.constraint_name(), "written already");
                Error::Conflict(
                    "This was recorded just now, perhaps by somebody else. Look before you send it again.".to_owned(),
                )
            }
            other => Error::Internal(Box::new(other)),
        }
    }
}

macro_rules! internal_from {
    ($($source:ty),+ $(,)?) => {
        $(impl From<$source> for Error {
            fn from(error: $source) -> Self {
                Error::Internal(Box::new(error))
            }
        })+
    };
}

internal_from!(
    std::io::Error,
    serde_json::Error,
    askama::Error,
    age::EncryptError,
    age::DecryptError,
    diesel::r2d2::PoolError,
    std::fmt::Error,
    std::num::TryFromIntError,
    crate::values::money::MoneyError,
    csv::Error,
    rust_xlsxwriter::XlsxError,
);
