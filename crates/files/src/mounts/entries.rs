//! Nodes as entries of a view: what a mount makes of them.

use std::sync::Arc;

use allmende_storage::Node;
use allmende_types::{ETag, NodeFacts, Permissions, SpacePath, Timestamp};

use super::{Between, Layout, Mount, MountKind, Placed, layout::Added};
use crate::{Entry, View, service::SpaceRoot};

impl View {
    /// A node of the person's home.
    pub(crate) fn home_entry(
        &self,
        layout: Option<&Layout>,
        mut node: Node,
        path: Option<SpacePath>,
    ) -> Entry {
        let facts = NodeFacts {
            folder: node.is_folder(),
            parent_creatable: node.parent.is_some(),
            ..NodeFacts::default()
        };
        let added = layout.filter(|_| node.is_folder()).and_then(|layout| layout.added(node.id));
        let mut tag = None;
        if let Some(Added { fingerprint, modified }) = added {
            tag = tagged(&node, fingerprint);
            node.modified = node.modified.max(modified);
        }
        let owner = self.person_arc();
        let permissions = self.own_permissions();
        Entry { node, permissions, facts, owner, path, mount: None, tag, chain: None }
    }

    /// A folder that is there only because mounts are below it.
    pub(crate) fn between_entry(
        &self,
        layout: &Layout,
        home: SpaceRoot,
        between: &Between,
    ) -> Entry {
        let added = layout.added(between.id);
        let modified = added.map_or(Timestamp::EPOCH, |added| added.modified);
        let node = between.node(home, modified);
        let tag = added.and_then(|added| tagged(&node, added.fingerprint));
        Entry {
            node,
            permissions: Permissions::READ,
            facts: NodeFacts { folder: true, fixed_mount: true, ..NodeFacts::default() },
            owner: self.person_arc(),
            path: Some(between.spot.path.clone()),
            mount: None,
            tag,
            chain: None,
        }
    }

    /// The root of a mount, under the name by which the person sees it.
    pub(crate) fn placed_entry(placed: &Placed) -> Entry {
        let mut node = placed.root.clone();
        node.name = Some(placed.spot.name.clone());
        node.parent = Some(placed.spot.folder);
        mount_root(&placed.mount, node, Some(placed.spot.path.clone()))
    }

    /// The root of a view that is one node.
    pub(crate) fn link_root(mount: &Arc<Mount>, mut node: Node) -> Entry {
        node.parent = None;
        mount_root(mount, node, Some(SpacePath::root()))
    }

    /// A node in a folder of the view.
    pub(crate) fn entry_in(
        &self,
        layout: Option<&Layout>,
        folder: &Entry,
        node: Node,
        path: Option<SpacePath>,
    ) -> Entry {
        let Some(mount) = &folder.mount else { return self.home_entry(layout, node, path) };
        let chain = folder
            .chain
            .as_ref()
            .map(|chain| chain.iter().copied().chain([node.id]).collect::<Arc<[_]>>());
        let parent_creatable = folder.permissions.contains(Permissions::CREATE);
        mounted(mount, node, path, chain, parent_creatable)
    }

    /// The same entry after its node has changed.
    pub(crate) fn entry_again(&self, entry: &Entry, mut node: Node) -> Entry {
        node.name.clone_from(&entry.node.name);
        node.parent = entry.node.parent;
        match &entry.mount {
            None => self.home_entry(None, node, entry.path.clone()),
            Some(mount) => {
                let tag = mount_tag(mount, &node);
                Entry { node, tag, ..entry.clone() }
            }
        }
    }
}

fn mount_root(mount: &Arc<Mount>, node: Node, path: Option<SpacePath>) -> Entry {
    let chain = mount.rules.as_ref().map(|_| Arc::from([node.id]));
    // What a link shows has no folder, for its guests, in which it could have another name.
    let parent_creatable = mount.kind != MountKind::Link;
    let mut entry = mounted(mount, node, path, chain, parent_creatable);
    entry.facts.movable_mount = mount.kind == MountKind::Share;
    entry.facts.fixed_mount = matches!(mount.kind, MountKind::Team { .. });
    entry
}

/// A node of a mount below its root.
pub(crate) fn mounted(
    mount: &Arc<Mount>,
    node: Node,
    path: Option<SpacePath>,
    chain: Option<Arc<[allmende_types::NodeId]>>,
    parent_creatable: bool,
) -> Entry {
    let permissions = match &chain {
        Some(chain) => mount.permissions_at(chain),
        None => mount.permissions,
    };
    let facts = NodeFacts {
        folder: node.is_folder(),
        shared: mount.kind == MountKind::Share,
        mounted: matches!(mount.kind, MountKind::Team { .. }),
        parent_creatable,
        ..NodeFacts::default()
    };
    let (owner, tag) = (Arc::clone(&mount.owner), mount_tag(mount, &node));
    Entry { node, permissions, facts, owner, path, mount: Some(Arc::clone(mount)), tag, chain }
}

/// Whoever may do something else with what is in a folder has to look at it again: clients
/// read permissions only of folders whose etag is new.
fn mount_tag(mount: &Mount, node: &Node) -> Option<ETag> {
    if node.is_folder() { tagged(node, mount.fingerprint()) } else { None }
}

fn tagged(node: &Node, fingerprint: u64) -> Option<ETag> {
    ETag::strong(format!("{}-{fingerprint:x}", node.etag().opaque())).ok()
}
