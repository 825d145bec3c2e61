//! Counters.

use std::{
    ops::Sub,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// What a handle has done since it was opened. Tests compare two of them to assert that an
/// operation takes a constant number of statements; operators export them as metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Calls of `read` and `read_all`.
    pub reads: u64,
    /// Statements of all reads and batches.
    pub statements: u64,
    /// Batches that were written, failed ones included.
    pub batches: u64,
    /// Transactions that were committed, each with one wait for the disk. On SQLite one
    /// commit can carry many batches.
    pub commits: u64,
}

impl Sub for Stats {
    type Output = Self;

    /// What was done since `earlier`.
    fn sub(self, earlier: Self) -> Self {
        Self {
            reads: self.reads.saturating_sub(earlier.reads),
            statements: self.statements.saturating_sub(earlier.statements),
            batches: self.batches.saturating_sub(earlier.batches),
            commits: self.commits.saturating_sub(earlier.commits),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    reads: AtomicU64,
    statements: AtomicU64,
    batches: AtomicU64,
    commits: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self, statements: usize) {
        self.reads.fetch_add(1, Relaxed);
        self.statements.fetch_add(statements as u64, Relaxed);
    }

    pub(crate) fn batch(&self, statements: usize) {
        self.batches.fetch_add(1, Relaxed);
        self.statements.fetch_add(statements as u64, Relaxed);
    }

    pub(crate) fn commit(&self) {
        self.commits.fetch_add(1, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Stats {
        Stats {
            reads: self.reads.load(Relaxed),
            statements: self.statements.load(Relaxed),
            batches: self.batches.load(Relaxed),
            commits: self.commits.load(Relaxed),
        }
    }
}
