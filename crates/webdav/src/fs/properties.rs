//! Dead properties in a file beside what they belong to.
//!
//! A folder's file holds the properties of its files, and its own under the empty name: so
//! whatever moves or is copied takes them along.

use std::{collections::BTreeMap, io::Read, os::fd::OwnedFd};

use allmende_types::SpacePath;
use allmende_webdav_proto::{Element, Namespace, PropName, XmlLimits, request::PropUpdate};
use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};

use super::{
    Inner,
    commit::flush,
    dir::{DIRECTORY, HIDDEN},
    failure::{from_errno, from_io, is_absent},
    node::LocalNode,
    now,
    upload::Scratch,
};
use crate::{
    backend::{DeadProperty, Entry, Expect, Kind, Resource},
    error::{Error, ErrorKind, Result},
    lock::{GuardedWrite, LockToken},
};

const NAMESPACE: Namespace = Namespace::from_static("urn:allmende:local-folder");
const MEMBER: PropName = PropName::from_static(NAMESPACE, "member");
const NAME: PropName = PropName::from_static(Namespace::NONE, "name");

const ROOT_START: &str = "<properties xmlns=\"urn:allmende:local-folder\">";

/// The most that the properties of one folder's files take.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The properties that one folder keeps, by the names of its files.
#[derive(Debug, Default)]
pub(super) struct Sidecar {
    members: BTreeMap<String, Vec<Element>>,
}

impl Sidecar {
    /// Reads the properties in a folder.
    pub(super) fn load(folder: &OwnedFd) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match openat(folder, HIDDEN, flags, Mode::empty()) {
            Ok(file) => std::fs::File::from(file),
            Err(errno) if is_absent(errno) => return Ok(Self::default()),
            Err(errno) => return Err(from_errno(errno)),
        };
        let mut text = Vec::new();
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text).map_err(from_io)?;
        let mut limits = XmlLimits::default();
        limits.max_bytes = MAX_BYTES;
        limits.max_nodes = MAX_BYTES;
        let root = Element::parse(&text, &limits).map_err(|error| {
            let message = "The properties of a folder cannot be read";
            Error::new(ErrorKind::Unavailable, message).with_source(error)
        })?;
        let mut members = BTreeMap::new();
        for member in root.elements() {
            let name = member.attribute(&NAME).unwrap_or_default().to_owned();
            members.insert(name, member.elements().cloned().collect());
        }
        Ok(Self { members })
    }

    /// Writes them, or removes the file if there are none.
    pub(super) fn store(&self, folder: &OwnedFd) -> Result<()> {
        if self.members.is_empty() {
            return match unlinkat(folder, HIDDEN, AtFlags::empty()) {
                Ok(()) => Ok(()),
                Err(errno) if is_absent(errno) => Ok(()),
                Err(errno) => Err(from_errno(errno)),
            };
        }
        let mut text = ROOT_START.to_owned();
        for (name, properties) in &self.members {
            let mut member = Element::new(MEMBER);
            member
                .attributes
                .push(allmende_webdav_proto::Attribute { name: NAME, value: name.clone() });
            let member = properties.iter().cloned().fold(member, Element::push);
            text.push_str(&member.to_fragment());
        }
        text.push_str("</properties>");
        if text.len() > MAX_BYTES {
            let message = "There is no room for more properties in this folder";
            return Err(Error::new(ErrorKind::InsufficientStorage, message));
        }
        let directory = openat(folder, c".", DIRECTORY, Mode::empty()).map_err(from_errno)?;
        let mut scratch = Scratch::create(directory)?;
        std::io::Write::write_all(&mut scratch.file, text.as_bytes()).map_err(from_io)?;
        scratch.finish()?;
        renameat(folder, scratch.name.as_str(), folder, HIDDEN).map_err(from_errno)?;
        scratch.keep();
        flush(folder)
    }

    /// Changes the properties in a folder, if there is anything to change.
    pub(super) fn change(
        folder: &OwnedFd,
        change: impl FnOnce(&mut Self) -> Changed,
    ) -> Result<()> {
        let mut sidecar = Self::load(folder)?;
        match change(&mut sidecar) {
            Changed::Yes => sidecar.store(folder),
            Changed::No => Ok(()),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Vec<Element> {
        self.members.remove(name).unwrap_or_default()
    }

    pub(super) fn remove(&mut self, name: &str) -> Changed {
        self.members.remove(name).map_or(Changed::No, |_| Changed::Yes)
    }

    pub(super) fn replace(&mut self, name: &str, properties: Vec<Element>) -> Changed {
        if properties.is_empty() {
            return self.remove(name);
        }
        self.members.insert(name.to_owned(), properties);
        Changed::Yes
    }

    pub(super) fn keep_only(&mut self, name: &str) {
        self.members.retain(|member, _| member == name);
    }

    /// Sets and removes properties in the order of the request.
    pub(super) fn patch(&mut self, name: &str, changes: &[PropUpdate]) -> Changed {
        let mut properties = self.take(name);
        for change in changes {
            properties.retain(|property| property.name != *change.name());
            if let PropUpdate::Set(element) = change {
                properties.push(element.clone());
            }
        }
        let _ = self.replace(name, properties);
        Changed::Yes
    }

    fn get(&self, name: &str) -> Vec<DeadProperty> {
        let all = self.members.get(name).map_or(&[][..], Vec::as_slice);
        let dead = |element: &Element| DeadProperty {
            name: element.name.clone(),
            xml: element.to_fragment().into(),
        };
        all.iter().map(dead).collect()
    }
}

/// Whether a change left anything to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    Yes,
    No,
}

