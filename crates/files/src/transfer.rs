//! Nodes moved and copied: inside a home, between homes and mounts, and mounts themselves.

use std::sync::Arc;

use allmende_storage::{Cause, CopyNode, Expect, LockDepth, MoveNode, Op};
use allmende_types::{Checksums, Permissions, Revision, SpacePath};

use crate::{
    Download, Entry, Error, ErrorKind, Mount, MountKind, MountPlace, Place, Result, View, Written,
    locate::Spot, permissions::Action, trash::Over,
};

/// Where a node is to be moved or copied.
#[derive(Debug, Clone)]
pub struct TransferRequest {
    /// Where to.
    pub target: Place,
    /// What must stand there. [`Expect::Any`] replaces it, a folder as a whole; what is
    /// replaced goes into the trash.
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
    /// Moves or renames a node with everything below it. It keeps its id, its etag and its
    /// properties, also in another space; locks on it end. The root of a received share
    /// gets another place in the person's home, and nothing else changes.
    ///
    /// # Errors
    /// [`SamePlace`](ErrorKind::SamePlace), [`Cycle`](ErrorKind::Cycle),
    /// [`ParentNotFound`](ErrorKind::ParentNotFound), [`NotAFolder`](ErrorKind::NotAFolder),
    /// [`InvalidName`](ErrorKind::InvalidName), [`Forbidden`](ErrorKind::Forbidden) (also for
    /// a mount that would come into another mount, or be replaced),
    /// [`Exists`](ErrorKind::Exists), [`NotFound`](ErrorKind::NotFound) and
    /// [`Changed`](ErrorKind::Changed) for expectations, [`Locked`](ErrorKind::Locked),
    /// [`Quota`](ErrorKind::Quota) between spaces, and those of the stores.
    pub async fn move_to(&self, entry: &Entry, request: TransferRequest) -> Result<Written> {
        let spot = self.locate(request.target).await?;
        let (folder, name) = (&spot.folder, &spot.name);
        let renamed = entry.name() != Some(name);
        let moved = entry.node.parent != Some(folder.id());
        if !renamed && !moved {
            return Err(Error::new(ErrorKind::SamePlace, format!("move of node {}", entry.id())));
        }
        if renamed {
            self.check_name(name)?;
        }
        if moved {
            Action::Delete.check(entry)?;
        } else {
            Action::Rename.check(entry)?;
        }
        if let Some(mount) = entry.mount.as_ref().filter(|_| entry.is_mount_root()) {
            return self.relocate(entry, mount, &spot, request.expect).await;
        }
        if moved {
            Action::Create.check(folder)?;
            self.check_leaving(entry, &spot).await?;
        }
        spot.must_not_replace_mount(request.expect)?;
        self.check_replaced(entry, &spot, request.expect).await?;
        let (node, revision, space) = (entry.id(), request.revision, Some(entry.node.space));
        let over = Over { expect: request.expect, moved: node, cause: Cause::Request };
        let written = self
            .commit_over(&spot, over, |target| {
                vec![Op::Move(MoveNode { node, revision, space, target })]
            })
            .await?;
        Ok(self.written(&spot, written, Checksums::none()))
    }

    /// Whether a node may go out of its folder, and out of its mount.
    async fn check_leaving(&self, entry: &Entry, spot: &Spot) -> Result<()> {
        let refuse = |why: &str| {
            Err(Error::new(ErrorKind::Forbidden, format!("{why}: node {}", entry.id())))
        };
        let Some(mount) = &entry.mount else {
            // A mount never comes into what belongs to somebody else.
            if spot.folder.mount.is_some()
                && let Some(layout) = self.layout().await?
                && layout.added(entry.id()).is_some()
            {
                return refuse("mounts are below");
            }
            return Ok(());
        };
        if let Some([above @ .., _]) = entry.chain.as_deref()
            && !mount.permissions_at(above).contains(Permissions::DELETE)
        {
            return refuse("its folder keeps it");
        }
        if spot.folder.mount.as_ref().is_some_and(|other| other.id == mount.id) {
            return Ok(());
        }
        if mount.download != Download::Allowed {
            return refuse("it may not be taken away");
        }
        // The rules stay behind, so nothing may go along that they hold back.
        self.check_below(entry, Permissions::DELETE | Permissions::READ).await
    }

    /// Gives the root of a mount another place in the home.
    async fn relocate(
        &self,
        entry: &Entry,
        mount: &Arc<Mount>,
        spot: &Spot,
        expect: Expect,
    ) -> Result<Written> {
        let refuse = |kind| Err(Error::new(kind, format!("move of mount {}", entry.id())));
        if mount.kind != MountKind::Share || spot.folder.mount.is_some() {
            return refuse(ErrorKind::Forbidden);
        }
        // Shown around team folders only, and nowhere stored.
        Action::Create.check(&spot.folder)?;
        if let Some(other) = self.child(&spot.folder, &spot.name).await?
            && other.mount.as_ref().is_none_or(|other| other.id != mount.id)
        {
            // Nothing is lost for the sake of a mount.
            let there = expect == Expect::Absent;
            return refuse(if there { ErrorKind::Exists } else { ErrorKind::Forbidden });
        }
        let home = self.home()?;
        let parent = Some(spot.folder.id()).filter(|folder| *folder != home.root);
        let place = MountPlace { parent, name: spot.name.clone() };
        self.files().relocate(self.person(), mount, place).await?;
        self.renew_mounts().await?;
        let shown = self.child(&spot.folder, &spot.name).await?;
        let gone = || Error::new(ErrorKind::Unavailable, "the mount went away meanwhile");
        let entry = shown.ok_or_else(gone)?;
        Ok(Written { entry, replaced: None, hashes: Checksums::none() })
    }

