//! The trash on a database: how much work it is, and that nothing gets lost in it, on every
//! engine.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod model;
mod statements;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use allmende_files::{
    Clock, Entry, Files, FilesOptions, FolderRequest, PutRequest, Stores, View, Written,
};
use allmende_sql::Sql;
use allmende_storage::{LockStore, Tree, memory};
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
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let blobs = Arc::new(memory::MemoryBlobs::default());
        let stores = Stores { tree: tree.clone(), blobs, locks: tree };
        let options = FilesOptions::default();
        let files = Files::new(stores, clock.clone() as Arc<dyn Clock>, options).unwrap();
        Self { files, clock }
    }

    async fn on(sql: Sql) -> Self {
        Self::over(Arc::new(SqlTree::open(sql, TreeOptions::default()).await.unwrap()))
    }

    async fn person(&self, id: &str) -> View {
        self.files.view(&id.parse().unwrap()).await.unwrap()
    }
}

fn path(text: &str) -> SpacePath {
    text.parse().unwrap()
}

async fn put(view: &View, at: &str, content: &'static [u8]) -> Written {
    let body = Box::pin(stream::iter([Ok(content.into())]));
    view.put(PutRequest::new(path(at)), body).await.unwrap()
}

async fn mkdir(view: &View, at: &str) -> Entry {
    view.make_folder(FolderRequest::new(path(at))).await.unwrap()
}
