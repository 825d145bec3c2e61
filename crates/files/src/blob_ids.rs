//! Fresh blob ids, and the knowledge of which leases are at work.
//!
//! An id is handed out with a ticket that lives until the commit has answered. The
//! collector asks which leases have tickets, so that no blob is taken for an orphan
//! between its last byte and its commit.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use allmende_storage::{BlobLease, Tree};
use allmende_types::{BlobId, Timestamp};

use crate::{Clock, Error, ErrorKind, Result, options::seconds};

/// Blobs up to this length are small: they get ids of leases of their own, so that the
/// blobs that a store packs together lie side by side in its index.
const SMALL: u64 = 64 * 1024;

/// How long after its last ticket a lease counts as at work: a commit whose caller went
/// away may still stand in a queue of the store.
pub(crate) const GRACE_SECONDS: i64 = 600;

/// Which row of ids a blob takes its own from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Short contents.
    Small,
    /// Long contents, and those of unknown length.
    Large,
}

impl Lane {
    pub(crate) fn of(length: Option<u64>) -> Self {
        if length.is_some_and(|length| length <= SMALL) { Self::Small } else { Self::Large }
    }
}

/// The ids of one process.
#[derive(Debug)]
pub(crate) struct BlobIds {
    small: Row,
    large: Row,
    use_seconds: i64,
    limit_seconds: i64,
    clock: Arc<dyn Clock>,
    work: Arc<Work>,
}

#[derive(Debug, Default)]
struct Row {
    leases: Mutex<Leases>,
    /// Held while a lease is fetched, so that many writers fetch one.
    fetch: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Leases {
    current: Option<(BlobLease, u64)>,
    next: Option<BlobLease>,
}

/// Leases with tickets, or that had one a moment ago.
#[derive(Debug, Default)]
struct Work(Mutex<HashMap<u64, AtWork>>);

#[derive(Debug)]
struct AtWork {
    tickets: u32,
    last: Timestamp,
}

/// A fresh blob id in use. Keep it until the commit has answered.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) id: BlobId,
    issued: Timestamp,
    limit_seconds: i64,
    clock: Arc<dyn Clock>,
    work: Arc<Work>,
}

impl Ticket {
    /// Refuses the commit of a blob whose transfer took so long that another process
    /// might hold it for an orphan.
    pub(crate) fn check_age(&self) -> Result<()> {
        if self.clock.now() <= self.issued.plus_seconds(self.limit_seconds) {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::BodyInterrupted, "transfer took longer than is allowed"))
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(lease) = self.work.get().get_mut(&self.id.lease()) {
            lease.tickets = lease.tickets.saturating_sub(1);
            lease.last = self.clock.now();
        }
    }
}

impl Work {
    fn get(&self) -> MutexGuard<'_, HashMap<u64, AtWork>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlobIds {
    pub(crate) fn new(
        lease_use: Duration,
        transfer_limit: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            small: Row::default(),
            large: Row::default(),
            use_seconds: seconds(lease_use),
            limit_seconds: seconds(transfer_limit),
            clock,
            work: Arc::default(),
        }
    }

    /// A fresh id. It waits for the tree only if no lease is at hand.
    pub(crate) async fn take(&self, lane: Lane, tree: &dyn Tree) -> Result<Ticket> {
        if let Some(ticket) = self.take_ready(lane) {
            return Ok(ticket);
        }
        let row = self.row(lane);
        let _fetching = row.fetch.lock().await;
        loop {
            if let Some(ticket) = self.take_ready(lane) {
                return Ok(ticket);
            }
            let lease = tree.lease_blobs(self.clock.now()).await?;
            self.note(lease);
            row.leases().next = Some(lease);
        }
    }

    /// Fetches the next lease if the current one is half used. To be joined with the
    /// writing of a blob, so that nobody waits for it. A failure is left to the one who
    /// needs an id in the end.
    pub(crate) async fn top_up(&self, lane: Lane, tree: &dyn Tree) {
        let row = self.row(lane);
        let needed = || {
            let leases = row.leases();
            leases.next.is_none()
                && leases.current.is_some_and(|(_, used)| used >= BlobLease::SIZE / 2)
        };
        if !needed() {
            return;
        }
        let Ok(_fetching) = row.fetch.try_lock() else { return };
        if !needed() {
            return;
        }
        match tree.lease_blobs(self.clock.now()).await {
            Ok(lease) => {
                self.note(lease);
                row.leases().next = Some(lease);
            }
            Err(error) => tracing::warn!(%error, "no lease of blob ids could be fetched ahead"),
        }
    }

    /// Whether blobs of a lease may be on their way in this process.
    pub(crate) fn at_work(&self, lease: BlobLease, now: Timestamp) -> bool {
        // A lease that is being fetched is known to the tree before it is known here.
        if [&self.small, &self.large].iter().any(|row| row.fetch.try_lock().is_err()) {
            return true;
        }
        let held = |row: &Row| {
            let leases = row.leases();
            let mut mine = leases.current.iter().map(|(lease, _)| lease).chain(&leases.next);
            mine.any(|l| l.lease == lease.lease && self.fresh(*l, now))
        };
        let recent = |at: &AtWork| at.tickets > 0 || at.last.plus_seconds(GRACE_SECONDS) >= now;
        held(&self.small)
            || held(&self.large)
            || self.work.get().get(&lease.lease).is_some_and(recent)
    }

    /// Forgets a lease that was closed.
    pub(crate) fn closed(&self, lease: BlobLease) {
        self.work.get().remove(&lease.lease);
    }

    fn row(&self, lane: Lane) -> &Row {
        match lane {
            Lane::Small => &self.small,
            Lane::Large => &self.large,
        }
    }

    fn fresh(&self, lease: BlobLease, now: Timestamp) -> bool {
        now <= lease.created.plus_seconds(self.use_seconds)
    }

    fn note(&self, lease: BlobLease) {
        let (mut work, now) = (self.work.get(), self.clock.now());
        // What rests long enough is known as well by its absence.
        work.retain(|_, at| at.tickets > 0 || at.last.plus_seconds(GRACE_SECONDS) >= now);
        work.insert(lease.lease, AtWork { tickets: 0, last: now });
    }

    fn take_ready(&self, lane: Lane) -> Option<Ticket> {
        let now = self.clock.now();
        let mut leases = self.row(lane).leases();
        // The lock on the row is held until the ticket stands: `at_work` must see either
        // the lease in the row or the ticket.
        loop {
            if let Some((lease, used)) = leases.current.as_mut()
                && *used < BlobLease::SIZE
                && self.fresh(*lease, now)
            {
                let id = BlobId::new(lease.lease, *used);
                *used += 1;
                let mut work = self.work.get();
                let at = work.entry(id.lease()).or_insert(AtWork { tickets: 0, last: now });
                (at.tickets, at.last) = (at.tickets + 1, now);
                drop(work);
                let (clock, work) = (Arc::clone(&self.clock), Arc::clone(&self.work));
                let limit_seconds = self.limit_seconds;
                return Some(Ticket { id, issued: now, limit_seconds, clock, work });
            }
            let next = leases.next.take()?;
            leases.current = Some((next, 0));
        }
    }
}

