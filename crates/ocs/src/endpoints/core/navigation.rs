//! `/core/navigation`: the menu, which the desktop client shows in its tray.

use serde::{Deserialize, Serialize};

use crate::Metadata;
use crate::endpoints::endpoint;

/// How addresses are to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Addresses {
    /// Whether with the server's own address.
    #[serde(default)]
    pub absolute: bool,
}

/// An entry of the menu.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Entry {
    /// The id.
    pub id: String,
    /// The place in the menu, ascending.
    #[serde(default)]
    pub order: i64,
    /// Where it leads.
    pub href: String,
    /// Address of the icon.
    #[serde(default)]
    pub icon: String,
    /// `link` for the menu, `settings` for the other one.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is called, in the person's language.
    pub name: String,
    /// The application that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Whether it is where the person is.
    #[serde(default)]
    pub active: bool,
    /// How many things in it are new.
    #[serde(default)]
    pub unread: u64,
    /// Style classes.
    #[serde(default)]
    pub classes: String,
    /// Whether the person lands here after login.
    #[serde(default)]
    pub default: bool,
}

endpoint! {
    /// `GET /core/navigation/apps`: the applications.
    pub Apps = Metadata::get("/core/navigation/apps"),
    Addresses => Vec<Entry>
}

endpoint! {
    /// `GET /core/navigation/settings`: the settings.
    pub Settings = Metadata::get("/core/navigation/settings"),
    Addresses => Vec<Entry>
}
