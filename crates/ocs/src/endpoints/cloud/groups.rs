//! `/cloud/groups`: groups and their members.

use serde::{Deserialize, Serialize};

use super::Query;
use super::users::{UserIds, Users as People};
use crate::endpoints::endpoint;
use crate::{Access, Metadata, Nothing};

/// A group, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ById {
    /// The id.
    pub groupid: String,
}

/// Ids of groups.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GroupIds {
    /// The ids.
    pub groups: Vec<String>,
}

endpoint! {
    /// `GET /cloud/groups`: lists groups by id. Everybody who is logged in may ask.
    pub List = Metadata::get("/cloud/groups"),
    Query => GroupIds
}

/// A group with its properties.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Group {
    /// The id.
    pub id: String,
    /// The name for display.
    pub displayname: String,
    /// How many members it has.
    pub usercount: u64,
    /// How many of them are disabled.
    pub disabled: u64,
    /// Whether members may be added through this interface.
    #[serde(rename = "canAdd")]
    pub can_add: bool,
    /// Whether members may be removed through this interface.
    #[serde(rename = "canRemove")]
    pub can_remove: bool,
}

/// Groups with their properties.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Groups {
    /// The groups.
    pub groups: Vec<Group>,
}

endpoint! {
    /// `GET /cloud/groups/details`: lists groups with their properties.
    pub Details = Metadata::get("/cloud/groups/details").access(Access::SubAdmin),
    Query => Groups
}

endpoint! {
    /// `GET /cloud/groups/{groupid}`: the members of a group, for administrators. Unknown: 404.
    pub Get = Metadata::get("/cloud/groups/{groupid}").access(Access::SubAdmin),
    ById => UserIds
}

endpoint! {
    /// `GET /cloud/groups/{groupid}/users`: the members of a group, for its members and
    /// administrators. 404 if there is no such group.
    pub Users = Metadata::get("/cloud/groups/{groupid}/users"),
    ById => UserIds
}

/// Which members of a group to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MembersQuery {
    /// The group's id.
    pub groupid: String,
    /// Only those whose id or name contains this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// At most so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Without the first so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}

endpoint! {
    /// `GET /cloud/groups/{groupid}/users/details`: members with what is known about them.
    pub UserDetails =
        Metadata::get("/cloud/groups/{groupid}/users/details").access(Access::SubAdmin),
    MembersQuery => People
}

endpoint! {
    /// `GET /cloud/groups/{groupid}/subadmins`: who administers the group besides administrators.
    pub SubAdmins = Metadata::get("/cloud/groups/{groupid}/subadmins").access(Access::Admin),
    ById => Vec<String>
}

/// A new group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NewGroup {
    /// The id.
    pub groupid: String,
    /// The name for display; the id if absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub displayname: Option<String>,
}

endpoint! {
    /// `POST /cloud/groups`: creates a group. 101 for a bad id, 102 "group exists".
    pub Create = Metadata::post("/cloud/groups").access(Access::Admin).confirmed(),
    NewGroup => Nothing
}

/// A change of one property of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The id.
    pub groupid: String,
    /// The property; `displayname` is the only one.
    pub key: String,
    /// Its new value.
    pub value: String,
}

endpoint! {
    /// `PUT /cloud/groups/{groupid}`: changes a property. 101 for one that cannot be changed.
    pub Edit = Metadata::put("/cloud/groups/{groupid}").access(Access::Admin).confirmed(),
    Change => Nothing
}

endpoint! {
    /// `DELETE /cloud/groups/{groupid}`: deletes a group. 101 if there is none, 102 for `admin`.
    pub Delete = Metadata::delete("/cloud/groups/{groupid}").access(Access::Admin).confirmed(),
    ById => Nothing
}
