//! Backups: consistent while a server runs, incremental, verified on the way back.
//!
//! # What a backup is
//!
//! ```text
//! lock                           held by the one process that works here
//! packs/<backup>-<n>             contents, one behind the other, each file written once
//! backups/<backup>/manifest.json what it is, with the digest of everything else
//! backups/<backup>/manifest.sha256
//! backups/<backup>/contents.jsonl  which content lies where, with its digest
//! backups/<backup>/tables/*.jsonl  a row of the database per line
//! backups/<backup>/files/*       secrets that lie beside the database
//! damaged.json                   contents that [`verify`] found to be other than written
//! backups/.<backup>/             one that was never finished: cleared by the next
//! ```
//!
//! A directory holds any number of backups. A content that an earlier one has is not copied
//! again. A backup that is no longer wanted is a directory below `backups` that is removed;
//! the next backup removes the packs that nothing refers to any more.
//!
//! # Why it is consistent
//! The database is read as of one moment ([`Snapshot`](allmende_sql::Snapshot)). Contents are
//! durable before a row refers to them, and never change; that none of them is deleted
//! before it is copied is promised by a [pin](allmende_tree_sql::SqlTree::pin), which is set
//! before the moment and holds back the collector of every process.
//!
//! # Why a crash does no harm
//! A backup gets its name by one rename when all of it is durable. Until then it is hidden,
//! and nothing that was there before is touched.
//!
//! # When a backup is damaged
//! A content that is not what was written hinders nothing else: [`restore`] names it and brings
//! everything else. [`verify`] finds it before that, and the next backup copies it anew.
//! Of damage to a list or a table nothing can be brought back for certain: it is refused.
//!
//! # Restoring
//! [`restore`] makes a new installation; it never overwrites one. It begins a new
//! [epoch](allmende_tree_sql::SqlTree::begin_epoch), so that no etag and no id is given a
//! second time, and sets another fingerprint (`oc:data-fingerprint`), by which desktop clients
//! learn that the server went back in time: they then upload what they have and the server
//! has not, instead of deleting it. What has not changed since keeps its etag. Otherwise the
//! desktop client (3.7) would believe that all files had changed, and ask whether to delete.
//!
//! A backup holds everything, the keys of links too: it is to be kept as safe as the
//! installation itself.

mod contents;
mod manifest;
mod place;
mod restore;
mod tables;
mod take;
mod verify;

pub use manifest::BackupId;
pub use place::list;
pub use restore::{RestoreTarget, Restored, restore};
pub use take::{BackupSource, Taken, take};
pub use verify::{Verified, verify};
