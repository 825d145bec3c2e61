//! Folders made, and nodes removed.

use allmende_storage::{
    Expect, MakeFolder, Op, PatchProperties, PropertyOwner, PropertyUpdate, RemoveNode,
};
use allmende_types::{Permissions, Revision, Timestamp};

use crate::{Entry, Error, ErrorKind, MountKind, Place, Result, View, permissions::Action};

/// A folder to make.
#[derive(Debug, Clone)]
pub struct FolderRequest {
    /// Where.
    pub target: Place,
    /// The time of the last change; now if none.
    pub modified: Option<Timestamp>,
    /// The creation time.
    pub created: Option<Timestamp>,
    /// Properties that it has from the first.
    pub properties: Vec<(PropertyOwner, Vec<PropertyUpdate>)>,
}

impl FolderRequest {
    /// An empty folder at a place.
    pub fn new(target: impl Into<Place>) -> Self {
        Self { target: target.into(), modified: None, created: None, properties: Vec::new() }
    }
}

impl View {
    /// Makes a folder.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) for anything at the place,
    /// [`ParentNotFound`](ErrorKind::ParentNotFound), [`NotAFolder`](ErrorKind::NotAFolder),
    /// [`InvalidName`](ErrorKind::InvalidName), [`Forbidden`](ErrorKind::Forbidden),
    /// [`Quota`](ErrorKind::Quota) where not a byte is free, [`Locked`](ErrorKind::Locked),
    /// and those of the stores.
    pub async fn make_folder(&self, request: FolderRequest) -> Result<Entry> {
        let FolderRequest { target: place, modified, created, properties } = request;
        if matches!(&place, Place::Path(path) if path.is_root()) {
            return Err(Error::new(ErrorKind::Exists, "the root"));
        }
        let spot = self.locate(place).await?;
        if spot.standing.is_some() {
            return Err(Error::new(ErrorKind::Exists, "a mount"));
        }
        let folder = &spot.folder;
        self.check_name(&spot.name)?;
        Action::Create.check(folder)?;
        self.check_any_room(folder).await?;
        let modified = modified.unwrap_or_else(|| self.files().now());
        let make = MakeFolder { target: spot.target(Expect::Absent), modified, created };
        let node = self.commit_one(Op::MakeFolder(make)).await?.node;
        let patches: Vec<Op> = properties
            .into_iter()
            .map(|(owner, updates)| {
                Op::PatchProperties(PatchProperties { node: node.id, owner, updates })
            })
            .collect();
        if !patches.is_empty()
            && let Err(error) = self.commit(patches).await
        {
            // The id of a new folder is not known in the batch that makes it, so this is a
            // second one; without its properties the folder must not stay.
            if let Err(undo) = self.commit(vec![Op::Remove(RemoveNode::whatever(node.id))]).await {
                tracing::warn!(%undo, "a folder stays without its properties");
            }
            return Err(error);
        }
        let path = Self::path_in(folder, &node);
        Ok(self.entry_in(None, folder, node, path))
    }

    /// Removes a node with everything below it, into the trash if there is one; if a revision
    /// is given, only in that state.
    /// The root of a received share goes out of the person's home only, and stays where it
    /// is; what is mounted below a folder that is removed comes to the root of the home.
    ///
    /// # Errors
    /// [`Forbidden`](ErrorKind::Forbidden), also for the root, for a team folder, and where
    /// anything below may not be removed;
    /// [`NotFound`](ErrorKind::NotFound), [`Changed`](ErrorKind::Changed),
    /// [`Locked`](ErrorKind::Locked) for locks on it, above it or below it, and those of
    /// the stores.
    pub async fn remove(&self, entry: &Entry, revision: Option<Revision>) -> Result<()> {
        Action::Delete.check(entry)?;
        match &entry.mount {
            Some(mount) if mount.root == entry.id() => match mount.kind {
                MountKind::Share => {
                    self.files().leave(self.person(), mount).await?;
                    self.renew_mounts().await
                }
                _ => Err(Error::new(ErrorKind::Forbidden, format!("a mount: {}", entry.id()))),
            },
            _ => {
                self.check_below(entry, Permissions::DELETE).await?;
                self.discard(entry, revision, Vec::new()).await.map(drop)
            }
        }
    }

    /// Refuses what would also happen to something below, where a rule of its own forbids
    /// it.
    pub(crate) async fn check_below(&self, entry: &Entry, needed: Permissions) -> Result<()> {
        let Some((mount, rules)) =
            entry.mount.as_ref().and_then(|mount| Some((mount, mount.rules.as_ref()?)))
        else {
            return Ok(());
        };
        if !entry.is_folder() {
            return Ok(());
        }
        let nodes: Vec<_> = rules.nodes().into_iter().collect();
        for mut chain in self.files().tree().lineage(&nodes).await? {
            if !chain.contains(&entry.id()) {
                continue;
            }
            let Some(top) = chain.iter().position(|id| *id == mount.root) else { continue };
            chain.truncate(top + 1);
            chain.reverse();
            if !mount.permissions_at(&chain).contains(needed) {
                let context = format!("a rule below node {} forbids it", entry.id());
                return Err(Error::new(ErrorKind::Forbidden, context));
            }
        }
        Ok(())
    }

    /// A folder costs nothing, but under an exhausted quota the original makes none, and
    /// clients take it as the sign to stop.
    async fn check_any_room(&self, folder: &Entry) -> Result<()> {
        match self.quota(folder).await?.free() {
            Some(0) => {
                let kind = ErrorKind::Quota { needed: 0, free: 0 };
                Err(Error::new(kind, format!("folder in node {}", folder.id())))
            }
            _ => Ok(()),
        }
    }
}
