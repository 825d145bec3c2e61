//! Writing an export.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use allmende_sharing::LinkKey;
use allmende_sql::{Snapshot, Sql, Statement, params};
use allmende_storage::{BlobStore, ErrorKind as StoreKind};
use allmende_tree_sql::SqlTree;
use allmende_types::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{
    record::{
        Digester, FORMAT, FileEntry, Folder, HEAD, Head, MANIFEST, Record, Space, VERSION,
        space_dir,
    },
    tables::{self, AFTER, BEFORE},
    walk::{Content, Found, Walk},
};
use crate::{Result, Watch, catalog, error::Context as _, folder, read};

/// For how long an export may keep contents from being deleted.
const PINNED: i64 = 48 * 3600;

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct ExportSource<'a> {
    /// The database.
    pub sql: &'a Sql,
    /// The tree in it.
    pub tree: &'a SqlTree,
    /// The contents.
    pub blobs: &'a dyn BlobStore,
    /// The key of links, without which their tokens cannot be told.
    pub key: &'a LinkKey,
}

/// What an export has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Exported {
    /// What all of the manifest says together, as 64 hexadecimal digits.
    pub digest: String,
    /// Spaces: homes and team folders.
    pub spaces: u64,
    /// Folders.
    pub folders: u64,
    /// Files.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Rows of tables.
    pub rows: u64,
    /// Files whose content is missing or damaged: only their records are in the export.
    pub unreadable: Vec<String>,
}

/// Writes everything into a directory that is empty or not there, beside a running server or
/// without one.
///
/// # Errors
/// [`NotEmpty`](crate::ErrorKind::NotEmpty), [`Unavailable`](crate::ErrorKind::Unavailable).
pub async fn export(
    source: ExportSource<'_>,
    dir: &Path,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<Exported> {
    folder::ensure_empty(dir)?;
    folder::make(dir)?;
    let manifest = BufWriter::with_capacity(1 << 18, folder::create(&dir.join(MANIFEST))?);
    let sink = Sink { dir: Some((dir.to_owned(), manifest)), ..Sink::default() };
    let (done, left_out, manifest) = pinned(source, sink, now, watch).await?;
    if let Some((_, manifest)) = manifest {
        let file = manifest.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).context(MANIFEST)?;
    }
    // All files and folders at once: one by one they would take a flush each.
    let directory = File::open(dir).context(dir.display())?;
    rustix::fs::syncfs(&directory).map_err(io::Error::from).context(dir.display())?;
    // Last: without it a directory is no export.
    let head =
        Head { format: FORMAT.into(), version: VERSION, digest: done.digest.clone(), left_out };
    let text = serde_json::to_vec_pretty(&head).context(HEAD)?;
    folder::write(&dir.join(HEAD), &text)?;
    folder::flush(dir)?;
    Ok(done)
}

type Out = Option<(PathBuf, BufWriter<File>)>;

