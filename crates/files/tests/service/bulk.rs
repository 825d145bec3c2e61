use allmende_files::{ErrorKind, FilesOptions, PutRequest};
use allmende_storage::Expect;
use bytes::Bytes;

use crate::world::{World, content, kind, mkdir, names, path, put};

fn item(at: &str, bytes: &'static [u8]) -> (PutRequest, Bytes) {
    (PutRequest::new(path(at)), Bytes::from_static(bytes))
}

#[tokio::test]
async fn many_files_become_visible_by_one_commit() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "f").await;
    let before = alice.root().await.unwrap().node.revision;
    let items = vec![item("f/a", b"1"), item("f/b", b""), item("f/a", b"22"), item("c", b"3")];
    for result in alice.put_many(items).await {
        result.unwrap();
    }
    assert_eq!(content(&alice, "f/a").await, b"22");
    assert_eq!(content(&alice, "c").await, b"3");
    let after = alice.root().await.unwrap().node.revision;
    assert_eq!(after.0, before.0 + 1);
}

#[tokio::test]
async fn what_fails_holds_up_no_other() {
    let world = World::with(FilesOptions { default_quota: Some(10), ..FilesOptions::default() });
    let alice = world.alice().await;
    put(&alice, "old", b"1").await;
    let mut wrong = item("sum", b"x");
    wrong.0.checksums = "MD5:00".parse().unwrap();
    let mut short = item("short", b"x");
    short.0.length = Some(2);
    let mut absent = item("old", b"2");
    absent.0.expect = Expect::Absent;
    let items = vec![
        item("good", b"12345"),
        item("no/file", b"x"),
        wrong,
        short,
        absent,
        item("x.part", b"x"),
        item("big", b"12345"),
        item("last", b"1234"),
    ];
    let mut results = alice.put_many(items).await.into_iter();
    let mut next = || results.next().unwrap();
    assert!(next().unwrap().is_new());
    assert_eq!(kind(next()), ErrorKind::ParentNotFound);
    assert!(matches!(kind(next()), ErrorKind::ChecksumMismatch { .. }));
    assert_eq!(kind(next()), ErrorKind::BodyTooShort { expected: 2, received: 1 });
    assert_eq!(kind(next()), ErrorKind::Exists);
    assert!(matches!(kind(next()), ErrorKind::InvalidName(_)));
    assert!(matches!(kind(next()), ErrorKind::Quota { .. }));
    assert!(next().unwrap().is_new());
    assert_eq!(names(&alice, "").await, ["good", "last", "old"]);
    assert_eq!(world.count_blobs().await, 3);
    assert!(alice.put_many(Vec::new()).await.is_empty());
    assert!(alice.put_many(vec![item("no/x", b"")]).await[0].is_err());
}
