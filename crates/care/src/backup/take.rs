//! Taking a backup.

use std::{fs, path::Path};

use allmende_sql::Sql;
use allmende_storage::{BlobStore, ErrorKind as StoreKind};
use allmende_tree_sql::SqlTree;
use allmende_types::{BlobId, Timestamp};

use super::{
    contents::{Earlier, Packs, Stored},
    manifest::{BackupId, Digest, Manifest},
    place::{self, Place},
    tables::{self, LineReader, LineWriter},
};
use crate::{
    Result, Watch,
    error::Context as _,
    folder,
    holding::Holding,
    read,
    references::{Reader, References},
};

/// The list of contents.
pub(super) const CONTENTS: &str = "contents.jsonl";
/// Which contents the snapshot refers to, until they are copied.
const WANTED: &str = "wanted.jsonl";

/// What is copied.
#[derive(Debug, Clone, Copy)]
pub struct BackupSource<'a> {
    /// The database.
    pub sql: &'a Sql,
    /// The tree in it.
    pub tree: &'a SqlTree,
    /// The contents.
    pub blobs: &'a dyn BlobStore,
    /// Small files beside the database without which it is of less use, such as the key of
    /// links. Those that are not there are passed over.
    pub files: &'a [&'a Path],
}

/// What a backup has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Taken {
    /// Its name.
    pub id: BackupId,
    /// Rows of the database.
    pub rows: u64,
    /// Contents of files.
    pub contents: u64,
    /// Bytes of these contents.
    pub bytes: u64,
    /// Contents that were not in an earlier backup.
    pub copied: u64,
    /// Bytes of these.
    pub copied_bytes: u64,
    /// Contents that are missing or damaged, and in no earlier backup either. The rest of
    /// the backup is whole.
    pub unreadable: Vec<String>,
}

/// Takes a backup into a directory, beside a running server or without one.
///
/// # Errors
/// [`Busy`](crate::ErrorKind::Busy) when another process works in the directory,
/// [`Damaged`](crate::ErrorKind::Damaged) when an earlier backup there cannot be read,
/// [`Unavailable`](crate::ErrorKind::Unavailable). Earlier backups are untouched.
pub async fn take(
    source: BackupSource<'_>,
    dir: &Path,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<Taken> {
    let place = Place::open(dir)?;
    let mut holding = Holding::begin(source.tree, now).await?;
    let taken = take_pinned(source, &place, now, &mut holding, watch).await;
    holding.end().await;
    taken
}

async fn take_pinned(
    source: BackupSource<'_>,
    place: &Place,
    now: Timestamp,
    holding: &mut Holding<'_>,
    watch: &dyn Watch,
) -> Result<Taken> {
    let earlier = place.newest()?;
    let id = place.fresh(now)?;
    let hidden = place.hidden(&id);
    folder::make(&hidden)?;
    let mut manifest = Manifest::new(id.clone(), now);

    watch.begin("database");
    let snapshot = source.sql.snapshot().await?;
    tables::dump(&snapshot, &hidden, &mut manifest, watch).await?;
    let mut wanted = LineWriter::create(&hidden.join(WANTED))?;
    let (mut references, mut last) = (References::new(Reader::Moment(&snapshot)), None);
    while let Some(reference) = references.next().await? {
        if last != Some(reference.blob) {
            wanted.line(&reference.blob.to_string())?;
            last = Some(reference.blob);
        }
    }
    let wanted = wanted.finish()?;
    // From here on the database may forget the moment; the pin keeps the contents.
    drop(snapshot);
    holding.renew().await?;

    watch.begin("contents");
    let mut copy = Copy {
        source,
        earlier: Earlier::open(place.dir(), earlier.as_ref())?,
        packs: Packs::new(place.dir(), id.clone()),
        copied: 0,
        copied_bytes: 0,
    };
    let mut list = LineWriter::create(&hidden.join(CONTENTS))?;
    let mut lines = LineReader::open(&hidden.join(WANTED))?;
    while let Some(text) = lines.next::<String>()? {
        let blob: BlobId = text.parse().map_err(|_| crate::Error::damaged(WANTED))?;
        match copy.one(blob).await? {
            Some(stored) => {
                watch.done(1, stored.size);
                manifest.bytes += stored.size;
                if manifest.packs.last() != Some(&stored.pack)
                    && !manifest.packs.contains(&stored.pack)
                {
                    manifest.packs.push(stored.pack.clone());
                }
                list.line(&stored)?;
            }
            None => manifest.unreadable.push(text),
        }
        holding.renew().await?;
    }
    lines.verify(&wanted)?;
    manifest.contents = list.finish()?;
    let Copy { packs, copied, copied_bytes, .. } = copy;
    packs.finish()?;
    holding.hold().await?;

    fs::remove_file(hidden.join(WANTED)).context(WANTED)?;
    copy_files(source.files, &hidden, &mut manifest)?;
    manifest.write(&hidden)?;
    folder::flush(&hidden)?;
    folder::rename(&hidden, &place::of(place.dir(), &id))?;
    Ok(Taken {
        id,
        rows: tables::rows(&manifest.tables),
        contents: manifest.contents.lines,
        bytes: manifest.bytes,
        copied,
        copied_bytes,
        unreadable: manifest.unreadable,
    })
}

struct Copy<'a> {
    source: BackupSource<'a>,
    earlier: Earlier,
    packs: Packs,
    copied: u64,
    copied_bytes: u64,
}

impl Copy<'_> {
    /// Finds a content in an earlier backup or copies it; none if it cannot be read.
    async fn one(&mut self, blob: BlobId) -> Result<Option<Stored>> {
        if let Some(stored) = self.earlier.find(blob)? {
            return Ok(Some(stored));
        }
        let mut writing = self.packs.begin()?;
        let packs = &mut self.packs;
        let read = read::whole(self.source.blobs, blob, |piece| packs.add(&mut writing, piece));
        match read.await {
            Ok(bytes) => {
                self.copied += 1;
                self.copied_bytes += bytes;
                self.packs.keep(blob, writing).map(Some)
            }
            Err(error) if matches!(error.kind(), StoreKind::NotFound | StoreKind::Corrupt) => {
                tracing::error!(%blob, %error, "a content is not in the backup");
                self.packs.give_up(writing)?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn copy_files(files: &[&Path], hidden: &Path, manifest: &mut Manifest) -> Result<()> {
    let dir = hidden.join("files");
    folder::make(&dir)?;
    for path in files.iter().filter(|path| path.exists()) {
        let bytes = fs::read(path).context(path.display())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        folder::write(&dir.join(&name), &bytes)?;
        manifest.files.insert(name, Digest::of_bytes(&bytes));
    }
    folder::flush(&dir)
}
