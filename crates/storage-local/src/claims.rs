//! Ids that are being written.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use allmende_types::BlobId;

/// The ids of all puts under way: of two writers of an id the first goes on.
#[derive(Debug, Default)]
pub(crate) struct Claims(Mutex<HashSet<BlobId>>);

/// An id that nobody else writes. Clones go along with the work; the last one gives it back.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    _held: Arc<Held>,
}

#[derive(Debug)]
struct Held {
    id: BlobId,
    claims: Arc<Claims>,
}

impl Claims {
    /// Takes an id; none if it is being written.
    pub(crate) fn take(self: &Arc<Self>, id: BlobId) -> Option<Claim> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        fresh.then(|| Claim { _held: Arc::new(Held { id, claims: self.clone() }) })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.claims.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
