//! `/apps/provisioning_api/api/v1/config/users`: what a person chose for an application.
//!
//! Only keys that the application lets people set are accepted; the others are 400.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Assoc, Metadata, Nothing};

/// A new value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewValue {
    /// The application.
    pub app_id: String,
    /// The key.
    pub config_key: String,
    /// The value.
    pub config_value: String,
}

endpoint! {
    /// `POST …/config/users/{appId}/{configKey}`: sets a value. 400 for a key or a value that is
    /// not accepted.
    pub Set = Metadata::post("/apps/provisioning_api/api/v1/config/users/{appId}/{configKey}"),
    NewValue => Nothing
}

/// New values of one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewValues {
    /// The application.
    pub app_id: String,
    /// The values by their keys.
    #[serde(default)]
    pub configs: Assoc<String>,
}

endpoint! {
    /// `POST …/config/users/{appId}`: sets several values. 400, and none is set, if one of them is
    /// not accepted.
    pub SetMany = Metadata::post("/apps/provisioning_api/api/v1/config/users/{appId}"),
    NewValues => Nothing
}

/// A value, by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByKey {
    /// The application.
    pub app_id: String,
    /// The key.
    pub config_key: String,
}

endpoint! {
    /// `DELETE …/config/users/{appId}/{configKey}`: forgets a value. 400 for a key that is not
    /// accepted.
    pub Delete = Metadata::delete("/apps/provisioning_api/api/v1/config/users/{appId}/{configKey}"),
    ByKey => Nothing
}

/// Values of one application, by their keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByKeys {
    /// The application.
    pub app_id: String,
    /// The keys.
    #[serde(default)]
    pub config_keys: Vec<String>,
}

endpoint! {
    /// `DELETE …/config/users/{appId}`: forgets several values. 400, and none is forgotten, if one
    /// of the keys is not accepted.
    pub DeleteMany = Metadata::delete("/apps/provisioning_api/api/v1/config/users/{appId}"),
    ByKeys => Nothing
}
