//! `/apps/dashboard`: small views of applications, which mobile clients show on the home screen.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Assoc, Metadata};

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Widget {
    /// The id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The place, ascending.
    pub order: i64,
    /// A style class of the icon.
    pub icon_class: String,
    /// Address of the icon.
    pub icon_url: String,
    /// Where it leads.
    pub widget_url: Option<String>,
    /// Whether the pictures of its entries are round.
    pub item_icons_round: bool,
    /// The versions of [`Items`] and [`ItemsV1`] that it has.
    pub item_api_versions: Vec<u32>,
    /// Seconds after which to ask again; 0 for never.
    pub reload_interval: u32,
    /// Buttons below.
    pub buttons: Vec<Button>,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Button {
    /// What it does: `new`, `more` or `setup`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is written on it.
    pub text: String,
    /// Where it leads.
    pub link: String,
}

endpoint! {
    /// `GET …/widgets`: the views by their ids; `[]` if there are none.
    pub Widgets = Metadata::get("/apps/dashboard/api/v1/widgets"),
    NoParameters => Assoc<Widget>
}

/// Which entries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Query {
    /// By the ids of views, the last entry that is known.
    #[serde(skip_serializing_if = "Assoc::is_empty")]
    pub since_ids: Assoc<String>,
    /// At most so many for each; 7 unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Of these views; of all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub widgets: Vec<String>,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Item {
    /// A line below the title.
    pub subtitle: String,
    /// The title.
    pub title: String,
    /// Where it leads.
    pub link: String,
    /// Address of a picture.
    pub icon_url: String,
    /// Address of a second picture, over the first.
    pub overlay_icon_url: String,
    /// What the next question is to name as known.
    pub since_id: String,
}

endpoint! {
    /// `GET …/v1/widget-items`: the entries of the views, by their ids.
    pub ItemsV1 = Metadata::get("/apps/dashboard/api/v1/widget-items"),
    Query => Assoc<Vec<Item>>
}

/// The entries of a view.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ItemList {
    /// The entries.
    pub items: Vec<Item>,
    /// What to say where there is none.
    pub empty_content_message: String,
    /// What to say above old ones.
    pub half_empty_content_message: String,
}

endpoint! {
    /// `GET …/v2/widget-items`: the entries of the views, by their ids.
    pub Items = Metadata::get("/apps/dashboard/api/v2/widget-items"),
    Query => Assoc<ItemList>
}
