//! `/apps/files/api/v1/templates`: new files from templates.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Metadata, Value};

/// A kind of file that can be made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Creator {
    /// The application that makes it.
    pub app: String,
    /// What it is called.
    pub label: String,
    /// The ending of its name.
    pub extension: String,
    /// A style class of the icon.
    pub icon_class: Option<String>,
    /// An icon as SVG.
    #[serde(rename = "iconSvgInline")]
    pub icon_svg_inline: Option<String>,
    /// Its media types.
    pub mimetypes: Vec<String>,
    /// The shape of its pages.
    pub ratio: Option<f64>,
    /// What the action is called.
    pub action_label: String,
    /// Its templates.
    pub templates: Vec<Value>,
}

endpoint! {
    /// `GET …/templates`: what can be made.
    pub List = Metadata::get("/apps/files/api/v1/templates"),
    NoParameters => Vec<Creator>
}
