//! Comments of people on files and folders, with mentions, replies and read markers.
//!
//! [`Comments`] keeps who said what of which node. Comments are bound to the node's id: they
//! go with it wherever it is moved, and a copy has none. Whether somebody may see the node,
//! and so its comments, is the caller's to find out: this crate knows nodes by their ids only.
//!
//! * A comment is one batch with its event, for those who see the node, and the
//!   notifications of those whom it mentions.
//! * Comments of a node are numbered in the order of their transactions. What somebody has
//!   read is remembered as such a number, not as a time: a comment of the same second is not
//!   lost. Nobody's own comments are new to them.
//! * The numbers of a page of nodes are counted by one statement.
//!
//! ```
//! use allmende_comments::{Caller, Comments, NewComment, Slice, SCHEMA};
//! use allmende_sql::{Sql, SqliteOptions};
//! use allmende_types::{EventNode, NodeId, NodeShape, SpaceId, Timestamp};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("comments.db");
//! let sql = Sql::open_sqlite(SqliteOptions::new(path)).await?;
//! sql.migrate(&[allmende_events::MIGRATIONS, SCHEMA]).await?;
//! let comments = Comments::new(sql);
//!
//! let (alice, bob) = ("alice".parse()?, "bob".parse()?);
//! let letter = EventNode {
//!     space: SpaceId(1),
//!     node: NodeId(7),
//!     parent: None,
//!     name: "letter.odt".into(),
//!     shape: NodeShape::File,
//!     from: None,
//! };
//! let by_alice = Caller { person: &alice, now: Timestamp::EPOCH };
//! comments.create(by_alice, &letter, NewComment::new("Please read, @bob".parse()?)).await?;
//!
//! let of_bob = comments.counts(&bob, &[NodeId(7)]).await?;
//! assert_eq!((of_bob[0].all, of_bob[0].unread), (1, 1));
//! let read = comments.list(&bob, NodeId(7), Slice::default()).await?;
//! assert_eq!(read[0].mentions().next().map(|who| who.id), Some("bob"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod comment;
mod comments;
mod error;
mod find;
mod ids;
mod mention;
mod read;
mod removal;
mod schema;

pub use comment::{
    Comment, CommentId, InvalidText, MAX_MESSAGE, Message, NewComment, TextFault, Verb,
};
pub use comments::{Caller, Comments};
pub use error::{Error, ErrorKind, Result};
pub use find::{Counts, Place, Slice};
pub use mention::{Mention, mentions};
pub use read::ReadUpTo;
pub use schema::SCHEMA;
