//! SQLite: one writer, many readers.

mod connection;
mod error;
mod readers;
mod snapshot;
mod writer;

use std::{path::PathBuf, sync::Arc, time::Duration};

pub(crate) use self::snapshot::Snapshot;
use self::{readers::Readers, writer::Writer};
use crate::{
    Batch, Error, ErrorKind, Outcome, Result, Rows, Statement, migrations::Plan, stats::Counters,
};

/// How to open a database file of SQLite.
///
/// The file is kept in WAL mode with `synchronous=FULL`: what was acknowledged survives a
/// loss of power. It must lie on a local disk.
///
/// ```
/// use allmende_sql::SqliteOptions;
///
/// let mut options = SqliteOptions::new("/var/lib/allmende/allmende.db");
/// options.readers = 4;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// The file.
    pub path: PathBuf,
    /// Threads for reading, at least 1; as many connections again serve point reads.
    pub readers: usize,
    /// Bytes of page cache for all connections together. It is filled as pages are read.
    pub cache_bytes: u64,
    /// Bytes of the file to map into memory. Mapped pages that were touched count as the
    /// process's memory; 0 leaves them to the system's cache.
    pub mmap_bytes: u64,
    /// How long to wait for another process that writes.
    pub busy_timeout: Duration,
    /// Bytes that the file may grow to. Beyond it, writes fail with [`ErrorKind::Full`].
    pub max_bytes: Option<u64>,
    /// For tests and benchmarks: waits this long before each commit, as a slow disk does.
    pub flush_delay: Option<Duration>,
}

impl SqliteOptions {
    /// The ordinary options for a file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8),
            cache_bytes: 16 << 20,
            mmap_bytes: 0,
            busy_timeout: Duration::from_secs(10),
            max_bytes: None,
            flush_delay: None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Sqlite {
    writer: Writer,
    readers: Readers,
    /// How further connections are opened.
    options: SqliteOptions,
}

impl Sqlite {
    pub(crate) async fn open(options: SqliteOptions, counters: Arc<Counters>) -> Result<Self> {
        let open = move || {
            // The writer is first: it makes the file and sets its journal mode.
            let writer = Writer::open(&options, counters)?;
            Ok(Self { writer, readers: Readers::open(&options)?, options })
        };
        tokio::task::spawn_blocking(open).await.unwrap_or_else(|failed| {
            Err(Error::new(ErrorKind::Unavailable, "opening a database").with_source(failed))
        })
    }

    pub(crate) async fn read(&self, statement: Statement) -> Result<Rows> {
        if statement.is_point()
            && let Some(rows) = self.readers.read_here(std::slice::from_ref(&statement))
        {
            return Ok(rows?.pop().unwrap_or_default());
        }
        Ok(self.readers.read(vec![statement]).await?.pop().unwrap_or_default())
    }

    pub(crate) async fn read_all(&self, statements: Vec<Statement>) -> Result<Vec<Rows>> {
        if statements.iter().all(Statement::is_point)
            && let Some(rows) = self.readers.read_here(&statements)
        {
            return rows;
        }
        self.readers.read(statements).await
    }

    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::open(self.options.clone()).await
    }

    pub(crate) async fn write(&self, batch: Batch) -> Result<Vec<Outcome>> {
        self.writer.write(batch).await
    }

    pub(crate) async fn migrate(&self, plan: Plan) -> Result<()> {
        self.writer.migrate(plan).await
    }

    pub(crate) async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}
