//! A plain directory of people's files with everything known of them, and the way back.
//!
//! ```text
//! format.json           what this is, its version, and the digest of the manifest
//! manifest.jsonl        one record per line
//! files/home/alice/…    the files of a person, under their names, with their times
//! files/team/3/…        those of a team folder, by its number
//! trash/home/alice/…    what was thrown away in these files, under the names that the trash
//!                       gives it: `plan.txt.d1700000000`, with the time at which it went
//! versions/home/alice/… the older contents of these files: in a folder that is called as the
//!                       file, under their numbers and with its ending:
//!                       `notes/plan.txt/1700000000.txt`; those of files in the trash lie in
//!                       `versions/trash/home/alice/…`
//! ```
//!
//! # The manifest
//! A record is one of these objects, in this order: rows of the tables of people, then for
//! each space its own record and those of its folders and files from above, with the older
//! contents of a file behind it, and right behind each space the one of its trash; then rows of
//! the tables that speak of files, and where what is in the trash was.
//!
//! ```text
//! {"table":"people","row":{"key":"alice","uid":"Alice",…}}
//! {"space":"home:alice","quota":null}
//! {"folder":"","modified":1700000000,"created":null,"uploaded":1700000000,"properties":[]}
//! {"file":"a/b.txt","size":3,"sha256":"…","modified":…,"created":…,"uploaded":…,
//!  "media_type":"text/plain","checksums":"SHA1:…","properties":[["","ns","name","value"]]}
//! {"file":"a/b.txt","version":1690000000,"size":2,"sha256":"…",…}
//! {"space":"trash:home:alice","quota":null}
//! {"table":"shares","row":{"node":{"space":"home:alice","path":"a/b.txt"},…}}
//! {"trashed":{"space":"trash:home:alice","path":"c.d1700000000"},"deleted":1700000000,
//!  "by":"alice","was":"a/c","above":[]}
//! ```
//!
//! Times are Unix times. A column that names a file or folder holds its space and path, be it
//! in the trash. Properties of a content say who wrote it, and what a version is called; favourites
//! are properties of persons. The token of a link stands in plain text, passwords as their
//! Argon2 hashes: an export is to be kept as safe as the installation itself.
//!
//! # What is not in it
//! Sessions, app passwords and programs that act for people, locks, unfinished uploads, events
//! and notifications: what of an installation is of this moment or of its past. The order of
//! ids. Tables that this version of the format does not know; `format.json` names these tables,
//! so that nobody takes an export for more than it is.
//!
//! # Versions of the format
//! This is version 2. Version 1, which knew neither the trash nor versions, is still read; a
//! newer one is refused, as is a record that is not known.
//!
//! # The digest
//! The manifest has no id in it that another installation would have given otherwise. So
//! the digest of its lines is equal for equal installations: [`digest`] before an export and
//! after its [`import`] is the same.
//!
//! # Beside a running server
//! One moment of the database is listed, into a file without a name in the directory of the
//! export, or for a digest in that of the system for what is temporary: about as large as the
//! manifest. Contents are read when the database is not held any more; a
//! [pin](allmende_tree_sql::SqlTree::pin), which is renewed, keeps them from being deleted.

mod digest;
mod import;
mod list;
mod nextcloud;
mod places;
mod planter;
mod record;
mod spool;
mod tables;
mod trashed;
mod walk;
mod write;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use record::manifest_line;

pub use digest::digest;
pub use import::{Imported, import};
pub use nextcloud::import_nextcloud;
pub use planter::ImportTarget;
pub use write::{ExportSource, Exported, export};
