//! Laws of blobs.

use std::{io, sync::Arc};

use allmende_types::BlobId;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future, stream};

use super::world::refused;
use crate::{BlobInfo, BlobStore, ByteRange, ByteStream, ErrorKind, PutBlob, Result};

type Store = Arc<dyn BlobStore>;

fn id(n: u64) -> BlobId {
    BlobId::new(7, n)
}

/// Bytes of which no two places look alike.
fn bytes(seed: u64, length: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..length).map(step).collect()
}

fn body(bytes: &Bytes, piece: usize) -> ByteStream<'static> {
    let bytes = bytes.clone();
    let starts = (0..bytes.len()).step_by(piece.max(1));
    let pieces: Vec<io::Result<Bytes>> =
        starts.map(|at| Ok(bytes.slice(at..bytes.len().min(at + piece)))).collect();
    stream::iter(pieces).boxed()
}

fn known(bytes: &Bytes) -> PutBlob {
    PutBlob::of_length(bytes.len() as u64)
}

async fn put(store: &Store, id: BlobId, bytes: &Bytes) -> BlobInfo {
    store.put(id, body(bytes, 16 * 1024), known(bytes)).await.unwrap()
}

async fn read(store: &Store, id: BlobId, range: ByteRange) -> Result<Vec<u8>> {
    let read = store.get(id, range).await?;
    let pieces: Vec<Bytes> = read.body.try_collect().await.expect("the stream is whole");
    Ok(pieces.concat())
}

async fn is_absent(store: &Store, id: BlobId) {
    assert_eq!(refused(store.get(id, ByteRange::ALL).await), ErrorKind::NotFound);
    let listed: Vec<BlobInfo> = store.list(None).try_collect().await.unwrap();
    assert!(listed.iter().all(|info| info.id != id), "{id} is listed");
}

pub async fn what_was_put_is_read(store: Store) {
    let text = Bytes::from_static(b"commons");
    assert_eq!(put(&store, id(0), &text).await, BlobInfo::new(id(0), 7));
    let read = store.get(id(0), ByteRange::ALL).await.unwrap();
    assert_eq!(read.info, BlobInfo::new(id(0), 7));
    assert_eq!(read.body.try_collect::<Vec<_>>().await.unwrap().concat(), b"commons");
}

pub async fn blobs_of_every_size_and_cut_come_back(store: Store) {
    let sizes = [0, 1, 511, 4096, 65_535, 65_536, 65_537, 131_072, 262_145, 3 * 1024 * 1024 + 5];
    let mut n = 0;
    for size in sizes {
        for (piece, options) in [
            (8 * 1024, PutBlob::default()),
            (size / 3 + 1, PutBlob::of_length(size as u64)),
            (usize::MAX / 2, PutBlob::of_length(size as u64)),
        ] {
            let bytes = bytes(n, size);
            let info = store.put(id(n), body(&bytes, piece), options).await.unwrap();
            assert_eq!(info, BlobInfo::new(id(n), size as u64));
            let back = read(&store, id(n), ByteRange::ALL).await.unwrap();
            assert!(back == bytes, "{size} bytes in pieces of {piece} came back different");
            n += 1;
        }
    }
}

pub async fn a_range_is_a_part(store: Store) {
    for (n, size) in [(0, 1000usize), (1, 65_536), (2, 700_001)] {
        let whole = bytes(n, size);
        put(&store, id(n), &whole).await;
        let ends = [0, 1, size / 2, size - 1, size, 65_535, 65_536, 65_537, 262_144, 500_000];
        for start in ends.into_iter().filter(|start| *start <= size) {
            for length in [0, 1, 2, 4095, 65_536, 300_000, size, 2 * size] {
                let end = size.min(start + length);
                let range = ByteRange::new(start as u64, length as u64);
                let part = read(&store, id(n), range).await.unwrap();
                assert!(part == whole[start..end], "{size}: {start} + {length}");
            }
            let rest = ByteRange { offset: start as u64, length: None };
            assert!(read(&store, id(n), rest).await.unwrap() == whole[start..]);
            let most = ByteRange::new(start as u64, u64::MAX);
            assert!(read(&store, id(n), most).await.unwrap() == whole[start..]);
        }
    }
}

