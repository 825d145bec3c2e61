//! `/identityproof`: the public keys of people.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Access, Metadata};

/// A person, by the id, with or without `@` and the server's name behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByCloudId {
    /// The id.
    pub cloud_id: String,
}

/// A person's key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Key {
    /// The public RSA key, in PEM.
    pub public: String,
}

endpoint! {
    /// `GET /identityproof/key/{cloudId}`: the key with which what comes from a person's server
    /// in their name is verified. 404 if there is no such person, or they have no key.
    pub Get = Metadata::get("/identityproof/key/{cloudId}").access(Access::Public),
    ByCloudId => Key
}
