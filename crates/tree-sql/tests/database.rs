//! What is particular to a tree in a database, on each engine.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

use std::time::Duration;

use allmende_sql::every_engine;
use allmende_storage::{
    Actor, Batch, ErrorKind, Expect, LockStore, MakeFolder, NewSpace, Node, Op, PropertyOwner,
    PutFile, RemoveNode, Segment, Space, Target, Tree,
};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{BlobId, Checksums, Name, NamePolicy, NodeId, Revision, Timestamp};

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

async fn space(tree: &SqlTree) -> Space {
    let new = NewSpace { key: "home:alice".into(), quota: None, now: NOW };
    tree.create_space(new).await.unwrap()
}

fn target(parent: NodeId, name: &str) -> Target {
    Target { parent, name: Name::new(name).unwrap(), expect: Expect::Any, space: None }
}

async fn commit(tree: &SqlTree, now: Timestamp, op: Op) -> Node {
    let mut done = tree.commit(Batch::one(Actor::default(), now, op)).await.unwrap();
    done.written.remove(0).node
}

async fn folder(tree: &SqlTree, parent: NodeId, name: &str) -> NodeId {
    let op = MakeFolder { target: target(parent, name), modified: NOW, created: None };
    commit(tree, NOW, Op::MakeFolder(op)).await.id
}

fn put(parent: NodeId, name: &str, blob: u64) -> Op {
    Op::PutFile(PutFile {
        target: target(parent, name),
        segments: vec![Segment { blob: BlobId::new(1, blob), size: 10 }],
        media_type: "text/plain".into(),
        checksums: Checksums::none(),
        modified: NOW,
        created: None,
        properties: Vec::new(),
    })
}

