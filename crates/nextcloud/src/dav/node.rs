//! Nodes that a request names by their ids, as the roots of tags and comments do.

use allmende_files::Entry;
use allmende_types::{EventNode, NodeId, NodeShape};
use allmende_webdav::{Error, ErrorKind, Result};

use super::{errors::from_files, home::Home};

/// The entry with the id in a path, if the caller sees it. What they do not see is as good as
/// not there.
pub(super) async fn find(home: &Home, id: &str) -> Result<Entry> {
    let missing = || Error::new(ErrorKind::NotFound, "Entity does not exist or is not available");
    let id: NodeId = id.parse().map_err(|_| missing())?;
    let found = home.view.stat(&[id]).await.map_err(from_files)?;
    found.into_iter().next().flatten().ok_or_else(missing)
}

/// An entry as events tell of it.
pub(super) fn told(entry: &Entry) -> EventNode {
    let node = &entry.node;
    EventNode {
        space: node.space,
        node: node.id,
        parent: node.parent,
        name: node.name.as_ref().map_or("", |name| name.as_str()).into(),
        shape: if node.is_folder() { NodeShape::Folder } else { NodeShape::File },
        from: None,
    }
}