/// Goes through everything, with contents held by a pin.
pub(super) async fn pinned(
    source: ExportSource<'_>,
    mut sink: Sink,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<(Exported, Vec<String>, Out)> {
    let pin = source.tree.pin(now, now.plus_seconds(PINNED)).await?;
    let done = everything(source, &mut sink, watch).await;
    if let Err(error) = source.tree.unpin(pin).await {
        tracing::warn!(%error, "the pin of an export stays for two days");
    }
    let left_out = done?;
    let Sink { dir, digester, mut done } = sink;
    done.digest = digester.finish();
    Ok((done, left_out, dir))
}

/// Takes records, and files if there is a directory for them.
#[derive(Debug, Default)]
pub(super) struct Sink {
    dir: Out,
    digester: Digester,
    done: Exported,
}

async fn everything(
    source: ExportSource<'_>,
    sink: &mut Sink,
    watch: &dyn Watch,
) -> Result<Vec<String>> {
    let snapshot = source.sql.snapshot().await?;
    let all = catalog::tables(&snapshot).await?;
    watch.begin("people");
    tables::rows(&snapshot, &all, BEFORE, source.key, |row| sink.row(row, watch)).await?;
    watch.begin("files");
    let mut after = String::new();
    loop {
        let select = "SELECT key, root, quota FROM spaces \
             WHERE root IS NOT NULL AND key > $1 ORDER BY key LIMIT 500";
        let rows = snapshot.read(Statement::new(select, params![after.clone()])).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows.iter() {
            row.text(0)?.clone_into(&mut after);
            if space_dir(Path::new(""), &after).is_some() {
                let space = Space { space: after.clone(), quota: row.opt_int(2)? };
                sink.space(source, &snapshot, space, row.int(1)?, watch).await?;
            }
        }
    }
    watch.begin("shares");
    tables::rows(&snapshot, &all, AFTER, source.key, |row| sink.row(row, watch)).await?;
    Ok(tables::left_out(&all))
}

impl Sink {
    fn line(&mut self, record: &Record) -> Result<()> {
        let mut line = serde_json::to_vec(record).context(MANIFEST)?;
        line.push(b'\n');
        self.digester.add(record, &line);
        match &mut self.dir {
            Some((_, manifest)) => manifest.write_all(&line).context(MANIFEST),
            None => Ok(()),
        }
    }

    fn row(&mut self, row: super::record::Row, watch: &dyn Watch) -> Result<()> {
        self.done.rows += 1;
        watch.done(1, 0);
        self.line(&Record::Row(row))
    }

    async fn space(
        &mut self,
        source: ExportSource<'_>,
        snapshot: &Snapshot,
        space: Space,
        root: i64,
        watch: &dyn Watch,
    ) -> Result<()> {
        let key = space.space.clone();
        let dir = self.dir.as_ref().and_then(|(dir, _)| space_dir(dir, &key));
        self.done.spaces += 1;
        self.line(&Record::Space(space))?;
        let mut walk = Walk::new(snapshot, root);
        while let Some(found) = walk.next().await? {
            match found {
                Found::Folder(record) => {
                    if let Some(dir) = &dir {
                        folder::make(&dir.join(&record.folder))?;
                    }
                    self.done.folders += 1;
                    watch.done(1, 0);
                    self.line(&Record::Folder(record))?;
                }
                Found::File(mut record, content) => {
                    let path = dir.as_ref().map(|dir| dir.join(&record.file));
                    let blobs = source.blobs;
                    record.sha256 = copy(snapshot, blobs, &content, &record, path).await?;
                    if record.sha256.is_none() {
                        self.done.unreadable.push(format!("{key}/{}", record.file));
                    }
                    self.done.files += 1;
                    self.done.bytes += record.size;
                    watch.done(1, record.size);
                    self.line(&Record::FileEntry(record))?;
                }
                Found::Leave(record) => {
                    if let Some(dir) = &dir {
                        // Now that nothing in it changes any more.
                        set_time(&dir.join(&record.folder), &record)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Reads a content, and writes it if there is a path; its digest, if it could be read.
async fn copy(
    snapshot: &Snapshot,
    blobs: &dyn BlobStore,
    content: &Content,
    record: &FileEntry,
    path: Option<PathBuf>,
) -> Result<Option<String>> {
    let mut out = match &path {
        Some(path) => Some(folder::create(path)?),
        None => None,
    };
    let (mut hasher, mut failed, mut bytes) = (Sha256::new(), None, 0);
    for blob in content.blobs(snapshot).await? {
        let read = read::whole(blobs, blob, |piece| {
            hasher.update(piece);
            if let (Some(out), None) = (&mut out, &failed) {
                failed = out.write_all(piece).err();
            }
        });
        match read.await {
            Ok(length) => bytes += length,
            Err(error) if matches!(error.kind(), StoreKind::NotFound | StoreKind::Corrupt) => {
                bytes = u64::MAX;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let (Some(error), Some(path)) = (failed, &path) {
        return Err(error).context(path.display());
    }
    if bytes != record.size {
        if let Some(path) = &path {
            fs::remove_file(path).context(path.display())?;
        }
        return Ok(None);
    }
    if let (Some(out), Some(path)) = (out, &path) {
        out.set_modified(time(record.modified)).context(path.display())?;
    }
    Ok(Some(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

fn set_time(path: &Path, record: &Folder) -> Result<()> {
    let directory = File::open(path).context(path.display())?;
    directory.set_modified(time(record.modified)).context(path.display())
}

/// A time that file systems can have; what they cannot is in the manifest.
fn time(seconds: i64) -> SystemTime {
    let seconds = u64::try_from(seconds).unwrap_or(0).min(u64::from(u32::MAX));
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}
