//! A disk that remembers what of it is durable.
//!
//! It is harsher than real file systems are: bytes are durable when their own file was
//! flushed, names when their own folder was, and nothing else is. Everything that was not
//! may be there or not, in any order, down to single sectors.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::trace::{Event, Step};
use crate::failure::{Context as _, Result, ensure};
use crate::tree::Noise;

/// What a disk writes as a whole.
const SECTOR: usize = 512;
/// What file systems write as a whole, mostly.
const PAGE: usize = 4096;

type Inode = usize;
/// The names in each folder.
type Names = HashMap<Inode, BTreeMap<String, Inode>>;

const ROOT: Inode = 0;

#[derive(Debug)]
enum Kind {
    Folder,
    File(Content),
}

#[derive(Debug, Default)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

#[derive(Debug)]
struct Pending {
    line: usize,
    change: ContentChange,
}

#[derive(Debug)]
enum ContentChange {
    Bytes { at: usize, bytes: Vec<u8> },
    Length(usize),
    Zeros { at: usize, length: usize },
}

/// A name comes, goes, or both at once.
#[derive(Debug, Clone)]
struct NameChange {
    line: usize,
    gone: Option<(Inode, String)>,
    new: Option<(Inode, String, Inode)>,
}

impl NameChange {
    fn touches(&self, folder: Inode) -> bool {
        self.gone.as_ref().is_some_and(|(of, _)| *of == folder)
            || self.new.as_ref().is_some_and(|(of, ..)| *of == folder)
    }

    fn apply(&self, names: &mut Names) {
        if let Some((folder, name)) = &self.gone {
            names.entry(*folder).or_default().remove(name);
        }
        if let Some((folder, name, inode)) = &self.new {
            names.entry(*folder).or_default().insert(name.clone(), *inode);
        }
    }
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
    live: Names,
    durable: Names,
    pending: Vec<NameChange>,
    handles: HashMap<i64, Handle>,
}

/// How much of what was not flushed is there after the loss of power.
#[derive(Debug, Clone, Copy)]
pub(super) enum Survival {
    Nothing,
    /// Names in their order up to some moment, and of the bytes so many per cent, each
    /// sector or page by itself.
    Some {
        percent: u64,
        grain: usize,
    },
}

impl Survival {
    pub(super) fn random(noise: &mut Noise) -> Self {
        match noise.below(4) {
            0 => Self::Nothing,
            n => {
                let grain = if noise.below(3) == 0 { SECTOR } else { PAGE };
                Self::Some { percent: [20, 50, 90][usize::try_from(n - 1).unwrap_or(0)], grain }
            }
        }
    }
}

