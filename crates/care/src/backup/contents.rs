//! Contents in packs, and the list of what lies where.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use allmende_types::BlobId;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    manifest::{BackupId, Digest, Manifest},
    place,
    tables::LineReader,
};
use crate::{Error, Result, error::Context as _, folder};

/// Where a content lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    id: String,
    pub(super) size: u64,
    pub(super) sha256: Digest,
    pub(super) pack: String,
    at: u64,
}

impl Stored {
    pub(super) fn id(&self) -> Result<BlobId> {
        self.id.parse().map_err(|_| Error::damaged(format!("{:?} is no content", self.id)))
    }

    fn end(&self) -> u64 {
        self.at.saturating_add(self.size)
    }
}

/// Contents of backups that are known not to be what was written.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Damaged(pub(super) HashSet<Stored>);

impl Damaged {
    const FILE: &str = "damaged.json";

    /// What was noted in a directory.
    fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(Self::FILE);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            text => {
                let text = text.context(path.display())?;
                serde_json::from_slice(&text)
                    .context(format_args!("{}: remove it and verify anew", path.display()))
            }
        }
    }

    /// Notes it in a directory, instead of what was noted there.
    pub(super) fn note(&self, dir: &Path) -> Result<()> {
        let (path, fresh) = (dir.join(Self::FILE), dir.join(".damaged.json"));
        let removed = |path: &Path| match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.context(path.display()),
        };
        removed(&fresh)?;
        if self.0.is_empty() {
            return removed(&path);
        }
        folder::write(&fresh, &serde_json::to_vec(self).context(path.display())?)?;
        folder::rename(&fresh, &path)
    }
}

/// The list of a backup, read along in the order of the ids.
#[derive(Debug, Default)]
pub(super) struct Along {
    lines: Option<LineReader>,
    next: Option<Stored>,
}

impl Along {
    pub(super) fn open(dir: &Path, id: &BackupId) -> Result<Self> {
        let lines = LineReader::open(&place::of(dir, id).join(super::take::CONTENTS))?;
        let mut along = Self { lines: Some(lines), next: None };
        along.step()?;
        Ok(along)
    }

    fn step(&mut self) -> Result<()> {
        self.next = match &mut self.lines {
            Some(lines) => lines.next()?,
            None => None,
        };
        Ok(())
    }

    /// Where a content lies. To be asked in the order of the ids, once for each.
    pub(super) fn at(&mut self, id: BlobId) -> Result<Option<Stored>> {
        loop {
            let Some(next) = &self.next else { return Ok(None) };
            let found = next.id()?;
            if found > id {
                return Ok(None);
            }
            let next = next.clone();
            self.step()?;
            if found == id {
                return Ok(Some(next));
            }
        }
    }
}

/// What an earlier backup has that can be relied on.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    along: Along,
    dir: PathBuf,
    /// How long the packs are that were looked at.
    lengths: HashMap<String, u64>,
    damaged: Damaged,
}

impl Earlier {
    pub(super) fn open(dir: &Path, manifest: Option<&Manifest>) -> Result<Self> {
        let Some(manifest) = manifest else { return Ok(Self::default()) };
        let (along, damaged) = (Along::open(dir, &manifest.id)?, Damaged::read(dir)?);
        Ok(Self { along, dir: dir.to_owned(), lengths: HashMap::new(), damaged })
    }

    /// Where the content lies already, if its pack still reaches that far and nothing else is
    /// known of it. To be asked in the order of the ids.
    pub(super) fn find(&mut self, id: BlobId) -> Result<Option<Stored>> {
        let Some(stored) = self.along.at(id)? else { return Ok(None) };
        let is_there = stored.end() <= self.length(&stored.pack);
        Ok((is_there && !self.damaged.0.contains(&stored)).then_some(stored))
    }

    fn length(&mut self, pack: &str) -> u64 {
        let length = || fs::metadata(place::pack(&self.dir, pack)).map_or(0, |file| file.len());
        if let Some(known) = self.lengths.get(pack) {
            return *known;
        }
        let length = length();
        self.lengths.insert(pack.to_owned(), length);
        length
    }
}

/// Where contents are written behind one another.
#[derive(Debug)]
pub(super) struct Packs {
    dir: PathBuf,
    id: BackupId,
    made: u32,
    open: Option<Open>,
    /// Bytes after which the next pack begins.
    limit: u64,
}

#[derive(Debug)]
struct Open {
    name: String,
    out: BufWriter<File>,
    length: u64,
}

