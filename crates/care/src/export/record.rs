//! Records of a manifest.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::trashed::Trashed;
use crate::{Error, ErrorKind, Result, error::Context as _};

pub(super) const FORMAT: &str = "allmende-export";
/// Raised whenever a reader of the version before would lose something. Version 1 knew neither
/// the trash nor versions; what it has is written in the same way.
pub(super) const VERSION: u32 = 2;
pub(super) const MANIFEST: &str = "manifest.jsonl";
pub(super) const HEAD: &str = "format.json";
/// The longest record that is read: a row with its values.
const LONGEST: u64 = 256 << 20;

/// What `format.json` says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) format: String,
    pub(super) version: u32,
    /// See [`Digester`].
    pub(super) digest: String,
    /// Tables of which nothing is in the export.
    pub(super) left_out: Vec<String>,
}

impl Head {
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(HEAD);
        let text = std::fs::read(&path).context(path.display())?;
        let head: Self = serde_json::from_slice(&text).context(path.display())?;
        if head.format != FORMAT || !(1..=VERSION).contains(&head.version) {
            return Err(Error::new(ErrorKind::Unknown, path.display().to_string()));
        }
        Ok(head)
    }
}

/// One line. See the [module](super).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Record {
    Row(Row),
    Space(Space),
    Folder(Folder),
    FileEntry(FileEntry),
    Trashed(Trashed),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) table: String,
    pub(super) row: Map<String, Json>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Space {
    pub(super) space: String,
    pub(super) quota: Option<i64>,
}

