//! `/config`: the oldest endpoint, which says what is here.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Access, Metadata};

/// What is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The version of the interface: `1.7`.
    pub version: String,
    /// The name of the product.
    pub website: String,
    /// The name of the host.
    pub host: String,
    /// Whom to ask, or empty.
    pub contact: String,
    /// `true` or `false` as text: whether the connection is encrypted.
    pub ssl: String,
}

endpoint! {
    /// `GET /config`.
    pub Get = Metadata::get("/config").access(Access::Public),
    NoParameters => Config
}
