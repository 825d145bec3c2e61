//! Spaces, their feed of changes, and what the collector works on.

use allmende_types::{BlobId, Epoch, Name, NodeId, Revision, SpaceId, Timestamp};

/// One tree of nodes with one quota and one line of revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Its id.
    pub id: SpaceId,
    /// The key that it was made with.
    pub key: Box<str>,
    /// Its root folder.
    pub root: NodeId,
    /// The epoch of its history.
    pub epoch: Epoch,
    /// The revision of its last change.
    pub revision: Revision,
    /// Bytes of all its files.
    pub used: u64,
    /// The most bytes its files may have; unlimited if none.
    pub quota: Option<u64>,
}

impl Space {
    /// How many more bytes its files may have; unlimited if none.
    #[must_use]
    pub fn free(&self) -> Option<u64> {
        self.quota.map(|quota| quota.saturating_sub(self.used))
    }
}

/// A space to make.
#[derive(Debug, Clone)]
pub struct NewSpace {
    /// A key that no other space has, such as `home:alice`. 1 to 255 bytes.
    pub key: Box<str>,
    /// The most bytes its files may have; unlimited if none.
    pub quota: Option<u64>,
    /// The time at which it is made.
    pub now: Timestamp,
}

/// An entry of a space's feed of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The revision of the change.
    pub revision: Revision,
    /// The node.
    pub node: NodeId,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What happened to a node.
///
/// A move is two entries: the node is `Removed` from its old place, then `Changed` (or, in
/// another space, `Created`) at the new one. Of a folder that comes, goes or moves there are
/// entries for itself only, not for what is below it; ancestors have none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It came into being (made, uploaded, copied here, moved in from another space).
    Created,
    /// It got new content, times or a new name or folder.
    Changed,
    /// It is gone from this place, with everything below it.
    Removed {
        /// The folder it lay in.
        parent: NodeId,
        /// The name it had.
        name: Name,
    },
}

/// A range of fresh blob ids: `BlobId::new(lease, 0)` to `BlobId::new(lease, SIZE - 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobLease {
    /// The upper half of the ids, drawn at random.
    pub lease: u64,
    /// When it was handed out.
    pub created: Timestamp,
}

impl BlobLease {
    /// How many ids a lease has.
    pub const SIZE: u64 = 4096;

    /// The first id.
    #[must_use]
    pub const fn first(self) -> BlobId {
        BlobId::new(self.lease, 0)
    }
}

/// What [`Tree::purge`](crate::Tree::purge) found.
#[derive(Debug, Clone, Default)]
pub struct Garbage {
    /// How many rows were cleared; 0 when nothing is left to clear.
    pub cleared: usize,
    /// Blobs without a reference, to be deleted.
    pub blobs: Vec<BlobId>,
}
