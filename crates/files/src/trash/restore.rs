//! Things that come back.

use allmende_storage::{Cause, Expect, MoveNode, Op, Target};
use allmende_types::{Checksums, Name, Permissions, SpacePath};

use super::{
    Over, Trash, Trashed, TrashedAs,
    origin::{self, Origin},
};
use crate::{Entry, Error, ErrorKind, Place, Result, Written, locate::Spot, permissions::Action};

/// How many names are looked at together for one that is free.
const NAMES: u32 = 64;
/// How often the free name that was found is taken in that moment.
const ATTEMPTS: usize = 16;

impl Trash {
    /// Brings something back to where it was, and returns it as it is there. Where its name is
    /// taken it gets one of its own (`name (restored).txt`); where its folder is gone, or
    /// nothing can be put into it, it comes to the root of the home or of the team folder.
    /// What lay in a folder that was removed comes to that root too.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when it is not in the trash any more,
    /// [`Forbidden`](ErrorKind::Forbidden), [`Quota`](ErrorKind::Quota),
    /// [`Locked`](ErrorKind::Locked), and those of the stores.
    pub async fn restore(&self, item: &Trashed) -> Result<Entry> {
        self.check(item)?;
        let folder = self.folder_of(item).await?;
        Action::Create.check(&folder)?;
        let mut number = 0;
        for _ in 1..ATTEMPTS {
            let name = origin::restored(item.title(), number)?;
            match self.restore_as(item, &folder, name).await {
                Err(error) if error.is(&ErrorKind::Exists) => {
                    number = self.free_number(&folder, item.title(), number + 1).await?;
                }
                result => return result,
            }
        }
        self.restore_as(item, &folder, origin::restored(item.title(), number)?).await
    }

    async fn restore_as(&self, item: &Trashed, folder: &Entry, name: Name) -> Result<Entry> {
        let spot = self.view.locate(Place::from((folder.clone(), name))).await?;
        spot.must_not_replace_mount(Expect::Absent)?;
        let ops = back(item, spot.target(Expect::Absent));
        let committed = self.view.commit_for(Cause::Restore, ops).await?;
        let written = committed.written.into_iter().next();
        let lost = || Error::new(ErrorKind::Unavailable, "a commit without a result");
        Ok(self.view.written(&spot, written.ok_or_else(lost)?, Checksums::none()).entry)
    }

    /// Brings something back to a place of the person's choice. What stands there and may be
    /// replaced goes into the trash.
    ///
    /// # Errors
    /// As of [`View::move_to`](crate::View::move_to).
    pub async fn restore_to(
        &self,
        item: &Trashed,
        target: Place,
        expect: Expect,
    ) -> Result<Written> {
        self.check(item)?;
        let spot = self.view.locate(target).await?;
        self.view.check_name(&spot.name)?;
        Action::Create.check(&spot.folder)?;
        self.check_taking(item, &spot)?;
        spot.must_not_replace_mount(expect)?;
        let over = Over { expect, moved: item.id(), cause: Cause::Restore };
        let written = self.view.commit_over(&spot, over, |target| back(item, target)).await?;
        Ok(self.view.written(&spot, written, Checksums::none()))
    }

    /// Whether the person may bring it back: what is a team's, who may change it.
    fn check(&self, item: &Trashed) -> Result<()> {
        if !item.is_of_team() || item.permissions().contains(Permissions::UPDATE) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Forbidden, format!("restore of node {}", item.id())))
    }

    /// What is a team's leaves it by the hand of those who may take it away.
    fn check_taking(&self, item: &Trashed, spot: &Spot) -> Result<()> {
        let stays = spot.folder.mount.as_ref().map(|mount| mount.kind) == item.bin.kind();
        if stays || item.entry.permissions.contains(Permissions::DELETE) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Forbidden, format!("node {} stays with its team", item.id())))
    }

    /// The folder that something comes back to.
    async fn folder_of(&self, item: &Trashed) -> Result<Entry> {
        let top = match &item.bin.team {
            Some(placed) => placed.spot.path.clone(),
            None => SpacePath::root(),
        };
        if item.standing == TrashedAs::Item
            && let Some(parent) = item.location.parent()
            && let Some(folder) = self.view.look(&parent).await?
            && folder.is_folder()
            && folder.permissions.contains(Permissions::CREATE)
        {
            return Ok(folder);
        }
        let root = self.view.look(&top).await?;
        root.ok_or_else(|| Error::new(ErrorKind::ParentNotFound, "where it was"))
    }

    /// The first number from `from` on of a name that is free in a folder.
    async fn free_number(&self, folder: &Entry, name: &Name, from: u32) -> Result<u32> {
        let mut from = from;
        loop {
            let mut places = Vec::new();
            for number in from..from.saturating_add(NAMES) {
                places.push((folder.id(), origin::restored(name, number)?));
            }
            let taken = self.view.files().tree().children_named(&places).await?;
            if let Some(free) = (from..).zip(taken).find(|(_, taken)| taken.is_none()) {
                return Ok(free.0);
            }
            from = from.saturating_add(NAMES);
        }
    }
}

/// The changes by which something comes to a place.
fn back(item: &Trashed, target: Target) -> Vec<Op> {
    let node = item.id();
    let space = Some(item.bin.root.id);
    let mut ops = vec![Op::Move(MoveNode { node, revision: None, space, target })];
    if item.standing == TrashedAs::Item {
        ops.push(Op::PatchProperties(Origin::forget(node)));
    }
    ops
}
