//! `/apps/files_lock`: locks that people set on files by hand.
//!
//! The same locks are set with `LOCK` and the header `X-User-Lock` over WebDAV.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Metadata, Nothing, Value};

/// A file, and the kind of lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockOf {
    /// The id of the file.
    pub file_id: u64,
    /// 0 for a lock by a person, which it is without this; 1 for one by an app, 2 for one by a
    /// token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_type: Option<u8>,
}

impl LockOf {
    /// A lock by a person.
    #[must_use]
    pub const fn file(file_id: u64) -> Self {
        Self { file_id, lock_type: None }
    }
}

/// A lock on a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileLock {
    /// A number of the lock: that of its file, which has one lock at the most that can be set
    /// here.
    pub id: i64,
    /// Always empty.
    pub uri: String,
    /// The id of the person who holds it.
    pub user_id: String,
    /// Their name.
    pub display_name: String,
    /// The id of the file.
    pub file_id: i64,
    /// Its name among all locks, without `opaquelocktoken:`.
    pub token: String,
    /// For how many seconds it still stands; -1 without an end.
    pub eta: i64,
    /// When it was set, in seconds since 1970.
    pub creation: i64,
    /// 0, 1 or 2, see [`LockOf::lock_type`].
    #[serde(rename = "type")]
    pub kind: u8,
}

impl FileLock {
    /// As the data of a refusal: the lock that is in the way.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let fields = [
            ("id", Value::from(self.id)),
            ("uri", Value::from(self.uri.as_str())),
            ("userId", Value::from(self.user_id.as_str())),
            ("displayName", Value::from(self.display_name.as_str())),
            ("fileId", Value::from(self.file_id)),
            ("token", Value::from(self.token.as_str())),
            ("eta", Value::from(self.eta)),
            ("creation", Value::from(self.creation)),
            ("type", Value::from(i64::from(self.kind))),
        ];
        fields.into_iter().collect()
    }
}

endpoint! {
    /// `PUT …/{fileId}`: sets a lock, or extends one's own. 423 with the standing lock if there
    /// is another one (the original says 500), 403 for who may not change the file and for
    /// folders, 404 for an unknown file.
    pub Set = Metadata::put("/apps/files_lock/lock/{fileId}"),
    LockOf => FileLock
}

endpoint! {
    /// `DELETE …/{fileId}`: ends a lock. 412 if nothing is locked, 423 with the standing lock if
    /// it is another person's.
    pub End = Metadata::delete("/apps/files_lock/lock/{fileId}"),
    LockOf => Nothing
}
