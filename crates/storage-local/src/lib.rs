//! Write-once blobs on a local disk.
//!
//! [`LocalBlobs`] is a [`BlobStore`](allmende_storage::BlobStore) in one directory, which it
//! owns: nothing else may write there, and a lock keeps a second process out. One that only
//! reads may stand beside it: [`LocalReader`].
//!
//! ```text
//! format                      the version of this layout
//! stage/                      half-written files, cleared at every start
//! blobs/<lease>/<n>           a large blob, with checksums of each 64 KiB
//! blobs/<lease>/pack          the small blobs of a lease, with a table of 4096 slots
//! ```
//!
//! * **Large blobs** are staged, made durable, and renamed to their name.
//! * **Small blobs** (up to [`SMALL`] bytes) of all callers that wait are appended to a
//!   pack by one thread and made durable by one flush. A pack has a slot for each id of its
//!   lease, so no index is held in memory, whatever the number of blobs.
//! * **What is read is verified** against checksums before it is handed out.
//! * A full disk is [`Full`](allmende_storage::ErrorKind::Full), a read-only one
//!   [`ReadOnly`](allmende_storage::ErrorKind::ReadOnly), a failing one
//!   [`Unavailable`](allmende_storage::ErrorKind::Unavailable); a failed put leaves nothing.
//!
//! ```
//! use allmende_storage::{BlobStore, ByteRange, PutBlob};
//! use allmende_storage_local::{LocalBlobs, LocalOptions};
//! use allmende_types::BlobId;
//! use bytes::Bytes;
//! use futures_util::{TryStreamExt, stream};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let dir = tempfile::tempdir()?;
//! let blobs = LocalBlobs::open(dir.path(), LocalOptions::default())?;
//! let id = BlobId::new(1, 0);
//! let body = Box::pin(stream::iter([Ok(Bytes::from("commons"))]));
//! blobs.put(id, body, PutBlob::of_length(7)).await?;
//! let read = blobs.get(id, ByteRange::new(0, 4)).await?;
//! assert_eq!(read.body.try_collect::<Vec<_>>().await?.concat(), b"comm");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The futures run on tokio: disk work that may block goes to its blocking threads.

mod claims;
mod disk;
mod intake;
mod large;
mod layout;
mod list;
mod pack;
mod reader;
mod room;
mod stats;
mod store;

pub use self::{
    disk::{DiskHook, DiskOp},
    reader::LocalReader,
    stats::LocalStats,
    store::{LocalBlobs, LocalOptions},
};

/// The longest blob in bytes that goes into a pack.
pub const SMALL: usize = 64 * 1024;