pub async fn a_range_behind_the_end_is_invalid(store: Store) {
    for (n, size) in [(0, 0), (1, 10), (2, 100_000)] {
        put(&store, id(n), &bytes(n, size)).await;
        for offset in [size as u64 + 1, u64::MAX] {
            let range = ByteRange { offset, length: Some(1) };
            assert_eq!(refused(store.get(id(n), range).await), ErrorKind::Invalid);
        }
    }
}

pub async fn an_id_is_written_once(store: Store) {
    for (n, size, other) in [(0, 5, 6), (1, 100_000, 7), (2, 8, 200_000), (3, 90_000, 80_000)] {
        let (first, second) = (bytes(n, size), bytes(n + 50, other));
        put(&store, id(n), &first).await;
        let again = store.put(id(n), body(&second, 4096), known(&second)).await;
        assert_eq!(refused(again), ErrorKind::Exists);
        assert!(read(&store, id(n), ByteRange::ALL).await.unwrap() == first);
    }
}

pub async fn of_two_writers_of_an_id_one_wins(store: Store) {
    for (n, sizes) in [(0, [10, 20]), (1, [70_000, 80_000]), (2, [10, 70_000])] {
        let both = sizes.map(|size| bytes(size as u64, size));
        let (a, b) = future::join(
            store.put(id(n), body(&both[0], 1000), known(&both[0])),
            store.put(id(n), body(&both[1], 1000), known(&both[1])),
        )
        .await;
        let winner = usize::from(a.is_err());
        let (won, lost) = if winner == 0 { (a, b) } else { (b, a) };
        assert_eq!(won.unwrap().size, sizes[winner] as u64);
        assert_eq!(refused(lost), ErrorKind::Exists);
        assert!(read(&store, id(n), ByteRange::ALL).await.unwrap() == both[winner]);
    }
}

pub async fn a_short_body_leaves_nothing(store: Store) {
    for (n, size, told) in [(0, 9, 10), (1, 0, 1), (2, 100_000, 100_001), (3, 10, 100_000)] {
        let bytes = bytes(n, size);
        let short = store.put(id(n), body(&bytes, 999), PutBlob::of_length(told)).await;
        assert_eq!(refused(short), ErrorKind::Body);
        is_absent(&store, id(n)).await;
        put(&store, id(n), &bytes).await;
        assert!(read(&store, id(n), ByteRange::ALL).await.unwrap() == bytes);
    }
}

pub async fn a_long_body_leaves_nothing(store: Store) {
    for (n, size, told) in [(0, 11, 10), (1, 1, 0), (2, 100_001, 100_000), (3, 100_000, 10)] {
        let bytes = bytes(n, size);
        let long = store.put(id(n), body(&bytes, 999), PutBlob::of_length(told)).await;
        assert_eq!(refused(long), ErrorKind::Body);
        is_absent(&store, id(n)).await;
    }
}

pub async fn a_broken_body_leaves_nothing(store: Store) {
    for (n, size) in [(0, 10), (1, 1_500_000)] {
        let good = bytes(n, size);
        for options in [PutBlob::default(), PutBlob::of_length(2 * size as u64)] {
            let error = Err(io::Error::new(io::ErrorKind::ConnectionReset, "gone"));
            let broken = body(&good, 50_000).chain(stream::iter([error])).boxed();
            assert_eq!(refused(store.put(id(n), broken, options).await), ErrorKind::Body);
            is_absent(&store, id(n)).await;
        }
        put(&store, id(n), &good).await;
    }
}

