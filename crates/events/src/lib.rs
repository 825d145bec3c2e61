//! Who did what, written in the transaction of the act; and what people are told of it.
//!
//! An act of a file service, of accounts or of sharing is one batch of statements.
//! [`append`] adds to that batch the statements that write its [event](NewEvent), and
//! [`notify`] those that tell somebody: if the act happens, both are there, and if it does
//! not, neither is.
//!
//! * Every event belongs to a [`Stream`](allmende_types::Stream), in which it has the next
//!   number. Numbers have no gaps: whoever removes a row leaves one, and it is found.
//! * What leaves an installation has one form, [a line of JSON](Event::to_json); how far
//!   it was [handed over](Events::handed_over) is kept beside it.
//! * There is no row per reader. What happens to files is told to whoever sees them when
//!   they look; what is addressed to a group is one row.
//!
//! ```
//! use allmende_events::{Events, MIGRATIONS, append};
//! use allmende_sql::{Batch, Sql, SqliteOptions};
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
//! let events = Events::new(sql);
//! let all = events.of_stream(Stream::Accounts, None, 10).await?;
//! assert_eq!((all[0].seq, all[0].fact.kind), (1, EventKind::LoggedIn));
//! assert_eq!(events.gaps(Stream::Accounts).await?, []);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod append;
mod audit;
mod error;
mod event;
mod forward;
mod line;
mod notifications;
mod notify;
mod push;
mod query;
mod removal;
mod schema;

pub use allmende_types::NewEvent;
pub use append::{append, append_all};
pub use audit::{Gap, StreamHead, Trimmed};
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, EventId};
pub use forward::Position;
pub use notifications::{Notification, NotificationId, Reader};
pub use notify::{NewNotification, NotificationKind, Object, dismiss, notify, withdraw};
pub use push::{Push, PushDevice, PushId, PushKind, Registered, Undealt};
pub use query::{Doer, EventQuery, Events, Order};
pub use schema::MIGRATIONS;
