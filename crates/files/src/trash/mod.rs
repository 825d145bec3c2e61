//! The trash: where things go that people remove, and from where they come back.
//!
//! Each space of files has a trash of its own, a space beside it: removing something moves it
//! there, with everything below, so that it keeps its id, its shares and its marks, and costs
//! the same however much there is. Only what is removed from a received share costs more the
//! more there is: the copy for who removed it has a row for each node, though no byte is
//! copied. A property remembers where it was. Nothing in a trash is
//! reachable by anything but the [`Trash`] of who may see it.
//!
//! | | goes into |
//! |---|---|
//! | removed in a person's own home | their trash |
//! | removed from a received share | the owner's trash; the person gets a copy into theirs |
//! | removed from a team folder | the trash of the team folder, which its members see |
//! | removed by guests of a link | the owner's trash |
//! | replaced by something that is moved, copied or restored there | as if it was removed |

mod discard;
mod empty;
mod expire;
mod list;
mod origin;
mod policy;
mod restore;

use std::sync::Arc;

use allmende_storage::Node;
use allmende_types::{Name, NodeId, Permissions, SpacePath, Timestamp, UserId};

pub(crate) use self::discard::Over;
pub use self::{
    empty::empty_home_trash, expire::TrashExpired, origin::Origin as TrashOrigin,
    policy::TrashPolicy,
};
use self::{list::Bin, origin::Origin};
use crate::{Entry, MountKind, Result, View};

/// What a person has in the trash: what was theirs, and what was removed from team folders
/// and may be seen by them.
///
/// ```
/// use std::sync::Arc;
/// use allmende_files::{Files, FilesOptions, FolderRequest, Stores, SystemClock};
/// use allmende_storage::memory;
/// use allmende_types::SpacePath;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let tree = Arc::new(memory::MemoryTree::default());
/// # let blobs = Arc::new(memory::MemoryBlobs::default());
/// # let stores = Stores { tree: tree.clone(), blobs, locks: tree };
/// # let files = Files::new(stores, Arc::new(SystemClock), FilesOptions::default())?;
/// let view = files.view(&"alice".parse()?).await?;
/// let folder = view.make_folder(FolderRequest::new("Drafts".parse::<SpacePath>()?)).await?;
/// view.remove(&folder, None).await?;
///
/// let trash = view.trash()?;
/// let item = trash.list(None, 100).await?.items.remove(0);
/// assert_eq!((item.title().as_str(), item.location.to_string()), ("Drafts", "Drafts".into()));
/// let back = trash.restore(&item).await?;
/// assert_eq!(back.id(), folder.id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trash {
    view: View,
}

/// Something in the trash, or below a folder that is in it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Trashed {
    /// The node, which can be read, and has the name that it had.
    pub entry: Entry,
    /// The name by which the trash shows it.
    pub name: Name,
    /// Where it was in the person's files.
    pub location: SpacePath,
    /// When it was removed; for what lies in a folder, when that was.
    pub deleted: Timestamp,
    /// Who removed it; none for a guest of a link.
    pub by: Option<UserId>,
    /// Whether it was removed itself, or lies in a folder that was.
    pub standing: TrashedAs,
    bin: Arc<Bin>,
    /// The nodes above it: where it was, and then in the folder that was removed.
    above: Vec<NodeId>,
}

/// Whether something was removed itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrashedAs {
    /// It was.
    Item,
    /// A folder above it was.
    Part,
}

impl View {
    /// What the person has in the trash.
    ///
    /// # Errors
    /// [`Forbidden`](crate::ErrorKind::Forbidden) for guests of a link, who have none.
    pub fn trash(&self) -> Result<Trash> {
        self.home()?;
        Ok(Trash { view: self.clone() })
    }
}

impl Trashed {
    /// The node's id, which is the one that it always had.
    #[must_use]
    pub const fn id(&self) -> NodeId {
        self.entry.id()
    }

    /// The name that it had.
    #[must_use]
    pub fn title(&self) -> &Name {
        self.entry.name().unwrap_or(&self.name)
    }

    /// The number of the team folder that it was removed from, if it was one.
    #[must_use]
    pub fn team(&self) -> Option<i64> {
        self.bin.folder()
    }

    /// A node that was removed, with what is remembered of it; nothing for who may not see it.
    fn item(bin: &Arc<Bin>, node: Node, origin: Option<Origin>) -> Result<Option<Self>> {
        let (Some(stored), Some(parent)) = (node.name.clone(), node.parent) else {
            return Ok(None);
        };
        debug_assert_eq!(parent, bin.root.root, "an item lies in the root of a trash");
        // The memory of it can only be missing where somebody else put a node there.
        let origin = origin.unwrap_or_else(|| Origin {
            deleted: node.modified,
            by: None,
            above: Vec::new(),
            path: SpacePath::root().join(stored.clone()),
        });
        let title = origin.path.file_name().cloned().unwrap_or_else(|| stored.clone());
        let name = origin::shown(&stored, bin.folder())?;
        let node = Node { name: Some(title), ..node };
        let Some(entry) = bin.entry(node, &origin.above) else { return Ok(None) };
        let location = bin.location(&origin.path);
        let Origin { deleted, by, above, .. } = origin;
        let (bin, standing) = (Arc::clone(bin), TrashedAs::Item);
        Ok(Some(Self { entry, name, location, deleted, by, standing, bin, above }))
    }

    /// What lies below: a child, or a node further down with the folders between.
    fn part(&self, node: Node, between: &[NodeId], rest: &SpacePath) -> Option<Self> {
        let name = node.name.clone()?;
        let mut above = self.above.clone();
        above.push(self.id());
        above.extend_from_slice(between);
        let entry = self.bin.entry(node, &above)?;
        let join = |path: SpacePath, name: &Name| path.join(name.clone());
        let location = rest.names().iter().fold(self.location.clone(), join);
        let standing = TrashedAs::Part;
        Some(Self { entry, name, location, standing, above, ..self.clone() })
    }

    /// What the person may do with it where it was.
    fn permissions(&self) -> Permissions {
        self.bin.permissions(&self.above, self.id())
    }

    fn is_of_team(&self) -> bool {
        matches!(self.bin.kind(), Some(MountKind::Team { .. }))
    }
}
