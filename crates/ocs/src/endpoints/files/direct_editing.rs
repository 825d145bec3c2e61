//! `/apps/files/api/v1/directEditing`: editing a file in a web view of the client.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Assoc, Metadata};

/// What can be edited and made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Offer {
    /// The editors by their ids; `[]` without one.
    pub editors: Assoc<Editor>,
    /// What can be made, by its id; `[]` without one.
    pub creators: Assoc<Creator>,
}

/// An editor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Editor {
    /// The id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The media types that it is made for.
    pub mimetypes: Vec<String>,
    /// Others that it can open.
    pub optional_mimetypes: Vec<String>,
    /// Whether it keeps contents from being copied.
    pub secure: bool,
}

/// A kind of file that can be made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Creator {
    /// The id.
    pub id: String,
    /// The editor that opens it.
    pub editor: String,
    /// What it is called.
    pub name: String,
    /// The ending of its name.
    pub extension: String,
    /// Whether there are templates.
    pub templates: bool,
    /// Its media type.
    pub mimetype: String,
}

endpoint! {
    /// `GET …/directEditing`: what can be edited and made.
    pub List = Metadata::get("/apps/files/api/v1/directEditing"),
    NoParameters => Offer
}

/// An editor and what it makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Making {
    /// The editor.
    pub editor_id: String,
    /// What is made.
    pub creator_id: String,
}

/// Templates by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Templates {
    /// The templates.
    #[serde(default)]
    pub templates: Assoc<Template>,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    /// The id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Address of a picture.
    pub preview: Option<String>,
    /// The ending of names.
    pub extension: String,
    /// The media type.
    pub mimetype: String,
}

endpoint! {
    /// `GET …/directEditing/templates/{editorId}/{creatorId}`: the templates. 500 in the original
    /// for an editor that there is not; 404 here.
    pub ListTemplates =
        Metadata::get("/apps/files/api/v1/directEditing/templates/{editorId}/{creatorId}"),
    Making => Templates
}

/// A file to edit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Opening {
    /// The path, or that of a folder with it when there is an id.
    pub path: String,
    /// The editor; the fitting one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub editor_id: Option<String>,
    /// The id, where the capability `supportsFileId` is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_id: Option<i64>,
}

/// Where the editor is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The address, for one use.
    pub url: String,
}

endpoint! {
    /// `POST …/directEditing/open`: opens a file. 403 if no editor can.
    pub Open = Metadata::post("/apps/files/api/v1/directEditing/open"),
    Opening => Place
}

/// A file to make and edit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Creating {
    /// The path.
    pub path: String,
    /// The editor.
    pub editor_id: String,
    /// What is made.
    pub creator_id: String,
    /// From which template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
}

endpoint! {
    /// `POST …/directEditing/create`: makes a file and opens it. 403 if no editor can.
    pub Create = Metadata::post("/apps/files/api/v1/directEditing/create"),
    Creating => Place
}
