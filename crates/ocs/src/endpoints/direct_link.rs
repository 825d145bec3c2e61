//! `/apps/dav/api/v1/direct`: addresses for players and viewers that cannot log in.

use serde::{Deserialize, Serialize};

use crate::Metadata;
use crate::endpoints::endpoint;
use crate::shape::filled_in;

/// A file to open without credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct File {
    /// Its id.
    pub file_id: u64,
    /// For how many seconds, at most a day; 8 hours if absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "filled_in")]
    pub expiration_time: Option<i64>,
}

/// Where the file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The absolute address, `…/remote.php/direct/{token}`. Whoever knows it may read the file.
    pub url: String,
}

endpoint! {
    /// `POST …/direct`: an address for a file. 404 for an unknown file, 400 "Direct download only
    /// works for files", 403 without the permission to read or to download.
    pub Create = Metadata::post("/apps/dav/api/v1/direct"),
    File => Link
}
