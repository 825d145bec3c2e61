//! Errors of all stores.

use std::{borrow::Cow, error::Error as StdError, fmt};

use crate::Lock;

/// A result of a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, and whether trying again can help.
///
/// The mapping to a protocol's answers is the matter of that protocol's crate, in one
/// place; it reads [`Error::kind`] only.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    context: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The thing is not there. Said only with authority: a store that could not look
    /// says [`ErrorKind::Unavailable`].
    NotFound,
    /// The folder that the operation wants to write into is not there (any more).
    ParentNotFound,
    /// The operation wants a folder and found a file.
    NotAFolder,
    /// The operation wants a file and found a folder.
    NotAFile,
    /// There is a node (a blob, a space) of that name already.
    Exists,
    /// The node is not in the state that the caller expected: it was changed meanwhile.
    Changed,
    /// The target lies inside the node that is to be moved or copied.
    Cycle,
    /// Locks of others stand in the way; these are they.
    Locked(Vec<Lock>),
    /// The space would exceed its quota.
    Quota {
        /// Bytes that the operation adds.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The disk or the object store has no room.
    Full,
    /// The store can be read only.
    ReadOnly,
    /// The caller's bytes ended early, were too many, or their stream failed.
    Body,
    /// The request makes no sense, whatever the state of the store.
    Invalid,
    /// What was read is not what was written. It is never handed out.
    Corrupt,
    /// The store cannot answer now; the state is unchanged, or the change is unknown to
    /// have happened.
    Unavailable,
}

impl Error {
    /// An error of a kind, with a context that names the operation and what it was about.
    pub fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// The same, caused by another error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// An I/O error of a disk, told apart by its kind: a full disk, a read-only one, or
    /// one that cannot be used now.
    pub fn from_io(context: impl Into<Cow<'static, str>>, error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => ErrorKind::Full,
            Io::ReadOnlyFilesystem | Io::PermissionDenied => ErrorKind::ReadOnly,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind, context).with_source(error)
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The operation and its object, for logs. It can contain names: not for strangers.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.context
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.kind {
            ErrorKind::NotFound => "not found",
            ErrorKind::ParentNotFound => "parent folder not found",
            ErrorKind::NotAFolder => "not a folder",
            ErrorKind::NotAFile => "not a file",
            ErrorKind::Exists => "exists already",
            ErrorKind::Changed => "changed meanwhile",
            ErrorKind::Cycle => "target inside source",
            ErrorKind::Locked(_) => "locked",
            ErrorKind::Quota { .. } => "over quota",
            ErrorKind::Full => "no space left",
            ErrorKind::ReadOnly => "read only",
            ErrorKind::Body => "body incomplete",
            ErrorKind::Invalid => "invalid request",
            ErrorKind::Corrupt => "corrupt data",
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

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind, "store")
    }
}
