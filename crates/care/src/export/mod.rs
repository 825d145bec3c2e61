//! A plain directory of people's files with everything known of them, and the way back.
//!
//! ```text
//! format.json        what this is, its version, and the digest of the manifest
//! manifest.jsonl     one record per line
//! files/home/alice/… the files of a person, under their names, with their times
//! files/team/3/…     those of a team folder, by its number
//! ```
//!
//! # The manifest
//! A record is one of these objects, in this order: rows of the tables of people, then for
//! each space its own record and those of its folders and files from above, then rows of the
//! tables that speak of files.
//!
//! ```text
//! {"table":"people","row":{"key":"alice","uid":"Alice",…}}
//! {"space":"home:alice","quota":null}
//! {"folder":"","modified":1700000000,"created":null,"uploaded":1700000000,"properties":[]}
//! {"file":"a/b.txt","size":3,"sha256":"…","modified":…,"created":…,"uploaded":…,
//!  "media_type":"text/plain","checksums":"SHA1:…","properties":[["","ns","name","value"]]}
//! {"table":"shares","row":{"node":{"space":"home:alice","path":"a/b.txt"},…}}
//! ```
//!
//! Times are Unix times. A column that names a file or folder holds its space and path. The
//! token of a link stands in plain text, passwords as their Argon2 hashes: an export is to be
//! kept as safe as the installation itself.
//!
//! # What is not in it
//! Sessions, app passwords, locks, unfinished uploads, events and notifications: what of an
//! installation is of this moment or of its past. Marks, comments and shares of what lies in
//! the trash. Nor are the spaces of the trash and of old
//! versions, and tables that this version of the format does not know; `format.json` names
//! these tables, so that nobody takes an export for more than it is. A later version of the
//! format can add records of its own: an unknown record is refused, not passed over.
//!
//! # The digest
//! The manifest has no id in it that another installation would have given otherwise. So
//! the digest of its lines is equal for equal installations: [`digest`] before an export and
//! after its [`import`] is the same.

mod digest;
mod import;
mod nextcloud;
mod planter;
mod record;
mod tables;
mod walk;
mod write;

pub use digest::digest;
pub use import::{Imported, import};
pub use nextcloud::import_nextcloud;
pub use planter::ImportTarget;
pub use write::{ExportSource, Exported, export};
