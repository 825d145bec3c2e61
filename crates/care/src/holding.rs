//! Keeping contents from being deleted for as long as a long work takes.

use std::time::{Duration, Instant};

use allmende_tree_sql::{Pin, SqlTree};
use allmende_types::Timestamp;

use crate::Result;

/// How long a pin lasts without being renewed.
const PINNED: i64 = 6 * 3600;
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(300);

/// A [pin](SqlTree::pin) that is kept alive. What the tree refers to when it begins, or comes
/// to refer to later, is not deleted until it ends, in no process.
#[derive(Debug)]
pub(crate) struct Holding<'a> {
    tree: &'a SqlTree,
    pin: Pin,
    now: Timestamp,
    begun: Instant,
    /// How many spans of [`RENEW`] have been paid for.
    renewed: u64,
}

impl<'a> Holding<'a> {
    pub(crate) async fn begin(tree: &'a SqlTree, now: Timestamp) -> Result<Self> {
        let pin = tree.pin(now, now.plus_seconds(PINNED)).await?;
        Ok(Self { tree, pin, now, begun: Instant::now(), renewed: 0 })
    }

    /// To be called more often than a pin lasts: one that is not yet due costs nothing.
    ///
    /// # Errors
    /// When the pin has ended, so that contents may be gone.
    pub(crate) async fn renew(&mut self) -> Result<()> {
        let spans = self.begun.elapsed().as_secs() / RENEW.as_secs();
        if spans > self.renewed {
            self.renewed = spans;
            self.hold().await?;
        }
        Ok(())
    }

    /// Fails if the pin has ended, so that contents may be gone.
    pub(crate) async fn hold(&self) -> Result<()> {
        let passed = i64::try_from(self.begun.elapsed().as_secs()).unwrap_or(0);
        let until = self.now.plus_seconds(passed + PINNED);
        Ok(self.tree.renew_pin(&self.pin, until).await?)
    }

    /// Contents may be deleted again.
    pub(crate) async fn end(self) {
        if let Err(error) = self.tree.unpin(self.pin).await {
            // It ends by itself.
            tracing::warn!(%error, "contents are kept from being deleted for some hours more");
        }
    }
}
