//! Blobs in memory.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use allmende_types::BlobId;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    BlobInfo, BlobRead, BlobStore, ByteRange, ByteStream, Error, ErrorKind, PutBlob, Result,
};

/// A [`BlobStore`] in memory. Clones are handles on the same blobs.
#[derive(Debug, Clone, Default)]
pub struct MemoryBlobs {
    blobs: Arc<Mutex<BTreeMap<BlobId, Bytes>>>,
    capacity: Option<u64>,
}

impl MemoryBlobs {
    /// A store that holds as much as memory does.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A store of so many bytes, which then is [`Full`](ErrorKind::Full).
    #[must_use]
    pub fn with_capacity(bytes: u64) -> Self {
        Self { capacity: Some(bytes), ..Self::default() }
    }

    fn blobs(&self) -> MutexGuard<'_, BTreeMap<BlobId, Bytes>> {
        // Every change is a single call of the map: a panic leaves it whole.
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn put(
        &self,
        id: BlobId,
        mut body: ByteStream<'_>,
        options: PutBlob,
    ) -> Result<BlobInfo> {
        let fail = |kind, what| Error::new(kind, format!("put blob {id}: {what}"));
        let exists = || fail(ErrorKind::Exists, "used before");
        if self.blobs().contains_key(&id) {
            return Err(exists());
        }
        let mut bytes = BytesMut::new();
        let broken = |error| fail(ErrorKind::Body, "stream").with_source(error);
        while let Some(piece) = body.try_next().await.map_err(broken)? {
            bytes.extend_from_slice(&piece);
            if options.length.is_some_and(|length| bytes.len() as u64 > length) {
                return Err(fail(ErrorKind::Body, "too long"));
            }
        }
        let size = bytes.len() as u64;
        if options.length.is_some_and(|length| length != size) {
            return Err(fail(ErrorKind::Body, "too short"));
        }
        let mut blobs = self.blobs();
        let used: u64 = blobs.values().map(|blob| blob.len() as u64).sum();
        if self.capacity.is_some_and(|capacity| used + size > capacity) {
            return Err(fail(ErrorKind::Full, "capacity"));
        }
        if blobs.contains_key(&id) {
            return Err(exists());
        }
        blobs.insert(id, bytes.freeze());
        Ok(BlobInfo::new(id, size))
    }

    async fn get(&self, id: BlobId, range: ByteRange) -> Result<BlobRead> {
        let fail = |kind| Error::new(kind, format!("get blob {id}"));
        let bytes = self.blobs().get(&id).cloned().ok_or_else(|| fail(ErrorKind::NotFound))?;
        let size = bytes.len();
        let start = usize::try_from(range.offset).ok().filter(|start| *start <= size);
        let start = start.ok_or_else(|| fail(ErrorKind::Invalid))?;
        let wanted = range.length.and_then(|length| usize::try_from(length).ok());
        let part = bytes.slice(start..start + wanted.unwrap_or(usize::MAX).min(size - start));
        let pieces = (!part.is_empty()).then_some(Ok(part));
        let info = BlobInfo::new(id, size as u64);
        Ok(BlobRead { info, body: stream::iter(pieces).boxed() })
    }

    async fn delete(&self, ids: &[BlobId]) -> Result<()> {
        let mut blobs = self.blobs();
        for id in ids {
            blobs.remove(id);
        }
        Ok(())
    }

    fn list(&self, after: Option<BlobId>) -> BoxStream<'_, Result<BlobInfo>> {
        let next = move |after: Option<BlobId>| {
            let start = after.map_or(Bound::Unbounded, Bound::Excluded);
            let blobs = self.blobs();
            let found = blobs.range((start, Bound::Unbounded)).next();
            let info = found.map(|(id, bytes)| BlobInfo::new(*id, bytes.len() as u64));
            std::future::ready(info.map(|info| (Ok(info), Some(info.id))))
        };
        stream::unfold(after, next).boxed()
    }
}
