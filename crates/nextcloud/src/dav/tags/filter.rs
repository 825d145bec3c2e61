//! Files by their tags, for the report `oc:filter-files`.

use allmende_files::{Entry, Favourite, MountKind};
use allmende_tags::TagId;
use allmende_types::{NodeId, SpacePath};
use allmende_webdav::{Error, ErrorKind, Result};

use super::{Asker, failed};
use crate::dav::{errors::from_files, home::Home};

/// How many nodes are looked at at once.
const PAGE: u32 = 500;
/// Tags of one report.
const MOST: usize = 16;

/// What a report asks for.
pub(in crate::dav) struct Wanted {
    /// All of these tags.
    pub(in crate::dav) tags: Vec<TagId>,
    /// Whether only favourites are meant.
    pub(in crate::dav) favourites: bool,
    /// How many are passed over.
    pub(in crate::dav) skip: usize,
    /// How many at the most.
    pub(in crate::dav) limit: usize,
}

/// A tag of a report that the caller does not know of.
pub(in crate::dav) fn unknown() -> Error {
    Error::new(ErrorKind::PreconditionFailed, "Cannot filter by non-existing tag")
}

/// The entries at and below a folder that carry all of the tags, in the order of their ids:
/// a page of nodes at a time, until there are enough.
pub(in crate::dav) async fn tagged(
    home: &Home,
    folder: &SpacePath,
    wanted: &Wanted,
) -> Result<Vec<Entry>> {
    let Wanted { tags, favourites, skip, limit } = wanted;
    let root = home.view.root().await.map_err(from_files)?;
    if root.mount.is_some_and(|mount| mount.kind == MountKind::Link) {
        // Guests of a link are nobody whom a tag is for.
        return Err(unknown());
    }
    let asker = Asker::of(home).await?;
    let mut ids = tags.clone();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > MOST {
        return Err(Error::new(ErrorKind::BadRequest, "Too many tags to filter by"));
    }
    if home.tags.tags(asker.caller(), &ids).await.map_err(failed)?.len() != ids.len() {
        return Err(unknown());
    }
    let (mut found, mut after, mut left) = (Vec::new(), None, *skip);
    while found.len() < *limit {
        let page = home.tags.nodes_with(&ids, after, PAGE).await.map_err(failed)?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        let entries = home.view.stat(&page).await.map_err(from_files)?;
        let mut entries: Vec<Entry> = (entries.into_iter().flatten())
            .filter(|entry| entry.path.as_ref().is_some_and(|path| path.starts_with(folder)))
            .collect();
        if *favourites && !entries.is_empty() {
            let ids: Vec<NodeId> = entries.iter().map(Entry::id).collect();
            let marked = home.view.favourites(&ids).await.map_err(from_files)?;
            let mut marked = marked.into_iter();
            entries.retain(|_| marked.next() == Some(Favourite::Yes));
        }
        let passed = left.min(entries.len());
        left -= passed;
        found.extend(entries.into_iter().skip(passed));
    }
    found.truncate(*limit);
    Ok(found)
}
