//! Laws of facts and stored properties.

use std::sync::Arc;

use allmende_types::{NodeId, Revision, Timestamp};

use super::world::{MTIME, NOW, World, move_to, put, refused, target};
use crate::{
    ErrorKind, Expect, Node, Op, PatchProperties, Property, PropertyKey, PropertyOwner,
    PropertyUpdate, PutFile, SetFacts, Tree,
};

fn facts(node: NodeId) -> SetFacts {
    SetFacts { node, modified: None, created: None, checksums: None }
}

pub async fn a_new_time_is_a_new_revision(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "d").await;
    let file = world.file(folder.id, "f", 7).await;
    let time = MTIME.plus_seconds(-1000);
    let op = Op::SetFacts(SetFacts { modified: Some(time), ..facts(file.id) });
    let committed = world.commit_at(NOW.plus_seconds(5), op).await.unwrap();
    let revision = committed.revisions[0].1;
    let expected = Node { modified: time, revision, ..file.clone() };
    assert_eq!(committed.written[0].node, expected);
    assert_eq!(world.node(file.id).await, expected);
    for id in [folder.id, world.root] {
        let above = world.node(id).await;
        assert_eq!((above.revision, above.modified), (revision, NOW.plus_seconds(5)));
    }
    // A folder's own time is what it was set to, even if that is earlier.
    let node =
        world.apply(Op::SetFacts(SetFacts { modified: Some(time), ..facts(folder.id) })).await;
    assert_eq!((node.node.modified, node.node.revision), (time, world.revision().await));
    world.apply(Op::SetFacts(SetFacts { modified: Some(time), ..facts(world.root) })).await;
    assert_eq!(world.node(world.root).await.revision, world.revision().await);
    // The creation time is told, but changes nothing that clients compare.
    let before = (world.node(file.id).await, world.revision().await);
    let created = Some(Timestamp::from_unix(77));
    world.apply(Op::SetFacts(SetFacts { created, ..facts(file.id) })).await;
    assert_eq!(world.node(file.id).await, Node { created, ..before.0 });
    assert_eq!(world.revision().await, before.1);
}

pub async fn checksums_are_set_for_their_revision(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let file = world.file(world.root, "f", 7).await;
    let before = world.revision().await;
    let set = |node, revision, text: &str| {
        let checksums = Some((revision, text.parse().unwrap()));
        Op::SetFacts(SetFacts { checksums, ..facts(node) })
    };
    let node = world.apply(set(file.id, file.revision, "SHA1:abc")).await.node;
    assert_eq!(node.content().unwrap().checksums.to_string(), "SHA1:abc");
    assert_eq!((node.revision, world.revision().await), (file.revision, before));
    assert_eq!(world.node(file.id).await, node);
    world.apply(set(file.id, file.revision, "MD5:1 SHA1:2")).await;
    let now = world.node(file.id).await;
    assert_eq!(now.content().unwrap().checksums.to_string(), "MD5:1 SHA1:2");
    let wrong = world.commit(set(file.id, Revision(file.revision.0 + 1), "SHA1:def")).await;
    assert_eq!(refused(wrong), ErrorKind::Changed);
    assert_eq!(world.node(file.id).await, now);
    let root = world.node(world.root).await;
    let folder = world.commit(set(root.id, root.revision, "SHA1:def")).await;
    assert_eq!(refused(folder), ErrorKind::NotAFile);
}

pub async fn facts_need_a_node(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let gone = NodeId(4_000_000);
    let op = Op::SetFacts(SetFacts { modified: Some(MTIME), ..facts(gone) });
    assert_eq!(refused(world.commit(op).await), ErrorKind::NotFound);
    let op = patch(gone, &PropertyOwner::Everyone, vec![set("a", "1")]);
    assert_eq!(refused(world.commit(op).await), ErrorKind::NotFound);
    let none = tree.properties(&[gone], &PropertyOwner::Everyone).await.unwrap();
    assert_eq!(none, [vec![]]);
}

fn patch(node: NodeId, owner: &PropertyOwner, updates: Vec<PropertyUpdate>) -> Op {
    Op::PatchProperties(PatchProperties { node, owner: owner.clone(), updates })
}

fn property(text: &str, value: &str) -> Property {
    let (namespace, name) = text.split_once(' ').unwrap_or(("", text));
    let key = PropertyKey { namespace: namespace.into(), name: name.into() };
    Property { key, value: value.into() }
}

fn set(text: &str, value: &str) -> PropertyUpdate {
    PropertyUpdate::Set(property(text, value))
}

fn unset(text: &str) -> PropertyUpdate {
    PropertyUpdate::Remove(property(text, "").key)
}

