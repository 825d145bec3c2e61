//! The collaborative file service, free of any transport.
//!
//! [`Files`] puts a tree, a blob store and a lock store together into what file protocols
//! need; [`View`] is one person's view of it. What stands at a path, and what the person
//! may do there, is found in one place, so that protocols know nothing of homes, mounts
//! and shares.
//!
//! # How a file is written
//!
//! 1. Everything that can be refused is refused before the body is read: names, a missing
//!    folder, permissions, the quota.
//! 2. The body goes into the blob store under a fresh id, counted and, if asked for,
//!    hashed. A wrong length or checksum ends here, and the old content stands.
//! 3. One commit makes it visible, with the caller's expectation and lock tokens.
//!
//! What a crash leaves between the steps, the [`Collector`] finds by the lease that the id
//! came from.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | reads | [`View::resolve`], [`View::children`], [`View::stat`], [`View::read`] |
//! | writes | [`View::put`], [`View::put_many`], [`View::make_folder`], [`View::remove`], [`View::move_to`], [`View::copy_to`], [`View::patch`] |
//! | what has changed | [`View::sync_states`], [`View::changes_since`] |
//! | the trash | [`View::trash`], [`Trash`] |
//! | old contents | [`versions`] |
//! | locks | [`View::lock`], [`View::unlock`], [`View::lock_by_hand`], [`View::locks_covering`] |
//! | chunked uploads | [`uploads`] |
//! | folder downloads | [`archive`] |
//! | what is mounted | [`Mounts`], [`Files::with_mounts`] |
//! | who read what | [`ReadLog`], [`Files::with_read_log`] |
//! | people | [`Files::view`], [`Files::set_quota`], [`Files::usage`], [`Files::remove_person`] |
//! | jobs | [`Collector`], [`Files::expire_trash`], [`versions::VersionKeeper`] |

pub mod archive;
mod blob_ids;
mod bulk;
mod change;
mod clock;
mod collector;
mod companion;
mod digest;
mod entry;
mod error;
mod facts;
mod ingest;
mod locate;
mod locks;
pub mod media_type;
mod mounts;
mod options;
mod permissions;
mod put;
mod read;
mod read_log;
mod retention;
mod search;
mod service;
mod sync;
mod transfer;
mod trash;
pub mod uploads;
mod verify;
pub mod versions;
mod view;

pub use change::FolderRequest;
pub use clock::{Clock, SystemClock};
pub use collector::{Collected, Collector};
pub use companion::{Companion, make_companion, remove_companions};
pub use digest::{Algorithm, UnknownAlgorithm};
pub use entry::{Entry, Place, Written};
pub use error::{Error, ErrorKind, LockedNode, Result};
pub use facts::{Facts, Favourite, Patch, favourite_key};
pub use locks::{HandLock, Held, LockMade, LockOrder};
pub use mounts::{Download, Mount, MountId, MountKind, MountPlace, MountRules, Mounts};
pub use options::{FilesOptions, InvalidOptions};
pub use put::{MissingParents, PutRequest};
pub use read::Reading;
pub use read_log::{ReadForm, ReadLog};
pub use retention::{InvalidRetention, Retention};
pub use search::{SearchReach, SearchRequest};
pub use service::{Files, Quota, Stores, set_home_quota};
pub use sync::{Changes, InvalidSyncState, SyncDepth, SyncState};
pub use transfer::TransferRequest;
pub use trash::{
    Trash, TrashExpired, TrashOrigin, TrashPolicy, Trashed, TrashedAs, empty_home_trash,
};
pub use uploads::{Assembly, PartRequest, Upload, Uploads};
pub use verify::Verifier;
pub use view::{LinkView, View};
