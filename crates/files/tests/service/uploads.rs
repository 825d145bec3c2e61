use allmende_files::{Algorithm, Assembly, ErrorKind, FilesOptions, PartRequest, Uploads};
use allmende_storage::{ByteRange, Expect};
use allmende_types::{Checksums, Timestamp};

use crate::world::{World, body, broken_body, content, kind, mkdir, name, path, put, read};

async fn part(uploads: &Uploads, id: &str, part: &str, content: &[u8]) {
    let request =
        PartRequest { length: Some(content.len() as u64), ..PartRequest::new(name(part)) };
    uploads.put_part(&name(id), request, body(content)).await.unwrap();
}

async fn begun(world: &World, parts: &[(&str, &[u8])]) -> Uploads {
    let uploads = world.alice().await.uploads();
    uploads.create(&name("u")).await.unwrap();
    for (n, content) in parts {
        part(&uploads, "u", n, content).await;
    }
    uploads
}

#[tokio::test]
async fn parts_are_joined_by_their_numbers_and_the_upload_is_gone() {
    let world = World::new();
    let uploads = begun(&world, &[("10", b"end"), ("9", b"middle "), ("00001", b"first ")]).await;
    let upload = uploads.find(&name("u")).await.unwrap().unwrap();
    assert_eq!(upload.size(), 16);
    let order: Vec<&str> =
        upload.parts.iter().map(|part| part.name.as_ref().unwrap().as_str()).collect();
    assert_eq!(order, ["00001", "9", "10"]);
    let modified = Timestamp::from_unix(1_600_000_000);
    let assembly = Assembly {
        total: Some(16),
        modified: Some(modified),
        checksums: "MD5:0b6b4d8c6e3eee8ba4d1b0b2a2d0a6b0 X:1".parse().unwrap(),
        ..Assembly::new(path("file.txt"))
    };
    let refused = uploads.assemble(&name("u"), assembly.clone()).await;
    assert!(matches!(kind(refused), ErrorKind::ChecksumMismatch { .. }));
    let right = Assembly { checksums: "X:1".parse().unwrap(), ..assembly };
    let written = uploads.assemble(&name("u"), right).await.unwrap();
    assert!(written.is_new());
    assert_eq!(written.entry.node.modified, modified);
    assert_eq!(written.entry.node.content().unwrap().segments, 3);
    assert_eq!(written.entry.media_type(), Some("text/plain"));
    let alice = world.alice().await;
    assert_eq!(content(&alice, "file.txt").await, b"first middle end");
    assert_eq!(read(&alice, &written.entry, ByteRange::new(4, 6)).await, b"t midd");
    assert!(uploads.find(&name("u")).await.unwrap().is_none());
    world.collect().await;
    assert_eq!(content(&alice, "file.txt").await, b"first middle end");
    assert_eq!(world.count_blobs().await, 3);
}

#[tokio::test]
async fn checksums_are_the_same_whether_hashed_on_arrival_or_read_again() {
    let sha1: Checksums = "SHA1:1f8ac10f23c5b5bc1167bda84b833e5c057a77d2".parse().unwrap();
    for order in [["1", "2", "3"], ["3", "2", "1"], ["2", "1", "3"], ["1", "3", "2"]] {
        for algorithm in [None, Some(Algorithm::Sha1), Some(Algorithm::Md5)] {
            let options = FilesOptions { upload_hash: algorithm, ..FilesOptions::default() };
            let world = World::with(options);
            let uploads = begun(&world, &[]).await;
            for n in order {
                let bytes: &[u8] = match n {
                    "1" => b"ab",
                    "2" => b"cd",
                    _ => b"ef",
                };
                part(&uploads, "u", n, bytes).await;
            }
            let wrong =
                Assembly { checksums: "SHA1:00".parse().unwrap(), ..Assembly::new(path("a")) };
            let refused = uploads.assemble(&name("u"), wrong).await;
            assert!(matches!(kind(refused), ErrorKind::ChecksumMismatch { .. }));
            let right = Assembly {
                checksums: sha1.clone(),
                hashes: vec![Algorithm::Md5],
                ..Assembly::new(path("a"))
            };
            let written = uploads.assemble(&name("u"), right).await.unwrap();
            assert_eq!(written.hashes.to_string(), "MD5:e80b5017098950fc58aad83c8c14978e");
            assert_eq!(content(&world.alice().await, "a").await, b"abcdef");
        }
    }
}

#[tokio::test]
async fn a_part_that_is_sent_again_replaces_the_first_one() {
    let world = World::new();
    let uploads = begun(&world, &[("1", b"wrong"), ("2", b" end"), ("1", b"right")]).await;
    let checksums: Checksums = "SHA1:32bbef4dcf7c1a4aa76e4d84c26e1ffbd6e2b51a".parse().unwrap();
    let told = Assembly { checksums, ..Assembly::new(path("a")) };
    let actual = kind(uploads.assemble(&name("u"), told).await);
    let ErrorKind::ChecksumMismatch { actual, .. } = actual else { panic!("{actual:?}") };
    let right = Assembly {
        checksums: actual.to_string().parse().unwrap(),
        total: Some(9),
        ..Assembly::new(path("a"))
    };
    uploads.assemble(&name("u"), right).await.unwrap();
    let alice = world.alice().await;
    assert_eq!(content(&alice, "a").await, b"right end");
    let again = alice.get(&path("a")).await.unwrap();
    assert_eq!(alice.recalculate_checksum(&again, Algorithm::Sha1).await.unwrap(), actual);
}

