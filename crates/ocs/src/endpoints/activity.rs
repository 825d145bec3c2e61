//! `/apps/activity`: what happened.
//!
//! A page without entries is answered with **304** and no body
//! ([`Reply::not_modified`](crate::Reply::not_modified)), which clients take for the end of the
//! list; [`ClientError::NotModified`](crate::ClientError::NotModified) on the other side. Pages
//! carry `X-Activity-First-Known`, `X-Activity-Last-Given` and a `Link` to the next one.

use serde::{Deserialize, Serialize};

use crate::endpoints::notifications::RichObject;
use crate::endpoints::{NoParameters, endpoint};
use crate::{Assoc, Metadata};

/// Which activities to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Of [`Filtered`] the filter: `all`, `self`, `by`, one of an application's, or `filter`, which
    /// asks for [`object_type`](Self::object_type) and [`object_id`](Self::object_id).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Beginning after the activity with this id, which the person must know (403).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// At most so many; 50 unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The latest first unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Order>,
    /// Only those about things of this kind, for example `files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_type: Option<String>,
    /// Only those about the thing with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<u64>,
    /// Whether with previews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previews: Option<bool>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The oldest first.
    Asc,
    /// The latest first.
    Desc,
}

/// A text with placeholders such as `{file}`, and what they stand for; written as a list of two.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RichText(
    /// The text.
    pub String,
    /// What the placeholders stand for.
    pub Assoc<RichObject>,
);

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Activity {
    /// The id.
    pub activity_id: u64,
    /// The application that it happened in.
    pub app: String,
    /// What kind of event, for example `file_created`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who did it.
    pub user: String,
    /// What happened.
    pub subject: String,
    /// The same with placeholders.
    pub subject_rich: RichText,
    /// More about it, or empty.
    pub message: String,
    /// The same with placeholders.
    pub message_rich: RichText,
    /// The kind of thing that it is about.
    pub object_type: String,
    /// The id of that thing.
    pub object_id: u64,
    /// The name of that thing; of a file its path.
    pub object_name: String,
    /// All things that it is about: names by ids.
    pub objects: Assoc<String>,
    /// Where to look, or empty.
    pub link: String,
    /// The absolute address of an icon.
    pub icon: String,
    /// When it happened, as `2026-11-23T14:06:29+00:00`.
    pub datetime: String,
    /// Previews, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previews: Option<Vec<Preview>>,
}

/// The preview of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Preview {
    /// Where the file is shown.
    pub link: String,
    /// Where the image is.
    pub source: String,
    /// The media type of the file.
    pub mime_type: String,
    /// Whether the image is only an icon of the media type.
    pub is_mime_type_icon: bool,
    /// The id of the file.
    pub file_id: u64,
    /// Where it lies: `files` or `trashbin`.
    pub view: String,
    /// Its name.
    pub filename: String,
}

endpoint! {
    /// `GET …/activity`: what happened.
    pub List = Metadata::get("/apps/activity/api/v2/activity"),
    Query => Vec<Activity>
}

endpoint! {
    /// `GET …/activity/{filter}`: what happened of one kind. 404 for an unknown filter.
    pub Filtered = Metadata::get("/apps/activity/api/v2/activity/{filter}"),
    Query => Vec<Activity>
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The address of an icon.
    pub icon: String,
    /// The place in the list, ascending.
    pub priority: u32,
}

endpoint! {
    /// `GET …/activity/filters`: the filters.
    pub Filters = Metadata::get("/apps/activity/api/v2/activity/filters"),
    NoParameters => Vec<Filter>
}
