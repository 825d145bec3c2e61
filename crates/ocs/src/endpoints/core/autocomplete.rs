//! `/core/autocomplete`: completion of names, for mentions.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Metadata, Value};

/// What to complete.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Query {
    /// The beginning of a name.
    pub search: String,
    /// The kind of thing that is talked about, for example `files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_type: Option<String>,
    /// The id of that thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// What comes first, for example `commenters|share-recipients`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sorter: Option<String>,
    /// Whom to look for, as share types: 0 people, 1 groups, 4 e-mail addresses, 7 teams.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub share_types: Vec<u32>,
    /// At most so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Somebody whose name fits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Suggestion {
    /// The id.
    pub id: String,
    /// The name for display.
    pub label: String,
    /// A style class, for example `icon-user`.
    pub icon: String,
    /// What it is: `users`, `groups`, …
    pub source: String,
    /// The status of a person as a map, or the empty text.
    pub status: Value,
    /// A line below the name.
    pub subline: String,
    /// What tells people of the same name apart.
    pub share_with_display_name_unique: String,
}

impl Suggestion {
    /// A person without a status.
    #[must_use]
    pub fn person(id: &str, label: &str) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            icon: "icon-user".to_owned(),
            source: "users".to_owned(),
            status: Value::from(""),
            ..Self::default()
        }
    }
}

endpoint! {
    /// `GET /core/autocomplete/get`: names that begin so.
    pub Get = Metadata::get("/core/autocomplete/get"),
    Query => Vec<Suggestion>
}
