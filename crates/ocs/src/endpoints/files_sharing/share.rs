use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::endpoints::user_status::Presence;
use crate::shape::present;
use crate::{Nullable, Value};

/// What kind of share something is; travels as a number.
///
/// ```
/// use allmende_ocs::endpoints::files_sharing::ShareType;
///
/// assert_eq!(ShareType::from_number(3), ShareType::Link);
/// assert_eq!(ShareType::from_number(99), ShareType::Other(99));
/// assert_eq!(ShareType::Email.number(), 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum ShareType {
    /// 0: with a person.
    #[default]
    User,
    /// 1: with a group.
    Group,
    /// 3: a public link.
    Link,
    /// 4: a link that was sent by e-mail.
    Email,
    /// 6: with a person on another server.
    Remote,
    /// 7: with a team, which older versions called circle.
    Team,
    /// 8: with a guest.
    Guest,
    /// 9: with a group on another server.
    RemoteGroup,
    /// 10: with a conversation.
    Room,
    /// 12: with a card of a board.
    Deck,
    /// 15: with a person in the Sciencemesh.
    ScienceMesh,
    /// Another number.
    Other(i64),
}

impl ShareType {
    /// The protocol's number.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::User => 0,
            Self::Group => 1,
            Self::Link => 3,
            Self::Email => 4,
            Self::Remote => 6,
            Self::Team => 7,
            Self::Guest => 8,
            Self::RemoteGroup => 9,
            Self::Room => 10,
            Self::Deck => 12,
            Self::ScienceMesh => 15,
            Self::Other(number) => number,
        }
    }

    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        match number {
            0 => Self::User,
            1 => Self::Group,
            3 => Self::Link,
            4 => Self::Email,
            6 => Self::Remote,
            7 => Self::Team,
            8 => Self::Guest,
            9 => Self::RemoteGroup,
            10 => Self::Room,
            12 => Self::Deck,
            15 => Self::ScienceMesh,
            _ => Self::Other(number),
        }
    }
}

impl Serialize for ShareType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

impl<'de> Deserialize<'de> for ShareType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from_number)
    }
}

/// Whether something is a file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemType {
    /// A file.
    #[default]
    File,
    /// A folder.
    Folder,
}

/// What [`Share::password`] says of a password that is set.
pub const REDACTED: &str = "redacted";

/// The status of whom something is shared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecipientStatus {
    /// Whether the person is there.
    pub status: Presence,
    /// The message.
    #[serde(default)]
    pub message: Option<String>,
    /// An emoji.
    #[serde(default)]
    pub icon: Option<String>,
    /// When the message goes away, in seconds since 1970.
    #[serde(default)]
    pub clear_at: Option<i64>,
}

/// A share, as its owner, its recipients and those who may see it are told.
///
/// Some fields depend on the kind: [`share_with_displayname_unique`](Self::share_with_displayname_unique)
/// is there for people, [`url`](Self::url) for links, [`password`](Self::password) for links and
/// e-mail, [`via_fileid`](Self::via_fileid) in the list of inherited shares. The clients for iOS
/// and Android decode the others strictly, so they are always written, with the types they have
/// here.
///
/// ```
/// use allmende_ocs::endpoints::files_sharing::{Share, ShareType};
///
/// let share = Share {
///     id: "1".into(),
///     share_type: ShareType::User,
///     share_with: Some("bob".into()),
///     share_with_displayname_unique: Some("bob".into()),
///     ..Share::default()
/// };
/// let json = serde_json::to_value(&share).unwrap();
/// assert_eq!(json["id"], "1");
/// assert!(json["token"].is_null());
/// assert!(json.get("url").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Share {
    /// The number of the share, as a text.
    pub id: String,
    /// The kind.
    pub share_type: ShareType,
    /// Id of who shares.
    pub uid_owner: String,
    /// Name of who shares.
    pub displayname_owner: String,
    /// The permissions: 1 read, 2 update, 4 create, 8 delete, 16 share.
    pub permissions: u32,
    /// Whether who asks may change the share.
    pub can_edit: bool,
    /// Whether who asks may end the share, or leave it.
    pub can_delete: bool,
    /// When it was made, in seconds since 1970.
    pub stime: i64,
    /// Always `null` today.
    pub parent: Option<String>,
    /// The last moment, as `2027-01-05 23:59:59` in the time zone of who shares.
    pub expiration: Option<String>,
    /// The token of links and of shares by e-mail.
    pub token: Option<String>,
    /// Id of whom the file belongs to.
    pub uid_file_owner: String,
    /// A note for the recipient, or empty.
    pub note: String,
    /// What who shares calls the link, or empty.
    pub label: String,
    /// Name of whom the file belongs to.
    pub displayname_file_owner: String,
    /// Where the file is for who asks.
    pub path: String,
    /// Whether it is a folder.
    pub item_type: ItemType,
    /// The permissions that who asks has on the file.
    pub item_permissions: u32,
    /// Whether the file is where a share or a team folder begins, for who asks.
    #[serde(rename = "is-mount-root")]
    pub is_mount_root: bool,
    /// What kind of place that is: empty, `shared`, `group`.
    #[serde(rename = "mount-type")]
    pub mount_type: String,
    /// The media type; `httpd/unix-directory` of a folder.
    pub mimetype: String,
    /// Whether there is a preview.
    pub has_preview: bool,
    /// The name of the storage, such as `home::alice`, or `shared::/d` for a recipient.
    pub storage_id: String,
    /// The number of the storage.
    pub storage: u64,
    /// Id of the file.
    pub item_source: u64,
    /// Id of the file.
    pub file_source: u64,
    /// Id of the folder that it is in.
    pub file_parent: u64,
    /// Where the recipient has it.
    pub file_target: String,
    /// Size in bytes.
    pub item_size: u64,
    /// When the file changed last, in seconds since 1970.
    pub item_mtime: i64,
    /// Whether the other server is trusted; of shares with other servers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_trusted_server: Option<bool>,
    /// Whom it is shared with: id of the person, group or team, cloud id, e-mail address; of a
    /// link [`REDACTED`] if it has a password.
    pub share_with: Option<String>,
    /// Name of whom it is shared with; `(Shared link)` of a link.
    pub share_with_displayname: String,
    /// Something unique about the recipient, such as the e-mail address; of people only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_with_displayname_unique: Option<String>,
    /// The recipient's status, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RecipientStatus>,
    /// [`REDACTED`], or `null` without a password; of links and shares by e-mail only.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub password: Option<Nullable<String>>,
    /// Until when the password that was sent can be used; of shares by e-mail only.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub password_expiration_time: Option<Nullable<String>>,
    /// Whether the password is told in a conversation; of links and shares by e-mail only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_password_by_talk: Option<bool>,
    /// The absolute address; of links only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// 1 in the answer to the creation, 0 later.
    pub mail_send: u8,
    /// 1 if the page of the link shows no way to download.
    pub hide_download: u8,
    /// JSON text, a list of `{"scope","key","value"}`, of which `permissions`/`download` forbids
    /// downloads.
    pub attributes: Option<String>,
    /// Tags of the file; only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Id of the folder that is shared and holds the file; in the list of inherited shares only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via_fileid: Option<u64>,
    /// Its path; in the list of inherited shares only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via_path: Option<String>,
}

/// The attributes of a share in a request: JSON text, or, from clients that send JSON anyway, the
/// list itself.
pub(super) fn json_text<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(text)),
        value @ (Value::List(_) | Value::Map(_)) => {
            serde_json::to_string(&value).map(Some).map_err(D::Error::custom)
        }
        _ => Err(D::Error::custom("expected a JSON text")),
    }
}
