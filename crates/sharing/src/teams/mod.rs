//! Team folders: spaces that nobody owns, given to groups.

mod access;
mod list;
mod manage;
mod rules;

use std::{fmt, str::FromStr};

use allmende_types::{GroupId, NodeId, Permissions, SpaceId, Timestamp, UserId};

pub(crate) use self::access::{TeamAccess, TeamState, bits};
pub use self::{
    list::{TeamOrder, TeamScope},
    manage::NewTeamFolder,
    rules::{NodeRules, Rule, RuleScope},
};
use crate::{Error, Result};

/// The number of a team folder, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TeamFolderId(pub i64);

impl fmt::Display for TeamFolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TeamFolderId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl TeamFolderId {
    /// The key of the folder's space in the tree.
    pub(crate) fn space_key(self) -> String {
        format!("team:{}", self.0)
    }
}

/// Whom a permission, a rule or the management of a team folder is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Grantee {
    /// One person.
    Person(UserId),
    /// The members of a group.
    Group(GroupId),
    /// The members of a team, by its id.
    Team(String),
}

impl Grantee {
    /// Reads what the protocol calls mapping type and mapping id: `user`, `group`, `circle`.
    ///
    /// ```
    /// use allmende_sharing::Grantee;
    ///
    /// assert_eq!(Grantee::parse("group", "staff").map(|p| p.kind()), Some("group"));
    /// assert_eq!(Grantee::parse("role", "staff"), None);
    /// ```
    #[must_use]
    pub fn parse(kind: &str, id: &str) -> Option<Self> {
        match kind {
            "user" => id.parse().ok().map(Self::Person),
            "group" => id.parse().ok().map(Self::Group),
            "circle" => Some(Self::Team(id.to_owned())),
            _ => None,
        }
    }

    /// The protocol's word for its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "user",
            Self::Group(_) => "group",
            Self::Team(_) => "circle",
        }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Person(id) => id.as_str(),
            Self::Group(id) => id.as_str(),
            Self::Team(id) => id,
        }
    }

    pub(crate) const fn number(&self) -> i64 {
        match self {
            Self::Person(_) => 0,
            Self::Group(_) => 1,
            Self::Team(_) => 2,
        }
    }

    /// The form in which it is stored and compared.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Person(id) => id.key(),
            other => other.id().to_owned(),
        }
    }

    pub(crate) fn stored(kind: i64, id: &str) -> Result<Self> {
        let kind = match kind {
            0 => "user",
            1 => "group",
            _ => "circle",
        };
        Self::parse(kind, id).ok_or_else(|| Error::unavailable(format!("stored {kind} {id:?}")))
    }
}

/// How much a team folder may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TeamQuota {
    /// What the operator chose for all.
    #[default]
    Default,
    /// Any amount.
    Unlimited,
    /// Bytes.
    Bytes(u64),
}

impl TeamQuota {
    /// Reads the protocol's number: bytes, -4 for the default, any other below 0 for
    /// unlimited.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        match number {
            -4 => Self::Default,
            number if number < 0 => Self::Unlimited,
            number => Self::Bytes(number.unsigned_abs()),
        }
    }

    /// The protocol's number; what the default is, is for the caller to resolve.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Default => -4,
            Self::Unlimited => -3,
            Self::Bytes(bytes) => i64::try_from(bytes).unwrap_or(i64::MAX),
        }
    }
}

/// A team folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TeamFolder {
    /// Its number.
    pub id: TeamFolderId,
    /// Where it is mounted: one or several names with `/` between them.
    pub mount_point: String,
    /// How much it may hold, as it was set.
    pub quota: TeamQuota,
    /// The bytes that it may hold; unlimited if none.
    pub limit: Option<u64>,
    /// The bytes that it holds.
    pub size: u64,
    /// Whether rules count.
    pub rules: RulesSwitch,
    /// Whether members may do nothing unless a rule allows it.
    pub default_none: bool,
    /// To whom it is given.
    pub groups: Vec<TeamGroup>,
    /// Who may set rules.
    pub managers: Vec<TeamManager>,
    /// The space that holds its files.
    pub space: SpaceId,
    /// The root of the space.
    pub root: NodeId,
    /// When it was made.
    pub created: Timestamp,
}

/// Whether the rules of a team folder count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesSwitch {
    /// They do.
    On,
    /// They are kept, and do not.
    Off,
}

/// To whom a team folder is given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TeamGroup {
    /// The group or team.
    pub grantee: Grantee,
    /// Its name to show; its id if there is no such group.
    pub name: String,
    /// The most that its members may do.
    pub permissions: Permissions,
}

/// Who may set the rules of a team folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TeamManager {
    /// The person, group or team.
    pub grantee: Grantee,
    /// The name to show; the id if there is none.
    pub name: String,
}
