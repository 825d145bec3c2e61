//! Directories as handles: every path is walked from the root's.

use std::{collections::BinaryHeap, os::fd::OwnedFd};

use allmende_types::{Name, SpacePath};
use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat},
    io::Errno,
};

use super::{
    Inner,
    failure::{from_errno, is_absent},
    node::LocalNode,
};
use crate::{
    backend::{Cursor, Entry, Kind, Page, Resource},
    error::{Error, ErrorKind, Result},
};

pub(super) const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The beginning of every name that is ours: the properties of a folder and what is
/// half-written.
pub(super) const HIDDEN: &str = ".allmende-dav";

/// A name for something that is not complete yet.
pub(super) fn scratch_name() -> String {
    format!("{HIDDEN}.{}", uuid::Uuid::new_v4().simple())
}

pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with(HIDDEN)
}

impl Inner {
    /// The directory at a path; none if there is no such directory.
    pub(super) fn directory(&self, path: &SpacePath) -> Result<Option<OwnedFd>> {
        let mut at = openat(&self.root, c".", DIRECTORY, Mode::empty()).map_err(from_errno)?;
        for name in path.names() {
            if is_hidden(name.as_str()) {
                return Ok(None);
            }
            at = match openat(&at, name.as_str(), DIRECTORY, Mode::empty()) {
                Ok(next) => next,
                Err(errno) if is_absent(errno) => return Ok(None),
                Err(errno) => return Err(from_errno(errno)),
            };
        }
        Ok(Some(at))
    }

    /// The directory that holds a path, with the name in it. The root has no such place.
    pub(super) fn parent_of<'a>(&self, path: &'a SpacePath) -> Result<(OwnedFd, &'a Name)> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Error::new(ErrorKind::Forbidden, "The root stays as it is"));
        };
        if is_hidden(name.as_str()) {
            let message = format!("\"{name}\" is a reserved name");
            return Err(Error::new(ErrorKind::InvalidName, message));
        }
        Ok((self.directory(&parent)?.ok_or_else(Error::missing_parent)?, name))
    }

    /// The file or folder at a path.
    pub(super) fn find(&self, path: &SpacePath) -> Result<Option<LocalNode>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            let stat = rustix::fs::fstat(&self.root).map_err(from_errno)?;
            return Ok(LocalNode::new(None, &stat));
        };
        match self.directory(&parent)? {
            Some(directory) => node_at(&directory, name),
            None => Ok(None),
        }
    }

    /// The children behind a name, in the order of their names.
    ///
    /// The directory is read from its beginning for every page, and only the page's own
    /// names are kept: however large it is, it takes no more memory.
    pub(super) fn list(
        &self,
        path: &SpacePath,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<LocalNode>> {
        let directory = self.directory(path)?.ok_or_else(|| Error::not_found(path))?;
        let limit = limit.max(1);
        // The greatest is on top and makes room for a smaller one.
        let mut page: BinaryHeap<String> = BinaryHeap::with_capacity(limit + 1);
        let mut more = false;
        for name in names(&directory)? {
            let name = name?;
            if is_hidden(&name) || after.is_some_and(|after| name.as_str() <= after.as_str()) {
                continue;
            }
            page.push(name);
            if page.len() > limit {
                page.pop();
                more = true;
            }
        }
        let names = page.into_sorted_vec();
        let next = names.last().filter(|_| more).map(|last| Cursor::new(last.as_str()));
        let mut items = Vec::with_capacity(names.len());
        for name in names {
            // Only what a request can name again is a part of the tree.
            let Some(name) = Name::new(&name).ok().filter(|n| n.as_str() == name) else { continue };
            items.extend(node_at(&directory, &name)?);
        }
        Ok(Page { items, next })
    }

    /// Opens a file that must still have the content that was seen.
    pub(super) fn open_seen(&self, seen: &Entry<LocalNode>) -> Result<std::fs::File> {
        let (directory, name) = self.parent_of(&seen.path)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = openat(&directory, name.as_str(), flags, Mode::empty()).map_err(|errno| {
            if is_absent(errno) { Error::not_found(&seen.path) } else { from_errno(errno) }
        })?;
        let stat = rustix::fs::fstat(&file).map_err(from_errno)?;
        let node = LocalNode::new(Some(name.clone()), &stat);
        if node.and_then(|node| node.etag()) != seen.resource.etag() {
            let message = "The file was changed while it was opened";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        Ok(file.into())
    }
}

/// The names in a directory, without `.` and `..`; those that are not UTF-8 are left out.
pub(super) fn names(directory: &OwnedFd) -> Result<impl Iterator<Item = Result<String>>> {
    let entries = Dir::read_from(directory).map_err(from_errno)?;
    Ok(entries.filter_map(|entry| match entry {
        Ok(entry) => {
            let name = entry.file_name().to_str().ok()?;
            (name != "." && name != "..").then(|| Ok(name.to_owned()))
        }
        Err(errno) => Some(Err(from_errno(errno))),
    }))
}

/// What stands at a name, if it is a file or folder.
pub(super) fn node_at(directory: &OwnedFd, name: &Name) -> Result<Option<LocalNode>> {
    if is_hidden(name.as_str()) {
        return Ok(None);
    }
    match statat(directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(LocalNode::new(Some(name.clone()), &stat)),
        Err(errno) if is_absent(errno) => Ok(None),
        Err(Errno::NAMETOOLONG) => Ok(None),
        Err(errno) => Err(from_errno(errno)),
    }
}

/// File or folder; none for anything else.
pub(super) fn kind_of(mode: rustix::fs::RawMode) -> Option<Kind> {
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile => Some(Kind::File),
        FileType::Directory => Some(Kind::Collection),
        _ => None,
    }
}
