//! `/teams` and `/collaboration`: what belongs together.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Metadata, Value};

/// A thing of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByResource {
    /// The provider, for example `files`.
    pub provider_id: String,
    /// The id of the thing.
    pub resource_id: String,
}

/// Teams.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Teams {
    /// The teams.
    #[serde(default)]
    pub teams: Vec<Value>,
}

endpoint! {
    /// `GET /teams/resources/{providerId}/{resourceId}`: the teams that share a thing.
    pub OfResource = Metadata::get("/teams/resources/{providerId}/{resourceId}"),
    ByResource => Teams
}

/// A thing, by its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByKind {
    /// The kind, for example `file`.
    pub resource_type: String,
    /// The id of the thing.
    pub resource_id: String,
}

endpoint! {
    /// `GET /collaboration/resources/{resourceType}/{resourceId}`: the collections that hold a
    /// thing.
    pub Collections = Metadata::get("/collaboration/resources/{resourceType}/{resourceId}"),
    ByKind => Vec<Value>
}
