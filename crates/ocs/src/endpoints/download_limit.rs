//! `/apps/files_downloadlimit`: how often a link can be used.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Access, Metadata, Nothing};

/// A link, by its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByToken {
    /// The token.
    pub token: String,
}

/// How often a link can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limit {
    /// The limit; `null` for none.
    pub limit: Option<u64>,
    /// How often it was used; `null` without a limit, since nobody counts then.
    pub count: Option<u64>,
}

endpoint! {
    /// `GET …/{token}/limit`: how often a link can be used. 404 for an unknown link and "Invalid
    /// file type" for a folder.
    pub Get = Metadata::get("/apps/files_downloadlimit/api/v1/{token}/limit"),
    ByToken => Limit
}

/// A new limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLimit {
    /// The token of the link.
    pub token: String,
    /// The limit, at least 1.
    pub limit: i64,
}

endpoint! {
    /// `PUT …/{token}/limit`: limits the use of a link, counting from now. 400 for less than 1.
    pub Set = Metadata::put("/apps/files_downloadlimit/api/v1/{token}/limit"),
    NewLimit => Nothing
}

endpoint! {
    /// `DELETE …/{token}/limit`: takes the limit away.
    pub Delete = Metadata::delete("/apps/files_downloadlimit/api/v1/{token}/limit"),
    ByToken => Nothing
}

/// A new default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDefault {
    /// The limit, at least 1.
    pub limit: i64,
}

endpoint! {
    /// `PUT …/limit`: sets the limit that clients propose for a new link. 400 for less than 1.
    pub SetDefault =
        Metadata::put("/apps/files_downloadlimit/api/v1/limit").access(Access::Admin),
    NewDefault => Nothing
}
