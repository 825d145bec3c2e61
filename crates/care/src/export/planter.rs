//! Putting folders and files into a tree, from above, and older contents behind their files.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use allmende_accounts::Accounts;
use allmende_files::{Companion, TrashOrigin, make_companion, versions::VersionPlace};
use allmende_sharing::LinkKey;
use allmende_sql::Sql;
use allmende_storage::{
    Actor, Batch, BlobLease, BlobStore, ByteStream, ErrorKind as StoreKind, Expect, MakeFolder,
    NewSpace, Op, PatchProperties, Property, PropertyKey, PropertyOwner, PropertyUpdate, PutBlob,
    PutFile, Segment, SetFacts, Space, Target, Tree,
};
use allmende_tree_sql::SqlTree;
use allmende_types::{BlobId, Checksums, Name, NodeId, SpaceId, SpacePath, Timestamp};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rustix::fs::{Mode, OFlags};
use sha2::{Digest as _, Sha256};

use super::{
    places::space_of,
    record::{FileEntry, Folder, Property as Told, TRASH},
};
use crate::{Error, ErrorKind, Result};

/// How many files wait for one another.
const TOGETHER: usize = 64;

/// Where an import goes. No server may run on it.
#[derive(Debug, Clone, Copy)]
pub struct ImportTarget<'a> {
    /// The database.
    pub sql: &'a Sql,
    /// The people in it.
    pub accounts: &'a Accounts,
    /// The tree in it.
    pub tree: &'a SqlTree,
    /// The contents, open for writing.
    pub blobs: &'a dyn BlobStore,
    /// The key of links.
    pub key: &'a LinkKey,
}

/// A folder whose members come.
#[derive(Debug)]
struct Level {
    path: SpacePath,
    node: NodeId,
    modified: Timestamp,
    created: Option<Timestamp>,
}

/// A file that waits to be put.
#[derive(Debug)]
struct Waiting {
    record: FileEntry,
    source: PathBuf,
    parent: NodeId,
    name: Name,
    id: BlobId,
}

/// Fills one space.
#[derive(Debug)]
pub(super) struct Planter<'a> {
    target: ImportTarget<'a>,
    space: Space,
    /// The space beside which versions lie: that of what was thrown away is where it was.
    beside: SpaceId,
    now: Timestamp,
    levels: Vec<Level>,
    /// The path and node of the file that was put last.
    last: Option<(String, NodeId)>,
    /// The path of the file whose versions come, and their folder.
    versions: Option<(String, NodeId)>,
    waiting: Vec<Waiting>,
    lease: Option<BlobLease>,
    next: u64,
}

impl<'a> Planter<'a> {
    /// Makes the space of a key, whose root comes with its record, or takes an empty one.
    pub(super) async fn begin(
        target: ImportTarget<'a>,
        key: &str,
        root: &Folder,
        now: Timestamp,
    ) -> Result<Self> {
        let uploaded = Timestamp::from_unix(root.uploaded);
        let nowhere = || Error::damaged(format!("{key:?}, before what it belongs to"));
        let beside = match key.strip_prefix(TRASH) {
            Some(base) => Some(target.tree.find_space(base).await?.ok_or_else(nowhere)?.id),
            None => None,
        };
        let space = match (space_of(target.tree, key).await?, beside) {
            (Some(space), _) => {
                let page = target.tree.list(space.root, None, 1).await?;
                if !page.items.is_empty() {
                    return Err(Error::new(ErrorKind::NotEmpty, format!("the files of {key}")));
                }
                space
            }
            (None, Some(of)) => {
                let made = make_companion(target.tree, Companion::Trash, of, uploaded).await;
                made.map_err(companion)?
            }
            (None, None) => {
                let new = NewSpace { key: key.into(), quota: None, now: uploaded };
                target.tree.create_space(new).await?
            }
        };
        let node = space.root;
        let mut planter = Self {
            target,
            beside: beside.unwrap_or(space.id),
            space,
            now,
            levels: Vec::new(),
            last: None,
            versions: None,
            waiting: Vec::new(),
            lease: None,
            next: 0,
        };
        planter.patch(node, &root.properties, uploaded).await?;
        planter.enter(SpacePath::root(), node, root);
        Ok(planter)
    }

    fn enter(&mut self, path: SpacePath, node: NodeId, record: &Folder) {
        let (modified, created) = (record.modified, record.created);
        let (modified, created) =
            (Timestamp::from_unix(modified), created.map(Timestamp::from_unix));
        self.levels.push(Level { path, node, modified, created });
    }

    /// The folder that an entry lies in, and its name there. Folders that are behind it get
    /// their times.
    async fn place(&mut self, path: &str) -> Result<(SpacePath, NodeId, Name)> {
        let bad = || Error::damaged(format!("{path:?} lies in no folder of the manifest"));
        let path: SpacePath = path.parse().map_err(|_| bad())?;
        let (Some(above), Some(name)) = (path.parent(), path.file_name().cloned()) else {
            return Err(bad());
        };
        while let Some(level) = self.levels.last() {
            if level.path == above {
                return Ok((path, level.node, name));
            }
            self.leave().await?;
        }
        Err(bad())
    }

