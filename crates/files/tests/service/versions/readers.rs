//! Versions, with several people: who sees and changes which.

use allmende_files::{ErrorKind, LinkView, LockOrder};
use allmende_storage::{LockDepth, LockScope, LockTimeout};
use allmende_types::Permissions;

use super::{put_at, restore, shared_world, shown, versions};
use crate::{
    mounted::{share, team},
    world::{content, kind, mkdir, path, user},
};

#[tokio::test]
async fn whoever_may_not_read_a_file_reads_no_version_of_it() {
    let (world, told) = shared_world();
    let alice = world.alice().await;
    let folder = mkdir(&alice, "d").await;
    for (time, text) in [(100, "one"), (200, "two")] {
        put_at(&alice, "d/f", time, text).await;
        put_at(&alice, "own", time, text).await;
    }
    let own = alice.get(&path("own")).await.unwrap();
    let bob = world.bob().await;
    assert_eq!(bob.stat(&[own.id()]).await.unwrap(), [None]);
    // Nor is the version itself anywhere to be found.
    let kept = alice.version(&own, 100).await.unwrap().unwrap();
    for view in [&bob, &alice] {
        assert_eq!(view.stat(&[kept.entry.id()]).await.unwrap(), [None]);
    }
    // A reader reads, and that is all.
    told.add("bob", share(1, "d", folder.id(), 1));
    let bob = world.bob().await;
    assert_eq!(shown(&bob, "d/f").await, ["100: one", "200: two*"]);
    let entry = bob.get(&path("d/f")).await.unwrap();
    let one = bob.version(&entry, 100).await.unwrap().unwrap();
    assert_eq!(kind(bob.restore_version(&entry, &one).await), ErrorKind::Forbidden);
    assert_eq!(kind(bob.remove_version(&entry, &one).await), ErrorKind::Forbidden);
    assert_eq!(kind(bob.label_version(&entry, &one, Some("x")).await), ErrorKind::Forbidden);
    // Without the right to read there is nothing; without that to delete, no deleting.
    told.change("bob", 1, |mount| mount.permissions = Permissions::READ | Permissions::UPDATE);
    let bob = world.bob().await;
    let entry = bob.get(&path("d/f")).await.unwrap();
    assert_eq!(kind(bob.remove_version(&entry, &one).await), ErrorKind::Forbidden);
    restore(&bob, "d/f", 100).await;
    assert_eq!(content(&alice, "d/f").await, b"one");
    let drop = share(2, "d", folder.id(), 4);
    let link = LinkView { mount: drop, holder: user("guest"), number: None };
    assert_eq!(world.files.node_view(link).stat(&[entry.id()]).await.unwrap(), [None]);
}

#[tokio::test]
async fn in_a_team_folder_each_has_written_their_own() {
    let (world, told) = shared_world();
    for person in ["alice", "bob"] {
        told.add(person, team(&world, 1, "T", person).await);
    }
    put_at(&world.alice().await, "T/f", 100, "one").await;
    put_at(&world.bob().await, "T/f", 200, "two").await;
    for view in [world.alice().await, world.bob().await] {
        assert_eq!(shown(&view, "T/f").await, ["100: one", "200: two*"]);
        let all = versions(&view, "T/f").await;
        let authors: Vec<_> = all.iter().map(|v| v.author.as_ref().unwrap().as_str()).collect();
        assert_eq!(authors, ["alice", "bob"]);
    }
}

#[tokio::test]
async fn a_lock_holds_up_whoever_does_not_hold_it() {
    let (world, told) = shared_world();
    let alice = world.alice().await;
    let folder = mkdir(&alice, "d").await;
    for (time, text) in [(100, "one"), (200, "two")] {
        put_at(&alice, "d/f", time, text).await;
    }
    told.add("bob", share(1, "d", folder.id(), 31));
    let bob = world.bob().await;
    let order = LockOrder {
        token: "t:1".parse().unwrap(),
        scope: LockScope::Exclusive,
        depth: LockDepth::Zero,
        owner: String::new(),
        timeout: LockTimeout::Seconds(60),
    };
    alice.lock(path("d/f").into(), order).await.unwrap();
    let entry = bob.get(&path("d/f")).await.unwrap();
    let one = bob.version(&entry, 100).await.unwrap().unwrap();
    assert!(matches!(kind(bob.restore_version(&entry, &one).await), ErrorKind::Locked(_)));
    assert_eq!(shown(&bob, "d/f").await, ["100: one", "200: two*"]);
}
