//! Laws of changes at the same time.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::join_all;

use super::world::{World, put, target};
use crate::{ErrorKind, Expect, Tree};

pub async fn parallel_changes_are_all_counted(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let folders = [world.folder(world.root, "a").await.id, world.folder(world.root, "b").await.id];
    let puts = (0..24).map(|n| {
        let at = target(folders[n % 2], &n.to_string(), Expect::Absent);
        world.commit(put(at, vec![world.blob(1 + n as u64)]))
    });
    let committed = join_all(puts).await;
    let revisions: BTreeSet<_> =
        committed.iter().map(|result| result.as_ref().unwrap().revisions[0].1).collect();
    assert_eq!(revisions.len(), 24, "two commits have one revision");
    assert_eq!(world.revision().await, *revisions.last().unwrap());
    let all = world.all().await;
    assert_eq!((all.len(), all[""].size), (27, 300));
}

pub async fn one_of_many_creators_wins(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let puts = (0..12)
        .map(|_| world.commit(put(target(world.root, "f", Expect::Absent), vec![world.blob(1)])));
    let results = join_all(puts).await;
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(lost.into_iter().all(|error| *error.unwrap_err().kind() == ErrorKind::Exists));
    assert_eq!(world.paths().await, ["f"]);
}

pub async fn parallel_writers_do_not_exceed_a_quota(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    world.tree.set_quota(world.space, Some(50)).await.unwrap();
    let puts = (0..12).map(|n: u64| {
        let at = target(world.root, &n.to_string(), Expect::Any);
        world.commit(put(at, vec![world.blob(10)]))
    });
    let stored = join_all(puts).await.into_iter().filter(Result::is_ok).count();
    assert_eq!((stored, world.info().await.used), (5, 50));
    world.all().await;
}

pub async fn no_update_is_lost(tree: Arc<dyn Tree>) {
    let world = World::new(tree).await;
    let start = world.file(world.root, "counter", 1).await;
    // Each adds a byte to what it read; who finds it changed reads again.
    let increments = (0..6).map(|_| async {
        loop {
            let old = world.node(start.id).await;
            let unchanged = Expect::Unchanged(old.id, old.revision);
            let op = put(target(world.root, "counter", unchanged), vec![world.blob(old.size + 1)]);
            match world.commit(op).await {
                Ok(_) => return,
                Err(error) => assert_eq!(*error.kind(), ErrorKind::Changed),
            }
        }
    });
    join_all(increments).await;
    assert_eq!(world.node(start.id).await.size, 7);
}
