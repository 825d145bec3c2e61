//! What a file service stores, as contracts: bytes, the tree that names them, and locks.
//!
//! Three traits, each small, object-safe and made for implementers:
//!
//! * [`BlobStore`]: write-once bytes under fresh ids;
//! * [`Tree`]: the metadata of all spaces, read by the page and changed by atomic
//!   [`Batch`]es;
//! * [`LockStore`]: the leases that protect nodes from other people's writes.
//!
//! # The commit protocol
//!
//! 1. [`Tree::lease_blobs`] hands out fresh [`BlobId`](allmende_types::BlobId)s. The
//!    lease is the record of the intent: what it named and no node references is
//!    removed by the collector, so a crash leaves nothing behind for ever.
//! 2. [`BlobStore::put`] makes the bytes durable, still invisible.
//! 3. [`Tree::commit`] makes them visible in one transaction, in which preconditions,
//!    locks, quota and names are checked once more.
//!
//! When `commit` has returned, every reader sees for each ancestor a new revision and
//! the new size; no reader sees the child without its ancestors.
//!
//! The crate also holds what an implementer needs: a [`memory`] reference of all three
//! traits, [`conformance`] suites that one macro call runs over a type, and a decorator
//! ([`Decorated`]) for [faults](fault), [metrics], and probes of one's own.

mod blob;
pub mod conformance;
mod decorate;
mod error;
pub mod fault;
mod lock;
pub mod memory;
pub mod metrics;
mod tree;

pub use blob::{BlobInfo, BlobRead, BlobStore, ByteRange, ByteStream, PutBlob};
pub use decorate::{Decorated, Method, Outcome, Probe, Verdict};
pub use error::{Error, ErrorKind, Result};
pub use lock::{
    BreakLock, InvalidToken, Lock, LockDepth, LockKind, LockRequest, LockScope, LockStore,
    LockTimeout, LockToken,
};
pub use tree::{
    Actor, Batch, BlobLease, Cause, Change, ChangeKind, ChildCount, Committed, Content, CopyNode,
    Cursor, Expect, Garbage, GuardedWrite, MakeFolder, MoveNode, NewSpace, Node, NodeField,
    NodeFilter, NodeKind, NodeSearch, Op, Page, PatchProperties, Pattern, Property, PropertyKey,
    PropertyOwner, PropertyUpdate, PutFile, Relation, RemoveNode, SearchDepth, Segment, SetFacts,
    SortOrder, Space, Target, Teller, Tree, Written, lock_broken,
};
