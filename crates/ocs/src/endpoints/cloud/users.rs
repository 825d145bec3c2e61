//! `/cloud/users`: people, for those who administer them.

use serde::{Deserialize, Serialize};

use super::Query;
use super::groups::GroupIds;
use super::user::User;
use crate::endpoints::endpoint;
use crate::{Access, Assoc, Metadata, Nothing};

/// A person, by the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ById {
    /// The id.
    pub userid: String,
}

/// Ids of people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UserIds {
    /// The ids.
    #[serde(default)]
    pub users: Vec<String>,
}

/// People with what is known about them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Users {
    /// The people by their ids; `[]` if there is nobody.
    #[serde(default)]
    pub users: Assoc<User>,
}

endpoint! {
    /// `GET /cloud/users`: lists people by id.
    pub List = Metadata::get("/cloud/users").access(Access::SubAdmin),
    Query => UserIds
}

endpoint! {
    /// `GET /cloud/users/details`: lists people with what is known about them.
    pub Details = Metadata::get("/cloud/users/details").access(Access::SubAdmin),
    Query => Users
}

endpoint! {
    /// `GET /cloud/users/disabled`: lists people who may not log in.
    pub Disabled = Metadata::get("/cloud/users/disabled").access(Access::SubAdmin),
    Query => Users
}

endpoint! {
    /// `GET /cloud/users/recent`: lists people, those who logged in last first.
    pub Recent = Metadata::get("/cloud/users/recent").access(Access::SubAdmin),
    Query => Users
}

/// A new person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NewUser {
    /// The id.
    pub userid: String,
    /// The password. Without one there must be an address for an invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The name for display; the id if absent or empty.
    #[serde(rename = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Ids of groups to be a member of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Ids of groups to administer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subadmin: Vec<String>,
    /// The limit of storage: bytes, `5 GB`, `none` or `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<String>,
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Id of the manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
}

/// Who was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// The id.
    pub id: String,
}

endpoint! {
    /// `POST /cloud/users`: creates a person.
    ///
    /// 101 for characters that an id may not have, 102 if the id exists, 103 for administering the
    /// group `admin`, 104 for an unknown group,
    /// 105 for a group that one does not administer, 106 if a sub-administrator names no group,
    /// 107 for a password against the policy, 108 for neither a password nor an address, 109 for
    /// an unknown group to administer, 110 if an address is required, 111 if no id could be made up.
    pub Create = Metadata::post("/cloud/users").access(Access::SubAdmin).confirmed(),
    NewUser => Created
}

endpoint! {
    /// `GET /cloud/users/{userid}`: what is known about a person, for that person and those who
    /// administer it. 998 without a message for others; 404 "User does not exist" if so.
    pub Get = Metadata::get("/cloud/users/{userid}"),
    ById => User
}

/// A change of one property of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The id.
    pub userid: String,
    /// The property: a key of [`User`], `display` (the name for display), `password`, or the
    /// `…Scope` of a key.
    pub key: String,
    /// Its new value; of `quota`: bytes, `5 GB`, `none` or `default`.
    pub value: String,
}

endpoint! {
    /// `PUT /cloud/users/{userid}`: changes a property of oneself or of a person one administers.
    ///
    /// 101 for a value that is not valid, 113 for a property that does not exist or may not be
    /// changed by the caller, 998 without a message if there is no such person.
    pub Edit = Metadata::put("/cloud/users/{userid}").confirmed(),
    Change => Nothing
}

endpoint! {
    /// `DELETE /cloud/users/{userid}`: deletes a person. 101 for oneself and for nobody.
    pub Delete = Metadata::delete("/cloud/users/{userid}").access(Access::SubAdmin).confirmed(),
    ById => Nothing
}

endpoint! {
    /// `PUT /cloud/users/{userid}/enable`: lets a person log in again. 101 for nobody.
    pub Enable = Metadata::put("/cloud/users/{userid}/enable").access(Access::SubAdmin).confirmed(),
    ById => Nothing
}

endpoint! {
    /// `PUT /cloud/users/{userid}/disable`: locks a person out. 101 for oneself and for nobody.
    pub Disable =
        Metadata::put("/cloud/users/{userid}/disable").access(Access::SubAdmin).confirmed(),
    ById => Nothing
}

endpoint! {
    /// `POST /cloud/users/{userid}/wipe`: has all devices of a person erase what they hold.
    pub Wipe = Metadata::post("/cloud/users/{userid}/wipe").access(Access::SubAdmin).confirmed(),
    ById => Nothing
}

