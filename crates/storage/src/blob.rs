//! Write-once bytes.

use std::{fmt, pin::Pin};

use allmende_types::BlobId;
use async_trait::async_trait;
use bytes::Bytes;
use futures_core::{Stream, stream::BoxStream};

use crate::Result;

/// Bytes on their way. An error ends the stream; an end without one is the whole.
pub type ByteStream<'a> = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send + 'a>>;

/// Immutable blobs under ids that are used once.
///
/// # Contract for implementers
///
/// * `put` is atomic: when it has returned `Ok`, all bytes are durable (they survive a
///   loss of power) and can be read by every process; otherwise nothing can be read
///   under the id and no temporary file stays.
/// * An id is written once: a second `put` of it is
///   [`Exists`](crate::ErrorKind::Exists) and changes nothing.
/// * `get` hands out exactly the bytes of `put`, or an error. Damage is found by a
///   checksum of the store's own and reported as
///   [`Corrupt`](crate::ErrorKind::Corrupt); a stream that finds it on the way breaks.
/// * Memory is bounded: neither direction holds a whole large blob.
#[async_trait]
pub trait BlobStore: fmt::Debug + Send + Sync + 'static {
    /// Stores all bytes of `body` under `id`.
    ///
    /// # Errors
    /// [`Body`](crate::ErrorKind::Body) when the stream fails or its length is not
    /// `options.length`, [`Exists`](crate::ErrorKind::Exists),
    /// [`Full`](crate::ErrorKind::Full), [`ReadOnly`](crate::ErrorKind::ReadOnly) or
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn put(&self, id: BlobId, body: ByteStream<'_>, options: PutBlob) -> Result<BlobInfo>;

    /// Opens a blob, or a part of it, for reading.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Corrupt`](crate::ErrorKind::Corrupt),
    /// [`Invalid`](crate::ErrorKind::Invalid) for a range that starts behind the end,
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn get(&self, id: BlobId, range: ByteRange) -> Result<BlobRead>;

    /// Removes blobs for good. Ids that are not there are passed over. A read that is
    /// under way may still finish.
    ///
    /// # Errors
    /// When a blob could not be removed; others may have been.
    async fn delete(&self, ids: &[BlobId]) -> Result<()>;

    /// All blobs after `after`, in the order of their ids.
    fn list(&self, after: Option<BlobId>) -> BoxStream<'_, Result<BlobInfo>>;
}

/// How to store a blob.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PutBlob {
    /// The length in bytes, if known: more or fewer are an error, and the store may
    /// choose a form for small blobs at once.
    pub length: Option<u64>,
}

impl PutBlob {
    /// A blob of exactly this many bytes.
    #[must_use]
    pub fn of_length(length: u64) -> Self {
        Self { length: Some(length) }
    }
}

/// What is known of a stored blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobInfo {
    /// Its id.
    pub id: BlobId,
    /// Its length in bytes.
    pub size: u64,
}

impl BlobInfo {
    /// A blob's id and length.
    #[must_use]
    pub const fn new(id: BlobId, size: u64) -> Self {
        Self { id, size }
    }
}

/// A part of a blob: from a first byte, up to a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte, counted from 0.
    pub offset: u64,
    /// How many bytes at the most; to the end if none.
    pub length: Option<u64>,
}

impl ByteRange {
    /// The whole blob.
    pub const ALL: Self = Self { offset: 0, length: None };

    /// The part `offset .. offset + length`.
    #[must_use]
    pub const fn new(offset: u64, length: u64) -> Self {
        Self { offset, length: Some(length) }
    }
}

/// A blob that is being read.
pub struct BlobRead {
    /// The whole blob's id and length.
    pub info: BlobInfo,
    /// The bytes of the range.
    pub body: ByteStream<'static>,
}

impl fmt::Debug for BlobRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobRead").field("info", &self.info).finish_non_exhaustive()
    }
}
