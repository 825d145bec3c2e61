//! `/cloud/user`: the person who asks.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::shape::{number, text_flag};
use crate::{Metadata, Value, from_value};

/// Who may see a piece of a person's profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scope {
    /// Only people one has to do with.
    #[serde(rename = "v2-private")]
    Private,
    /// People on this server, and guests with a link.
    #[serde(rename = "v2-local")]
    Local,
    /// Trusted servers, too.
    #[serde(rename = "v2-federated")]
    Federated,
    /// A public directory, too.
    #[serde(rename = "v2-published")]
    Published,
    /// A scope of another server that is not known here. Never to be sent.
    #[serde(rename = "unknown", other)]
    Unknown,
}

/// Storage of a person, in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quota {
    /// What is left; [`UNLIMITED`](Self::UNLIMITED) if there is no limit.
    #[serde(default = "unlimited")]
    pub free: i64,
    /// What is used.
    #[serde(default)]
    pub used: i64,
    /// Used and left together; [`UNLIMITED`](Self::UNLIMITED) if there is no limit.
    #[serde(default = "unlimited")]
    pub total: i64,
    /// How much of the total is used, in percent, with at most two decimal places.
    #[serde(default, serialize_with = "number")]
    pub relative: f64,
    /// The limit that was set; [`UNLIMITED`](Self::UNLIMITED) if there is none.
    #[serde(default = "unlimited", deserialize_with = "limit")]
    pub quota: i64,
}

impl Quota {
    /// How "no limit" is written.
    pub const UNLIMITED: i64 = -3;

    /// The storage of somebody with a limit in bytes.
    ///
    /// ```
    /// use allmende_ocs::endpoints::cloud::user::Quota;
    ///
    /// let quota = Quota::limited(250, 1000);
    /// assert_eq!((quota.free, quota.relative), (750, 25.0));
    /// ```
    #[must_use]
    pub fn limited(used: i64, limit: i64) -> Self {
        let relative = match limit {
            0 => 0.0,
            _ => (used as f64 * 10_000.0 / limit as f64).round() / 100.0,
        };
        Self { free: (limit - used).max(0), used, total: limit, relative, quota: limit }
    }

    /// The storage of somebody without a limit.
    #[must_use]
    pub fn unlimited(used: i64) -> Self {
        Self {
            free: Self::UNLIMITED,
            used,
            total: Self::UNLIMITED,
            relative: 0.0,
            quota: Self::UNLIMITED,
        }
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self::unlimited(0)
    }
}

fn unlimited() -> i64 {
    Quota::UNLIMITED
}

/// Some servers name a missing limit instead of writing the number.
fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Text(text) if matches!(text.as_str(), "none" | "default") => Ok(Quota::UNLIMITED),
        other => from_value(other).map_err(D::Error::custom),
    }
}

/// What a person's backend can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BackendCapabilities {
    /// The name for display.
    #[serde(rename = "setDisplayName", default)]
    pub set_display_name: bool,
    /// The password.
    #[serde(rename = "setPassword", default)]
    pub set_password: bool,
}

impl BackendCapabilities {
    /// A backend that can change everything.
    #[must_use]
    pub const fn all() -> Self {
        Self { set_display_name: true, set_password: true }
    }
}

