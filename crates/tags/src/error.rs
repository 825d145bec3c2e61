//! What can go wrong.

use std::{borrow::Cow, error::Error as StdError, fmt};

use allmende_sql as sql;
use allmende_storage as storage;

use crate::TagId;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an act failed. Nothing of a failed act has happened: no row, no event.
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
    /// There is no such tag, or it is not for this person to know of; or the node does not
    /// carry it.
    NotFound,
    /// The request is understood and refused, for a reason that clients are told.
    Refused(TagRefusal),
    /// Somebody else changed the same thing meanwhile.
    Changed,
    /// The database's disk has no room.
    Full,
    /// The database can be read only.
    ReadOnly,
    /// The database or the tree cannot be used now.
    Unavailable,
}

/// Why an act on tags is refused, in the words that clients show.
///
/// ```
/// use allmende_tags::{TagId, TagRefusal};
///
/// let refusal = TagRefusal::MayNotAssign(TagId(33));
/// assert_eq!(refusal.to_string(), "No permission to assign tag 33");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagRefusal {
    /// Hidden and restricted tags are made by administrators.
    #[error("Not sufficient permissions")]
    MayNotCreate,
    /// Another tag has this name, perhaps in other letters' case.
    #[error("Tag already exists")]
    NameTaken,
    /// There are as many tags as there may be.
    #[error("There are too many tags")]
    TooMany,
    /// Who may not assign the tag may not change it.
    #[error("No permission to update tag {0}")]
    MayNotUpdate(TagId),
    /// Who sees and assigns a tag is for administrators to say.
    #[error("No permission to update permissions for tag {0}")]
    MayNotGovern(TagId),
    /// Only administrators delete tags.
    #[error("No permission to delete tag {0}")]
    MayNotDelete(TagId),
    /// The tag is not for this person to assign or to take away.
    #[error("No permission to assign tag {0}")]
    MayNotAssign(TagId),
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, retryable: false, context: context.into(), source: None }
    }

    pub(crate) fn not_found(id: TagId) -> Self {
        Self::new(ErrorKind::NotFound, format!("tag {id}"))
    }

    pub(crate) fn corrupt(what: &str, id: TagId) -> Self {
        Self::new(ErrorKind::Unavailable, format!("the stored {what} of tag {id} is none"))
    }

    /// The failure of a batch in which a broken expectation or constraint of one statement
    /// has a meaning.
    pub(crate) fn of_batch(failed: sql::Error, at: usize, meaning: ErrorKind) -> Self {
        use sql::ErrorKind as Kind;
        let meant = matches!(failed.kind(), Kind::Expectation { .. } | Kind::Constraint);
        if meant && failed.statement() == Some(at) {
            Self { source: Some(Box::new(failed)), ..Self::new(meaning, "tags") }
        } else {
            failed.into()
        }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        self.retryable
    }
}

impl From<TagRefusal> for Error {
    fn from(refusal: TagRefusal) -> Self {
        Self::new(ErrorKind::Refused(refusal), "tags")
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
        Self { retryable, source: Some(Box::new(failed)), ..Self::new(kind, "tags") }
    }
}

impl From<storage::Error> for Error {
    fn from(failed: storage::Error) -> Self {
        let retryable = matches!(failed.kind(), storage::ErrorKind::Unavailable);
        let error = Self::new(ErrorKind::Unavailable, "the nodes of tags");
        Self { retryable, source: Some(Box::new(failed)), ..error }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.context)?;
        match &self.kind {
            ErrorKind::NotFound => f.write_str("not found"),
            ErrorKind::Refused(refusal) => refusal.fmt(f),
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
