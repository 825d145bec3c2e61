//! `/apps/groupfolders`: team folders, for those who administer them.
//!
//! All of these are on the [front page](crate::Base::FrontPage): below `/ocs` they are unknown.
//! Their answers have the envelope of version 1, but failures from inside are an HTTP status with
//! `{"message"}`, see [`refusal`].

mod folder;

use serde::{Deserialize, Deserializer, Serialize};

pub use folder::{Folder, Folders, Group, GroupsForm, Manager, PrincipalKind};

use crate::endpoints::{NoParameters, endpoint};
use crate::shape::filled_in;
use crate::{Code, Metadata, OcsError, Value, from_value};

/// A failure in the form that these endpoints have: not in the envelope.
///
/// 404 "Groupfolder not found" for an unknown folder (without a message for one that who asks has
/// nothing to do with), 400 "Mount point already exists", `Mount point cannot contain ".."`,
/// "Group already assigned to this Groupfolder", "The orderBy is not allowed.".
///
/// ```
/// use allmende_ocs::endpoints::group_folders::refusal;
/// use http::StatusCode;
///
/// let response = refusal(StatusCode::NOT_FOUND, "Groupfolder not found");
/// assert_eq!(response.body(), r#"{"message":"Groupfolder not found"}"#);
/// ```
#[cfg(feature = "server")]
#[must_use]
pub fn refusal(status: http::StatusCode, message: &str) -> http::Response<bytes::Bytes> {
    crate::refusal::message(status, message)
}

/// 403 for those who may not administer team folders. Administrators can hand that to groups, so
/// that it is for the handlers to find out, and the endpoints are open to everybody.
#[must_use]
pub fn special_right_required() -> OcsError {
    OcsError::new(
        Code::FORBIDDEN,
        "Logged in user must be an admin, a sub admin or gotten special right to access this \
         setting",
    )
}

/// Which folders to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Only those that one has in one's own files; administrators see all otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub applicable: bool,
    /// Without the first so many.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "filled_in")]
    pub offset: Option<u32>,
    /// At most so many, at least 1.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "filled_in")]
    pub limit: Option<u32>,
    /// What to sort by: `mount_point`, `quota`, `groups`, `acl`. Others are 400 "The orderBy is
    /// not allowed.".
    #[serde(rename = "orderBy", skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
    /// `asc` or `desc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

endpoint! {
    /// `GET …/folders`: the folders, each with its place in the order. Who is no administrator
    /// sees the folders of the own groups, with these groups only.
    pub List = Metadata::get("/apps/groupfolders/folders").on_front_page(),
    Query => Folders
}

/// How many folders there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// The number.
    pub count: u64,
}

endpoint! {
    /// `GET …/folders/count`: how many folders there are.
    pub CountAll = Metadata::get("/apps/groupfolders/folders/count").on_front_page(),
    NoParameters => Count
}

/// A folder, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ById {
    /// The id.
    pub id: i64,
}

endpoint! {
    /// `GET …/folders/{id}`: one folder.
    pub Get = Metadata::get("/apps/groupfolders/folders/{id}").on_front_page(),
    ById => Folder
}

/// A new folder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NewFolder {
    /// Where it is in everybody's files.
    pub mountpoint: String,
    /// Whether nobody may anything unless a rule says so; cannot be changed later.
    #[serde(default)]
    pub acl_default_no_permission: bool,
    /// The store for the content; the usual one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
}

endpoint! {
    /// `POST …/folders`: makes a folder. 400 "Mount point already exists".
    pub Create =
        Metadata::post("/apps/groupfolders/folders").on_front_page().confirmed(),
    NewFolder => Folder
}

/// That it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// `true`.
    pub success: bool,
}

impl Default for Done {
    fn default() -> Self {
        Self { success: true }
    }
}

/// That it was done, and what the folder is now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Changed {
    /// `true`.
    pub success: bool,
    /// The folder.
    pub folder: Folder,
}

impl From<Folder> for Changed {
    fn from(folder: Folder) -> Self {
        Self { success: true, folder }
    }
}

endpoint! {
    /// `DELETE …/folders/{id}`: removes a folder with everything in it, its trash and its versions.
    pub Delete = Metadata::delete("/apps/groupfolders/folders/{id}").on_front_page().confirmed(),
    ById => Done
}

/// A new mount point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMountPoint {
    /// The id.
    pub id: i64,
    /// The mount point.
    #[serde(rename = "mountPoint")]
    pub mount_point: String,
}

endpoint! {
    /// `PUT …/folders/{id}`: gives a folder another mount point. 400 if it has that already.
    pub Edit = Metadata::put("/apps/groupfolders/folders/{id}").on_front_page().confirmed(),
    NewMountPoint => Changed
}

/// A new mount point, in the older spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rename {
    /// The id.
    pub id: i64,
    /// The mount point.
    pub mountpoint: String,
}

endpoint! {
    /// `POST …/folders/{id}/mountpoint`: gives a folder another mount point, or the same.
    pub SetMountPoint =
        Metadata::post("/apps/groupfolders/folders/{id}/mountpoint").on_front_page().confirmed(),
    Rename => Changed
}

