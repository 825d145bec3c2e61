//! Stores that fail: the old content stays, and nothing is left behind.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use allmende_files::{
    Assembly, Clock, ErrorKind, Files, FilesOptions, PartRequest, PutRequest, Stores, View,
};
use allmende_storage::{
    Batch, BlobInfo, BlobLease, BlobRead, BlobStore, ByteRange, ByteStream, Change, ChildCount,
    Committed, Content, Cursor, Error, ErrorKind as StoreKind, Garbage, NewSpace, Node, NodeSearch,
    Page, Property, PropertyOwner, PutBlob, Result, Segment, Space, Tree, memory::MemoryBlobs,
    memory::MemoryTree,
};
use allmende_types::{BlobId, Name, NodeId, Revision, SpaceId, SpacePath, Timestamp};
use async_trait::async_trait;
use futures_core::stream::BoxStream;

use crate::world::{World, body, content, kind, name, path, put, user};

const WORKS: u8 = 0;
/// Fails before anything happened.
const FAILS: u8 = 1;
/// Happens, and the answer is lost.
const LOSES: u8 = 2;
/// Says that the disk is full.
const FULL: u8 = 3;

#[derive(Debug)]
struct Faulty<T> {
    inner: T,
    mode: Arc<AtomicU8>,
}

impl<T> Faulty<T> {
    fn before(&self) -> Result<()> {
        match self.mode.load(Ordering::Relaxed) {
            FAILS => Err(StoreKind::Unavailable.into()),
            FULL => Err(Error::new(StoreKind::Full, "disk")),
            _ => Ok(()),
        }
    }

    fn after<R>(&self, result: R) -> Result<R> {
        if self.mode.load(Ordering::Relaxed) == LOSES {
            return Err(StoreKind::Unavailable.into());
        }
        Ok(result)
    }
}

#[async_trait]
impl BlobStore for Faulty<MemoryBlobs> {
    async fn put(&self, id: BlobId, body: ByteStream<'_>, options: PutBlob) -> Result<BlobInfo> {
        self.before()?;
        self.after(self.inner.put(id, body, options).await?)
    }
    async fn get(&self, id: BlobId, range: ByteRange) -> Result<BlobRead> {
        self.inner.get(id, range).await
    }
    async fn delete(&self, ids: &[BlobId]) -> Result<()> {
        self.inner.delete(ids).await
    }
    fn list(&self, after: Option<BlobId>) -> BoxStream<'_, Result<BlobInfo>> {
        self.inner.list(after)
    }
}

#[async_trait]
impl Tree for Faulty<MemoryTree> {
    async fn create_space(&self, new: NewSpace) -> Result<Space> {
        self.inner.create_space(new).await
    }
    async fn find_space(&self, key: &str) -> Result<Option<Space>> {
        self.inner.find_space(key).await
    }
    async fn find_spaces(&self, keys: &[&str]) -> Result<Vec<Option<Space>>> {
        self.inner.find_spaces(keys).await
    }
    async fn space(&self, id: SpaceId) -> Result<Space> {
        self.inner.space(id).await
    }
    async fn spaces(&self, ids: &[SpaceId]) -> Result<Vec<Option<Space>>> {
        self.inner.spaces(ids).await
    }
    async fn set_quota(&self, id: SpaceId, quota: Option<u64>) -> Result<()> {
        self.inner.set_quota(id, quota).await
    }
    async fn remove_space(&self, id: SpaceId, now: Timestamp) -> Result<()> {
        self.inner.remove_space(id, now).await
    }
    async fn resolve(&self, space: SpaceId, path: &SpacePath) -> Result<Option<Node>> {
        self.inner.resolve(space, path).await
    }
    async fn resolve_below(&self, top: NodeId, path: &SpacePath) -> Result<Option<Node>> {
        self.inner.resolve_below(top, path).await
    }
    async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Node>>> {
        self.inner.stat(ids).await
    }
    async fn paths(&self, ids: &[NodeId]) -> Result<Vec<Option<SpacePath>>> {
        self.inner.paths(ids).await
    }
    async fn lineage(&self, ids: &[NodeId]) -> Result<Vec<Vec<NodeId>>> {
        self.inner.lineage(ids).await
    }
    async fn children_named(&self, places: &[(NodeId, Name)]) -> Result<Vec<Option<Node>>> {
        self.inner.children_named(places).await
    }
    async fn list(
        &self,
        folder: NodeId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Node>> {
        self.inner.list(folder, after, limit).await
    }
    async fn count_children(&self, folders: &[NodeId]) -> Result<Vec<ChildCount>> {
        self.inner.count_children(folders).await
    }
    async fn search(&self, search: &NodeSearch) -> Result<Vec<Node>> {
        self.inner.search(search).await
    }
    async fn segments(&self, content: &Content) -> Result<Vec<Segment>> {
        self.inner.segments(content).await
    }
    async fn properties(
        &self,
        ids: &[NodeId],
        owner: &PropertyOwner,
    ) -> Result<Vec<Vec<Property>>> {
        self.inner.properties(ids, owner).await
    }
    async fn commit(&self, batch: Batch) -> Result<Committed> {
        self.before()?;
        self.after(self.inner.commit(batch).await?)
    }
    async fn changes(&self, space: SpaceId, since: Revision, limit: usize) -> Result<Vec<Change>> {
        self.inner.changes(space, since, limit).await
    }
    async fn lease_blobs(&self, now: Timestamp) -> Result<BlobLease> {
        self.inner.lease_blobs(now).await
    }
    async fn open_leases(&self, before: Timestamp, limit: usize) -> Result<Vec<BlobLease>> {
        self.inner.open_leases(before, limit).await
    }
    async fn unreferenced(&self, blobs: &[BlobId]) -> Result<Vec<BlobId>> {
        self.inner.unreferenced(blobs).await
    }
    async fn close_lease(&self, lease: BlobLease) -> Result<()> {
        self.inner.close_lease(lease).await
    }
    async fn purge(&self, before: Timestamp, limit: usize) -> Result<Garbage> {
        self.inner.purge(before, limit).await
    }
    async fn forget_garbage(&self, blobs: &[BlobId]) -> Result<()> {
        self.inner.forget_garbage(blobs).await
    }
}

/// The stores of a world, which fail on request.
struct Frail {
    world: World,
    view: View,
    blobs: Arc<AtomicU8>,
    tree: Arc<AtomicU8>,
}

impl Frail {
    async fn new() -> Self {
        let world = World::new();
        let (blobs, tree) = (Arc::<AtomicU8>::default(), Arc::<AtomicU8>::default());
        let stores = Stores {
            tree: Arc::new(Faulty { inner: world.tree.clone(), mode: Arc::clone(&tree) }),
            blobs: Arc::new(Faulty { inner: world.blobs.clone(), mode: Arc::clone(&blobs) }),
            locks: Arc::new(world.tree.clone()),
        };
        let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
        let mut world = world;
        world.files = Files::new(stores, clock, FilesOptions::default()).unwrap();
        let view = world.files.view(&user("alice")).await.unwrap();
        put(&view, "file", b"old").await;
        Self { world, view, blobs, tree }
    }

