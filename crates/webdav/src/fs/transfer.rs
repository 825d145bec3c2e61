//! Moves and copies.

use std::os::fd::OwnedFd;

use allmende_types::{Name, SpacePath};
use rustix::{fs::renameat, io::Errno};

use super::{
    Inner,
    commit::{check_free, flush},
    dir::{node_at, scratch_name},
    failure::from_errno,
    node::LocalNode,
    properties::Sidecar,
    recursive::{copy_below, remove_below},
};
use crate::{
    backend::{Change, Entry, Expect, Target, TransferDepth, Written},
    error::{Error, ErrorKind, Result},
    lock::{GuardedWrite, LockToken},
};

impl Inner {
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

/// Takes what stands at a name out of the way, so that it can be brought back.
fn set_aside(
    directory: &OwnedFd,
    name: &Name,
    standing: Option<&LocalNode>,
) -> Result<Option<String>> {
    if standing.is_none() {
        return check_free(directory, name).map(|()| None);
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
