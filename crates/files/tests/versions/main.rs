//! Versions on a database: how much work they are, and that they are what a model says, on
//! every engine.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod model;
mod statements;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use allmende_files::{
    Clock, Files, FilesOptions, PutRequest, Stores, View, Written, versions::VersionOptions,
};
use allmende_sql::Sql;
use allmende_storage::{ByteStream, LockStore, Tree, memory};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{SpacePath, Timestamp};
use futures_util::stream;

const START: i64 = 1_800_000_000;

#[derive(Debug)]
struct TestClock(AtomicI64);

impl TestClock {
    fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed))
    }
}

struct World {
    files: Files,
    clock: Arc<TestClock>,
}

impl World {
    fn over<T: Tree + LockStore>(tree: Arc<T>) -> Self {
        Self::with(tree, Some(VersionOptions::default()))
    }

    fn with<T: Tree + LockStore>(tree: Arc<T>, versions: Option<VersionOptions>) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let blobs = Arc::new(memory::MemoryBlobs::default());
        let stores = Stores { tree: tree.clone(), blobs, locks: tree };
        let options = FilesOptions { versions, ..FilesOptions::default() };
        let files = Files::new(stores, clock.clone() as Arc<dyn Clock>, options).unwrap();
        Self { files, clock }
    }

    async fn on(sql: Sql) -> Self {
        Self::over(Arc::new(SqlTree::open(sql, TreeOptions::default()).await.unwrap()))
    }

    /// Where no versions are kept.
    async fn plain(sql: Sql) -> Self {
        let tree = SqlTree::open(sql, TreeOptions::default()).await.unwrap();
        Self::with(Arc::new(tree), None)
    }

    async fn alice(&self) -> View {
        self.files.view(&"alice".parse().unwrap()).await.unwrap()
    }
}

fn path(text: &str) -> SpacePath {
    text.parse().unwrap()
}

fn body(bytes: &[u8]) -> ByteStream<'static> {
    Box::pin(stream::iter([Ok(bytes.to_vec().into())]))
}

async fn put(view: &View, at: &str, modified: i64, content: &[u8]) -> Written {
    let modified = Some(Timestamp::from_unix(modified));
    let request = PutRequest { modified, ..PutRequest::new(path(at)) };
    view.put(request, body(content)).await.unwrap()
}
