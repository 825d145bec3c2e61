//! Reference implementations in memory: to compare others with, for tests, and for
//! services whose data may go.
//!
//! They are written to be read: one mutex, plain maps, no cleverness. Durability is the one
//! sentence of the contracts that they cannot keep.
//!
//! ```
//! use allmende_storage::{LockStore, NewSpace, Tree, memory::MemoryTree};
//! use allmende_types::{NamePolicy, Timestamp};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let tree = MemoryTree::new(NamePolicy::default());
//! let new = NewSpace { key: "home:alice".into(), quota: None, now: Timestamp::EPOCH };
//! let home = tree.create_space(new).await?;
//! assert!(tree.list(home.root, None, 100).await?.items.is_empty());
//! assert!(tree.below(home.root, Timestamp::EPOCH).await?.is_empty());
//! # Ok::<(), allmende_storage::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blobs;
mod commit;
mod locks;
mod search;
mod state;
mod table;
mod tree;

pub use self::{blobs::MemoryBlobs, tree::MemoryTree};
