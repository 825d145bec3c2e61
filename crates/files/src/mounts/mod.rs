//! What is mounted into people's homes: received shares and team folders.
//!
//! The file service shows mounts and keeps to what they allow; who has which is told by an
//! implementer of [`Mounts`].

pub(crate) mod entries;
mod layout;
mod names;
mod rules;

use std::{fmt, sync::Arc};

use allmende_types::{Name, NodeId, Permissions, SpacePath, UserId};
use async_trait::async_trait;

pub use self::rules::MountRules;
pub(crate) use self::{
    layout::{Between, Layout, Placed, Shown},
    names::numbered,
    rules::digest,
};
use crate::Result;

/// Tells which mounts a person has, and keeps what they do with them.
///
/// # Contract for implementers
/// * [`mounts`](Self::mounts) is asked once for every view, so it answers from memory. What
///   the same process changed counts at once, what others did after two seconds at the most.
/// * The list is in an order that stays: of mounts that want one name in one folder, the
///   first gets it.
/// * No two mounts of a person have one id.
#[async_trait]
pub trait Mounts: fmt::Debug + Send + Sync + 'static {
    /// Every mount of a person.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable). Never a part of the list.
    async fn mounts(&self, person: &UserId) -> Result<Arc<[Arc<Mount>]>>;

    /// The most that a person may do with what is their own: all, unless some may not share.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn own_permissions(&self, person: &UserId) -> Result<Permissions> {
        let _ = person;
        Ok(Permissions::ALL)
    }

    /// Gives a received share another place in the person's home. Nobody else sees it.
    ///
    /// # Errors
    /// [`Forbidden`](crate::ErrorKind::Forbidden), [`NotFound`](crate::ErrorKind::NotFound),
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn relocate(&self, person: &UserId, mount: &Mount, place: MountPlace) -> Result<()>;

    /// Takes a received share out of the person's home; the content stays where it is.
    ///
    /// # Errors
    /// As of [`relocate`](Self::relocate).
    async fn leave(&self, person: &UserId, mount: &Mount) -> Result<()>;
}

/// The number of a mount: of all mounts of one person, each has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MountId(pub u64);

/// What is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MountKind {
    /// A received share: its root can be moved, renamed and left.
    Share,
    /// A team folder: its root stays where it is.
    Team {
        /// The number of the team folder (`nc:group-folder-id`).
        folder: i64,
    },
    /// A public link: the mount is all that there is to see.
    Link,
}

/// Whether contents may be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Download {
    /// Yes.
    #[default]
    Allowed,
    /// They may be read, but not copied, moved out or packed into archives (the share's
    /// attribute `download` is off while `shareapi_allow_view_without_download` is on).
    ViewOnly,
    /// They may not be read.
    Refused,
}

/// Where a mount stands in the home of its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountPlace {
    /// A folder of the home; its root if none, or if the folder is gone.
    pub parent: Option<NodeId>,
    /// The name in it. Where that is taken, the mount is shown as `name (2)`.
    pub name: Name,
}

/// A node, of any space, that stands in somebody's home as if it were there.
///
/// ```
/// use allmende_files::{Mount, MountId, MountKind, MountPlace};
/// use allmende_types::{Name, NodeId, Permissions};
///
/// let place = MountPlace { parent: None, name: Name::new("Minutes")? };
/// let mut mount = Mount::new(MountId(7), MountKind::Share, place, NodeId(217), "alice".parse()?);
/// mount.permissions = Permissions::READ | Permissions::SHARE;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mount {
    /// Its number.
    pub id: MountId,
    /// What is mounted.
    pub kind: MountKind,
    /// Where it stands.
    pub place: MountPlace,
    /// Folders between the root of the home and the mount that need not exist: the leading
    /// names of a team folder's mount point. Where they stand in the home they are used;
    /// otherwise they are shown as empty folders around the mount. Counts only if
    /// `place.parent` is none.
    pub folders: SpacePath,
    /// The node.
    pub root: NodeId,
    /// Whose it is: for a team folder, the person themself.
    pub owner: Arc<UserId>,
    /// The owner's name for people.
    pub owner_name: Arc<str>,
    /// What whoever shares it tells its recipients, if anything.
    pub note: Option<Arc<str>>,
    /// The most that the person may do at the root and below it. Without `READ` nothing of
    /// it can be seen.
    pub permissions: Permissions,
    /// Whether contents may be taken away.
    pub download: Download,
    /// Whether pages and clients are asked to offer no download (of a link; nothing is
    /// forbidden by it).
    pub hides_download: bool,
    /// The rules of a team folder that speak of this person; none where it has none.
    pub rules: Option<Arc<MountRules>>,
}

impl Mount {
    /// A mount that gives everything.
    #[must_use]
    pub fn new(
        id: MountId,
        kind: MountKind,
        place: MountPlace,
        root: NodeId,
        owner: UserId,
    ) -> Self {
        let owner_name = owner.as_str().into();
        Self {
            id,
            kind,
            place,
            folders: SpacePath::root(),
            root,
            owner: Arc::new(owner),
            owner_name,
            note: None,
            permissions: Permissions::ALL,
            download: Download::Allowed,
            hides_download: false,
            rules: None,
        }
    }

    /// What of the mount decides, beside its content, what its holder sees: a part of the
    /// etags of its folders.
    pub(crate) fn fingerprint(&self) -> u64 {
        let download = match self.download {
            Download::Allowed => 0,
            Download::ViewOnly => 1,
            Download::Refused => 2,
        };
        let bits = u64::from(self.permissions.bits()) | download << 8;
        self.rules.as_ref().map_or(0, |rules| rules.fingerprint()) ^ bits
    }

    /// What the person may do with a node, given it and the folders above it up to the
    /// root of the mount, the root first.
    pub(crate) fn permissions_at(&self, chain: &[NodeId]) -> Permissions {
        match &self.rules {
            Some(rules) => rules.evaluate(chain) & self.permissions,
            None => self.permissions,
        }
    }
}
