//! What a reader beside the owner of the store sees.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use allmende_storage::{BlobStore, ByteRange, ErrorKind, PutBlob};
use allmende_storage_local::LocalReader;
use common::{bytes, id, open, put};
use futures_util::{StreamExt, TryStreamExt, stream};

#[tokio::test]
async fn a_reader_sees_what_the_owner_writes_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(*LocalReader::open(dir.path()).unwrap_err().kind(), ErrorKind::NotFound);
    let owner = open(dir.path());
    let beside = LocalReader::open(dir.path()).unwrap();
    for n in 0..6 {
        put(&owner, id(n), &bytes(n, common::size(n))).await;
        let read = beside.get(id(n), ByteRange::ALL).await.unwrap();
        let found = read.body.try_collect::<Vec<_>>().await.unwrap().concat();
        assert_eq!(found, bytes(n, common::size(n)));
    }
    assert_eq!(beside.list(None).count().await, 6);
    let refused = beside.put(id(9), Box::pin(stream::empty()), PutBlob::of_length(0)).await;
    assert_eq!(*refused.unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(*beside.delete(&[id(0)]).await.unwrap_err().kind(), ErrorKind::ReadOnly);
    owner.delete(&[id(0), id(1)]).await.unwrap();
    for n in [0, 1] {
        let gone = beside.get(id(n), ByteRange::ALL).await.unwrap_err();
        assert_eq!(*gone.kind(), ErrorKind::NotFound);
    }
    assert_eq!(beside.list(None).count().await, 4);
}
