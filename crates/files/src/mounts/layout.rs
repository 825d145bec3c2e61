//! Where the mounts of one person stand in their home, at one moment.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use allmende_storage::{Node, NodeKind};
use allmende_types::{
    Epoch, Name, NamePolicy, NodeId, Permissions, Revision, SpacePath, Timestamp,
};

use super::{Mount, MountKind, names::Claims, rules::digest};
use crate::{Files, Result, service::SpaceRoot};

/// A mount that is shown.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) mount: Arc<Mount>,
    /// Its node, as its own space has it.
    pub(crate) root: Node,
    pub(crate) spot: Standing,
}

/// A folder that is shown only because a team folder stands below it.
#[derive(Debug)]
pub(crate) struct Between {
    pub(crate) id: NodeId,
    pub(crate) spot: Standing,
}

/// Where something stands in the view.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) folder: NodeId,
    pub(crate) name: Name,
    pub(crate) path: SpacePath,
}

/// What a view shows that is no node of the home.
#[derive(Debug, Clone)]
pub(crate) enum Shown {
    Mount(Arc<Placed>),
    Between(Arc<Between>),
}

impl Shown {
    pub(crate) fn spot(&self) -> &Standing {
        match self {
            Self::Mount(placed) => &placed.spot,
            Self::Between(between) => &between.spot,
        }
    }

    pub(crate) fn is_folder(&self) -> bool {
        match self {
            Self::Mount(placed) => placed.root.is_folder(),
            Self::Between(_) => true,
        }
    }
}

/// What the mounts below a folder add to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Added {
    /// A part of the etag: other whenever a mount below comes, goes, is renamed, or has
    /// another content or other permissions.
    pub(crate) fingerprint: u64,
    /// The latest change in any of them.
    pub(crate) modified: Timestamp,
}

/// All mounts with their places.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    by_path: HashMap<String, Shown>,
    by_folder: HashMap<NodeId, BTreeMap<String, Shown>>,
    by_root: HashMap<NodeId, Vec<Arc<Placed>>>,
    between: HashMap<NodeId, Arc<Between>>,
    above: HashMap<NodeId, Added>,
}

/// A mount on the way to its place.
#[derive(Debug)]
struct Climber {
    mount: Arc<Mount>,
    root: Node,
    /// The folder that was reached, and those above it, up to the root of the home.
    chain: Vec<NodeId>,
    path: SpacePath,
    /// Names still to go, the last one is that of the mount.
    rest: Vec<Name>,
}

impl Layout {
    /// Finds where the mounts stand: a constant number of reads, whatever their number.
    pub(crate) async fn load(
        files: &Files,
        home: SpaceRoot,
        mounts: &[Arc<Mount>],
    ) -> Result<Self> {
        let roots: Vec<NodeId> = mounts.iter().map(|mount| mount.root).collect();
        let nodes = files.tree().stat(&roots).await?;
        let spaces: Vec<_> = nodes.iter().flatten().map(|node| node.space).collect();
        let hidden = files.hidden(spaces).await?;
        let anchors = Anchors::load(files, home, mounts).await?;
        let mut climbers: Vec<Climber> = Vec::with_capacity(mounts.len());
        for (mount, node) in mounts.iter().zip(nodes) {
            // What is gone, thrown away, or cannot be read is not shown.
            let Some(root) = node.filter(|node| !hidden.contains(&node.space)) else { continue };
            if !mount.permissions_at(&[root.id]).contains(Permissions::READ) {
                continue;
            }
            let (chain, path) = anchors.of(mount);
            let mut rest = Vec::new();
            if mount.place.parent.is_none() {
                rest.extend_from_slice(mount.folders.names());
            }
            rest.push(mount.place.name.clone());
            climbers.push(Climber { mount: Arc::clone(mount), root, chain, path, rest });
        }
        // Team folders keep their names, whoever else wants them.
        climbers.sort_by_key(|climber| matches!(climber.mount.kind, MountKind::Share));
        descend(files, &mut climbers).await?;
        Self::place(files, home, climbers).await
    }

