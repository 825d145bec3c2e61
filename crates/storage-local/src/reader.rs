//! Reading beside the process that has the store open.

use std::{path::Path, sync::Arc};

use allmende_storage::{
    BlobInfo, BlobRead, BlobStore, ByteRange, ByteStream, Error, ErrorKind, PutBlob, Result,
};
use allmende_types::BlobId;
use async_trait::async_trait;
use futures_core::stream::BoxStream;
use futures_util::StreamExt;

use crate::{disk::Disk, list, pack::Packs, store};

/// The blobs of a directory that another process may have open: for backups and checks
/// while a server runs.
///
/// It takes no lock and changes nothing; putting and deleting are
/// [`ReadOnly`](ErrorKind::ReadOnly). Blobs never change, so what it finds is whole. Whether
/// a blob may be deleted meanwhile is for the caller to know.
///
/// ```
/// use allmende_storage::{BlobStore, ByteRange, PutBlob};
/// use allmende_storage_local::{LocalBlobs, LocalOptions, LocalReader};
/// use allmende_types::BlobId;
/// use bytes::Bytes;
/// use futures_util::stream;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let dir = tempfile::tempdir()?;
/// let blobs = LocalBlobs::open(dir.path(), LocalOptions::default())?;
/// let beside = LocalReader::open(dir.path())?;
/// let id = BlobId::new(1, 0);
/// let body = Box::pin(stream::iter([Ok(Bytes::from("commons"))]));
/// blobs.put(id, body, PutBlob::of_length(7)).await?;
/// assert_eq!(beside.get(id, ByteRange::ALL).await?.info.size, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LocalReader {
    disk: Arc<Disk>,
    packs: Arc<Packs>,
}

/// How many packs are kept open: they are read one after the other.
const OPEN_PACKS: usize = 8;

impl LocalReader {
    /// Opens the store in a directory, which must be there.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no store,
    /// [`Invalid`](ErrorKind::Invalid) when the directory has another format, and what the
    /// disk says.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let disk = Arc::new(Disk::open_beside(dir.as_ref())?);
        Ok(Self { packs: Arc::new(Packs::new(disk.clone(), OPEN_PACKS)), disk })
    }
}

fn read_only(what: &str) -> Error {
    Error::new(ErrorKind::ReadOnly, format!("{what}: the blobs are opened for reading"))
}

#[async_trait]
impl BlobStore for LocalReader {
    async fn put(&self, id: BlobId, _: ByteStream<'_>, _: PutBlob) -> Result<BlobInfo> {
        Err(read_only(&format!("put blob {id}")))
    }

    async fn get(&self, id: BlobId, range: ByteRange) -> Result<BlobRead> {
        store::read(&self.disk, &self.packs, id, range).await
    }

    async fn delete(&self, _: &[BlobId]) -> Result<()> {
        Err(read_only("delete blobs"))
    }

    fn list(&self, after: Option<BlobId>) -> BoxStream<'_, Result<BlobInfo>> {
        list::list(self.disk.clone(), self.packs.clone(), after).boxed()
    }
}
