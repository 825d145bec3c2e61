//! Laws of spaces.

use std::sync::Arc;

use allmende_types::{Revision, SpaceId, SpacePath};

use super::world::{NOW, World, make_folder, refused, target};
use crate::{ErrorKind, Expect, NewSpace, Tree};

fn new(key: &str) -> NewSpace {
    NewSpace { key: key.into(), quota: Some(7), now: NOW }
}

pub async fn a_new_space_has_an_empty_root(tree: Arc<dyn Tree>) {
    let space = tree.create_space(new("home:alice")).await.unwrap();
    assert_eq!((&*space.key, space.used, space.quota), ("home:alice", 0, Some(7)));
    assert_eq!(space.free(), Some(7));
    let root = tree.resolve(space.id, &SpacePath::root()).await.unwrap().unwrap();
    assert_eq!((root.id, root.space), (space.root, space.id));
    assert!(root.is_folder() && root.parent.is_none() && root.name.is_none());
    assert_eq!((root.size, root.revision, root.epoch), (0, space.revision, space.epoch));
    assert_eq!((root.modified, root.uploaded, root.created), (NOW, NOW, None));
    assert!(tree.list(space.root, None, 10).await.unwrap().items.is_empty());
    assert_eq!(tree.paths(&[space.root]).await.unwrap(), [Some(SpacePath::root())]);
    assert_eq!(tree.find_space("home:alice").await.unwrap(), Some(space.clone()));
    assert_eq!(tree.space(space.id).await.unwrap(), space);
    let both = tree.spaces(&[SpaceId(4_000_000), space.id]).await.unwrap();
    assert_eq!(both, [None, Some(space.clone())]);
    tree.set_quota(space.id, None).await.unwrap();
    assert_eq!(tree.space(space.id).await.unwrap().quota, None);
}

pub async fn a_space_key_is_taken_once(tree: Arc<dyn Tree>) {
    let first = tree.create_space(new("k")).await.unwrap();
    assert_eq!(refused(tree.create_space(new("k")).await), ErrorKind::Exists);
    let other = tree.create_space(new("K")).await.unwrap();
    assert_ne!((first.id, first.root), (other.id, other.root));
    for bad in ["", &"x".repeat(256)] {
        assert_eq!(refused(tree.create_space(new(bad)).await), ErrorKind::Invalid);
    }
    tree.create_space(new(&"x".repeat(255))).await.unwrap();
}

pub async fn spaces_are_found_at_once_and_in_order(tree: Arc<dyn Tree>) {
    assert_eq!(tree.find_spaces(&[]).await.unwrap(), []);
    let mut made = Vec::new();
    for key in ["home:a", "home:A", "home:ä"] {
        made.push(tree.create_space(new(key)).await.unwrap());
    }
    let gone = tree.create_space(new("home:gone")).await.unwrap();
    tree.remove_space(gone.id, NOW).await.unwrap();
    let keys = ["home:ä", "nowhere", "home:a", "with\0zero", "home:gone", "home:A", "home:a"];
    let [a, upper, umlaut] = &made[..] else { panic!("three spaces") };
    let expected = [Some(umlaut), None, Some(a), None, None, Some(upper), Some(a)];
    assert_eq!(tree.find_spaces(&keys).await.unwrap(), expected.map(Option::<&_>::cloned));
    // More than one statement takes.
    let names: Vec<String> = (0..2500).map(|n| format!("home:{n}")).collect();
    let mut many: Vec<&str> = names.iter().map(String::as_str).collect();
    many.push("home:A");
    let found = tree.find_spaces(&many).await.unwrap();
    assert_eq!((found.len(), found.iter().flatten().count()), (2501, 1));
    assert_eq!(found.last(), Some(&Some(upper.clone())));
}

pub async fn a_missing_space_is_not_found(tree: Arc<dyn Tree>) {
    let id = SpaceId(4_000_000);
    assert_eq!(tree.find_space("nowhere").await.unwrap(), None);
    assert_eq!(refused(tree.space(id).await), ErrorKind::NotFound);
    assert_eq!(refused(tree.set_quota(id, None).await), ErrorKind::NotFound);
    assert_eq!(refused(tree.remove_space(id, NOW).await), ErrorKind::NotFound);
    assert_eq!(refused(tree.resolve(id, &SpacePath::root()).await), ErrorKind::NotFound);
    assert_eq!(refused(tree.changes(id, Revision(0), 10).await), ErrorKind::NotFound);
}

pub async fn a_removed_space_is_gone_at_once(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "a").await;
    let file = world.file(folder.id, "b", 5).await;
    let key = world.info().await.key;
    tree.remove_space(world.space, NOW).await.unwrap();
    assert_eq!(tree.find_space(&key).await.unwrap(), None);
    assert_eq!(refused(tree.space(world.space).await), ErrorKind::NotFound);
    let ids = [world.root, folder.id, file.id];
    assert_eq!(tree.stat(&ids).await.unwrap(), [None, None, None]);
    assert_eq!(tree.paths(&ids).await.unwrap(), [None, None, None]);
    for id in [world.root, folder.id] {
        assert_eq!(refused(tree.list(id, None, 10).await), ErrorKind::NotFound);
        let into = world.commit(make_folder(target(id, "x", Expect::Any))).await;
        assert_eq!(refused(into), ErrorKind::ParentNotFound);
    }
    assert_eq!(refused(tree.remove_space(world.space, NOW).await), ErrorKind::NotFound);
    let again = tree.create_space(new(&key)).await.unwrap();
    assert!(again.id != world.space && again.root != world.root);
    assert_eq!(again.used, 0);
}

pub async fn spaces_do_not_see_each_other(tree: Arc<dyn Tree>) {
    let one = World::new(tree).await;
    let two = one.beside().await;
    let (before, etag) = (two.revision().await, two.node(two.root).await.etag());
    one.file(one.root, "only here", 3).await;
    assert_eq!(two.at("only here").await, None);
    assert_eq!((two.revision().await, two.node(two.root).await.etag()), (before, etag));
    assert_eq!((one.info().await.used, two.info().await.used), (3, 0));
}
