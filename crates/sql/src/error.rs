//! What can go wrong.

use std::{borrow::Cow, error::Error as StdError, fmt};

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a statement, a batch or opening a database failed.
///
/// Nothing of a failed batch has happened, with one exception: when the connection to
/// PostgreSQL breaks while a commit is under way, the error is
/// [`Unavailable`](ErrorKind::Unavailable) and the batch may have happened.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    statement: Option<usize>,
    context: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A statement of a batch did not touch or return as many rows as its
    /// [`Expect`](crate::Expect) says.
    Expectation {
        /// The statement's place in the batch, from 0.
        statement: usize,
        /// How many rows it touched or returned.
        got: u64,
    },
    /// A row that the schema forbids: not unique, without its parent, null.
    Constraint,
    /// PostgreSQL gave up on the batch in favour of a concurrent one, several times.
    Conflict,
    /// The disk has no room.
    Full,
    /// The database can be read only.
    ReadOnly,
    /// The file is damaged, or is no database.
    Corrupt,
    /// The database cannot be reached or used now.
    Unavailable,
    /// The handle was closed.
    Closed,
    /// A mistake of the program: SQL that the engine does not understand, a wrong number
    /// of parameters, a column read as a type that it has not.
    Invalid,
    /// The database's schema is not one that this program knows.
    Schema,
}

impl Error {
    /// An error of a kind, with a context that says what was tried.
    pub fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        let statement = match kind {
            ErrorKind::Expectation { statement, .. } => Some(statement),
            _ => None,
        };
        Self { kind, statement, context: context.into(), source: None }
    }

    /// The same, caused by another error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn at(mut self, statement: usize) -> Self {
        self.statement.get_or_insert(statement);
        self
    }

    /// The same error for another of those who wait for one transaction.
    pub(crate) fn repeat(&self) -> Self {
        let source = self.source.as_ref().map(|source| source.to_string().into());
        Self { source, context: self.context.clone(), ..*self }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The place in its batch of the statement that failed, from 0. None when the failure
    /// is not that of one statement, such as a commit's.
    #[must_use]
    pub const fn statement(&self) -> Option<usize> {
        self.statement
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Conflict | ErrorKind::Unavailable)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::Expectation { statement, got } => {
                return write!(f, "{}: statement {statement} met {got} rows", self.context);
            }
            ErrorKind::Constraint => "constraint violated",
            ErrorKind::Conflict => "conflict with another transaction",
            ErrorKind::Full => "no space left",
            ErrorKind::ReadOnly => "read only",
            ErrorKind::Corrupt => "corrupt database",
            ErrorKind::Unavailable => "database unavailable",
            ErrorKind::Closed => "database closed",
            ErrorKind::Invalid => "invalid statement",
            ErrorKind::Schema => "unknown schema",
        };
        write!(f, "{}: {what}", self.context)?;
        match self.statement {
            Some(statement) => write!(f, " (statement {statement})"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
