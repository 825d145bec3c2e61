//! Stores that fail: the old content stays, and nothing is left behind.

use std::sync::{Arc, Mutex};

use allmende_files::{
    Assembly, Clock, ErrorKind, Files, FilesOptions, PartRequest, PutRequest, Stores, View,
};
use allmende_storage::{Decorated, ErrorKind as StoreKind, Method, Probe, Verdict};

use crate::world::{World, body, content, kind, name, path, put, user};

/// What becomes of the writes of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    Works,
    /// They fail before anything happened.
    Fails,
    /// They happen, and the answer is lost.
    Loses,
    /// They fail, for the disk is full.
    Full,
}

use Mode::{Fails, Full, Loses, Works};

#[derive(Debug, Clone, Default)]
struct Writes(Arc<Mutex<Mode>>);

impl Probe for Writes {
    fn before(&self, method: Method) -> Verdict {
        let mut verdict = Verdict::default();
        if matches!(method, Method::PutBlob | Method::Commit) {
            match *self.0.lock().unwrap() {
                Works => {}
                Fails => verdict.fail = Some(StoreKind::Unavailable),
                Loses => verdict.lose_answer = Some(StoreKind::Unavailable),
                Full => verdict.fail = Some(StoreKind::Full),
            }
        }
        verdict
    }
}

/// The stores of a world, which fail on request.
struct Frail {
    world: World,
    view: View,
    blobs: Writes,
    tree: Writes,
}

impl Frail {
    async fn new() -> Self {
        let world = World::new();
        let (blobs, tree) = (Writes::default(), Writes::default());
        let stores = Stores {
            tree: Arc::new(Decorated::new(Arc::new(world.tree.clone()), tree.clone())),
            blobs: Arc::new(Decorated::new(Arc::new(world.blobs.clone()), blobs.clone())),
            locks: Arc::new(world.tree.clone()),
        };
        let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
        let mut world = world;
        let options = FilesOptions { versions: None, ..FilesOptions::default() };
        world.files = Files::new(stores, clock, options).unwrap();
        let view = world.files.view(&user("alice")).await.unwrap();
        put(&view, "file", b"old").await;
        Self { world, view, blobs, tree }
    }

    fn set(writes: &Writes, mode: Mode) {
        *writes.0.lock().unwrap() = mode;
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
        [(Fails, ErrorKind::Unavailable), (Loses, ErrorKind::Unavailable), (Full, ErrorKind::Full)]
    {
        let frail = Frail::new().await;
        Frail::set(&frail.blobs, mode);
        let result = frail.view.put(PutRequest::new(path("file")), body(b"new")).await;
        assert_eq!(kind(result), expected);
        Frail::set(&frail.blobs, Works);
        frail.ends_with(b"old").await;
    }
}

#[tokio::test]
async fn a_tree_that_fails() {
    for (mode, expected, stays) in [
        (Fails, ErrorKind::Unavailable, &b"old"[..]),
        // The answer was lost, the file was written: its bytes must not be taken back.
        (Loses, ErrorKind::Unavailable, b"new"),
        (Full, ErrorKind::Full, b"old"),
    ] {
        let frail = Frail::new().await;
        Frail::set(&frail.tree, mode);
        let result = frail.view.put(PutRequest::new(path("file")), body(b"new")).await;
        assert_eq!(kind(result), expected);
        Frail::set(&frail.tree, Works);
        frail.ends_with(stays).await;
    }
}

#[tokio::test]
async fn many_files_in_a_tree_that_fails() {
    for (mode, stays) in [(Fails, &b"old"[..]), (Loses, b"new"), (Full, b"old")] {
        let frail = Frail::new().await;
        Frail::set(&frail.tree, mode);
        let item = |bytes: &'static [u8]| (PutRequest::new(path("file")), bytes.into());
        for result in frail.view.put_many(vec![item(b"older"), item(b"new")]).await {
            result.unwrap_err();
        }
        Frail::set(&frail.tree, Works);
        frail.ends_with(stays).await;
    }
}

#[tokio::test]
async fn the_last_step_of_an_upload_in_a_tree_that_fails() {
    for (mode, stays) in [(Fails, &b"old"[..]), (Loses, b"new"), (Full, b"old")] {
        let frail = Frail::new().await;
        let (uploads, id) = (frail.view.uploads(), name("u"));
        uploads.create(&id).await.unwrap();
        uploads.put_part(&id, PartRequest::new(name("1")), body(b"new")).await.unwrap();
        Frail::set(&frail.tree, mode);
        let lost = uploads.put_part(&id, PartRequest::new(name("1")), body(b"new")).await;
        lost.unwrap_err();
        uploads.assemble(&id, Assembly::new(path("file"))).await.unwrap_err();
        Frail::set(&frail.tree, Works);
        if mode == Loses {
            assert!(uploads.find(&id).await.unwrap().is_none());
        } else {
            assert_eq!(uploads.find(&id).await.unwrap().unwrap().size(), 3);
        }
        frail.ends_with(stays).await;
    }
}
