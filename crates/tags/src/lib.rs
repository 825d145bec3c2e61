//! System tags: labels that belong to the installation, and that people put on files and
//! folders.
//!
//! [`Tags`] keeps which tags there are, who may see and assign them, and which nodes carry
//! them. A mark is bound to the node's id, so it stays where the node is moved or renamed; a
//! copy has none. Whether somebody may see or change a *node* is the caller's to find out:
//! this crate knows nodes by their ids only.
//!
//! | Tag | Seen by | Assigned by |
//! |---|---|---|
//! | visible, assignable | everybody | everybody |
//! | visible, restricted | everybody | members of its groups |
//! | hidden | administrators | administrators |
//!
//! Administrators, the members of the group `admin`, see and assign all of them.
//!
//! Every act is one batch, and its event is in it. The tags of a page of nodes are read by
//! two statements, however many nodes and tags there are.
//!
//! ```
//! use allmende_sql::{Sql, SqliteOptions};
//! use allmende_tags::{Caller, NewTag, Tags, SCHEMA};
//! use allmende_types::{EventNode, NodeId, NodeShape, SpaceId, Timestamp};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tags.db");
//! let sql = Sql::open_sqlite(SqliteOptions::new(path)).await?;
//! sql.migrate(&[allmende_events::MIGRATIONS, SCHEMA]).await?;
//! let tags = Tags::new(sql);
//!
//! let alice = "alice".parse()?;
//! let caller = Caller { person: &alice, groups: &[], now: Timestamp::EPOCH };
//! let urgent = tags.create(caller, NewTag::new("urgent".parse()?), None).await?;
//! let letter = EventNode {
//!     space: SpaceId(1),
//!     node: NodeId(7),
//!     parent: None,
//!     name: "letter.odt".into(),
//!     shape: NodeShape::File,
//!     from: None,
//! };
//! tags.assign(caller, urgent.id, &letter).await?;
//! let page = tags.of_nodes(caller, &[NodeId(6), NodeId(7)]).await?;
//! assert_eq!((page[0].len(), page[1][0].name.as_str()), (0, "urgent"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod caller;
mod error;
mod find;
mod marks;
mod removal;
mod schema;
mod tag;
mod tags;

pub use caller::Caller;
pub use error::{Error, ErrorKind, Result, TagRefusal};
pub use marks::Assigned;
pub use schema::SCHEMA;
pub use tag::{Color, InvalidColor, InvalidTagName, NewTag, Tag, TagId, TagName, TagUpdate};
pub use tags::Tags;
