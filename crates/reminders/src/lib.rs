//! Reminders: somebody wants to be told of a file or folder at a time.
//!
//! [`Reminders`] keeps one time for each person and node, and turns what is due into a
//! notification in the batch that removes it: nobody is told twice, and nothing is lost when
//! a job is broken off. Whether somebody may see the node is the caller's to find out, when
//! the reminder is set and again when it is due.
//!
//! ```
//! use allmende_reminders::{Reminders, Set, SCHEMA};
//! use allmende_sql::{Sql, SqliteOptions};
//! use allmende_types::{NodeId, Timestamp};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("reminders.db");
//! let sql = Sql::open_sqlite(SqliteOptions::new(path)).await?;
//! sql.migrate(&[allmende_events::MIGRATIONS, SCHEMA]).await?;
//! let reminders = Reminders::new(sql);
//!
//! let (alice, now) = ("alice".parse()?, Timestamp::from_unix(1_800_000_000));
//! let tomorrow = now.plus_seconds(86_400);
//! assert_eq!(reminders.set(&alice, NodeId(7), tomorrow, now).await?, Set::New);
//! assert_eq!(reminders.due(now, 10).await?, []);
//! let due = reminders.due(tomorrow, 10).await?;
//! reminders.tell(&due[0], Some("letter.odt"), tomorrow).await?;
//! assert_eq!(reminders.of_nodes(&alice, &[NodeId(7)]).await?, [None]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod reminders;
mod removal;
mod schema;

pub use error::{Error, ErrorKind, Result};
pub use reminders::{Due, Reminders, Set};
pub use schema::SCHEMA;
