use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Assoc, Format, Value, from_value};

/// What a rule, a right to manage or a group of a folder is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// A person.
    #[default]
    User,
    /// A group.
    Group,
    /// A team.
    Circle,
}

/// A group or team that has a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// The id.
    pub id: String,
    /// The name.
    pub display_name: String,
    /// What it may: 1 read, 2 update, 4 create, 8 delete, 16 share.
    pub permissions: u32,
    /// Whether it is a group or a team.
    pub kind: PrincipalKind,
}

/// Who may manage the rules of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Manager {
    /// Whether it is a person, a group or a team.
    #[serde(rename = "type")]
    pub kind: PrincipalKind,
    /// The id of that.
    pub id: String,
    /// The name.
    pub displayname: String,
}

/// A team folder.
///
/// The groups are written in another way in XML, so a server says in which form it answers:
///
/// ```
/// use allmende_ocs::Format;
/// use allmende_ocs::endpoints::group_folders::{Folder, Group, PrincipalKind};
///
/// let staff = Group {
///     id: "staff".into(),
///     display_name: "Staff".into(),
///     permissions: 31,
///     kind: PrincipalKind::Group,
/// };
/// let folder = Folder { id: 1, groups: vec![staff], ..Folder::default() };
/// let json = serde_json::to_value(&folder).unwrap();
/// assert_eq!(json["groups"]["staff"], 31);
/// let xml = serde_json::to_value(folder.for_format(Format::Xml)).unwrap();
/// assert_eq!(xml["groups"][0]["@attributes"]["group_id"], "staff");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folder {
    /// The id, from 1.
    pub id: i64,
    /// Where it is in everybody's files.
    pub mount_point: String,
    /// The limit in bytes; -3 for none.
    pub quota: i64,
    /// Whether rules apply.
    pub acl: bool,
    /// Whether nobody may anything unless a rule says so.
    pub acl_default_no_permission: bool,
    /// Size of the content in bytes.
    pub size: u64,
    /// The groups and teams that have it.
    pub groups: Vec<Group>,
    /// Who may manage the rules.
    pub manage: Vec<Manager>,
    /// The place in the order that was asked for, from 0; in lists only.
    pub sort_index: Option<u32>,
    /// How the groups are written, and were when this was read.
    pub form: GroupsForm,
}

/// How the groups of a [`Folder`] are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupsForm {
    /// Maps by id, as in JSON.
    #[default]
    Maps,
    /// A list of elements with attributes, as in XML.
    Elements,
}

impl From<Format> for GroupsForm {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Maps,
            Format::Xml => Self::Elements,
        }
    }
}

impl Folder {
    /// The same folder, to be written in this format; JSON unless told.
    #[must_use]
    pub fn for_format(mut self, format: Format) -> Self {
        self.form = format.into();
        self
    }
}

/// A folder as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    id: i64,
    mount_point: String,
    quota: i64,
    acl: bool,
    #[serde(default)]
    acl_default_no_permission: bool,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    groups: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group_details: Option<Assoc<Detail>>,
    #[serde(default)]
    manage: Vec<Manager>,
    #[serde(rename = "sortIndex", default, skip_serializing_if = "Option::is_none")]
    sort_index: Option<u32>,
}

/// What JSON says about a group beside its permissions.
#[derive(Serialize, Deserialize)]
struct Detail {
    #[serde(rename = "displayName")]
    display_name: String,
    permissions: u32,
    #[serde(rename = "type")]
    kind: PrincipalKind,
}

/// What XML says about a group.
#[derive(Deserialize)]
struct Element {
    #[serde(rename = "@attributes")]
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    group_id: String,
    permissions: u32,
    #[serde(rename = "display-name", default)]
    display_name: String,
    #[serde(rename = "type", default = "group")]
    kind: PrincipalKind,
}

fn group() -> PrincipalKind {
    PrincipalKind::Group
}

