//! `/taskprocessing`, `/textprocessing`, `/text2image`, `/translation`: work that a server may have
//! done by machines. Clients ask what there is, and hide what there is not.

use serde::{Deserialize, Serialize};

use crate::endpoints::{NoParameters, endpoint};
use crate::{Assoc, Metadata, Value};

/// Kinds of tasks by their ids.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TaskTypes {
    /// The kinds.
    #[serde(default)]
    pub types: Assoc<Value>,
}

endpoint! {
    /// `GET /taskprocessing/tasktypes`: what can be done.
    pub Tasks = Metadata::get("/taskprocessing/tasktypes"),
    NoParameters => TaskTypes
}

endpoint! {
    /// `GET /textprocessing/tasktypes`: what can be done with texts.
    pub TextTasks = Metadata::get("/textprocessing/tasktypes"),
    NoParameters => TaskTypes
}

/// Whether something can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Available {
    /// Whether.
    #[serde(rename = "isAvailable", default)]
    pub is_available: bool,
}

endpoint! {
    /// `GET /text2image/is_available`: whether pictures can be made from texts.
    pub Pictures = Metadata::get("/text2image/is_available"),
    NoParameters => Available
}

/// Between which languages texts can be translated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Languages {
    /// The pairs.
    pub languages: Vec<Value>,
    /// Whether the language of a text can be found out.
    pub language_detection: bool,
}

endpoint! {
    /// `GET /translation/languages`: between which languages texts can be translated.
    pub Translations = Metadata::get("/translation/languages"),
    NoParameters => Languages
}
