use serde::{Deserialize, Serialize};

/// A feature that says only whether it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Enabled {
    /// Whether it is.
    pub enabled: bool,
}

impl DownloadLimit {
    /// Limits can be set; the one that clients propose for a new link, if any.
    #[must_use]
    pub fn new(proposed: Option<u32>) -> Self {
        Self { enabled: true, default_limit: proposed.map_or(-1, i64::from) }
    }
}

impl Enabled {
    /// A feature that is there.
    pub const YES: Self = Self { enabled: true };
}

/// Activities.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Activity {
    /// What version 2 of the interface can do: `filters`, `filters-api`, `previews`,
    /// `rich-strings`.
    pub apiv2: Vec<String>,
}

/// Limits of downloads through links.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct DownloadLimit {
    /// Whether there are any.
    pub enabled: bool,
    /// The limit of a new link; -1 for none.
    pub default_limit: i64,
}

/// Notifications.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Notifications {
    /// What the interface can do: `list`, `get`, `delete`, `delete-all`, `exists`, `icons`,
    /// `rich-strings`, `action-web`, `user-status`, `test-push`.
    pub ocs_endpoints: Vec<String>,
    /// What can be pushed to devices: `devices`, `object-data`, `delete`, `webpush`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<Vec<String>>,
    /// Where administrators can notify people from: `ocs`, `cli`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admin_notifications: Vec<String>,
}

/// The socket that tells clients when to look for changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NotifyPush {
    /// What it tells: `files`, `activities`, `notifications`.
    #[serde(rename = "type")]
    pub kinds: Vec<String>,
    /// Where it is.
    pub endpoints: PushEndpoints,
}

/// Where the socket is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PushEndpoints {
    /// Its address, `wss://…`.
    pub websocket: String,
    /// Where to get a token for it.
    pub pre_auth: String,
}

/// People and groups over OCS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProvisioningApi {
    /// The version of the interface.
    pub version: String,
    /// The version of [`Scope`](crate::endpoints::cloud::user::Scope)s: 2.
    #[serde(rename = "AccountPropertyScopesVersion")]
    pub scopes_version: u32,
    /// Whether the scope *federated* can be chosen.
    #[serde(rename = "AccountPropertyScopesFederatedEnabled")]
    pub federated_scope: bool,
    /// Whether the scope *published* can be chosen.
    #[serde(rename = "AccountPropertyScopesPublishedEnabled")]
    pub published_scope: bool,
}

/// The status of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserStatus {
    /// Whether people have one; the desktop client asks for it at its start then.
    pub enabled: bool,
    /// Whether an earlier status comes back when a passing one ends.
    pub restore: bool,
    /// Whether it can have an emoji.
    pub supports_emoji: bool,
    /// Whether one can be busy.
    pub supports_busy: bool,
}

/// Team folders.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GroupFolders {
    /// The version of their interface.
    #[serde(rename = "appVersion", skip_serializing_if = "String::is_empty")]
    pub app_version: String,
    /// Whether the person has any.
    #[serde(rename = "hasGroupFolders")]
    pub has_group_folders: bool,
}

/// End-to-end encryption.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct EndToEndEncryption {
    /// Whether it is on.
    pub enabled: bool,
    /// The version of its interface.
    pub api_version: String,
    /// Whether the person has keys.
    pub keys_exist: bool,
}

/// The integration into OpenProject, which compares the versions with what it needs at least.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OpenProject {
    /// The version of the integration.
    pub app_version: String,
    /// The version of team folders.
    pub groupfolder_version: String,
    /// Whether there are team folders.
    pub groupfolders_enabled: bool,
}
