//! Bringing a backup back, as a new installation.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use allmende_accounts::{Accounts, AccountsOptions};
use allmende_sql::{Migrations, PostgresOptions, Sql, SqliteOptions};
use allmende_storage::{BlobStore, ByteStream, PutBlob};
use allmende_storage_local::{LocalBlobs, LocalOptions};
use allmende_tree_sql::{SqlTree, TreeOptions};
use allmende_types::{Epoch, Timestamp};
use futures_util::{StreamExt as _, stream};

use super::{
    contents::{Reading, Stored},
    manifest::{BackupId, Digest, Manifest},
    place, tables,
    tables::LineReader,
    take::CONTENTS,
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
    /// Contents that the backup lacks, because they could not be read when it was taken.
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
/// [`Absent`](ErrorKind::Absent) when there is no such backup,
/// [`Damaged`](ErrorKind::Damaged) when something of it is not what was written,
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
    folder::ensure_empty(&target.data)?;
    watch.begin("digests");
    // What is seen now need not be undone.
    tables::verify(&backup, &manifest)?;

    let name = target.data.file_name().unwrap_or_default().to_string_lossy();
    let hidden = target.data.with_file_name(format!(".{name}.restoring"));
    folder::remove_all(&hidden)?;
    folder::make(&hidden)?;
    let epoch = fill(dir, &backup, &manifest, target, &hidden, now, watch).await?;
    folder::flush(&hidden)?;
    match fs::remove_dir(&target.data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => other.context(target.data.display())?,
    }
    folder::rename(&hidden, &target.data)?;
    Ok(Restored {
        id,
        taken: Timestamp::from_unix(manifest.taken),
        epoch,
        rows: tables::rows(&manifest.tables),
        contents: manifest.contents.lines,
        bytes: manifest.bytes,
        unreadable: manifest.unreadable,
    })
}

async fn fill(
    dir: &Path,
    backup: &Path,
    manifest: &Manifest,
    target: &RestoreTarget,
    hidden: &Path,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<Epoch> {
    watch.begin("database");
    let sql = match &target.database {
        Some(url) => Sql::open_postgres(PostgresOptions::new(url.clone())).await?,
        None => Sql::open_sqlite(SqliteOptions::new(hidden.join("allmende.db"))).await?,
    };
    tables::load(&sql, &target.schemas, backup, manifest, watch).await?;
    watch.begin("contents");
    put_contents(dir, backup, manifest, hidden, watch).await?;
    for (name, digest) in &manifest.files {
        let path = backup.join("files").join(name);
        let bytes = fs::read(&path).context(path.display())?;
        if name.contains('/') || Digest::of_bytes(&bytes) != *digest {
            return Err(Error::damaged(path.display().to_string()));
        }
        folder::write(&hidden.join(name), &bytes)?;
    }
    // Last: a database without it must not be served.
    let tree = SqlTree::open(sql.clone(), target.tree.clone()).await?;
    let epoch = tree.begin_epoch(now).await?;
    let accounts = Accounts::new(sql.clone(), AccountsOptions::default())?;
    accounts.set_data_fingerprint(&format!("{:x}", epoch.0)).await?;
    sql.close().await;
    Ok(epoch)
}

async fn put_contents(
    dir: &Path,
    backup: &Path,
    manifest: &Manifest,
    hidden: &Path,
    watch: &dyn Watch,
) -> Result<()> {
    let blobs = LocalBlobs::open(hidden.join("blobs"), LocalOptions::default())?;
    let blobs: &dyn BlobStore = &blobs;
    let mut lines = LineReader::open(&backup.join(CONTENTS))?;
    let mut list = stream::iter(std::iter::from_fn(|| lines.next::<Stored>().transpose()))
        .map(|stored| async move {
            let stored = stored?;
            let (id, size) = (stored.id()?, stored.size);
            let body = body(dir, stored);
            blobs.put(id, body, PutBlob::of_length(size)).await.map_err(|error| {
                Error::damaged(format!("content {id} of the backup")).with_source(error)
            })?;
            watch.done(1, size);
            Ok::<_, Error>(())
        })
        .buffer_unordered(AT_ONCE);
    while let Some(done) = list.next().await {
        done?;
    }
    drop(list);
    lines.verify(&manifest.contents)
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