    /// Copies a node. The copy has an id and an etag of its own; no byte is copied. Of
    /// mounts the content is copied, also of those below a folder.
    ///
    /// # Errors
    /// As of [`View::move_to`].
    pub async fn copy_to(&self, entry: &Entry, request: TransferRequest) -> Result<Written> {
        let spot = self.locate(request.target).await?;
        let (folder, name) = (&spot.folder, &spot.name);
        let names = &self.files().options().names;
        let key = |name| names.key(name);
        if entry.node.parent == Some(folder.id()) && entry.name().map(key) == Some(key(name)) {
            // Under another case it is still the node itself, which must not be replaced.
            return Err(Error::new(ErrorKind::SamePlace, format!("copy of node {}", entry.id())));
        }
        if entry.name() != Some(name) {
            self.check_name(name)?;
        }
        self.check_copied(entry).await?;
        Action::Create.check(folder)?;
        spot.must_not_replace_mount(request.expect)?;
        self.check_replaced(entry, &spot, request.expect).await?;
        let below = match request.depth {
            LockDepth::Infinity => self.mounts_below(entry).await?,
            LockDepth::Zero => Vec::new(),
        };
        let (node, depth) = (entry.id(), request.depth);
        let over = Over { expect: request.expect, moved: node, cause: Cause::Request };
        let written = self
            .commit_over(&spot, over, |target| vec![Op::Copy(CopyNode { node, target, depth })])
            .await?;
        let written = self.written(&spot, written, Checksums::none());
        for (rest, mounted) in below {
            self.copy_mounted(&written.entry, &rest, &mounted).await?;
        }
        Ok(written)
    }

    /// Whether all of a node may be copied.
    async fn check_copied(&self, entry: &Entry) -> Result<()> {
        Action::Read.check(entry)?;
        if entry.download() != Download::Allowed || self.is_between(entry).await? {
            let context = format!("copy of node {}", entry.id());
            return Err(Error::new(ErrorKind::Forbidden, context));
        }
        self.check_below(entry, Permissions::READ).await
    }

    async fn is_between(&self, entry: &Entry) -> Result<bool> {
        let layout = self.layout().await?;
        Ok(layout.is_some_and(|layout| layout.between(entry.id()).is_some()))
    }

    /// The mounts below a folder of the home that may be copied, with the way from the
    /// folder to the folder of each.
    async fn mounts_below(&self, entry: &Entry) -> Result<Vec<(SpacePath, Entry)>> {
        let Some(layout) = self.layout().await? else { return Ok(Vec::new()) };
        if entry.mount.is_some() || layout.added(entry.id()).is_none() {
            return Ok(Vec::new());
        }
        let path = match &entry.path {
            Some(path) => path.clone(),
            None => {
                let found = self.files().tree().paths(&[entry.id()]).await?.pop().flatten();
                found.ok_or_else(|| Error::new(ErrorKind::NotFound, "a folder to copy"))?
            }
        };
        let mut below = Vec::new();
        for placed in layout.all() {
            let parent = placed.spot.path.parent().unwrap_or_default();
            let mounted = Self::placed_entry(placed);
            if parent.starts_with(&path)
                && self.check_copied(&mounted).await.is_ok()
                && let Ok(rest) = SpacePath::from_names(parent.names()[path.names().len()..].into())
            {
                below.push((rest, mounted));
            }
        }
        Ok(below)
    }

    /// Copies the content of a mount into the copy of the folder around it.
    async fn copy_mounted(&self, copy: &Entry, rest: &SpacePath, mounted: &Entry) -> Result<()> {
        let folder = self.files().tree().resolve_below(copy.id(), rest).await?;
        // Where only the mount made it look like a folder, there is none in the copy.
        let (Some(folder), Some(name)) = (folder, mounted.name()) else { return Ok(()) };
        let target = allmende_storage::Target {
            parent: folder.id,
            name: name.clone(),
            expect: Expect::Absent,
            space: Some(copy.node.space),
        };
        let op = CopyNode { node: mounted.id(), target, depth: LockDepth::Infinity };
        self.commit_one(Op::Copy(op)).await.map(drop)
    }

    /// Whether the person may remove what a transfer replaces.
    async fn check_replaced(&self, entry: &Entry, spot: &Spot, expect: Expect) -> Result<()> {
        use allmende_types::Permissions as P;
        let folder = &spot.folder;
        let plain = folder.chain.is_none() && folder.permissions.contains(P::DELETE | P::UPDATE);
        if expect == Expect::Absent || plain {
            return Ok(());
        }
        match self.child(folder, &spot.name).await? {
            Some(existing) if existing.id() != entry.id() => {
                Action::Delete.check(&existing)?;
                self.check_below(&existing, P::DELETE).await
            }
            _ => Ok(()),
        }
    }
}
