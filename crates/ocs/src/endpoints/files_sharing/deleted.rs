//! `/apps/files_sharing/api/v1/deletedshares`: shares that one received and left.

use serde::{Deserialize, Serialize};

use super::share::{ItemType, ShareType};
use super::shares::ById;
use crate::endpoints::{NoParameters, endpoint};
use crate::{Metadata, Nothing};

/// A share that one left. Each field is that of [`Share`](super::Share).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeletedShare {
    /// The id with its kind before it: `ocinternal:2`.
    pub id: String,
    /// The kind.
    pub share_type: ShareType,
    /// Id of who shares.
    pub uid_owner: String,
    /// Name of who shares.
    pub displayname_owner: String,
    /// 0.
    pub permissions: u32,
    /// When it was made, in seconds since 1970.
    pub stime: i64,
    /// Always `null` today.
    pub parent: Option<String>,
    /// The last day, as `2027-01-05 00:00:00`.
    pub expiration: Option<String>,
    /// Always `null`.
    pub token: Option<String>,
    /// Id of whom the file belongs to.
    pub uid_file_owner: String,
    /// Name of whom the file belongs to.
    pub displayname_file_owner: String,
    /// Where the file is for whom it belongs to.
    pub path: String,
    /// Whether it is a folder.
    pub item_type: ItemType,
    /// The media type.
    pub mimetype: String,
    /// The name of the storage.
    pub storage_id: String,
    /// The number of the storage.
    pub storage: u64,
    /// Id of the file.
    pub item_source: u64,
    /// Id of the file.
    pub file_source: u64,
    /// Id of the folder that it is in.
    pub file_parent: u64,
    /// Where one had it.
    pub file_target: String,
    /// Size in bytes.
    pub item_size: u64,
    /// When the file changed last, in seconds since 1970.
    pub item_mtime: i64,
    /// Whom it is shared with.
    pub share_with: Option<String>,
    /// Name of whom it is shared with.
    pub share_with_displayname: String,
}

endpoint! {
    /// `GET …/deletedshares`: the shares that one left and can have back.
    pub List = Metadata::get("/apps/files_sharing/api/v1/deletedshares"),
    NoParameters => Vec<DeletedShare>
}

endpoint! {
    /// `POST …/deletedshares/{id}`: takes a share back. 404 if there is no such share.
    pub Restore = Metadata::post("/apps/files_sharing/api/v1/deletedshares/{id}"),
    ById => Nothing
}
