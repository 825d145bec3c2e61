//! Why team folders and configuration are not changed, in the words that clients show. For
//! shares see [`Refusal`](crate::Refusal).

/// Why a team folder is not made or changed.
///
/// ```
/// use allmende_sharing::TeamRefusal;
///
/// assert_eq!(TeamRefusal::MountPointTaken.to_string(), "Mount point already exists");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TeamRefusal {
    /// There is no such team folder.
    #[error("Groupfolder not found")]
    NoSuchFolder,
    /// Another team folder has this mount point.
    #[error("Mount point already exists")]
    MountPointTaken,
    /// A mount point that cannot be one; the text says why.
    #[error("{0}")]
    InvalidMountPoint(String),
    /// The group has the team folder already.
    #[error("Group already assigned to this Groupfolder")]
    GroupAssigned,
    /// The rules would take the own right to read.
    #[error("You cannot remove your own read permission.")]
    OwnReadLost,
    /// The person may not set the rules of this node.
    #[error("You are not allowed to manage the rules of this folder")]
    NotManager,
    /// Rules that make no sense; the text says why.
    #[error("Invalid rule: {0}")]
    InvalidRule(String),
}

/// Why a value of configuration is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigRefusal {
    /// Not the name of an app.
    #[error("Invalid app id given")]
    InvalidApp,
    /// A key that the server alone sets.
    #[error("The given key can not be set")]
    ProtectedKey,
    /// A value that the key does not admit, or that is too long.
    #[error("The given value is not valid for this key")]
    InvalidValue,
}
