//! Laws of a tree whose names are compared without case.

use std::sync::Arc;

use super::world::{World, copy_to, make_folder, move_to, name, refused, target};
use crate::{Cursor, ErrorKind, Expect, Node, Tree};

pub async fn names_that_differ_in_case_meet(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "Ärger").await;
    let again = make_folder(target(world.root, "äRGER", Expect::Any));
    assert_eq!(refused(world.commit(again).await), ErrorKind::Exists);
    let file = world.file(folder.id, "Straße", 1).await;
    assert_eq!(world.at("ärger/STRASSE").await.unwrap().id, file.id);
    let over = world.file(folder.id, "STRASSE", 2).await;
    assert_eq!((over.id, over.name), (file.id, Some(name("Straße"))), "the spelling is kept");
    let other = world.file(world.root, "other", 1).await;
    for op in [move_to, copy_to] {
        let taken = world.commit(op(other.id, target(folder.id, "strasse", Expect::Absent))).await;
        assert_eq!(refused(taken), ErrorKind::Exists);
    }
    world.apply(move_to(other.id, target(folder.id, "strasse", Expect::Any))).await;
    assert_eq!(world.paths().await, ["Ärger", "Ärger/strasse"]);
}

pub async fn a_rename_may_change_case_only(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let folder = world.folder(world.root, "photos").await;
    world.file(folder.id, "f", 3).await;
    let before = world.node(folder.id).await;
    for (text, expect) in [("Photos", Expect::Absent), ("PHOTOS", Expect::Any)] {
        let written = world.apply(move_to(folder.id, target(world.root, text, expect))).await;
        assert_eq!(written.replaced, None);
        assert_eq!(written.node, Node { name: Some(name(text)), ..before.clone() });
    }
    assert_eq!(world.paths().await, ["PHOTOS", "PHOTOS/f"]);
    assert_eq!(world.info().await.used, 3);
}

pub async fn pages_are_in_the_order_of_keys(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    for text in ["b", "C", "a", "D", "e"] {
        world.folder(world.root, text).await;
    }
    assert_eq!(world.names(world.root).await, ["a", "b", "C", "D", "e"]);
    // The cursor is a name, however it is spelled.
    let after = Cursor(name("c"));
    let page = tree.list(world.root, Some(&after), 1).await.unwrap();
    assert_eq!(page.items[0].name, Some(name("D")));
    assert_eq!(page.next, Some(Cursor(name("D"))));
}

pub async fn random_caseless_batches_agree_with_the_reference(tree: Arc<dyn Tree>) {
    super::model::compare(tree, &super::caseless_policy(), 2).await;
}
