use allmende_files::{ErrorKind, FilesOptions, FolderRequest, PutRequest, TransferRequest, View};
use allmende_storage::{Expect, LockDepth, Property, PropertyKey, PropertyOwner, PropertyUpdate};
use allmende_types::NamePolicy;

use crate::world::{World, body, content, kind, mkdir, names, path, put};

#[tokio::test]
async fn folders() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "a").await;
    put(&alice, "file", b"").await;
    for (at, expected) in [
        ("a", ErrorKind::Exists),
        ("file", ErrorKind::Exists),
        ("", ErrorKind::Exists),
        ("x/y", ErrorKind::ParentNotFound),
        ("file/y", ErrorKind::NotAFolder),
    ] {
        let result = alice.make_folder(FolderRequest::new(path(at))).await;
        assert_eq!(kind(result), expected, "{at}");
    }
    let refused = alice.make_folder(FolderRequest::new(path("a.part"))).await;
    assert!(matches!(kind(refused), ErrorKind::InvalidName(_)));
}

#[tokio::test]
async fn a_folder_has_its_properties_from_the_first() {
    let world = World::new();
    let alice = world.alice().await;
    let key = PropertyKey { namespace: "urn:x".into(), name: "colour".into() };
    let property = Property { key, value: "<colour xmlns='urn:x'>red</colour>".into() };
    let request = FolderRequest {
        properties: vec![(PropertyOwner::Everyone, vec![PropertyUpdate::Set(property.clone())])],
        ..FolderRequest::new(path("a"))
    };
    let folder = alice.make_folder(request).await.unwrap();
    let stored = alice.properties(&[folder.id()], &PropertyOwner::Everyone).await.unwrap();
    assert_eq!(stored, [vec![property]]);
}

#[tokio::test]
async fn removal() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "a").await;
    put(&alice, "a/b", b"x").await;
    let old = alice.get(&path("a")).await.unwrap();
    put(&alice, "a/b", b"y").await;
    let result = alice.remove(&old, Some(old.node.revision)).await;
    assert_eq!(kind(result), ErrorKind::Changed);
    alice.remove(&old, None).await.unwrap();
    assert_eq!(kind(alice.remove(&old, None).await), ErrorKind::NotFound);
    assert!(alice.resolve(&path("a/b")).await.unwrap().is_none());
    let root = alice.root().await.unwrap();
    assert_eq!(kind(alice.remove(&root, None).await), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_move_keeps_the_id_and_the_etag() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "a").await;
    mkdir(&alice, "b").await;
    let file = put(&alice, "a/x.tmp", b"content").await.entry;
    let moved = alice.move_to(&file, TransferRequest::new(path("b/y.pdf"))).await.unwrap();
    assert!(moved.is_new());
    assert_eq!((moved.entry.id(), moved.entry.etag()), (file.id(), file.etag()));
    assert_eq!(moved.entry.media_type(), Some("application/pdf"));
    assert_eq!(moved.entry.path, Some(path("b/y.pdf")));
    assert_eq!(content(&alice, "b/y.pdf").await, b"content");
    assert!(names(&alice, "a").await.is_empty());
}

#[tokio::test]
async fn overwriting_with_move_and_copy() {
    let world = World::new();
    let alice = world.alice().await;
    mkdir(&alice, "full").await;
    put(&alice, "full/old", b"old").await;
    let source = put(&alice, "source", b"new").await.entry;
    let absent = |at| TransferRequest { expect: Expect::Absent, ..TransferRequest::new(path(at)) };
    assert_eq!(kind(alice.copy_to(&source, absent("full")).await), ErrorKind::Exists);
    assert_eq!(kind(alice.move_to(&source, absent("full")).await), ErrorKind::Exists);
    let copied = alice.copy_to(&source, TransferRequest::new(path("full"))).await.unwrap();
    assert!(copied.replaced.unwrap().is_folder());
    assert_ne!(copied.entry.id(), source.id());
    assert_eq!(content(&alice, "full").await, b"new");
    alice.move_to(&source, TransferRequest::new(path("full"))).await.unwrap();
    assert_eq!(names(&alice, "").await, ["full"]);
    let gone = alice.move_to(&copied.entry, TransferRequest::new(path("x"))).await;
    assert_eq!(kind(gone), ErrorKind::NotFound);
    assert_eq!(kind(alice.remove(&copied.entry, None).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn transfers_that_make_no_sense_change_nothing() {
    let world = World::new();
    let alice = world.alice().await;
    let a = mkdir(&alice, "a").await;
    mkdir(&alice, "a/b").await;
    let file = put(&alice, "a/b/file", b"x").await.entry;
    let root = alice.root().await.unwrap();
    let to = |at| TransferRequest::new(path(at));
    assert_eq!(kind(alice.move_to(&a, to("a")).await), ErrorKind::SamePlace);
    assert_eq!(kind(alice.copy_to(&a, to("a")).await), ErrorKind::SamePlace);
    assert_eq!(kind(alice.move_to(&a, to("a/b/c")).await), ErrorKind::Cycle);
    assert_eq!(kind(alice.copy_to(&a, to("a/b/c")).await), ErrorKind::Cycle);
    assert_eq!(kind(alice.copy_to(&file, to("a")).await), ErrorKind::Cycle);
    assert_eq!(kind(alice.move_to(&file, to("a/b")).await), ErrorKind::Cycle);
    assert_eq!(kind(alice.move_to(&file, to("no/b")).await), ErrorKind::ParentNotFound);
    assert_eq!(kind(alice.move_to(&root, to("r")).await), ErrorKind::Forbidden);
    assert!(matches!(kind(alice.move_to(&file, to("x.part")).await), ErrorKind::InvalidName(_)));
    assert_eq!(content(&alice, "a/b/file").await, b"x");
}

#[tokio::test]
async fn a_copy_shares_bytes_and_nothing_else() {
    let world = World::new();
    let alice = world.alice().await;
    let a = mkdir(&alice, "a").await;
    put(&alice, "a/file", b"same").await;
    alice.copy_to(&a, TransferRequest::new(path("deep"))).await.unwrap();
    let flat = TransferRequest { depth: LockDepth::Zero, ..TransferRequest::new(path("flat")) };
    alice.copy_to(&a, flat).await.unwrap();
    assert_eq!(world.count_blobs().await, 1);
    assert!(names(&alice, "flat").await.is_empty());
    alice.put(PutRequest::new(path("a/file")), body(b"other")).await.unwrap();
    world.collect().await;
    assert_eq!(content(&alice, "deep/file").await, b"same");
    assert_eq!(content(&alice, "a/file").await, b"other");
}

#[tokio::test]
async fn where_case_does_not_count_a_rename_may_change_it_and_a_copy_may_not() {
    let names = NamePolicy { case_insensitive: true, ..NamePolicy::default() };
    let world = World::with(FilesOptions { names, ..FilesOptions::default() });
    let alice = world.alice().await;
    let file = put(&alice, "readme", b"x").await.entry;
    let to = || TransferRequest::new(path("README"));
    assert_eq!(kind(alice.copy_to(&file, to()).await), ErrorKind::SamePlace);
    alice.move_to(&file, to()).await.unwrap();
    assert_eq!(names_of(&alice).await, ["README"]);
    assert_eq!(content(&alice, "ReadMe").await, b"x");
}

async fn names_of(view: &View) -> Vec<String> {
    names(view, "").await
}
