//! Pins and epochs, on each engine.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

use allmende_sql::{Sql, Statement, every_engine, params};
use allmende_storage::{
    Actor, Batch, ErrorKind, Expect, MakeFolder, NewSpace, Op, PutFile, RemoveNode, Segment, Space,
    Target, Tree,
};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{BlobId, Checksums, Name, NodeId, Revision, Timestamp};

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

async fn open(sql: &Sql) -> (SqlTree, Space) {
    let tree = SqlTree::open(sql.clone(), TreeOptions::default()).await.unwrap();
    let new = NewSpace { key: "home:alice".into(), quota: None, now: NOW };
    let space = tree.create_space(new).await.unwrap();
    (tree, space)
}

fn target(space: &Space, name: &str) -> Target {
    let (parent, name) = (space.root, Name::new(name).unwrap());
    Target { parent, name, expect: Expect::Any, space: None }
}

async fn put(tree: &SqlTree, space: &Space, name: &str, blob: u64) -> NodeId {
    let op = PutFile {
        target: target(space, name),
        segments: vec![Segment { blob: BlobId::new(1, blob), size: 10 }],
        media_type: "text/plain".into(),
        checksums: Checksums::none(),
        modified: NOW,
        created: None,
        properties: Vec::new(),
    };
    let batch = Batch::one(Actor::default(), NOW, Op::PutFile(op));
    tree.commit(batch).await.unwrap().written.remove(0).node.id
}

async fn remove(tree: &SqlTree, node: NodeId, now: Timestamp) {
    let op = Op::Remove(RemoveNode::whatever(node));
    tree.commit(Batch::one(Actor::default(), now, op)).await.unwrap();
}

async fn purged(tree: &SqlTree, before: Timestamp) -> Vec<BlobId> {
    tree.purge(before, 100).await.unwrap().blobs
}

every_engine! {
    async fn what_a_pin_saw_is_not_purged(sql: Sql) {
        let (tree, space) = open(&sql).await;
        let (old, new) = (put(&tree, &space, "a", 1).await, put(&tree, &space, "b", 2).await);
        remove(&tree, old, NOW.plus_seconds(-1000)).await;
        let pin = tree.pin(NOW, NOW.plus_seconds(3600)).await.unwrap();
        remove(&tree, new, NOW.plus_seconds(10)).await;
        let later = NOW.plus_seconds(1800);
        assert_eq!(purged(&tree, later).await, [BlobId::new(1, 1)]);
        tree.forget_garbage(&[BlobId::new(1, 1)]).await.unwrap();
        tree.renew_pin(&pin, NOW.plus_seconds(7200)).await.unwrap();
        assert_eq!(purged(&tree, NOW.plus_seconds(7000)).await, []);
        tree.unpin(pin).await.unwrap();
        assert_eq!(purged(&tree, later).await, [BlobId::new(1, 2)]);
    }

    async fn a_pin_whose_holder_died_ends(sql: Sql) {
        let (tree, space) = open(&sql).await;
        let file = put(&tree, &space, "a", 1).await;
        let pin = tree.pin(NOW, NOW.plus_seconds(60)).await.unwrap();
        remove(&tree, file, NOW).await;
        assert_eq!(purged(&tree, NOW.plus_seconds(60)).await, []);
        assert_eq!(purged(&tree, NOW.plus_seconds(61)).await, [BlobId::new(1, 1)]);
        let error = tree.renew_pin(&pin, NOW.plus_seconds(999)).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Changed);
    }

    async fn a_new_epoch_repeats_neither_etags_nor_ids(sql: Sql) {
        let (tree, space) = open(&sql).await;
        let file = put(&tree, &space, "a", 1).await;
        let before = tree.stat(&[file]).await.unwrap().remove(0).unwrap();
        let first = tree.begin_epoch(NOW).await.unwrap();
        assert_eq!(first.0, NOW.unix());
        let second = tree.begin_epoch(NOW).await.unwrap();
        assert_eq!(second.0, NOW.unix() + 1);
        let after = tree.stat(&[file]).await.unwrap().remove(0).unwrap();
        assert_eq!(after.etag(), before.etag());
        // Whoever read the feed may have seen what is gone.
        let gone = tree.changes(space.id, Revision(1 << 40), 10).await.unwrap_err();
        assert_eq!(*gone.kind(), ErrorKind::NotFound);
        let again = SqlTree::open(sql.clone(), TreeOptions::default()).await.unwrap();
        let made = put(&again, &space, "b", 2).await;
        assert!(made.0 > file.0 + (1 << 28), "{made} follows {file}");
        let made = again.stat(&[made]).await.unwrap().remove(0).unwrap();
        assert!(made.revision.0 > second.0 << 24, "{}", made.revision);
        let new = NewSpace { key: "home:bob".into(), quota: None, now: NOW };
        assert_eq!(again.create_space(new).await.unwrap().epoch, second);
        let pins = sql.read(Statement::new("SELECT count(*) FROM pins", params![])).await.unwrap();
        assert_eq!(pins.one().unwrap().int(0).unwrap(), 0);
        let folder = MakeFolder { target: target(&space, "f"), modified: NOW, created: None };
        let batch = Batch::one(Actor::default(), NOW, Op::MakeFolder(folder));
        let folder = again.commit(batch).await.unwrap().written.remove(0).node;
        let seen = again.changes(space.id, made.revision, 10).await.unwrap();
        assert_eq!(seen.last().unwrap().node, folder.id);
    }
}
