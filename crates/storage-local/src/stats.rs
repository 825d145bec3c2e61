//! What the store has done so far.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LocalStats {
    /// Calls that made a file or a directory durable.
    pub flushes: u64,
    /// Small blobs that were stored.
    pub small_blobs: u64,
    /// Large blobs that were stored.
    pub large_blobs: u64,
    /// Bytes of stored blobs, without checksums and padding.
    pub bytes: u64,
    /// Groups of small blobs that were made durable together.
    pub groups: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) flushes: AtomicU64,
    pub(crate) small_blobs: AtomicU64,
    pub(crate) large_blobs: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) groups: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> LocalStats {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LocalStats {
            flushes: of(&self.flushes),
            small_blobs: of(&self.small_blobs),
            large_blobs: of(&self.large_blobs),
            bytes: of(&self.bytes),
            groups: of(&self.groups),
        }
    }
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}
