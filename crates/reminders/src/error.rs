//! What can go wrong.

use std::{borrow::Cow, error::Error as StdError, fmt};

use allmende_sql as sql;
use allmende_storage as storage;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an act failed. Nothing of a failed act has happened: no row, no notification.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    retryable: bool,
    context: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such reminder.
    NotFound,
    /// The time is not to come.
    Past,
    /// The person has as many reminders as they may have.
    TooMany,
    /// The database's disk has no room.
    Full,
    /// The database can be read only.
    ReadOnly,
    /// The database or the tree cannot be used now.
    Unavailable,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, retryable: false, context: context.into(), source: None }
    }

    /// The failure of a batch in which a broken expectation of one statement has a meaning.
    pub(crate) fn of_batch(failed: sql::Error, at: usize, meaning: ErrorKind) -> Self {
        let meant = matches!(failed.kind(), sql::ErrorKind::Expectation { .. });
        if meant && failed.statement() == Some(at) {
            Self { source: Some(Box::new(failed)), ..Self::new(meaning, "reminders") }
        } else {
            failed.into()
        }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        self.retryable
    }
}

impl From<sql::Error> for Error {
    fn from(failed: sql::Error) -> Self {
        let kind = match failed.kind() {
            sql::ErrorKind::Full => ErrorKind::Full,
            sql::ErrorKind::ReadOnly => ErrorKind::ReadOnly,
            _ => ErrorKind::Unavailable,
        };
        let retryable = failed.is_retryable();
        Self { retryable, source: Some(Box::new(failed)), ..Self::new(kind, "reminders") }
    }
}

impl From<storage::Error> for Error {
    fn from(failed: storage::Error) -> Self {
        let retryable = matches!(failed.kind(), storage::ErrorKind::Unavailable);
        let error = Self::new(ErrorKind::Unavailable, "the nodes of reminders");
        Self { retryable, source: Some(Box::new(failed)), ..error }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.context)?;
        f.write_str(match self.kind {
            ErrorKind::NotFound => "not found",
            ErrorKind::Past => "the time is past",
            ErrorKind::TooMany => "there are too many",
            ErrorKind::Full => "no space left",
            ErrorKind::ReadOnly => "read only",
            ErrorKind::Unavailable => "unavailable",
        })
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
