//! What a crash, a bad disk or a full one does to the store.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use allmende_storage::{BlobStore, ByteRange, ErrorKind, PutBlob};
use allmende_storage_local::{DiskOp, LocalBlobs, LocalOptions};
use allmende_types::BlobId;
use common::{Broken, bytes, get, id, open, put, put_result};
use futures_util::{StreamExt, TryStreamExt};

const TABLE: u64 = 4096;
const DATA: u64 = TABLE + 4096 * 16;

fn pack(dir: &Path) -> PathBuf {
    dir.join("blobs/0000000000000007/pack")
}

fn blob(dir: &Path, n: u64) -> PathBuf {
    dir.join(format!("blobs/0000000000000007/{n:016x}"))
}

fn flip(path: &Path, offset: u64) {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], offset).unwrap();
}

fn staged(dir: &Path) -> usize {
    fs::read_dir(dir.join("stage")).unwrap().count()
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..3u64 {
        let store = open(dir.path());
        for n in 0..round * 2 {
            assert_eq!(get(&store, id(n)).await.unwrap(), bytes(n, common::size(n)));
        }
        for n in round * 2..round * 2 + 2 {
            put(&store, id(n), &bytes(n, common::size(n))).await;
        }
    }
    let store = open(dir.path());
    assert_eq!(store.list(None).count().await, 6);
}

#[tokio::test]
async fn one_process_owns_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let second = LocalBlobs::open(dir.path(), LocalOptions::default());
    assert_eq!(*second.unwrap_err().kind(), ErrorKind::Unavailable);
    drop(first);
    open(dir.path());
}

#[tokio::test]
async fn half_written_files_are_cleared_and_unknown_formats_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    fs::write(dir.path().join("stage/0123"), "half").unwrap();
    drop(open(dir.path()));
    assert_eq!(staged(dir.path()), 0);
    fs::write(dir.path().join("format"), "allmende-blobs 2\n").unwrap();
    let newer = LocalBlobs::open(dir.path(), LocalOptions::default());
    assert_eq!(*newer.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_flipped_bit_of_a_small_blob_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for n in 0..3 {
        put(&store, id(n), &bytes(n, 1000)).await;
    }
    flip(&pack(dir.path()), DATA + 1500);
    assert_eq!(get(&store, id(1)).await.unwrap_err(), ErrorKind::Corrupt);
    // A slot that cannot be read says nothing about its blob: least of all «not found».
    flip(&pack(dir.path()), TABLE + 2 * 16 + 3);
    assert_eq!(get(&store, id(2)).await.unwrap_err(), ErrorKind::Corrupt);
    assert_eq!(get(&store, id(0)).await.unwrap(), bytes(0, 1000));
    assert_eq!(put_result(&store, id(2), &bytes(2, 10)).await.unwrap_err(), ErrorKind::Exists);
    store.delete(&[id(1), id(2)]).await.unwrap();
    assert_eq!(get(&store, id(2)).await.unwrap_err(), ErrorKind::NotFound);
    store.delete(&[id(0)]).await.unwrap();
    assert!(!pack(dir.path()).exists(), "an empty pack stays");
    put(&store, id(3), &bytes(3, 10)).await;
    assert_eq!(get(&store, id(3)).await.unwrap(), bytes(3, 10));
}

#[tokio::test]
async fn a_torn_pack_keeps_what_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for n in 0..3 {
        put(&store, id(n), &bytes(n, 1000)).await;
    }
    drop(store);
    // As after a crash: the last slot is half written, and the file ends early.
    let file = fs::OpenOptions::new().write(true).open(pack(dir.path())).unwrap();
    file.write_all_at(&[1, 2, 3], TABLE + 3 * 16).unwrap();
    file.set_len(DATA + 2500).unwrap();
    let store = open(dir.path());
    assert_eq!(get(&store, id(1)).await.unwrap(), bytes(1, 1000));
    assert_eq!(get(&store, id(2)).await.unwrap_err(), ErrorKind::Corrupt);
    let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
    assert_eq!(listed.iter().map(|info| info.id).collect::<Vec<_>>(), [id(0), id(1), id(2)]);
    for n in 4..8 {
        put(&store, id(n), &bytes(n, 1000)).await;
    }
    for n in [0, 1, 4, 5, 6, 7] {
        assert_eq!(get(&store, id(n)).await.unwrap(), bytes(n, 1000), "{n}");
    }
    // A table that was cut is no table.
    drop(store);
    file.set_len(TABLE + 100).unwrap();
    let store = open(dir.path());
    for n in [0, 7] {
        assert_eq!(get(&store, id(n)).await.unwrap_err(), ErrorKind::Corrupt);
    }
}

