//! Old contents of files.
//!
//! Whoever overwrites a file loses nothing: the content that stood there is kept, by the
//! same commit that replaces it. It is referenced, not copied, so it costs rows and no
//! bytes until the file has another content.
//!
//! # Where they are
//! Beside each space lies another one for the versions of its files. In it, a folder for
//! each file that was ever overwritten, named by the file's id; in that, a file for each
//! content. A property of the file says which folder is its own, so the versions are found
//! wherever the file is moved, also in the trash; the next overwrite, or the
//! [`VersionKeeper`], brings them after it into the space beside its new one.
//!
//! # What makes a version
//! Every way to give a file another content does: writing it, the last step of an upload,
//! many at once, a guest of a link, and bringing back an older version. Not a content
//! without a byte, and not one that is written again: where the checksum says that nothing
//! changes, there is nothing to keep.
//!
//! Moving or copying a node onto a file replaces the file, which has another id; it is
//! removed with its versions, as any other file that is removed.
//!
//! # Who may do what
//! Whoever may read a file may read its versions; to bring one back or to name it takes the
//! right to change the file, and to remove one that to delete it.

mod change;
mod keep;
mod keeper;
mod list;
mod place;
mod schedule;

use std::time::Duration;

use allmende_types::{NodeId, SpaceId, UserId};

pub(crate) use self::{
    keep::Content,
    place::{Author, Marks},
};
pub use self::{
    keeper::{Tidied, VersionKeeper},
    place::Place as VersionPlace,
    schedule::{InvalidSchedule, Kept, Naming, Schedule, Step},
};
use crate::{Entry, Retention};

/// How versions are kept.
///
/// ```
/// use allmende_files::{FilesOptions, versions::VersionOptions};
///
/// let versions = VersionOptions { retention: "auto, 90".parse()?, ..VersionOptions::default() };
/// let options = FilesOptions { versions: Some(versions), ..FilesOptions::default() };
/// # Ok::<(), allmende_files::InvalidRetention>(())
/// ```
#[derive(Debug, Clone)]
pub struct VersionOptions {
    /// How long they stay. Between the bounds the schedule decides, and versions may use
    /// half of what is free of the quota.
    pub retention: Retention,
    /// How densely they are kept.
    pub schedule: Schedule,
    /// For how long each one is left alone, whatever the schedule says, so that two
    /// contents of one second can both be brought back.
    pub settle: Duration,
    /// How often the [`VersionKeeper`] works.
    pub tidy_every: Duration,
}

impl Default for VersionOptions {
    fn default() -> Self {
        Self {
            retention: Retention::AUTO,
            schedule: Schedule::default(),
            settle: Duration::from_secs(60),
            tidy_every: Duration::from_secs(3600),
        }
    }
}

/// A content that a file has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Version {
    /// What names it among the versions of its file: the time of its last change, in
    /// seconds since 1970, or the next free number where another one has that.
    pub number: i64,
    /// The file with this content, as the view shows it. Its id is the version's own.
    pub entry: Entry,
    /// Who wrote the content; none if that was somebody without an account.
    pub author: Option<UserId>,
    /// The name that somebody gave it.
    pub label: Option<Box<str>>,
    /// Whether it is the content that the file has now.
    pub standing: Standing,
    /// The file itself, by its space and its id.
    pub(crate) file: (SpaceId, NodeId),
}

/// Whether a content is that of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The file has it.
    Current,
    /// It was overwritten.
    Overwritten,
}
