//! Reading a whole content.

use allmende_storage::{BlobStore, ByteRange, ErrorKind, Result};
use allmende_types::BlobId;
use futures_util::TryStreamExt;

/// Reads a blob to its end, which verifies it against the store's own checksums, and hands
/// every piece over. Returns how many bytes it had.
///
/// A damaged blob is read once more, if nothing of it was handed over: beside a process that
/// writes, a torn read of its neighbour is possible.
pub(crate) async fn whole(
    blobs: &dyn BlobStore,
    id: BlobId,
    mut piece: impl FnMut(&[u8]) + Send,
) -> Result<u64> {
    let opened = match blobs.get(id, ByteRange::ALL).await {
        Err(error) if *error.kind() == ErrorKind::Corrupt => blobs.get(id, ByteRange::ALL).await,
        answer => answer,
    };
    let mut body = opened?.body;
    let mut bytes = 0;
    while let Some(part) = body.try_next().await.map_err(broken)? {
        bytes += part.len() as u64;
        piece(&part);
    }
    Ok(bytes)
}

/// A stream that breaks says why in its source.
pub(crate) fn broken(error: std::io::Error) -> allmende_storage::Error {
    match error.downcast::<allmende_storage::Error>() {
        Ok(error) => error,
        Err(error) => allmende_storage::Error::from_io("read a content", error),
    }
}
