//! The references in memory keep the contracts that they are the reference of.

use std::sync::Arc;

use allmende_storage::{
    BlobStore, LockStore, Tree,
    memory::{MemoryBlobs, MemoryTree},
};
use allmende_types::NamePolicy;

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

allmende_storage::blob_store_conformance!(blobs);
allmende_storage::tree_conformance!(tree);
allmende_storage::lock_store_conformance!(locks);
