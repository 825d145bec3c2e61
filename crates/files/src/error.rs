//! What can go wrong, and the one place where errors of the stores are read.

use std::{borrow::Cow, error::Error as StdError, fmt};

use allmende_storage as storage;
use allmende_storage::Lock;
use allmende_types::{Checksum, InvalidName, InvalidPath, SpacePath};

/// A result of the file service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed. A protocol maps [`Error::kind`] to its own answers.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    context: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure that a protocol tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It is not there. Said with authority only.
    NotFound,
    /// The folder to write into is not there.
    ParentNotFound,
    /// A folder was wanted and a file found.
    NotAFolder,
    /// A file was wanted and a folder found.
    NotAFile,
    /// Something stands at the place already.
    Exists,
    /// The person may not do this.
    Forbidden,
    /// The name policy refuses a name.
    InvalidName(InvalidName),
    /// The path is deeper than any may be.
    PathTooDeep,
    /// The space has not enough room left under its quota.
    Quota {
        /// Bytes that the operation adds.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// Locks stand in the way.
    Locked(Vec<LockedNode>),
    /// The content does not have the checksum that the client told.
    ChecksumMismatch {
        /// What the client told.
        expected: Checksum,
        /// What the content has.
        actual: Checksum,
    },
    /// The body ended before the length that was declared.
    BodyTooShort {
        /// Bytes declared.
        expected: u64,
        /// Bytes that came.
        received: u64,
    },
    /// The body is longer than the length that was declared.
    BodyTooLong {
        /// Bytes declared.
        expected: u64,
    },
    /// The body's stream broke: the client went away, or was slower than any may be.
    BodyInterrupted,
    /// The parts of an upload do not sum up to the length that the client told.
    UploadIncomplete {
        /// Bytes declared.
        expected: u64,
        /// Bytes of all parts.
        received: u64,
    },
    /// Somebody changed the node meanwhile, or it is not in the state expected.
    Changed,
    /// The target lies inside the source, or would replace a folder around it.
    Cycle,
    /// Source and target are the same node.
    SamePlace,
    /// The request makes no sense, whatever the state.
    Invalid,
    /// The disk is full.
    Full,
    /// The storage can be read only at present.
    ReadOnly,
    /// A stored content is damaged or missing. It is never handed out in part as if it
    /// were whole.
    Corrupt,
    /// The storage cannot answer now.
    Unavailable,
}

/// A lock that stands in the way, and the node it lies on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockedNode {
    /// The lock.
    pub lock: Lock,
    /// Where its node lies in the view of the person who asked; none if they do not see
    /// it, or it is gone.
    pub path: Option<SpacePath>,
}

impl LockedNode {
    /// A lock and the path of its node.
    #[must_use]
    pub const fn new(lock: Lock, path: Option<SpacePath>) -> Self {
        Self { lock, path }
    }
}

impl Error {
    /// An error of a kind, with a context that names the operation.
    pub fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// The same, caused by another error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The operation and what it was about, for logs: it can contain names.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.context
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable)
    }

    pub(crate) fn locks_mut(&mut self) -> Option<&mut Vec<LockedNode>> {
        match &mut self.kind {
            ErrorKind::Locked(locks) => Some(locks),
            _ => None,
        }
    }

    pub(crate) fn is(&self, kind: &ErrorKind) -> bool {
        self.kind == *kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.context, self.kind)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::ParentNotFound => f.write_str("parent folder not found"),
            Self::NotAFolder => f.write_str("not a folder"),
            Self::NotAFile => f.write_str("not a file"),
            Self::Exists => f.write_str("exists already"),
            Self::Forbidden => f.write_str("not permitted"),
            Self::InvalidName(reason) => reason.fmt(f),
            Self::PathTooDeep => f.write_str("path too deep"),
            Self::Quota { needed, free } => {
                write!(f, "over quota: {needed} bytes needed, {free} free")
            }
            Self::Locked(locks) => write!(f, "locked ({} locks)", locks.len()),
            Self::ChecksumMismatch { expected, actual } => {
                write!(f, "checksum is {actual}, not {expected}")
            }
            Self::BodyTooShort { expected, received } => {
                write!(f, "expected {expected} bytes, received {received}")
            }
            Self::BodyTooLong { expected } => {
                write!(f, "expected {expected} bytes, received more")
            }
            Self::BodyInterrupted => f.write_str("body interrupted"),
            Self::UploadIncomplete { expected, received } => {
                write!(f, "parts do not sum up to {expected} but to {received} bytes")
            }
            Self::Changed => f.write_str("changed meanwhile"),
            Self::Cycle => f.write_str("target inside source"),
            Self::SamePlace => f.write_str("source and target are the same"),
            Self::Invalid => f.write_str("invalid request"),
            Self::Full => f.write_str("no space left"),
            Self::ReadOnly => f.write_str("read only"),
            Self::Corrupt => f.write_str("corrupt data"),
            Self::Unavailable => f.write_str("unavailable"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl From<storage::Error> for Error {
    /// Reads an error of a store. Locks come without paths; [`View`](crate::View) adds
    /// them where it can.
    fn from(error: storage::Error) -> Self {
        use storage::ErrorKind as Kind;
        let kind = match error.kind() {
            Kind::NotFound => ErrorKind::NotFound,
            Kind::ParentNotFound => ErrorKind::ParentNotFound,
            Kind::NotAFolder => ErrorKind::NotAFolder,
            Kind::NotAFile => ErrorKind::NotAFile,
            Kind::Exists => ErrorKind::Exists,
            Kind::Changed => ErrorKind::Changed,
            Kind::Cycle => ErrorKind::Cycle,
            Kind::Locked(locks) => ErrorKind::Locked(
                locks.iter().map(|lock| LockedNode::new(lock.clone(), None)).collect(),
            ),
            Kind::Quota { needed, free } => ErrorKind::Quota { needed: *needed, free: *free },
            Kind::Full => ErrorKind::Full,
            Kind::ReadOnly => ErrorKind::ReadOnly,
            Kind::Body => ErrorKind::BodyInterrupted,
            Kind::Invalid => ErrorKind::Invalid,
            Kind::Corrupt => ErrorKind::Corrupt,
            // A kind that this crate does not know must not become an answer with authority.
            _ => ErrorKind::Unavailable,
        };
        Self { kind, context: error.context().to_owned().into(), source: Some(error.into()) }
    }
}

impl From<InvalidName> for Error {
    fn from(error: InvalidName) -> Self {
        Self::new(ErrorKind::InvalidName(error), "name")
    }
}

impl From<InvalidPath> for Error {
    fn from(error: InvalidPath) -> Self {
        match error {
            InvalidPath::Name(name) => name.into(),
            _ => Self::new(ErrorKind::PathTooDeep, "path"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_stores_keep_their_kind_and_their_cause() {
        let error: Error = storage::Error::new(storage::ErrorKind::Full, "put of 1").into();
        assert_eq!(error.kind(), &ErrorKind::Full);
        assert_eq!(error.to_string(), "put of 1: no space left");
        assert!(StdError::source(&error).is_some() && !error.is_retryable());
        let error: Error = storage::Error::from(storage::ErrorKind::Unavailable).into();
        assert!(error.is_retryable());
    }
}
