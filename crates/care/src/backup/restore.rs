//! Bringing a backup back, as a new installation.

use std::{
    error::Error as _,
    fs, io,
    path::{Path, PathBuf},
};

use allmende_accounts::{Accounts, AccountsOptions};
use allmende_sql::{Migrations, PostgresOptions, Sql, SqliteOptions};
use allmende_storage::{BlobStore, ByteStream, ErrorKind as StoreKind, PutBlob};
use allmende_storage_local::{LocalBlobs, LocalOptions};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{Epoch, Timestamp};
use futures_util::{StreamExt as _, stream};

use super::{
    contents::{self, Reading, Stored},
    manifest::{BackupId, Manifest},
    place, tables,
    tables::LineReader,
    take::CONTENTS,
    verify,
};
use crate::{Error, ErrorKind, Result, Watch, error::Context as _, folder};

/// How many contents are written at a time: small ones share a flush.
const AT_ONCE: usize = 32;

/// Where a backup is brought back to.
#[derive(Debug, Clone)]
pub struct RestoreTarget {
    /// The data folder, which must be empty or not there.
    pub data: PathBuf,
    /// A PostgreSQL connection to an empty database; otherwise the database is an SQLite
    /// file in the folder. It need not be the engine that the backup was taken from.
    pub database: Option<String>,
    /// All tables that the program knows.
    pub schemas: Vec<Migrations>,
    /// How the tree is opened.
    pub tree: TreeOptions,
}

/// What was brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// Which backup.
    pub id: BackupId,
    /// The moment whose state it is.
    pub taken: Timestamp,
    /// The epoch that began.
    pub epoch: Epoch,
    /// Rows of the database.
    pub rows: u64,
    /// Contents of files.
    pub contents: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Contents that were not brought back: they could not be read when the backup was taken,
    /// or are damaged in it. The files that they belong to are there, and cannot be read.
    pub unreadable: Vec<String>,
}