impl Disk {
    /// An empty folder; `root` is its absolute path.
    pub(super) fn new(root: &Path) -> Result<Self> {
        Ok(Self {
            root: root.to_str().context("the path is not UTF-8")?.to_owned(),
            inodes: vec![Kind::Folder],
            live: Names::new(),
            durable: Names::new(),
            pending: Vec::new(),
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
                let inode = match self.find(&parts) {
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
                let inode = self.find(&from).context("a file that is not known was renamed")?;
                self.renamed(line, Some(&from), Some((&to, inode)))?;
            }
            Event::Linked { from, to } => {
                let (Some(from), Some(to)) = (self.parts(from), self.parts(to)) else {
                    return Ok(());
                };
                let inode = self.find(&from).context("a file that is not known was linked")?;
                self.renamed(line, None, Some((&to, inode)))?;
            }
            Event::Removed { path } => {
                let Some(parts) = self.parts(path) else { return Ok(()) };
                self.renamed(line, Some(&parts), None)?;
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
                let name = self.name(handle.inode).unwrap_or_default();
                ensure!(name.ends_with("-shm"), "{name} is written through shared memory");
            }
            Event::Answered { .. } => {}
        }
        Ok(())
    }

    /// Writes into an empty folder what may be there if the power is lost now.
    pub(super) fn write(&self, to: &Path, survival: Survival, noise: &mut Noise) -> Result<()> {
        let mut names = self.durable.clone();
        if matches!(survival, Survival::Some { .. }) {
            let kept = noise.below(self.pending.len() as u64 + 1);
            let kept = usize::try_from(kept).unwrap_or(0);
            self.pending[..kept].iter().for_each(|change| change.apply(&mut names));
        }
        self.write_folder(&names, ROOT, to, survival, noise)
    }

    /// How many changes would be lost if nothing but the durable was kept.
    pub(super) fn unflushed(&self) -> usize {
        let contents = self.inodes.iter().map(|inode| match inode {
            Kind::File(content) => content.pending.len(),
            Kind::Folder => 0,
        });
        contents.sum::<usize>() + self.pending.len()
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

    fn find(&self, parts: &[String]) -> Option<Inode> {
        parts.iter().try_fold(ROOT, |at, part| self.live.get(&at)?.get(part).copied())
    }

    fn name(&self, inode: Inode) -> Option<&str> {
        let mut all = self.live.values().flatten();
        all.find(|(_, other)| **other == inode).map(|(name, _)| name.as_str())
    }

    fn place(&self, parts: &[String]) -> Result<(Inode, String)> {
        let (name, folder) = parts.split_last().context("the root itself")?;
        let folder = self.find(folder).context(format!("{name}: its folder is not known"))?;
        Ok((folder, name.clone()))
    }

    fn made(&mut self, line: usize, parts: &[String], kind: Kind) -> Result<Inode> {
        let inode = self.inodes.len();
        self.inodes.push(kind);
        self.renamed(line, None, Some((parts, inode)))?;
        Ok(inode)
    }

    fn renamed(
        &mut self,
        line: usize,
        gone: Option<&[String]>,
        new: Option<(&[String], Inode)>,
    ) -> Result<()> {
        let gone = gone.map(|parts| self.place(parts)).transpose()?;
        let new = match new {
            Some((parts, inode)) => {
                let (folder, name) = self.place(parts)?;
                Some((folder, name, inode))
            }
            None => None,
        };
        let change = NameChange { line, gone, new };
        change.apply(&mut self.live);
        self.pending.push(change);
        Ok(())
    }

    fn change_handle(&mut self, line: usize, fd: i64, change: ContentChange) {
        if let Some(handle) = self.handles.get(&fd).copied() {
            self.change(line, handle.inode, change);
        }
    }

    fn change(&mut self, line: usize, inode: Inode, change: ContentChange) {
        if let Kind::File(content) = &mut self.inodes[inode] {
            content.pending.push(Pending { line, change });
        }
    }

    /// What had ended when the flush began is durable now.
    fn flush(&mut self, inode: Inode, since: usize) {
        match &mut self.inodes[inode] {
            Kind::File(content) => {
                let pending = std::mem::take(&mut content.pending);
                let (done, left): (Vec<_>, Vec<_>) =
                    pending.into_iter().partition(|pending| pending.line < since);
                content.pending = left;
                done.iter().for_each(|pending| pending.change.apply(&mut content.durable));
            }
            Kind::Folder => {
                let mut flushed = self.flushed(inode, since).into_iter();
                let durable = &mut self.durable;
                self.pending.retain(|change| {
                    let keep = !flushed.next().unwrap_or(false);
                    if !keep {
                        change.apply(durable);
                    }
                    keep
                });
            }
        }
    }

    /// Which pending changes become durable with a folder: those of its names, and those that
    /// they build on, such as the making of a file in the folder that it was moved from.
    fn flushed(&self, folder: Inode, since: usize) -> Vec<bool> {
        let mut flushed = vec![false; self.pending.len()];
        let mut built_on: Vec<(Inode, &str)> = Vec::new();
        for (at, change) in self.pending.iter().enumerate().rev() {
            let new = change.new.as_ref().map(|(folder, name, _)| (*folder, name.as_str()));
            flushed[at] = (change.line < since && change.touches(folder))
                || new.is_some_and(|new| built_on.contains(&new));
            if flushed[at] {
                built_on.extend(change.gone.as_ref().map(|(of, name)| (*of, name.as_str())));
            }
        }
        flushed
    }
}

impl ContentChange {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Bytes { at, bytes } => put(to, *at, bytes),
            Self::Length(length) => to.resize(*length, 0),
            Self::Zeros { at, length } => {
                let end = (at + length).min(to.len());
                if *at < end {
                    to[*at..end].fill(0);
                }
            }
        }
    }
}

impl Content {
    fn after_loss(&self, survival: Survival, noise: &mut Noise) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let Survival::Some { percent, grain } = survival else { return bytes };
        for Pending { change, .. } in &self.pending {
            match change {
                ContentChange::Bytes { at, bytes: new } => {
                    let mut from = 0;
                    while from < new.len() {
                        // Up to the next border of a grain within the file.
                        let end = ((at + from) / grain + 1) * grain - at;
                        let end = end.min(new.len());
                        if noise.below(100) < percent {
                            put(&mut bytes, at + from, &new[from..end]);
                        }
                        from = end;
                    }
                }
                other if noise.below(100) < percent => other.apply(&mut bytes),
                _ => {}
            }
        }
        bytes
    }
}

