//! Laws of removals.

use std::sync::Arc;

use allmende_types::{NodeId, Revision};

use super::world::{World, copy_to, make_folder, move_to, put, refused, remove, target};
use crate::{ChildCount, ErrorKind, Expect, Op, RemoveNode, Tree};

pub async fn a_removed_file_is_gone(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let file = world.file(world.root, "a", 7).await;
    let written = world.apply(remove(file.id)).await;
    assert_eq!(written.node, file);
    assert_eq!(world.stat(file.id).await, None);
    assert_eq!(world.at("a").await, None);
    assert_eq!(refused(world.commit(remove(file.id)).await), ErrorKind::NotFound);
    assert_eq!(world.info().await.used, 0);
    let content = file.content().unwrap();
    assert_eq!(refused(tree.segments(content).await), ErrorKind::NotFound);
    let again = world.file(world.root, "a", 1).await;
    assert_ne!(again.id, file.id, "an id was used twice");
}

pub async fn a_removed_folder_takes_all_below_along(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let top = world.folder(world.root, "top").await;
    let inner = world.folder(top.id, "inner").await;
    let file = world.file(inner.id, "file", 7).await;
    let kept = world.file(world.root, "kept", 2).await;
    world.apply(remove(top.id)).await;
    let ids = [kept.id, top.id, inner.id, file.id];
    let there = |all: Vec<bool>| assert_eq!(all, [true, false, false, false]);
    there(tree.stat(&ids).await.unwrap().iter().map(Option::is_some).collect());
    there(tree.paths(&ids).await.unwrap().iter().map(Option::is_some).collect());
    for path in ["top", "top/inner", "top/inner/file"] {
        assert_eq!(world.at(path).await, None);
    }
    for folder in [top.id, inner.id] {
        assert_eq!(refused(tree.list(folder, None, 10).await), ErrorKind::NotFound);
        let into = || target(folder, "x", Expect::Any);
        for op in [
            put(into(), vec![world.blob(1)]),
            make_folder(into()),
            move_to(kept.id, into()),
            copy_to(kept.id, into()),
        ] {
            assert_eq!(refused(world.commit(op).await), ErrorKind::ParentNotFound);
        }
    }
    let gone = tree.count_children(&[top.id, inner.id]).await.unwrap();
    assert_eq!(gone, [ChildCount::default(); 2]);
    for id in [inner.id, file.id] {
        let out = || target(world.root, "out", Expect::Any);
        for op in [remove(id), move_to(id, out()), copy_to(id, out())] {
            assert_eq!(refused(world.commit(op).await), ErrorKind::NotFound);
        }
    }
    assert_eq!(world.paths().await, ["kept"]);
    assert_eq!(world.info().await.used, 2);
}

pub async fn a_removal_keeps_its_expectations(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let old = world.file(world.root, "a", 7).await;
    let new = world.file(world.root, "a", 8).await;
    let whatever = RemoveNode::whatever(old.id);
    let with = |revision| Op::Remove(RemoveNode { revision: Some(revision), ..whatever });
    for wrong in [old.revision, Revision(new.revision.0 + 1)] {
        assert_eq!(refused(world.commit(with(wrong)).await), ErrorKind::Changed);
    }
    assert_eq!(refused(world.commit(remove(world.root)).await), ErrorKind::Invalid);
    assert_eq!(refused(world.commit(remove(NodeId(4_000_000))).await), ErrorKind::NotFound);
    assert_eq!(world.node(new.id).await, new);
    // A move changes no revision, and what was moved out must stay.
    let folder = world.folder(world.root, "folder").await;
    world.apply(move_to(new.id, target(folder.id, "a", Expect::Absent))).await;
    let from = |parent| Op::Remove(RemoveNode { parent: Some(parent), ..whatever });
    assert_eq!(refused(world.commit(from(world.root)).await), ErrorKind::Changed);
    assert_eq!(world.paths().await, ["folder", "folder/a"]);
    world.apply(from(folder.id)).await;
    let again = world.file(world.root, "b", 1).await;
    let whatever = RemoveNode::whatever(again.id);
    let with = |revision| Op::Remove(RemoveNode { revision: Some(revision), ..whatever });
    world.apply(with(again.revision)).await;
    assert_eq!(world.paths().await, ["folder"]);
    // What lies in a folder is moved with it to another space, and has the same folder still.
    let other = world.beside().await;
    let inside = world.file(folder.id, "inside", 3).await;
    let of = |space| {
        let whatever = RemoveNode::whatever(inside.id);
        Op::Remove(RemoveNode { parent: Some(folder.id), space: Some(space), ..whatever })
    };
    world.apply(move_to(folder.id, target(other.root, "folder", Expect::Absent))).await;
    assert_eq!(refused(world.commit(of(world.space)).await), ErrorKind::NotFound);
    assert_eq!(other.paths().await, ["folder", "folder/inside"]);
    world.apply(of(other.space)).await;
    assert_eq!(other.paths().await, ["folder"]);
}
