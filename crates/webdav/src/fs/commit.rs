//! Changes of the tree: each is checked and made under the mutex.

use std::os::fd::OwnedFd;

use allmende_types::{Name, SpacePath};
use allmende_webdav_proto::request::PropUpdate;
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, fstat, mkdirat, openat, renameat, statat, unlinkat},
    io::Errno,
};

use super::{
    Inner,
    dir::{DIRECTORY, is_hidden, names, node_at, scratch_name},
    failure::{from_errno, from_io, is_absent},
    node::LocalNode,
    now,
    properties::Sidecar,
    upload::Scratch,
};
use crate::{
    backend::{
        Change, Entry, Expect, Failure, Kind, Removed, Resource, Target, TransferDepth, Written,
    },
    error::{Error, ErrorKind, Result},
    lock::{GuardedWrite, LockToken},
};

const FOLDER_MODE: Mode = Mode::RWXU.union(Mode::RWXG).union(Mode::RWXO);

impl Inner {
    /// What stands at the target of a write, if it may be made.
    fn at_target(&self, target: &Target<LocalNode>) -> Result<Option<LocalNode>> {
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
    fn at_source(&self, source: &Entry<LocalNode>, expect: Expect) -> Result<LocalNode> {
        let standing = self.find(&source.path)?.ok_or_else(|| Error::not_found(&source.path))?;
        if expect == Expect::AsSeen && !source.resource.is_unchanged(&standing) {
            return Err(Error::changed());
        }
        Ok(standing)
    }

    fn check_locks(&self, writes: &[GuardedWrite], tokens: &[LockToken]) -> Result<()> {
        self.locks.check(writes, tokens, now())
    }

    /// The locks that protect what appears or is replaced at a path.
    fn check_arrival(
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
        if standing.is_some()
            && let Ok(old) = statat(&directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW)
        {
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
        let exists = || {
            let message = "The resource you tried to create already exists";
            Error::new(ErrorKind::MethodNotAllowed, message)
        };
        if let Ok(_) = statat(&directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
            return Err(exists());
        }
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

    pub(super) fn rename(
        &self,
        source: &Entry<LocalNode>,
        expect: Expect,
        target: &Target<LocalNode>,
        tokens: &[LockToken],
    ) -> Result<Written<LocalNode>> {
        let _committing = self.committing();
        self.at_source(source, expect)?;
        let standing = self.at_target(target)?;
        let parent = source.path.parent().unwrap_or_default();
        let writes = [GuardedWrite::Members(parent), GuardedWrite::Subtree(source.path.clone())];
        self.check_locks(&writes, tokens)?;
        self.check_arrival(&target.path, standing.as_ref(), tokens)?;
        let (from, old_name) = self.parent_of(&source.path)?;
        let (to, new_name) = self.parent_of(&target.path)?;
        let properties = Sidecar::load(&from)?.take(old_name.as_str());
        let aside = set_aside(&to, new_name, standing.as_ref())?;
        if let Err(errno) = renameat(&from, old_name.as_str(), &to, new_name.as_str()) {
            bring_back(&to, new_name, aside.as_deref());
            return Err(match errno {
                Errno::XDEV => Error::new(
                    ErrorKind::BadGateway,
                    "The destination lies on another disk: copy and delete instead",
                ),
                other => from_errno(other),
            });
        }
        flush(&to)?;
        flush(&from)?;
        if let Some(aside) = aside {
            remove_below(&to, &aside, &SpacePath::root(), &mut Vec::new());
        }
        self.locks.forget(&source.path);
        self.locks.forget(&target.path);
        Sidecar::change(&from, |sidecar| sidecar.remove(old_name.as_str()))?;
        Sidecar::change(&to, |sidecar| sidecar.replace(new_name.as_str(), properties))?;
        let node = node_at(&to, new_name)?.ok_or_else(Error::changed)?;
        Ok(Written::new(node, standing.map_or(Change::Created, |_| Change::Replaced)))
    }

    pub(super) fn copy(
        &self,
        source: &Entry<LocalNode>,
        expect: Expect,
        target: &Target<LocalNode>,
        depth: TransferDepth,
        tokens: &[LockToken],
    ) -> Result<Written<LocalNode>> {
        let (from, old_name) = self.parent_of_or_root(&source.path)?;
        let (to, new_name) = self.parent_of(&target.path)?;
        self.at_source(source, expect)?;
        let standing = self.at_target(target)?;
        self.check_arrival(&target.path, standing.as_ref(), tokens)?;
        // The copy is made beside its place, however long that takes, and then put there.
        let scratch = scratch_name();
        let mut failures = Vec::new();
        let copied =
            copy_below(&from, &old_name, &to, &scratch, &source.path, depth, &mut failures);
        let put = copied.and_then(|()| {
            let _committing = self.committing();
            let standing = self.at_target(target)?;
            self.check_arrival(&target.path, standing.as_ref(), tokens)?;
            let aside = set_aside(&to, new_name, standing.as_ref())?;
            if let Err(errno) = renameat(&to, scratch.as_str(), &to, new_name.as_str()) {
                bring_back(&to, new_name, aside.as_deref());
                return Err(from_errno(errno));
            }
            flush(&to)?;
            self.locks.forget(&target.path);
            let properties = Sidecar::load(&from)?.take(&old_name);
            Sidecar::change(&to, |sidecar| sidecar.replace(new_name.as_str(), properties))?;
            Ok((standing, aside))
        });
        let (standing, aside) = match put {
            Ok(done) => done,
            Err(error) => {
                remove_below(&to, &scratch, &SpacePath::root(), &mut Vec::new());
                return Err(error);
            }
        };
        if let Some(aside) = aside {
            remove_below(&to, &aside, &SpacePath::root(), &mut Vec::new());
        }
        let node = node_at(&to, new_name)?.ok_or_else(Error::changed)?;
        let change = standing.map_or(Change::Created, |_| Change::Replaced);
        Ok(Written { failures, ..Written::new(node, change) })
    }

    fn parent_of_or_root(&self, path: &SpacePath) -> Result<(OwnedFd, String)> {
        if path.is_root() {
            return Ok((self.directory(path)?.ok_or_else(Error::changed)?, ".".to_owned()));
        }
        let (directory, name) = self.parent_of(path)?;
        Ok((directory, name.as_str().to_owned()))
    }
}

/// Makes the names in a directory durable.
pub(super) fn flush(directory: &OwnedFd) -> Result<()> {
    rustix::fs::fsync(directory).map_err(from_errno)
}

/// Takes what stands at a name out of the way, so that it can be brought back.
fn set_aside(
    directory: &OwnedFd,
    name: &Name,
    standing: Option<&LocalNode>,
) -> Result<Option<String>> {
    if standing.is_none() {
        // What is not shown (a symbolic link) is not replaced either.
        return match statat(directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Err(Error::new(ErrorKind::Forbidden, "The name is not free")),
            Err(errno) if is_absent(errno) => Ok(None),
            Err(errno) => Err(from_errno(errno)),
        };
    }
    let aside = scratch_name();
    renameat(directory, name.as_str(), directory, aside.as_str()).map_err(from_errno)?;
    Ok(Some(aside))
}

fn bring_back(directory: &OwnedFd, name: &Name, aside: Option<&str>) {
    if let Some(aside) = aside
        && let Err(errno) = renameat(directory, aside, directory, name.as_str())
    {
        tracing::error!(%errno, aside, "a file set aside could not be brought back");
    }
}

/// Removes what stands at a name, members first. What cannot be removed is noted, without
/// the folders that therefore stay (RFC 4918, section 9.6.1).
fn remove_below(directory: &OwnedFd, name: &str, path: &SpacePath, failures: &mut Vec<Failure>) {
    let mut fail = |errno: Errno| {
        failures.push(Failure { path: path.clone(), error: from_errno(errno) });
    };
    let folder = match openat(directory, name, DIRECTORY, Mode::empty()) {
        Ok(folder) => folder,
        Err(Errno::NOTDIR | Errno::LOOP) => {
            if let Err(errno) = unlinkat(directory, name, AtFlags::empty()) {
                fail(errno);
            }
            return;
        }
        Err(errno) => return fail(errno),
    };
    let before = failures.len();
    // Members that have no proper name cannot be reported by it: the folder stands for them.
    let members: Vec<_> = match rustix::fs::Dir::read_from(&folder) {
        Ok(entries) => entries.filter_map(|e| Some(e.ok()?.file_name().to_owned())).collect(),
        Err(errno) => {
            failures.push(Failure { path: path.clone(), error: from_errno(errno) });
            return;
        }
    };
    for member in members {
        if matches!(member.to_bytes(), b"." | b"..") {
            continue;
        }
        let Ok(text) = member.to_str() else {
            let _ = unlinkat(&folder, &member, AtFlags::empty());
            continue;
        };
        let below = Name::new(text).map_or_else(|_| path.clone(), |name| path.join(name));
        remove_below(&folder, text, &below, failures);
    }
    if failures.len() == before
        && let Err(errno) = unlinkat(directory, name, AtFlags::REMOVEDIR)
    {
        failures.push(Failure { path: path.clone(), error: from_errno(errno) });
    }
}

/// Copies what stands at a name. Members that cannot be copied are noted; the rest goes on.
fn copy_below(
    from: &OwnedFd,
    name: &str,
    to: &OwnedFd,
    new_name: &str,
    path: &SpacePath,
    depth: TransferDepth,
    failures: &mut Vec<Failure>,
) -> Result<()> {
    let stat = statat(from, name, AtFlags::SYMLINK_NOFOLLOW).map_err(from_errno)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mut source =
                std::fs::File::from(openat(from, name, flags, Mode::empty()).map_err(from_errno)?);
            let directory = openat(to, c".", DIRECTORY, Mode::empty()).map_err(from_errno)?;
            let mut scratch = Scratch::create(directory)?;
            std::io::copy(&mut source, &mut scratch.file).map_err(from_io)?;
            scratch.finish()?;
            renameat(to, scratch.name.as_str(), to, new_name).map_err(from_errno)?;
            scratch.keep();
            Ok(())
        }
        FileType::Directory => {
            let source = openat(from, name, DIRECTORY, Mode::empty()).map_err(from_errno)?;
            mkdirat(to, new_name, FOLDER_MODE).map_err(from_errno)?;
            let copy = openat(to, new_name, DIRECTORY, Mode::empty()).map_err(from_errno)?;
            let mut properties = Sidecar::load(&source)?;
            if depth == TransferDepth::Alone {
                properties.keep_only("");
            }
            properties.store(&copy)?;
            if depth == TransferDepth::Everything {
                let members: Vec<String> = names(&source)?.collect::<Result<_>>()?;
                for member in members.iter().filter(|member| !is_hidden(member)) {
                    let Ok(child) = Name::new(member) else { continue };
                    let below = path.join(child);
                    let copied =
                        copy_below(&source, member, &copy, member, &below, depth, failures);
                    if let Err(error) = copied {
                        failures.push(Failure { path: below, error });
                    }
                }
            }
            flush(&copy)
        }
        // Not a part of the tree.
        _ => Ok(()),
    }
}

/// The kind of thing whose properties stand where: a folder keeps its own inside.
pub(super) const fn keeps_own_properties(kind: Kind) -> bool {
    matches!(kind, Kind::Collection)
}
