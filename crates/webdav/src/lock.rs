//! Locks as a backend keeps them (RFC 4918, section 6).

mod memory;

use std::fmt;

use allmende_types::SpacePath;
use allmende_webdav_proto::{ActiveLock, Element, headers::Depth};
pub use allmende_webdav_proto::{LockScope, headers::LockTimeout};

pub use self::memory::{GuardedWrite, MemoryLocks, NewLock};
use crate::{
    backend::{Entry, Kind, WriteContext},
    mount::Mount,
};

/// The name of a lock: a URI, such as `opaquelocktoken:` and a UUID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockToken(Box<str>);

impl LockToken {
    /// The token with this text, without angle brackets. Any text will do: one that no lock
    /// has opens nothing.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// A token that was never used: a random UUID (RFC 4918, appendix C).
    #[must_use]
    pub fn random() -> Self {
        Self(format!("opaquelocktoken:{}", uuid::Uuid::new_v4()).into())
    }

    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LockToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a lock on a folder covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockDepth {
    /// The folder itself: its properties and which members it has.
    Zero,
    /// Everything below it too, also what is made later.
    Infinity,
}

/// A lock that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Its name, which a writer submits.
    pub token: LockToken,
    /// Where it was taken.
    pub root: SpacePath,
    /// What stands there.
    pub root_kind: Kind,
    /// Exclusive or shared.
    pub scope: LockScope,
    /// The resource alone, or all below it too.
    pub depth: LockDepth,
    /// What the client told of the owner: the `d:owner` element.
    pub owner: Option<Element>,
    /// How long it still lasts.
    pub timeout: LockTimeout,
}

impl Lock {
    /// The lock as `d:lockdiscovery` shows it.
    pub(crate) fn to_active(&self, mount: &Mount) -> ActiveLock {
        let root = mount.href(&self.root, self.root_kind);
        let mut active = ActiveLock::new(self.token.as_str(), root, self.scope);
        active.depth = match self.depth {
            LockDepth::Zero => Depth::Zero,
            LockDepth::Infinity => Depth::Infinity,
        };
        active.owner.clone_from(&self.owner);
        active.timeout = self.timeout;
        active
    }
}

/// A lock to take. See [`Backend::lock`](crate::Backend::lock).
#[derive(Debug)]
pub struct LockRequest<'a, R> {
    /// On which resource.
    pub target: Entry<R>,
    /// Exclusive or shared.
    pub scope: LockScope,
    /// The resource alone, or all below it too.
    pub depth: LockDepth,
    /// What the client tells of the owner: the `d:owner` element.
    pub owner: Option<Element>,
    /// How long it shall last, at most [`Options::max_lock`](crate::Options::max_lock).
    pub timeout: LockTimeout,
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}
