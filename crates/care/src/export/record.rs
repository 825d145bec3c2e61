//! Records of a manifest.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use crate::{Error, ErrorKind, Result, error::Context as _};

pub(super) const FORMAT: &str = "allmende-export";
/// Raised whenever a reader of the version before would lose something.
pub(super) const VERSION: u32 = 1;
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
        if head.format != FORMAT || head.version != VERSION {
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

/// The digest of a manifest: SHA-256 of its lines, but for rows whose order says nothing. Of
/// these the digests are added up, and their sum is what comes last.
#[derive(Debug, Default)]
pub(super) struct Digester {
    lines: Sha256,
    sum: [u64; 4],
}

impl Digester {
    pub(super) fn add(&mut self, record: &Record, line: &[u8]) {
        match record {
            Record::Row(row) if !super::tables::is_ordered(&row.table) => {
                let digest: [u8; 32] = Sha256::digest(line).into();
                for (sum, part) in self.sum.iter_mut().zip(digest.as_chunks::<8>().0) {
                    *sum = sum.wrapping_add(u64::from_be_bytes(*part));
                }
            }
            _ => self.lines.update(line),
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.sum.iter().for_each(|sum| self.lines.update(sum.to_be_bytes()));
        self.lines.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Where the files of a space lie; none if the space is not exported.
pub(super) fn space_dir(dir: &Path, key: &str) -> Option<PathBuf> {
    let (kind, of) = key.split_once(':')?;
    // Neither a path of its own nor a hidden name.
    let is_plain = !of.is_empty() && !of.starts_with('.') && !of.contains(['/', '\0']);
    (matches!(kind, "home" | "team") && is_plain).then(|| dir.join("files").join(kind).join(of))
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
        for none in ["trash:3", "uploads", "home:", "home:..", "home:a/b", "uploads:alice"] {
            assert_eq!(space_dir(dir, none), None, "{none}");
        }
    }
}
