//! Changes of the tree: each is checked and made under the mutex.

use std::os::fd::OwnedFd;

use allmende_types::{Name, SpacePath};
use allmende_webdav_proto::request::PropUpdate;
use rustix::fs::{AtFlags, Mode, fstat, mkdirat, openat, renameat, statat};

use super::{
    Inner,
    dir::{DIRECTORY, node_at, scratch_name},
    failure::{from_errno, is_absent},
    node::LocalNode,
    now,
    properties::Sidecar,
    recursive::remove_below,
    upload::Scratch,
};
use crate::{
    backend::{Change, Entry, Expect, Removed, Resource, Target, Written},
    error::{Error, ErrorKind, Result},
    lock::{GuardedWrite, LockToken},
};

pub(super) const FOLDER_MODE: Mode = Mode::RWXU.union(Mode::RWXG).union(Mode::RWXO);

impl Inner {
    /// What stands at the target of a write, if it may be made.
    pub(super) fn at_target(&self, target: &Target<LocalNode>) -> Result<Option<LocalNode>> {
        let standing = self.find(&target.path)?;
        let as_seen = match (&target.seen, &standing) {
            (None, None) => true,
            (Some(seen), Some(now)) => seen.is_unchanged(now),
            _ => false,
        };
        if target.expect == Expect::AsSeen && !as_seen {
            return Err(Error::changed());
        }
        Ok(standing)
    }

    /// The source of a change, which must still be there.
    pub(super) fn at_source(&self, source: &Entry<LocalNode>, expect: Expect) -> Result<LocalNode> {
        let standing = self.find(&source.path)?.ok_or_else(|| Error::not_found(&source.path))?;
        if expect == Expect::AsSeen && !source.resource.is_unchanged(&standing) {
            return Err(Error::changed());
        }
        Ok(standing)
    }

    pub(super) fn check_locks(&self, writes: &[GuardedWrite], tokens: &[LockToken]) -> Result<()> {
        self.locks.check(writes, tokens, now())
    }

    /// The locks that protect what appears or is replaced at a path.
    pub(super) fn check_arrival(
        &self,
        path: &SpacePath,
        standing: Option<&LocalNode>,
        tokens: &[LockToken],
    ) -> Result<()> {
        let parent = path.parent().unwrap_or_default();
        let mut writes = vec![GuardedWrite::Members(parent)];
        if standing.is_some() {
            writes.push(GuardedWrite::Subtree(path.clone()));
        }
        self.check_locks(&writes, tokens)
    }

    /// Whether a content may be put, as far as it can be told before it is there.
    pub(super) fn check_put(
        &self,
        target: &Target<LocalNode>,
        tokens: &[LockToken],
    ) -> Result<Option<LocalNode>> {
        let standing = self.at_target(target)?;
        match &standing {
            Some(node) if node.is_collection() => {
                return Err(Error::new(ErrorKind::Conflict, "PUT is not allowed on non-files."));
            }
            Some(_) => {
                self.check_locks(&[GuardedWrite::Resource(target.path.clone())], tokens)?;
            }
            None => self.check_arrival(&target.path, None, tokens)?,
        }
        Ok(standing)
    }

    /// Lets a complete content take the name of its file.
    pub(super) fn commit_put(
        &self,
        scratch: Scratch,
        target: &Target<LocalNode>,
        tokens: &[LockToken],
    ) -> Result<Written<LocalNode>> {
        let _committing = self.committing();
        let standing = self.check_put(target, tokens)?;
        let (directory, name) = self.parent_of(&target.path)?;
        if standing.is_none() {
            check_free(&directory, name)?;
            // Of a file that another program took away.
            Sidecar::change(&directory, |sidecar| sidecar.remove(name.as_str()))?;
        } else if let Ok(old) = statat(&directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
            let mode = Mode::from_raw_mode(old.st_mode);
            rustix::fs::fchmod(&scratch.file, mode).map_err(from_errno)?;
        }
        renameat(&scratch.directory, scratch.name.as_str(), &directory, name.as_str())
            .map_err(from_errno)?;
        flush(&directory)?;
        let stat = fstat(&scratch.file).map_err(from_errno)?;
        scratch.keep();
        let node = LocalNode::new(Some(name.clone()), &stat).ok_or_else(Error::changed)?;
        let change = standing.map_or(Change::Created, |_| Change::Replaced);
        Ok(Written::new(node, change))
    }

    pub(super) fn make_folder(
        &self,
        path: &SpacePath,
        properties: &[PropUpdate],
        tokens: &[LockToken],
    ) -> Result<Written<LocalNode>> {
        let _committing = self.committing();
        self.check_arrival(path, None, tokens)?;
        let (directory, name) = self.parent_of(path)?;
        check_free(&directory, name).map_err(|error| match error.kind() {
            ErrorKind::Forbidden => {
                let message = "The resource you tried to create already exists";
                Error::new(ErrorKind::MethodNotAllowed, message)
            }
            _ => error,
        })?;
        let scratch = scratch_name();
        mkdirat(&directory, scratch.as_str(), FOLDER_MODE).map_err(from_errno)?;
        let made = self.fill_folder(&directory, &scratch, name, properties);
        if made.is_err() {
            remove_below(&directory, &scratch, &SpacePath::root(), &mut Vec::new());
        }
        made?;
        let node = node_at(&directory, name)?.ok_or_else(Error::changed)?;
        Ok(Written::new(node, Change::Created))
    }

    fn fill_folder(
        &self,
        directory: &OwnedFd,
        scratch: &str,
        name: &Name,
        properties: &[PropUpdate],
    ) -> Result<()> {
        let folder = openat(directory, scratch, DIRECTORY, Mode::empty()).map_err(from_errno)?;
        let mut sidecar = Sidecar::default();
        sidecar.patch("", properties);
        sidecar.store(&folder)?;
        flush(&folder)?;
        renameat(directory, scratch, directory, name.as_str()).map_err(from_errno)?;
        flush(directory)
    }

    pub(super) fn remove(
        &self,
        source: &Entry<LocalNode>,
        expect: Expect,
        tokens: &[LockToken],
    ) -> Result<Removed> {
        let _committing = self.committing();
        self.at_source(source, expect)?;
        let parent = source.path.parent().unwrap_or_default();
        let writes = [GuardedWrite::Members(parent), GuardedWrite::Subtree(source.path.clone())];
        self.check_locks(&writes, tokens)?;
        let (directory, name) = self.parent_of(&source.path)?;
        let mut failures = Vec::new();
        remove_below(&directory, name.as_str(), &source.path, &mut failures);
        if failures.len() == 1 && failures[0].path == source.path {
            return Err(failures.swap_remove(0).error);
        }
        if failures.is_empty() {
            self.locks.forget(&source.path);
            Sidecar::change(&directory, |sidecar| sidecar.remove(name.as_str()))?;
        }
        flush(&directory)?;
        Ok(Removed { failures, ..Removed::default() })
    }
}

/// Nothing stands at a name, shown or not: a symbolic link is not replaced either.
pub(super) fn check_free(directory: &OwnedFd, name: &Name) -> Result<()> {
    match statat(directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Err(Error::new(ErrorKind::Forbidden, "The name is not free")),
        Err(errno) if is_absent(errno) => Ok(()),
        Err(errno) => Err(from_errno(errno)),
    }
}

/// Makes the names in a directory durable.
pub(super) fn flush(directory: &OwnedFd) -> Result<()> {
    rustix::fs::fsync(directory).map_err(from_errno)
}
