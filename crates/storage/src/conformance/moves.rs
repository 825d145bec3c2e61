//! Laws of moves.

use std::{collections::HashSet, sync::Arc};

use allmende_types::{NodeId, Revision};

use super::world::{NOW, World, move_to, name, refused, remove, target};
use crate::{ErrorKind, Expect, MoveNode, Node, Op, Tree};

pub async fn a_rename_keeps_the_node(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "d").await;
    let file = world.file(folder.id, "a", 7).await;
    let op = move_to(file.id, target(folder.id, "b", Expect::Absent));
    let committed = world.commit_at(NOW.plus_seconds(9), op).await.unwrap();
    let renamed = Node { name: Some(name("b")), ..file };
    assert_eq!(committed.written[0].node, renamed);
    assert_eq!(committed.written[0].replaced, None);
    assert_eq!(world.node(renamed.id).await, renamed);
    let revision = committed.revisions[0].1;
    for id in [folder.id, world.root] {
        assert_eq!(world.node(id).await.revision, revision);
    }
    assert_eq!(world.paths().await, ["d", "d/b"]);
}

pub async fn a_move_changes_both_places(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.folder(world.root, "a").await.id;
    let from = world.folder(a, "from").await.id;
    let to = world.folder(world.root, "to").await.id;
    let file = world.file(from, "f", 7).await;
    world.file(to, "other", 1).await;
    let committed = world.commit(move_to(file.id, target(to, "g", Expect::Any))).await.unwrap();
    let revision = committed.revisions[0].1;
    for (id, size) in [(world.root, 8), (a, 0), (from, 0), (to, 8)] {
        let folder = world.node(id).await;
        assert_eq!((folder.revision, folder.size), (revision, size), "folder {id}");
    }
    let moved = world.node(file.id).await;
    assert_eq!((moved.parent, moved.revision), (Some(to), file.revision));
    assert_eq!(world.paths().await, ["a", "a/from", "to", "to/g", "to/other"]);
}

pub async fn a_moved_folder_takes_all_below_along(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let top = world.folder(world.root, "top").await.id;
    let inner = world.folder(top, "inner").await.id;
    let file = world.file(inner, "f", 7).await;
    let to = world.folder(world.root, "to").await.id;
    let before = [world.node(inner).await, file.clone()];
    world.apply(move_to(top, target(to, "new", Expect::Absent))).await;
    assert_eq!([world.node(inner).await, world.node(file.id).await], before);
    assert_eq!(world.paths().await, ["to", "to/new", "to/new/inner", "to/new/inner/f"]);
    assert_eq!(world.node(to).await.size, 7);
}

pub async fn nothing_moves_into_itself(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.folder(world.root, "a").await.id;
    let b = world.folder(a, "b").await.id;
    let c = world.folder(b, "c").await.id;
    for parent in [a, b, c] {
        let inside = world.commit(move_to(a, target(parent, "x", Expect::Any))).await;
        assert_eq!(refused(inside), ErrorKind::Cycle);
    }
    // `a` stands at the target and holds the node.
    let over = world.commit(move_to(c, target(world.root, "a", Expect::Any))).await;
    assert_eq!(refused(over), ErrorKind::Cycle);
    assert_eq!(world.paths().await, ["a", "a/b", "a/b/c"]);
}

pub async fn a_move_replaces_what_stands_there(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let to = world.folder(world.root, "to").await.id;
    for (n, (from_folder, over_folder)) in
        [(false, false), (false, true), (true, false), (true, true)].into_iter().enumerate()
    {
        let make = async |parent, name: &str, folder: bool, size| {
            if folder {
                let folder = world.folder(parent, name).await.id;
                world.file(folder, "inside", size).await;
                folder
            } else {
                world.file(parent, name, size).await.id
            }
        };
        let old = make(to, "x", over_folder, 100).await;
        let new = make(world.root, "y", from_folder, 7).await;
        let old_node = world.node(old).await;
        let written = world.apply(move_to(new, target(to, "x", Expect::Any))).await;
        assert_eq!(written.replaced.as_ref(), Some(&old_node), "case {n}");
        assert_eq!((written.node.id, written.node.size), (new, 7), "case {n}");
        assert_eq!(world.stat(old).await, None, "case {n}");
        assert_eq!(world.at("to/x").await.unwrap().id, new, "case {n}");
        assert_eq!((world.node(to).await.size, world.info().await.used), (7, 7), "case {n}");
        world.all().await;
        world.apply(remove(new)).await;
    }
}

