//! `/apps/files_sharing/api/v1/shares`: the shares that one made and received.

use serde::{Deserialize, Serialize};

use super::share::{Share, ShareType, json_text};
use crate::endpoints::{NoParameters, endpoint};
use crate::shape::filled_in;
use crate::{Metadata, Nothing, Secret};

/// Which shares to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Only those of the file or folder with this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// With those that others made of the same file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reshares: bool,
    /// Those of what is directly in the folder, not of the folder.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub subfiles: bool,
    /// Those that one received, not those that one made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shared_with_me: bool,
    /// With the tags of the files.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_tags: bool,
}

endpoint! {
    /// `GET …/shares`: one's shares.
    ///
    /// 404 "Wrong path, file/folder does not exist" for an unknown path, 400 "Not a directory" for
    /// `subfiles` of a file.
    pub List = Metadata::get("/apps/files_sharing/api/v1/shares"),
    Query => Vec<Share>
}

/// A share, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ById {
    /// The id. What is no number is the id of no share.
    pub id: String,
}

/// Which share to tell about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct One {
    /// The id.
    pub id: String,
    /// With the tags of the file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_tags: bool,
}

endpoint! {
    /// `GET …/shares/{id}`: a list of that one share. 404 "Wrong share ID, share does not exist"
    /// for an unknown id and for a share that one has nothing to do with.
    pub Get = Metadata::get("/apps/files_sharing/api/v1/shares/{id}"),
    One => Vec<Share>
}

/// A new share.
///
/// Nothing but the types is checked here, so that the refusal can name the rule: a missing path
/// and an unknown kind have messages of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NewShare {
    /// Where the file or folder is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The kind.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "filled_in")]
    pub share_type: Option<ShareType>,
    /// Whom to share with; not for a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_with: Option<String>,
    /// The permissions; what the server proposes if absent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "filled_in")]
    pub permissions: Option<i64>,
    /// Whether guests may upload; of a link to a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_upload: Option<bool>,
    /// A password; of links and shares by e-mail. None if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The last day, as `YYYY-MM-DD`; the server's proposal if absent, never if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date: Option<String>,
    /// A note for the recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What to call the link, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// [`Share::attributes`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json_text")]
    pub attributes: Option<String>,
    /// Whether the password is told in a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_password_by_talk: Option<bool>,
    /// Whether to tell the recipient by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_mail: Option<bool>,
}

endpoint! {
    /// `POST …/shares`: shares something. The same recipient again is answered with the share that
    /// is there; each link is a new one.
    ///
    /// 404 without or for a wrong path, for an unknown recipient, a day that has passed, and for
    /// more than one's own permissions; 400 for an unknown kind and for permissions that make no
    /// sense; 403 for what the rules forbid.
    pub Create = Metadata::post("/apps/files_sharing/api/v1/shares"),
    NewShare => Share
}

/// A change of a share: what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Change {
    /// The id of the share.
    pub id: String,
    /// The permissions.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "filled_in")]
    pub permissions: Option<i64>,
    /// The password; taken away if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The last day, as `YYYY-MM-DD`; taken away if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date: Option<String>,
    /// The note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What to call the link, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether guests may upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_upload: Option<bool>,
    /// Whether the page of the link shows no way to download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_download: Option<bool>,
    /// [`Share::attributes`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json_text")]
    pub attributes: Option<String>,
    /// Whether the password is told in a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_password_by_talk: Option<bool>,
    /// Whether to tell the recipient by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_mail: Option<bool>,
    /// Another token for the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Change {
    /// Whether nothing is to be changed, which servers refuse with 400 "Wrong or no update
    /// parameter given".
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { id: self.id.clone(), ..Self::default() }
    }
}

endpoint! {
    /// `PUT …/shares/{id}`: changes a share. Who received it may not: 403 "You are not allowed to
    /// edit incoming shares".
    pub Update = Metadata::put("/apps/files_sharing/api/v1/shares/{id}"),
    Change => Share
}

endpoint! {
    /// `DELETE …/shares/{id}`: ends a share that one made, leaves one that one received.
    pub Delete = Metadata::delete("/apps/files_sharing/api/v1/shares/{id}"),
    ById => Nothing
}

/// A mail to send again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MailAgain {
    /// The id of the share.
    pub id: String,
    /// The password, for a mail of its own; none if empty.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub password: Secret,
}

endpoint! {
    /// `POST …/shares/{id}/send-email`: sends the recipient the mail again.
    pub SendMail = Metadata::post("/apps/files_sharing/api/v1/shares/{id}/send-email"),
    MailAgain => Nothing
}

/// A file or folder, by its path.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ByPath {
    /// The path.
    pub path: String,
}

endpoint! {
    /// `GET …/shares/inherited`: the shares of the folders that something is in, each with
    /// [`via_path`](Share::via_path).
    pub Inherited = Metadata::get("/apps/files_sharing/api/v1/shares/inherited"),
    ByPath => Vec<Share>
}

endpoint! {
    /// `GET …/shares/pending`: the shares that one received and has neither accepted nor declined.
    pub Pending = Metadata::get("/apps/files_sharing/api/v1/shares/pending"),
    NoParameters => Vec<Share>
}

endpoint! {
    /// `POST …/shares/pending/{id}`: accepts a share.
    pub Accept = Metadata::post("/apps/files_sharing/api/v1/shares/pending/{id}"),
    ById => Nothing
}

endpoint! {
    /// `DELETE …/shares/pending/{id}`: declines a share.
    pub Decline = Metadata::delete("/apps/files_sharing/api/v1/shares/pending/{id}"),
    ById => Nothing
}
