//! A disk that remembers what of it is durable.
//!
//! It is harsher than real file systems are: bytes are durable when their own file was
//! flushed, names when their own folder was, and nothing else is. Everything that was not
//! may be there or not, in any order, down to single sectors.

mod content;
mod names;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

pub(super) use self::content::Survival;
use self::content::{Content, ContentChange};
use self::names::{Folders, Names};
use super::trace::{Event, Step};
use crate::failure::{Context as _, Result, ensure};
use crate::tree::Noise;

type Inode = usize;

const ROOT: Inode = 0;

#[derive(Debug)]
enum Kind {
    Folder,
    File(Content),
}

#[derive(Debug, Clone, Copy)]
struct Handle {
    inode: Inode,
    position: usize,
}

/// Everything below one folder.
#[derive(Debug)]
pub(super) struct Disk {
    /// The absolute path of that folder.
    root: String,
    inodes: Vec<Kind>,
    folders: Folders,
    handles: HashMap<i64, Handle>,
}

impl Disk {
    /// An empty folder; `root` is its absolute path.
    pub(super) fn new(root: &Path) -> Result<Self> {
        Ok(Self {
            root: root.to_str().context("the path is not UTF-8")?.to_owned(),
            inodes: vec![Kind::Folder],
            folders: Folders::default(),
            handles: HashMap::new(),
        })
    }

    /// Does what the traced program did.
    pub(super) fn apply(&mut self, step: &Step) -> Result<()> {
        let line = step.line;
        match &step.event {
            Event::Opened { fd, path, create, truncate } => {
                self.handles.remove(fd);
                let Some(parts) = self.parts(path) else { return Ok(()) };
                let inode = match self.folders.find(&parts) {
                    Some(inode) => inode,
                    None if *create => self.made(line, &parts, Kind::File(Content::default()))?,
                    None => return Ok(()),
                };
                if *truncate {
                    self.change(line, inode, ContentChange::Length(0));
                }
                self.handles.insert(*fd, Handle { inode, position: 0 });
            }
            Event::Duplicated { from, to } => {
                if let Some(handle) = self.handles.get(from).copied() {
                    self.handles.insert(*to, handle);
                }
            }
            Event::Closed { fd } => {
                self.handles.remove(fd);
            }
            Event::Wrote { fd, at, bytes } => {
                let Some(handle) = self.handles.get_mut(fd) else { return Ok(()) };
                let at = match at {
                    Some(at) => usize::try_from(*at).context("an offset")?,
                    None => {
                        handle.position += bytes.len();
                        handle.position - bytes.len()
                    }
                };
                let inode = handle.inode;
                self.change(line, inode, ContentChange::Bytes { at, bytes: bytes.clone() });
            }
            Event::Sought { fd, to } => {
                if let Some(handle) = self.handles.get_mut(fd) {
                    handle.position = usize::try_from(*to).context("an offset")?;
                }
            }
            Event::Resized { fd, length } => {
                let length = usize::try_from(*length).context("a length")?;
                self.change_handle(line, *fd, ContentChange::Length(length));
            }
            Event::Punched { fd, at, length } => {
                let at = usize::try_from(*at).context("an offset")?;
                let length = usize::try_from(*length).context("a length")?;
                self.change_handle(line, *fd, ContentChange::Zeros { at, length });
            }
            Event::Flushed { fd, since } => {
                if let Some(handle) = self.handles.get(fd).copied() {
                    self.flush(handle.inode, *since);
                }
            }
            Event::Renamed { from, to } => {
                let (Some(from), Some(to)) = (self.parts(from), self.parts(to)) else {
                    return Ok(());
                };
                let inode =
                    self.folders.find(&from).context("a file that is not known was renamed")?;
                self.folders.renamed(line, Some(&from), Some((&to, inode)))?;
            }
            Event::Linked { from, to } => {
                let (Some(from), Some(to)) = (self.parts(from), self.parts(to)) else {
                    return Ok(());
                };
                let inode =
                    self.folders.find(&from).context("a file that is not known was linked")?;
                self.folders.renamed(line, None, Some((&to, inode)))?;
            }
            Event::Removed { path } => {
                let Some(parts) = self.parts(path) else { return Ok(()) };
                self.folders.renamed(line, Some(&parts), None)?;
            }
            Event::MadeFolder { path } => {
                let Some(parts) = self.parts(path) else { return Ok(()) };
                if !parts.is_empty() {
                    self.made(line, &parts, Kind::Folder)?;
                }
            }
            Event::Mapped { fd } => {
                let Some(handle) = self.handles.get(fd) else { return Ok(()) };
                // SQLite's shared memory is made anew after a crash.
                let name = self.folders.name(handle.inode).unwrap_or_default();
                ensure!(name.ends_with("-shm"), "{name} is written through shared memory");
            }
            Event::Answered { .. } => {}
        }
        Ok(())
    }

    /// Writes into an empty folder what may be there if the power is lost now.
    pub(super) fn write(&self, to: &Path, survival: Survival, noise: &mut Noise) -> Result<()> {
        let names = self.folders.after_loss(survival, noise);
        self.write_folder(&names, ROOT, to, survival, noise)
    }

    /// How many changes would be lost if nothing but the durable was kept.
    pub(super) fn unflushed(&self) -> usize {
        let contents = self.inodes.iter().map(|inode| match inode {
            Kind::File(content) => content.unflushed(),
            Kind::Folder => 0,
        });
        contents.sum::<usize>() + self.folders.unflushed()
    }

    fn write_folder(
        &self,
        names: &Names,
        folder: Inode,
        to: &Path,
        survival: Survival,
        noise: &mut Noise,
    ) -> Result<()> {
        std::fs::create_dir_all(to).context(to.display())?;
        for (name, inode) in names.get(&folder).into_iter().flatten() {
            let to = to.join(name);
            match &self.inodes[*inode] {
                Kind::Folder => self.write_folder(names, *inode, &to, survival, noise)?,
                Kind::File(content) => {
                    let bytes = content.after_loss(survival, noise);
                    std::fs::write(&to, bytes).context(to.display())?;
                }
            }
        }
        Ok(())
    }

    /// The names of a path below the root; none of what lies elsewhere.
    fn parts(&self, path: &str) -> Option<Vec<String>> {
        let rest = path.strip_prefix(&self.root)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        Some(rest.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    fn made(&mut self, line: usize, parts: &[String], kind: Kind) -> Result<Inode> {
        let inode = self.inodes.len();
        self.inodes.push(kind);
        self.folders.renamed(line, None, Some((parts, inode)))?;
        Ok(inode)
    }

    fn change_handle(&mut self, line: usize, fd: i64, change: ContentChange) {
        if let Some(handle) = self.handles.get(&fd).copied() {
            self.change(line, handle.inode, change);
        }
    }

    fn change(&mut self, line: usize, inode: Inode, change: ContentChange) {
        if let Kind::File(content) = &mut self.inodes[inode] {
            content.change(line, change);
        }
    }

    fn flush(&mut self, inode: Inode, since: usize) {
        match &mut self.inodes[inode] {
            Kind::File(content) => content.flush(since),
            Kind::Folder => self.folders.flush(inode, since),
        }
    }
}