    async fn place(files: &Files, home: SpaceRoot, climbers: Vec<Climber>) -> Result<Self> {
        let names = &files.options().names;
        let first = |climber: &Climber| (climber.chain[0], climber.rest[0].clone());
        let mut claims = Claims::load(files, climbers.iter().map(first)).await?;
        let mut layout = Self::default();
        let mut waiting = Vec::new();
        for mut climber in climbers {
            while climber.rest.len() > 1 {
                layout.step(names, home, &mut claims, &mut climber);
            }
            let team = matches!(climber.mount.kind, MountKind::Team { .. });
            let (folder, name) = first(&climber);
            if claims.take(folder, &name)
                || (team && claims.make_room(files, folder, &name).await?)
            {
                layout.settle(names, climber, name);
            } else {
                waiting.push(climber);
            }
        }
        let places = waiting.iter().map(first).collect();
        let shown = claims.other_names(files, places).await?;
        for (climber, name) in waiting.into_iter().zip(shown) {
            layout.settle(names, climber, name);
        }
        Ok(layout)
    }

    /// Goes one folder down that is not there but for the mount.
    fn step(
        &mut self,
        names: &NamePolicy,
        home: SpaceRoot,
        claims: &mut Claims,
        climber: &mut Climber,
    ) {
        let name = climber.rest.remove(0);
        let (folder, key) = (climber.chain[0], names.key(&name));
        let standing = self.by_folder.get(&folder).and_then(|shown| shown.get(&key));
        let between = match standing {
            Some(Shown::Between(between)) => Arc::clone(between),
            _ => {
                let path = climber.path.join(name.clone());
                let id = between_id(home, names, &path);
                claims.take(folder, &name);
                let spot = Standing { folder, name, path };
                let between = Arc::new(Between { id, spot });
                self.show(names, Shown::Between(Arc::clone(&between)));
                between
            }
        };
        climber.chain.insert(0, between.id);
        climber.path = between.spot.path.clone();
    }

    fn settle(&mut self, names: &NamePolicy, climber: Climber, name: Name) {
        let Climber { mount, root, chain, path, .. } = climber;
        let mut bytes = Vec::with_capacity(64);
        // The folder, too: for those above, a mount that moves between two of them is a change.
        for number in [root.epoch.0, root.id.0, root.revision.0, chain[0].0] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(mount.id.0.to_be_bytes());
        bytes.extend(mount.fingerprint().to_be_bytes());
        bytes.extend(name.as_str().as_bytes());
        let (part, modified) = (digest(&bytes), root.modified);
        for folder in &chain {
            let added = self.above.entry(*folder).or_insert(Added { fingerprint: 0, modified });
            // The order of the mounts says nothing.
            added.fingerprint = added.fingerprint.wrapping_add(part);
            added.modified = added.modified.max(modified);
        }
        let path = path.join(name.clone());
        let spot = Standing { folder: chain[0], name, path };
        self.show(names, Shown::Mount(Arc::new(Placed { mount, root, spot })));
    }

    fn show(&mut self, names: &NamePolicy, shown: Shown) {
        let spot = shown.spot().clone();
        match &shown {
            Shown::Mount(placed) => {
                self.by_root.entry(placed.root.id).or_default().push(Arc::clone(placed));
            }
            Shown::Between(between) => {
                self.between.insert(between.id, Arc::clone(between));
            }
        }
        self.by_path.insert(path_key(names, spot.path.names()), shown.clone());
        self.by_folder.entry(spot.folder).or_default().insert(names.key(&spot.name), shown);
    }

    /// What stands at a path, or the mount above it with the rest of the path.
    pub(crate) fn find(&self, names: &NamePolicy, path: &SpacePath) -> Option<(Shown, SpacePath)> {
        let all = path.names();
        for depth in 1..=all.len() {
            match self.by_path.get(&path_key(names, &all[..depth])) {
                Some(shown @ Shown::Mount(_)) => {
                    let rest = SpacePath::from_names(all[depth..].to_vec()).ok()?;
                    return Some((shown.clone(), rest));
                }
                Some(shown) if depth == all.len() => {
                    return Some((shown.clone(), SpacePath::root()));
                }
                _ => {}
            }
        }
        None
    }

    /// What is shown in a folder, in the order of the names.
    pub(crate) fn shown_in(&self, folder: NodeId) -> Option<&BTreeMap<String, Shown>> {
        self.by_folder.get(&folder)
    }

