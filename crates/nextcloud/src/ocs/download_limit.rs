//! How often a link to a file can be used.
//!
//! What counts is told by [`Sharing::count_download`](allmende_sharing::Sharing). A link that
//! was used up opens nothing any more; where the original deletes it, it stays in its maker's
//! list, so that its limit can be raised.

use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::download_limit::{ByToken, Limit, NewDefault, NewLimit},
};
use allmende_sharing::{Caller, ErrorKind, Share, ShareUpdate};

use super::{Call, Outcome, shares::refused, unavailable};

fn unknown() -> OcsError {
    OcsError::new(Code::NOT_FOUND, "Unknown share")
}

/// The link of a token, if it leads to a file and the caller may change it.
async fn link<'a>(call: &'a Call<'_>, token: &str) -> Result<(Caller<'a>, Share), OcsError> {
    let caller = Caller { person: &call.who()?.person.id, now: call.now() };
    let share = call.inner.sharing.share_by_token(caller, token).await;
    let share = share.map_err(|error| match error.kind() {
        ErrorKind::NotFound => unknown(),
        _ => refused(error),
    })?;
    let view = call.view().await?;
    let entry = view.stat(&[share.node]).await.map_err(unavailable)?.pop().flatten();
    match entry {
        None => Err(unknown()),
        Some(entry) if entry.is_folder() => {
            Err(OcsError::new(Code::NOT_FOUND, "Invalid file type"))
        }
        Some(_) => Ok((caller, share)),
    }
}

pub(super) async fn get(call: &Call<'_>, input: ByToken) -> Outcome<Limit> {
    let (_, share) = link(call, &input.token).await?;
    let limit = share.download_limit.map(u64::from);
    let count = limit.map(|_| share.downloads.into());
    Ok(Reply::new(Limit { limit, count }))
}

/// A limit that a request named, if it is one.
fn limit(told: i64) -> Option<u32> {
    u32::try_from(told).ok().filter(|limit| *limit > 0)
}

pub(super) async fn set(call: &Call<'_>, input: NewLimit) -> Outcome<Nothing> {
    let (caller, share) = link(call, &input.token).await?;
    let too_small = || OcsError::bad_request("Limit needs to be greater or equal than 1");
    let limit = limit(input.limit).ok_or_else(too_small)?;
    change(call, caller, &share, Some(limit)).await
}

pub(super) async fn delete(call: &Call<'_>, input: ByToken) -> Outcome<Nothing> {
    let (caller, share) = link(call, &input.token).await?;
    change(call, caller, &share, None).await
}

async fn change(
    call: &Call<'_>,
    caller: Caller<'_>,
    share: &Share,
    limit: Option<u32>,
) -> Outcome<Nothing> {
    let update = ShareUpdate { download_limit: Some(limit), ..ShareUpdate::default() };
    call.inner.sharing.update(caller, share.id, "", update).await.map_err(refused)?;
    Ok(Reply::new(Nothing))
}

/// Sets the limit that clients propose for a new link.
pub(super) async fn set_default(call: &Call<'_>, input: NewDefault) -> Outcome<Nothing> {
    let caller = Caller { person: &call.who()?.person.id, now: call.now() };
    let limit = limit(input.limit).ok_or_else(|| OcsError::bad_request("Minimum limit is 1"))?;
    let (app, key) = ("files_downloadlimit", "default-download-limit");
    let set = call.inner.sharing.set_config(caller, app, key, &limit.to_string()).await;
    set.map_err(unavailable)?;
    Ok(Reply::new(Nothing))
}
