//! A table of locks in memory, keyed by path.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use allmende_types::{SpacePath, Timestamp};
use allmende_webdav_proto::Element;

use super::{Lock, LockDepth, LockScope, LockTimeout, LockToken};
use crate::{
    backend::Kind,
    error::{Error, Result},
};

/// The locks of a tree, for backends that keep none themselves. They are gone when the
/// process ends, which RFC 4918, section 6.6, allows.
///
/// A lock is a lease: behind its end it protects nothing. The time always comes from the
/// caller.
///
/// ```
/// use allmende_types::Timestamp;
/// use allmende_webdav::{
///     Kind,
///     lock::{GuardedWrite, LockDepth, LockScope, LockTimeout, MemoryLocks, NewLock},
/// };
///
/// let (locks, now) = (MemoryLocks::default(), Timestamp::from_unix(1_000));
/// let path: allmende_types::SpacePath = "report.odt".parse()?;
/// let lock = locks.lock(
///     NewLock {
///         root: path.clone(),
///         root_kind: Kind::File,
///         scope: LockScope::Exclusive,
///         depth: LockDepth::Zero,
///         owner: None,
///         timeout: LockTimeout::Seconds(60),
///     },
///     now,
/// )?;
/// let write = [GuardedWrite::Resource(path)];
/// assert!(locks.check(&write, &[], now).is_err());
/// assert!(locks.check(&write, &[lock.token], now).is_ok());
/// assert!(locks.check(&write, &[], now.plus_seconds(60)).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct MemoryLocks {
    table: Mutex<Table>,
}

type Table = BTreeMap<SpacePath, Vec<Held>>;

/// A lock to take in a [`MemoryLocks`].
#[derive(Debug, Clone)]
pub struct NewLock {
    /// Where.
    pub root: SpacePath,
    /// What stands there.
    pub root_kind: Kind,
    /// Exclusive or shared.
    pub scope: LockScope,
    /// The resource alone, or all below it too.
    pub depth: LockDepth,
    /// What the client tells of the owner.
    pub owner: Option<Element>,
    /// How long it shall last.
    pub timeout: LockTimeout,
}

/// Which locks a write must ask (RFC 4918, section 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuardedWrite {
    /// The content or the properties change: locks that cover the resource.
    Resource(SpacePath),
    /// The folder gets or loses a member: locks that cover the folder.
    Members(SpacePath),
    /// The resource disappears with everything below it: locks that cover it or lie below.
    Subtree(SpacePath),
}

struct Held {
    lock: Lock,
    end: Option<Timestamp>,
}

impl Held {
    fn is_active(&self, now: Timestamp) -> bool {
        self.end.is_none_or(|end| end > now)
    }

    fn lock(&self, now: Timestamp) -> Lock {
        let timeout = match self.end {
            None => LockTimeout::Infinite,
            Some(end) => LockTimeout::Seconds((end.unix() - now.unix()).unsigned_abs()),
        };
        Lock { timeout, ..self.lock.clone() }
    }
}

fn end(timeout: LockTimeout, now: Timestamp) -> Option<Timestamp> {
    match timeout {
        LockTimeout::Infinite => None,
        LockTimeout::Seconds(s) => Some(now.plus_seconds(i64::try_from(s).unwrap_or(i64::MAX))),
    }
}

impl MemoryLocks {
    /// The locks that cover a path: its own, and those of infinite depth above it.
    #[must_use]
    pub fn covering(&self, path: &SpacePath, now: Timestamp) -> Vec<Lock> {
        covering(&self.table(), path, now).map(|held| held.lock(now)).collect()
    }

    /// The locks taken below a path, itself not included.
    #[must_use]
    pub fn below(&self, path: &SpacePath, now: Timestamp) -> Vec<Lock> {
        below(&self.table(), path, now).map(|held| held.lock(now)).collect()
    }

    /// Takes a lock under a random token.
    ///
    /// # Errors
    /// [`Error::locked`] with the roots of those in the way: any lock beside an exclusive
    /// one, an exclusive one beside any; below it too if its depth is infinite.
    pub fn lock(&self, new: NewLock, now: Timestamp) -> Result<Lock> {
        let mut table = self.table();
        table.retain(|_, all| {
            all.retain(|held| held.is_active(now));
            !all.is_empty()
        });
        let in_the_way = |held: &&Held| {
            new.scope == LockScope::Exclusive || held.lock.scope == LockScope::Exclusive
        };
        let mut roots: Vec<SpacePath> = (covering(&table, &new.root, now).filter(in_the_way))
            .map(|held| held.lock.root.clone())
            .collect();
        if new.depth == LockDepth::Infinity {
            let more = below(&table, &new.root, now).filter(in_the_way);
            roots.extend(more.map(|held| held.lock.root.clone()));
        }
        if !roots.is_empty() {
            return Err(Error::locked(roots));
        }
        let NewLock { root, root_kind, scope, depth, owner, timeout } = new;
        let token = LockToken::random();
        let lock = Lock { token, root: root.clone(), root_kind, scope, depth, owner, timeout };
        let held = Held { lock: lock.clone(), end: end(timeout, now) };
        table.entry(root).or_default().push(held);
        Ok(lock)
    }

