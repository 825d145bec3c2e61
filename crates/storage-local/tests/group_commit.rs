//! Small blobs of many callers share flushes; one caller alone is not kept waiting.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::{sync::Arc, time::Duration};

use allmende_storage_local::{LocalBlobs, LocalOptions, LocalStats};
use allmende_types::BlobId;
use common::{bytes, get, put};

/// So many callers store so many blobs each, one after the other; what that took.
async fn load(store: &Arc<LocalBlobs>, lease: u64, callers: u64, each: u64) -> LocalStats {
    let before = store.stats();
    let callers = (0..callers).map(|caller| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..each {
                let id = BlobId::new(lease, caller * each + n);
                put(&store, id, &bytes(n, 4000)).await;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    let after = store.stats();
    let stats = |of: fn(&LocalStats) -> u64| of(&after) - of(&before);
    let mut difference = after;
    difference.flushes = stats(|stats| stats.flushes);
    difference.small_blobs = stats(|stats| stats.small_blobs);
    difference.groups = stats(|stats| stats.groups);
    difference
}

fn delayed(dir: &std::path::Path, milliseconds: u64) -> Arc<LocalBlobs> {
    let mut options = LocalOptions::default();
    options.flush_delay = Some(Duration::from_millis(milliseconds));
    Arc::new(LocalBlobs::open(dir, options).unwrap())
}

#[tokio::test]
async fn a_group_has_one_flush() {
    let dir = tempfile::tempdir().unwrap();
    let store = delayed(dir.path(), 4);
    let stats = load(&store, 7, 32, 10).await;
    assert_eq!(stats.small_blobs, 320);
    // A new pack costs three: its file, the lease's directory, the one above.
    assert_eq!(stats.flushes, stats.groups + 3);
    assert!(stats.flushes * 10 <= stats.small_blobs, "{stats:?}");
    for n in [0, 319] {
        assert_eq!(get(&store, BlobId::new(7, n)).await.unwrap(), bytes(n % 10, 4000));
    }
}

#[tokio::test]
async fn one_caller_is_not_kept_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let store = delayed(dir.path(), 0);
    load(&store, 7, 16, 4).await;
    let stats = load(&store, 8, 1, 20).await;
    assert_eq!((stats.groups, stats.small_blobs), (20, 20));
}