every_engine! {
    async fn a_read_takes_as_many_statements_for_many_nodes_as_for_one(sql: Sql) {
        let tree = SqlTree::open(sql.clone(), TreeOptions::default()).await.unwrap();
        let top = folder(&tree, space(&tree).await.root, "top").await;
        let mut ids = Vec::new();
        for n in 0..20 {
            ids.push(commit(&tree, NOW, put(top, &format!("{n}.txt"), n)).await.id);
        }
        for asked in [&ids[..1], &ids[..]] {
            let count = async |read: &dyn AsyncRead| {
                let before = sql.stats();
                read.run(&tree, asked).await;
                (sql.stats() - before).statements
            };
            assert_eq!(count(&Stat).await, 2);
            assert_eq!(count(&Paths).await, 2);
            // None of them has any.
            assert_eq!(count(&Properties).await, 1);
            assert_eq!(count(&Counts).await, 2);
            // Nothing is locked, which one look at the locks tells.
            assert_eq!(count(&Covering).await, 1);
        }
        for limit in [1, 10, 100] {
            let before = sql.stats();
            assert_eq!(tree.list(top, None, limit).await.unwrap().items.len(), limit.min(20));
            assert_eq!((sql.stats() - before).statements, 2);
        }
    }

    async fn a_small_put_is_a_few_statements(sql: Sql) {
        let tree = SqlTree::open(sql.clone(), TreeOptions::default()).await.unwrap();
        let mut deep = space(&tree).await.root;
        for level in 0..20 {
            deep = folder(&tree, deep, &level.to_string()).await;
        }
        // The first file of a new depth has one more statement, which notes the depth.
        commit(&tree, NOW, put(deep, "first", 1)).await;
        for (name, most) in [("new", 10), ("new", 13)] {
            let before = sql.stats();
            commit(&tree, NOW, put(deep, name, 1)).await;
            let done = sql.stats() - before;
            assert!(done.statements <= most, "{name}: {}", done.statements);
            assert_eq!((done.reads, done.batches), (1, 1));
        }
    }

    async fn the_feed_is_trimmed_and_says_so(sql: Sql) {
        let mut options = TreeOptions::default();
        options.keep_changes = Duration::from_secs(100);
        let tree = SqlTree::open(sql, options).await.unwrap();
        let home = space(&tree).await;
        commit(&tree, NOW, put(home.root, "old", 1)).await;
        let young = NOW.plus_seconds(50);
        commit(&tree, young, put(home.root, "young", 2)).await;
        tree.purge(NOW.plus_seconds(120), 100).await.unwrap();
        let error = tree.changes(home.id, Revision(1), 10).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NotFound);
        let rest = tree.changes(home.id, Revision(2), 10).await.unwrap();
        assert_eq!(rest.iter().map(|change| change.revision.0).collect::<Vec<_>>(), [3]);
    }

    async fn a_removed_folder_is_out_of_reach_before_it_is_cleared(sql: Sql) {
        let tree = SqlTree::open(sql, TreeOptions::default()).await.unwrap();
        let home = space(&tree).await;
        let top = folder(&tree, home.root, "top").await;
        let inner = folder(&tree, top, "inner").await;
        let file = commit(&tree, NOW, put(inner, "file", 1)).await.id;
        commit(&tree, NOW, Op::Remove(RemoveNode::whatever(top))).await;
        assert_eq!(tree.stat(&[top, inner, file]).await.unwrap(), [None, None, None]);
        assert_eq!(tree.paths(&[file]).await.unwrap(), [None]);
        assert_eq!(tree.count_children(&[inner]).await.unwrap(), [Default::default()]);
        let error = tree.list(inner, None, 10).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NotFound);
        let late = tree.commit(Batch::one(Actor::default(), NOW, put(inner, "late", 2))).await;
        assert_eq!(*late.unwrap_err().kind(), ErrorKind::ParentNotFound);
        let after = NOW.plus_seconds(1);
        let (mut blobs, mut cleared) = (Vec::new(), 0);
        for _ in 0..20 {
            let garbage = tree.purge(after, 1).await.unwrap();
            tree.forget_garbage(&garbage.blobs).await.unwrap();
            cleared += garbage.cleared;
            blobs.extend(garbage.blobs);
        }
        assert_eq!((cleared, blobs), (3, vec![BlobId::new(1, 1)]));
    }

    async fn two_processes_share_a_tree(fixture: Fixture) {
        let first = SqlTree::open(fixture.open().await, TreeOptions::default()).await.unwrap();
        let second = SqlTree::open(fixture.open().await, TreeOptions::default()).await.unwrap();
        let root = space(&first).await.root;
        let one = commit(&first, NOW, put(root, "one", 1)).await;
        let two = commit(&second, NOW, put(root, "two", 2)).await;
        assert!(one.id != two.id && one.revision < two.revision);
        let names = first.list(root, None, 10).await.unwrap().items;
        assert_eq!(names.iter().map(|node| node.id).collect::<Vec<_>>(), [one.id, two.id]);
    }

    async fn how_names_are_compared_is_fixed(fixture: Fixture) {
        drop(SqlTree::open(fixture.open().await, TreeOptions::default()).await.unwrap());
        let mut options = TreeOptions::default();
        options.policy = NamePolicy { case_insensitive: true, ..NamePolicy::default() };
        let error = SqlTree::open(fixture.open().await, options).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Invalid);
    }
}

type Done<'a> = std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;

trait AsyncRead {
    fn run<'a>(&'a self, tree: &'a SqlTree, ids: &'a [NodeId]) -> Done<'a>;
}

macro_rules! reads {
    ($($name:ident => |$tree:ident, $ids:ident| $call:expr;)*) => {$(
        struct $name;
        impl AsyncRead for $name {
            fn run<'a>(&'a self, $tree: &'a SqlTree, $ids: &'a [NodeId]) -> Done<'a> {
                Box::pin(async move { assert_eq!($call.await.unwrap().len(), $ids.len()); })
            }
        }
    )*};
}

reads! {
    Stat => |tree, ids| tree.stat(ids);
    Paths => |tree, ids| tree.paths(ids);
    Properties => |tree, ids| tree.properties(ids, &PropertyOwner::Everyone);
    Counts => |tree, ids| tree.count_children(ids);
    Covering => |tree, ids| tree.covering(ids, NOW);
}
