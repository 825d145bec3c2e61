//! The references in memory keep the contracts that they are the reference of.

use std::sync::Arc;

use allmende_storage::{
    BlobStore, LockStore, Tree,
    conformance::{EventLog, ToldTree},
    memory::{MemoryBlobs, MemoryTree},
};
use allmende_types::{NamePolicy, NewEvent, SpaceId, Stream};

async fn blobs() -> Option<(Arc<dyn BlobStore>, ())> {
    Some((Arc::new(MemoryBlobs::new()), ()))
}

async fn tree(policy: NamePolicy) -> Option<(Arc<dyn Tree>, ())> {
    Some((Arc::new(MemoryTree::new(policy)), ()))
}

async fn locks(policy: NamePolicy) -> Option<((Arc<dyn Tree>, Arc<dyn LockStore>), ())> {
    let tree = Arc::new(MemoryTree::new(policy));
    Some(((tree.clone(), tree), ()))
}

#[derive(Debug)]
struct Log(MemoryTree);

#[async_trait::async_trait]
impl EventLog for Log {
    async fn told(&self, space: SpaceId) -> Vec<(i64, NewEvent)> {
        self.0.events(Stream::Space(space))
    }
}

async fn told(policy: NamePolicy) -> Option<(ToldTree, ())> {
    let tree = MemoryTree::new(policy);
    Some(((Arc::new(tree.clone()), Arc::new(Log(tree))), ()))
}

allmende_storage::blob_store_conformance!(blobs);
allmende_storage::tree_conformance!(tree);
allmende_storage::event_conformance!(told);
allmende_storage::lock_store_conformance!(locks);
