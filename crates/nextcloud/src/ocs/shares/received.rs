//! Shares that others made: waiting, accepted, left, taken back.

use allmende_ocs::{
    Nothing, Reply,
    endpoints::{
        NoParameters,
        files_sharing::{Share as Told, deleted::DeletedShare, remote::RemoteShare, shares::ById},
    },
};

use super::{Call, Outcome, Sharer, number, refused};

pub(crate) async fn pending(call: &Call<'_>, _: NoParameters) -> Outcome<Vec<Told>> {
    let sharer = Sharer::of(call).await?;
    let shares = call.inner.sharing.pending(sharer.caller).await.map_err(refused)?;
    Ok(Reply::new(sharer.tell(shares).await?))
}

pub(crate) async fn accept(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let sharer = Sharer::of(call).await?;
    call.inner.sharing.accept(sharer.caller, number(&input.id)?).await.map_err(refused)?;
    Ok(Reply::new(Nothing))
}

pub(crate) async fn decline(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let sharer = Sharer::of(call).await?;
    call.inner.sharing.decline(sharer.caller, number(&input.id)?).await.map_err(refused)?;
    Ok(Reply::new(Nothing))
}

pub(crate) async fn deleted(call: &Call<'_>, _: NoParameters) -> Outcome<Vec<DeletedShare>> {
    let sharer = Sharer::even_without_sharing(call).await?;
    let shares = call.inner.sharing.left(sharer.caller).await.map_err(refused)?;
    let told = sharer.tell(shares).await?;
    let shown = told.into_iter().map(|share| DeletedShare {
        id: format!("ocinternal:{}", share.id),
        share_type: share.share_type,
        uid_owner: share.uid_owner,
        displayname_owner: share.displayname_owner,
        permissions: 0,
        stime: share.stime,
        expiration: share.expiration.map(|last| last.replace("23:59:59", "00:00:00")),
        uid_file_owner: share.uid_file_owner,
        displayname_file_owner: share.displayname_file_owner,
        path: share.path,
        item_type: share.item_type,
        mimetype: share.mimetype,
        storage_id: share.storage_id,
        storage: share.storage,
        item_source: share.item_source,
        file_source: share.file_source,
        file_parent: share.file_parent,
        file_target: share.file_target,
        item_size: share.item_size,
        item_mtime: share.item_mtime,
        share_with: share.share_with,
        share_with_displayname: share.share_with_displayname,
        ..DeletedShare::default()
    });
    Ok(Reply::new(shown.collect()))
}

pub(crate) async fn restore(call: &Call<'_>, input: ById) -> Outcome<Nothing> {
    let sharer = Sharer::even_without_sharing(call).await?;
    call.inner.sharing.restore(sharer.caller, number(&input.id)?).await.map_err(refused)?;
    Ok(Reply::new(Nothing))
}

/// Shares of other servers: there are none, for nothing federates yet.
pub(crate) async fn remote(_: &Call<'_>, _: NoParameters) -> Outcome<Vec<RemoteShare>> {
    Ok(Reply::new(Vec::new()))
}
