//! `/apps/provisioning_api/api/v1/config/apps`: the settings of applications, for administrators.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Access, Code, Metadata, Nothing, OcsError, Value};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Data<T> {
    /// What was asked for.
    pub data: T,
}

impl<T> From<T> for Data<T> {
    fn from(data: T) -> Self {
        Self { data }
    }
}

endpoint! {
    /// `GET …/config/apps`: the applications that have settings.
    pub ListApps = Metadata::get("/apps/provisioning_api/api/v1/config/apps").access(Access::Admin),
    NoParameters => Data<Vec<String>>
}

/// An application, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByApp {
    /// The id.
    pub app: String,
}

endpoint! {
    /// `GET …/config/apps/{app}`: the keys that are set; none for an unknown application.
    pub ListKeys =
        Metadata::get("/apps/provisioning_api/api/v1/config/apps/{app}").access(Access::Admin),
    ByApp => Data<Vec<String>>
}

/// Which setting to tell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Query {
    /// The application.
    pub app: String,
    /// The key.
    pub key: String,
    /// What to answer if it is not set.
    #[serde(rename = "defaultValue", default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
}

endpoint! {
    /// `GET …/config/apps/{app}/{key}`: a setting, the default that was named or the empty text if
    /// it is not set: never 404.
    pub Get = Metadata::get("/apps/provisioning_api/api/v1/config/apps/{app}/{key}")
        .access(Access::Admin),
    Query => Data<String>
}

/// A new value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NewValue {
    /// The application.
    pub app: String,
    /// The key.
    pub key: String,
    /// The value; truth values as `yes` or `no`, lists as JSON.
    pub value: String,
}

endpoint! {
    /// `POST …/config/apps/{app}/{key}`: sets a setting. Who may depends on the key, so that
    /// others than administrators get as far as [`not_authorised`].
    pub Set =
        Metadata::post("/apps/provisioning_api/api/v1/config/apps/{app}/{key}").confirmed(),
    NewValue => Nothing
}

/// A setting, by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByKey {
    /// The application.
    pub app: String,
    /// The key.
    pub key: String,
}

endpoint! {
    /// `DELETE …/config/apps/{app}/{key}`: forgets a setting, also if it is not set.
    pub Delete = Metadata::delete("/apps/provisioning_api/api/v1/config/apps/{app}/{key}")
        .access(Access::Admin)
        .confirmed(),
    ByKey => Nothing
}

/// 403 for a setting that one may not set.
#[must_use]
pub fn not_authorised() -> OcsError {
    OcsError::new(
        Code::FORBIDDEN,
        "Logged in account must be an administrator or have authorization to edit this setting.",
    )
}

/// 403 for a setting that is not for this interface: whether an application is installed, enabled
/// or encrypts.
///
/// ```
/// use allmende_ocs::endpoints::app_config::key_not_settable;
///
/// let error = key_not_settable();
/// assert_eq!(error.message, "");
/// assert_eq!(
///     serde_json::to_string(&error.data).unwrap(),
///     r#"{"data":{"message":"The given key can not be set"}}"#,
/// );
/// ```
#[must_use]
pub fn key_not_settable() -> OcsError {
    in_data("The given key can not be set")
}

/// 403 for an application id with other characters than letters, digits, `_` and `-`.
#[must_use]
pub fn invalid_app() -> OcsError {
    in_data("Invalid app id given")
}

/// 403 for no limit as everybody's quota, where that is forbidden.
#[must_use]
pub fn unlimited_quota_forbidden() -> OcsError {
    in_data("The given key can not be set, unlimited quota is forbidden on this instance")
}

/// The messages of this interface are in the data.
fn in_data(message: &str) -> OcsError {
    let message: Value = [("message", Value::from(message))].into_iter().collect();
    OcsError::new(Code::FORBIDDEN, "").with_data([("data", message)].into_iter().collect())
}
