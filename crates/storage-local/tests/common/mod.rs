//! What the tests of the store share.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    io,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use allmende_storage::{BlobStore, ByteRange, ErrorKind, PutBlob};
use allmende_storage_local::{DiskHook, DiskOp, LocalBlobs, LocalOptions};
use allmende_types::BlobId;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

pub(crate) fn open(dir: &Path) -> LocalBlobs {
    LocalBlobs::open(dir, LocalOptions::default()).expect("the store opens")
}

pub(crate) fn id(n: u64) -> BlobId {
    BlobId::new(7, n)
}

/// Small and large in turn.
pub(crate) fn size(n: u64) -> usize {
    if n.is_multiple_of(2) { 1000 } else { 100_000 }
}

/// Bytes that differ from place to place and from seed to seed.
pub(crate) fn bytes(seed: u64, length: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let step = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    (0..length).map(step).collect()
}

pub(crate) async fn put_result(
    store: &LocalBlobs,
    id: BlobId,
    bytes: &Bytes,
) -> Result<(), ErrorKind> {
    let body = stream::iter([Ok(bytes.clone())]).boxed();
    let length = PutBlob::of_length(bytes.len() as u64);
    store.put(id, body, length).await.map(|_| ()).map_err(|error| error.kind().clone())
}

pub(crate) async fn put(store: &LocalBlobs, id: BlobId, bytes: &Bytes) {
    put_result(store, id, bytes).await.expect("the blob is stored");
}

/// Reads a whole blob. A stream that breaks is `Corrupt`.
pub(crate) async fn get(store: &LocalBlobs, id: BlobId) -> Result<Vec<u8>, ErrorKind> {
    let read = store.get(id, ByteRange::ALL).await.map_err(|error| error.kind().clone())?;
    let pieces: Vec<Bytes> = read.body.try_collect().await.map_err(|_| ErrorKind::Corrupt)?;
    Ok(pieces.concat())
}

/// Lets the n-th change from now fail.
#[derive(Debug)]
pub(crate) struct Broken {
    code: i32,
    left: AtomicU64,
    only: fn(DiskOp) -> bool,
}

impl Broken {
    pub(crate) fn new(code: i32) -> Self {
        Self { code, left: AtomicU64::new(0), only: |_| true }
    }

    pub(crate) fn only(self, only: fn(DiskOp) -> bool) -> Self {
        Self { only, ..self }
    }

    /// 1 is the next one, 0 none.
    pub(crate) fn fail_at(&self, change: u64) {
        self.left.store(change, Ordering::SeqCst);
    }
}

impl DiskHook for Broken {
    fn before(&self, op: DiskOp) -> io::Result<()> {
        if !(self.only)(op) {
            return Ok(());
        }
        let left = self.left.load(Ordering::SeqCst);
        if left > 0 {
            self.left.store(left - 1, Ordering::SeqCst);
        }
        if left == 1 { Err(io::Error::from_raw_os_error(self.code)) } else { Ok(()) }
    }
}
