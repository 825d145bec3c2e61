//! Prints how fast a tree is, on SQLite in a temporary folder or on the PostgreSQL database
//! whose URL is given. To be run with `--release`; nothing is asserted.

use std::{error::Error, sync::Arc, time::Instant};

use allmende_sql::{PostgresOptions, Sql, SqliteOptions};
use allmende_storage::{
    Actor, Batch, Cause, CopyNode, Cursor, Expect, LockDepth, MakeFolder, MoveNode, NewSpace, Node,
    Op, PatchProperties, Property, PropertyKey, PropertyOwner, PropertyUpdate, PutFile, RemoveNode,
    Segment, Target, Tree,
};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{BlobId, Checksums, Name, NodeId, SpacePath, Timestamp};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);
const FILES: u64 = 10_000;
const TASKS: u64 = 64;

fn target(parent: NodeId, name: &str) -> Outcome<Target> {
    Ok(Target { parent, name: Name::new(name)?, expect: Expect::Any, space: None })
}

fn batch(op: Op) -> Batch {
    Batch::one(Actor::default(), NOW, op)
}

fn put(parent: NodeId, name: &str, blob: u64) -> Outcome<Batch> {
    Ok(batch(Op::PutFile(PutFile {
        target: target(parent, name)?,
        segments: vec![Segment { blob: BlobId::new(7, blob), size: 1000 }],
        media_type: "text/plain".into(),
        checksums: Checksums::none(),
        modified: NOW,
        created: None,
        properties: Vec::new(),
    })))
}

async fn make_folder(tree: &SqlTree, parent: NodeId, name: &str) -> Outcome<Node> {
    let op = MakeFolder { target: target(parent, name)?, modified: NOW, created: None };
    let mut made = tree.commit(batch(Op::MakeFolder(op))).await?;
    Ok(made.written.remove(0).node)
}

/// Runs puts from many tasks; `name` makes of a number the file's name.
async fn puts(tree: &SqlTree, folder: NodeId, first: u64, what: &str) -> Outcome {
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let tree = tree.clone();
            tokio::spawn(async move {
                for n in (task..FILES).step_by(TASKS as usize) {
                    tree.commit(put(folder, &format!("document {n:06}.txt"), first + n)?).await?;
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    rate(what, FILES, start);
    Ok(())
}

fn rate(what: &str, count: u64, start: Instant) {
    let elapsed = start.elapsed();
    let each = elapsed / u32::try_from(count).unwrap_or(u32::MAX);
    println!("{what:40} {:>9.0}/s {each:>10.1?}", count as f64 / elapsed.as_secs_f64());
}

async fn list(tree: &SqlTree, folder: NodeId) -> Outcome<Vec<Node>> {
    let (mut all, mut after): (Vec<Node>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = tree.list(folder, after.as_ref(), 500).await?;
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome {
    let folder = tempfile::tempdir()?;
    let sql = match std::env::args().nth(1) {
        Some(url) => Sql::open_postgres(PostgresOptions::new(url)).await?,
        None => Sql::open_sqlite(SqliteOptions::new(folder.path().join("tree.db"))).await?,
    };
    let tree = SqlTree::open(sql.clone(), TreeOptions::default()).await?;
    let key: Arc<str> = format!("home:{:?}", Instant::now()).into();
    let new = NewSpace { key: (&*key).into(), quota: Some(1 << 50), now: NOW };
    let space = tree.create_space(new).await?;
    let mut deep = space.root;
    let mut path = String::new();
    for level in 0..5 {
        let name = format!("level {level}");
        deep = make_folder(&tree, deep, &name).await?.id;
        path = format!("{path}/{name}");
    }

    puts(&tree, deep, 0, "put, new, 64 tasks").await?;
    puts(&tree, deep, FILES, "put, overwritten, 64 tasks").await?;

    let nodes = list(&tree, deep).await?;
    let start = Instant::now();
    for _ in 0..10 {
        assert_eq!(list(&tree, deep).await?.len() as u64, FILES);
    }
    rate("list, nodes", 10 * FILES, start);

    let path: SpacePath = format!("{path}/document 000042.txt").parse()?;
    let before = sql.stats();
    let start = Instant::now();
    for _ in 0..20_000 {
        tree.resolve(space.id, &path).await?;
    }
    rate("resolve, depth 6", 20_000, start);
    let start = Instant::now();
    for _ in 0..20_000 {
        tree.resolve(space.id, &SpacePath::root()).await?;
    }
    rate("resolve, root", 20_000, start);
    assert_eq!((sql.stats() - before).statements, 40_000);

    let ids: Vec<NodeId> = nodes.iter().map(|node| node.id).collect();
    for (chunk, page) in ids.chunks(500).enumerate() {
        let ops = page.iter().map(|node| {
            let key = PropertyKey { namespace: "urn:x".into(), name: "note".into() };
            let property = Property { key, value: format!("<note>{chunk}</note>").into() };
            Op::PatchProperties(PatchProperties {
                node: *node,
                owner: PropertyOwner::Everyone,
                updates: vec![PropertyUpdate::Set(property)],
            })
        });
        let ops = ops.collect();
        tree.commit(Batch { actor: Actor::default(), now: NOW, cause: Cause::Request, ops })
            .await?;
    }
    let start = Instant::now();
    for page in ids.chunks(500) {
        tree.properties(page, &PropertyOwner::Everyone).await?;
    }
    rate("properties, nodes by the page", FILES, start);
    let start = Instant::now();
    for page in ids.chunks(500) {
        tree.stat(page).await?;
    }
    rate("stat, nodes by the page", FILES, start);

    let start = Instant::now();
    let op =
        CopyNode { node: deep, target: target(space.root, "copy")?, depth: LockDepth::Infinity };
    let copied = tree.commit(batch(Op::Copy(op))).await?;
    println!("{:40} {:>23.1?}", "copy, a folder of 10,000", start.elapsed());
    let copy = copied.written[0].node.id;
    assert_eq!(list(&tree, copy).await?.len() as u64, FILES);

    let start = Instant::now();
    for n in 0..100 {
        let op = MoveNode::whatever(copy, target(space.root, &format!("c{n}"))?);
        tree.commit(batch(Op::Move(op))).await?;
    }
    rate("move, a folder of 10,000, one task", 100, start);

    let start = Instant::now();
    tree.commit(batch(Op::Remove(RemoveNode::whatever(copy)))).await?;
    println!("{:40} {:>23.1?}", "remove, a folder of 10,000", start.elapsed());
    let start = Instant::now();
    while tree.purge(NOW, 1000).await?.cleared > 0 {}
    println!("{:40} {:>23.1?}", "purge it", start.elapsed());
    Ok(())
}
