//! `/search`: one field that searches everything, provider by provider.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Assoc, Metadata, Value};

/// Where the person is, which decides the order of the providers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// The address of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Something that can be searched.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Provider {
    /// The id, for example `files`.
    pub id: String,
    /// The application that it belongs to.
    pub app_id: String,
    /// What it is called.
    pub name: String,
    /// Address of the icon.
    pub icon: String,
    /// The place among the providers, ascending.
    pub order: i64,
    /// Whether it asks another server.
    pub is_external_provider: bool,
    /// Ids by which clients may call for it.
    pub triggers: Vec<String>,
    /// What narrows a search, by name with its type.
    pub filters: Assoc<String>,
    /// Whether the search happens within the application.
    pub in_app_search: bool,
}

impl Provider {
    /// A provider that searches by a term.
    #[must_use]
    pub fn new(id: &str, app_id: &str, name: &str, order: i64) -> Self {
        Self {
            id: id.to_owned(),
            app_id: app_id.to_owned(),
            name: name.to_owned(),
            order,
            triggers: vec![id.to_owned()],
            filters: [("term", "string".to_owned())].into_iter().collect(),
            ..Self::default()
        }
    }
}

endpoint! {
    /// `GET /search/providers`: what can be searched.
    pub Providers = Metadata::get("/search/providers"),
    Place => Vec<Provider>
}

/// What to search.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Query {
    /// The provider.
    pub provider_id: String,
    /// What was typed.
    pub term: String,
    /// At most so many; 5 unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page before ended: its [`cursor`](Page::cursor).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// See [`Place::from`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What narrows the search.
    #[serde(flatten)]
    pub filters: Filters,
}

/// What narrows a search of files, by the names that [`Provider::filters`] tells.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Filters {
    /// Changed at this time or later: a date and time (RFC 3339), a day or seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Changed at this time or before, as [`since`](Self::since).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Of this person: an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The media type, in which `%` stands for any text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// `file` or `folder`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Below this folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Bytes at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_size: Option<String>,
    /// Bytes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<String>,
    /// Marked by the person, or not: `true`, `1`, `false`, `0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_favorite: Option<String>,
}

impl Filters {
    /// The names and types of all.
    pub const ALL: [(&str, &str); 9] = [
        ("since", "datetime"),
        ("until", "datetime"),
        ("person", "person"),
        ("mime", "string"),
        ("type", "string"),
        ("path", "string"),
        ("min-size", "int"),
        ("max-size", "int"),
        ("is-favorite", "bool"),
    ];
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Page {
    /// The name of the provider.
    pub name: String,
    /// Whether there can be further pages.
    pub is_paginated: bool,
    /// What was found.
    pub entries: Vec<Entry>,
    /// Where the next page begins, a number or a text; `null` if there is none.
    pub cursor: Value,
}

impl Page {
    /// All that was found.
    #[must_use]
    pub fn complete(name: &str, entries: Vec<Entry>) -> Self {
        Self { name: name.to_owned(), is_paginated: false, entries, cursor: Value::Null }
    }

    /// A page, and where the next one begins.
    #[must_use]
    pub fn paginated(name: &str, entries: Vec<Entry>, next: i64) -> Self {
        Self { name: name.to_owned(), is_paginated: true, entries, cursor: Value::Integer(next) }
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// Address of a small picture, or empty.
    pub thumbnail_url: String,
    /// What it is called.
    pub title: String,
    /// A line below.
    pub subline: String,
    /// Where it leads.
    pub resource_url: String,
    /// A style class or address of an icon.
    pub icon: String,
    /// Whether the picture is round.
    pub rounded: bool,
    /// For clients: of a file `fileId` and `path`, by which they open it themselves.
    pub attributes: Assoc<String>,
}

endpoint! {
    /// `GET /search/providers/{providerId}/search`: searches. 400 for a provider that there is
    /// not.
    pub Search = Metadata::get("/search/providers/{providerId}/search"),
    Query => Page
}
