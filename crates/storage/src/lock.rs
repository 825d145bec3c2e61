//! Locks: leases that protect nodes from other people's writes.

use std::{fmt, str::FromStr};

use allmende_types::{NodeId, Timestamp, UserId};
use async_trait::async_trait;

use crate::Result;

/// The locks on nodes (RFC 4918, section 6).
///
/// A lock is bound to a node, not to a path: a renamed parent does not lose it. It is
/// a lease: behind its end it protects nothing, whether or not it was removed yet, and
/// `now` always comes from the caller. The check that protects a write is a part of
/// [`Tree::commit`](crate::Tree::commit), so one store implements both traits.
#[async_trait]
pub trait LockStore: fmt::Debug + Send + Sync + 'static {
    /// Takes a lock.
    ///
    /// A shared lock stands beside other shared ones; an exclusive one beside none. A
    /// lock of infinite depth conflicts with those above and below the node as well.
    ///
    /// # Errors
    /// [`Locked`](crate::ErrorKind::Locked) with those in the way,
    /// [`NotFound`](crate::ErrorKind::NotFound) when the node is gone,
    /// [`Exists`](crate::ErrorKind::Exists) when the token is in use.
    async fn lock(&self, request: LockRequest) -> Result<Lock>;

    /// Renews the lease of a lock that covers `node`.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when no such lock covers the node or it
    /// belongs to another holder.
    async fn refresh(
        &self,
        node: NodeId,
        token: &LockToken,
        holder: &UserId,
        timeout: LockTimeout,
        now: Timestamp,
    ) -> Result<Lock>;

    /// Gives a lock back that covers `node`.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when no such lock covers the node,
    /// [`Locked`](crate::ErrorKind::Locked) when it belongs to another holder.
    async fn unlock(
        &self,
        node: NodeId,
        token: &LockToken,
        holder: &UserId,
        now: Timestamp,
    ) -> Result<()>;

    /// For each node the locks that cover it: its own and those of infinite depth on its
    /// ancestors.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn covering(&self, nodes: &[NodeId], now: Timestamp) -> Result<Vec<Vec<Lock>>>;

    /// The locks on nodes below `node`, itself not included.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn below(&self, node: NodeId, now: Timestamp) -> Result<Vec<Lock>>;

    /// Removes up to `limit` locks whose lease has ended, and returns how many.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn remove_expired(&self, now: Timestamp, limit: usize) -> Result<usize>;
}

/// A lock that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lock {
    /// Its name, which a writer submits.
    pub token: LockToken,
    /// The node that it was taken on.
    pub node: NodeId,
    /// Exclusive or shared.
    pub scope: LockScope,
    /// The node alone, or all below it too.
    pub depth: LockDepth,
    /// Who took it. Nobody else may use the token.
    pub holder: UserId,
    /// What the client told of the owner: an XML fragment, possibly empty.
    pub owner: String,
    /// When it was taken.
    pub created: Timestamp,
    /// When the lease ends; never if none.
    pub expires: Option<Timestamp>,
}

impl Lock {
    /// The lock that a request takes.
    #[must_use]
    pub fn from_request(request: LockRequest) -> Self {
        let LockRequest { node, token, scope, depth, holder, owner, timeout, now } = request;
        Self { token, node, scope, depth, holder, owner, created: now, expires: timeout.end(now) }
    }

    /// Whether the lease stands at `now`.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| end > now)
    }
}

/// A lock to take.
#[derive(Debug, Clone)]
pub struct LockRequest {
    /// The node to protect.
    pub node: NodeId,
    /// A fresh token.
    pub token: LockToken,
    /// Exclusive or shared.
    pub scope: LockScope,
    /// The node alone, or all below it too.
    pub depth: LockDepth,
    /// Who takes it.
    pub holder: UserId,
    /// What the client tells of the owner: an XML fragment, possibly empty.
    pub owner: String,
    /// How long it lasts.
    pub timeout: LockTimeout,
    /// The time of the request.
    pub now: Timestamp,
}

/// Whether others may hold a lock beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockScope {
    /// Nobody else holds a lock.
    Exclusive,
    /// Others may hold shared locks.
    Shared,
}

/// What a lock on a folder covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockDepth {
    /// The folder itself: its properties and which members it has.
    Zero,
    /// Everything below it too, also what is made later.
    Infinity,
}

/// How long a lock lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockTimeout {
    /// This many seconds from now.
    Seconds(u32),
    /// Until it is given back.
    Infinite,
}

impl LockTimeout {
    /// The end of a lease that starts at `now`.
    #[must_use]
    pub fn end(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Seconds(seconds) => Some(now.plus_seconds(i64::from(seconds))),
            Self::Infinite => None,
        }
    }
}

/// The name of a lock: a URI, such as `opaquelocktoken:` and a UUID (RFC 4918, appendix C).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockToken(Box<str>);

/// A text that is no lock token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is not a lock token")]
pub struct InvalidToken(pub String);

impl LockToken {
    /// The token as text, without angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LockToken {
    type Err = InvalidToken;

    /// Takes any text of 1 to 255 visible ASCII characters but `<` and `>`.
    fn from_str(s: &str) -> Result<Self, InvalidToken> {
        let allowed = |b: u8| b.is_ascii_graphic() && b != b'<' && b != b'>';
        if !s.is_empty() && s.len() <= 255 && s.bytes().all(allowed) {
            Ok(Self(s.into()))
        } else {
            Err(InvalidToken(s.to_owned()))
        }
    }
}

impl fmt::Display for LockToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
