//! `/hovercard`: what to show about a person beside the name.

use serde::{Deserialize, Serialize};

use crate::Metadata;
use crate::endpoints::endpoint;

/// A person, by the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ById {
    /// The id.
    #[serde(rename = "userId")]
    pub user_id: String,
}

/// A person and what can be done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// The id.
    pub user_id: String,
    /// The name for display.
    pub display_name: String,
    /// What can be done.
    #[serde(default)]
    pub actions: Vec<Action>,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// What it is called, in the language of who asks.
    pub title: String,
    /// Address of the icon.
    pub icon: String,
    /// Where it leads, for example `mailto:…`.
    pub hyperlink: Option<String>,
    /// The application that it belongs to.
    pub app_id: String,
}

endpoint! {
    /// `GET /hovercard/v1/{userId}`: the card of a person. 404 if there is none.
    pub Get = Metadata::get("/hovercard/v1/{userId}"),
    ById => Card
}