/// Brings a backup back: the newest, if none is named.
///
/// The data folder gets its name when everything is there and durable; a restore that was
/// broken off leaves `.<name>.restoring` beside it, which the next one clears. It may also
/// leave rows in a PostgreSQL, which has to be emptied by hand then: the next one refuses it.
///
/// # Errors
/// [`NotEmpty`](ErrorKind::NotEmpty) when the target has anything in it,
/// [`MountPoint`](ErrorKind::MountPoint) when it is one,
/// [`Absent`](ErrorKind::Absent) when there is no such backup,
/// [`Damaged`](ErrorKind::Damaged) when something of it but a content is not what was written,
/// [`Unknown`](ErrorKind::Unknown) when it was taken by a newer program,
/// [`Unavailable`](ErrorKind::Unavailable).
pub async fn restore(
    dir: &Path,
    id: Option<&BackupId>,
    target: &RestoreTarget,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<Restored> {
    let newest = place::list(dir)?.pop();
    let id = id.cloned().or(newest);
    let id = id.ok_or_else(|| Error::new(ErrorKind::Absent, dir.display().to_string()))?;
    let backup = place::of(dir, &id);
    let manifest = Manifest::read(&backup)?;
    let data = folder::settled(&target.data)?;
    folder::ensure_empty(&data)?;
    folder::ensure_replaceable(&data)?;
    let name = data.file_name().map(|name| name.to_string_lossy());
    let name = name.ok_or_else(|| Error::new(ErrorKind::Absent, data.display().to_string()))?;
    watch.begin("digests");
    // What is seen now need not be undone.
    verify::but_contents(&backup, &manifest)?;

    let hidden = data.with_file_name(format!(".{name}.restoring"));
    folder::remove_all(&hidden)?;
    folder::make(&hidden)?;
    let (epoch, lost) = fill(dir, &backup, &manifest, target, &hidden, now, watch).await?;
    folder::flush(&hidden)?;
    match fs::remove_dir(&data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => other.context(data.display())?,
    }
    folder::rename(&hidden, &data)?;
    let mut unreadable = manifest.unreadable;
    unreadable.extend(lost.ids);
    unreadable.sort_unstable();
    Ok(Restored {
        id,
        taken: Timestamp::from_unix(manifest.taken),
        epoch,
        rows: tables::rows(&manifest.tables),
        contents: manifest.contents.lines.saturating_sub(lost.contents),
        bytes: manifest.bytes.saturating_sub(lost.bytes),
        unreadable,
    })
}

/// What is damaged in the backup.
#[derive(Debug, Default)]
struct Lost {
    ids: Vec<String>,
    contents: u64,
    bytes: u64,
}

async fn fill(
    dir: &Path,
    backup: &Path,
    manifest: &Manifest,
    target: &RestoreTarget,
    hidden: &Path,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<(Epoch, Lost)> {
    watch.begin("database");
    let sql = match &target.database {
        Some(url) => Sql::open_postgres(PostgresOptions::new(url.clone())).await?,
        None => Sql::open_sqlite(SqliteOptions::new(hidden.join("allmende.db"))).await?,
    };
    tables::load(&sql, &target.schemas, backup, manifest, watch).await?;
    watch.begin("contents");
    let lost = put_contents(dir, backup, manifest, hidden, watch).await?;
    for (name, digest) in &manifest.files {
        folder::write(&hidden.join(name), &verify::secret(backup, name, digest)?)?;
    }
    // Last: a database without it must not be served.
    let tree = SqlTree::open(sql.clone(), target.tree.clone()).await?;
    let epoch = tree.begin_epoch(now).await?;
    let accounts = Accounts::new(sql.clone(), AccountsOptions::default())?;
    accounts.set_data_fingerprint(&format!("{:x}", epoch.0)).await?;
    sql.close().await;
    Ok((epoch, lost))
}

async fn put_contents(
    dir: &Path,
    backup: &Path,
    manifest: &Manifest,
    hidden: &Path,
    watch: &dyn Watch,
) -> Result<Lost> {
    let blobs = LocalBlobs::open(hidden.join("blobs"), LocalOptions::default())?;
    let blobs: &dyn BlobStore = &blobs;
    let mut lines = LineReader::open(&backup.join(CONTENTS))?;
    let mut list = stream::iter(std::iter::from_fn(|| lines.next::<Stored>().transpose()))
        .map(|stored| async move {
            let stored = stored?;
            let (id, size) = (stored.id()?, stored.size);
            let put = blobs.put(id, body(dir, stored), PutBlob::of_length(size)).await;
            watch.done(1, size);
            match put {
                Ok(_) => Ok::<_, Error>(None),
                Err(error) => {
                    let error = fault_of_backup(error)?;
                    tracing::error!(%id, %error, "a content of the backup is damaged");
                    Ok(Some((id.to_string(), size)))
                }
            }
        })
        .buffer_unordered(AT_ONCE);
    let mut lost = Lost::default();
    while let Some(done) = list.next().await {
        if let Some((id, size)) = done? {
            lost.ids.push(id);
            lost.contents += 1;
            lost.bytes += size;
        }
    }
    drop(list);
    lines.verify(&manifest.contents)?;
    Ok(lost)
}

/// Gives the error of a put back if the backup is to blame, whose other contents come all the
/// same. Anything else, such as a target that is full, ends the restore.
fn fault_of_backup(error: allmende_storage::Error) -> Result<allmende_storage::Error> {
    if *error.kind() != StoreKind::Body {
        return Err(error.into());
    }
    let stream = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match stream {
        Some(stream) if !contents::is_damage(stream) => {
            Err(Error::new(ErrorKind::Unavailable, "the packs").with_source(error))
        }
        _ => Ok(error),
    }
}

/// The bytes of a content; a wrong digest breaks the stream before its end, so that nothing
/// of it is kept.
fn body(dir: &Path, stored: Stored) -> ByteStream<'static> {
    enum State {
        Closed(PathBuf, Stored),
        Open(Reading),
    }
    let first = State::Closed(dir.to_owned(), stored);
    let pieces = stream::try_unfold(first, |state| async {
        let step = move || {
            let mut reading = match state {
                State::Closed(dir, stored) => Reading::open(&dir, stored)?,
                State::Open(reading) => reading,
            };
            Ok(reading.next()?.map(|piece| (piece, State::Open(reading))))
        };
        tokio::task::spawn_blocking(step).await.unwrap_or_else(|lost| Err(io::Error::other(lost)))
    });
    pieces.boxed()
}

#[cfg(test)]
mod tests {
    use allmende_storage::Error as StoreError;

    use super::*;

    fn blamed(error: StoreError) -> Result<(), ErrorKind> {
        fault_of_backup(error).map(drop).map_err(|error| error.kind())
    }

    #[test]
    fn only_the_stream_itself_is_damage() {
        let stream = |error: io::Error| StoreError::new(StoreKind::Body, "put").with_source(error);
        assert_eq!(blamed(stream(io::Error::other(Error::damaged("a digest")))), Ok(()));
        assert_eq!(blamed(stream(io::ErrorKind::UnexpectedEof.into())), Ok(()));
        assert_eq!(blamed(stream(io::Error::from_raw_os_error(5))), Ok(()));
        let passing = stream(io::ErrorKind::PermissionDenied.into());
        assert_eq!(blamed(passing), Err(ErrorKind::Unavailable));
        // The target: full, or a disk that fails.
        for code in [28, 5] {
            let target = StoreError::from_io("put", io::Error::from_raw_os_error(code));
            assert_eq!(blamed(target), Err(ErrorKind::Unavailable), "{code}");
        }
    }
}
