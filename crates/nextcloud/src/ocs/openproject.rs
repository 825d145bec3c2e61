//! What OpenProject asks of a storage beside WebDAV.

use std::collections::HashMap;

use allmende_files::Entry;
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
    let view = call.view().await?;
    let nodes: Vec<NodeId> = ids.iter().map(|id| NodeId(*id)).collect();
    let entries = view.stat(&nodes).await.map_err(unavailable)?;
    let seen: Vec<Entry> = entries.iter().flatten().cloned().collect();
    let authors = view.authors(&seen).await.map_err(unavailable)?;
    let mut people: Vec<UserId> = authors.iter().flatten().cloned().collect();
    people.extend(seen.iter().map(|entry| (*entry.owner).clone()));
    people.sort_unstable();
    people.dedup();
    let names = call.accounts.people_by_id(&people).await.map_err(unavailable)?;
    let names: HashMap<String, String> =
        names.into_iter().flatten().map(|one| (one.id.key(), one.display_name)).collect();
    let mut authors = authors.into_iter();
    let info = |entry: Option<Entry>| match entry {
        None => FileInfo::not_found(),
        Some(entry) => shown(&entry, authors.next().flatten(), &names),
    };
    Ok(entries.into_iter().map(info).collect())
}

fn shown(entry: &Entry, author: Option<UserId>, names: &HashMap<String, String>) -> FileInfo {
    let name = |id: &UserId| names.get(&id.key()).cloned().unwrap_or_else(|| id.to_string());
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
    info.owner_name = Some(name(&entry.owner));
    info.modifier_name = Some(author.as_ref().map(name));
    info.modifier_id = Some(author.map(|id| id.to_string()));
    info.owner_id = Some(entry.owner.to_string());
    info.dav_permissions = Some(entry.letters());
    info.path = Some(format!("files/{path}{end}"));
    info
}
