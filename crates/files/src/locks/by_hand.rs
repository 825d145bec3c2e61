//! Locks that people and apps set by hand (`files_lock` of the original).

use allmende_storage::{
    BreakLock, ErrorKind as StoreKind, Lock, LockDepth, LockKind, LockRequest, LockScope,
    LockTimeout, LockToken,
};
use allmende_types::Principal;

use crate::{Entry, Error, ErrorKind, MountKind, Result, View, permissions::Action};

/// How often a lock is asked for when the one in the way ends meanwhile.
const ATTEMPTS: usize = 3;

/// A lock that somebody sets by hand.
#[derive(Debug, Clone)]
pub struct HandLock {
    /// A fresh token, used if the lock is new.
    pub token: LockToken,
    /// Who passes it.
    pub kind: LockKind,
    /// How long it is to last: as long as the embedder says, but for one of the protocol at
    /// most [`FilesOptions::lock_timeout`](crate::FilesOptions::lock_timeout).
    pub timeout: LockTimeout,
}

/// What became of a wish for a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// The lock is new.
    Taken(Lock),
    /// The person had it already, and it lasts longer now.
    Extended(Lock),
}

impl Held {
    /// The lock.
    #[must_use]
    pub fn lock(self) -> Lock {
        match self {
            Self::Taken(lock) | Self::Extended(lock) => lock,
        }
    }
}

impl View {
    /// Locks a file in the person's name, for themself alone. Who has such a lock of the same
    /// kind on it extends it.
    ///
    /// # Errors
    /// [`NotAFile`](ErrorKind::NotAFile) for a folder, [`Forbidden`](ErrorKind::Forbidden) for
    /// who may not change the file and for guests of a link,
    /// [`Locked`](ErrorKind::Locked) with the locks in the way, and those of the stores.
    pub async fn lock_by_hand(&self, entry: &Entry, wish: HandLock) -> Result<Held> {
        entry.must_be_file()?;
        Action::Update.check(entry)?;
        self.no_guest(entry)?;
        let HandLock { token, kind, timeout } = wish;
        let timeout = if kind == LockKind::Token { self.clamp(timeout) } else { timeout };
        let locks = self.files().locks();
        let mut attempt = 1;
        loop {
            let now = self.files().now();
            let request = LockRequest {
                node: entry.id(),
                token: token.clone(),
                kind,
                scope: LockScope::Exclusive,
                depth: LockDepth::Zero,
                holder: self.person().clone(),
                owner: String::new(),
                timeout,
                now,
            };
            let refusal = match locks.lock(request).await {
                Ok(lock) => return Ok(Held::Taken(lock)),
                Err(refusal) => refusal,
            };
            let StoreKind::Locked(standing) = refusal.kind() else { return Err(refusal.into()) };
            let own = standing.iter().find(|lock| lock.node == entry.id() && self.holds(lock));
            let Some(own) = own.filter(|own| own.kind == kind) else {
                return Err(self.explain(refusal.into()).await);
            };
            match locks.refresh(entry.id(), &own.token, self.person(), timeout, now).await {
                Ok(lock) => return Ok(Held::Extended(lock)),
                // It has ended meanwhile.
                Err(gone) if *gone.kind() == StoreKind::NotFound && attempt < ATTEMPTS => {}
                Err(error) => return Err(error.into()),
            }
            attempt += 1;
        }
    }

    /// Ends the locks on a file: one's own, of whatever kind; with a wish of the kind
    /// [`Person`](LockKind::Person) also those of others on what is the person's own, of which
    /// an event is written and the holder told.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when nothing is locked,
    /// [`Locked`](ErrorKind::Locked) with the locks that are not the person's to end,
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn unlock_by_hand(&self, entry: &Entry, kind: LockKind) -> Result<()> {
        self.no_guest(entry)?;
        let (id, now) = (entry.id(), self.files().now());
        let locks = self.files().locks();
        let covering = self.locks_covering(&[id]).await?.pop().unwrap_or_default();
        if covering.is_empty() {
            return Err(not_locked(entry));
        }
        let on_it = || covering.iter().filter(|lock| lock.node == id);
        let mut ended = false;
        for own in on_it().filter(|lock| self.holds(lock)) {
            match locks.unlock(id, &own.token, self.person(), now).await {
                Ok(()) => ended = true,
                Err(gone) if *gone.kind() == StoreKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        if ended {
            return Ok(());
        }
        if kind != LockKind::Person || !self.owns(entry) || on_it().next().is_none() {
            return Err(self.locked(entry, covering).await);
        }
        for lock in on_it().filter(|lock| !self.holds(lock)) {
            let order = BreakLock {
                node: id,
                token: lock.token.clone(),
                by: Some(Principal::Person(self.person().clone())),
                origin: (*self.origin).clone(),
                now,
            };
            match locks.break_lock(order).await {
                Ok(_) => ended = true,
                Err(gone) if *gone.kind() == StoreKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        if ended { Ok(()) } else { Err(not_locked(entry)) }
    }

    fn holds(&self, lock: &Lock) -> bool {
        lock.holder.key() == self.person().key()
    }

    /// Whether it lies in the person's own home.
    fn owns(&self, entry: &Entry) -> bool {
        let own = entry.owner.key() == self.person().key();
        let team = entry.mount.as_ref().is_some_and(|mount| mount.kind != MountKind::Share);
        own && !team
    }

    /// Nobody in particular has no locks.
    fn no_guest(&self, entry: &Entry) -> Result<()> {
        match self.link() {
            Some(_) => {
                let context = format!("a guest locks node {}", entry.id());
                Err(Error::new(ErrorKind::Forbidden, context))
            }
            None => Ok(()),
        }
    }
}

fn not_locked(entry: &Entry) -> Error {
    Error::new(ErrorKind::NotFound, format!("a lock on node {}", entry.id()))
}
