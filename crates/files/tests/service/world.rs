//! A small world to test in: a clock that stands, and stores in memory.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use allmende_files::{
    Clock, Entry, Error, ErrorKind, Files, FilesOptions, FolderRequest, PutRequest, Stores, View,
    Written,
};
use allmende_storage::{BlobStore, ByteRange, ByteStream, memory};
use allmende_types::{Name, NodeId, SpacePath, Timestamp, UserId};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

pub(crate) const START: i64 = 1_800_000_000;

#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) struct World {
    pub(crate) files: Files,
    pub(crate) tree: memory::MemoryTree,
    pub(crate) blobs: memory::MemoryBlobs,
    pub(crate) clock: Arc<TestClock>,
}

impl World {
    /// A world in which what is overwritten is gone.
    pub(crate) fn new() -> Self {
        Self::with(FilesOptions { versions: None, ..FilesOptions::default() })
    }

    pub(crate) fn with(options: FilesOptions) -> Self {
        let tree = memory::MemoryTree::new(options.names.clone());
        let blobs = memory::MemoryBlobs::new();
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let files = files(&tree, Arc::new(blobs.clone()), &clock, options);
        Self { files, tree, blobs, clock }
    }

    pub(crate) async fn alice(&self) -> View {
        self.files.view(&user("alice")).await.unwrap()
    }

    pub(crate) async fn bob(&self) -> View {
        self.files.view(&user("bob")).await.unwrap()
    }

    pub(crate) async fn count_blobs(&self) -> usize {
        self.blobs.list(None).count().await
    }

    /// Lets the collector work when everything that may go may go.
    pub(crate) async fn collect(&self) -> allmende_files::Collected {
        self.clock.forward(30 * 3600);
        self.files.collector().run_once().await.unwrap()
    }
}

pub(crate) fn files(
    tree: &memory::MemoryTree,
    blobs: Arc<dyn BlobStore>,
    clock: &Arc<TestClock>,
    options: FilesOptions,
) -> Files {
    let stores = Stores { tree: Arc::new(tree.clone()), blobs, locks: Arc::new(tree.clone()) };
    Files::new(stores, Arc::clone(clock) as Arc<dyn Clock>, options).unwrap()
}

pub(crate) fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

pub(crate) fn path(text: &str) -> SpacePath {
    text.parse().unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A body in pieces of three bytes, with an empty one between them.
pub(crate) fn body(bytes: &[u8]) -> ByteStream<'static> {
    let pieces: Vec<_> = bytes
        .chunks(3)
        .flat_map(|piece| [Ok(Bytes::copy_from_slice(piece)), Ok(Bytes::new())])
        .collect();
    Box::pin(stream::iter(pieces))
}

pub(crate) fn broken_body(bytes: &[u8]) -> ByteStream<'static> {
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    Box::pin(body(bytes).chain(stream::iter([Err(broken)])))
}

pub(crate) async fn put(view: &View, at: &str, content: &[u8]) -> Written {
    view.put(PutRequest::new(path(at)), body(content)).await.unwrap()
}

pub(crate) async fn mkdir(view: &View, at: &str) -> Entry {
    view.make_folder(FolderRequest::new(path(at))).await.unwrap()
}

pub(crate) async fn content(view: &View, at: &str) -> Vec<u8> {
    let entry = view.get(&path(at)).await.unwrap();
    read(view, &entry, ByteRange::ALL).await
}

pub(crate) async fn read(view: &View, entry: &Entry, range: ByteRange) -> Vec<u8> {
    let reading = view.read(entry, range).await.unwrap();
    all(reading.body).await.unwrap()
}

pub(crate) async fn all(body: ByteStream<'static>) -> std::io::Result<Vec<u8>> {
    Ok(body.try_collect::<Vec<Bytes>>().await?.concat())
}

pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.unwrap_err().kind().clone()
}

pub(crate) async fn names(view: &View, folder: &str) -> Vec<String> {
    let folder = view.get(&path(folder)).await.unwrap();
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = view.children(&folder, after.as_ref(), 2).await.unwrap();
        names.extend(page.items.iter().map(|entry| entry.name().unwrap().to_string()));
        after = page.next;
        if after.is_none() {
            return names;
        }
    }
}

pub(crate) fn ids(entries: &[&Entry]) -> Vec<NodeId> {
    entries.iter().map(|entry| entry.id()).collect()
}
