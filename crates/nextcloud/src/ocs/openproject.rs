//! What OpenProject asks of a storage beside WebDAV.

use allmende_files::{Entry, View};
use allmende_ocs::{
    Assoc, OcsError, Reply,
    endpoints::openproject::{ById, ByIds, FileInfo},
};
use allmende_types::{NodeId, Timestamp, UserId};

use super::{Call, Outcome, unavailable};

/// Files that are asked for at once, at most.
const MOST: usize = 1000;

pub(super) async fn file(call: &Call<'_>, input: ById) -> Outcome<FileInfo> {
    let mut found = look_up(call, &[input.file_id]).await?;
    found.pop().map(Reply::new).ok_or_else(OcsError::server_error)
}

pub(super) async fn files(call: &Call<'_>, input: ByIds) -> Outcome<Assoc<FileInfo>> {
    if input.file_ids.len() > MOST {
        return Err(OcsError::bad_request(format!("More than {MOST} files")));
    }
    let mut ids = input.file_ids;
    ids.sort_unstable();
    ids.dedup();
    let found = look_up(call, &ids).await?;
    Ok(Reply::new(ids.iter().map(ToString::to_string).zip(found).collect()))
}

/// What is known of files, in their order. What a person does not see is not there for
/// them: whether somebody else has it is nobody's business.
async fn look_up(call: &Call<'_>, ids: &[i64]) -> Result<Vec<FileInfo>, OcsError> {
    let view: View = call.inner.files.view(&call.who()?.person.id).await.map_err(unavailable)?;
    let nodes: Vec<NodeId> = ids.iter().map(|id| NodeId(*id)).collect();
    let entries = view.stat(&nodes).await.map_err(unavailable)?;
    let owners: Vec<UserId> =
        entries.iter().flatten().map(|entry| (*entry.owner).clone()).collect();
    let names = call.accounts.people_by_id(&owners).await.map_err(unavailable)?;
    let mut names = names.into_iter();
    let info = |entry: Option<Entry>| match entry {
        None => FileInfo::not_found(),
        Some(entry) => {
            let owner = names.next().flatten().map(|person| person.display_name);
            shown(&entry, owner)
        }
    };
    Ok(entries.into_iter().map(info).collect())
}

fn shown(entry: &Entry, owner: Option<String>) -> FileInfo {
    let path = entry.path.as_ref().map(ToString::to_string).unwrap_or_default();
    let end = if entry.is_folder() && !path.is_empty() { "/" } else { "" };
    let mut info = FileInfo::found(entry.id().0);
    info.name = Some(entry.name().map_or("files", |name| name.as_str()).to_owned());
    info.mtime = Some(entry.node.modified.unix());
    info.ctime = Some(entry.node.created.map_or(0, Timestamp::unix));
    info.mimetype = Some(match entry.media_type() {
        None => FileInfo::FOLDER.to_owned(),
        Some(media_type) => media_type.to_owned(),
    });
    info.size = Some(i64::try_from(entry.node.size).unwrap_or(i64::MAX));
    info.owner_name = Some(owner.unwrap_or_else(|| entry.owner.to_string()));
    info.owner_id = Some(entry.owner.to_string());
    info.dav_permissions = Some(entry.letters());
    info.path = Some(format!("files/{path}{end}"));
    info
}
