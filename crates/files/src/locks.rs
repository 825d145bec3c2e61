//! Locks on entries (RFC 4918, sections 6 and 7).

mod by_hand;

use allmende_storage::{
    Actor, ByteStream, Expect, Lock, LockDepth, LockKind, LockRequest, LockScope, LockTimeout,
    LockToken,
};
use allmende_types::{NodeId, SpacePath};
use futures_util::stream;

pub use self::by_hand::{HandLock, Held};
use crate::{
    Entry, Error, ErrorKind, LockedNode, Place, PutRequest, Result, View, permissions::Action,
};

/// A lock to take.
#[derive(Debug, Clone)]
pub struct LockOrder {
    /// A fresh token.
    pub token: LockToken,
    /// Exclusive or shared.
    pub scope: LockScope,
    /// The node alone, or all below it too.
    pub depth: LockDepth,
    /// What the client tells of the owner: an XML fragment, possibly empty.
    pub owner: String,
    /// How long it is to last; at the most
    /// [`FilesOptions::lock_timeout`](crate::FilesOptions::lock_timeout).
    pub timeout: LockTimeout,
}

/// A lock that was taken.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LockMade {
    /// The lock.
    pub lock: Lock,
    /// What it lies on.
    pub entry: Entry,
    /// Whether an empty file was made for it.
    pub created: bool,
}

impl View {
    /// Takes a lock. Where nothing stands, an empty file is made first (RFC 4918, section
    /// 7.3); it stays if the lock is refused after all.
    ///
    /// # Errors
    /// [`Locked`](ErrorKind::Locked) with the locks in the way,
    /// [`Forbidden`](ErrorKind::Forbidden), those of [`View::put`] for the empty file, and
    /// those of the stores.
    pub async fn lock(&self, place: Place, order: LockOrder) -> Result<LockMade> {
        let existing = match &place {
            Place::Path(path) => self.resolve(path).await?,
            Place::Child(folder, name) => self.child(folder, name).await?,
        };
        let (entry, created) = match existing {
            Some(entry) => (entry, false),
            None => {
                let request = PutRequest {
                    expect: Expect::Absent,
                    length: Some(0),
                    ..PutRequest::new(place)
                };
                let nothing: ByteStream<'static> = Box::pin(stream::empty());
                (self.put(request, nothing).await?.entry, true)
            }
        };
        Action::Update.check(&entry)?;
        let request = LockRequest {
            node: entry.id(),
            token: order.token,
            kind: LockKind::Token,
            scope: order.scope,
            depth: order.depth,
            holder: self.person().clone(),
            owner: order.owner,
            timeout: self.clamp(order.timeout),
            now: self.files().now(),
        };
        match self.files().locks().lock(request).await {
            Ok(lock) => Ok(LockMade { lock, entry, created }),
            Err(error) => Err(self.explain(error.into()).await),
        }
    }

    /// Renews a lock of the person's that covers an entry.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when no such lock covers it,
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn refresh_lock(
        &self,
        entry: &Entry,
        token: &LockToken,
        timeout: LockTimeout,
    ) -> Result<Lock> {
        let (timeout, now) = (self.clamp(timeout), self.files().now());
        let locks = self.files().locks();
        Ok(locks.refresh(entry.id(), token, self.person(), timeout, now).await?)
    }

    /// Gives a lock back that covers an entry.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when no such lock covers it,
    /// [`Locked`](ErrorKind::Locked) when it is another person's,
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn unlock(&self, entry: &Entry, token: &LockToken) -> Result<()> {
        let now = self.files().now();
        match self.files().locks().unlock(entry.id(), token, self.person(), now).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.explain(error.into()).await),
        }
    }

    /// For each node the locks that cover it: its own and those of infinite depth above.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn locks_covering(&self, nodes: &[NodeId]) -> Result<Vec<Vec<Lock>>> {
        Ok(self.files().locks().covering(nodes, self.files().now()).await?)
    }

    /// The locks that cover a path, whether something stands there or not: where nothing
    /// does, those of infinite depth on what stands above it.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn locks_at(&self, path: &SpacePath) -> Result<Vec<Lock>> {
        let mut at = path.clone();
        loop {
            if let Some(entry) = self.resolve(&at).await? {
                let mut locks = self.locks_covering(&[entry.id()]).await?.pop().unwrap_or_default();
                if at != *path {
                    locks.retain(|lock| lock.depth == LockDepth::Infinity);
                }
                return Ok(locks);
            }
            match at.parent() {
                Some(parent) => at = parent,
                None => return Err(Error::new(ErrorKind::Unavailable, "no root")),
            }
        }
    }

    /// The locks on nodes below an entry.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn locks_below(&self, entry: &Entry) -> Result<Vec<Lock>> {
        Ok(self.files().locks().below(entry.id(), self.files().now()).await?)
    }

    /// Refuses a change of an entry itself that its locks bar, for what is written beside the
    /// tree: the tree's own writes ask by themselves.
    ///
    /// # Errors
    /// [`Locked`](ErrorKind::Locked) with those in the way, and those of the stores.
    pub async fn check_unlocked(&self, entry: &Entry) -> Result<()> {
        let covering = self.locks_covering(&[entry.id()]).await?.pop().unwrap_or_default();
        let stopped = self.lock_actor().stopped_by(&covering, self.files().now());
        if stopped.is_empty() { Ok(()) } else { Err(self.locked(entry, stopped).await) }
    }

    /// Who acts, as locks ask it.
    pub(crate) fn lock_actor(&self) -> Actor {
        let (person, link) = self.actor();
        Actor { person, link, tokens: self.lock_tokens().to_vec(), ..Actor::default() }
    }

    /// The refusal of something on an entry because of these locks.
    async fn locked(&self, entry: &Entry, locks: Vec<Lock>) -> Error {
        let locks = locks.into_iter().map(|lock| LockedNode::new(lock, None)).collect();
        let error = Error::new(ErrorKind::Locked(locks), format!("node {}", entry.id()));
        self.explain(error).await
    }

    fn clamp(&self, timeout: LockTimeout) -> LockTimeout {
        let most = self.files().options().lock_timeout.as_secs();
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        match timeout {
            LockTimeout::Seconds(seconds) => LockTimeout::Seconds(seconds.min(most)),
            LockTimeout::Infinite => LockTimeout::Seconds(most),
        }
    }
}
