//! Blobs that share a file and a flush.
//!
//! A pack holds the small blobs of one lease: a page with a header, a table with one slot
//! for each id, then the data. A slot says where a blob lies and what its checksum is, and
//! has a checksum itself. So reading is two reads, without an index in memory.

mod cache;
mod committer;
mod file;
mod slot;

pub(crate) use self::{
    cache::Packs,
    committer::{Committer, Put},
    file::Found,
};

use allmende_storage::BlobLease;

/// How many slots a pack has: one for each id of a lease.
pub(crate) const SLOTS: u64 = BlobLease::SIZE;
