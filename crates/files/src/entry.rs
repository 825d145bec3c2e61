//! What a view hands out.

use std::sync::Arc;

use allmende_storage::Node;
use allmende_types::{ETag, Name, NodeFacts, NodeId, Permissions, SpacePath, UserId};

use crate::{Download, Error, ErrorKind, Mount, MountKind, Result, media_type};

/// A node as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The node.
    pub node: Node,
    /// What the person may do with it.
    pub permissions: Permissions,
    /// What beside the permissions decides the letters that clients read.
    pub facts: NodeFacts,
    /// Whose it is.
    pub owner: Arc<UserId>,
    /// Where it stands in the view, if it was found by path or by id. Entries of a
    /// listing have none: their place is the folder's and their name.
    pub path: Option<SpacePath>,
    /// The mount that it lies in, or is the root of; none in the person's own home.
    pub mount: Option<Arc<Mount>>,
    /// What the mounts below it make of its etag.
    pub(crate) tag: Option<ETag>,
    /// In a mount with rules, the nodes from its root down to this one.
    pub(crate) chain: Option<Arc<[NodeId]>>,
}

impl Entry {
    /// The node's id.
    #[must_use]
    pub const fn id(&self) -> NodeId {
        self.node.id
    }

    /// The name in its folder; none for the root.
    #[must_use]
    pub fn name(&self) -> Option<&Name> {
        self.node.name.as_ref()
    }

    /// Whether it is a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.node.is_folder()
    }

    /// Whether it is the root of the person's view.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.node.parent.is_none()
    }

    /// The entity tag in this view: changes whenever the person sees something else here
    /// or anywhere below, be it in a mount.
    #[must_use]
    pub fn etag(&self) -> ETag {
        self.tag.clone().unwrap_or_else(|| self.node.etag())
    }

    /// Whether it is what was mounted, and not something below it.
    #[must_use]
    pub fn is_mount_root(&self) -> bool {
        self.mount.as_ref().is_some_and(|mount| mount.root == self.node.id)
    }

    /// Whether its content may be taken away.
    #[must_use]
    pub fn download(&self) -> Download {
        self.mount.as_ref().map_or(Download::Allowed, |mount| mount.download)
    }

    /// The owner's name for people, where the entry lies in a mount.
    #[must_use]
    pub fn owner_name(&self) -> Option<&str> {
        self.mount.as_ref().map(|mount| &*mount.owner_name)
    }

    /// The letters of `oc:permissions`.
    #[must_use]
    pub fn letters(&self) -> String {
        self.permissions.letters(self.facts)
    }

    /// The same letter by letter.
    pub fn each_letter(&self) -> impl Iterator<Item = &'static str> {
        self.permissions.each_letter(self.facts)
    }

    /// The media type of a file. The name decides, so that a rename from a temporary
    /// name is enough; what was stored counts where the name tells nothing.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        let content = self.node.content()?;
        let by_name = self.name().map_or(media_type::UNKNOWN, media_type::of);
        let stored = &*content.media_type;
        Some(if by_name == media_type::UNKNOWN && !stored.is_empty() { stored } else { by_name })
    }

    /// Whether the person may know of it. What a file drop holds nobody sees, but its paths
    /// lead on.
    pub(crate) fn is_visible(&self) -> bool {
        self.permissions.contains(Permissions::READ)
            || self.mount.as_ref().is_some_and(|mount| {
                mount.kind == MountKind::Link && !mount.permissions.contains(Permissions::READ)
            })
    }

    pub(crate) fn must_be_folder(&self) -> Result<()> {
        if self.is_folder() {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::NotAFolder, format!("node {}", self.node.id)))
        }
    }

    pub(crate) fn must_be_file(&self) -> Result<()> {
        if self.is_folder() {
            Err(Error::new(ErrorKind::NotAFile, format!("node {}", self.node.id)))
        } else {
            Ok(())
        }
    }
}

/// A place in a view at which something is to stand.
#[derive(Debug, Clone)]
pub enum Place {
    /// A path of the view.
    Path(SpacePath),
    /// A name in a folder that was looked up already.
    Child(Box<Entry>, Name),
}

impl From<SpacePath> for Place {
    fn from(path: SpacePath) -> Self {
        Self::Path(path)
    }
}

impl From<(Entry, Name)> for Place {
    fn from((folder, name): (Entry, Name)) -> Self {
        Self::Child(Box::new(folder), name)
    }
}

/// What came of writing a node.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Written {
    /// The node as it is now.
    pub entry: Entry,
    /// What stood there before: a file's old content, or the node that was replaced.
    pub replaced: Option<Node>,
    /// The hashes that were asked for.
    pub hashes: allmende_types::Checksums,
}

impl Written {
    /// Whether nothing stood there before.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.replaced.is_none()
    }
}