pub async fn a_move_keeps_its_expectations(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.file(world.root, "a", 1).await;
    let b = world.file(world.root, "b", 1).await;
    let to = |text, expect| move_to(a.id, target(world.root, text, expect));
    for (text, expect, kind) in [
        ("b", Expect::Absent, ErrorKind::Exists),
        ("b", Expect::Node(world.root), ErrorKind::Changed),
        ("b", Expect::Unchanged(b.id, Revision(b.revision.0 - 1)), ErrorKind::Changed),
        ("c", Expect::Node(b.id), ErrorKind::NotFound),
    ] {
        assert_eq!(refused(world.commit(to(text, expect)).await), kind, "{text}: {expect:?}");
    }
    let with = |revision| {
        let target = target(world.root, "c", Expect::Any);
        Op::Move(MoveNode { revision: Some(revision), ..MoveNode::whatever(a.id, target) })
    };
    let changed = world.commit(with(Revision(a.revision.0 + 1))).await;
    assert_eq!(refused(changed), ErrorKind::Changed);
    assert_eq!(world.paths().await, ["a", "b"]);
    world.apply(with(a.revision)).await;
    world.apply(to("b", Expect::Unchanged(b.id, b.revision))).await;
    assert_eq!(world.paths().await, ["b"]);
}

pub async fn a_move_onto_itself_is_no_obstacle(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "a").await.id;
    let file = world.file(folder, "f", 3).await;
    for expect in [Expect::Any, Expect::Absent] {
        let written = world.apply(move_to(file.id, target(folder, "f", expect))).await;
        assert_eq!((&written.node, &written.replaced), (&file, &None));
    }
    let before = world.node(folder).await;
    let written = world.apply(move_to(folder, target(world.root, "a", Expect::Absent))).await;
    assert_eq!(written.node, before);
    assert_eq!(world.paths().await, ["a", "a/f"]);
}

pub async fn a_move_needs_node_and_folder(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.file(world.root, "a", 1).await.id;
    let b = world.file(world.root, "b", 1).await.id;
    let gone = world.folder(world.root, "gone").await.id;
    world.apply(remove(gone)).await;
    for (node, parent, kind) in [
        (a, b, ErrorKind::NotAFolder),
        (a, gone, ErrorKind::ParentNotFound),
        (gone, world.root, ErrorKind::NotFound),
        (NodeId(4_000_000), world.root, ErrorKind::NotFound),
    ] {
        let result = world.commit(move_to(node, target(parent, "x", Expect::Any))).await;
        assert_eq!(refused(result), kind, "{node} into {parent}");
    }
    let other = world.beside().await;
    let root = world.commit(move_to(world.root, target(other.root, "x", Expect::Any))).await;
    assert_eq!(refused(root), ErrorKind::Invalid);
}

pub async fn a_move_to_another_space_keeps_the_node(tree: Arc<dyn Tree>) {
    let one = World::new(tree).await;
    let two = one.beside().await;
    let top = one.folder(one.root, "top").await.id;
    let file = one.file(top, "f", 7).await;
    let committed = one.commit(move_to(top, target(two.root, "t", Expect::Absent))).await.unwrap();
    let mut spaces: Vec<_> = committed.revisions.iter().map(|(space, _)| *space).collect();
    spaces.sort();
    assert_eq!(spaces, [one.space, two.space]);
    let moved = two.node(file.id).await;
    assert_eq!((moved.space, moved.revision), (two.space, file.revision));
    assert_eq!((moved.size, moved.modified), (7, file.modified));
    assert_eq!((one.info().await.used, two.info().await.used), (0, 7));
    assert_eq!(one.paths().await, Vec::<String>::new());
    assert_eq!(two.paths().await, ["t", "t/f"]);
    for world in [&one, &two] {
        assert_eq!(world.node(world.root).await.revision, world.revision().await);
    }
    // Who saw it where it was does not get it back.
    let from = |space| {
        let target = target(one.root, "back", Expect::Absent);
        Op::Move(MoveNode { space: Some(space), ..MoveNode::whatever(file.id, target) })
    };
    assert_eq!(refused(one.commit(from(one.space)).await), ErrorKind::NotFound);
    one.apply(from(two.space)).await;
    assert_eq!(one.paths().await, ["back"]);
}

pub async fn a_moved_node_never_gets_an_old_etag(tree: Arc<dyn Tree>) {
    let one = World::new(tree).await;
    let two = one.beside().await;
    let mut seen = HashSet::new();
    let file = one.file(one.root, "f", 1).await;
    seen.insert(file.etag());
    for _ in 0..8 {
        assert!(seen.insert(one.file(one.root, "f", 1).await.etag()));
    }
    one.apply(move_to(file.id, target(two.root, "f", Expect::Any))).await;
    for _ in 0..12 {
        let written = two.file(two.root, "f", 1).await;
        assert_eq!(written.id, file.id);
        assert!(seen.insert(written.etag()), "an etag came back for other content");
    }
}
