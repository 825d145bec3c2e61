//! The handle.

use std::{fmt, sync::Arc};

use crate::{
    Batch, Error, ErrorKind, Migrations, Outcome, PostgresOptions, Result, Rows, Snapshot,
    SqliteOptions, Statement, Stats, migrations, postgres::Postgres, sqlite::Sqlite,
    stats::Counters,
};

/// The database behind a handle. For the rare statement that must differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// An open database. Clones share it; it is closed when the last one is gone.
///
/// There are no interactive transactions. A read is one statement, or several on one
/// snapshot; a write is a [`Batch`]. So no caller can hold a lock while it waits for
/// something else.
#[derive(Debug, Clone)]
pub struct Sql {
    backend: Arc<Backend>,
    counters: Arc<Counters>,
}

#[derive(Debug)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Sql {
    /// Opens a database file of SQLite, and makes it if it is not there.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable), [`ReadOnly`](ErrorKind::ReadOnly) or
    /// [`Corrupt`](ErrorKind::Corrupt), if the file cannot be used.
    pub async fn open_sqlite(options: SqliteOptions) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let backend = Backend::Sqlite(Sqlite::open(options, Arc::clone(&counters)).await?);
        Ok(Self { backend: Arc::new(backend), counters })
    }

    /// Connects to a database of PostgreSQL 13 or later.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) if the server does not answer,
    /// [`Invalid`](ErrorKind::Invalid) if the URL is none.
    pub async fn open_postgres(options: PostgresOptions) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let backend = Backend::Postgres(Postgres::open(options, Arc::clone(&counters)).await?);
        Ok(Self { backend: Arc::new(backend), counters })
    }

    /// Which database this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &*self.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// What the handle and its clones have done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters.snapshot()
    }

    /// Reads with one statement.
    ///
    /// On SQLite, a statement declared as [`point`](Statement::point) runs on the caller's
    /// thread: with the pages in the cache it takes some 5 to 10 µs, a small part of what it
    /// costs to wake a thread and to be woken by it (80 µs were measured on two busy cores). Any other runs on a reader thread, so that
    /// a long listing or a cold disk does not hold up the runtime.
    ///
    /// # Errors
    /// Any kind but `Expectation` and `Constraint`.
    pub async fn read(&self, statement: Statement) -> Result<Rows> {
        statement.check()?;
        self.counters.read(1);
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(statement).await,
            Backend::Postgres(postgres) => postgres.read(statement).await,
        }
    }

    /// Reads with several statements, all of which see the same state of the database.
    ///
    /// # Errors
    /// As [`Sql::read`].
    pub async fn read_all(&self, statements: Vec<Statement>) -> Result<Vec<Rows>> {
        statements.iter().try_for_each(Statement::check)?;
        self.counters.read(statements.len());
        match &*self.backend {
            _ if statements.is_empty() => Ok(Vec::new()),
            Backend::Sqlite(sqlite) => sqlite.read_all(statements).await,
            Backend::Postgres(postgres) => postgres.read_all(statements).await,
        }
    }

    /// Holds on to the state of the database as it is now, for long reading.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) if there is no connection to be had.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.snapshot().await.map(Snapshot::of_sqlite),
            Backend::Postgres(postgres) => postgres.snapshot().await.map(Snapshot::of_postgres),
        }
    }

    /// Writes a batch: all of it happens, durably, or nothing. Outcomes are in the order
    /// of the statements.
    ///
    /// A caller that gives up waiting (drops the future) does not stop the batch.
    ///
    /// On SQLite one thread writes. It puts the batches that wait into one transaction,
    /// each behind a savepoint of its own: a batch that fails disturbs no other, and the
    /// price of a flush is shared by all who wait for it.
    ///
    /// On PostgreSQL all statements are sent at once, at the isolation level READ
    /// COMMITTED. If any of them has an expectation, `COMMIT` follows when the answers are
    /// in: two round trips, because an expectation cannot be checked inside the pipeline
    /// without rewriting the caller's statement. A batch without expectations takes one.
    /// Callers that need an order among batches touch a common row first (an `UPDATE` of
    /// the space). A batch that the server gives up for another's sake is repeated up to
    /// three times.
    ///
    /// # Errors
    /// Any kind. With [`Expectation`](ErrorKind::Expectation) and
    /// [`Constraint`](ErrorKind::Constraint), [`Error::statement`] says which statement
    /// it was.
    pub async fn write(&self, batch: Batch) -> Result<Vec<Outcome>> {
        batch.iter().try_for_each(|(statement, _)| statement.check())?;
        self.counters.batch(batch.len());
        match &*self.backend {
            _ if batch.is_empty() => Ok(Vec::new()),
            Backend::Sqlite(sqlite) => sqlite.write(batch).await,
            Backend::Postgres(postgres) => postgres.write(batch).await,
        }
    }

    /// Brings the schema of one or several components up to date.
    ///
    /// # Errors
    /// [`Schema`](ErrorKind::Schema) if the database was made by a newer program, or by
    /// one whose migrations had other names.
    pub async fn migrate(&self, components: &[Migrations]) -> Result<()> {
        let own = std::iter::once(&migrations::OWN);
        let plan = migrations::Plan::new(own.chain(components), self.engine())?;
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.migrate(plan).await,
            Backend::Postgres(postgres) => postgres.migrate(plan).await,
        }
    }

    /// Waits until what was begun is written, and closes the database for all clones.
    /// Later calls fail with [`ErrorKind::Closed`].
    pub async fn close(&self) {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }
}

pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::Closed, "database")
}
