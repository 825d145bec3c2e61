//! The room that is left on the disk.

use std::{io, os::fd::OwnedFd, path::Path};

use allmende_storage::{Error, ErrorKind, Result};
use rustix::fs::{self, Mode, OFlags};

/// The share of a small disk that is kept free, whatever was asked for: one part in so many.
const SHARE: u64 = 20;

/// Keeps some of the disk free, for what must still be written when contents fill it: the
/// database, without which nothing could be removed, and the logs.
#[derive(Debug)]
pub(crate) struct Room {
    directory: OwnedFd,
    headroom: u64,
}

impl Room {
    pub(crate) fn of(path: &Path, headroom: u64) -> io::Result<Self> {
        let directory = fs::open(path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { directory, headroom })
    }

    /// Whether so many more bytes leave the headroom free.
    pub(crate) fn check(&self, bytes: u64) -> Result<()> {
        if self.headroom == 0 {
            return Ok(());
        }
        let disk = fs::fstatvfs(&self.directory)
            .map_err(|error| Error::from_io("look at the disk's room", error.into()))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let share = disk.f_blocks.saturating_mul(disk.f_frsize) / SHARE;
        if bytes.saturating_add(self.headroom.min(share)) > free {
            return Err(Error::new(ErrorKind::Full, format!("put blob: {free} bytes are free")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_fill_the_disk_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room::of(folder.path(), 1024).unwrap();
        assert!(room.check(0).is_ok());
        assert_eq!(*room.check(u64::MAX).unwrap_err().kind(), ErrorKind::Full);
        let none = Room::of(folder.path(), 0).unwrap();
        assert!(none.check(u64::MAX).is_ok());
    }
}