impl Group {
    fn element(&self) -> Value {
        let kind = match self.kind {
            PrincipalKind::User => "user",
            PrincipalKind::Group => "group",
            PrincipalKind::Circle => "circle",
        };
        let attributes: Value = [
            ("group_id", Value::from(self.id.as_str())),
            ("permissions", Value::from(i64::from(self.permissions))),
            ("display-name", Value::from(self.display_name.as_str())),
            ("type", Value::from(kind)),
        ]
        .into_iter()
        .collect();
        [("@attributes", attributes)].into_iter().collect()
    }
}

impl Serialize for Folder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut groups = Value::empty_list();
        let mut group_details = None;
        match self.form {
            GroupsForm::Elements => groups = self.groups.iter().map(Group::element).collect(),
            GroupsForm::Maps => {
                let details = self.groups.iter().map(|group| {
                    let detail = Detail {
                        display_name: group.display_name.clone(),
                        permissions: group.permissions,
                        kind: group.kind,
                    };
                    (group.id.as_str(), detail)
                });
                group_details = Some(details.collect());
                if !self.groups.is_empty() {
                    let bits = |group: &Group| Value::from(i64::from(group.permissions));
                    groups =
                        self.groups.iter().map(|group| (group.id.as_str(), bits(group))).collect();
                }
            }
        }
        Written {
            id: self.id,
            mount_point: self.mount_point.clone(),
            quota: self.quota,
            acl: self.acl,
            acl_default_no_permission: self.acl_default_no_permission,
            size: self.size,
            groups,
            group_details,
            manage: self.manage.clone(),
            sort_index: self.sort_index,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Folder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        // Only XML goes without the details.
        let form = match written.group_details {
            Some(_) => GroupsForm::Maps,
            None => GroupsForm::Elements,
        };
        let groups = match written.groups {
            Value::List(elements) => {
                let element = |element| from_value::<Element>(element).map(|it| it.attributes);
                let elements = elements.into_iter().map(element).collect::<Result<Vec<_>, _>>();
                let elements = elements.map_err(D::Error::custom)?.into_iter();
                elements
                    .map(|it| Group {
                        id: it.group_id,
                        display_name: it.display_name,
                        permissions: it.permissions,
                        kind: it.kind,
                    })
                    .collect()
            }
            permissions => {
                let permissions: Assoc<u32> = from_value(permissions).map_err(D::Error::custom)?;
                let details = written.group_details.unwrap_or_default();
                permissions
                    .iter()
                    .map(|(id, permissions)| Group {
                        id: id.to_owned(),
                        display_name: details
                            .get(id)
                            .map_or_else(|| id.to_owned(), |detail| detail.display_name.clone()),
                        permissions: *permissions,
                        kind: details.get(id).map_or(PrincipalKind::Group, |detail| detail.kind),
                    })
                    .collect()
            }
        };
        Ok(Self {
            id: written.id,
            mount_point: written.mount_point,
            quota: written.quota,
            acl: written.acl,
            acl_default_no_permission: written.acl_default_no_permission,
            size: written.size,
            groups,
            manage: written.manage,
            sort_index: written.sort_index,
            form,
        })
    }
}

/// Team folders in their order. JSON has a map by id, `[]` if there is none, XML a list; either
/// is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folders(pub Vec<Folder>);

impl Folders {
    /// The same folders, each with its place in the order, to be written in this format.
    #[must_use]
    pub fn for_format(self, format: Format) -> Self {
        let folders = self.0.into_iter().zip(0..);
        let placed = |(folder, at): (Folder, u32)| Folder { sort_index: Some(at), ..folder };
        Self(folders.map(|one| placed(one).for_format(format)).collect())
    }
}

impl Serialize for Folders {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let by_id: Assoc<&Folder> =
            self.0.iter().map(|folder| (folder.id.to_string(), folder)).collect();
        by_id.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Folders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let folders = match Value::deserialize(deserializer)? {
            Value::List(items) => items,
            Value::Map(entries) => entries.into_iter().map(|(_, item)| item).collect(),
            Value::Null => Vec::new(),
            Value::Text(text) if text.is_empty() => Vec::new(),
            _ => return Err(D::Error::custom("expected folders")),
        };
        let folders = folders.into_iter().map(from_value).collect::<Result<_, _>>();
        folders.map(Self).map_err(D::Error::custom)
    }
}