impl Row {
    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        sync::atomic::{AtomicI64, Ordering},
    };

    use allmende_storage::memory::MemoryTree;

    use super::*;

    #[derive(Debug, Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix(self.0.load(Ordering::Relaxed))
        }
    }

    fn ids() -> (BlobIds, Arc<Hand>, MemoryTree) {
        let clock = Arc::new(Hand::default());
        let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(86_400));
        let ids = BlobIds::new(hour, day, Arc::clone(&clock) as Arc<dyn Clock>);
        (ids, clock, MemoryTree::default())
    }

    #[tokio::test]
    async fn no_id_is_handed_out_twice_and_none_waits_once_topped_up() {
        let (ids, _, tree) = ids();
        let mut seen = HashSet::new();
        for n in 0..3 * BlobLease::SIZE {
            if n > 0 {
                assert!(ids.row(Lane::Small).leases().next.is_some() || n % 4096 <= 2048, "{n}");
            }
            let ticket = ids.take(Lane::Small, &tree).await.unwrap();
            assert!(seen.insert(ticket.id));
            ids.top_up(Lane::Small, &tree).await;
        }
        let large = ids.take(Lane::Large, &tree).await.unwrap();
        assert!(seen.iter().all(|small| small.lease() != large.id.lease()));
        assert_eq!(seen.iter().map(|id| id.lease()).collect::<HashSet<_>>().len(), 3);
    }

    #[tokio::test]
    async fn many_who_wait_fetch_one_lease() {
        let (ids, _, tree) = ids();
        let all = (0..50).map(|_| ids.take(Lane::Large, &tree));
        let tickets = futures_util::future::try_join_all(all).await.unwrap();
        let leases: HashSet<u64> = tickets.iter().map(|ticket| ticket.id.lease()).collect();
        assert_eq!(leases.len(), 1);
        assert_eq!(tree.open_leases(Timestamp::from_unix(9), 9).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_old_lease_is_used_no_more_and_rests_after_its_last_ticket() {
        let (ids, clock, tree) = ids();
        let first = ids.take(Lane::Small, &tree).await.unwrap();
        let lease = tree.open_leases(Timestamp::from_unix(1), 9).await.unwrap()[0];
        clock.0.store(3601, Ordering::Relaxed);
        let second = ids.take(Lane::Small, &tree).await.unwrap();
        assert_ne!(first.id.lease(), second.id.lease());
        clock.0.store(80_000, Ordering::Relaxed);
        assert!(ids.at_work(lease, clock.now()));
        first.check_age().unwrap();
        drop(first);
        assert!(ids.at_work(lease, Timestamp::from_unix(80_000 + GRACE_SECONDS)));
        assert!(!ids.at_work(lease, Timestamp::from_unix(80_001 + GRACE_SECONDS)));
        clock.0.store(3601 + 86_401, Ordering::Relaxed);
        second.check_age().unwrap_err();
    }
}