/// A person, as `/cloud/user` and `/cloud/users/{userid}` tell.
///
/// The scopes are told to the person only, the place of the files to administrators only.
///
/// ```
/// use allmende_ocs::endpoints::cloud::user::User;
///
/// let mut user = User::new("alice", "Alice");
/// user.email = Some("alice@example.org".into());
/// let json = serde_json::to_value(&user).unwrap();
/// assert_eq!(json["display-name"], "Alice");
/// assert_eq!(json["quota"]["free"], -3);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Whether the person may log in.
    #[serde(default)]
    pub enabled: bool,
    /// Where the files are; told to administrators only.
    #[serde(rename = "storageLocation", default, skip_serializing_if = "Option::is_none")]
    pub storage_location: Option<String>,
    /// The id, which is also the segment of WebDAV paths.
    pub id: String,
    /// The first login in seconds since 1970; 0 if there was none.
    #[serde(rename = "firstLoginTimestamp", default)]
    pub first_login_timestamp: i64,
    /// The last login in seconds since 1970; 0 if there was none.
    #[serde(rename = "lastLoginTimestamp", default)]
    pub last_login_timestamp: i64,
    /// The last login in **milliseconds** since 1970; 0 if there was none.
    #[serde(rename = "lastLogin", default)]
    pub last_login: i64,
    /// The name of the backend; `Database` for people of the server itself.
    #[serde(default)]
    pub backend: String,
    /// Ids of the groups that the person administers.
    #[serde(default)]
    pub subadmin: Vec<String>,
    /// Storage.
    #[serde(default)]
    pub quota: Quota,
    /// Id of the manager, or empty.
    #[serde(default)]
    pub manager: String,
    /// Who may see the avatar; told to the person only.
    #[serde(rename = "avatarScope", default, skip_serializing_if = "Option::is_none")]
    pub avatar_scope: Option<Scope>,
    /// The e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Who may see it; told to the person only.
    #[serde(rename = "emailScope", default, skip_serializing_if = "Option::is_none")]
    pub email_scope: Option<Scope>,
    /// Further e-mail addresses.
    #[serde(default)]
    pub additional_mail: Vec<String>,
    /// Who may see each of them; told to the person only.
    #[serde(rename = "additional_mailScope", default, skip_serializing_if = "Option::is_none")]
    pub additional_mail_scope: Option<Vec<Scope>>,
    /// The name for display; the Android client reads it here.
    #[serde(default)]
    pub displayname: String,
    /// The same; the desktop client reads it here.
    #[serde(rename = "display-name", default)]
    pub display_name: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "displaynameScope", default, skip_serializing_if = "Option::is_none")]
    pub displayname_scope: Option<Scope>,
    /// The telephone number, in international form.
    #[serde(default)]
    pub phone: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "phoneScope", default, skip_serializing_if = "Option::is_none")]
    pub phone_scope: Option<Scope>,
    /// The postal address.
    #[serde(default)]
    pub address: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "addressScope", default, skip_serializing_if = "Option::is_none")]
    pub address_scope: Option<Scope>,
    /// The web site.
    #[serde(default)]
    pub website: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "websiteScope", default, skip_serializing_if = "Option::is_none")]
    pub website_scope: Option<Scope>,
    /// The name on Twitter, without `@`.
    #[serde(default)]
    pub twitter: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "twitterScope", default, skip_serializing_if = "Option::is_none")]
    pub twitter_scope: Option<Scope>,
    /// The name on Bluesky.
    #[serde(default)]
    pub bluesky: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "blueskyScope", default, skip_serializing_if = "Option::is_none")]
    pub bluesky_scope: Option<Scope>,
    /// The address in the Fediverse.
    #[serde(default)]
    pub fediverse: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "fediverseScope", default, skip_serializing_if = "Option::is_none")]
    pub fediverse_scope: Option<Scope>,
    /// The organisation.
    #[serde(default)]
    pub organisation: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "organisationScope", default, skip_serializing_if = "Option::is_none")]
    pub organisation_scope: Option<Scope>,
    /// The role in the organisation.
    #[serde(default)]
    pub role: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "roleScope", default, skip_serializing_if = "Option::is_none")]
    pub role_scope: Option<Scope>,
    /// A line about oneself.
    #[serde(default)]
    pub headline: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "headlineScope", default, skip_serializing_if = "Option::is_none")]
    pub headline_scope: Option<Scope>,
    /// A text about oneself.
    #[serde(default)]
    pub biography: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "biographyScope", default, skip_serializing_if = "Option::is_none")]
    pub biography_scope: Option<Scope>,
    /// Whether there is a profile page; travels as the text `1` or `0`.
    #[serde(default, with = "text_flag")]
    pub profile_enabled: bool,
    /// Who may see it; told to the person only.
    #[serde(rename = "profile_enabledScope", default, skip_serializing_if = "Option::is_none")]
    pub profile_enabled_scope: Option<Scope>,
    /// The pronouns.
    #[serde(default)]
    pub pronouns: String,
    /// Who may see it; told to the person only.
    #[serde(rename = "pronounsScope", default, skip_serializing_if = "Option::is_none")]
    pub pronouns_scope: Option<Scope>,
    /// Ids of the groups that the person belongs to.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The language, for example `de`; empty if none was chosen.
    #[serde(default)]
    pub language: String,
    /// The region, for example `de_DE`; empty if none was chosen.
    #[serde(default)]
    pub locale: String,
    /// The time zone, for example `Europe/Berlin`; empty if unknown.
    #[serde(default)]
    pub timezone: String,
    /// The address for notifications if it is another than the first.
    #[serde(default)]
    pub notify_email: Option<String>,
    /// What can be changed.
    #[serde(rename = "backendCapabilities", default)]
    pub backend_capabilities: BackendCapabilities,
}

impl User {
    /// A person of the server's own database, enabled, without a limit of storage.
    #[must_use]
    pub fn new(id: &str, display_name: &str) -> Self {
        Self {
            enabled: true,
            id: id.to_owned(),
            backend: "Database".to_owned(),
            displayname: display_name.to_owned(),
            display_name: display_name.to_owned(),
            backend_capabilities: BackendCapabilities::all(),
            ..Self::default()
        }
    }
}

endpoint! {
    /// `GET /cloud/user`: who am I? The first thing every client asks, to learn the id that WebDAV
    /// paths need.
    pub Get = Metadata::get("/cloud/user"),
    NoParameters => User
}

endpoint! {
    /// `GET /cloud/user/fields`: the keys that one may change about oneself.
    pub Fields = Metadata::get("/cloud/user/fields"),
    NoParameters => Vec<String>
}

endpoint! {
    /// `GET /cloud/user/fields/{userid}`: the keys that one may change about a person.
    /// 998 without a message for people one has nothing to do with.
    pub FieldsOf = Metadata::get("/cloud/user/fields/{userid}"),
    super::users::ById => Vec<String>
}