#[tokio::test]
async fn no_part_makes_an_empty_file() {
    let world = World::new();
    let uploads = begun(&world, &[]).await;
    let written = uploads.assemble(&name("u"), Assembly::new(path("a"))).await.unwrap();
    assert_eq!(written.entry.node.size, 0);
}

#[tokio::test]
async fn what_is_refused_leaves_the_upload_and_the_old_content() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "folder").await;
    put(&alice, "old", b"old").await;
    let uploads = begun(&world, &[("1", b"new")]).await;
    let with = |at| Assembly::new(path(at));
    let absent = Assembly { expect: Expect::Absent, ..with("old") };
    let total = Assembly { total: Some(4), ..with("old") };
    for (assembly, expected) in [
        (total, ErrorKind::UploadIncomplete { expected: 4, received: 3 }),
        (absent, ErrorKind::Exists),
        (with("folder"), ErrorKind::NotAFile),
        (with("no/file"), ErrorKind::ParentNotFound),
    ] {
        assert_eq!(kind(uploads.assemble(&name("u"), assembly).await), expected);
        assert_eq!(content(&alice, "old").await, b"old");
    }
    let invalid = uploads.assemble(&name("u"), with("x.part")).await;
    assert!(matches!(kind(invalid), ErrorKind::InvalidName(_)));
    let replaced = uploads.assemble(&name("u"), with("old")).await.unwrap();
    assert!(!replaced.is_new());
    assert_eq!(content(&alice, "old").await, b"new");
}

#[tokio::test]
async fn names_and_bodies_of_parts() {
    let world = World::new();
    let uploads = begun(&world, &[]).await;
    assert_eq!(kind(uploads.create(&name("u")).await), ErrorKind::Exists);
    let nowhere = uploads.put_part(&name("v"), PartRequest::new(name("1")), body(b"x")).await;
    assert_eq!(kind(nowhere), ErrorKind::NotFound);
    let short = PartRequest { length: Some(9), ..PartRequest::new(name("1")) };
    let result = uploads.put_part(&name("u"), short.clone(), body(b"x")).await;
    assert_eq!(kind(result), ErrorKind::BodyTooShort { expected: 9, received: 1 });
    let broken = uploads.put_part(&name("u"), short, broken_body(b"x")).await;
    assert_eq!(kind(broken), ErrorKind::BodyInterrupted);
    assert!(uploads.find(&name("u")).await.unwrap().unwrap().parts.is_empty());
    part(&uploads, "u", "1", b"x").await;
    let bob = world.bob().await.uploads();
    assert!(bob.find(&name("u")).await.unwrap().is_none());
    uploads.abort(&name("u")).await.unwrap();
    assert_eq!(kind(uploads.abort(&name("u")).await), ErrorKind::NotFound);
    let late = uploads.assemble(&name("u"), Assembly::new(path("a"))).await;
    assert_eq!(kind(late), ErrorKind::NotFound);
    world.collect().await;
    assert_eq!(world.count_blobs().await, 0);
}

#[tokio::test]
async fn what_will_not_fit_is_refused_with_the_first_part() {
    let world = World::with(FilesOptions { default_quota: Some(10), ..FilesOptions::default() });
    let alice = world.alice().await;
    put(&alice, "old", b"12345678").await;
    let uploads = begun(&world, &[]).await;
    let request = |destination: Option<&str>| PartRequest {
        total: Some(9),
        destination: destination.map(path),
        ..PartRequest::new(name("1"))
    };
    for destination in [None, Some("new")] {
        let refused = uploads.put_part(&name("u"), request(destination), broken_body(b"")).await;
        assert!(matches!(kind(refused), ErrorKind::Quota { .. }), "{destination:?}");
    }
    let orphan = uploads.put_part(&name("u"), request(Some("no/x")), broken_body(b"")).await;
    assert_eq!(kind(orphan), ErrorKind::ParentNotFound);
    uploads.put_part(&name("u"), request(Some("old")), body(b"123456789")).await.unwrap();
    uploads.assemble(&name("u"), Assembly::new(path("old"))).await.unwrap();
    assert_eq!(content(&alice, "old").await, b"123456789");
}

#[tokio::test]
async fn an_upload_in_which_nothing_happens_expires() {
    let world = World::new();
    let uploads = begun(&world, &[("1", b"x")]).await;
    uploads.create(&name("other")).await.unwrap();
    world.clock.forward(23 * 3600);
    part(&uploads, "u", "2", b"y").await;
    world.clock.forward(2 * 3600);
    assert_eq!(world.files.collector().run_once().await.unwrap().uploads, 1);
    assert!(uploads.find(&name("other")).await.unwrap().is_none());
    assert!(uploads.find(&name("u")).await.unwrap().is_some());
    world.collect().await;
    assert!(uploads.find(&name("u")).await.unwrap().is_none());
    world.collect().await;
    assert_eq!(world.count_blobs().await, 0);
}

#[tokio::test]
async fn a_part_beside_the_last_step_is_in_the_file_or_finds_nothing() {
    for _ in 0..50 {
        let world = World::new();
        let uploads = begun(&world, &[("1", b"a")]).await;
        let u = name("u");
        let late = uploads.put_part(&u, PartRequest::new(name("2")), body(b"b"));
        let (written, late) = tokio::join!(uploads.assemble(&u, Assembly::new(path("f"))), late);
        written.unwrap();
        let bytes = content(&world.alice().await, "f").await;
        match late {
            Ok(_) => assert_eq!(bytes, b"ab"),
            Err(error) => {
                assert_eq!(error.kind(), &ErrorKind::NotFound);
                assert_eq!(bytes, b"a");
            }
        }
    }
}