    pub(super) async fn folder(&mut self, record: &Folder) -> Result<()> {
        let (path, parent, name) = self.place(&record.folder).await?;
        let uploaded = Timestamp::from_unix(record.uploaded);
        let op = MakeFolder {
            target: Target { parent, name, expect: Expect::Absent, space: None },
            modified: Timestamp::from_unix(record.modified),
            created: record.created.map(Timestamp::from_unix),
        };
        let batch = Batch::one(Actor::default(), uploaded, Op::MakeFolder(op));
        let mut made = self.target.tree.commit(batch).await?;
        let node = made.written.remove(0).node.id;
        self.patch(node, &record.properties, uploaded).await?;
        self.enter(path, node, record);
        Ok(())
    }

    /// A file whose bytes lie at a path of the disk.
    pub(super) async fn file(&mut self, record: FileEntry, source: PathBuf) -> Result<()> {
        let (_, parent, name) = self.place(&record.file).await?;
        let id = self.fresh_id().await?;
        self.waiting.push(Waiting { record, source, parent, name, id });
        if self.waiting.len() >= TOGETHER { self.flush().await } else { Ok(()) }
    }

    /// An older content of the file that came last.
    pub(super) async fn version(
        &mut self,
        record: FileEntry,
        number: i64,
        source: PathBuf,
    ) -> Result<()> {
        let bad = || Error::damaged(format!("a version of {:?}, not behind it", record.file));
        let known = self.versions.take().filter(|(path, _)| *path == record.file);
        let (path, parent) = match known {
            Some(known) => known,
            None => {
                self.flush().await?;
                let last = self.last.take().filter(|(path, _)| *path == record.file);
                let (path, file) = last.ok_or_else(bad)?;
                (path, self.version_folder(file).await?)
            }
        };
        self.versions = Some((path, parent));
        let name = Name::new(&number.to_string()).map_err(|_| bad())?;
        let id = self.fresh_id().await?;
        self.waiting.push(Waiting { record, source, parent, name, id });
        if self.waiting.len() >= TOGETHER { self.flush().await } else { Ok(()) }
    }

    /// Makes the folder of a file's versions, and notes it at the file.
    async fn version_folder(&self, file: NodeId) -> Result<NodeId> {
        let (tree, beside, now) = (self.target.tree, self.beside, self.now);
        let made = make_companion(tree, Companion::Versions, beside, now).await;
        let root = made.map_err(companion)?.root;
        let name = Name::new(&file.to_string()).map_err(|_| Error::damaged("the id of a file"))?;
        let target = Target { parent: root, name, expect: Expect::Absent, space: None };
        let op = MakeFolder { target, modified: now, created: None };
        let mut made = tree.commit(Batch::one(Actor::default(), now, Op::MakeFolder(op))).await?;
        let folder = made.written.remove(0).node.id;
        let property = VersionPlace { beside, folder }.property(file);
        let (owner, updates) = (PropertyOwner::Everyone, vec![PropertyUpdate::Set(property)]);
        let note = Op::PatchProperties(PatchProperties { node: file, owner, updates });
        tree.commit(Batch::one(Actor::default(), now, note)).await?;
        Ok(folder)
    }

    async fn fresh_id(&mut self) -> Result<BlobId> {
        let lease = match self.lease.filter(|_| self.next < BlobLease::SIZE) {
            Some(lease) => lease,
            None => {
                self.next = 0;
                *self.lease.insert(self.target.tree.lease_blobs(self.now).await?)
            }
        };
        self.next += 1;
        Ok(BlobId::new(lease.lease, self.next - 1))
    }

    /// Puts what waits: first all contents, then the files, those of one time at once.
    async fn flush(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let blobs = self.target.blobs;
        stream::iter(waiting.iter().filter(|one| one.record.size > 0))
            .map(|one| async move {
                let body = body(&one.source, one.record.sha256.clone());
                let put = blobs.put(one.id, body, PutBlob::of_length(one.record.size)).await;
                put.map(drop).map_err(|error| match error.kind() {
                    // The stream's own error: the file is not what was written.
                    StoreKind::Body => {
                        Error::damaged(one.source.display().to_string()).with_source(error)
                    }
                    _ => error.into(),
                })
            })
            .buffer_unordered(16)
            .try_collect::<Vec<()>>()
            .await?;
        for group in waiting.chunk_by(|a, b| a.record.uploaded == b.record.uploaded) {
            let Some(first) = group.first() else { continue };
            let now = Timestamp::from_unix(first.record.uploaded);
            let ops = group.iter().map(put_file).collect::<Result<_>>()?;
            let batch = Batch { ops, ..Batch::one(Actor::default(), now, put_file(first)?) };
            let done = self.target.tree.commit(batch).await?;
            for (one, written) in group.iter().zip(done.written) {
                let is_file = one.record.version.is_none();
                self.last = is_file.then(|| (one.record.file.clone(), written.node.id));
                self.patch(written.node.id, &one.record.properties, now).await?;
            }
        }
        Ok(())
    }

