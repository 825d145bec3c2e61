//! What leaves the trash for good.

use allmende_files::{
    ErrorKind, FilesOptions, FolderRequest, TransferRequest, TrashPolicy, empty_home_trash,
};
use allmende_storage::Tree;

use super::{items, remove, shown};
use crate::world::{World, content, kind, mkdir, name, names, path, put, user};

#[tokio::test]
async fn emptying_spares_what_came_back_meanwhile() {
    let world = World::new();
    let alice = world.alice().await;
    for at in ["a", "b", "c"] {
        put(&alice, at, b"x").await;
        remove(&alice, at).await;
    }
    let trash = alice.trash().unwrap();
    let stale = items(&alice).await;
    trash.restore(&stale[1]).await.unwrap();
    // What somebody saw in the trash, and what is there.
    assert_eq!(kind(trash.remove(&stale[1]).await), ErrorKind::NotFound);
    assert_eq!(trash.empty().await.unwrap(), 2);
    assert_eq!(names(&alice, "").await, ["b"]);
    assert_eq!(trash.empty().await.unwrap(), 0);
    // Many pages.
    let folder = mkdir(&alice, "many").await;
    for n in 0..450 {
        let target = (folder.clone(), name(&format!("{n:03}")));
        let entry = alice.make_folder(FolderRequest::new(target)).await.unwrap();
        alice.remove(&entry, None).await.unwrap();
    }
    assert_eq!(trash.empty().await.unwrap(), 450);
    assert!(items(&alice).await.is_empty());
    // Beside the server, of one person.
    let now = world.files.now();
    for at in ["b", "many"] {
        remove(&alice, at).await;
    }
    for (person, removed) in [("bob", 0), ("alice", 2), ("alice", 0)] {
        let emptied = empty_home_trash(&world.tree, &user(person), now).await.unwrap();
        assert_eq!(emptied, removed, "{person}");
    }
}

#[tokio::test]
async fn old_trash_goes_and_what_is_too_much() {
    const DAY: i64 = 86_400;
    let options = |retention: &str| {
        let trash = TrashPolicy::Keep(retention.parse().unwrap());
        FilesOptions { trash, ..FilesOptions::default() }
    };
    // By age.
    let world = World::with(options("7, 30"));
    let alice = world.alice().await;
    put(&alice, "old", b"x").await;
    remove(&alice, "old").await;
    world.clock.forward(10 * DAY);
    put(&alice, "new", b"x").await;
    remove(&alice, "new").await;
    assert_eq!(world.files.expire_trash().await.unwrap().items, 0);
    world.clock.forward(20 * DAY);
    assert_eq!(world.files.expire_trash().await.unwrap().items, 0, "thirty days to the second");
    world.clock.forward(1);
    assert_eq!(world.files.expire_trash().await.unwrap().items, 1);
    assert_eq!(items(&alice).await[0].title().as_str(), "new");
    // By quota: half of what is free is for the trash, and the oldest goes first, but nothing
    // that must be kept.
    world.files.set_quota(&user("alice"), Some(100)).await.unwrap();
    for n in 0..6 {
        put(&alice, "f", &[b'x'; 20]).await;
        remove(&alice, "f").await;
        world.clock.forward(DAY * n.min(1));
    }
    assert_eq!(world.files.expire_trash().await.unwrap().items, 1, "only what is old enough");
    world.clock.forward(3 * DAY);
    // 120 bytes are there, 50 are allowed; but four of the six are too young to go.
    assert_eq!(world.files.expire_trash().await.unwrap().items, 2);
    world.clock.forward(5 * DAY);
    assert_eq!(world.files.expire_trash().await.unwrap().items, 2);
    assert_eq!(items(&alice).await.len(), 2, "40 bytes may stay");
    put(&alice, "live", &[b'x'; 60]).await;
    assert_eq!(world.files.expire_trash().await.unwrap().items, 1, "20 bytes are allowed now");
    world.files.set_quota(&user("alice"), None).await.unwrap();
    assert_eq!(world.files.expire_trash().await.unwrap().items, 0);
    // Never, where it is disabled.
    let world = World::with(options("disabled"));
    let alice = world.alice().await;
    put(&alice, "old", b"x").await;
    remove(&alice, "old").await;
    world.clock.forward(10_000 * DAY);
    world.files.set_quota(&user("alice"), Some(0)).await.unwrap();
    assert_eq!(world.files.expire_trash().await.unwrap().items, 0);
    assert_eq!(items(&alice).await.len(), 1);
}

#[tokio::test]
async fn what_has_no_room_any_more_stays_in_the_trash() {
    let world = World::new();
    let alice = world.alice().await;
    put(&alice, "big", &[b'x'; 60]).await;
    remove(&alice, "big").await;
    put(&alice, "other", &[b'x'; 60]).await;
    world.files.set_quota(&user("alice"), Some(100)).await.unwrap();
    let item = items(&alice).await.remove(0);
    let trash = alice.trash().unwrap();
    let full = ErrorKind::Quota { needed: 60, free: 40 };
    assert_eq!(kind(trash.restore(&item).await), full);
    assert_eq!(shown(&alice).await.len(), 1);
    remove(&alice, "other").await;
    trash.restore(&item).await.unwrap();
    assert_eq!(content(&alice, "big").await, [b'x'; 60]);
}

#[tokio::test]
async fn a_persons_trash_goes_with_them() {
    let world = World::new();
    let alice = world.alice().await;
    put(&alice, "f", b"x").await;
    remove(&alice, "f").await;
    let file = items(&alice).await.remove(0).id();
    world.files.remove_person(&user("alice")).await.unwrap();
    assert_eq!(world.tree.stat(&[file]).await.unwrap(), [None]);
    // The job takes what is left off its list, once.
    assert_eq!(world.files.expire_trash().await.unwrap().spaces, 1);
    assert_eq!(world.files.expire_trash().await.unwrap().spaces, 0);
    // Where the server stopped between the two, it removes the trash itself.
    let bob = world.bob().await;
    let file = put(&bob, "f", b"x").await.entry;
    remove(&bob, "f").await;
    let now = world.files.now();
    world.tree.remove_space(file.node.space, now).await.unwrap();
    assert!(world.tree.stat(&[file.id()]).await.unwrap()[0].is_some());
    assert_eq!(world.files.expire_trash().await.unwrap().spaces, 1);
    assert_eq!(world.tree.stat(&[file.id()]).await.unwrap(), [None]);
    // Who comes under the same name begins anew.
    let alice = world.alice().await;
    put(&alice, "g", b"x").await;
    remove(&alice, "g").await;
    assert_eq!(shown(&alice).await.len(), 1);
    world.collect().await;
    assert_eq!(world.count_blobs().await, 1);
}

#[tokio::test]
async fn without_a_trash_what_is_removed_is_gone() {
    let options = FilesOptions { trash: TrashPolicy::Off, ..FilesOptions::default() };
    let world = World::with(options);
    let alice = world.alice().await;
    put(&alice, "f", b"x").await;
    put(&alice, "g", b"y").await;
    remove(&alice, "f").await;
    put(&alice, "h", b"z").await;
    let h = alice.get(&path("h")).await.unwrap();
    let moved = alice.move_to(&h, TransferRequest::new(path("g"))).await.unwrap();
    assert!(!moved.is_new());
    assert!(items(&alice).await.is_empty());
    world.collect().await;
    assert_eq!(world.count_blobs().await, 1);
}
