//! Addresses of files for players and viewers, and how often links are used.

use allmende_files::{Download, Entry};
use allmende_ocs::{
    Code, Nothing, OcsError, Reply,
    endpoints::{
        direct_link::{File, Link},
        download_limit::{ByToken, Limit, NewLimit},
    },
};
use allmende_sharing::{Caller, Refusal, Share, ShareUpdate};
use allmende_types::{NodeId, Permissions};

use super::{Call, Outcome, shares::refused, unavailable};

/// For how many seconds an address is good unless the request says.
const USUAL: i64 = 8 * 3600;
/// For how many seconds at most.
const LONGEST: i64 = 24 * 3600;

/// Whether somebody may take away what they see.
pub(crate) fn may_take(entry: &Entry) -> bool {
    entry.permissions.contains(Permissions::READ) && entry.download() == Download::Allowed
}

pub(super) async fn create(call: &Call<'_>, input: File) -> Outcome<Link> {
    let seconds = input.expiration_time.unwrap_or(USUAL);
    if !(1..=LONGEST).contains(&seconds) {
        let text =
            format!("Expiration time should be greater than 0 and less than or equal to {LONGEST}");
        return Err(OcsError::bad_request(text));
    }
    let person = &call.who()?.person.id;
    let missing = || OcsError::new(Code::NOT_FOUND, "");
    let node = i64::try_from(input.file_id).map(NodeId).map_err(|_| missing())?;
    let view = call.view().await?;
    let entry = view.stat(&[node]).await.map_err(unavailable)?.pop().flatten();
    let entry = entry.ok_or_else(missing)?;
    if entry.is_folder() {
        return Err(OcsError::bad_request("Direct download only works for files"));
    }
    if !may_take(&entry) {
        return Err(OcsError::new(Code::FORBIDDEN, "Permission denied to download file"));
    }
    let caller = Caller { person, now: call.now() };
    let expires = call.now().plus_seconds(seconds);
    let token = call.inner.sharing.create_direct_link(caller, node, expires).await;
    let token = token.map_err(unavailable)?;
    Ok(Reply::new(Link { url: format!("{}/remote.php/direct/{token}", call.origin.base_url()) }))
}

/// The link of a token, if it leads to a file and the caller may change it.
async fn link<'a>(call: &'a Call<'_>, token: &str) -> Result<(Caller<'a>, Share), OcsError> {
    let caller = Caller { person: &call.who()?.person.id, now: call.now() };
    let share = call.inner.sharing.share_by_token(caller, token).await.map_err(refused)?;
    let view = call.view().await?;
    let entry = view.stat(&[share.node]).await.map_err(unavailable)?.pop().flatten();
    match entry {
        None => Err(refused(Refusal::NoSuchShare)),
        Some(entry) if entry.is_folder() => {
            Err(OcsError::new(Code::NOT_FOUND, "Invalid file type"))
        }
        Some(_) => Ok((caller, share)),
    }
}

pub(super) async fn limit(call: &Call<'_>, input: ByToken) -> Outcome<Limit> {
    let (_, share) = link(call, &input.token).await?;
    let limit = share.download_limit.map(u64::from);
    // Without a limit nobody counts.
    let count = limit.map_or(0, |_| share.downloads.into());
    Ok(Reply::new(Limit { limit, count }))
}

pub(super) async fn set_limit(call: &Call<'_>, input: NewLimit) -> Outcome<Nothing> {
    let (caller, share) = link(call, &input.token).await?;
    let limit = u32::try_from(input.limit).ok().filter(|limit| *limit > 0);
    let too_small = || OcsError::bad_request("Limit needs to be greater or equal than 1");
    let limit = limit.ok_or_else(too_small)?;
    change(call, caller, &share, Some(limit)).await
}

pub(super) async fn remove_limit(call: &Call<'_>, input: ByToken) -> Outcome<Nothing> {
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
