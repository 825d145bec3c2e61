//! PostgreSQL.

mod codec;
mod connection;
mod error;
mod pool;
mod snapshot;
mod tls;
mod wish;

use std::{fmt, sync::Arc, time::Duration};

use self::pool::Pool;
pub(crate) use self::snapshot::Snapshot;
use crate::{
    Batch, Error, ErrorKind, Expect, Outcome, Result, Rows, Statement, handle::closed,
    migrations::Plan, stats::Counters,
};

/// Begins to read one state of the database.
const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// How often a batch is tried that the server gives up for another's sake.
const ATTEMPTS: u32 = 4;

/// How to reach a database of PostgreSQL.
///
/// The database's encoding must be UTF-8; its collation does not matter, since columns have
/// their own.
///
/// # Encryption
/// `sslmode` and `sslrootcert` of the URL mean what they mean to `libpq`. Connections over
/// sockets of the same machine are never encrypted, others as follows:
///
/// | `sslmode` | encrypted | the server is |
/// |---|---|---|
/// | `disable` | no | anybody |
/// | `prefer`, the default | if the server can | anybody |
/// | `require` | yes | anybody; with `sslrootcert` as `verify-ca` |
/// | `verify-ca` | yes | who has a certificate of an authority of the file `sslrootcert` |
/// | `verify-full` | yes | the same, and it is made for the host of the URL; without a file the authorities of the machine count |
///
/// Over a network that others can reach use `verify-full`: the other modes keep out who only
/// listens. Other than `libpq`, `prefer` does not try again without encryption when the
/// server offers it and fails, `allow` is refused, and there are no certificates of clients.
///
/// ```
/// use allmende_sql::PostgresOptions;
///
/// let mut options = PostgresOptions::new("postgres://allmende@127.0.0.1/allmende");
/// options.connections = 8;
/// let elsewhere = PostgresOptions::new(
///     "postgres://allmende@db.example.org/allmende?sslmode=verify-full&sslrootcert=/etc/ca.pem",
/// );
/// let over_a_socket = PostgresOptions::new("host=/run/postgresql user=allmende dbname=allmende");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// A URL or a list of keywords and values, as `libpq` reads it.
    pub url: String,
    /// Connections at most, at least 1.
    pub connections: usize,
    /// How long connecting may take, and how long a call may wait for a free connection.
    pub timeout: Duration,
}

impl PostgresOptions {
    /// The ordinary options for a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections: 16, timeout: Duration::from_secs(10) }
    }
}

impl fmt::Debug for PostgresOptions {
    /// Leaves out the URL, which may have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("connections", &self.connections)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct Postgres {
    pool: Arc<Pool>,
    counters: Arc<Counters>,
}

impl Postgres {
    pub(crate) async fn open(options: PostgresOptions, counters: Arc<Counters>) -> Result<Self> {
        let pool = Arc::new(Pool::new(&options)?);
        let mut lease = pool.lease().await?;
        let encoding = lease.run(&Statement::new("SHOW server_encoding", vec![])).await?;
        let encoding = encoding.rows.one()?.text(0)?.to_owned();
        if encoding != "UTF8" {
            let context = format!("the database's encoding is {encoding}, not UTF8");
            return Err(Error::new(ErrorKind::Schema, context));
        }
        drop(lease);
        Ok(Self { pool, counters })
    }

    pub(crate) async fn read(&self, statement: Statement) -> Result<Rows> {
        let first = self.pool.lease().await?.run(&statement).await;
        let outcome = match first {
            // An idle connection may have died unnoticed. Reading again changes nothing.
            Err(failed) if failed.is_retryable() => {
                self.pool.lease().await?.run(&statement).await?
            }
            other => other?,
        };
        Ok(outcome.rows)
    }

    pub(crate) async fn read_all(&self, statements: Vec<Statement>) -> Result<Vec<Rows>> {
        let batch: Batch = statements.into_iter().collect();
        let first = self.pool.lease().await?.transaction(BEGIN_SNAPSHOT, &batch).await;
        let outcomes = match first {
            Err(failed) if failed.is_retryable() => {
                self.pool.lease().await?.transaction(BEGIN_SNAPSHOT, &batch).await?
            }
            other => other?,
        };
        Ok(outcomes.into_iter().map(|outcome| outcome.rows).collect())
    }

    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::open(&self.pool).await
    }

    pub(crate) async fn write(&self, batch: Batch) -> Result<Vec<Outcome>> {
        let (pool, counters) = (Arc::clone(&self.pool), Arc::clone(&self.counters));
        // A task of its own: a caller that is dropped leaves no half-sent transaction.
        let task = tokio::spawn(async move {
            let mut attempt = 1;
            loop {
                match write_once(&pool, &batch).await {
                    Err(failed) if failed.kind() == ErrorKind::Conflict && attempt < ATTEMPTS => {
                        tracing::debug!(%failed, attempt, "the batch is tried again");
                        tokio::time::sleep(Duration::from_millis(5 << attempt)).await;
                        attempt += 1;
                    }
                    outcomes => {
                        if outcomes.is_ok() {
                            counters.commit();
                        }
                        return outcomes;
                    }
                }
            }
        });
        task.await.unwrap_or_else(|failed| {
            Err(Error::new(ErrorKind::Unavailable, "writing").with_source(failed))
        })
    }

    pub(crate) async fn migrate(&self, plan: Plan) -> Result<()> {
        let pool = Arc::clone(&self.pool);
        let task = tokio::spawn(async move { pool.lease().await?.migrate(&plan).await });
        task.await.unwrap_or_else(|failed| {
            Err(Error::new(ErrorKind::Unavailable, "migrating").with_source(failed))
        })
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

async fn write_once(pool: &Pool, batch: &Batch) -> Result<Vec<Outcome>> {
    let mut lease = pool.lease().await?;
    let mut statements = batch.iter();
    match (statements.next(), statements.next()) {
        // One statement is a transaction by itself.
        (Some((statement, Expect::Any)), None) => {
            Ok(vec![lease.run(statement).await.map_err(|e| e.at(0))?])
        }
        _ => lease.transaction("BEGIN", batch).await,
    }
}

fn pool_closed<E>(_: E) -> Error {
    closed()
}
