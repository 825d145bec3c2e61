//! Laws of copies.

use std::sync::Arc;

use super::world::{MTIME, NOW, World, copy_to, name, put, refused, remove, target};
use crate::{
    CopyNode, ErrorKind, Expect, LockDepth, Node, Op, PatchProperties, Property, PropertyKey,
    PropertyOwner, PropertyUpdate, Tree,
};

pub async fn a_copied_file_is_a_new_node(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let op = put(target(world.root, "a", Expect::Any), vec![world.blob(3), world.blob(4)]);
    let source = world.apply(op).await.node;
    let key = |text: &str| PropertyKey { namespace: "urn:x".into(), name: text.into() };
    let anna = PropertyOwner::Person("anna".parse().unwrap());
    for (owner, text) in [(PropertyOwner::Everyone, "all"), (anna.clone(), "one")] {
        let property = Property { key: key(text), value: "v".into() };
        let updates = vec![PropertyUpdate::Set(property)];
        world.apply(Op::PatchProperties(PatchProperties { node: source.id, owner, updates })).await;
    }
    let later = NOW.plus_seconds(9);
    let op = copy_to(source.id, target(world.root, "b", Expect::Absent));
    let committed = world.commit_at(later, op).await.unwrap();
    let copy = world.at("b").await.unwrap();
    assert_eq!(committed.written[0].node, copy);
    assert_ne!(copy.id, source.id);
    let expected = Node {
        id: copy.id,
        name: Some(name("b")),
        revision: committed.revisions[0].1,
        uploaded: later,
        ..source.clone()
    };
    assert_eq!(copy, expected);
    let both = [source.content().unwrap(), copy.content().unwrap()];
    assert_eq!(tree.segments(both[0]).await.unwrap(), tree.segments(both[1]).await.unwrap());
    let all = tree.properties(&[copy.id], &PropertyOwner::Everyone).await.unwrap();
    assert_eq!(all[0].iter().map(|p| p.key.clone()).collect::<Vec<_>>(), [key("all")]);
    assert_eq!(tree.properties(&[copy.id], &anna).await.unwrap(), [vec![]]);
    assert_eq!(world.node(source.id).await, source);
    assert_eq!(world.info().await.used, 14);
}

pub async fn a_copied_folder_is_whole(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let top = world.folder(world.root, "top").await.id;
    let inner = world.folder(top, "inner").await.id;
    world.file(inner, "f", 7).await;
    world.file(top, "g", 2).await;
    world.folder(top, "empty").await;
    let to = world.folder(world.root, "to").await.id;
    let written = world.apply(copy_to(top, target(to, "copy", Expect::Any))).await;
    assert_eq!(written.node.size, 9);
    let all = world.all().await;
    let inside = |path: &&str| *path == "to" || path.starts_with("to/");
    let paths: Vec<&str> = all.keys().map(String::as_str).filter(inside).collect();
    let expected =
        ["to", "to/copy", "to/copy/empty", "to/copy/g", "to/copy/inner", "to/copy/inner/f"];
    assert_eq!(paths, expected);
    for path in &expected[2..] {
        let (copy, source) = (&all[*path], &all[&path.replacen("to/copy", "top", 1)]);
        assert_ne!(copy.id, source.id);
        assert_eq!((&copy.kind, copy.modified), (&source.kind, source.modified), "{path}");
        assert_eq!((copy.revision, copy.uploaded), (written.node.revision, NOW), "{path}");
    }
    assert_eq!(all[""].size, 18);
}

pub async fn a_shallow_copy_is_empty(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let top = world.folder(world.root, "top").await.id;
    world.file(top, "f", 7).await;
    let target = target(world.root, "copy", Expect::Any);
    let op = Op::Copy(CopyNode { node: top, target, depth: LockDepth::Zero });
    let copy = world.apply(op).await.node;
    assert!(copy.is_folder() && copy.size == 0);
    assert_eq!(world.paths().await, ["copy", "top", "top/f"]);
    let file = world.at("top/f").await.unwrap().id;
    let target = super::world::target(world.root, "g", Expect::Any);
    let op = Op::Copy(CopyNode { node: file, target, depth: LockDepth::Zero });
    assert_eq!(world.apply(op).await.node.size, 7);
    world.all().await;
}

