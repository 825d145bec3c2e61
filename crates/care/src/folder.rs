//! Directories and files that must survive a loss of power.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags};

use crate::{Error, ErrorKind, Result, error::Context as _};

/// Makes a directory that only its owner may read, with those above it.
pub(crate) fn make(path: &Path) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.context(format_args!("make {}", path.display()))
}

/// Makes a file that only its owner may read.
pub(crate) fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).context(format_args!("make {}", path.display()))
}

/// Writes a small file, durably.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = create(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.context(format_args!("write {}", path.display()))
}

/// Makes the names in a directory durable.
pub(crate) fn flush(path: &Path) -> Result<()> {
    let flushed = File::open(path).and_then(|directory| directory.sync_all());
    flushed.context(format_args!("flush {}", path.display()))
}

/// Renames, durably: both lie in one directory.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).context(format_args!("rename {}", from.display()))?;
    let above = to.parent().filter(|above| !above.as_os_str().is_empty());
    flush(above.unwrap_or(Path::new(".")))
}

/// The same place under a name that does not depend on the directory in which the process
/// works, with links followed. It need not be there.
pub(crate) fn settled(path: &Path) -> Result<PathBuf> {
    let settled = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::path::absolute(path),
        other => other,
    };
    settled.context(path.display())
}

/// Refuses what cannot give way to a directory that gets its name: a mount point, and what is
/// no directory. To be asked before any work is done.
pub(crate) fn ensure_replaceable(path: &Path) -> Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.context(path.display())?,
    };
    if !kind.is_dir() {
        return Err(Error::new(ErrorKind::NotEmpty, path.display().to_string()));
    }
    let stat = rustix::fs::statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS);
    let stat = stat.map_err(io::Error::from).context(path.display())?;
    // Of a directory that is mounted a second time, the device is that of the one above.
    if stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT) {
        return Err(Error::new(ErrorKind::MountPoint, path.display().to_string()));
    }
    Ok(())
}

/// Removes a directory with everything in it; one that is not there is fine.
pub(crate) fn remove_all(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.context(format_args!("remove {}", path.display())),
    }
}

/// Refuses a directory that has something in it. One that is not there is empty.
pub(crate) fn ensure_empty(path: &Path) -> Result<()> {
    match fs::read_dir(path) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::NotEmpty, path.display().to_string())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).context(path.display()),
    }
}

/// The names in a directory, in order; none where it is not there.
pub(crate) fn names(path: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.context(path.display())?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.context(path.display())?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// Keeps other processes out of a directory as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "it is its being open that matters")] File);

impl Lock {
    pub(crate) fn take(dir: &Path) -> Result<Self> {
        let path = dir.join("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).context(path.display())?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(fs::TryLockError::WouldBlock) => {
                Err(Error::new(ErrorKind::Busy, dir.display().to_string()))
            }
            Err(fs::TryLockError::Error(error)) => Err(error).context(path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_give_way_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let kind = |path: &Path| ensure_replaceable(path).map_err(|error| error.kind());
        assert_eq!(kind(folder.path()), Ok(()));
        assert_eq!(kind(&folder.path().join("absent")), Ok(()));
        // Wherever this runs, that is one.
        assert_eq!(kind(Path::new("/proc")), Err(ErrorKind::MountPoint));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert_eq!(kind(&link), Err(ErrorKind::NotEmpty));
    }

    #[test]
    fn a_settled_name_leads_there_from_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap();
        std::os::unix::fs::symlink(&real, real.join("link")).unwrap();
        assert_eq!(settled(&real.join("link")).unwrap(), real);
        assert_eq!(settled(&real.join("absent")).unwrap(), real.join("absent"));
        let here = std::env::current_dir().unwrap();
        assert_eq!(settled(Path::new("not-there")).unwrap(), here.join("not-there"));
    }
}
