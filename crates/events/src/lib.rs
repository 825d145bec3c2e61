//! Who did what, written in the transaction of the act; and what people are told of it.
//!
//! An act of a file service, of accounts or of sharing is one batch of statements.
//! [`append`] adds to that batch the statements that write its [event](NewEvent), and
//! [`notify`] those that tell somebody: if the act happens, both are there, and if it does
//! not, neither is.
//!
//! * Every event belongs to a [`Stream`](allmende_types::Stream), in which it has the next
//!   number. Numbers have no gaps: whoever removes a row leaves one, and it is found.
//! * There is no row per reader. What happens to files is told to whoever sees them when
//!   they look; what is addressed to a group is one row.
//!
//! ```
//! use allmende_events::{MIGRATIONS, append};
//! use allmende_sql::{Batch, Sql, SqliteOptions, Statement, params};
//! use allmende_types::{EventKind, NewEvent, Principal, Stream, Timestamp};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("events.db");
//! let sql = Sql::open_sqlite(SqliteOptions::new(path)).await?;
//! sql.migrate(&[MIGRATIONS]).await?;
//!
//! let alice = Principal::Person("alice".parse()?);
//! let now = Timestamp::from_unix(1_795_500_000);
//! let mut act = Batch::new(); // … with the statements of the act itself
//! append(&mut act, &NewEvent::new(Stream::Accounts, EventKind::LoggedIn, now).by(alice));
//! sql.write(act).await?;
//!
//! let rows = sql.read(Statement::new("SELECT seq FROM events", params![])).await?;
//! assert_eq!(rows.one()?.int(0)?, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod append;
mod notify;
mod schema;

pub use allmende_types::NewEvent;
pub use append::{append, append_all};
pub use notify::{NewNotification, NotificationKind, Object, dismiss, notify, withdraw};
pub use schema::MIGRATIONS;
