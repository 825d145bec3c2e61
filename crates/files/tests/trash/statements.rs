//! Removing a folder, bringing it back and emptying the trash cost the same, however much is
//! in the folder.

use std::sync::Arc;

use allmende_sql::every_engine;
use allmende_storage::{Actor, Batch, Cause, Expect, Op, PutFile, Target, Tree};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{Checksums, Name, NodeId, Timestamp};

use crate::{START, World, mkdir, path, put};

async fn fill(tree: &SqlTree, parent: NodeId, files: usize) {
    let now = Timestamp::from_unix(START);
    let file = |n: usize| {
        let name = Name::new(&format!("{n:05}.txt")).unwrap();
        Op::PutFile(PutFile {
            target: Target { parent, name, expect: Expect::Absent, space: None },
            segments: Vec::new(),
            media_type: "text/plain".into(),
            checksums: Checksums::none(),
            modified: now,
            created: None,
            properties: Vec::new(),
        })
    };
    let ops: Vec<Op> = (0..files).map(file).collect();
    for ops in ops.chunks(2000) {
        let (actor, cause, ops) = (Actor::default(), Cause::Request, ops.to_vec());
        Tree::commit(tree, Batch { actor, now, cause, ops }).await.unwrap();
    }
}

every_engine! {
    async fn a_folder_of_ten_thousand_files_costs_what_one_of_one_file_costs(sql: Sql) {
        let tree = Arc::new(SqlTree::open(sql.clone(), TreeOptions::default()).await.unwrap());
        let world = World::over(Arc::clone(&tree));
        let alice = world.person("alice").await;
        // The trash is made when something is removed first, and learns how deep things lie.
        let first = mkdir(&alice, "first").await;
        put(&alice, "first/file", b"x").await;
        alice.remove(&first, None).await.unwrap();
        let trash = alice.trash().unwrap();
        trash.empty().await.unwrap();
        let mut costs = Vec::new();
        for files in [1, 10_000] {
            let folder = mkdir(&alice, "folder").await;
            fill(&tree, folder.id(), files).await;
            let folder = alice.get(&path("folder")).await.unwrap();
            let mut cost = Vec::new();
            let mut last = sql.stats();
            let mut step = || {
                let now = sql.stats();
                cost.push((now - last).statements);
                last = now;
            };
            alice.remove(&folder, None).await.unwrap();
            step();
            let items = trash.list(None, 100).await.unwrap().items;
            step();
            trash.restore(&items[0]).await.unwrap();
            step();
            assert_eq!(alice.count_children(&[folder.id()]).await.unwrap()[0].files, files as u64);
            let folder = alice.get(&path("folder")).await.unwrap();
            let mut last = sql.stats();
            alice.remove(&folder, None).await.unwrap();
            assert_eq!(trash.empty().await.unwrap(), 1);
            cost.push((sql.stats() - last).statements);
            last = sql.stats();
            assert_eq!(trash.empty().await.unwrap(), 0);
            cost.push((sql.stats() - last).statements);
            costs.push(cost);
        }
        assert_eq!(costs[0], costs[1]);
        assert!(costs[0].iter().all(|cost| *cost <= 60), "{costs:?}");
    }
}
