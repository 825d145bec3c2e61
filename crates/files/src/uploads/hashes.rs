//! The hash of an upload, computed while its parts arrive in order.
//!
//! The checksum of the whole comes with the last step. What was hashed of the first parts
//! by then need not be read again; whatever does not fit (a part out of order, one written
//! twice, another algorithm, another process) is simply read.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use allmende_types::{BlobId, Name, NodeId};

use super::natural_order;
use crate::{Algorithm, digest::Hasher};

/// How many uploads are followed; the one that was touched longest ago is given up.
const FOLLOWED: usize = 64;

/// The running hashes of a process's uploads.
#[derive(Debug, Default)]
pub(crate) struct RunningHashes(Mutex<VecDeque<Running>>);

/// What was hashed of one upload.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    upload: NodeId,
    /// The first and the last part's name.
    names: Option<(Name, Name)>,
    /// The blobs that the hash covers, in order.
    pub(crate) blobs: Arc<Vec<BlobId>>,
    pub(crate) hasher: Hasher,
}

impl Running {
    pub(crate) fn hasher(&self) -> Hasher {
        self.hasher.clone()
    }
}

impl RunningHashes {
    /// The hash to go on from with a part of this name; none if it does not come next.
    pub(crate) fn begin(
        &self,
        upload: NodeId,
        algorithm: Algorithm,
        name: &Name,
    ) -> Option<Running> {
        let all = self.get();
        let found = all.iter().find(|running| running.upload == upload);
        let fresh = || Running {
            upload,
            names: None,
            blobs: Arc::default(),
            hasher: Hasher::new(algorithm),
        };
        let Some(found) = found else { return Some(fresh()) };
        let (first, last) = found.names.as_ref()?;
        let before = |a: &Name, b: &Name| natural_order(a.as_str(), b.as_str()).is_lt();
        if before(last, name) {
            Some(found.clone())
        } else if before(name, first) {
            // Parts that arrive side by side: what starts earlier is worth more.
            Some(fresh())
        } else {
            None
        }
    }

    /// Notes a part that was committed, unless another one came between.
    pub(crate) fn advance(&self, begun: Running, name: Name, blob: Option<BlobId>, hasher: Hasher) {
        let mut all = self.get();
        let at = all.iter().position(|running| running.upload == begun.upload);
        let current = at.and_then(|at| all.remove(at));
        let earlier = |current: &Running| {
            let starts = current.names.as_ref().map_or("", |(first, _)| first.as_str());
            begun.names.is_none() && natural_order(name.as_str(), starts).is_lt()
        };
        let keep = current
            .filter(|current| !Arc::ptr_eq(&current.blobs, &begun.blobs) && !earlier(current));
        let next = keep.unwrap_or_else(|| {
            let first = begun.names.map_or_else(|| name.clone(), |(first, _)| first);
            let mut blobs = begun.blobs.to_vec();
            blobs.extend(blob);
            let names = Some((first, name));
            Running { upload: begun.upload, names, blobs: Arc::new(blobs), hasher }
        });
        all.push_back(next);
        if all.len() > FOLLOWED {
            all.pop_front();
        }
    }

    /// What was hashed of an upload.
    pub(crate) fn of(&self, upload: NodeId) -> Option<Running> {
        self.get().iter().find(|running| running.upload == upload).cloned()
    }

    /// Forgets an upload that is finished or given up.
    pub(crate) fn forget(&self, upload: NodeId) {
        self.get().retain(|running| running.upload != upload);
    }

    fn get(&self) -> MutexGuard<'_, VecDeque<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
