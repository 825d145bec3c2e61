//! Care of an installation's data.
//!
//! | | |
//! |---|---|
//! | [`fsck`] | compares tree and contents in both directions, and repairs what is provable |
//! | [`scrub`] | reads every content at a bounded rate, to find what a disk has lost |
//! | [`backup`] | copies a consistent state while a server runs, and brings it back |
//! | [`export`] | a plain directory of people's files with everything known of them, and back |
//!
//! All of it works on SQLite and on PostgreSQL, through one
//! [snapshot](allmende_sql::Snapshot) of the database, a page at a time: memory does not
//! depend on the size of the installation. What it reads of contents it reads beside a
//! running server ([`LocalReader`](allmende_storage_local::LocalReader)); what changes
//! something needs the store for itself.
//!
//! Nothing here decides by guessing: what cannot be proved is told and left as it is.

pub mod backup;
mod catalog;
mod cells;
mod error;
pub mod export;
mod folder;
pub mod fsck;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod holding;
mod pace;
mod read;
mod references;
pub mod scrub;
mod watch;

pub use error::{Error, ErrorKind, Result};
pub use pace::{InvalidRate, Rate};
pub use watch::Watch;
