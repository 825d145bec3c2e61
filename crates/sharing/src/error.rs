//! What can go wrong.

use std::{borrow::Cow, error::Error as StdError, fmt};

use allmende_accounts as accounts;
use allmende_sql as sql;
use allmende_storage as storage;

use crate::{ConfigRefusal, Refusal, TeamRefusal};

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an act failed. Nothing of a failed act has happened: no row, no mail, no event.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    retryable: bool,
    context: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such share, team folder, rule or node, or it is not for this person to
    /// know of.
    NotFound,
    /// The request is understood and refused, for a reason that clients are told.
    Refused(Refusal),
    /// The same for a team folder.
    Team(TeamRefusal),
    /// The same for a value of configuration.
    Config(ConfigRefusal),
    /// The space that something is to come to has not enough room.
    NoRoom,
    /// Somebody else changed the same thing meanwhile.
    Changed,
    /// The database's disk has no room.
    Full,
    /// The database can be read only.
    ReadOnly,
    /// The database, the tree or the source of randomness cannot be used now.
    Unavailable,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, retryable: false, context: context.into(), source: None }
    }

    pub(crate) fn not_found(context: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::NotFound, context)
    }

    pub(crate) fn unavailable(context: impl Into<Cow<'static, str>>) -> Self {
        Self { retryable: true, ..Self::new(ErrorKind::Unavailable, context) }
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// An error of a batch, in which broken expectations and constraints of some
    /// statements have a meaning.
    pub(crate) fn of_batch(failed: sql::Error, meanings: Vec<(usize, ErrorKind)>) -> Self {
        let meant = matches!(
            failed.kind(),
            sql::ErrorKind::Expectation { .. } | sql::ErrorKind::Constraint
        );
        let statement = failed.statement();
        match meanings.into_iter().find(|(at, _)| meant && statement == Some(*at)) {
            Some((_, kind)) => Self::new(kind, "sharing").with_source(failed),
            None => failed.into(),
        }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The reason of a refusal.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match &self.kind {
            ErrorKind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        self.retryable
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(ErrorKind::Refused(refusal), "sharing")
    }
}

impl From<TeamRefusal> for Error {
    fn from(refusal: TeamRefusal) -> Self {
        Self::new(ErrorKind::Team(refusal), "team folders")
    }
}

impl From<ConfigRefusal> for Error {
    fn from(refusal: ConfigRefusal) -> Self {
        Self::new(ErrorKind::Config(refusal), "configuration")
    }
}

impl From<sql::Error> for Error {
    fn from(failed: sql::Error) -> Self {
        let kind = match failed.kind() {
            sql::ErrorKind::Full => ErrorKind::Full,
            sql::ErrorKind::ReadOnly => ErrorKind::ReadOnly,
            sql::ErrorKind::Expectation { .. } | sql::ErrorKind::Conflict => ErrorKind::Changed,
            _ => ErrorKind::Unavailable,
        };
        let retryable = failed.is_retryable();
        Self { retryable, ..Self::new(kind, "sharing") }.with_source(failed)
    }
}

impl From<accounts::Error> for Error {
    fn from(failed: accounts::Error) -> Self {
        let kind = match failed.kind() {
            accounts::ErrorKind::NoSuchPerson
            | accounts::ErrorKind::NoSuchGroup
            | accounts::ErrorKind::NotFound => ErrorKind::NotFound,
            accounts::ErrorKind::Full => ErrorKind::Full,
            accounts::ErrorKind::ReadOnly => ErrorKind::ReadOnly,
            _ => ErrorKind::Unavailable,
        };
        let retryable = failed.is_retryable();
        Self { retryable, ..Self::new(kind, "accounts") }.with_source(failed)
    }
}

impl From<storage::Error> for Error {
    fn from(failed: storage::Error) -> Self {
        use storage::ErrorKind as Kind;
        let kind = match failed.kind() {
            Kind::NotFound | Kind::ParentNotFound => ErrorKind::NotFound,
            Kind::Changed | Kind::Exists => ErrorKind::Changed,
            Kind::Full => ErrorKind::Full,
            Kind::ReadOnly => ErrorKind::ReadOnly,
            _ => ErrorKind::Unavailable,
        };
        let retryable = matches!(failed.kind(), Kind::Unavailable);
        Self { retryable, ..Self::new(kind, failed.context().to_owned()) }.with_source(failed)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.context)?;
        match &self.kind {
            ErrorKind::NotFound => f.write_str("not found"),
            ErrorKind::Refused(refusal) => refusal.fmt(f),
            ErrorKind::Team(refusal) => refusal.fmt(f),
            ErrorKind::Config(refusal) => refusal.fmt(f),
            ErrorKind::NoRoom => f.write_str("not enough room"),
            ErrorKind::Changed => f.write_str("changed meanwhile"),
            ErrorKind::Full => f.write_str("no space left"),
            ErrorKind::ReadOnly => f.write_str("read only"),
            ErrorKind::Unavailable => f.write_str("unavailable"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