#[tokio::test]
async fn a_damaged_large_blob_breaks_before_the_damage() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let whole = bytes(0, 2_000_000);
    put(&store, id(0), &whole).await;
    flip(&blob(dir.path(), 0), 8192 + 1_500_000);
    let mut body = store.get(id(0), ByteRange::ALL).await.unwrap().body;
    let mut seen = Vec::new();
    let error = loop {
        match body.next().await.expect("a damaged blob must not end like a whole one") {
            Ok(piece) => seen.extend_from_slice(&piece),
            Err(error) => break error,
        }
    };
    assert!(seen.len() < 1_500_000 && whole.starts_with(&seen));
    assert!(error.to_string().contains("corrupt"), "{error}");
    assert!(body.next().await.is_none());
    // Parts that are whole are still read.
    let part = store.get(id(0), ByteRange::new(10, 1_000_000)).await.unwrap();
    assert_eq!(part.body.try_collect::<Vec<_>>().await.unwrap().concat(), whole[10..1_000_010]);
    for (n, offset) in [(1, 30), (2, 4096 + 5)] {
        put(&store, id(n), &bytes(n, 100_000)).await;
        flip(&blob(dir.path(), n), offset);
        assert_eq!(get(&store, id(n)).await.unwrap_err(), ErrorKind::Corrupt, "byte {offset}");
    }
    put(&store, id(3), &bytes(3, 100_000)).await;
    let file = fs::OpenOptions::new().write(true).open(blob(dir.path(), 3)).unwrap();
    file.set_len(50_000).unwrap();
    assert_eq!(get(&store, id(3)).await.unwrap_err(), ErrorKind::Corrupt);
}

#[tokio::test]
async fn no_change_that_fails_leaves_anything() {
    // 28 no space, 30 read only, 5 I/O.
    for (code, kind) in
        [(28, ErrorKind::Full), (30, ErrorKind::ReadOnly), (5, ErrorKind::Unavailable)]
    {
        for size in [1000, 300_000] {
            let dir = tempfile::tempdir().unwrap();
            let hook = Arc::new(Broken::new(code));
            let mut options = LocalOptions::default();
            options.hook = Some(hook.clone());
            let store = LocalBlobs::open(dir.path(), options).unwrap();
            put(&store, id(0), &bytes(0, 500)).await;
            // Each change on the way fails once, in turn, until a put makes so few that it
            // succeeds.
            let mut at = 0;
            let stored = loop {
                at += 1;
                let n = BlobId::new(7 + at, 1);
                hook.fail_at(at);
                let result = put_result(&store, n, &bytes(at, size)).await;
                hook.fail_at(0);
                if result.is_ok() {
                    break n;
                }
                assert_eq!(result.unwrap_err(), kind, "change {at} of {size} bytes");
                assert_eq!(get(&store, n).await.unwrap_err(), ErrorKind::NotFound);
                assert_eq!(staged(dir.path()), 0, "change {at} of {size} bytes");
                assert_eq!(get(&store, id(0)).await.unwrap(), bytes(0, 500));
                put(&store, n, &bytes(at, size)).await;
                assert_eq!(get(&store, n).await.unwrap(), bytes(at, size));
            };
            assert!(at > 4, "only {at} changes");
            assert_eq!(get(&store, stored).await.unwrap(), bytes(at, size));
            let expected = 1 + at as usize;
            assert_eq!(store.list(None).count().await, expected);
            drop(store);
            let store = open(dir.path());
            assert_eq!(store.list(None).count().await, expected);
        }
    }
}

#[tokio::test]
async fn a_known_length_that_does_not_fit_is_refused_before_its_body_comes() {
    let dir = tempfile::tempdir().unwrap();
    let hook = Arc::new(Broken::new(28).only(|op| matches!(op, DiskOp::Allocate(_))));
    let mut options = LocalOptions::default();
    options.hook = Some(hook.clone());
    let store = LocalBlobs::open(dir.path(), options).unwrap();
    hook.fail_at(1);
    let polled = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = polled.clone();
    let body = futures_util::stream::iter((0..64).map(move |_| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(bytes(1, 1 << 20))
    }));
    let full = store.put(id(0), Box::pin(body), PutBlob::of_length(64 << 20)).await;
    assert_eq!(*full.unwrap_err().kind(), ErrorKind::Full);
    assert!(polled.load(std::sync::atomic::Ordering::Relaxed) < 4);
    assert_eq!(staged(dir.path()), 0);
}

#[tokio::test]
async fn ids_beyond_a_lease_have_files_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put(&store, id(4096), &bytes(1, 10)).await;
    put(&store, id(u64::MAX), &bytes(2, 0)).await;
    assert!(blob(dir.path(), 4096).exists() && !pack(dir.path()).exists());
    assert_eq!(get(&store, id(4096)).await.unwrap(), bytes(1, 10));
    assert_eq!(get(&store, id(u64::MAX)).await.unwrap(), bytes(2, 0));
    store.delete(&[id(4096), id(u64::MAX)]).await.unwrap();
    assert_eq!(fs::read_dir(dir.path().join("blobs")).unwrap().count(), 0);
}
