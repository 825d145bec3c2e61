//! Counts what stores do: calls, failures and durations of each method.
//!
//! ```
//! use std::sync::Arc;
//! use allmende_storage::{Decorated, Method, Tree, memory::MemoryTree, metrics::StoreMetrics};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let metrics = StoreMetrics::default();
//! let tree = Decorated::new(Arc::new(MemoryTree::default()), metrics.clone());
//! tree.find_space("home:anna").await?;
//! let all = metrics.snapshot();
//! assert_eq!((all[0].method, all[0].calls), (Method::FindSpace, 1));
//! # Ok::<(), allmende_storage::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{
    array,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{ErrorKind, Method, Outcome, Probe};

/// The upper ends of the classes of durations; the last class has none.
pub const BUCKETS: [Duration; 8] = [
    Duration::from_micros(100),
    Duration::from_micros(400),
    Duration::from_micros(1_600),
    Duration::from_micros(6_400),
    Duration::from_micros(25_600),
    Duration::from_micros(102_400),
    Duration::from_micros(409_600),
    Duration::from_micros(1_638_400),
];

/// A small registry. Clones are handles on the same numbers, so one can be before each
/// store and another where the numbers are read.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    methods: Arc<[Counters]>,
}

#[derive(Debug, Default)]
struct Counters {
    calls: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
    nanoseconds: AtomicU64,
    durations: [AtomicU64; BUCKETS.len() + 1],
}

/// What one method did so far.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MethodMetrics {
    /// The method.
    pub method: Method,
    /// Calls that are over.
    pub calls: u64,
    /// Of these, those that the state of things refused: not found, locked, over quota.
    pub refused: u64,
    /// Of these, those that the store could not serve: unavailable, full, read only, corrupt.
    pub failed: u64,
    /// Of these, those whose caller went away.
    pub dropped: u64,
    /// How long all of them took together.
    pub total: Duration,
    /// How many took up to each end of [`BUCKETS`] (and longer than the one before), and in
    /// the last place, longer than all.
    pub durations: [u64; BUCKETS.len() + 1],
}

impl Default for StoreMetrics {
    fn default() -> Self {
        Self { methods: Method::ALL.iter().map(|_| Counters::default()).collect() }
    }
}

impl StoreMetrics {
    /// The numbers of all methods that were called, in the order of [`Method::ALL`].
    #[must_use]
    pub fn snapshot(&self) -> Vec<MethodMetrics> {
        let all = Method::ALL.iter().zip(self.methods.iter()).map(|(method, counters)| {
            let of = |counter: &AtomicU64| counter.load(Relaxed);
            MethodMetrics {
                method: *method,
                calls: of(&counters.calls),
                refused: of(&counters.refused),
                failed: of(&counters.failed),
                dropped: of(&counters.dropped),
                total: Duration::from_nanos(of(&counters.nanoseconds)),
                durations: array::from_fn(|n| of(&counters.durations[n])),
            }
        });
        all.filter(|metrics| metrics.calls > 0).collect()
    }
}

impl Probe for StoreMetrics {
    fn after(&self, method: Method, took: Duration, outcome: Outcome<'_>) {
        let Some(counters) = self.methods.get(method as usize) else { return };
        counters.calls.fetch_add(1, Relaxed);
        match outcome {
            Outcome::Done => {}
            Outcome::Failed(kind) if is_failure(kind) => {
                counters.failed.fetch_add(1, Relaxed);
            }
            Outcome::Failed(_) => {
                counters.refused.fetch_add(1, Relaxed);
            }
            Outcome::Dropped => {
                counters.dropped.fetch_add(1, Relaxed);
            }
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        counters.nanoseconds.fetch_add(nanoseconds, Relaxed);
        let class = BUCKETS.iter().position(|end| took <= *end).unwrap_or(BUCKETS.len());
        counters.durations[class].fetch_add(1, Relaxed);
    }
}

/// Whether an operator should hear of it.
fn is_failure(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Unavailable | ErrorKind::Corrupt | ErrorKind::Full | ErrorKind::ReadOnly
    )
}
