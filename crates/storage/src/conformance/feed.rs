//! Laws of the feed of changes.

use std::sync::Arc;

use allmende_types::{NodeId, Revision};

use super::world::{MTIME, World, copy_to, make_folder, move_to, name, put, remove, target};
use crate::{
    ChangeKind, Expect, Op, PatchProperties, Property, PropertyKey, PropertyOwner, PropertyUpdate,
    SetFacts, Tree,
};

/// The changes since a revision, all of which must have one and the same higher one.
async fn told(world: &World, since: Revision) -> Vec<(NodeId, ChangeKind)> {
    let now = world.revision().await;
    let changes = world.tree.changes(world.space, since, 100).await.unwrap();
    assert!(changes.iter().all(|change| change.revision == now && now > since));
    changes.into_iter().map(|change| (change.node, change.kind)).collect()
}

fn removed(parent: NodeId, text: &str) -> ChangeKind {
    ChangeKind::Removed { parent, name: name(text) }
}

pub async fn the_feed_tells_what_happened(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let start = world.revision().await;
    assert_eq!(told(&world, start).await, []);
    let folder = world.folder(world.root, "d").await.id;
    assert_eq!(told(&world, start).await, [(folder, ChangeKind::Created)]);
    let mut since = world.revision().await;
    let file = world.file(folder, "f", 1).await.id;
    assert_eq!(told(&world, since).await, [(file, ChangeKind::Created)]);
    since = world.revision().await;
    world.file(folder, "f", 2).await;
    assert_eq!(told(&world, since).await, [(file, ChangeKind::Changed)]);
    since = world.revision().await;
    let facts = SetFacts { node: file, modified: Some(MTIME), created: None, checksums: None };
    world.apply(Op::SetFacts(facts)).await;
    assert_eq!(told(&world, since).await, [(file, ChangeKind::Changed)]);
    since = world.revision().await;
    world.apply(remove(folder)).await;
    assert_eq!(told(&world, since).await, [(folder, removed(world.root, "d"))]);
    since = world.revision().await;
    assert_eq!(told(&world, since).await, []);
    let all = world.tree.changes(world.space, start, 100).await.unwrap();
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted_by_key(|change| change.revision));
}

pub async fn a_move_is_told_at_both_places(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "d").await.id;
    let file = world.file(world.root, "f", 1).await.id;
    let mut since = world.revision().await;
    world.apply(move_to(file, target(folder, "g", Expect::Any))).await;
    let expected = [(file, removed(world.root, "f")), (file, ChangeKind::Changed)];
    assert_eq!(told(&world, since).await, expected);
    let two = world.beside().await;
    let before = two.revision().await;
    since = world.revision().await;
    world.apply(move_to(file, target(two.root, "h", Expect::Any))).await;
    assert_eq!(told(&world, since).await, [(file, removed(folder, "g"))]);
    assert_eq!(told(&two, before).await, [(file, ChangeKind::Created)]);
}

pub async fn replaced_and_copied_nodes_are_told(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "d").await.id;
    world.file(folder, "inside", 1).await;
    let old = world.file(world.root, "old", 1).await.id;
    let since = world.revision().await;
    let copy = world.apply(copy_to(folder, target(world.root, "old", Expect::Any))).await.node.id;
    let expected = [(old, removed(world.root, "old")), (copy, ChangeKind::Created)];
    assert_eq!(told(&world, since).await, expected);
    let since = world.revision().await;
    world.apply(move_to(folder, target(world.root, "old", Expect::Any))).await;
    let changes = told(&world, since).await;
    assert_eq!(changes.len(), 3);
    assert!(changes.contains(&(copy, removed(world.root, "old"))));
    assert!(changes.contains(&(folder, removed(world.root, "d"))));
    assert_eq!(changes[2], (folder, ChangeKind::Changed));
}

pub async fn what_changes_no_revision_is_not_told(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let file = world.file(world.root, "f", 1).await;
    let since = world.revision().await;
    let key = PropertyKey { namespace: "urn:x".into(), name: "p".into() };
    let set = PropertyUpdate::Set(Property { key, value: "1".into() });
    let (node, owner) = (file.id, PropertyOwner::Everyone);
    world.apply(Op::PatchProperties(PatchProperties { node, owner, updates: vec![set] })).await;
    let checksums = Some((file.revision, "SHA1:1".parse().unwrap()));
    let facts = SetFacts { node, modified: None, created: Some(MTIME), checksums };
    world.apply(Op::SetFacts(facts)).await;
    assert_eq!(told(&world, since).await, []);
    assert_eq!(world.revision().await, since);
}

pub async fn no_page_splits_a_revision(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let start = world.revision().await;
    for (round, files) in [2, 5, 1].into_iter().enumerate() {
        let ops = (0..files).map(|n| {
            let text = format!("{round}-{n}");
            if n % 2 == 0 {
                put(target(world.root, &text, Expect::Any), vec![world.blob(1)])
            } else {
                make_folder(target(world.root, &text, Expect::Any))
            }
        });
        world.commit_all(ops.collect()).await.unwrap();
    }
    for limit in [1, 2, 3, 6, 7, 8, 100] {
        let mut pages = Vec::new();
        let mut since = start;
        loop {
            let page = world.tree.changes(world.space, since, limit).await.unwrap();
            let Some(last) = page.last() else { break };
            since = last.revision;
            pages.push(page.len());
        }
        assert_eq!(pages.iter().sum::<usize>(), 8, "limit {limit}");
        // Whole revisions, and one of them at least.
        let sums: Vec<usize> = pages
            .iter()
            .scan(0, |sum, n| {
                *sum += n;
                Some(*sum)
            })
            .collect();
        assert!(sums.iter().all(|sum| [2, 7, 8].contains(sum)), "limit {limit}: {pages:?}");
    }
}
