//! `/remote.php/dav/groupfolders/{person}`: the team folders of a person side by side, each
//! by its own name and without the folders that it stands in. It is the same content as in
//! the tree.

use allmende_files::{Entry as FileEntry, MountKind, Mounts as _};
use allmende_types::SpacePath;
use allmende_webdav::{Entry, Found, Mount, Result, Source};
use async_trait::async_trait;
use http::HeaderMap;

use super::{errors::from_files, home::Home, item::Item};

/// Where the lists of all people lie.
pub(super) const ROOT: &str = "/remote.php/dav/groupfolders";

/// Whether a mount is one of a list of team folders, or of one of them.
pub(super) fn is_below(mount: &Mount) -> bool {
    mount.path().strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'))
}

/// The team folders of a person with their paths in the tree, by name.
pub(super) async fn folders(home: &Home) -> Result<Vec<FileEntry>> {
    let mounts = home.sharing.mounts(home.view.person()).await.map_err(from_files)?;
    let teams = mounts.iter().filter(|mount| matches!(mount.kind, MountKind::Team { .. }));
    let roots: Vec<_> = teams.map(|mount| mount.root).collect();
    let found = home.view.stat(&roots).await.map_err(from_files)?;
    let mut folders: Vec<FileEntry> = found.into_iter().flatten().collect();
    folders.retain(|entry| entry.path.is_some() && entry.name().is_some());
    folders.sort_by(|a, b| (a.name(), &a.path).cmp(&(b.name(), &b.path)));
    // Of two with one name, the first has it.
    folders.dedup_by(|b, a| a.name() == b.name());
    Ok(folders)
}

/// The list, and with it its members, unless the client wants to know of the list alone.
pub(super) async fn listed(home: &Home, headers: &HeaderMap) -> Result<Box<dyn Source<Home>>> {
    let root = home.view.root().await.map_err(from_files)?;
    let mut found = vec![Found::Resource(Entry { path: SpacePath::root(), resource: Item(root) })];
    if headers.get("depth").is_none_or(|depth| depth != "0") {
        for entry in folders(home).await? {
            let Some(name) = entry.name() else { continue };
            let path = SpacePath::root().join(name.clone());
            found.push(Found::Resource(Entry { path, resource: Item(entry) }));
        }
    }
    Ok(Box::new(All(Some(found))))
}

/// A list that is one page: people have a handful of team folders.
struct All(Option<Vec<Found<Item>>>);

#[async_trait]
impl Source<Home> for All {
    async fn next_page(&mut self, _: &Home) -> Result<Option<Vec<Found<Item>>>> {
        Ok(self.0.take())
    }
}
