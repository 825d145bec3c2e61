use allmende_files::{Algorithm, ErrorKind, FilesOptions, MissingParents, PutRequest};
use allmende_storage::{ByteStream, Expect};
use allmende_types::{Checksums, NameReason, Timestamp};

use crate::world::{World, body, broken_body, content, kind, mkdir, name, names, path, put, user};

#[tokio::test]
async fn a_file_is_new_and_then_replaced() {
    let world = World::new();
    let alice = world.alice().await;
    let first = put(&alice, "a.txt", b"one").await;
    assert!(first.is_new());
    assert_eq!(first.entry.path, Some(path("a.txt")));
    assert_eq!(first.entry.media_type(), Some("text/plain"));
    assert_eq!(first.entry.letters(), "RGDNVW");
    let second = put(&alice, "a.txt", b"two, longer").await;
    assert_eq!(second.replaced.as_ref().map(|node| node.id), Some(first.entry.id()));
    assert_eq!(second.entry.id(), first.entry.id());
    assert_ne!(second.entry.etag(), first.entry.etag());
    assert_eq!(content(&alice, "a.txt").await, b"two, longer");
}

#[tokio::test]
async fn an_empty_file_has_no_blob() {
    let world = World::new();
    let alice = world.alice().await;
    for (at, length) in [("a", None), ("b", Some(0))] {
        let request = PutRequest { length, ..PutRequest::new(path(at)) };
        let written = alice.put(request, body(b"")).await.unwrap();
        assert_eq!(written.entry.node.size, 0);
        assert_eq!(content(&alice, at).await, b"");
    }
    assert_eq!(world.count_blobs().await, 0);
}

