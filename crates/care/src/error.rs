//! What can go wrong.

use std::{borrow::Cow, error::Error as StdError, fmt, io};

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a check, a backup, an export or the way back could not be done.
///
/// What a check *finds* is no error; see [`fsck::Report`](crate::fsck::Report).
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    context: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is nothing where something is to be read.
    Absent,
    /// There is something already where something new is to be made.
    NotEmpty,
    /// It is a mount point, which cannot give way to something new; a folder in it can.
    MountPoint,
    /// Another process is at work there.
    Busy,
    /// It was written by a newer program, or is something else.
    Unknown,
    /// It is not what was written: a digest, a length or a reference is another.
    Damaged,
    /// The database, the contents or a disk cannot be used now.
    Unavailable,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(crate) fn damaged(context: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Damaged, context)
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Busy | ErrorKind::Unavailable)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::Absent => "there is nothing",
            ErrorKind::NotEmpty => "there is something already",
            ErrorKind::MountPoint => "it is a mount point: name a folder in it",
            ErrorKind::Busy => "another process is at work",
            ErrorKind::Unknown => "unknown format",
            ErrorKind::Damaged => "damaged",
            ErrorKind::Unavailable => "unavailable",
        };
        write!(f, "{}: {what}", self.context)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl From<allmende_sql::Error> for Error {
    fn from(error: allmende_sql::Error) -> Self {
        Self::new(ErrorKind::Unavailable, "the database").with_source(error)
    }
}

impl From<allmende_storage::Error> for Error {
    fn from(error: allmende_storage::Error) -> Self {
        let kind = match error.kind() {
            allmende_storage::ErrorKind::Corrupt => ErrorKind::Damaged,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind, "the stored files").with_source(error)
    }
}

impl From<allmende_accounts::Error> for Error {
    fn from(error: allmende_accounts::Error) -> Self {
        Self::new(ErrorKind::Unavailable, "the accounts").with_source(error)
    }
}

/// Says what was tried.
pub(crate) trait Context<T> {
    fn context(self, what: impl fmt::Display) -> Result<T>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| {
            let kind = match error.kind() {
                io::ErrorKind::NotFound => ErrorKind::Absent,
                _ => ErrorKind::Unavailable,
            };
            Error::new(kind, what.to_string()).with_source(error)
        })
    }
}

impl<T> Context<T> for serde_json::Result<T> {
    fn context(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Error::damaged(what.to_string()).with_source(error))
    }
}
