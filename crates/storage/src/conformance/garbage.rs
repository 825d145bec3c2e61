//! Laws of contents that nobody has any more, and of leases.

use std::{collections::BTreeSet, sync::Arc};

use allmende_types::{BlobId, Timestamp};

use super::world::{NOW, World, copy_to, put, refused, remove, target};
use crate::{ErrorKind, Expect, Tree};

const LATER: Timestamp = NOW.plus_seconds(1000);

/// Purges until nothing is left, and returns the blobs that came out.
async fn drain(tree: &Arc<dyn Tree>, before: Timestamp, limit: usize) -> BTreeSet<BlobId> {
    let mut all = BTreeSet::new();
    loop {
        let garbage = tree.purge(before, limit).await.unwrap();
        assert!(garbage.blobs.len() <= limit && garbage.cleared <= limit);
        if garbage.cleared == 0 && garbage.blobs.is_empty() {
            return all;
        }
        tree.forget_garbage(&garbage.blobs).await.unwrap();
        for blob in garbage.blobs {
            assert!(all.insert(blob), "{blob} was handed out after it was forgotten");
        }
    }
}

pub async fn overwritten_and_removed_blobs_are_purged(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let put_at = async |parent, text: &str, blobs: Vec<_>| {
        world.apply(put(target(parent, text, Expect::Any), blobs)).await.node.id
    };
    let [a, b, c, d, e, f, g] = std::array::from_fn(|_| world.blob(1));
    put_at(world.root, "f", vec![a, b]).await;
    put_at(world.root, "f", vec![c]).await;
    let single = put_at(world.root, "g", vec![d]).await;
    let folder = world.folder(world.root, "folder").await.id;
    let inner = world.folder(folder, "inner").await.id;
    put_at(inner, "h", vec![e]).await;
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::from([a.blob, b.blob]));
    world.apply(remove(single)).await;
    world.apply(remove(folder)).await;
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::from([d.blob, e.blob]));
    let two = world.beside().await;
    two.apply(put(target(two.root, "x", Expect::Any), vec![f, g])).await;
    tree.remove_space(two.space, NOW).await.unwrap();
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::from([f.blob, g.blob]));
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::new());
    assert_eq!(world.paths().await, ["f"]);
}

pub async fn a_shared_blob_lives_as_long_as_one_file(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let blobs = [world.blob(1), world.blob(2)];
    let op = put(target(world.root, "a", Expect::Any), blobs.to_vec());
    let file = world.apply(op).await.node;
    let folder = world.folder(world.root, "d").await.id;
    let copy = world.apply(copy_to(file.id, target(folder, "b", Expect::Any))).await.node;
    world.apply(copy_to(folder, target(world.root, "e", Expect::Any))).await;
    // One of the blobs is a content by itself too: a part that is used again.
    let op = put(target(world.root, "part", Expect::Any), vec![blobs[0]]);
    let part = world.apply(op).await.node.id;
    world.apply(remove(file.id)).await;
    world.apply(remove(folder)).await;
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::new());
    assert_eq!(tree.segments(copy.content().unwrap()).await.unwrap(), blobs);
    assert_eq!(tree.unreferenced(&blobs.map(|blob| blob.blob)).await.unwrap(), []);
    let last = world.at("e").await.unwrap().id;
    world.apply(remove(last)).await;
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::from([blobs[1].blob]));
    world.apply(remove(part)).await;
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::from([blobs[0].blob]));
}

pub async fn garbage_is_old_enough(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "d").await.id;
    let inside = world.file(folder, "f", 1).await;
    let file = world.file(world.root, "f", 1).await;
    world.commit_at(NOW.plus_seconds(10), remove(file.id)).await.unwrap();
    world.commit_at(NOW.plus_seconds(20), remove(folder)).await.unwrap();
    let blob = |node: &crate::Node| node.content().unwrap().id.unwrap();
    assert_eq!(drain(&tree, NOW.plus_seconds(10), 100).await, BTreeSet::new());
    assert_eq!(drain(&tree, NOW.plus_seconds(11), 100).await, BTreeSet::from([blob(&file)]));
    assert_eq!(drain(&tree, NOW.plus_seconds(20), 100).await, BTreeSet::new());
    assert_eq!(drain(&tree, NOW.plus_seconds(21), 100).await, BTreeSet::from([blob(&inside)]));
}

