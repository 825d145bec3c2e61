//! `/apps/files_sharing/api/v1/token`: a token for a link yet to be made.

use serde::{Deserialize, Serialize};

use crate::Metadata;
use crate::endpoints::{NoParameters, endpoint};

/// A token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Letters and digits, usually 15.
    pub token: String,
}

endpoint! {
    /// `GET …/token`: a token that no link has, for
    /// [`Change::token`](super::shares::Change::token). It is not reserved.
    pub Get = Metadata::get("/apps/files_sharing/api/v1/token"),
    NoParameters => Token
}
