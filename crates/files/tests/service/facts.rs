use allmende_files::{Algorithm, ErrorKind, Facts, Favourite, Patch};
use allmende_storage::{Property, PropertyKey, PropertyOwner, PropertyUpdate};
use allmende_types::Timestamp;

use crate::world::{World, ids, kind, mkdir, path, put, user};

#[tokio::test]
async fn times_change_the_etag_and_favourites_do_not() {
    let world = World::new();
    let alice = world.alice().await;
    let file = put(&alice, "a", b"x").await.entry;
    let facts = Facts { modified: Some(Timestamp::from_unix(1_600_000_000)), created: None };
    let changed = alice.set_facts(&file, facts).await.unwrap();
    assert_eq!(changed.node.modified.unix(), 1_600_000_000);
    assert_ne!(changed.etag(), file.etag());
    let other = mkdir(&alice, "b").await;
    alice.set_favourite(&changed, Favourite::Yes).await.unwrap();
    let marks = alice.favourites(&ids(&[&other, &changed])).await.unwrap();
    assert_eq!(marks, [Favourite::No, Favourite::Yes]);
    assert_eq!(alice.get(&path("a")).await.unwrap().etag(), changed.etag());
    alice.set_favourite(&changed, Favourite::No).await.unwrap();
    assert_eq!(alice.favourites(&[changed.id()]).await.unwrap(), [Favourite::No]);
}

#[tokio::test]
async fn nobody_sets_the_properties_of_somebody_else() {
    let world = World::new();
    let alice = world.alice().await;
    let file = put(&alice, "a", b"x").await.entry;
    let key = PropertyKey { namespace: "".into(), name: "p".into() };
    let set = vec![PropertyUpdate::Set(Property { key, value: "<p/>".into() })];
    let bob = PropertyOwner::Person(user("bob"));
    let patch = Patch {
        facts: Facts { modified: None, created: Some(Timestamp::EPOCH) },
        properties: vec![(PropertyOwner::Everyone, set.clone()), (bob, set)],
    };
    assert_eq!(kind(alice.patch(&file, patch).await), ErrorKind::Forbidden);
    let stored = alice.properties(&[file.id()], &PropertyOwner::Everyone).await.unwrap();
    assert_eq!(stored, [vec![]]);
    assert_eq!(alice.get(&path("a")).await.unwrap().node.created, None);
}

#[tokio::test]
async fn a_checksum_is_recalculated_and_stored() {
    let world = World::new();
    let alice = world.alice().await;
    let file = put(&alice, "a", b"abc").await.entry;
    let checksum = alice.recalculate_checksum(&file, Algorithm::Sha1).await.unwrap();
    assert_eq!(checksum.to_string(), "SHA1:a9993e364706816aba3e25717850c26c9cd0d89d");
    let now = alice.get(&path("a")).await.unwrap();
    assert_eq!(now.node.content().unwrap().checksums.to_string(), checksum.to_string());
    assert_eq!(now.etag(), file.etag());
    put(&alice, "a", b"other").await;
    assert_eq!(kind(alice.recalculate_checksum(&file, Algorithm::Md5).await), ErrorKind::Changed);
    let folder = mkdir(&alice, "f").await;
    let refused = alice.recalculate_checksum(&folder, Algorithm::Md5).await;
    assert_eq!(kind(refused), ErrorKind::NotAFile);
}
