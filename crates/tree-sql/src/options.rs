//! What can be chosen about a tree.

use std::time::Duration;

use allmende_types::NamePolicy;

/// Options of [`SqlTree::open`](crate::SqlTree::open).
///
/// ```
/// use allmende_tree_sql::TreeOptions;
/// use allmende_types::NamePolicy;
///
/// let mut options = TreeOptions::default();
/// options.policy = NamePolicy { case_insensitive: true, ..NamePolicy::default() };
/// assert_eq!(options.keep_changes.as_secs(), 30 * 24 * 3600);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TreeOptions {
    /// How names are compared. Whether case counts is fixed when the database is made.
    pub policy: NamePolicy,
    /// How long the feed of changes reaches back at least, counted from the time that
    /// [`purge`](allmende_storage::Tree::purge) is given. 30 days.
    pub keep_changes: Duration,
}

impl Default for TreeOptions {
    fn default() -> Self {
        const DAY: u64 = 24 * 3600;
        Self { policy: NamePolicy::default(), keep_changes: Duration::from_secs(30 * DAY) }
    }
}
