//! Laws of batches.

use std::sync::Arc;

use super::world::{World, copy_to, make_folder, move_to, put, refused, remove, target};
use crate::{
    ErrorKind, Expect, Op, PatchProperties, Property, PropertyKey, PropertyOwner, PropertyUpdate,
    Tree,
};

pub async fn a_batch_has_one_revision(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "d").await.id;
    let before = world.revision().await;
    let ops = vec![
        put(target(world.root, "a", Expect::Any), vec![world.blob(1)]),
        put(target(folder, "b", Expect::Any), vec![world.blob(2)]),
        make_folder(target(folder, "c", Expect::Any)),
    ];
    let committed = world.commit_all(ops).await.unwrap();
    let (_, revision) = committed.revisions[0];
    assert_eq!(committed.revisions, [(world.space, revision)]);
    assert!(revision > before && world.revision().await == revision);
    assert_eq!(committed.written.len(), 3);
    assert!(committed.written.iter().all(|written| written.node.revision == revision));
    for id in [world.root, folder] {
        assert_eq!(world.node(id).await.revision, revision);
    }
    assert_eq!(world.paths().await, ["a", "d", "d/b", "d/c"]);
}

pub async fn later_changes_see_earlier_ones(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.file(world.root, "a", 1).await;
    let b = world.file(world.root, "b", 2).await;
    // Two files change places over a third name.
    let to = |node, text| move_to(node, target(world.root, text, Expect::Absent));
    let swap = vec![to(a.id, "t"), to(b.id, "a"), to(a.id, "b")];
    world.commit_all(swap).await.unwrap();
    assert_eq!(world.at("a").await.unwrap().id, b.id);
    assert_eq!(world.at("b").await.unwrap().id, a.id);
    // What the batch itself wrote is there to be overwritten.
    let twice = vec![
        put(target(world.root, "n", Expect::Absent), vec![world.blob(5)]),
        put(target(world.root, "n", Expect::Any), vec![world.blob(6)]),
    ];
    let written = world.commit_all(twice).await.unwrap().written;
    assert_eq!(written[0].node.id, written[1].node.id);
    assert_eq!(written[1].replaced.as_ref().map(|old| old.size), Some(5));
    let clash = vec![
        put(target(world.root, "m", Expect::Absent), vec![world.blob(5)]),
        put(target(world.root, "m", Expect::Absent), vec![world.blob(6)]),
    ];
    assert_eq!(refused(world.commit_all(clash).await), ErrorKind::Exists);
    let after_removal = vec![remove(a.id), copy_to(a.id, target(world.root, "x", Expect::Any))];
    assert_eq!(refused(world.commit_all(after_removal).await), ErrorKind::NotFound);
    assert_eq!(world.paths().await, ["a", "b", "n"]);
    assert_eq!(world.info().await.used, 9);
}

pub async fn a_failed_batch_changes_nothing(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "d").await.id;
    let a = world.file(folder, "a", 10).await;
    world.file(world.root, "b", 20).await;
    let key = PropertyKey { namespace: "urn:x".into(), name: "p".into() };
    let owner = PropertyOwner::Everyone;
    let set = PropertyUpdate::Set(Property { key, value: "1".into() });
    let patch = PatchProperties { node: a.id, owner: owner.clone(), updates: vec![set] };
    let good = || {
        vec![
            put(target(folder, "a", Expect::Any), vec![world.blob(1)]),
            put(target(folder, "new", Expect::Any), vec![world.blob(1), world.blob(2)]),
            Op::PatchProperties(patch.clone()),
            make_folder(target(folder, "sub", Expect::Any)),
            copy_to(a.id, target(world.root, "copy", Expect::Any)),
            move_to(a.id, target(world.root, "b", Expect::Any)),
        ]
    };
    let bad = [
        (remove(world.root), ErrorKind::Invalid),
        (make_folder(target(world.root, "copy", Expect::Any)), ErrorKind::Exists),
        (move_to(folder, target(folder, "x", Expect::Any)), ErrorKind::Cycle),
    ];
    let before = (world.info().await, world.all().await);
    for (last, kind) in bad {
        let mut ops = good();
        ops.push(last);
        assert_eq!(refused(world.commit_all(ops).await), kind);
        assert_eq!((world.info().await, world.all().await), before);
        assert_eq!(tree.properties(&[a.id], &owner).await.unwrap(), [vec![]]);
        let since = before.0.revision;
        assert_eq!(tree.changes(world.space, since, 10).await.unwrap(), []);
        assert_eq!(tree.segments(a.content().unwrap()).await.unwrap().len(), 1);
    }
    world.commit_all(good()).await.unwrap();
    assert_eq!(world.paths().await, ["b", "copy", "d", "d/new", "d/sub"]);
}

pub async fn a_batch_over_two_spaces_is_one(tree: Arc<dyn Tree>) {
    let one = World::new(tree).await;
    let two = one.beside().await;
    for n in 0..4 {
        two.file(two.root, &n.to_string(), 1).await;
    }
    let put_in = |world: &World| put(target(world.root, "f", Expect::Absent), vec![world.blob(1)]);
    let committed = one.commit_all(vec![put_in(&one), put_in(&two)]).await.unwrap();
    let mut revisions = committed.revisions;
    revisions.sort();
    assert_eq!(revisions[0].1, revisions[1].1, "one revision for all spaces");
    assert_eq!(revisions, [(one.space, one.revision().await), (two.space, two.revision().await)]);
    let again = one.commit_all(vec![put_in(&one.beside().await), put_in(&two)]).await;
    assert_eq!(refused(again), ErrorKind::Exists);
    assert_eq!((one.paths().await.len(), two.paths().await.len()), (1, 5));
}

pub async fn an_empty_batch_is_invalid(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    assert_eq!(refused(world.commit_all(vec![]).await), ErrorKind::Invalid);
}
