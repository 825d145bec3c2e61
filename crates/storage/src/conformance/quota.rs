//! Laws of quotas.

use std::sync::Arc;

use super::world::{World, copy_to, move_to, put, refused, remove, target};
use crate::{ErrorKind, Expect, Op, Tree};

async fn world_with(tree: Arc<dyn Tree>, quota: u64) -> World {
    let world = World::new(tree).await;
    world.tree.set_quota(world.space, Some(quota)).await.unwrap();
    world
}

fn put_of(world: &World, name: &str, size: u64) -> Op {
    put(target(world.root, name, Expect::Any), vec![world.blob(size)])
}

pub async fn a_quota_can_be_filled_exactly(tree: Arc<dyn Tree>) {
    let world = world_with(tree, 10).await;
    world.file(world.root, "a", 4).await;
    let over = world.commit(put_of(&world, "b", 7)).await;
    assert_eq!(refused(over), ErrorKind::Quota { needed: 7, free: 6 });
    assert_eq!(world.paths().await, ["a"]);
    world.file(world.root, "b", 6).await;
    assert_eq!((world.info().await.used, world.info().await.free()), (10, Some(0)));
    let over = world.commit(put_of(&world, "c", 1)).await;
    assert_eq!(refused(over), ErrorKind::Quota { needed: 1, free: 0 });
    let b = world.at("b").await.unwrap().id;
    world.apply(remove(b)).await;
    world.file(world.root, "c", 6).await;
    world.tree.set_quota(world.space, None).await.unwrap();
    world.file(world.root, "d", 1_000_000_000_000).await;
}

pub async fn an_overwrite_is_charged_the_difference(tree: Arc<dyn Tree>) {
    let world = world_with(tree, 10).await;
    let old = world.file(world.root, "a", 8).await;
    let over = world.commit(put_of(&world, "a", 11)).await;
    assert_eq!(refused(over), ErrorKind::Quota { needed: 3, free: 2 });
    assert_eq!(world.node(old.id).await, old);
    world.file(world.root, "a", 10).await;
    world.file(world.root, "a", 10).await;
    assert_eq!(world.info().await.used, 10);
}

pub async fn what_does_not_add_is_never_refused(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let a = world.file(world.root, "a", 8).await.id;
    world.file(world.root, "b", 8).await;
    world.tree.set_quota(world.space, Some(5)).await.unwrap();
    assert_eq!(world.info().await.free(), Some(0));
    let folder = world.folder(world.root, "d").await.id;
    world.file(world.root, "b", 7).await;
    world.file(world.root, "b", 7).await;
    world.file(world.root, "empty", 0).await;
    world.apply(move_to(a, target(folder, "a", Expect::Any))).await;
    world.apply(remove(a)).await;
    world.all().await;
}

pub async fn copies_and_moves_are_charged(tree: Arc<dyn Tree>) {
    let one = world_with(tree, 25).await;
    let two = one.beside().await;
    two.tree.set_quota(two.space, Some(14)).await.unwrap();
    let top = one.folder(one.root, "top").await.id;
    one.file(top, "f", 10).await;
    one.apply(copy_to(top, target(one.root, "copy", Expect::Any))).await;
    let over = one.commit(copy_to(top, target(one.root, "more", Expect::Any))).await;
    assert_eq!(refused(over), ErrorKind::Quota { needed: 10, free: 5 });
    // What is replaced makes room.
    one.apply(copy_to(top, target(one.root, "copy", Expect::Any))).await;
    two.file(two.root, "there", 5).await;
    let over = one.commit(move_to(top, target(two.root, "top", Expect::Any))).await;
    assert_eq!(refused(over), ErrorKind::Quota { needed: 10, free: 9 });
    assert_eq!(one.paths().await, ["copy", "copy/f", "top", "top/f"]);
    one.apply(move_to(top, target(two.root, "there", Expect::Any))).await;
    assert_eq!((one.info().await.used, two.info().await.used), (10, 10));
    two.all().await;
}