    /// The mounts of a node.
    pub(crate) fn mounts_of(&self, root: NodeId) -> &[Arc<Placed>] {
        self.by_root.get(&root).map_or(&[], Vec::as_slice)
    }

    /// All mounts.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Placed>> {
        self.by_root.values().flatten()
    }

    /// The folder with this id that is no node.
    pub(crate) fn between(&self, id: NodeId) -> Option<&Arc<Between>> {
        self.between.get(&id)
    }

    /// What the mounts below a folder of the home add to it.
    pub(crate) fn added(&self, folder: NodeId) -> Option<Added> {
        self.above.get(&folder).copied()
    }
}

impl Between {
    /// It as a node, which it is not.
    pub(crate) fn node(&self, home: SpaceRoot, modified: Timestamp) -> Node {
        Node {
            id: self.id,
            space: home.id,
            parent: Some(self.spot.folder),
            name: Some(self.spot.name.clone()),
            kind: NodeKind::Folder,
            size: 0,
            epoch: Epoch(0),
            revision: Revision(0),
            modified,
            created: None,
            uploaded: modified,
        }
    }
}

/// The folders in which mounts stand, as far as they are in the home.
struct Anchors {
    home: SpaceRoot,
    found: HashMap<NodeId, (Vec<NodeId>, SpacePath)>,
}

impl Anchors {
    async fn load(files: &Files, home: SpaceRoot, mounts: &[Arc<Mount>]) -> Result<Self> {
        let parents = mounts.iter().filter_map(|mount| mount.place.parent);
        let mut parents: Vec<NodeId> = parents.filter(|parent| *parent != home.root).collect();
        parents.sort_unstable();
        parents.dedup();
        let mut found = HashMap::new();
        if !parents.is_empty() {
            let lineage = files.tree().lineage(&parents).await?;
            let paths = files.tree().paths(&parents).await?;
            for ((parent, chain), path) in parents.into_iter().zip(lineage).zip(paths) {
                if let (Some(path), true) = (path, chain.last() == Some(&home.root)) {
                    found.insert(parent, (chain, path));
                }
            }
        }
        Ok(Self { home, found })
    }

    /// The folder of a mount with those above it; the root where it is gone.
    fn of(&self, mount: &Mount) -> (Vec<NodeId>, SpacePath) {
        let known = mount.place.parent.and_then(|parent| self.found.get(&parent));
        known.cloned().unwrap_or_else(|| (vec![self.home.root], SpacePath::root()))
    }
}

/// Follows the leading folders of mount points as far as they stand in the home: one read
/// for each level.
async fn descend(files: &Files, climbers: &mut [Climber]) -> Result<()> {
    let mut going: Vec<&mut Climber> =
        climbers.iter_mut().filter(|climber| climber.rest.len() > 1).collect();
    while !going.is_empty() {
        let next = |climber: &&mut Climber| (climber.chain[0], climber.rest[0].clone());
        let places: Vec<_> = going.iter().map(next).collect();
        let found = files.tree().children_named(&places).await?;
        let mut deeper = Vec::new();
        for (climber, node) in going.into_iter().zip(found) {
            let Some(node) = node.filter(Node::is_folder) else { continue };
            let wanted = climber.rest.remove(0);
            climber.chain.insert(0, node.id);
            climber.path = climber.path.join(node.name.unwrap_or(wanted));
            if climber.rest.len() > 1 {
                deeper.push(climber);
            }
        }
        going = deeper;
    }
    Ok(())
}

fn path_key(names: &NamePolicy, path: &[Name]) -> String {
    let keys: Vec<String> = path.iter().map(|name| names.key(name)).collect();
    keys.join("/")
}

/// An id for a folder that is no node: beyond all that a tree will ever give, and small
/// enough for clients that read numbers as doubles.
fn between_id(home: SpaceRoot, names: &NamePolicy, path: &SpacePath) -> NodeId {
    const FIRST: u64 = 1 << 52;
    let text = format!("{}/{}", home.root, path_key(names, path.names()));
    NodeId((FIRST | (digest(text.as_bytes()) & (FIRST - 1))).cast_signed())
}
