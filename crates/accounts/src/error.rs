//! What can go wrong.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use allmende_sql as sql;

use crate::CircleRefusal;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a look-up or a change of people, groups or credentials failed. Nothing of a failed
/// change has happened.
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
    /// There is no such person.
    NoSuchPerson,
    /// There is no such group.
    NoSuchGroup,
    /// There is no such app password, session or login flow (any more).
    NotFound,
    /// A person or group of this id is there already.
    Exists,
    /// A value that is not allowed.
    Invalid,
    /// A password that is too short or too long.
    UnfitPassword,
    /// The change would leave the server without an enabled administrator.
    LastAdministrator,
    /// A state token of another login flow or of another browser.
    StateMismatch,
    /// More of something at once than the server keeps.
    TooMany,
    /// The rules of circles refuse it, for a reason that clients are told.
    Circle(CircleRefusal),
    /// The database's disk has no room.
    Full,
    /// The database can be read only.
    ReadOnly,
    /// The database (or the source of randomness) cannot be used now.
    Unavailable,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, retryable: false, context: context.into(), source: None }
    }

    /// What cannot be used now.
    pub(crate) fn unavailable(context: impl Into<Cow<'static, str>>) -> Self {
        Self { retryable: true, ..Self::new(ErrorKind::Unavailable, context) }
    }

    /// An error of a batch, in which broken expectations and constraints of some
    /// statements have a meaning.
    pub(crate) fn of_batch(failed: sql::Error, meanings: &[(usize, ErrorKind)]) -> Self {
        let meant = matches!(
            failed.kind(),
            sql::ErrorKind::Expectation { .. } | sql::ErrorKind::Constraint
        );
        let statement = failed.statement();
        match meanings.iter().find(|(at, _)| meant && statement == Some(*at)) {
            Some((_, kind)) => Self { source: Some(failed.into()), ..Self::new(*kind, "accounts") },
            None => failed.into(),
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

impl From<CircleRefusal> for Error {
    fn from(refusal: CircleRefusal) -> Self {
        Self::new(ErrorKind::Circle(refusal), "circles")
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
        Self { retryable, source: Some(failed.into()), ..Self::new(kind, "accounts") }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::NoSuchPerson => "no such person",
            ErrorKind::NoSuchGroup => "no such group",
            ErrorKind::NotFound => "not found",
            ErrorKind::Exists => "exists already",
            ErrorKind::Invalid => "not allowed",
            ErrorKind::UnfitPassword => "password too short or too long",
            ErrorKind::LastAdministrator => "last administrator",
            ErrorKind::StateMismatch => "state token does not match",
            ErrorKind::TooMany => "too many",
            ErrorKind::Circle(refusal) => return write!(f, "{}: {refusal}", self.context),
            ErrorKind::Full => "no space left",
            ErrorKind::ReadOnly => "read only",
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

/// Why credentials do not open the door.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// Unknown person, wrong password, revoked or expired credential: which of them is
    /// not told. The answer is to be held back for `delay`.
    #[error("the credentials are not valid")]
    Rejected {
        /// Grows with the failures from this network.
        delay: Duration,
    },
    /// The credentials are right, and the account is disabled.
    #[error("the account is disabled")]
    Disabled,
    /// Too many failures from this network; not even right passwords are looked at. (App
    /// passwords and sessions are: they cannot be guessed.)
    #[error("too many failed attempts")]
    TooManyAttempts {
        /// After which time a password will be looked at again.
        retry_after: Duration,
    },
    /// It could not be found out. Clients must not be told that the credentials are wrong.
    #[error(transparent)]
    Unavailable(#[from] Error),
}

impl From<sql::Error> for AuthError {
    fn from(failed: sql::Error) -> Self {
        Self::Unavailable(failed.into())
    }
}

impl AuthError {
    pub(crate) const REJECTED: Self = Self::Rejected { delay: Duration::ZERO };
}
