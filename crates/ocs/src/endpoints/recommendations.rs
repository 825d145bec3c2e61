//! `/apps/recommendations`: files that one may want to open next.

use serde::{Deserialize, Serialize};

use crate::Metadata;
use crate::endpoints::{NoParameters, endpoint};

/// Recommended files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Recommendations {
    /// Whether the person wants recommendations.
    pub enabled: bool,
    /// The files, the best first; absent if not wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommendations: Option<Vec<Recommendation>>,
}

/// A recommended file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Recommendation {
    /// Id of the file, as a text.
    pub id: String,
    /// When what makes it interesting happened, in seconds since 1970.
    pub timestamp: i64,
    /// Its name.
    pub name: String,
    /// The path of its folder.
    pub directory: String,
    /// What its name ends with, without a dot.
    pub extension: String,
    /// The media type.
    pub mime_type: String,
    /// Whether there is a preview.
    pub has_preview: bool,
    /// Why: `recently-edited`, `recently-commented`, `recently-shared`.
    pub reason: String,
}

endpoint! {
    /// `GET …/recommendations`: recommended files, if the person wants any.
    pub Get = Metadata::get("/apps/recommendations/api/v1/recommendations"),
    NoParameters => Recommendations
}

endpoint! {
    /// `GET …/recommendations/always`: recommended files, wanted or not.
    pub GetAlways = Metadata::get("/apps/recommendations/api/v1/recommendations/always"),
    NoParameters => Recommendations
}