endpoint! {
    /// `POST /cloud/users/{userid}/welcome`: sends the invitation once more.
    pub Welcome = Metadata::post("/cloud/users/{userid}/welcome").access(Access::SubAdmin),
    ById => Nothing
}

/// A change of one of several values of a property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionChange {
    /// The person's id.
    pub userid: String,
    /// The property: `additional_mail`.
    pub collection: String,
    /// The value of today.
    pub key: String,
    /// Its new value; empty to remove it.
    pub value: String,
}

endpoint! {
    /// `PUT /cloud/users/{userid}/{collection}`: changes one of several values of a property.
    ///
    /// 101 for a new value that is not valid, 113 for another property, 998 without a message if
    /// there is no such person.
    pub EditCollection = Metadata::put("/cloud/users/{userid}/{collection}").confirmed(),
    CollectionChange => Nothing
}

/// Changes of a person, all or none; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// The id.
    pub userid: String,
    /// The name for display.
    #[serde(rename = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The e-mail address; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The limit of storage: bytes, `5 GB`, `none` or `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<String>,
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Id of the manager; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// Ids of the groups to be a member of, instead of those of today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Ids of the groups to administer, instead of those of today.
    #[serde(rename = "subadminGroups", skip_serializing_if = "Option::is_none")]
    pub subadmin_groups: Option<Vec<String>>,
}

endpoint! {
    /// `PATCH /cloud/users/{userid}`: changes several properties of a person whom one administers.
    ///
    /// 422 with `{"errors":{"quota":"…"}}` if one of them is not valid, and none is changed then.
    pub Patch =
        Metadata::new(http::Method::PATCH, "/cloud/users/{userid}").access(Access::SubAdmin).confirmed(),
    Changes => User
}

/// Telephone numbers of an address book.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Numbers {
    /// The country, as two letters, of numbers without one.
    pub location: String,
    /// The numbers of each entry of the address book.
    pub search: Assoc<Vec<String>>,
}

endpoint! {
    /// `POST /cloud/users/search/by-phone`: who has one of these numbers, as federated ids by the
    /// entries of the address book. 400 for a country that there is not.
    pub SearchByPhone = Metadata::post("/cloud/users/search/by-phone"),
    Numbers => Assoc<String>
}

/// A person and a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The person's id.
    pub userid: String,
    /// The group's id. Servers answer 101 if it is missing or empty.
    #[serde(default)]
    pub groupid: String,
}

endpoint! {
    /// `GET /cloud/users/{userid}/groups`: the groups of oneself or of a person one administers.
    pub Groups = Metadata::get("/cloud/users/{userid}/groups"),
    ById => GroupIds
}

endpoint! {
    /// `POST /cloud/users/{userid}/groups`: makes a person a member; a member stays one.
    ///
    /// 101 without a group, 102 for an unknown group, 103 for an unknown person, 104 without the
    /// right, 105 if it failed.
    pub AddToGroup =
        Metadata::post("/cloud/users/{userid}/groups").access(Access::SubAdmin).confirmed(),
    Membership => Nothing
}

endpoint! {
    /// `DELETE /cloud/users/{userid}/groups`: ends a membership. Codes as of [`AddToGroup`]; 105
    /// with a message also for oneself and `admin`.
    pub RemoveFromGroup =
        Metadata::delete("/cloud/users/{userid}/groups").access(Access::SubAdmin).confirmed(),
    Membership => Nothing
}

endpoint! {
    /// `GET /cloud/users/{userid}/subadmins`: the groups that a person administers.
    pub Subadmins = Metadata::get("/cloud/users/{userid}/subadmins").access(Access::Admin),
    ById => Vec<String>
}

endpoint! {
    /// `POST /cloud/users/{userid}/subadmins`: lets a person administer a group. 101 for an
    /// unknown person, 102 for an unknown group.
    pub AddSubadmin =
        Metadata::post("/cloud/users/{userid}/subadmins").access(Access::Admin).confirmed(),
    Membership => Nothing
}

endpoint! {
    /// `DELETE /cloud/users/{userid}/subadmins`: ends that. Codes as of [`AddSubadmin`].
    pub RemoveSubadmin =
        Metadata::delete("/cloud/users/{userid}/subadmins").access(Access::Admin).confirmed(),
    Membership => Nothing
}
