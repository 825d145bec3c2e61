//! Listing all blobs, lease by lease.

use std::sync::Arc;

use allmende_storage::{BlobInfo, Error, ErrorKind, Result};
use allmende_types::BlobId;
use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    disk::{Disk, Named},
    large::length_of_file,
    pack::Packs,
    store::blocking,
};

/// All blobs behind `after`. Holds the names of all leases and the blobs of one.
pub(crate) fn list(
    disk: Arc<Disk>,
    packs: Arc<Packs>,
    after: Option<BlobId>,
) -> impl Stream<Item = Result<BlobInfo>> {
    let first = after.map_or(0, BlobId::lease);
    let all = disk.clone();
    let leases = blocking(move || {
        let names = all.lease_names();
        names.map_err(|error| Error::from_io("list blobs", error))
    });
    stream::once(leases)
        .map_ok(|leases| stream::iter(leases.into_iter().map(Ok::<u64, Error>)))
        .try_flatten()
        .try_filter(move |lease| std::future::ready(*lease >= first))
        .and_then(move |lease| {
            let (disk, packs) = (disk.clone(), packs.clone());
            blocking(move || of_lease(&disk, &packs, lease))
        })
        .map_ok(|blobs| stream::iter(blobs.into_iter().map(Ok)))
        .try_flatten()
        .try_filter(move |info| std::future::ready(after.is_none_or(|after| info.id > after)))
        .boxed()
}

/// The blobs of one lease, in order: those of its pack and the large ones.
fn of_lease(disk: &Disk, packs: &Packs, lease: u64) -> Result<Vec<BlobInfo>> {
    let io = |error| Error::from_io(format!("list lease {lease:016x}"), error);
    let small = packs.get(lease)?.map(|pack| pack.blobs()).transpose()?.unwrap_or_default();
    let mut all: Vec<BlobInfo> =
        small.into_iter().map(|(n, size)| BlobInfo::new(BlobId::new(lease, n), size)).collect();
    for n in disk.blob_names(lease).map_err(io)? {
        // Removed since the directory was read: not to be listed.
        let Some(size) = disk.length(lease, Named::Blob(n)).map_err(io)? else { continue };
        let id = BlobId::new(lease, n);
        let cut = || Error::new(ErrorKind::Corrupt, format!("list blob {id}: the file was cut"));
        all.push(BlobInfo::new(id, length_of_file(size).ok_or_else(cut)?));
    }
    all.sort_unstable_by_key(|info| info.id);
    Ok(all)
}
