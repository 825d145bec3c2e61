//! What can go wrong.

use std::{borrow::Cow, error::Error as StdError, fmt};

use allmende_sql as sql;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why events or notifications could not be read or written.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    retryable: bool,
    context: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such thing, or it is not for this person.
    NotFound,
    /// A value that is not allowed.
    Invalid,
    /// A row that no version of this program wrote.
    Corrupt,
    /// The database's disk has no room.
    Full,
    /// The database can be read only.
    ReadOnly,
    /// The database (or whatever else is needed) cannot be used now.
    Unavailable,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        let retryable = kind == ErrorKind::Unavailable;
        Self { kind, retryable, context: context.into(), source: None }
    }

    pub(crate) fn because(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    pub(crate) fn corrupt(what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Corrupt, what)
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ErrorKind::NotFound => "not found",
            ErrorKind::Invalid => "not allowed",
            ErrorKind::Corrupt => "the stored data are damaged",
            ErrorKind::Full => "no space left",
            ErrorKind::ReadOnly => "read only",
            ErrorKind::Unavailable => "not available now",
        };
        write!(f, "{}: {kind}", self.context)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl From<sql::Error> for Error {
    fn from(error: sql::Error) -> Self {
        let kind = match error.kind() {
            sql::ErrorKind::Full => ErrorKind::Full,
            sql::ErrorKind::ReadOnly => ErrorKind::ReadOnly,
            sql::ErrorKind::Corrupt => ErrorKind::Corrupt,
            _ => ErrorKind::Unavailable,
        };
        let retryable = error.is_retryable();
        Self { retryable, ..Self::new(kind, "events").because(error) }
    }
}
