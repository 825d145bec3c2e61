//! Reading one state of the database for as long as it takes.

use crate::{Engine, Result, Rows, Statement, postgres, sqlite};

/// One state of the database, which stays the same however much is written meanwhile.
///
/// For work that reads everything, a page at a time: a backup, a check. It has a connection
/// of its own, holds no lock that a writer would wait for, and ends when it is dropped.
/// While it is there SQLite cannot shorten its log and PostgreSQL keeps what was overwritten,
/// so it ought not to live longer than the reading.
///
/// ```
/// use allmende_sql::{Batch, Sql, SqliteOptions, Statement, params};
///
/// # tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("stock.db");
/// let sql = Sql::open_sqlite(SqliteOptions::new(path)).await?;
/// let write = |text| sql.write(Batch::from_iter([Statement::new(text, params![])]));
/// write("CREATE TABLE stock (item TEXT PRIMARY KEY)").await?;
/// let snapshot = sql.snapshot().await?;
/// write("INSERT INTO stock (item) VALUES ('apple')").await?;
/// let count = || Statement::new("SELECT count(*) FROM stock", params![]);
/// assert_eq!(snapshot.read(count()).await?.one()?.int(0)?, 0);
/// assert_eq!(sql.read(count()).await?.one()?.int(0)?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Snapshot(Held);

#[derive(Debug)]
enum Held {
    Sqlite(sqlite::Snapshot),
    Postgres(Box<postgres::Snapshot>),
}

impl Snapshot {
    pub(crate) const fn of_sqlite(held: sqlite::Snapshot) -> Self {
        Self(Held::Sqlite(held))
    }

    pub(crate) fn of_postgres(held: postgres::Snapshot) -> Self {
        Self(Held::Postgres(Box::new(held)))
    }

    /// Which database this is.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self.0 {
            Held::Sqlite(_) => Engine::Sqlite,
            Held::Postgres(_) => Engine::Postgres,
        }
    }

    /// Reads with one statement. Calls wait for one another.
    ///
    /// # Errors
    /// As [`Sql::read`](crate::Sql::read). When the connection to PostgreSQL breaks the
    /// snapshot is lost.
    pub async fn read(&self, statement: Statement) -> Result<Rows> {
        statement.check()?;
        match &self.0 {
            Held::Sqlite(held) => held.read(statement).await,
            Held::Postgres(held) => held.read(statement).await,
        }
    }
}
