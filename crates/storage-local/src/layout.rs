//! The directory's layout: its format, and the directories in it.

use std::{fs::File, io, os::fd::OwnedFd, path::Path};

use allmende_storage::{Error, ErrorKind};
use rustix::{
    fs::{self, Dir, Mode, OFlags},
    io::Errno,
};

use crate::disk::{Patience, read};

const FORMAT: &[u8] = b"allmende-blobs 1\n";

pub(crate) fn unknown(path: &Path, found: &str) -> Error {
    let unknown = format!("open {}: its format is {found:?}, not ours", path.display());
    Error::new(ErrorKind::Invalid, unknown)
}

/// Opens a directory, which is made if it is not there.
pub(crate) fn directory(root: &OwnedFd, name: &str) -> io::Result<OwnedFd> {
    match fs::mkdirat(root, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(fs::openat(root, name, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Makes the name of a directory durable, which the directory above holds.
pub(crate) fn flush_name(directory: &OwnedFd) -> io::Result<()> {
    match fs::openat(directory, "..", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
        Ok(above) => Ok(fs::fsync(above)?),
        // Who may not read it has not made a name in it either.
        Err(Errno::ACCESS | Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn names(directory: &OwnedFd) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "." && name != ".." {
            names.push(name);
        }
    }
    Ok(names)
}

/// Reads the file that tells the layout, or writes it into a new directory. The inner
/// error is what an unknown one says.
pub(crate) fn check_format(root: &OwnedFd) -> io::Result<Result<(), String>> {
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC;
    let file: File = fs::openat(root, "format", flags, Mode::RUSR | Mode::WUSR)?.into();
    let mut found = vec![0; usize::try_from(file.metadata()?.len().min(64)).unwrap_or(64)];
    read(&file, &mut found, 0, Patience::Wait)?;
    if FORMAT.starts_with(&found) && found.len() < FORMAT.len() {
        std::os::unix::fs::FileExt::write_all_at(&file, FORMAT, 0)?;
        file.sync_all()?;
        return Ok(Ok(()));
    }
    let text = String::from_utf8_lossy(&found).trim_end().to_owned();
    Ok(if found == FORMAT { Ok(()) } else { Err(text) })
}

/// Reads the file that tells the layout. The inner error is what an unknown one says.
pub(crate) fn read_format(path: &Path) -> io::Result<Result<(), String>> {
    let found = std::fs::read(path.join("format"))?;
    let text = String::from_utf8_lossy(&found).trim_end().to_owned();
    Ok(if found == FORMAT { Ok(()) } else { Err(text) })
}
