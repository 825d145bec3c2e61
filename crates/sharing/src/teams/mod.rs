//! Team folders: spaces that nobody owns, given to groups.

mod access;
mod list;
mod manage;
mod rules;

use std::{fmt, str::FromStr};

use allmende_share::Subject;
use allmende_types::{NodeId, Permissions, SpaceId, Timestamp};

pub use self::{
    list::{TeamOrder, TeamScope},
    manage::NewTeamFolder,
    rules::{NodeRules, ShownRule},
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

/// The number under which the kind of a subject is stored.
pub(crate) const fn subject_number(subject: &Subject) -> i64 {
    match subject {
        Subject::Person(_) => 0,
        Subject::Group(_) => 1,
        Subject::Team(_) => 2,
    }
}

/// A subject as it is stored.
pub(crate) fn stored_subject(kind: i64, id: &str) -> Result<Subject> {
    let kind = match kind {
        0 => "user",
        1 => "group",
        _ => "circle",
    };
    Subject::parse(kind, id).ok_or_else(|| Error::unavailable(format!("stored {kind} {id:?}")))
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
    pub subject: Subject,
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
    pub subject: Subject,
    /// The name to show; the id if there is none.
    pub name: String,
}
