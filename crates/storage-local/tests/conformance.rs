//! The store keeps the contract of blobs.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use allmende_storage::BlobStore;
use allmende_storage_local::{LocalBlobs, LocalOptions};

async fn blobs() -> Option<(Arc<dyn BlobStore>, tempfile::TempDir)> {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalBlobs::open(dir.path(), LocalOptions::default()).unwrap();
    Some((Arc::new(store), dir))
}

allmende_storage::blob_store_conformance!(blobs);
