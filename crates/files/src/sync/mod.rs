//! What has changed in a view since a state that a client knows: the ground of
//! `sync-collection` (RFC 6578).

mod changes;
mod state;

use allmende_types::{SpaceId, SpacePath};

use self::state::SpaceState;
pub use self::{
    changes::{Changes, SyncDepth},
    state::{InvalidSyncState, SyncState},
};
use crate::{Entry, Error, ErrorKind, Mount, Result, View, mounts::digest};

/// Which spaces are seen in a folder and below it.
struct Scope {
    mounts: u64,
    spaces: Vec<SpaceId>,
}

impl View {
    /// What folders are now, each with everything below it: a constant number of queries.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub async fn sync_states(&self, folders: &[(&Entry, &SpacePath)]) -> Result<Vec<SyncState>> {
        let mut scopes = Vec::with_capacity(folders.len());
        for (folder, path) in folders {
            scopes.push(self.scope(folder, path).await?);
        }
        let mut ids: Vec<SpaceId> =
            scopes.iter().flat_map(|scope| &scope.spaces).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let spaces = self.files().tree().spaces(&ids).await?;
        let gone = || Error::new(ErrorKind::Unavailable, "a space was removed meanwhile");
        let state = |id: &SpaceId| {
            let at = ids.binary_search(id).ok();
            let space = at.and_then(|at| spaces.get(at)?.as_ref()).ok_or_else(gone)?;
            Ok(SpaceState { id: *id, epoch: space.epoch, revision: space.revision })
        };
        let told = folders.iter().zip(&scopes).map(|((folder, _), scope)| {
            let spaces = scope.spaces.iter().map(state).collect::<Result<_>>()?;
            Ok(SyncState { top: folder.id(), mounts: scope.mounts, spaces })
        });
        told.collect()
    }

    async fn scope(&self, folder: &Entry, path: &SpacePath) -> Result<Scope> {
        if let Some(mount) = &folder.mount {
            let spaces = vec![folder.node.space];
            return Ok(Scope { mounts: part(mount, &SpacePath::root()), spaces });
        }
        let mut scope = Scope { mounts: 0, spaces: vec![folder.node.space] };
        if let Some(layout) = self.layout().await? {
            for placed in layout.all().filter(|placed| placed.spot.path.starts_with(path)) {
                // The order of the mounts says nothing.
                let part = part(&placed.mount, &placed.spot.path);
                scope.mounts = scope.mounts.wrapping_add(part);
                scope.spaces.push(placed.root.space);
            }
        }
        scope.spaces.sort_unstable();
        scope.spaces.dedup();
        Ok(scope)
    }
}

/// What of a mount, beside its content, decides what is seen.
fn part(mount: &Mount, path: &SpacePath) -> u64 {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend(mount.id.0.to_be_bytes());
    bytes.extend(mount.root.0.to_be_bytes());
    bytes.extend(mount.fingerprint().to_be_bytes());
    bytes.extend(path.to_string().as_bytes());
    digest(&bytes)
}