/// A stored property: owner (empty for everyone), namespace, name, value.
pub(super) type Property = (String, String, String, String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Folder {
    /// Empty for the root of the space.
    pub(super) folder: String,
    pub(super) modified: i64,
    pub(super) created: Option<i64>,
    pub(super) uploaded: i64,
    pub(super) properties: Vec<Property>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileEntry {
    pub(super) file: String,
    /// Of a content that the file does not have any more: its number among those. It follows
    /// its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<i64>,
    pub(super) size: u64,
    /// None where the content could not be read; it is not in the export then.
    pub(super) sha256: Option<String>,
    pub(super) modified: i64,
    pub(super) created: Option<i64>,
    pub(super) uploaded: i64,
    pub(super) media_type: Option<String>,
    pub(super) checksums: Option<String>,
    pub(super) properties: Vec<Property>,
}

impl FileEntry {
    /// How it is called where something is said of it.
    pub(super) fn shown(&self, space: &str) -> String {
        let version = self.version.map(|number| format!(" (version {number})"));
        format!("{space}/{}{}", self.file, version.unwrap_or_default())
    }
}

/// The digest of a manifest: SHA-256 of its lines, but for those whose order says nothing. Of
/// these the digests are added up, and their sum is what comes last.
#[derive(Debug, Default)]
pub(super) struct Digester {
    lines: Sha256,
    sum: [u64; 4],
}

impl Digester {
    pub(super) fn add(&mut self, record: &Record, line: &[u8]) {
        match record {
            Record::Row(row) if super::tables::is_ordered(&row.table) => self.lines.update(line),
            Record::Row(_) | Record::Trashed(_) => {
                let digest: [u8; 32] = Sha256::digest(line).into();
                for (sum, part) in self.sum.iter_mut().zip(digest.as_chunks::<8>().0) {
                    *sum = sum.wrapping_add(u64::from_be_bytes(*part));
                }
            }
            Record::Space(_) | Record::Folder(_) | Record::FileEntry(_) => {
                self.lines.update(line);
            }
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.sum.iter().for_each(|sum| self.lines.update(sum.to_be_bytes()));
        self.lines.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What stands before the key of a space for what was thrown away in it. (In the database that
/// has a key of its own, with the id of the space.)
pub(super) const TRASH: &str = "trash:";

/// Where the files of a space lie; none if the space is not exported.
pub(super) fn space_dir(dir: &Path, key: &str) -> Option<PathBuf> {
    let (top, base) = match key.strip_prefix(TRASH) {
        Some(base) => ("trash", base),
        None => ("files", key),
    };
    Some(dir.join(top).join(below(base)?))
}

/// `home/alice` of `home:alice`; none if such a space is not exported.
fn below(key: &str) -> Option<PathBuf> {
    let (kind, of) = key.split_once(':')?;
    // Neither a path of its own nor a hidden name.
    let is_plain = !of.is_empty() && !of.starts_with('.') && !of.contains(['/', '\0']);
    (matches!(kind, "home" | "team") && is_plain).then(|| Path::new(kind).join(of))
}

/// The most bytes of the ending that a version has from its file.
const ENDING: usize = 50;

/// Where the bytes of a file or version lie: a version in a folder that is called as its file,
/// under its number and with its ending, so that it opens as the file does.
pub(super) fn content_path(dir: &Path, key: &str, record: &FileEntry) -> Option<PathBuf> {
    let Some(number) = record.version else { return Some(space_dir(dir, key)?.join(&record.file)) };
    let versions = dir.join("versions");
    let of = match key.strip_prefix(TRASH) {
        Some(base) => versions.join("trash").join(below(base)?),
        None => versions.join(below(key)?),
    };
    let name = record.file.rsplit('/').next().unwrap_or_default();
    let ending = name.rfind('.').filter(|at| *at > 0 && name.len() - at < ENDING);
    let ending = ending.map_or("", |at| &name[at..]);
    Some(of.join(&record.file).join(format!("{number}{ending}")))
}

/// For [`fuzzing`](crate::fuzzing).
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn manifest_line(input: &[u8]) {
    use super::import::path_of;
    let Ok(record) = serde_json::from_slice::<Record>(input) else { return };
    let written = serde_json::to_vec(&record).unwrap_or_default();
    assert!(serde_json::from_slice::<Record>(&written).is_ok_and(|again| again == record));
    let (dir, key) = (Path::new("/export"), "trash:home:a");
    let is_below = |path: &Path| {
        let plain = |part| matches!(part, std::path::Component::Normal(_));
        path.strip_prefix(dir).is_ok_and(|below| below.components().all(plain))
    };
    match record {
        Record::Space(space) => {
            assert!(space_dir(dir, &space.space).is_none_or(|path| is_below(&path)));
        }
        Record::Folder(folder) if path_of(&folder.folder).is_ok() => {
            assert!(space_dir(dir, key).is_some_and(|path| is_below(&path.join(&folder.folder))));
        }
        Record::FileEntry(file) if path_of(&file.file).is_ok() => {
            assert!(content_path(dir, key, &file).is_some_and(|path| is_below(&path)));
        }
        Record::Folder(_) | Record::FileEntry(_) | Record::Row(_) | Record::Trashed(_) => {}
    }
}

/// Reads a manifest line by line.
#[derive(Debug)]
pub(super) struct Records {
    input: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl Records {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(MANIFEST);
        let input = BufReader::with_capacity(1 << 18, File::open(&path).context(path.display())?);
        Ok(Self { input, line: Vec::new(), number: 0 })
    }

    pub(super) fn next(&mut self) -> Result<Option<Record>> {
        self.line.clear();
        let mut limited = (&mut self.input).take(LONGEST);
        if limited.read_until(b'\n', &mut self.line).context(MANIFEST)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let record = serde_json::from_slice(&self.line);
        record.map(Some).context(format_args!("{MANIFEST}: line {}", self.number))
    }

    /// The line that was read last.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_apart_and_unknown_ones_refused() {
        let read = |text: &str| serde_json::from_str::<Record>(text);
        let folder = "\"modified\":1,\"created\":null,\"uploaded\":2,\"properties\":[]";
        assert!(matches!(read(&format!("{{\"folder\":\"a\",{folder}}}")), Ok(Record::Folder(_))));
        assert!(matches!(read("{\"space\":\"home:a\",\"quota\":7}"), Ok(Record::Space(_))));
        assert!(matches!(read("{\"table\":\"t\",\"row\":{}}"), Ok(Record::Row(_))));
        let trashed = "{\"trashed\":{\"space\":\"trash:home:a\",\"path\":\"b.d1\"},\
             \"deleted\":1,\"by\":null,\"was\":\"b\",\"above\":[]}";
        assert!(matches!(read(trashed), Ok(Record::Trashed(_))));
        for bad in ["{}", "{\"tag\":1}", "[]", "{\"space\":\"home:a\",\"quota\":7,\"more\":1}"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_order_that_says_something_counts() {
        let digest = |lines: [&str; 2]| {
            let mut digester = Digester::default();
            for line in lines {
                digester.add(&serde_json::from_str(line).unwrap(), line.as_bytes());
            }
            digester.finish()
        };
        let share =
            ["{\"table\":\"shares\",\"row\":{\"a\":1}}", "{\"table\":\"shares\",\"row\":{}}"];
        assert_eq!(digest(share), digest([share[1], share[0]]));
        assert_ne!(digest(share), digest([share[0], share[0]]));
        let people = share.map(|line| line.replace("shares", "people"));
        assert_ne!(digest([&people[0], &people[1]]), digest([&people[1], &people[0]]));
    }

    #[test]
    fn spaces_lie_below_the_directory() {
        let dir = Path::new("/x");
        assert_eq!(space_dir(dir, "home:alice").unwrap(), Path::new("/x/files/home/alice"));
        assert_eq!(space_dir(dir, "team:3").unwrap(), Path::new("/x/files/team/3"));
        let trash = Path::new("/x/trash/home/alice");
        assert_eq!(space_dir(dir, "trash:home:alice").unwrap(), trash);
        for none in [
            "trash:3",
            "trash:trash:team:3",
            "versions:home:alice",
            "uploads",
            "home:",
            "home:..",
            "home:a/b",
            "uploads:alice",
        ] {
            assert_eq!(space_dir(dir, none), None, "{none}");
        }
    }

    #[test]
    fn versions_lie_in_folders_called_as_their_files() {
        let line = "{\"file\":\"a.d/b.tar.gz\",\"size\":1,\"sha256\":null,\"modified\":1,\
             \"created\":null,\"uploaded\":1,\"media_type\":null,\"checksums\":null,\
             \"properties\":[],\"version\":7}";
        let record: FileEntry = serde_json::from_str(line).unwrap();
        let place = |key: &str, name: &str| {
            let record = FileEntry { file: name.into(), ..record.clone() };
            let path = content_path(Path::new("/x"), key, &record).unwrap();
            path.to_str().unwrap().to_owned()
        };
        assert_eq!(place("home:a", "a.d/b.tar.gz"), "/x/versions/home/a/a.d/b.tar.gz/7.gz");
        assert_eq!(place("trash:team:3", "b.d9"), "/x/versions/trash/team/3/b.d9/7.d9");
        assert_eq!(place("home:a", ".hidden"), "/x/versions/home/a/.hidden/7");
        let long = format!("x.{}", "y".repeat(60));
        assert_eq!(place("home:a", &long), format!("/x/versions/home/a/{long}/7"));
        assert_eq!(record.shown("home:a"), "home:a/a.d/b.tar.gz (version 7)");
    }
}
