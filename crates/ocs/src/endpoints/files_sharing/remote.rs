//! `/apps/files_sharing/api/v1/remote_shares`: shares that one received from other servers.

use serde::{Deserialize, Serialize};

use super::share::ShareType;
use super::shares::ById;
use crate::endpoints::{NoParameters, endpoint};
use crate::{Metadata, Nothing};

/// A share from another server. What is known of the file only after acceptance is `null` before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoteShare {
    /// The id; a text, since it may be larger than what clients hold as a number.
    pub id: String,
    /// Always `null` today.
    pub parent: Option<String>,
    /// [`User`](ShareType::User) or [`Group`](ShareType::Group).
    pub share_type: ShareType,
    /// The address of the other server.
    pub remote: String,
    /// The id of the share there.
    pub remote_id: String,
    /// The secret that opens it; the original tells it, too.
    pub share_token: String,
    /// The name of the file or folder, after a slash.
    pub name: String,
    /// Id of who shares, there.
    pub owner: String,
    /// Id of who received it.
    pub user: String,
    /// Where one has it; before acceptance a placeholder.
    pub mountpoint: String,
    /// 1 if accepted, else 0.
    pub accepted: u8,
    /// Id of the file here.
    pub file_id: Option<u64>,
    /// The media type.
    pub mimetype: Option<String>,
    /// The permissions.
    pub permissions: Option<u32>,
    /// When it changed last, in seconds since 1970.
    pub mtime: Option<i64>,
    /// `dir` or `file`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Size in bytes.
    pub item_size: Option<u64>,
}

endpoint! {
    /// `GET …/remote_shares`: those that one accepted.
    pub List = Metadata::get("/apps/files_sharing/api/v1/remote_shares"),
    NoParameters => Vec<RemoteShare>
}

endpoint! {
    /// `GET …/remote_shares/{id}`: one that was accepted. 404 "share does not exist".
    pub Get = Metadata::get("/apps/files_sharing/api/v1/remote_shares/{id}"),
    ById => RemoteShare
}

endpoint! {
    /// `DELETE …/remote_shares/{id}`: leaves one.
    pub Leave = Metadata::delete("/apps/files_sharing/api/v1/remote_shares/{id}"),
    ById => Nothing
}

endpoint! {
    /// `GET …/remote_shares/pending`: those that one has neither accepted nor declined.
    pub Pending = Metadata::get("/apps/files_sharing/api/v1/remote_shares/pending"),
    NoParameters => Vec<RemoteShare>
}

endpoint! {
    /// `POST …/remote_shares/pending/{id}`: accepts one.
    pub Accept = Metadata::post("/apps/files_sharing/api/v1/remote_shares/pending/{id}"),
    ById => Nothing
}

endpoint! {
    /// `DELETE …/remote_shares/pending/{id}`: declines one.
    pub Decline = Metadata::delete("/apps/files_sharing/api/v1/remote_shares/pending/{id}"),
    ById => Nothing
}
