//! The tree of files and folders.

mod batch;
mod guard;
mod node;
mod search;
mod space;
mod tell;

use std::fmt;

use allmende_types::{BlobId, Name, NodeId, Revision, SpaceId, SpacePath, Timestamp};
use async_trait::async_trait;

pub use self::{
    batch::{
        Actor, Batch, Cause, Committed, CopyNode, Expect, MakeFolder, MoveNode, Op,
        PatchProperties, PropertyUpdate, PutFile, RemoveNode, SetFacts, Target, Written,
    },
    guard::GuardedWrite,
    node::{ChildCount, Content, Node, NodeKind, Property, PropertyKey, PropertyOwner, Segment},
    search::{NodeField, NodeFilter, NodeSearch, Pattern, Relation, SearchDepth, SortOrder},
    space::{BlobLease, Change, ChangeKind, Garbage, NewSpace, Space},
    tell::{Teller, lock_broken},
};
use crate::Result;

/// The metadata of all spaces: which nodes there are, what they are called, and which
/// content they have.
///
/// # Contract for implementers
///
/// * `commit` is atomic and durable: all of a batch happens, or nothing of it, and what
///   was acknowledged survives a loss of power.
/// * **Propagation**: when `commit` has returned, every reader sees, for each ancestor
///   of a changed node, the batch's revision and the new recursive size. No reader sees
///   the one without the other. A folder's time of change becomes that of the batch, unless
///   it is later already; where a file is overwritten, [`PutFile::told`] says which.
/// * Revisions of a space rise strictly in the order in which commits become visible:
///   who has seen revision *r* will never be shown a lower one that is new to it.
/// * A node keeps its id, content revision and times when it is renamed or moved.
/// * Reads are by the page, each page a consistent snapshot. A failed read is an error,
///   never a short page and never «not found».
#[async_trait]
pub trait Tree: fmt::Debug + Send + Sync + 'static {
    /// Makes a space with an empty root folder.
    ///
    /// # Errors
    /// [`Exists`](crate::ErrorKind::Exists) when the key is taken.
    async fn create_space(&self, new: NewSpace) -> Result<Space>;

    /// The space with this key, if there is one.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn find_space(&self, key: &str) -> Result<Option<Space>>;

    /// The spaces with these keys, in their order; none where there is none. For lists of
    /// people, whose spaces are read at once.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn find_spaces(&self, keys: &[&str]) -> Result<Vec<Option<Space>>>;

    /// A space as it is now.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound).
    async fn space(&self, id: SpaceId) -> Result<Space>;

    /// The spaces with these ids, in their order; none where a space is gone.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn spaces(&self, ids: &[SpaceId]) -> Result<Vec<Option<Space>>>;

    /// Sets a space's quota in bytes; unlimited if none. More may be in use already.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound).
    async fn set_quota(&self, id: SpaceId, quota: Option<u64>) -> Result<()>;

    /// Removes a space with everything in it. The nodes are gone at once; rows and
    /// contents are cleared by [`Tree::purge`].
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound).
    async fn remove_space(&self, id: SpaceId, now: Timestamp) -> Result<()>;

    /// The node at a path, if there is one. Names are compared as the tree's name policy
    /// says.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such space.
    async fn resolve(&self, space: SpaceId, path: &SpacePath) -> Result<Option<Node>>;

    /// The node at a path that starts at a node, if there is one: the node itself at the
    /// root path, nothing where `top` is gone.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn resolve_below(&self, top: NodeId, path: &SpacePath) -> Result<Option<Node>>;

    /// The nodes with these ids, in their order; none where a node is gone.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Node>>>;

    /// The path of each node inside its space, in their order; none where a node is gone.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn paths(&self, ids: &[NodeId]) -> Result<Vec<Option<SpacePath>>>;

    /// Each node with the folders above it, the node first and the root of its space last,
    /// in the order of the ids; nothing where a node is gone.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn lineage(&self, ids: &[NodeId]) -> Result<Vec<Vec<NodeId>>>;

    /// The child of each folder that has a name, in the order of the places; none where
    /// there is none, or the folder is gone.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn children_named(&self, places: &[(NodeId, Name)]) -> Result<Vec<Option<Node>>>;

    /// Up to `limit` children of a folder, after `after`, in the order of their names'
    /// bytes (of their keys, where names are compared without case).
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the folder is gone,
    /// [`NotAFolder`](crate::ErrorKind::NotAFolder).
    async fn list(
        &self,
        folder: NodeId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Node>>;

    /// How many files and folders each folder holds directly, in the order of the ids;
    /// none for what is gone or is a file.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn count_children(&self, folders: &[NodeId]) -> Result<Vec<ChildCount>>;

    /// Finds nodes below folders: those that fit, in the order that the search asks for,
    /// each once. Where the filter demands an id or a property of a person, the time taken
    /// depends on how many nodes have it, otherwise on how many lie below the folders.
    /// Nothing that is removed is found, and below a folder that is gone there is nothing.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when more than 512 folders are named,
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn search(&self, search: &NodeSearch) -> Result<Vec<Node>>;

    /// The blobs that make up a file's content, in their order. Empty for an empty file.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the content is referenced no more.
    async fn segments(&self, content: &Content) -> Result<Vec<Segment>>;

    /// The stored properties of each node that belong to `owner`, in the order of the ids.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn properties(&self, ids: &[NodeId], owner: &PropertyOwner)
    -> Result<Vec<Vec<Property>>>;

    /// Makes a change visible: all of it, or nothing.
    ///
    /// # Errors
    /// See [`Op`] for what each change needs; [`Locked`](crate::ErrorKind::Locked) where a
    /// lock protects what it touches and no token of the actor's was submitted,
    /// [`Quota`](crate::ErrorKind::Quota), [`Full`](crate::ErrorKind::Full),
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly),
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn commit(&self, batch: Batch) -> Result<Committed>;

    /// Up to `limit` changes of a space after revision `since`, oldest first. The revision
    /// of the last one is where to go on from: all changes of one revision are in one page,
    /// which can make it longer than `limit`. Empty when nothing has changed since.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when the feed does not reach back that far
    /// or the space is gone.
    async fn changes(&self, space: SpaceId, since: Revision, limit: usize) -> Result<Vec<Change>>;

    /// Hands out a range of fresh blob ids, durably noted, so that the collector can find
    /// what was written and never committed.
    ///
    /// # Errors
    /// [`Full`](crate::ErrorKind::Full), [`ReadOnly`](crate::ErrorKind::ReadOnly),
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn lease_blobs(&self, now: Timestamp) -> Result<BlobLease>;

    /// Up to `limit` leases that were made before `before` and not closed yet, oldest first.
    ///
    /// The collector removes what no node references, so `before` lies farther back than
    /// the oldest lease of which anybody still commits a blob.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn open_leases(&self, before: Timestamp, limit: usize) -> Result<Vec<BlobLease>>;

    /// Of these blobs, those that no node references and none did: what was written and
    /// never committed. One that lost its last reference is for [`Tree::purge`] to hand out,
    /// in its time.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn unreferenced(&self, blobs: &[BlobId]) -> Result<Vec<BlobId>>;

    /// Forgets a lease whose leftovers were removed.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn close_lease(&self, lease: BlobLease) -> Result<()>;

    /// Clears up to `limit` rows of removed folders and spaces, and returns up to `limit`
    /// blobs that lost their last reference before `before`: by an overwrite or by a
    /// removal, of which the batch's time counts. They cannot be referenced again: the
    /// caller deletes them, then calls [`Tree::forget_garbage`]; until then they are handed
    /// out once more.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn purge(&self, before: Timestamp, limit: usize) -> Result<Garbage>;

    /// Notes that these blobs of [`Tree::purge`] are deleted.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn forget_garbage(&self, blobs: &[BlobId]) -> Result<()>;
}

/// The place in a listing behind which the next page starts: the last name seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub Name);

/// A part of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in order.
    pub items: Vec<T>,
    /// Where the next page starts; none if this was the last.
    pub next: Option<Cursor>,
}
