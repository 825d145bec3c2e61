//! The parts of the server, under the names that the original has for them.
//!
//! They are compiled in: none can be switched off, and nothing else can be switched on.

use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::{
        NoParameters,
        cloud::apps::{App, AppIds, ById, Query},
    },
};

use super::{Call, Outcome};
use crate::discovery::VERSION;

/// Id, name, and what it does.
const APPS: [(&str, &str, &str); 9] = [
    ("activity", "Activity", "What happened to files and accounts"),
    ("dav", "WebDAV", "Files and people over WebDAV"),
    ("files", "Files", "Files and folders"),
    ("files_sharing", "File sharing", "Shares with people and groups, and public links"),
    ("groupfolders", "Team folders", "Folders that belong to groups"),
    ("notifications", "Notifications", "What the server has to say to people"),
    ("provisioning_api", "Provisioning API", "People and groups over the network"),
    ("theming", "Theming", "Name and colours"),
    ("user_status", "User status", "Whether people are there, and what they say about it"),
];

fn find(id: &str) -> Option<App> {
    let (id, name, summary) = APPS.into_iter().find(|(known, ..)| *known == id)?;
    Some(App::new(id, name, summary, &VERSION.short()))
}

fn ids() -> AppIds {
    AppIds { apps: APPS.iter().map(|(id, ..)| (*id).to_owned()).collect() }
}

fn missing() -> OcsError {
    OcsError::new(Code::UNKNOWN, "The request app was not found")
}

pub(super) async fn list(_: &Call<'_>, input: Query) -> Outcome<AppIds> {
    match input.filter.as_deref() {
        None | Some("" | "enabled") => Ok(Reply::new(ids())),
        Some("disabled") => Ok(Reply::new(AppIds::default())),
        Some(_) => Err(OcsError::new(Code::INVALID, "Invalid filter")),
    }
}

pub(super) async fn own(_: &Call<'_>, _: NoParameters) -> Outcome<AppIds> {
    Ok(Reply::new(ids()))
}

pub(super) async fn get(_: &Call<'_>, input: ById) -> Outcome<App> {
    find(&input.app).map(Reply::new).ok_or_else(missing)
}

/// They are all on already.
pub(super) async fn enable(_: &Call<'_>, input: ById) -> Outcome<Nothing> {
    find(&input.app).map(|_| Reply::new(Nothing)).ok_or_else(missing)
}

/// What is not there is off already.
pub(super) async fn disable(_: &Call<'_>, input: ById) -> Outcome<Nothing> {
    match find(&input.app) {
        None => Ok(Reply::new(Nothing)),
        Some(app) => Err(OcsError::new(Code::FORBIDDEN, format!("{} can't be disabled.", app.id))),
    }
}