    async fn patch(&self, node: NodeId, told: &[Told], now: Timestamp) -> Result<()> {
        // What names nodes by ids that are of elsewhere; the first version of the format had it.
        let foreign = [VersionPlace::key(), TrashOrigin::key()];
        let mut ops = Vec::new();
        for same in told.chunk_by(|a, b| a.0 == b.0) {
            let Some((owner, ..)) = same.first() else { continue };
            let person = || owner.parse().map(PropertyOwner::Person);
            let owner = if owner.is_empty() { Ok(PropertyOwner::Everyone) } else { person() };
            let owner = owner.map_err(|_| Error::damaged("the owner of a property"))?;
            let updates = same.iter().filter_map(|(_, namespace, name, value)| {
                let (namespace, name) = (namespace.as_str().into(), name.as_str().into());
                let key = PropertyKey { namespace, name };
                let is_ours = owner != PropertyOwner::Everyone || !foreign.contains(&key);
                let value = value.as_str().into();
                is_ours.then_some(PropertyUpdate::Set(Property { key, value }))
            });
            let updates: Vec<_> = updates.collect();
            if updates.is_empty() {
                continue;
            }
            ops.push(Op::PatchProperties(PatchProperties { node, owner, updates }));
        }
        if let Some(first) = ops.first().cloned() {
            let batch = Batch { ops, ..Batch::one(Actor::default(), now, first) };
            self.target.tree.commit(batch).await?;
        }
        Ok(())
    }

    /// A folder has got all its members: now it can have its own time.
    async fn leave(&mut self) -> Result<()> {
        self.flush().await?;
        let Some(level) = self.levels.pop() else { return Ok(()) };
        let op = SetFacts {
            node: level.node,
            modified: Some(level.modified),
            created: level.created,
            checksums: None,
        };
        let batch = Batch::one(Actor::default(), level.modified, Op::SetFacts(op));
        self.target.tree.commit(batch).await?;
        Ok(())
    }

    /// After the last entry.
    pub(super) async fn finish(mut self, quota: Option<i64>) -> Result<()> {
        while !self.levels.is_empty() {
            self.leave().await?;
        }
        let quota = quota.map(|quota| u64::try_from(quota).unwrap_or(0));
        Ok(self.target.tree.set_quota(self.space.id, quota).await?)
    }
}

fn companion(error: allmende_files::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the stored files").with_source(error)
}

fn put_file(one: &Waiting) -> Result<Op> {
    let FileEntry { size, modified, created, media_type, checksums, .. } = &one.record;
    let checksums = match checksums {
        Some(text) => text.parse().map_err(|_| Error::damaged(format!("checksums {text:?}")))?,
        None => Checksums::none(),
    };
    let segment = Segment { blob: one.id, size: *size };
    let (parent, name) = (one.parent, one.name.clone());
    Ok(Op::PutFile(PutFile {
        target: Target { parent, name, expect: Expect::Absent, space: None },
        segments: if *size > 0 { vec![segment] } else { Vec::new() },
        media_type: media_type.as_deref().unwrap_or_default().into(),
        checksums,
        modified: Timestamp::from_unix(*modified),
        created: created.map(Timestamp::from_unix),
        properties: Vec::new(),
    }))
}

/// Opens a file, and nothing else: neither what a link leads to, nor what would let its
/// reader wait.
fn open_plain(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC | flags, Mode::empty())?;
    let file = File::from(file);
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no file")),
    }
}

/// The bytes of a file; a wrong digest breaks the stream, so that nothing of it is kept.
fn body(path: &Path, digest: Option<String>) -> ByteStream<'static> {
    const PIECE: usize = 256 * 1024;
    enum State {
        Closed(PathBuf),
        Open(File, Sha256),
    }
    /// A piece, and how it goes on.
    type Step = Option<(Bytes, (State, Option<String>))>;
    let pieces = stream::try_unfold((State::Closed(path.to_owned()), digest), |(state, digest)| {
        let step = move || -> io::Result<Step> {
            let (mut file, mut hasher) = match state {
                State::Closed(path) => (open_plain(&path)?, Sha256::new()),
                State::Open(file, hasher) => (file, hasher),
            };
            let mut piece = Vec::with_capacity(PIECE);
            (&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
            if !piece.is_empty() {
                hasher.update(&piece);
                return Ok(Some((piece.into(), (State::Open(file, hasher), digest))));
            }
            let found: String = hasher.finalize().iter().map(|b| format!("{b:02x}")).collect();
            match digest {
                Some(told) if told != found => {
                    Err(io::Error::other("the digest of the manifest is another"))
                }
                _ => Ok(None),
            }
        };
        async move {
            let done = tokio::task::spawn_blocking(step).await;
            done.unwrap_or_else(|lost| Err(io::Error::other(lost)))
        }
    });
    pieces.boxed()
}