/// A content that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    hasher: Sha256,
    size: u64,
    failed: Option<io::Error>,
}

impl Packs {
    pub(super) fn new(dir: &Path, id: BackupId) -> Self {
        Self { dir: dir.to_owned(), id, made: 0, open: None, limit: 1 << 30 }
    }

    /// Begins a content. It ends with [`Packs::keep`] or [`Packs::give_up`].
    pub(super) fn begin(&mut self) -> Result<Writing> {
        if self.open.as_ref().is_some_and(|open| open.length >= self.limit) {
            self.close()?;
        }
        if self.open.is_none() {
            let name = format!("{}-{:06}", self.id, self.made);
            let out = folder::create(&place::pack(&self.dir, &name))?;
            self.open = Some(Open { name, out: BufWriter::with_capacity(1 << 20, out), length: 0 });
            self.made += 1;
        }
        Ok(Writing { hasher: Sha256::new(), size: 0, failed: None })
    }

    /// Adds bytes. A failure is told at the end.
    pub(super) fn add(&mut self, writing: &mut Writing, bytes: &[u8]) {
        writing.hasher.update(bytes);
        writing.size += bytes.len() as u64;
        if let (Some(open), None) = (&mut self.open, &writing.failed) {
            writing.failed = open.out.write_all(bytes).err();
        }
    }

    /// The content is whole.
    pub(super) fn keep(&mut self, id: BlobId, writing: Writing) -> Result<Stored> {
        let open = self.open.as_mut().ok_or_else(|| Error::damaged("no pack is open"))?;
        if let Some(error) = writing.failed {
            return Err(error).context(format_args!("write pack {}", open.name));
        }
        let at = open.length;
        open.length += writing.size;
        let sha256 = Digest::of(writing.hasher);
        let (id, size, pack) = (id.to_string(), writing.size, open.name.clone());
        Ok(Stored { id, size, sha256, pack, at })
    }

    /// The content could not be read to its end: what was written of it goes.
    pub(super) fn give_up(&mut self, writing: Writing) -> Result<()> {
        drop(writing);
        let Some(open) = &mut self.open else { return Ok(()) };
        let back = |open: &mut Open| {
            open.out.seek(SeekFrom::Start(open.length))?;
            open.out.get_ref().set_len(open.length)
        };
        back(open).context(format_args!("write pack {}", open.name))
    }

    fn close(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let file = open.out.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).context(format_args!("write pack {}", open.name))
    }

    /// Makes everything durable.
    pub(super) fn finish(mut self) -> Result<()> {
        self.close()?;
        folder::flush(&self.dir.join("packs"))
    }
}

/// Reads a content piece by piece, and says at the end whether it is what was written.
#[derive(Debug)]
pub(super) struct Reading {
    file: File,
    left: u64,
    hasher: Sha256,
    stored: Stored,
}

impl Reading {
    const PIECE: u64 = 256 * 1024;

    pub(super) fn open(dir: &Path, stored: Stored) -> io::Result<Self> {
        // The name comes from a file that anybody may have written.
        if stored.pack.contains('/') || stored.pack.starts_with('.') {
            let what = format!("{:?} is no pack", stored.pack);
            return Err(io::Error::other(Error::damaged(what)));
        }
        let mut file = File::open(place::pack(dir, &stored.pack))?;
        file.seek(SeekFrom::Start(stored.at))?;
        Ok(Self { file, left: stored.size, hasher: Sha256::new(), stored })
    }

    /// The next piece; none at the end, if the digest is right.
    pub(super) fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            let digest = Digest::of(std::mem::take(&mut self.hasher));
            if digest == self.stored.sha256 {
                return Ok(None);
            }
            let what =
                format!("content {} in pack {} is damaged", self.stored.id, self.stored.pack);
            return Err(io::Error::other(Error::damaged(what)));
        }
        let length = self.left.min(Self::PIECE);
        let mut piece = vec![0; usize::try_from(length).unwrap_or(0)];
        self.file.read_exact(&mut piece)?;
        self.left -= length;
        self.hasher.update(&piece);
        Ok(Some(piece.into()))
    }
}

/// Whether a failure of [`Reading`] is the fault of what lies there: other bytes, too few, no
/// pack, or a disk that does not give them back. Anything else may pass.
pub(super) fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, NotFound, UnexpectedEof};
    error.get_ref().is_some_and(|inner| inner.is::<Error>())
        || matches!(error.kind(), UnexpectedEof | NotFound | InvalidInput)
        || error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}
