//! `/cloud/apps`: the parts of the server, as an administrator sees them.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Access, Metadata, Nothing};

/// Which parts to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Query {
    /// `enabled` or `disabled`; all if absent. 101 "Invalid filter" for another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// Ids of parts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AppIds {
    /// The ids.
    #[serde(default)]
    pub apps: Vec<String>,
}

endpoint! {
    /// `GET /cloud/apps`: lists the parts by their ids.
    pub List = Metadata::get("/cloud/apps").access(Access::Admin),
    Query => AppIds
}

/// A part, by the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ById {
    /// The id, for example `files_sharing`.
    pub app: String,
}

/// A part of the server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct App {
    /// The id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it does, in a line.
    pub summary: String,
    /// What it does.
    pub description: String,
    /// Its version.
    pub version: String,
}

impl App {
    /// A part with a line about it.
    #[must_use]
    pub fn new(id: &str, name: &str, summary: &str, version: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            summary: summary.to_owned(),
            description: summary.to_owned(),
            version: version.to_owned(),
        }
    }
}

endpoint! {
    /// `GET /cloud/apps/{app}`: a part. 998 "The request app was not found" if there is none.
    pub Get = Metadata::get("/cloud/apps/{app}").access(Access::Admin),
    ById => App
}

endpoint! {
    /// `POST /cloud/apps/{app}`: switches a part on. 998 if there is none.
    pub Enable = Metadata::post("/cloud/apps/{app}").access(Access::Admin).confirmed(),
    ById => Nothing
}

endpoint! {
    /// `DELETE /cloud/apps/{app}`: switches a part off. 403 for one that is always on; one that is
    /// not there is off already.
    pub Disable = Metadata::delete("/cloud/apps/{app}").access(Access::Admin).confirmed(),
    ById => Nothing
}

endpoint! {
    /// `GET /cloud/user/apps`: the parts that are on for the person who asks.
    pub Own = Metadata::get("/cloud/user/apps").access(Access::SubAdmin),
    NoParameters => AppIds
}
