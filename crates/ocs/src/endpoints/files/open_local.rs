//! `/apps/files/api/v1/openlocaleditor`: "edit locally".
//!
//! The web page asks for a token and opens `nc://open/…` with it; the desktop client hands it
//! back, and so the server knows that the person meant that file.

use serde::{Deserialize, Serialize};

use crate::Metadata;
use crate::endpoints::endpoint;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path.
    pub path: String,
}

/// A token for one file and one use.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Token {
    /// The person.
    pub user_id: Option<String>,
    /// The SHA-256 of the path.
    pub path_hash: String,
    /// When it ends, in seconds since 1970.
    pub expiration_time: i64,
    /// The token: 128 letters and digits.
    pub token: String,
}

impl Token {
    /// A token of a person.
    #[must_use]
    pub fn new(user_id: &str, path_hash: String, expiration_time: i64, token: String) -> Self {
        Self { user_id: Some(user_id.to_owned()), path_hash, expiration_time, token }
    }
}

// A token must not end up in logs.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("expiration_time", &self.expiration_time)
            .finish_non_exhaustive()
    }
}

endpoint! {
    /// `POST …/openlocaleditor`: makes a token.
    pub Create = Metadata::post("/apps/files/api/v1/openlocaleditor"),
    File => Token
}

/// A token, and the file that it was made for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The token.
    pub token: String,
    /// The path.
    pub path: String,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof").field("path", &self.path).finish_non_exhaustive()
    }
}

endpoint! {
    /// `POST …/openlocaleditor/{token}`: uses a token up. 404 if there is none for that path.
    pub Validate = Metadata::post("/apps/files/api/v1/openlocaleditor/{token}"),
    Proof => Token
}
