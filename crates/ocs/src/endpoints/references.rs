//! `/references`: what stands behind the addresses in a text.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Assoc, Metadata, Value};

/// What stands behind an address.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Reference {
    /// The kind of thing, or `open-graph`.
    pub rich_object_type: String,
    /// The thing.
    pub rich_object: Value,
    /// What the page says of itself.
    pub open_graph_object: Value,
    /// Whether the person may see it.
    pub accessible: bool,
}

/// References by their addresses; `null` for one that is not known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct References {
    /// The references.
    #[serde(default)]
    pub references: Assoc<Option<Reference>>,
}

/// A text with addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Whether to say what stands behind each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolve: Option<bool>,
    /// At most so many; one unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

endpoint! {
    /// `POST /references/extract`: the references in a text.
    pub Extract = Metadata::post("/references/extract"),
    Text => References
}

/// One address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct One {
    /// The address.
    pub reference: String,
}

endpoint! {
    /// `GET /references/resolve`: what stands behind an address.
    pub ResolveOne = Metadata::get("/references/resolve"),
    One => References
}

/// Addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Many {
    /// The addresses.
    pub references: Vec<String>,
    /// At most so many; one unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

endpoint! {
    /// `POST /references/resolve`: what stands behind addresses.
    pub Resolve = Metadata::post("/references/resolve"),
    Many => References
}

endpoint! {
    /// `GET /references/providers`: who knows what stands behind addresses.
    pub Providers = Metadata::get("/references/providers"),
    NoParameters => Vec<Value>
}