/// A client that goes away: the future of `put` is dropped in the middle of the body.
pub async fn a_dropped_put_leaves_nothing(store: Store) {
    for (n, size) in [(0, 10), (1, 1_500_000)] {
        let good = bytes(n, size);
        let endless = body(&good, 50_000).chain(stream::pending()).boxed();
        let length = PutBlob::of_length(2 * size as u64);
        let dropped = future::select(
            store.put(id(n), endless, length),
            Box::pin(tokio::time::sleep(std::time::Duration::from_millis(30))),
        );
        drop(dropped.await);
        is_absent(&store, id(n)).await;
        put(&store, id(n), &good).await;
        assert!(read(&store, id(n), ByteRange::ALL).await.unwrap() == good);
    }
}

pub async fn what_is_not_there_is_not_found(store: Store) {
    is_absent(&store, id(0)).await;
    put(&store, id(1), &bytes(1, 10)).await;
    put(&store, id(3), &bytes(1, 100_000)).await;
    for absent in [id(0), id(2), id(4), BlobId::new(8, 1), BlobId(0), BlobId(u128::MAX)] {
        is_absent(&store, absent).await;
    }
}

pub async fn deleted_blobs_are_gone(store: Store) {
    for n in 0..6 {
        put(&store, id(n), &bytes(n, if n.is_multiple_of(2) { 100 } else { 100_000 })).await;
    }
    store.delete(&[id(0), id(1), id(99), BlobId::new(8, 0)]).await.unwrap();
    for n in [0, 1] {
        is_absent(&store, id(n)).await;
    }
    for n in 2..6 {
        assert_eq!(store.get(id(n), ByteRange::ALL).await.unwrap().info.id, id(n));
    }
    store.delete(&[id(0)]).await.unwrap();
    store.delete(&[2, 3, 4, 5].map(id)).await.unwrap();
    assert_eq!(store.list(None).count().await, 0);
    store.delete(&[]).await.unwrap();
}

/// Puts blobs of several leases, small and large, in no order, and returns them in order.
async fn scattered(store: &Store) -> Vec<BlobInfo> {
    let mut all = Vec::new();
    for (n, lease) in [5, u64::MAX, 0, 6].into_iter().enumerate() {
        for entry in [4095, 0, 17, 16] {
            let id = BlobId::new(lease, entry);
            let size = if (n as u64 + entry).is_multiple_of(2) { 10 + n } else { 66_000 + n };
            all.push(put(store, id, &bytes(entry, size)).await);
        }
    }
    all.sort_by_key(|info| info.id);
    all
}

pub async fn a_list_is_in_order_and_whole(store: Store) {
    assert_eq!(store.list(None).count().await, 0);
    let all = scattered(&store).await;
    let listed: Vec<BlobInfo> = store.list(None).try_collect().await.unwrap();
    assert_eq!(listed, all);
}

pub async fn a_list_starts_behind_an_id(store: Store) {
    let all = scattered(&store).await;
    for (at, info) in all.iter().enumerate() {
        let rest: Vec<BlobInfo> = store.list(Some(info.id)).try_collect().await.unwrap();
        assert_eq!(rest, all[at + 1..]);
        // An id that is not there itself is as good a place to start from.
        let before = BlobId(info.id.0.wrapping_sub(1));
        if before < info.id && all.iter().all(|other| other.id != before) {
            let rest: Vec<BlobInfo> = store.list(Some(before)).try_collect().await.unwrap();
            assert_eq!(rest, all[at..]);
        }
    }
}

pub async fn many_at_once_are_all_there(store: Store) {
    let size = |n: u64| if n.is_multiple_of(16) { 70_000 } else { 500 + n as usize };
    let puts = (0..96).map(|n| {
        let store = store.clone();
        async move { put(&store, id(n), &bytes(n, size(n))).await }
    });
    future::join_all(puts).await;
    for n in 0..96 {
        assert!(read(&store, id(n), ByteRange::ALL).await.unwrap() == bytes(n, size(n)));
    }
    assert_eq!(store.list(None).count().await, 96);
}
