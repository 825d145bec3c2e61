//! The vocabulary of a file service: ids, names, paths, etags, checksums,
//! timestamps and permission bits.
//!
//! Every crate of Allmende speaks in these types, and none of them does I/O or
//! knows the time: a value that needs a clock or randomness receives it from
//! the caller. Each type is checked when it is made, so that a `Name` or a
//! `SpacePath` that exists is one that may be stored.
//!
//! ```
//! use allmende_types::{ETag, Name, Permissions, SpacePath};
//!
//! let path: SpacePath = "Projects/Straße.txt".parse()?;
//! assert_eq!(path.file_name().map(Name::as_str), Some("Straße.txt"));
//! assert_eq!(Permissions::ALL.bits(), 31);
//! assert_eq!(ETag::strong("a1")?.to_string(), "\"a1\"");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checksum;
mod etag;
mod event;
mod id;
mod name;
mod path;
mod permissions;
mod principal;
mod timestamp;

pub use checksum::{Checksum, Checksums, InvalidChecksum};
pub use etag::{ETag, InvalidETag};
pub use event::{
    EventKind, EventNode, InvalidStream, NewEvent, NodeShape, Origin, Principal, Stream,
};
pub use id::{BlobId, Epoch, InstanceId, InvalidId, NodeId, Revision, SpaceId};
pub use name::{InvalidName, Name, NamePolicy, NameReason};
pub use path::{InvalidPath, SpacePath};
pub use permissions::{NodeFacts, Permissions};
pub use principal::{CircleId, GroupId, InvalidPrincipal, UserId};
pub use timestamp::{InvalidTimestamp, Timestamp};