/// Writes at an offset; what lies between the end and the offset becomes zeros.
fn put(to: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[at..end].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(events: Vec<Event>) -> Disk {
        let mut disk = Disk::new(Path::new("/d")).unwrap();
        for (line, event) in events.into_iter().enumerate() {
            disk.apply(&Step { line, event }).unwrap();
        }
        disk
    }

    fn opened(fd: i64, path: &str) -> Event {
        Event::Opened { fd, path: path.to_owned(), create: true, truncate: false }
    }

    fn wrote(fd: i64, at: u64, bytes: &[u8]) -> Event {
        Event::Wrote { fd, at: Some(at), bytes: bytes.to_vec() }
    }

    fn left(disk: &Disk, survival: Survival, seed: u64) -> Vec<(String, Vec<u8>)> {
        let to = tempfile::tempdir().unwrap();
        disk.write(to.path(), survival, &mut Noise::new(seed)).unwrap();
        let mut all: Vec<_> = std::fs::read_dir(to.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let content = std::fs::read(entry.path()).unwrap();
                (entry.file_name().into_string().unwrap(), content)
            })
            .collect();
        all.sort();
        all
    }

    #[test]
    fn only_what_was_flushed_is_sure() {
        let flush_root = || [opened(4, "/d"), Event::Flushed { fd: 4, since: 100 }];
        let file = |flush| {
            let mut events = vec![opened(3, "/d/a"), wrote(3, 0, b"one")];
            if flush {
                events.push(Event::Flushed { fd: 3, since: 2 });
            }
            events.push(wrote(3, 3, b"two"));
            events
        };
        // Bytes without a name, a name without bytes, and both.
        assert_eq!(left(&disk(file(true)), Survival::Nothing, 1), []);
        let mut events = file(false);
        events.extend(flush_root());
        assert_eq!(left(&disk(events), Survival::Nothing, 1), [("a".into(), vec![])]);
        let mut events = file(true);
        events.extend(flush_root());
        let both = disk(events);
        assert_eq!(left(&both, Survival::Nothing, 1), [("a".into(), b"one".to_vec())]);
        assert_eq!(both.unflushed(), 1);
    }

    #[test]
    fn a_flush_covers_what_had_ended_when_it_began() {
        let events = vec![
            opened(3, "/d/a"),
            opened(4, "/d"),
            Event::Flushed { fd: 4, since: 2 },
            wrote(3, 0, b"before"),
            wrote(3, 6, b"meanwhile"),
            Event::Flushed { fd: 3, since: 4 },
        ];
        let only = [("a".to_owned(), b"before".to_vec())];
        assert_eq!(left(&disk(events), Survival::Nothing, 1), only);
    }

    #[test]
    fn a_name_that_moved_between_folders_is_in_one_of_them() {
        let folder = |path: &str| Event::MadeFolder { path: path.to_owned() };
        let mut events = vec![folder("/d/a"), folder("/d/b"), opened(4, "/d")];
        events.push(Event::Flushed { fd: 4, since: 2 });
        events.push(opened(3, "/d/a/x"));
        events.push(Event::Renamed { from: "/d/a/x".into(), to: "/d/b/x".into() });
        events.push(opened(5, "/d/b"));
        events.push(Event::Flushed { fd: 5, since: 6 });
        let disk = disk(events);
        assert_eq!(disk.unflushed(), 0);
        let to = tempfile::tempdir().unwrap();
        disk.write(to.path(), Survival::Nothing, &mut Noise::new(1)).unwrap();
        assert!(to.path().join("b/x").exists() && !to.path().join("a/x").exists());
    }

    #[test]
    fn a_rename_is_whole_or_absent_and_bytes_may_be_torn() {
        let (old, new) = (vec![1; 3 * SECTOR], vec![2; 3 * SECTOR]);
        let events = vec![
            opened(3, "/d/a"),
            wrote(3, 0, &old),
            Event::Flushed { fd: 3, since: 2 },
            opened(4, "/d"),
            Event::Flushed { fd: 4, since: 4 },
            Event::Renamed { from: "/d/a".into(), to: "/d/b".into() },
            wrote(3, 0, &new),
        ];
        let disk = disk(events);
        let some = Survival::Some { percent: 50, grain: SECTOR };
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let found = left(&disk, some, seed);
            assert_eq!(found.len(), 1);
            let (name, content) = &found[0];
            let sectors: Vec<u8> = content.chunks(SECTOR).map(|sector| sector[0]).collect();
            assert!(content.chunks(SECTOR).all(|sector| sector.iter().all(|b| *b == sector[0])));
            seen.insert((name.clone(), sectors));
        }
        // Two names times two contents of three sectors.
        assert_eq!(seen.len(), 16);
    }
}
