//! Folders made; nodes removed, moved and copied.

use allmende_storage::{
    CopyNode, Expect, LockDepth, MakeFolder, MoveNode, Op, PatchProperties, PropertyOwner,
    PropertyUpdate, RemoveNode,
};
use allmende_types::{Checksums, Name, Revision, Timestamp};

use crate::{
    Entry, Error, ErrorKind, Place, Result, View, Written, permissions::Action, service,
    view::target,
};

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

/// Where a node is to be moved or copied.
#[derive(Debug, Clone)]
pub struct TransferRequest {
    /// Where to.
    pub target: Place,
    /// What must stand there. [`Expect::Any`] replaces it, a folder as a whole.
    pub expect: Expect,
    /// If given, the revision that the source of a move must have.
    pub revision: Option<Revision>,
    /// Whether a folder is copied alone or with everything below it. A move takes all.
    pub depth: LockDepth,
}

impl TransferRequest {
    /// To a place, over whatever stands there, with everything below.
    pub fn new(target: impl Into<Place>) -> Self {
        let depth = LockDepth::Infinity;
        Self { target: target.into(), expect: Expect::Any, revision: None, depth }
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
        let (folder, name) = self.locate(place).await?;
        self.check_name(&name)?;
        Action::Create.check(&folder)?;
        self.check_any_room(&folder).await?;
        let modified = modified.unwrap_or_else(|| self.files().now());
        let make = MakeFolder { target: target(&folder, name, Expect::Absent), modified, created };
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
            if let Err(undo) = self.commit(vec![Op::Remove(service::remove(node.id))]).await {
                tracing::warn!(%undo, "a folder stays without its properties");
            }
            return Err(error);
        }
        let path = Self::path_in(&folder, &node);
        Ok(self.entry(node, path))
    }

    /// Removes a node with everything below it; if a revision is given, only in that state.
    ///
    /// # Errors
    /// [`Forbidden`](ErrorKind::Forbidden), also for the root;
    /// [`NotFound`](ErrorKind::NotFound), [`Changed`](ErrorKind::Changed),
    /// [`Locked`](ErrorKind::Locked) for locks on it, above it or below it, and those of
    /// the stores.
    pub async fn remove(&self, entry: &Entry, revision: Option<Revision>) -> Result<()> {
        Action::Delete.check(entry)?;
        self.commit(vec![Op::Remove(RemoveNode { node: entry.id(), revision })]).await?;
        Ok(())
    }

    /// Moves or renames a node with everything below it. It keeps its id, its etag and its
    /// properties; locks on it end.
    ///
    /// # Errors
    /// [`SamePlace`](ErrorKind::SamePlace), [`Cycle`](ErrorKind::Cycle),
    /// [`ParentNotFound`](ErrorKind::ParentNotFound), [`NotAFolder`](ErrorKind::NotAFolder),
    /// [`InvalidName`](ErrorKind::InvalidName), [`Forbidden`](ErrorKind::Forbidden),
    /// [`Exists`](ErrorKind::Exists), [`NotFound`](ErrorKind::NotFound) and
    /// [`Changed`](ErrorKind::Changed) for expectations, [`Locked`](ErrorKind::Locked),
    /// [`Quota`](ErrorKind::Quota) between spaces, and those of the stores.
    pub async fn move_to(&self, entry: &Entry, request: TransferRequest) -> Result<Written> {
        let (folder, name) = self.locate(request.target).await?;
        let renamed = entry.name() != Some(&name);
        let moved = entry.node.parent != Some(folder.id());
        if !renamed && !moved {
            return Err(Error::new(ErrorKind::SamePlace, format!("move of node {}", entry.id())));
        }
        if renamed {
            self.check_name(&name)?;
        }
        if moved {
            Action::Delete.check(entry)?;
            Action::Create.check(&folder)?;
        } else {
            Action::Rename.check(entry)?;
        }
        self.check_replaced(entry, &folder, &name, request.expect).await?;
        let target = target(&folder, name, request.expect);
        let op = MoveNode { node: entry.id(), revision: request.revision, target };
        let written = self.commit_one(Op::Move(op)).await?;
        Ok(self.written(&folder, written, Checksums::none()))
    }

    /// Copies a node. The copy has an id and an etag of its own; no byte is copied.
    ///
    /// # Errors
    /// As of [`View::move_to`].
    pub async fn copy_to(&self, entry: &Entry, request: TransferRequest) -> Result<Written> {
        let (folder, name) = self.locate(request.target).await?;
        let names = &self.files().options().names;
        let key = |name: &Name| names.key(name);
        if entry.node.parent == Some(folder.id()) && entry.name().map(key) == Some(key(&name)) {
            // Under another case it is still the node itself, which must not be replaced.
            return Err(Error::new(ErrorKind::SamePlace, format!("copy of node {}", entry.id())));
        }
        if entry.name() != Some(&name) {
            self.check_name(&name)?;
        }
        Action::Read.check(entry)?;
        Action::Create.check(&folder)?;
        self.check_replaced(entry, &folder, &name, request.expect).await?;
        let target = target(&folder, name, request.expect);
        let op = CopyNode { node: entry.id(), target, depth: request.depth };
        let written = self.commit_one(Op::Copy(op)).await?;
        Ok(self.written(&folder, written, Checksums::none()))
    }

    /// Whether the person may remove what a transfer replaces.
    async fn check_replaced(
        &self,
        entry: &Entry,
        folder: &Entry,
        name: &Name,
        expect: Expect,
    ) -> Result<()> {
        use allmende_types::Permissions as P;
        if expect == Expect::Absent || folder.permissions.contains(P::DELETE | P::UPDATE) {
            return Ok(());
        }
        match self.child(folder, name).await? {
            Some(existing) if existing.id() != entry.id() => Action::Delete.check(&existing),
            _ => Ok(()),
        }
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
