//! `/apps/files/api/v1/folder-tree`: folders below a folder.

use serde::{Deserialize, Serialize};

use crate::Metadata;
use crate::endpoints::endpoint;

/// Which folders.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// The folder to begin at; the root if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many levels; one unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Folder {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub basename: String,
    /// Its folders, as far as was asked.
    pub children: Vec<Folder>,
    /// A name to show that is not the [`basename`](Self::basename).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

endpoint! {
    /// `GET …/folder-tree`: the folders. The answer is plain JSON **without an envelope**, and so is
    /// the failure: 404 `{"message":"Folder not found"}`.
    pub Get = Metadata::get("/apps/files/api/v1/folder-tree"),
    Query => Vec<Folder>
}
