//! The decorators keep the contracts, and do what they are for.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{sync::Arc, time::Duration};

use allmende_storage::{
    BlobStore, ByteRange, Decorated, ErrorKind, LockStore, Method, PutBlob, Tree,
    fault::{Fault, FaultPlan},
    memory::{MemoryBlobs, MemoryTree},
    metrics::StoreMetrics,
};
use allmende_types::{BlobId, NamePolicy, SpaceId};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

async fn blobs() -> Option<(Arc<dyn BlobStore>, ())> {
    let faulty = Decorated::new(Arc::new(MemoryBlobs::new()), FaultPlan::default());
    Some((Arc::new(Decorated::new(Arc::new(faulty), StoreMetrics::default())), ()))
}

async fn locks(policy: NamePolicy) -> Option<((Arc<dyn Tree>, Arc<dyn LockStore>), ())> {
    let faulty = Decorated::new(Arc::new(MemoryTree::new(policy)), FaultPlan::default());
    let store = Arc::new(Decorated::new(Arc::new(faulty), StoreMetrics::default()));
    Some(((store.clone(), store), ()))
}

async fn tree(policy: NamePolicy) -> Option<(Arc<dyn Tree>, ())> {
    locks(policy).await.map(|((tree, _), guard)| (tree, guard))
}

allmende_storage::blob_store_conformance!(blobs);
allmende_storage::tree_conformance!(tree);
allmende_storage::lock_store_conformance!(locks);

async fn ten_bytes(plan: &FaultPlan) -> Decorated<MemoryBlobs, FaultPlan> {
    let store = Decorated::new(Arc::new(MemoryBlobs::new()), plan.clone());
    let body = stream::iter([Ok(Bytes::from("0123456789"))]).boxed();
    store.put(BlobId(1), body, PutBlob::default()).await.unwrap();
    store
}

#[tokio::test]
async fn a_plan_strikes_when_it_says() {
    let plan = FaultPlan::default();
    let store = ten_bytes(&plan).await;
    plan.add(Fault::fail(ErrorKind::Corrupt).on(Method::GetBlob).skip(1).times(2));
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let read = store.get(BlobId(1), ByteRange::ALL).await;
        kinds.push(read.err().map(|error| error.kind().clone()));
        store.delete(&[]).await.unwrap();
    }
    assert_eq!(kinds, [None, Some(ErrorKind::Corrupt), Some(ErrorKind::Corrupt), None]);
    assert_eq!(plan.calls().iter().filter(|call| **call == Method::GetBlob).count(), 4);
    plan.add(Fault::fail(ErrorKind::Full).times(u64::MAX));
    assert!(store.delete(&[]).await.is_err() && store.list(None).next().await.unwrap().is_err());
    plan.clear();
    assert_eq!(store.list(None).count().await, 1);
}

#[tokio::test]
async fn a_lost_answer_is_of_a_call_that_was_made() {
    let plan = FaultPlan::default();
    let store = ten_bytes(&plan).await;
    plan.add(Fault::lose_answer(ErrorKind::Unavailable).on(Method::DeleteBlobs));
    let error = store.delete(&[BlobId(1)]).await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(store.list(None).count().await, 0);
}

#[tokio::test]
async fn a_cut_body_breaks_with_an_error() {
    let plan = FaultPlan::default();
    let store = ten_bytes(&plan).await;
    for (cut, expected) in [(0, ""), (4, "0123"), (10, "0123456789")] {
        plan.add(Fault::cut_body(cut));
        let mut body = store.get(BlobId(1), ByteRange::ALL).await.unwrap().body;
        let mut seen = Vec::new();
        let error = loop {
            match body.next().await.unwrap() {
                Ok(piece) => seen.extend_from_slice(&piece),
                Err(error) => break error,
            }
        };
        assert_eq!(
            (seen.as_slice(), error.kind()),
            (expected.as_bytes(), std::io::ErrorKind::ConnectionReset)
        );
        assert!(body.next().await.is_none());
    }
    let whole = store.get(BlobId(1), ByteRange::ALL).await.unwrap().body;
    assert_eq!(whole.try_collect::<Vec<_>>().await.unwrap().concat(), b"0123456789");
}

#[tokio::test]
async fn a_torn_body_ends_early_as_if_it_were_whole() {
    let plan = FaultPlan::default();
    let store = ten_bytes(&plan).await;
    for (tear, expected) in [(0, ""), (4, "0123"), (10, "0123456789"), (11, "0123456789")] {
        plan.add(Fault::tear_body(tear));
        let read = store.get(BlobId(1), ByteRange::ALL).await.unwrap();
        assert_eq!(read.info.size, 10);
        let pieces = read.body.try_collect::<Vec<_>>().await.unwrap();
        assert_eq!(pieces.concat(), expected.as_bytes());
    }
}

#[tokio::test]
async fn ends_of_all_kinds_are_counted() {
    let plan = FaultPlan::default();
    let metrics = StoreMetrics::default();
    let tree = Decorated::new(Arc::new(MemoryTree::default()), plan.clone());
    let tree = Decorated::new(Arc::new(tree), metrics.clone());
    assert!(metrics.snapshot().is_empty());
    tree.find_space("a").await.unwrap();
    tree.space(SpaceId(9)).await.unwrap_err();
    plan.add(Fault::fail(ErrorKind::Unavailable));
    tree.space(SpaceId(9)).await.unwrap_err();
    plan.add(Fault::delay(Duration::from_secs(60)));
    let late = tokio::time::timeout(Duration::from_millis(5), tree.space(SpaceId(9))).await;
    assert!(late.is_err());
    let all = metrics.snapshot();
    let told: Vec<_> =
        all.iter().map(|m| (m.method, m.calls, m.refused, m.failed, m.dropped)).collect();
    assert_eq!(told, [(Method::FindSpace, 1, 0, 0, 0), (Method::Space, 3, 1, 1, 1)]);
    assert!(all[1].total >= Duration::from_millis(5));
    assert_eq!(all[1].durations.iter().sum::<u64>(), 3);
    // Within a class, not up to its end.
    assert!(all[1].durations[3..].iter().sum::<u64>() >= 1);
}