    /// Renews the lease of a lock that covers `path`; none if there is no such lock.
    #[must_use]
    pub fn refresh(
        &self,
        path: &SpacePath,
        token: &LockToken,
        timeout: LockTimeout,
        now: Timestamp,
    ) -> Option<Lock> {
        let mut table = self.table();
        let root = find(&table, path, token, now)?;
        let held = table.get_mut(&root)?.iter_mut().find(|held| held.lock.token == *token)?;
        held.end = end(timeout, now);
        Some(held.lock(now))
    }

    /// Gives back a lock that covers `path`; none if there is no such lock.
    pub fn unlock(&self, path: &SpacePath, token: &LockToken, now: Timestamp) -> Option<Lock> {
        let mut table = self.table();
        let root = find(&table, path, token, now)?;
        let all = table.get_mut(&root)?;
        let at = all.iter().position(|held| held.lock.token == *token)?;
        let held = all.remove(at);
        if all.is_empty() {
            table.remove(&root);
        }
        Some(held.lock(now))
    }

    /// Whether someone who submitted these tokens may make these writes.
    ///
    /// Where several shared locks cover a resource, the token of one of them is enough.
    ///
    /// # Errors
    /// [`Error::locked`] with the roots of those in the way.
    pub fn check(
        &self,
        writes: &[GuardedWrite],
        tokens: &[LockToken],
        now: Timestamp,
    ) -> Result<()> {
        let table = self.table();
        let mut roots = Vec::new();
        for write in writes {
            let (path, subtree) = match write {
                GuardedWrite::Resource(path) | GuardedWrite::Members(path) => (path, false),
                GuardedWrite::Subtree(path) => (path, true),
            };
            roots.extend(blocked(covering(&table, path, now), tokens));
            if subtree {
                let inside = table.range::<SpacePath, _>((Bound::Excluded(path), Bound::Unbounded));
                for (_, all) in inside.take_while(|(root, _)| root.starts_with(path)) {
                    roots.extend(blocked(all.iter().filter(|held| held.is_active(now)), tokens));
                }
            }
        }
        roots.sort();
        roots.dedup();
        if roots.is_empty() { Ok(()) } else { Err(Error::locked(roots)) }
    }

    /// Ends the locks taken at or below a path: the resources are gone, or were moved,
    /// which no lock follows (RFC 4918, section 7.5).
    pub fn forget(&self, path: &SpacePath) {
        self.table().retain(|root, _| !root.starts_with(path));
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No code that can panic runs between two related changes of the table.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryLocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLocks").field("roots", &self.table().len()).finish()
    }
}

fn covering<'a>(
    table: &'a Table,
    path: &'a SpacePath,
    now: Timestamp,
) -> impl Iterator<Item = &'a Held> {
    let line = std::iter::successors(Some(path.clone()), SpacePath::parent);
    line.flat_map(move |at| {
        let own = at == *path;
        let all = table.get(&at).map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |h| h.is_active(now) && (own || h.lock.depth == LockDepth::Infinity))
    })
}

fn below<'a>(
    table: &'a Table,
    path: &'a SpacePath,
    now: Timestamp,
) -> impl Iterator<Item = &'a Held> {
    // Paths sort by their names, so what lies below a path follows it directly.
    table
        .range::<SpacePath, _>((Bound::Excluded(path), Bound::Unbounded))
        .take_while(move |(root, _)| root.starts_with(path))
        .flat_map(|(_, all)| all)
        .filter(move |held| held.is_active(now))
}

fn find(table: &Table, path: &SpacePath, token: &LockToken, now: Timestamp) -> Option<SpacePath> {
    covering(table, path, now)
        .find(|held| held.lock.token == *token)
        .map(|held| held.lock.root.clone())
}

/// The roots of the locks on one resource, unless one of them is opened by a token.
fn blocked<'a>(locks: impl Iterator<Item = &'a Held>, tokens: &[LockToken]) -> Vec<SpacePath> {
    let locks: Vec<&Held> = locks.collect();
    if locks.iter().any(|held| tokens.contains(&held.lock.token)) {
        return Vec::new();
    }
    locks.iter().map(|held| held.lock.root.clone()).collect()
}
