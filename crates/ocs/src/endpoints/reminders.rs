//! `/apps/files_reminders`: files that come back to somebody at a time.

use serde::{Deserialize, Serialize};

use crate::endpoints::endpoint;
use crate::{Metadata, Nothing};

/// A file or folder, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ById {
    /// The id.
    pub file_id: u64,
}

/// A reminder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reminder {
    /// When it is due, as RFC 3339 has it; `null` if there is none.
    pub due_date: Option<String>,
}

endpoint! {
    /// `GET …/{fileId}`: the reminder of a file; none also for files that one does not see.
    pub Get = Metadata::get("/apps/files_reminders/api/v1/{fileId}"),
    ById => Reminder
}

/// A new time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewReminder {
    /// The file.
    pub file_id: u64,
    /// When to be reminded, as RFC 3339 has it.
    pub due_date: String,
}

endpoint! {
    /// `PUT …/{fileId}`: sets or changes a reminder; 201 if it is new. 400 for a time that is
    /// past or none, 404 for an unknown file.
    pub Set = Metadata::put("/apps/files_reminders/api/v1/{fileId}"),
    NewReminder => Nothing
}

endpoint! {
    /// `DELETE …/{fileId}`: takes a reminder back. 404 if there is none.
    pub Delete = Metadata::delete("/apps/files_reminders/api/v1/{fileId}"),
    ById => Nothing
}