impl Inner {
    pub(super) fn patch(
        &self,
        target: &Entry<LocalNode>,
        expect: Expect,
        changes: &[PropUpdate],
        tokens: &[LockToken],
    ) -> Result<()> {
        let _committing = self.committing();
        let node = self.find(&target.path)?.ok_or_else(|| Error::not_found(&target.path))?;
        if expect == Expect::AsSeen && !target.resource.is_unchanged(&node) {
            return Err(Error::changed());
        }
        let write = GuardedWrite::Resource(target.path.clone());
        self.locks.check(&[write], tokens, now())?;
        let (folder, name) = self.keeper(&target.path, node.kind())?;
        Sidecar::change(&folder, |sidecar| sidecar.patch(&name, changes))
    }

    /// The properties of a page, of which most stand in the same folder.
    pub(super) fn properties(&self, page: &[(SpacePath, Kind)]) -> Result<Vec<Vec<DeadProperty>>> {
        let mut loaded: Option<(SpacePath, Sidecar)> = None;
        let mut all = Vec::with_capacity(page.len());
        for (path, kind) in page {
            let own = keeps_own_properties(*kind);
            let keeper = if own { path.clone() } else { path.parent().unwrap_or_default() };
            if loaded.as_ref().is_none_or(|(known, _)| *known != keeper) || own {
                let sidecar = match self.directory(&keeper)? {
                    Some(folder) => Sidecar::load(&folder)?,
                    None => Sidecar::default(),
                };
                if own {
                    all.push(sidecar.get(""));
                    continue;
                }
                loaded = Some((keeper, sidecar));
            }
            let name = path.file_name().map_or("", |name| name.as_str());
            all.push(loaded.as_ref().map(|(_, sidecar)| sidecar.get(name)).unwrap_or_default());
        }
        Ok(all)
    }

    /// The folder whose file keeps the properties of a resource, and under which name.
    fn keeper(&self, path: &SpacePath, kind: Kind) -> Result<(OwnedFd, String)> {
        if keeps_own_properties(kind) {
            let folder = self.directory(path)?.ok_or_else(|| Error::not_found(path))?;
            return Ok((folder, String::new()));
        }
        let (folder, name) = self.parent_of(path)?;
        Ok((folder, name.as_str().to_owned()))
    }
}

/// The kind of thing whose properties stand where: a folder keeps its own inside.
const fn keeps_own_properties(kind: Kind) -> bool {
    matches!(kind, Kind::Collection)
}
