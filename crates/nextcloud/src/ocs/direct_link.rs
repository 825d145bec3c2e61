//! Addresses of files for players and viewers.

use allmende_files::{Download, Entry};
use allmende_ocs::{
    Code, OcsError, Reply,
    endpoints::direct_link::{File, Link},
};
use allmende_sharing::Caller;
use allmende_types::{NodeId, Permissions};

use super::{Call, Outcome, unavailable};

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
