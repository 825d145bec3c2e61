//! The tree of files, its locks and its feed of changes, in SQLite or PostgreSQL.
//!
//! [`SqlTree`] is the [`Tree`](allmende_storage::Tree) and the
//! [`LockStore`](allmende_storage::LockStore) of a server whose metadata is to survive.
//! Every query is written once, for both engines.
//!
//! # How the tree lies in the tables
//! * A node is a row that knows its parent. Only the root of a space knows the space, so
//!   moving a folder of a million files, even into another space, changes one row and its
//!   ancestors. A removed folder is a row without parent and without space: nothing below
//!   it can be reached any more, and [`purge`](allmende_storage::Tree::purge) clears it in
//!   slices.
//! * Contents are shared, not counted: whether a blob is referenced is asked of the index
//!   over the nodes themselves, so no counter can drift.
//! * A write is one batch of statements, of which some only guard: they repeat, inside the
//!   transaction, whatever was found out before it. When one of them is not met, the state
//!   is read anew, and either the precise error is returned or the write is tried again.
//! * The row of the space is touched first. On PostgreSQL that puts the writers of a space
//!   in a row: no deadlocks, an exact quota, and no reader can see a revision before a
//!   lower one.
//!
//! ```
//! use allmende_sql::{Sql, SqliteOptions};
//! use allmende_storage::{NewSpace, Tree};
//! use allmende_tree_sql::{SqlTree, TreeOptions};
//! use allmende_types::Timestamp;
//!
//! # tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tree.db");
//! let sql = Sql::open_sqlite(SqliteOptions::new(path)).await?;
//! let tree = SqlTree::open(sql, TreeOptions::default()).await?;
//! let new = NewSpace { key: "home:alice".into(), quota: None, now: Timestamp::EPOCH };
//! let home = tree.create_space(new).await?;
//! assert!(tree.list(home.root, None, 500).await?.items.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod changes;
mod commit;
mod content;
mod epoch;
mod error;
mod ids;
mod leases;
mod lineage;
mod list;
mod lock_row;
mod locks;
mod options;
mod pins;
mod properties;
mod purge;
mod resolve;
mod row;
mod schema;
mod search;
mod spaces;
mod stat;
mod tree;

pub use self::{options::TreeOptions, pins::Pin, schema::MIGRATIONS, tree::SqlTree};

/// How many ids one statement asks for at most.
const CHUNK: usize = 512;
