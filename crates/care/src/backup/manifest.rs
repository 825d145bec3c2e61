//! What a backup says of itself.

use std::{collections::BTreeMap, fmt, fs, path::Path, str::FromStr};

use allmende_types::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Error, ErrorKind, Result, error::Context as _, folder};

const FORMAT: &str = "allmende-backup";
const VERSION: u32 = 1;
const FILE: &str = "manifest.json";
const DIGEST: &str = "manifest.sha256";
/// More than a manifest ever has.
const LONGEST: u64 = 64 << 20;

/// The name of a backup: the moment at which it was taken, and a number where two were
/// taken within one second.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BackupId(String);

/// A text that is no name of a backup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no backup")]
pub struct InvalidBackupId(String);

impl BackupId {
    pub(super) fn new(now: Timestamp, number: u32) -> Self {
        let text = now.to_rfc3339();
        // Without the offset, which is none.
        let time = text.chars().take_while(|c| *c != '+').filter(char::is_ascii_alphanumeric);
        let time: String = time.chain(['Z']).collect();
        Self(if number == 0 { time } else { format!("{time}-{number}") })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BackupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BackupId {
    type Err = InvalidBackupId;

    fn from_str(text: &str) -> Result<Self, InvalidBackupId> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if (1..=40).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidBackupId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for BackupId {
    type Error = InvalidBackupId;

    fn try_from(text: String) -> Result<Self, InvalidBackupId> {
        text.parse()
    }
}

impl From<BackupId> for String {
    fn from(id: BackupId) -> Self {
        id.0
    }
}

/// A digest as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Digest(String);

impl Digest {
    pub(super) fn of(hasher: Sha256) -> Self {
        Self(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self::of(Sha256::new_with_prefix(bytes))
    }
}

/// One file of lines.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Lines {
    pub(super) lines: u64,
    pub(super) sha256: Digest,
}

/// How far the schema of a component had come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SchemaVersion {
    pub(super) component: String,
    pub(super) version: u32,
}

/// See the [module](super).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: String,
    version: u32,
    pub(super) id: BackupId,
    /// Unix time of the moment whose state it is.
    pub(super) taken: i64,
    pub(super) schema: Vec<SchemaVersion>,
    pub(super) tables: BTreeMap<String, Lines>,
    /// The last numbers that were given out by tables that count.
    pub(super) counters: BTreeMap<String, i64>,
    pub(super) contents: Lines,
    pub(super) bytes: u64,
    /// The packs in which the contents lie.
    pub(super) packs: Vec<String>,
    /// Contents that could not be read where they were copied from.
    pub(super) unreadable: Vec<String>,
    pub(super) files: BTreeMap<String, Digest>,
}

impl Manifest {
    pub(super) fn new(id: BackupId, taken: Timestamp) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            id,
            taken: taken.unix(),
            schema: Vec::new(),
            tables: BTreeMap::new(),
            counters: BTreeMap::new(),
            contents: Lines { lines: 0, sha256: Digest::of_bytes(b"") },
            bytes: 0,
            packs: Vec::new(),
            unreadable: Vec::new(),
            files: BTreeMap::new(),
        }
    }

    pub(super) fn write(&self, dir: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).context("write a manifest")?;
        folder::write(&dir.join(FILE), &text)?;
        folder::write(&dir.join(DIGEST), Digest::of_bytes(&text).0.as_bytes())
    }

    pub(super) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let length = fs::metadata(&path).context(path.display())?.len();
        if length > LONGEST {
            return Err(Error::damaged(path.display().to_string()));
        }
        let text = fs::read(&path).context(path.display())?;
        let digest = fs::read(dir.join(DIGEST)).context(path.display())?;
        if Digest::of_bytes(&text).0.as_bytes() != digest {
            return Err(Error::damaged(path.display().to_string()));
        }
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let head: Head = serde_json::from_slice(&text).context(path.display())?;
        if head.format != FORMAT || head.version > VERSION {
            return Err(Error::new(ErrorKind::Unknown, path.display().to_string()));
        }
        serde_json::from_slice(&text).context(path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_when() {
        let now = Timestamp::from_unix(1_700_000_000);
        assert_eq!(BackupId::new(now, 0).as_str(), "20231114T221320Z");
        assert_eq!(BackupId::new(now, 2).as_str(), "20231114T221320Z-2");
        for bad in ["", "../x", "a/b", ".hidden", &"x".repeat(41)] {
            assert!(bad.parse::<BackupId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_changed_manifest_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let id = BackupId::new(Timestamp::EPOCH, 0);
        Manifest::new(id.clone(), Timestamp::EPOCH).write(dir.path()).unwrap();
        assert_eq!(Manifest::read(dir.path()).unwrap().id, id);
        let path = dir.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\"taken\": 0", "\"taken\": 1")).unwrap();
        assert_eq!(Manifest::read(dir.path()).unwrap_err().kind(), ErrorKind::Damaged);
    }

    #[test]
    fn a_newer_format_is_not_guessed_at() {
        let dir = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::new(BackupId::new(Timestamp::EPOCH, 0), Timestamp::EPOCH);
        manifest.version = VERSION + 1;
        manifest.write(dir.path()).unwrap();
        assert_eq!(Manifest::read(dir.path()).unwrap_err().kind(), ErrorKind::Unknown);
    }
}