/// A folder and a group or team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The id of the folder.
    pub id: i64,
    /// Id of the group or team.
    pub group: String,
}

endpoint! {
    /// `POST …/folders/{id}/groups`: gives a folder to a group or team, with all permissions.
    /// 400 "Group already assigned to this Groupfolder".
    pub AddGroup =
        Metadata::post("/apps/groupfolders/folders/{id}/groups").on_front_page().confirmed(),
    Membership => Changed
}

endpoint! {
    /// `DELETE …/folders/{id}/groups/{group}`: takes a folder from a group or team, also if it did
    /// not have it.
    pub RemoveGroup = Metadata::delete("/apps/groupfolders/folders/{id}/groups/{group}")
        .on_front_page()
        .confirmed(),
    Membership => Changed
}

/// What a group may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPermissions {
    /// The id of the folder.
    pub id: i64,
    /// Id of the group or team.
    pub group: String,
    /// 1 read, 2 update, 4 create, 8 delete, 16 share.
    pub permissions: u32,
}

endpoint! {
    /// `POST …/folders/{id}/groups/{group}`: says what a group or team may. Nothing happens if it
    /// does not have the folder.
    pub SetPermissions = Metadata::post("/apps/groupfolders/folders/{id}/groups/{group}")
        .on_front_page()
        .confirmed(),
    GroupPermissions => Changed
}

/// A new limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewQuota {
    /// The id of the folder.
    pub id: i64,
    /// Bytes; -3 for no limit, -4 for the usual one. What is no number counts as 0.
    #[serde(deserialize_with = "number_or_zero")]
    pub quota: i64,
}

fn number_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(from_value(value).unwrap_or_default())
}

endpoint! {
    /// `POST …/folders/{id}/quota`: limits what is in a folder.
    pub SetQuota =
        Metadata::post("/apps/groupfolders/folders/{id}/quota").on_front_page().confirmed(),
    NewQuota => Changed
}

/// Rules on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesSwitch {
    /// The id of the folder.
    pub id: i64,
    /// Whether rules apply.
    pub acl: bool,
}

endpoint! {
    /// `POST …/folders/{id}/acl`: switches the rules of a folder on or off. Off takes everybody
    /// away who may manage them; the rules stay.
    pub SwitchRules =
        Metadata::post("/apps/groupfolders/folders/{id}/acl").on_front_page().confirmed(),
    RulesSwitch => Changed
}

/// Who may manage the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagerSwitch {
    /// The id of the folder.
    pub id: i64,
    /// Whether it is a person, a group or a team.
    pub mapping_type: PrincipalKind,
    /// The id of that.
    pub mapping_id: String,
    /// Whether they may.
    pub manage_acl: bool,
}

endpoint! {
    /// `POST …/folders/{id}/manageACL`: says who may manage the rules of a folder.
    pub SetManager =
        Metadata::post("/apps/groupfolders/folders/{id}/manageACL").on_front_page().confirmed(),
    ManagerSwitch => Changed
}

/// Whom to look for among those who have a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// The id of the folder.
    pub id: i64,
    /// A part of the name.
    #[serde(default)]
    pub search: String,
}

/// Who could be named in a rule. All lists are empty for those who may not manage rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Mappings {
    /// People.
    pub users: Vec<UserMapping>,
    /// Groups.
    pub groups: Vec<GroupMapping>,
    /// Teams.
    pub circles: Vec<TeamMapping>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UserMapping {
    /// The id.
    pub uid: String,
    /// The name.
    pub displayname: String,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GroupMapping {
    /// The id.
    pub gid: String,
    /// The name.
    pub displayname: String,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TeamMapping {
    /// The id.
    pub sid: String,
    /// The name.
    pub displayname: String,
}

endpoint! {
    /// `GET …/folders/{id}/search`: looks for people, groups and teams among those who have a
    /// folder.
    pub SearchMappings =
        Metadata::get("/apps/groupfolders/folders/{id}/search").on_front_page(),
    Search => Mappings
}

/// A group that could administer, or does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DelegationGroup {
    /// The id.
    pub gid: String,
    /// The name.
    #[serde(rename = "displayName")]
    pub display_name: String,
}

/// A team that could have folders.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DelegationTeam {
    /// The id.
    pub single_id: String,
    /// The name.
    pub display_name: String,
}

endpoint! {
    /// `GET …/delegation/groups`: all groups.
    pub Groups = Metadata::get("/apps/groupfolders/delegation/groups").on_front_page(),
    NoParameters => Vec<DelegationGroup>
}

endpoint! {
    /// `GET …/delegation/circles`: all teams, for those who are no administrators their own.
    pub Teams = Metadata::get("/apps/groupfolders/delegation/circles").on_front_page(),
    NoParameters => Vec<DelegationTeam>
}

/// Which delegation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delegation {
    /// The name of the settings that are delegated.
    #[serde(default)]
    pub classname: String,
}

endpoint! {
    /// `GET …/delegation/authorized-groups`: the groups to which settings are delegated.
    pub AuthorizedGroups =
        Metadata::get("/apps/groupfolders/delegation/authorized-groups").on_front_page(),
    Delegation => Vec<DelegationGroup>
}
