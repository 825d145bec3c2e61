//! The packs that are open.

use std::sync::{Arc, Mutex, PoisonError};

use allmende_storage::Result;

use super::file::Pack;
use crate::disk::{Disk, Named};

/// A bounded number of open packs, the one that was used last in front.
#[derive(Debug)]
pub(crate) struct Packs {
    disk: Arc<Disk>,
    open: Mutex<Vec<Arc<Pack>>>,
    limit: usize,
}

impl Packs {
    pub(crate) fn new(disk: Arc<Disk>, limit: usize) -> Self {
        Self { disk, open: Mutex::default(), limit: limit.max(1) }
    }

    /// The pack if it is open.
    pub(crate) fn opened(&self, lease: u64) -> Option<Arc<Pack>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().position(|pack| pack.lease == lease)?;
        open[..=at].rotate_right(1);
        Some(open[0].clone())
    }

    /// The pack of a lease; none if there is none. May wait for the disk.
    ///
    /// The lock is held while the file is opened: so no pack that is being removed is put
    /// among the open ones.
    pub(crate) fn get(&self, lease: u64) -> Result<Option<Arc<Pack>>> {
        if let Some(pack) = self.opened(lease) {
            return Ok(Some(pack));
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pack) = open.iter().find(|pack| pack.lease == lease) {
            return Ok(Some(pack.clone()));
        }
        let Some(pack) = Pack::open(&self.disk, lease)?.map(Arc::new) else { return Ok(None) };
        open.truncate(self.limit - 1);
        open.insert(0, pack.clone());
        Ok(Some(pack))
    }

    /// Removes the file of a pack.
    pub(super) fn remove(&self, lease: u64) -> std::io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        self.disk.remove(lease, Named::Pack)?;
        open.retain(|pack| pack.lease != lease);
        Ok(())
    }
}
