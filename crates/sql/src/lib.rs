//! One handle over SQLite and PostgreSQL.
//!
//! A store writes its queries once, in the SQL that both engines share, and runs them
//! through [`Sql`]: [`read`](Sql::read) for one statement, [`read_all`](Sql::read_all) for
//! several on one snapshot, [`write`](Sql::write) for a [`Batch`] of statements with
//! expectations, which happens as a whole or not at all. [`Migrations`] lay the tables.
//!
//! No type of a database driver appears in this crate's interface.
//!
//! ```
//! use allmende_sql::{Batch, Expect, Migration, Migrations, Sql, SqliteOptions, Statement, params};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("stock.db");
//! const STOCK: Migrations = Migrations {
//!     component: "stock",
//!     steps: &[Migration::new(1, "stock", "CREATE TABLE stock (item TEXT PRIMARY KEY, n BIGINT NOT NULL)")],
//! };
//! let sql = Sql::open_sqlite(SqliteOptions::new(path)).await?;
//! sql.migrate(&[STOCK]).await?;
//!
//! let mut batch = Batch::new();
//! batch.push(Statement::new("INSERT INTO stock (item, n) VALUES ($1, $2)", params!["apple", 3]));
//! batch.expect(Statement::new("UPDATE stock SET n = n - $1 WHERE item = $2 AND n >= $1", params![2, "apple"]), Expect::ONE);
//! sql.write(batch).await?;
//!
//! let left = sql.read(Statement::new("SELECT n FROM stock WHERE item = $1", params!["apple"]).point()).await?;
//! assert_eq!(left.one()?.int(0)?, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod handle;
mod migrations;
mod postgres;
mod rows;
mod snapshot;
mod sqlite;
mod statement;
mod stats;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod value;

pub use error::{Error, ErrorKind, Result};
pub use handle::{Engine, Sql};
pub use migrations::{Migration, Migrations, Script};
pub use postgres::PostgresOptions;
pub use rows::{Row, Rows};
pub use snapshot::Snapshot;
pub use sqlite::SqliteOptions;
pub use statement::{Batch, Expect, Outcome, Statement};
pub use stats::Stats;
pub use value::Value;