pub async fn garbage_is_never_referenced_again(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let [a, b] = [world.blob(1), world.blob(1)];
    let put_of =
        |blobs: &[crate::Segment]| put(target(world.root, "f", Expect::Any), blobs.to_vec());
    world.apply(put_of(&[a])).await;
    world.apply(put_of(&[b])).await;
    // Until it was handed out, it can come back: a version that is restored.
    world.apply(put_of(&[a])).await;
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::from([b.blob]));
    world.apply(put_of(&[world.blob(1)])).await;
    let first = tree.purge(LATER, 100).await.unwrap().blobs;
    assert_eq!(first, [a.blob]);
    for again in [vec![a], vec![world.blob(1), a]] {
        assert_eq!(refused(world.commit(put_of(&again)).await), ErrorKind::Invalid);
    }
    // The caller crashed before it could delete them: they are handed out once more.
    assert_eq!(tree.purge(LATER, 100).await.unwrap().blobs, [a.blob]);
    tree.forget_garbage(&[a.blob]).await.unwrap();
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::new());
    world.all().await;
}

/// Whoever reads an overwritten content has time to finish, however old its lease is.
pub async fn what_lost_its_reference_is_left_to_the_purge(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let [old, new, never] = std::array::from_fn(|_| world.blob(1));
    let put_of = |blob| put(target(world.root, "f", Expect::Any), vec![blob]);
    world.apply(put_of(old)).await;
    world.apply(put_of(new)).await;
    let all = [old.blob, new.blob, never.blob];
    assert_eq!(tree.unreferenced(&all).await.unwrap(), [never.blob]);
    assert_eq!(drain(&tree, LATER, 100).await, BTreeSet::from([old.blob]));
    assert_eq!(tree.unreferenced(&all).await.unwrap(), [old.blob, never.blob]);
}

pub async fn purging_is_done_in_steps(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let folder = world.folder(world.root, "d").await.id;
    let mut blobs = BTreeSet::new();
    for n in 0..7 {
        let inner = world.folder(folder, &n.to_string()).await.id;
        let node = world.file(inner, "f", 1).await;
        blobs.insert(node.content().unwrap().id.unwrap());
    }
    world.apply(remove(folder)).await;
    assert_eq!(drain(&tree, LATER, 2).await, blobs);
}

pub async fn leases_are_fresh_and_closed(tree: Arc<dyn Tree>) {
    let world = World::new(tree.clone()).await;
    let (old, new) = (NOW.plus_seconds(-20), NOW.plus_seconds(-10));
    let a = tree.lease_blobs(old).await.unwrap();
    let b = tree.lease_blobs(new).await.unwrap();
    let c = tree.lease_blobs(new).await.unwrap();
    let distinct = BTreeSet::from([a.lease, b.lease, c.lease, world.lease.lease]);
    assert_eq!((distinct.len(), a.created), (4, old));
    assert_eq!(tree.open_leases(old, 10).await.unwrap(), []);
    assert_eq!(tree.open_leases(new, 10).await.unwrap(), [a]);
    assert_eq!(tree.open_leases(NOW, 1).await.unwrap(), [a]);
    let open = tree.open_leases(NOW, 10).await.unwrap();
    assert_eq!((open.len(), open[0]), (3, a));
    assert!(open.contains(&b) && open.contains(&c));
    // What was written and never committed is found by its lease.
    let used = world.blob(1);
    world.apply(put(target(world.root, "f", Expect::Any), vec![used])).await;
    let ids = [a.first(), used.blob, BlobId::new(a.lease, 4095)];
    let unused = tree.unreferenced(&ids).await.unwrap();
    assert_eq!(unused, [a.first(), BlobId::new(a.lease, 4095)]);
    tree.close_lease(a).await.unwrap();
    tree.close_lease(a).await.unwrap();
    assert_eq!(tree.open_leases(NOW, 10).await.unwrap().len(), 2);
}
