//! Whether the tree and the contents are what they say of one another.
//!
//! # What is looked at
//! * Every row of the tree: sizes of folders and spaces, revisions of ancestors, parents,
//!   circles, lists of segments, rows that belong to nothing.
//! * Every reference: its content is there, has the length that the row says, reads as it was
//!   written, and has the checksums that its client told.
//! * Every content: a file refers to it, or a lease or the collector's list knows it.
//!
//! # What is repaired
//! Only what follows from other rows for certain, and only with [`Mode::Repair`]: sizes of
//! folders and spaces, rows of nodes that are gone, entries of the collector's list that are
//! wrong, a file's length where its checksum proves the content. A content that nothing knows
//! is moved into a quarantine, byte for byte, not deleted. Whatever else is found is told and
//! left as it is.
//!
//! # Beside a running server
//! The rows are compared among themselves in one snapshot of the database, which is let go
//! then: contents may take days, and are gone through with a page of references at a time, each
//! as of its own moment. A [pin](allmende_tree_sql::SqlTree::pin), which is renewed, keeps what
//! is referred to from being deleted meanwhile. A content that no page knows is looked up once
//! more before it is told: it may have come since. What comes or is overwritten while the check
//! runs may go unlooked at. To repair, the server must not run.

mod contents;
mod lists;
mod quarantine;
mod repair;
mod rows;
mod survey;

use std::{fmt, path::Path};

use allmende_sql::Sql;
use allmende_storage::BlobStore;
use allmende_tree_sql::SqlTree;
use allmende_types::Timestamp;
use serde::Serialize;

use crate::{Result, Watch, holding::Holding};

/// What is checked.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The database.
    pub sql: &'a Sql,
    /// The tree in it.
    pub tree: &'a SqlTree,
    /// The contents. To repair, the store must be open for writing.
    pub blobs: &'a dyn BlobStore,
    /// The directory into which contents are moved that nothing knows; it is made when the
    /// first one comes.
    pub quarantine: &'a Path,
}

/// How a check works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Options {
    /// Whether anything is changed.
    pub mode: Mode,
    /// How far contents are read.
    pub depth: Depth,
}

/// Whether a check changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Nothing.
    #[default]
    Look,
    /// What is provable is repaired.
    Repair,
}

/// How far contents are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Every byte.
    #[default]
    Bytes,
    /// Only whether they are there, and how long they are.
    Lengths,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// The engine finds its own file damaged.
    Database,
    /// A folder's size is not the sum of what lies in it.
    FolderSize,
    /// What a space says is in use is not the size of its root.
    SpaceUsed,
    /// A folder or a space has a lower revision than something in it.
    Revision,
    /// A node's folder is not there, or is a file.
    Parent,
    /// A node lies in itself.
    Circle,
    /// A space's root is not there, or is another's.
    Root,
    /// A content of several segments lacks some, or they do not add up.
    Segments,
    /// A row belongs to a node or a space that is not there.
    Dangling,
    /// The list of what may be deleted names something that is referred to.
    Condemned,
    /// An id would be given a second time.
    NextId,
    /// A content that a file refers to is not there.
    Missing,
    /// A content has another length than its file.
    Length,
    /// A content cannot be read as it was written.
    Damaged,
    /// A content is not the one whose checksum its file has.
    Checksum,
    /// A content that nothing knows.
    Orphan,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "damaged database",
            Self::FolderSize => "wrong size of a folder",
            Self::SpaceUsed => "wrong sum of a space",
            Self::Revision => "revision below that of a member",
            Self::Parent => "no folder",
            Self::Circle => "lies in itself",
            Self::Root => "no root",
            Self::Segments => "incomplete list of segments",
            Self::Dangling => "row of something that is gone",
            Self::Condemned => "marked for deletion though in use",
            Self::NextId => "ids would repeat",
            Self::Missing => "content is missing",
            Self::Length => "wrong length",
            Self::Damaged => "content is damaged",
            Self::Checksum => "content has another checksum",
            Self::Orphan => "content that nothing knows",
        })
    }
}

/// What became of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It stays as it is.
    Found,
    /// It is repaired.
    Repaired,
    /// The content lies in the quarantine.
    Quarantined,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// What.
    pub kind: Kind,
    /// Where: ids, and numbers that do not agree. No names of files.
    pub what: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a check saw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Nodes in the tree.
    pub nodes: u64,
    /// References of files to contents.
    pub references: u64,
    /// Contents in the store.
    pub contents: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Contents that the collector will remove in its time.
    pub collectable: u64,
    /// Problems that stay.
    pub found: u64,
    /// Problems that were repaired, and contents that were quarantined.
    pub repaired: u64,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing was wrong.
    Clean,
    /// Everything that was wrong is repaired.
    Repaired,
    /// Something is wrong.
    Damaged,
}

impl Report {
    /// What it comes to.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match (self.found, self.repaired) {
            (0, 0) => Verdict::Clean,
            (0, _) => Verdict::Repaired,
            _ => Verdict::Damaged,
        }
    }
}

/// Checks everything. Each problem is handed over when it is found.
///
/// # Errors
/// When something cannot be looked at. What was found until then is true.
pub async fn check(
    subject: Subject<'_>,
    options: Options,
    now: Timestamp,
    watch: &dyn Watch,
    tell: &mut (dyn FnMut(Problem) + Send),
) -> Result<Report> {
    let holding = Holding::begin(subject.tree, now).await?;
    let mut survey = survey::Survey::new(subject, options, now, holding, watch, tell);
    let done = survey.run().await;
    let survey::Survey { report, holding, .. } = survey;
    holding.end().await;
    done.map(|()| report)
}
