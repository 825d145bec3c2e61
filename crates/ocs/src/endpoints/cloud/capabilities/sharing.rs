use serde::{Deserialize, Serialize};

/// Sharing of files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FilesSharing {
    /// Whether the person may share at all.
    pub api_enabled: bool,
    /// Public links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<PublicSharing>,
    /// Whether what was received may be shared again.
    pub resharing: bool,
    /// Sharing with people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserSharing>,
    /// Whether one may share with groups; older clients read it here. Absent where nobody shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_sharing: Option<bool>,
    /// Sharing with groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupSharing>,
    /// The permissions of a new share: 1 read, 2 update, 4 create, 8 delete, 16 share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_permissions: Option<u32>,
    /// Whether "can edit" does not include "can share".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude_reshare_from_edit: Option<bool>,
    /// Sharing with other servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub federation: Option<Federation>,
    /// The search for people to share with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sharee: Option<Sharee>,
    /// Links that are sent by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sharebymail: Option<MailSharing>,
}

/// Something that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Switch {
    /// Whether it is on.
    pub enabled: bool,
}

impl Switch {
    /// On or off, as told.
    #[must_use]
    pub const fn new(enabled: bool) -> Self {
        Self { enabled }
    }
}

/// Expiry of shares.
///
/// ```
/// use allmende_ocs::endpoints::cloud::capabilities::Expiry;
///
/// let json = |expiry: Expiry| serde_json::to_string(&expiry).unwrap();
/// assert_eq!(json(Expiry::OFF), r#"{"enabled":false}"#);
/// assert_eq!(json(Expiry::after(7).enforced()), r#"{"enabled":true,"days":7,"enforced":true}"#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Expiry {
    /// Whether shares expire unless told otherwise.
    pub enabled: bool,
    /// After how many days; a number whenever it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Whether nobody may choose a later day, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforced: Option<bool>,
}

impl Expiry {
    /// No day is proposed; the other members are absent, which clients rely on.
    pub const OFF: Self = Self { enabled: false, days: None, enforced: None };

    /// A day is proposed after so many days.
    #[must_use]
    pub const fn after(days: u32) -> Self {
        Self { enabled: true, days: Some(days), enforced: Some(false) }
    }

    /// The same expiry, as the latest that may be chosen.
    #[must_use]
    pub const fn enforced(self) -> Self {
        Self { enforced: Some(true), ..self }
    }
}

/// Passwords of public links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct LinkPassword {
    /// Whether every link must have one.
    pub enforced: bool,
    /// Whether clients propose one.
    #[serde(rename = "askForOptionalPassword")]
    pub ask_for_optional_password: bool,
}

/// Public links.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PublicSharing {
    /// Whether there are any. Without them the other members are usually absent.
    pub enabled: bool,
    /// Passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<LinkPassword>,
    /// Expiry of links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date: Option<Expiry>,
    /// Whether one thing may have several links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple_links: Option<bool>,
    /// Expiry of shares with people of this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date_internal: Option<Expiry>,
    /// Expiry of shares with people of other servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date_remote: Option<Expiry>,
    /// Whether the server sends links by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_mail: Option<bool>,
    /// Whether guests may upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<bool>,
    /// Whether there are links for uploading only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_files_drop: Option<bool>,
    /// Whether one may choose the token of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_tokens: Option<bool>,
}

/// Sharing with people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserSharing {
    /// Whether the recipient is told by e-mail.
    pub send_mail: bool,
    /// Whether such shares can expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date: Option<Switch>,
}

/// Sharing with groups.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GroupSharing {
    /// Whether one may.
    pub enabled: bool,
    /// Whether such shares can expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date: Option<Switch>,
}

/// Sharing with other servers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Federation {
    /// Whether one may share with people of other servers.
    pub outgoing: bool,
    /// Whether people of other servers may share with one.
    pub incoming: bool,
    /// Whether such shares can expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date: Option<Switch>,
    /// Whether that can be told to the other server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date_supported: Option<Switch>,
}

/// The search for people to share with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Sharee {
    /// How many characters it takes.
    #[serde(rename = "minSearchStringLength")]
    pub min_search_string_length: u32,
    /// Whether a public directory is asked unless told otherwise.
    pub query_lookup_default: bool,
    /// Whether each hit shows something unique, such as the e-mail address.
    pub always_show_unique: bool,
}

/// Links that are sent by e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MailSharing {
    /// Whether there are any.
    pub enabled: bool,
    /// Whether the password follows in a mail of its own.
    pub send_password_by_mail: bool,
    /// Whether they can be for uploading only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_files_drop: Option<Switch>,
    /// Passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<MailPassword>,
    /// Expiry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_date: Option<Expiry>,
}

/// Passwords of links that are sent by e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MailPassword {
    /// Whether they can have one.
    pub enabled: bool,
    /// Whether each must have one.
    pub enforced: bool,
}
