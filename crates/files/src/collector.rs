//! The job that removes what nobody needs any more.

use allmende_storage::BlobLease;
use allmende_types::BlobId;
use futures_util::TryStreamExt;

use crate::{Files, Result, blob_ids::GRACE_SECONDS, options::seconds, uploads};

/// How many rows or blobs one step works on.
const STEP: usize = 1000;

/// The collector of a [`Files`] service. Several may run, in one process or in many.
///
/// It deletes a content only after the tree has said that nothing references it and that
/// nothing can any more: contents of removed files after
/// [`purge_delay`](crate::FilesOptions::purge_delay), contents that were never committed
/// after [`orphan_age`](crate::FilesOptions::orphan_age).
#[derive(Debug, Clone)]
pub struct Collector {
    files: Files,
}

/// What one round of the collector did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// Rows of removed folders that were cleared.
    pub rows: usize,
    /// Contents of removed or overwritten files that were deleted.
    pub contents: usize,
    /// Contents that were written and never committed.
    pub orphans: usize,
    /// Leases of blob ids that were closed.
    pub leases: usize,
    /// Locks whose lease had ended.
    pub locks: usize,
    /// Unfinished uploads that were given up.
    pub uploads: usize,
}

impl Collector {
    pub(crate) fn new(files: Files) -> Self {
        Self { files }
    }

    /// Works every [`collect_every`](crate::FilesOptions::collect_every) until `shutdown`
    /// is ready. A round under way is broken off: it can be at any point.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let every = self.files.options().collect_every;
        let work = async {
            loop {
                match self.run_once().await {
                    Ok(collected) if collected == Collected::default() => {}
                    Ok(collected) => tracing::debug!(?collected, "collected"),
                    Err(error) => tracing::warn!(%error, "the collector goes on later"),
                }
                tokio::time::sleep(every).await;
            }
        };
        tokio::select! {
            () = shutdown => {}
            () = work => {}
        }
    }

    /// One round. What fails is left for the next one.
    ///
    /// # Errors
    /// The first failure of a store; the steps after it were not taken.
    pub async fn run_once(&self) -> Result<Collected> {
        let mut collected =
            Collected { uploads: uploads::expire(&self.files).await?, ..Collected::default() };
        collected.locks = self.end_locks().await?;
        self.purge(&mut collected).await?;
        self.orphans(&mut collected).await?;
        Ok(collected)
    }

    async fn end_locks(&self) -> Result<usize> {
        let mut all = 0;
        loop {
            let some = self.files.locks().remove_expired(self.files.now(), STEP).await?;
            all += some;
            if some < STEP {
                return Ok(all);
            }
        }
    }

    async fn purge(&self, collected: &mut Collected) -> Result<()> {
        let tree = self.files.tree();
        let before = self.files.now().plus_seconds(-seconds(self.files.options().purge_delay));
        loop {
            let garbage = tree.purge(before, STEP).await?;
            collected.rows += garbage.cleared;
            collected.contents += garbage.blobs.len();
            if !garbage.blobs.is_empty() {
                // Deleted first, forgotten then: a crash between the two repeats it.
                self.files.blobs().delete(&garbage.blobs).await?;
                tree.forget_garbage(&garbage.blobs).await?;
            }
            if garbage.cleared == 0 && garbage.blobs.is_empty() {
                return Ok(());
            }
        }
    }

    async fn orphans(&self, collected: &mut Collected) -> Result<()> {
        let now = self.files.now();
        let age = seconds(self.files.options().orphan_age).max(GRACE_SECONDS);
        // Leases at work are passed over, so the same ones may fill a page: it grows.
        let mut limit = STEP;
        loop {
            let open = self.files.tree().open_leases(now.plus_seconds(-age), limit).await?;
            let idle = open.iter().filter(|lease| !self.files.ids().at_work(**lease, now));
            let idle: Vec<BlobLease> = idle.copied().collect();
            for lease in &idle {
                collected.orphans += self.close(*lease).await?;
                collected.leases += 1;
            }
            if open.len() < limit {
                return Ok(());
            }
            if idle.is_empty() {
                limit *= 2;
            }
        }
    }

    /// Deletes what was written under a lease and is not referenced, and closes it.
    async fn close(&self, lease: BlobLease) -> Result<usize> {
        let mut orphans = 0;
        // `list` begins behind an id; the ids of the lease begin behind the last one of the
        // lease before it.
        let mut after = lease.first().0.checked_sub(1).map(BlobId);
        loop {
            let some = self.written_under(lease, after).await?;
            let unreferenced = self.files.tree().unreferenced(&some).await?;
            if !unreferenced.is_empty() {
                self.files.blobs().delete(&unreferenced).await?;
                orphans += unreferenced.len();
            }
            if some.len() < STEP {
                break;
            }
            after = some.last().copied();
        }
        self.files.tree().close_lease(lease).await?;
        self.files.ids().closed(lease);
        Ok(orphans)
    }

    /// Some of the blobs under a lease. The listing is closed before anything is deleted.
    async fn written_under(&self, lease: BlobLease, after: Option<BlobId>) -> Result<Vec<BlobId>> {
        let mut written = self.files.blobs().list(after);
        let mut some = Vec::new();
        while some.len() < STEP
            && let Some(info) = written.try_next().await?
            && info.id.lease() == lease.lease
        {
            some.push(info.id);
        }
        Ok(some)
    }
}
