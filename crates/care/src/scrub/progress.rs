//! How far a scrub has come, in a file that a server and a command share.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use allmende_types::BlobId;
use serde::{Deserialize, Serialize};

use super::Scrubbed;
use crate::{Error, ErrorKind, Result, error::Context as _, folder};

/// How long a command waits for a server that notes something.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the file says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The content that was read last; none where a round has not begun.
    pub(super) after: Option<String>,
    pub(super) so_far: Scrubbed,
    /// The round that ended last.
    #[serde(default)]
    pub(super) last: Option<Round>,
}

/// A round in which every content was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Round {
    /// Unix time of its end.
    pub(super) ended: i64,
    pub(super) read: Scrubbed,
}

impl Progress {
    pub(super) fn read(path: &Path) -> Result<Self> {
        match fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| damaged(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).context(path.display()),
        }
    }

    /// The content behind which it goes on.
    pub(super) fn after(&self, path: &Path) -> Result<Option<BlobId>> {
        let after = self.after.as_ref().map(|text| text.parse());
        after.transpose().map_err(|_| damaged(path))
    }

    /// To be called by who has the [`Claim`].
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec(self).context(path.display())?;
        let fresh = path.with_extension("new");
        if fresh.exists() {
            fs::remove_file(&fresh).context(fresh.display())?;
        }
        folder::write(&fresh, &text)?;
        folder::rename(&fresh, path)
    }
}

fn damaged(path: &Path) -> Error {
    Error::damaged(format!("{}: remove it to begin anew", path.display()))
}

/// The right to write the progress: of one process at a time. It ends when it is dropped, or
/// with the process.
#[derive(Debug)]
pub(super) struct Claim(#[expect(dead_code, reason = "it is its being open that matters")] File);

impl Claim {
    /// None if another process has it.
    pub(super) fn attempt(progress: &Path) -> Result<Option<Self>> {
        let path: PathBuf = progress.with_extension("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).context(path.display())?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error).context(path.display()),
        }
    }

    /// Of one who keeps it: a server has it only for moments.
    pub(super) async fn take(progress: &Path) -> Result<Self> {
        let begun = Instant::now();
        loop {
            if let Some(claim) = Self::attempt(progress)? {
                return Ok(claim);
            }
            if begun.elapsed() >= PATIENCE {
                return Err(Error::new(ErrorKind::Busy, progress.display().to_string()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
