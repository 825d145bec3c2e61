//! The directory of backups.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use allmende_types::Timestamp;

use super::manifest::{BackupId, Manifest};
use crate::{Error, ErrorKind, Result, error::Context as _, folder};

/// The directory, locked.
#[derive(Debug)]
pub(super) struct Place {
    dir: PathBuf,
    _lock: folder::Lock,
}

/// The backups in a directory that are whole, oldest first.
///
/// # Errors
/// [`Absent`](ErrorKind::Absent) when the directory is not there,
/// [`Unavailable`](ErrorKind::Unavailable).
pub fn list(dir: &Path) -> Result<Vec<BackupId>> {
    if !dir.is_dir() {
        return Err(Error::new(ErrorKind::Absent, dir.display().to_string()));
    }
    complete(dir)
}

fn complete(dir: &Path) -> Result<Vec<BackupId>> {
    let names = folder::names(&dir.join("backups"))?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

/// Where a whole backup lies.
pub(super) fn of(dir: &Path, id: &BackupId) -> PathBuf {
    dir.join("backups").join(id.as_str())
}

/// Where a pack lies.
pub(super) fn pack(dir: &Path, name: &str) -> PathBuf {
    dir.join("packs").join(name)
}

impl Place {
    /// Opens the directory, which is made if it is not there, and clears what was never
    /// finished.
    pub(super) fn open(dir: &Path) -> Result<Self> {
        for part in ["backups", "packs"] {
            folder::make(&dir.join(part))?;
        }
        let place = Self { _lock: folder::Lock::take(dir)?, dir: dir.to_owned() };
        for part in [dir, &dir.join("backups"), &dir.join("packs")] {
            folder::flush(part)?;
        }
        place.clear()?;
        Ok(place)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The newest backup.
    pub(super) fn newest(&self) -> Result<Option<Manifest>> {
        let newest = complete(&self.dir)?.pop();
        newest.map(|id| Manifest::read(&of(&self.dir, &id))).transpose()
    }

    /// A name that none has.
    pub(super) fn fresh(&self, now: Timestamp) -> Result<BackupId> {
        let taken: BTreeSet<BackupId> = complete(&self.dir)?.into_iter().collect();
        let mut names = (0..).map(|number| BackupId::new(now, number));
        let free = names.find(|id| !taken.contains(id));
        free.ok_or_else(|| Error::new(ErrorKind::NotEmpty, self.dir.display().to_string()))
    }

    /// Where a backup lies as long as it is not whole.
    pub(super) fn hidden(&self, id: &BackupId) -> PathBuf {
        self.dir.join("backups").join(format!(".{id}"))
    }

    /// Removes what a crash left, and packs in which nothing lies that is still wanted.
    fn clear(&self) -> Result<()> {
        let backups = self.dir.join("backups");
        for name in folder::names(&backups)?.iter().filter(|name| name.starts_with('.')) {
            folder::remove_all(&backups.join(name))?;
        }
        let mut wanted = BTreeSet::new();
        for id in complete(&self.dir)? {
            // One that cannot be read may want any pack.
            wanted.extend(Manifest::read(&of(&self.dir, &id))?.packs);
        }
        for name in folder::names(&self.dir.join("packs"))? {
            if !wanted.contains(&name) {
                let path = pack(&self.dir, &name);
                std::fs::remove_file(&path).context(path.display())?;
            }
        }
        Ok(())
    }
}
