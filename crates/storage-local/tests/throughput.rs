//! Figures of large blobs, for a report: run with `--ignored --nocapture`, on a disk of
//! interest by `TMPDIR`, with `ALLMENDE_MIB` MiB.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::time::Instant;

use allmende_storage::{BlobStore, ByteRange, PutBlob};
use common::{bytes, id, open};
use futures_util::{StreamExt, TryStreamExt, stream};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn figures_of_a_large_blob() {
    let mebibytes: u64 =
        std::env::var("ALLMENDE_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(1024);
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let piece = bytes(1, 64 * 1024);
    let rate = |started: Instant| mebibytes as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    let body = stream::iter((0..mebibytes * 16).map(move |_| Ok(piece.clone()))).boxed();
    store.put(id(0), body, PutBlob::of_length(mebibytes << 20)).await.unwrap();
    println!("put {mebibytes} MiB: {:.0} MiB/s, {:?}", rate(started), store.stats());
    for pass in ["first", "second"] {
        if pass == "first" {
            // Needs root; otherwise both are from the cache.
            let _ = std::fs::write("/proc/sys/vm/drop_caches", "3");
        }
        let started = Instant::now();
        let body = store.get(id(0), ByteRange::ALL).await.unwrap().body;
        let read = body.try_fold(0u64, |sum, piece| async move { Ok(sum + piece.len() as u64) });
        assert_eq!(read.await.unwrap(), mebibytes << 20);
        println!("get, {pass}: {:.0} MiB/s", rate(started));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}
