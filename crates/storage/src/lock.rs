//! Locks: leases that protect nodes from other people's writes.

use std::{fmt, str::FromStr};

use allmende_types::{NodeId, Origin, Principal, Timestamp, UserId};
use async_trait::async_trait;

use crate::Result;

/// The locks on nodes: those of the protocol (RFC 4918, section 6), and those that people and
/// apps set by hand. All stand in one store, so that there is one answer to whether a node
/// may be written.
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
    /// A lock [that is shown](LockKind::is_told) is a change that others look for: the folders
    /// above the node get a new revision, and the feed of the space tells of the node, whose
    /// own revision stays. The same when it is given back or broken.
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

    /// Ends a lock on a node, whoever holds it. In the same transaction the event
    /// `lock_broken` is written, and its holder is told, if somebody else did it.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when no such lock lies on the node itself.
    async fn break_lock(&self, order: BreakLock) -> Result<Lock>;

    /// Up to `limit` of all active locks with a token behind `after`, in the order of their
    /// tokens.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn all(
        &self,
        after: Option<&LockToken>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Lock>>;

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
    /// Who passes it.
    pub kind: LockKind,
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
        let LockRequest { node, token, kind, scope, depth, holder, owner, timeout, now } = request;
        let (created, expires) = (now, timeout.end(now));
        Self { token, node, kind, scope, depth, holder, owner, created, expires }
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
    /// Who is to pass it.
    pub kind: LockKind,
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

/// A lock that is to end, whoever holds it.
#[derive(Debug, Clone)]
pub struct BreakLock {
    /// The node that it lies on.
    pub node: NodeId,
    /// Its name.
    pub token: LockToken,
    /// Who ends it: a person who may; none for an administrator at the machine.
    pub by: Option<Principal>,
    /// Where the request came from.
    pub origin: Origin,
    /// The time of the act.
    pub now: Timestamp,
}

/// Who passes a lock, and so what it is to people. The numbers are those of the original's
/// `nc:lock-owner-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockKind {
    /// A person set it by hand: their writes pass, from every device.
    Person,
    /// An app set it in a person's name: that person's writes pass.
    App,
    /// A lock of the protocol: who holds it passes with its token.
    Token,
}

impl LockKind {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Person => 0,
            Self::App => 1,
            Self::Token => 2,
        }
    }

    /// The kind with a number; none if no kind has it.
    #[must_use]
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Person),
            1 => Some(Self::App),
            2 => Some(Self::Token),
            _ => None,
        }
    }

    /// Whether clients are to find out about it by the etags of the folders above. Those of
    /// the protocol are taken and given back around each write, and only their holder waits
    /// for them.
    #[must_use]
    pub const fn is_told(self) -> bool {
        !matches!(self, Self::Token)
    }

    /// Whether it stays on a node that goes to another place in its space. With a lock of the
    /// protocol it does not (RFC 4918, section 7.6).
    #[must_use]
    pub const fn moves_along(self) -> bool {
        !matches!(self, Self::Token)
    }
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