pub async fn a_copy_is_independent(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let source = world.file(world.root, "a", 7).await;
    let copy = world.apply(copy_to(source.id, target(world.root, "b", Expect::Any))).await.node;
    world.file(world.root, "a", 3).await;
    assert_eq!(world.node(copy.id).await, copy);
    world.apply(remove(source.id)).await;
    assert_eq!(tree.segments(copy.content().unwrap()).await.unwrap().len(), 1);
    assert_eq!(world.paths().await, ["b"]);
}

pub async fn nothing_is_copied_into_itself(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.folder(world.root, "a").await.id;
    let b = world.folder(a, "b").await.id;
    let f = world.file(b, "f", 1).await.id;
    for (node, parent, text) in [
        (a, a, "x"),
        (a, b, "x"),
        (a, b, "f"),
        (b, world.root, "a"),
        (f, world.root, "a"),
        (f, b, "f"),
        (a, world.root, "a"),
        (world.root, a, "x"),
    ] {
        let result = world.commit(copy_to(node, target(parent, text, Expect::Any))).await;
        assert_eq!(refused(result), ErrorKind::Cycle, "{node} to {text} in {parent}");
    }
    assert_eq!(world.paths().await, ["a", "a/b", "a/b/f"]);
}

pub async fn a_copy_replaces_what_stands_there(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let source = world.file(world.root, "a", 7).await;
    let old = world.folder(world.root, "b").await;
    world.file(old.id, "f", 100).await;
    let old = world.node(old.id).await;
    let written = world.apply(copy_to(source.id, target(world.root, "b", Expect::Any))).await;
    assert_eq!(written.replaced, Some(old.clone()));
    assert!(written.node.id != old.id && written.node.id != source.id);
    assert_eq!(world.stat(old.id).await, None);
    assert_eq!(world.paths().await, ["a", "b"]);
    assert_eq!(world.info().await.used, 14);
}

pub async fn a_copy_keeps_its_expectations(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.file(world.root, "a", 1).await;
    let b = world.file(world.root, "b", 1).await;
    let to = |text, expect| copy_to(a.id, target(world.root, text, expect));
    for (text, expect, kind) in [
        ("b", Expect::Absent, ErrorKind::Exists),
        ("b", Expect::Node(a.id), ErrorKind::Changed),
        ("c", Expect::Unchanged(b.id, b.revision), ErrorKind::NotFound),
    ] {
        assert_eq!(refused(world.commit(to(text, expect)).await), kind, "{text}: {expect:?}");
    }
    let into_file = world.commit(copy_to(a.id, target(b.id, "x", Expect::Any))).await;
    assert_eq!(refused(into_file), ErrorKind::NotAFolder);
    world.apply(to("b", Expect::Unchanged(b.id, b.revision))).await;
    world.apply(to("c", Expect::Absent)).await;
    world.apply(remove(a.id)).await;
    assert_eq!(refused(world.commit(to("d", Expect::Any)).await), ErrorKind::NotFound);
    assert_eq!(world.paths().await, ["b", "c"]);
}

pub async fn a_copy_reaches_another_space(tree: Arc<dyn Tree>) {
    let one = World::new(tree).await;
    let two = one.beside().await;
    let folder = one.folder(one.root, "d").await.id;
    one.file(folder, "f", 7).await;
    let before = one.revision().await;
    // The root too can be copied, under a name.
    let written = one.apply(copy_to(one.root, target(two.root, "all", Expect::Any))).await;
    assert_eq!((written.node.space, written.node.size), (two.space, 7));
    assert_eq!(two.paths().await, ["all", "all/d", "all/d/f"]);
    assert_eq!(two.at("all/d/f").await.unwrap().modified, MTIME);
    assert_eq!(one.paths().await, ["d", "d/f"]);
    assert_eq!((one.revision().await, two.info().await.used), (before, 7));
}
