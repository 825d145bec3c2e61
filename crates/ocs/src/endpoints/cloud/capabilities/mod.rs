//! `/cloud/capabilities`: what the server can do.
//!
//! A part that is absent tells clients that the feature is not there, so a server names only what
//! it really has. Clients decode strictly (on iOS one wrong type loses the whole tree), which is
//! why each part has a type of its own.

mod apps;
mod files;
mod sharing;
mod theming;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use apps::{
    Activity, DownloadLimit, Enabled, EndToEndEncryption, GroupFolders, Notifications, NotifyPush,
    OpenProject, ProvisioningApi, PushEndpoints, UserStatus,
};
pub use files::{Checksums, ChunkedUpload, Dav, DirectEditing, FileConversion, Files};
pub use sharing::{
    Expiry, Federation, FilesSharing, GroupSharing, LinkPassword, MailPassword, MailSharing,
    PublicSharing, Sharee, Switch, UserSharing,
};
pub use theming::Theming;

use crate::endpoints::{NoParameters, endpoint};
use crate::{Access, Metadata, Value};

endpoint! {
    /// `GET /cloud/capabilities`: the version and what the server can do.
    ///
    /// Everybody may ask; who is not logged in is told `bruteforce`, `theming` and what else is
    /// public only ([`Capabilities::public`]).
    pub Get = Metadata::get("/cloud/capabilities").access(Access::Public),
    NoParameters => Response
}

/// Version and capabilities.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Response {
    /// The version.
    pub version: ServerVersion,
    /// The capabilities.
    pub capabilities: Capabilities,
}

/// The version that the server claims to be compatible with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServerVersion {
    /// The major number; clients switch features on by it.
    pub major: u32,
    /// The minor number.
    pub minor: u32,
    /// The patch number.
    pub micro: u32,
    /// The whole version as text.
    pub string: String,
    /// The edition; empty for the community's.
    pub edition: String,
    /// Whether the version gets support beyond its usual end.
    #[serde(rename = "extendedSupport")]
    pub extended_support: bool,
}

impl ServerVersion {
    /// A version of the community's edition.
    ///
    /// ```
    /// use allmende_ocs::endpoints::cloud::capabilities::ServerVersion;
    ///
    /// assert_eq!(ServerVersion::new(34, 0, 1).string, "34.0.1");
    /// ```
    #[must_use]
    pub fn new(major: u32, minor: u32, micro: u32) -> Self {
        Self { major, minor, micro, string: format!("{major}.{minor}.{micro}"), ..Self::default() }
    }
}

/// The capability tree. Absent parts are not written.
///
/// ```
/// use allmende_ocs::endpoints::cloud::capabilities::{Capabilities, Dav};
///
/// let mut dav = Dav::default();
/// dav.chunking = Some("1.0".into());
/// let mut capabilities = Capabilities::default();
/// capabilities.dav = Some(dav);
/// assert_eq!(serde_json::to_string(&capabilities).unwrap(), r#"{"dav":{"chunking":"1.0"}}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Capabilities {
    /// The server as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core: Option<Core>,
    /// Throttling of wrong passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bruteforce: Option<Bruteforce>,
    /// The list of activities; its presence switches activities on in the desktop client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<Activity>,
    /// Files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Files>,
    /// WebDAV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dav: Option<Dav>,
    /// Checksums of uploads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksums: Option<Checksums>,
    /// Limits of downloads through links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downloadlimit: Option<DownloadLimit>,
    /// Sharing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_sharing: Option<FilesSharing>,
    /// Notifications; their presence makes clients poll for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Notifications>,
    /// The socket that tells clients when to look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_push: Option<NotifyPush>,
    /// People and groups over OCS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_api: Option<ProvisioningApi>,
    /// Tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub systemtags: Option<Enabled>,
    /// Names, colours and images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theming: Option<Theming>,
    /// The status of people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_status: Option<UserStatus>,
    /// The weather in the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weather_status: Option<Enabled>,
    /// Recommended files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommendations: Option<Enabled>,
    /// Team folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groupfolders: Option<GroupFolders>,
    /// End-to-end encryption.
    #[serde(rename = "end-to-end-encryption", skip_serializing_if = "Option::is_none")]
    pub end_to_end_encryption: Option<EndToEndEncryption>,
    /// The integration into OpenProject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_openproject: Option<OpenProject>,
    /// Parts without a type of their own, by name.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

impl Capabilities {
    /// What somebody who is not logged in is told. Parts in [`extra`](Self::extra) are left out;
    /// a server with a public part there puts it back.
    #[must_use]
    pub fn public(&self) -> Self {
        Self {
            bruteforce: self.bruteforce.clone(),
            theming: self.theming.clone(),
            integration_openproject: self.integration_openproject.clone(),
            ..Self::default()
        }
    }
}

/// The server as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Core {
    /// How many seconds clients wait between two looks for changes.
    pub pollinterval: u32,
    /// The old WebDAV root, relative to the server's: `remote.php/webdav`.
    pub webdav_root: String,
    /// Whether links in texts can be resolved to previews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_api: Option<bool>,
    /// What such links look like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_regex: Option<String>,
    /// Whether addresses work without `index.php`.
    pub mod_rewrite_working: bool,
    /// Settings of who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<CoreUser>,
    /// Whether who asks may make app passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_create_app_token: Option<bool>,
}

/// Settings of who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CoreUser {
    /// The language; empty if none was chosen.
    pub language: String,
    /// The region; empty if none was chosen.
    pub locale: String,
    /// The time zone.
    pub timezone: String,
}

/// Throttling of wrong passwords.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Bruteforce {
    /// How long requests from this address are delayed at present, in milliseconds.
    pub delay: u64,
    /// Whether this address is never delayed.
    pub allow_listed: bool,
}