async fn stored(world: &World, id: NodeId, owner: &PropertyOwner) -> Vec<Property> {
    let mut all = world.tree.properties(&[id], owner).await.unwrap().remove(0);
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}

pub async fn properties_are_set_and_removed(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let file = world.file(world.root, "f", 7).await;
    let before = (world.revision().await, world.all().await);
    let all = PropertyOwner::Everyone;
    let apply = async |updates| world.apply(patch(file.id, &all, updates)).await;
    let written = apply(vec![set("urn:b x", "<x/>"), set("a", "1"), set("urn:a x", "")]).await;
    assert_eq!(written.node, file);
    let expected = [property("a", "1"), property("urn:a x", ""), property("urn:b x", "<x/>")];
    assert_eq!(stored(&world, file.id, &all).await, expected);
    apply(vec![set("a", "2"), unset("urn:a x"), unset("never there")]).await;
    let expected = [property("a", "2"), property("urn:b x", "<x/>")];
    assert_eq!(stored(&world, file.id, &all).await, expected);
    apply(vec![unset("a"), set("a", "3"), set("c", "1"), unset("c"), set("a", "4")]).await;
    let expected = [property("a", "4"), property("urn:b x", "<x/>")];
    assert_eq!(stored(&world, file.id, &all).await, expected);
    assert_eq!((world.revision().await, world.all().await), before);
}

pub async fn properties_have_owners(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let [a, b] = [world.file(world.root, "a", 1).await.id, world.root];
    let anna = PropertyOwner::Person("anna".parse().unwrap());
    let bert = PropertyOwner::Person("bert".parse().unwrap());
    for (n, owner) in [&PropertyOwner::Everyone, &anna, &bert].into_iter().enumerate() {
        world.apply(patch(a, owner, vec![set("x", &n.to_string())])).await;
    }
    world.apply(patch(b, &anna, vec![set("x", "root")])).await;
    world.apply(patch(a, &bert, vec![unset("x")])).await;
    let of = async |owner| tree.properties(&[b, NodeId(4_000_000), a], owner).await.unwrap();
    let x = |value| vec![property("x", value)];
    assert_eq!(of(&PropertyOwner::Everyone).await, [vec![], vec![], x("0")]);
    assert_eq!(of(&anna).await, [x("root"), vec![], x("1")]);
    assert_eq!(of(&bert).await, [vec![], vec![], vec![]]);
}

pub async fn properties_stay_with_their_node(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let all = PropertyOwner::Everyone;
    let anna = PropertyOwner::Person("anna".parse().unwrap());
    let file = world.file(world.root, "f", 7).await;
    for owner in [&all, &anna] {
        world.apply(patch(file.id, owner, vec![set("x", "1")])).await;
    }
    world.file(world.root, "f", 9).await;
    let folder = world.folder(world.root, "d").await.id;
    world.apply(move_to(file.id, target(folder, "g", Expect::Any))).await;
    for owner in [&all, &anna] {
        assert_eq!(stored(&world, file.id, owner).await, [property("x", "1")]);
    }
    world.apply(super::world::remove(folder)).await;
    assert_eq!(stored(&world, file.id, &all).await, []);
    let again = world.file(world.root, "f", 1).await.id;
    assert_eq!(stored(&world, again, &all).await, []);
}

pub async fn properties_come_with_a_content(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let all = PropertyOwner::Everyone;
    let anna = PropertyOwner::Person("anna".parse().unwrap());
    let put = |bytes, properties| match put(
        target(world.root, "f", Expect::Any),
        vec![world.blob(bytes)],
    ) {
        Op::PutFile(op) => Op::PutFile(PutFile { properties, ..op }),
        other => other,
    };
    let file = world.apply(put(7, vec![set("author", "anna"), set("a", "1")])).await.node;
    assert_eq!(
        stored(&world, file.id, &all).await,
        [property("a", "1"), property("author", "anna")]
    );
    world.apply(patch(file.id, &anna, vec![set("a", "own")])).await;
    let again = world.apply(put(9, vec![unset("a"), set("author", "bert")])).await.node;
    assert_eq!(again.id, file.id);
    assert_eq!(stored(&world, file.id, &all).await, [property("author", "bert")]);
    assert_eq!(stored(&world, file.id, &anna).await, [property("a", "own")]);
    // A content that is refused brings nothing.
    let wrong = match put(3, vec![set("author", "carl")]) {
        Op::PutFile(op) => {
            Op::PutFile(PutFile { target: target(world.root, "f", Expect::Absent), ..op })
        }
        other => other,
    };
    assert_eq!(refused(world.commit(wrong).await), ErrorKind::Exists);
    assert_eq!(stored(&world, file.id, &all).await, [property("author", "bert")]);
}