    fn set(mode: &AtomicU8, value: u8) {
        mode.store(value, Ordering::Relaxed);
    }

    async fn ends_with(self, expected: &[u8]) {
        assert_eq!(content(&self.view, "file").await, expected);
        for _ in 0..2 {
            self.world.collect().await;
        }
        assert_eq!(self.world.count_blobs().await, 1);
        assert_eq!(content(&self.view, "file").await, expected);
    }
}

#[tokio::test]
async fn a_blob_store_that_fails() {
    for (mode, expected) in
        [(FAILS, ErrorKind::Unavailable), (LOSES, ErrorKind::Unavailable), (FULL, ErrorKind::Full)]
    {
        let frail = Frail::new().await;
        Frail::set(&frail.blobs, mode);
        let result = frail.view.put(PutRequest::new(path("file")), body(b"new")).await;
        assert_eq!(kind(result), expected);
        Frail::set(&frail.blobs, WORKS);
        frail.ends_with(b"old").await;
    }
}

#[tokio::test]
async fn a_tree_that_fails() {
    for (mode, expected, stays) in [
        (FAILS, ErrorKind::Unavailable, &b"old"[..]),
        // The answer was lost, the file was written: its bytes must not be taken back.
        (LOSES, ErrorKind::Unavailable, b"new"),
        (FULL, ErrorKind::Full, b"old"),
    ] {
        let frail = Frail::new().await;
        Frail::set(&frail.tree, mode);
        let result = frail.view.put(PutRequest::new(path("file")), body(b"new")).await;
        assert_eq!(kind(result), expected);
        Frail::set(&frail.tree, WORKS);
        frail.ends_with(stays).await;
    }
}

#[tokio::test]
async fn many_files_in_a_tree_that_fails() {
    for (mode, stays) in [(FAILS, &b"old"[..]), (LOSES, b"new"), (FULL, b"old")] {
        let frail = Frail::new().await;
        Frail::set(&frail.tree, mode);
        let item = |bytes: &'static [u8]| (PutRequest::new(path("file")), bytes.into());
        for result in frail.view.put_many(vec![item(b"older"), item(b"new")]).await {
            result.unwrap_err();
        }
        Frail::set(&frail.tree, WORKS);
        frail.ends_with(stays).await;
    }
}

#[tokio::test]
async fn the_last_step_of_an_upload_in_a_tree_that_fails() {
    for (mode, stays) in [(FAILS, &b"old"[..]), (LOSES, b"new"), (FULL, b"old")] {
        let frail = Frail::new().await;
        let (uploads, id) = (frail.view.uploads(), name("u"));
        uploads.create(&id).await.unwrap();
        uploads.put_part(&id, PartRequest::new(name("1")), body(b"new")).await.unwrap();
        Frail::set(&frail.tree, mode);
        let lost = uploads.put_part(&id, PartRequest::new(name("1")), body(b"new")).await;
        lost.unwrap_err();
        uploads.assemble(&id, Assembly::new(path("file"))).await.unwrap_err();
        Frail::set(&frail.tree, WORKS);
        if mode == LOSES {
            assert!(uploads.find(&id).await.unwrap().is_none());
        } else {
            assert_eq!(uploads.find(&id).await.unwrap().unwrap().size(), 3);
        }
        frail.ends_with(stays).await;
    }
}
