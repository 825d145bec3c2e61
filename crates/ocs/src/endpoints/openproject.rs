//! `/apps/integration_openproject`: what OpenProject asks of a storage. It calls version 1 of the
//! interface and reads XML.

use serde::{Deserialize, Deserializer, Serialize};

use crate::endpoints::endpoint;
use crate::{Assoc, Metadata};

/// A file, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ById {
    /// The id.
    pub file_id: i64,
}

/// What is known of a file. Of a file that the person may not see only the status is told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FileInfo {
    /// `OK`, `Forbidden` or `Not Found`.
    pub status: String,
    /// 200, 403 or 404.
    pub statuscode: u16,
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the content changed, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtime: Option<i64>,
    /// When it was made, in seconds since 1970; 0 if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctime: Option<i64>,
    /// The media type; [`FOLDER`](Self::FOLDER) for a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mimetype: Option<String>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// The name of the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_name: Option<String>,
    /// The id of the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// The name of who changed it last; `null` if that is not known.
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub modifier_name: Option<Option<String>>,
    /// The id of who changed it last; `null` if that is not known.
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub modifier_id: Option<Option<String>>,
    /// The letters of `oc:permissions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dav_permissions: Option<String>,
    /// The path from `files/` on; that of a folder ends with a slash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Tells `null` from what is not said.
fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl FileInfo {
    /// The media type that stands for a folder.
    pub const FOLDER: &'static str = "application/x-op-directory";

    /// What is told of a file that there is not.
    #[must_use]
    pub fn not_found() -> Self {
        Self { status: "Not Found".to_owned(), statuscode: 404, ..Self::default() }
    }

    /// What is told of a file that is somebody else's.
    #[must_use]
    pub fn forbidden() -> Self {
        Self { status: "Forbidden".to_owned(), statuscode: 403, ..Self::default() }
    }

    /// The beginning of what is told of a file, of which it is not known who changed it.
    #[must_use]
    pub fn found(id: i64) -> Self {
        Self {
            status: "OK".to_owned(),
            statuscode: 200,
            id: Some(id),
            modifier_name: Some(None),
            modifier_id: Some(None),
            ..Self::default()
        }
    }
}

endpoint! {
    /// `GET …/fileinfo/{fileId}`: what is known of a file. The inner status says whether the person
    /// may see it; the outer one is a success all the same.
    pub File = Metadata::get("/apps/integration_openproject/fileinfo/{fileId}"),
    ById => FileInfo
}

/// Files, by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByIds {
    /// The ids.
    #[serde(default)]
    pub file_ids: Vec<i64>,
}

endpoint! {
    /// `POST …/filesinfo`: the same of several files, by their ids. To be asked for in JSON: in
    /// XML an element cannot be called by a number, and the ids are lost.
    pub Files = Metadata::post("/apps/integration_openproject/filesinfo"),
    ByIds => Assoc<FileInfo>
}