#[tokio::test]
async fn a_body_of_another_length_leaves_the_old_content() {
    let world = World::new();
    let alice = world.alice().await;
    put(&alice, "a", b"old").await;
    let cases: [(u64, ByteStream<'static>, ErrorKind); 6] = [
        (5, body(b"four"), ErrorKind::BodyTooShort { expected: 5, received: 4 }),
        (3, body(b"four"), ErrorKind::BodyTooLong { expected: 3 }),
        (0, body(b"four"), ErrorKind::BodyTooLong { expected: 0 }),
        (4, body(b""), ErrorKind::BodyTooShort { expected: 4, received: 0 }),
        (9, broken_body(b"four"), ErrorKind::BodyInterrupted),
        (9, broken_body(b""), ErrorKind::BodyInterrupted),
    ];
    for (length, body, expected) in cases {
        let request = PutRequest { length: Some(length), ..PutRequest::new(path("a")) };
        assert_eq!(kind(alice.put(request, body).await), expected);
        assert_eq!(content(&alice, "a").await, b"old");
        assert_eq!(world.count_blobs().await, 1, "{expected:?}");
    }
}

#[tokio::test]
async fn checksums_are_verified_and_kept_as_they_came() {
    let world = World::new();
    let alice = world.alice().await;
    let told: Checksums = "sha1:A9993E364706816ABA3E25717850C26C9CD0D89D Odd:7".parse().unwrap();
    let request = PutRequest { checksums: told.clone(), ..PutRequest::new(path("a")) };
    let written = alice.put(request, body(b"abc")).await.unwrap();
    assert_eq!(written.entry.node.content().unwrap().checksums, told);
    let wrong = PutRequest { checksums: told, ..PutRequest::new(path("a")) };
    let mismatch = kind(alice.put(wrong, body(b"abd")).await);
    assert!(matches!(mismatch, ErrorKind::ChecksumMismatch { expected, actual }
        if expected.algorithm() == "sha1" && actual.value().len() == 40));
    assert_eq!(content(&alice, "a").await, b"abc");
    assert_eq!(world.count_blobs().await, 1);
    let without = put(&alice, "a", b"abc").await;
    assert!(without.entry.node.content().unwrap().checksums.is_empty());
}

#[tokio::test]
async fn hashes_are_computed_on_request_and_not_kept() {
    let world = World::new();
    let alice = world.alice().await;
    let hashes = vec![Algorithm::Md5, Algorithm::Sha1];
    let request = PutRequest { hashes, ..PutRequest::new(path("a")) };
    let written = alice.put(request, body(b"abc")).await.unwrap();
    assert_eq!(
        written.hashes.to_string(),
        "MD5:900150983cd24fb0d6963f7d28e17f72 SHA1:a9993e364706816aba3e25717850c26c9cd0d89d"
    );
    assert!(written.entry.node.content().unwrap().checksums.is_empty());
}

#[tokio::test]
async fn expectations_are_kept() {
    let world = World::new();
    let alice = world.alice().await;
    let with = |expect| PutRequest { expect, ..PutRequest::new(path("a")) };
    let first = alice.put(with(Expect::Absent), body(b"1")).await.unwrap().entry;
    assert_eq!(kind(alice.put(with(Expect::Absent), body(b"2")).await), ErrorKind::Exists);
    let seen = Expect::Unchanged(first.id(), first.node.revision);
    alice.put(with(seen), body(b"3")).await.unwrap();
    assert_eq!(kind(alice.put(with(seen), body(b"4")).await), ErrorKind::Changed);
    assert_eq!(content(&alice, "a").await, b"3");
    let elsewhere = PutRequest { expect: seen, ..PutRequest::new(path("b")) };
    assert_eq!(kind(alice.put(elsewhere, body(b"5")).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn places_that_cannot_be_written() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "folder").await;
    put(&alice, "file", b"x").await;
    for (at, expected) in [
        ("folder", ErrorKind::NotAFile),
        ("nope/a", ErrorKind::ParentNotFound),
        ("file/a", ErrorKind::NotAFolder),
        ("", ErrorKind::Forbidden),
    ] {
        let result = alice.put(PutRequest::new(path(at)), body(b"y")).await;
        assert_eq!(kind(result), expected, "{at}");
    }
    for (at, reason) in
        [(".HTAccess", NameReason::Reserved), ("x.part", NameReason::Extension(".part".into()))]
    {
        match kind(alice.put(PutRequest::new(path(at)), body(b"y")).await) {
            ErrorKind::InvalidName(invalid) => assert_eq!(invalid.reason, reason),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.count_blobs().await, 1);
}

#[tokio::test]
async fn missing_parents_are_made_on_request() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "a").await;
    let make = |at| PutRequest { parents: MissingParents::Make, ..PutRequest::new(path(at)) };
    alice.put(make("a/b/c/file"), body(b"deep")).await.unwrap();
    alice.put(make("a/b/c/file"), body(b"again")).await.unwrap();
    alice.put(make("top"), body(b"no parents")).await.unwrap();
    assert_eq!(content(&alice, "a/b/c/file").await, b"again");
    let invalid = kind(alice.put(make("new/x.part/file"), body(b"")).await);
    assert!(matches!(invalid, ErrorKind::InvalidName(_)));
    assert_eq!(names(&alice, "").await, ["a", "top"]);
    assert_eq!(kind(alice.put(make("top/x/y"), body(b"")).await), ErrorKind::NotAFolder);
}

#[tokio::test]
async fn the_quota_is_looked_at_before_the_body_and_in_the_commit() {
    let world = World::with(FilesOptions { default_quota: Some(10), ..FilesOptions::default() });
    let alice = world.alice().await;
    put(&alice, "a", b"12345678").await;
    let over = ErrorKind::Quota { needed: 3, free: 2 };
    for (length, announced) in [(Some(3), None), (None, Some(3)), (Some(1), Some(3))] {
        let request = PutRequest { length, announced, ..PutRequest::new(path("b")) };
        // The body would break: it is not read.
        assert_eq!(kind(alice.put(request, broken_body(b"")).await), over);
    }
    let unknown = PutRequest::new(path("b"));
    assert!(matches!(kind(alice.put(unknown, body(b"123")).await), ErrorKind::Quota { .. }));
    assert_eq!(world.count_blobs().await, 1);
    let full = PutRequest { length: Some(10), ..PutRequest::new(path("a")) };
    alice.put(full, body(b"1234567890")).await.unwrap();
    assert!(matches!(
        kind(alice.make_folder(allmende_files::FolderRequest::new(path("f"))).await),
        ErrorKind::Quota { .. }
    ));
    world.files.set_quota(&user("alice"), None).await.unwrap();
    put(&alice, "b", b"123").await;
    assert_eq!(world.files.usage(&user("ALICE")).await.unwrap().used, 13);
    assert_eq!(world.files.usage(&user("nobody")).await.unwrap().limit, Some(10));
    let all = world.files.usages(&[user("nobody"), user("ALICE")]).await.unwrap();
    assert_eq!(all.iter().map(|quota| quota.used).collect::<Vec<_>>(), [0, 13]);
}

#[tokio::test]
async fn times_are_the_clients_or_the_clocks() {
    let world = World::new();
    let alice = world.alice().await;
    let written = put(&alice, "a", b"x").await;
    assert_eq!(written.entry.node.modified, world.files.now());
    let (modified, created) = (Timestamp::from_unix(1_600_000_000), Timestamp::from_unix(1_500));
    let request = PutRequest {
        modified: Some(modified),
        created: Some(created),
        ..PutRequest::new(path("a"))
    };
    let node = alice.put(request, body(b"y")).await.unwrap().entry.node;
    assert_eq!((node.modified, node.created), (modified, Some(created)));
}

#[tokio::test]
async fn a_body_that_takes_too_long_is_not_committed() {
    let world = World::new();
    let alice = world.alice().await;
    let clock = world.clock.clone();
    let slow: ByteStream<'_> = Box::pin(futures_util::stream::iter(0..2).map(move |n| {
        clock.forward(n * 25 * 3600);
        Ok(bytes::Bytes::from_static(b"x"))
    }));
    use futures_util::StreamExt;
    assert_eq!(kind(alice.put(PutRequest::new(path("a")), slow).await), ErrorKind::BodyInterrupted);
    assert!(alice.resolve(&path("a")).await.unwrap().is_none());
    assert_eq!(world.count_blobs().await, 0);
}

#[tokio::test]
async fn a_folder_that_was_looked_up_is_a_place_too() {
    let world = World::new();
    let alice = world.alice().await;
    let folder = mkdir(&alice, "f").await;
    let request = PutRequest::new((folder, name("child.md")));
    let written = alice.put(request, body(b"# x")).await.unwrap();
    assert_eq!(written.entry.path, Some(path("f/child.md")));
    assert_eq!(written.entry.media_type(), Some("text/markdown"));
}
