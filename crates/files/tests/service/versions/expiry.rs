//! Which versions go by themselves.

use allmende_files::{
    FilesOptions, Retention,
    versions::{Tidied, VersionOptions},
};

use super::{put_at, shown, tidy, versions, world};
use crate::world::{World, path, user};

#[tokio::test]
async fn old_ones_are_thinned_out() {
    let world = world();
    let alice = world.alice().await;
    for n in 0..4 {
        put_at(&alice, "f", 100 + n, &format!("{n}")).await;
        world.clock.forward(20 * 60);
    }
    let entry = alice.get(&path("f")).await.unwrap();
    let first = alice.version(&entry, 100).await.unwrap().unwrap();
    alice.label_version(&entry, &first, Some("the first")).await.unwrap();
    assert_eq!(tidy(&world).await, Tidied::default(), "one a minute in the first hour");
    world.clock.forward(24 * 3600);
    let tidied = tidy(&world).await;
    assert_eq!(tidied.thinned, 1, "{tidied:?}");
    assert_eq!(shown(&alice, "f").await, ["100: 0", "102: 2", "103: 3*"]);
    assert_eq!(tidy(&world).await, Tidied::default());
}

#[tokio::test]
async fn the_obligation_bounds_them() {
    let retention = Retention::Bounded { at_least: None, at_most: Some(30) };
    let versions = VersionOptions { retention, ..VersionOptions::default() };
    let world = World::with(FilesOptions { versions: Some(versions), ..FilesOptions::default() });
    let alice = world.alice().await;
    put_at(&alice, "f", 100, "one").await;
    put_at(&alice, "f", 200, "two").await;
    world.clock.forward(29 * 86_400);
    assert_eq!(tidy(&world).await, Tidied::default());
    world.clock.forward(86_400);
    assert_eq!(tidy(&world).await.thinned, 1);
    assert_eq!(shown(&alice, "f").await, ["200: two*"]);
}

#[tokio::test]
async fn they_take_half_of_what_is_free() {
    let world = world();
    let alice = world.alice().await;
    for n in 0..6 {
        put_at(&alice, "f", 100 + n, "0123456789").await;
        put_at(&alice, "g", 100 + n, "0123456789").await;
        world.clock.forward(86_400);
    }
    let entry = alice.get(&path("f")).await.unwrap();
    let first = alice.version(&entry, 100).await.unwrap().unwrap();
    alice.label_version(&entry, &first, Some("the first")).await.unwrap();
    assert_eq!(tidy(&world).await, Tidied::default());
    // A hundred bytes of versions, and 80 free: the six oldest go, but for the named one.
    world.files.set_quota(&user("alice"), Some(100)).await.unwrap();
    assert_eq!(tidy(&world).await.crowded, 6);
    assert_eq!(tidy(&world).await, Tidied::default());
    let numbers =
        async |at| versions(&alice, at).await.iter().map(|v| v.number).collect::<Vec<_>>();
    assert_eq!(numbers("f").await, [100, 104, 105]);
    assert_eq!(numbers("g").await, [103, 104, 105]);
}
