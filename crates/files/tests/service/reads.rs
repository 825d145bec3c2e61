use allmende_files::ErrorKind;
use allmende_storage::{BlobStore, ByteRange, ChildCount};
use allmende_types::NodeId;
use futures_util::TryStreamExt;

use crate::world::{World, ids, kind, mkdir, names, path, put, read, user};

#[tokio::test]
async fn listings_stat_and_counts() {
    let world = World::new();
    let (alice, bob) = (world.alice().await, world.bob().await);
    let folder = mkdir(&alice, "f").await;
    for at in ["f/b", "f/a", "f/c"] {
        put(&alice, at, b"x").await;
    }
    mkdir(&alice, "f/d").await;
    assert_eq!(names(&alice, "f").await, ["a", "b", "c", "d"]);
    let file = alice.get(&path("f/b")).await.unwrap();
    let found = alice.stat(&[file.id(), NodeId(-1), folder.id()]).await.unwrap();
    assert_eq!(found[0].as_ref(), Some(&file));
    assert!(found[1].is_none());
    assert_eq!(found[2].as_ref().unwrap().path, Some(path("f")));
    assert_eq!(bob.stat(&ids(&[&file, &folder])).await.unwrap(), [None, None]);
    let counts = alice.count_children(&[folder.id()]).await.unwrap();
    assert_eq!(counts, [ChildCount { files: 3, folders: 1 }]);
    assert_eq!(kind(alice.children(&file, None, 5).await), ErrorKind::NotAFolder);
    assert_eq!(kind(alice.get(&path("f/z")).await), ErrorKind::NotFound);
    let root = alice.root().await.unwrap();
    assert!(root.is_root() && root.letters() == "RGDNVCK");
    assert_eq!(root.node.size, 3);
    assert_eq!(alice.quota(&root).await.unwrap().free(), None);
}

#[tokio::test]
async fn ranges_of_a_file() {
    let world = World::new();
    let alice = world.alice().await;
    let file = put(&alice, "a", b"0123456789").await.entry;
    for (range, expected) in [
        (ByteRange::ALL, "0123456789"),
        (ByteRange::new(3, 4), "3456"),
        (ByteRange::new(8, 99), "89"),
        (ByteRange::new(10, 1), ""),
        (ByteRange { offset: 9, length: None }, "9"),
    ] {
        assert_eq!(read(&alice, &file, range).await, expected.as_bytes());
    }
    assert_eq!(kind(alice.read(&file, ByteRange::new(11, 1)).await), ErrorKind::Invalid);
    let folder = mkdir(&alice, "f").await;
    assert_eq!(kind(alice.read(&folder, ByteRange::ALL).await), ErrorKind::NotAFile);
}

#[tokio::test]
async fn a_missing_blob_is_an_error_and_never_a_short_file() {
    let world = World::new();
    let alice = world.alice().await;
    let file = put(&alice, "a", b"0123456789").await.entry;
    let all: Vec<_> = world.blobs.list(None).try_collect().await.unwrap();
    world.blobs.delete(&[all[0].id]).await.unwrap();
    assert_eq!(kind(alice.read(&file, ByteRange::ALL).await), ErrorKind::Corrupt);
}

#[tokio::test]
async fn a_home_that_was_removed_is_unavailable_once_and_then_new() {
    let world = World::new();
    let alice = world.alice().await;
    put(&alice, "a", b"x").await;
    alice.uploads().create(&"u".parse().unwrap()).await.unwrap();
    world.files.remove_person(&user("alice")).await.unwrap();
    world.files.remove_person(&user("alice")).await.unwrap();
    assert_eq!(kind(alice.resolve(&path("a")).await), ErrorKind::Unavailable);
    let again = world.alice().await;
    assert!(again.resolve(&path("a")).await.unwrap().is_none());
    assert!(again.uploads().find(&"u".parse().unwrap()).await.unwrap().is_none());
    world.collect().await;
    assert_eq!(world.count_blobs().await, 0);
}
