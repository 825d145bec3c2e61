//! Writing an export.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use allmende_sharing::LinkKey;
use allmende_sql::Sql;
use allmende_storage::{BlobStore, ErrorKind as StoreKind};
use allmende_tree_sql::SqlTree;
use allmende_types::{BlobId, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{
    list,
    record::{
        Digester, FORMAT, FileEntry, Folder, HEAD, Head, MANIFEST, Record, VERSION, content_path,
        space_dir,
    },
    spool::{Spool, Step},
};
use crate::{Error, Result, Watch, error::Context as _, folder, holding::Holding, read};

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
    /// Spaces: homes, team folders, and what was thrown away in these.
    pub spaces: u64,
    /// Folders.
    pub folders: u64,
    /// Files.
    pub files: u64,
    /// Older contents of files.
    pub versions: u64,
    /// Bytes of files and of their older contents.
    pub bytes: u64,
    /// Rows of tables.
    pub rows: u64,
    /// Files, and versions of files, whose content is missing or damaged: only their records
    /// are in the export.
    pub unreadable: Vec<String>,
}

/// Writes everything into a directory that is empty or not there, beside a running server or
/// without one.
///
/// The database is held at one moment only while it is read, which depends on how many files
/// there are; contents are read afterwards, kept by a pin that is renewed.
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
    let mut holding = Holding::begin(source.tree, now).await?;
    let done = sink.fill(source, &mut holding, watch).await;
    holding.end().await;
    let left_out = done?;
    let Sink { dir, digester, mut done, .. } = sink;
    done.digest = digester.finish();
    Ok((done, left_out, dir))
}

/// Takes records, and files if there is a directory for them.
#[derive(Debug, Default)]
pub(super) struct Sink {
    dir: Out,
    digester: Digester,
    done: Exported,
    /// The key of the space whose files come.
    space: String,
}

impl Sink {
    async fn fill(
        &mut self,
        source: ExportSource<'_>,
        holding: &mut Holding<'_>,
        watch: &dyn Watch,
    ) -> Result<Vec<String>> {
        let mut spool = Spool::new(self.dir.as_ref().map(|(dir, _)| dir.as_path()))?;
        let left_out = list::everything(source, &mut spool, watch).await?;
        watch.begin("contents");
        let mut steps = spool.read()?;
        while let Some(step) = steps.next()? {
            holding.renew().await?;
            match step {
                Step::Record(record) => self.record(&record)?,
                Step::Content(record, blobs) => {
                    let size = record.size;
                    self.content(source.blobs, record, &blobs, holding).await?;
                    watch.done(1, size);
                }
                // Now that nothing in it changes any more.
                Step::Leave(record) => {
                    if let Some(path) = self.folder(&record) {
                        set_time(&path, &record)?;
                    }
                }
            }
        }
        // All that was read was there until now.
        holding.hold().await?;
        Ok(left_out)
    }

    fn line(&mut self, record: &Record) -> Result<()> {
        let mut line = serde_json::to_vec(record).context(MANIFEST)?;
        line.push(b'\n');
        self.digester.add(record, &line);
        match &mut self.dir {
            Some((_, manifest)) => manifest.write_all(&line).context(MANIFEST),
            None => Ok(()),
        }
    }

    /// Where a folder of the space lies; none if nothing is written.
    fn folder(&self, record: &Folder) -> Option<PathBuf> {
        let (dir, _) = self.dir.as_ref()?;
        Some(space_dir(dir, &self.space)?.join(&record.folder))
    }

    fn record(&mut self, record: &Record) -> Result<()> {
        match record {
            Record::Row(_) => self.done.rows += 1,
            Record::Space(space) => {
                self.done.spaces += 1;
                self.space.clone_from(&space.space);
            }
            Record::Folder(folder) => {
                self.done.folders += 1;
                if let Some(path) = self.folder(folder) {
                    folder::make(&path)?;
                }
            }
            Record::FileEntry(_) | Record::Trashed(_) => {}
        }
        self.line(record)
    }

    async fn content(
        &mut self,
        blobs: &dyn BlobStore,
        mut record: FileEntry,
        parts: &[String],
        holding: &mut Holding<'_>,
    ) -> Result<()> {
        let path = self.dir.as_ref().and_then(|(dir, _)| content_path(dir, &self.space, &record));
        if let Some(above) = path.as_deref().and_then(Path::parent)
            && record.version.is_some()
        {
            folder::make(above)?;
        }
        record.sha256 = copy(blobs, parts, &record, path, holding).await?;
        if record.sha256.is_none() {
            self.done.unreadable.push(record.shown(&self.space));
        }
        match record.version {
            None => self.done.files += 1,
            Some(_) => self.done.versions += 1,
        }
        self.done.bytes += record.size;
        self.line(&Record::FileEntry(record))
    }
}

/// Reads a content, and writes it if there is a path; its digest, if it could be read.
async fn copy(
    blobs: &dyn BlobStore,
    parts: &[String],
    record: &FileEntry,
    path: Option<PathBuf>,
    holding: &mut Holding<'_>,
) -> Result<Option<String>> {
    let mut out = match &path {
        Some(path) => Some(folder::create(path)?),
        None => None,
    };
    let (mut hasher, mut failed, mut bytes) = (Sha256::new(), None, 0);
    for part in parts {
        holding.renew().await?;
        let blob: BlobId = part.parse().map_err(|_| Error::damaged("the id of a content"))?;
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
