//! The rows of a tree in memory, and how they hang together.

use std::collections::BTreeMap;

use allmende_types::{
    BlobId, Epoch, Name, NamePolicy, NewEvent, NodeId, Revision, SpaceId, SpacePath, Stream,
    Timestamp,
};

use super::table::Table;
use crate::{
    BlobLease, Change, Content, Error, ErrorKind, Lock, LockDepth, LockToken, Node, PropertyKey,
    PropertyOwner, Result, Segment, Space,
};

/// A space without what its root folder tells.
#[derive(Debug, Clone)]
pub(super) struct SpaceRow {
    pub(super) key: Box<str>,
    pub(super) root: NodeId,
    pub(super) epoch: Epoch,
    pub(super) revision: Revision,
    pub(super) quota: Option<u64>,
}

/// A content and the number of files that have it.
#[derive(Debug, Clone)]
pub(super) struct ContentRow {
    pub(super) segments: Vec<Segment>,
    pub(super) files: u64,
}

/// How often a blob is a part of a content; with 0 it is garbage.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlobRow {
    pub(super) references: u64,
    pub(super) lost: Timestamp,
    pub(super) handed_out: bool,
}

/// Everyone's properties stand under none, a person's under the key of their id.
pub(super) type PropertyRowKey = (NodeId, Option<String>, PropertyKey);

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) policy: NamePolicy,
    last_id: i64,
    pub(super) spaces: Table<SpaceId, SpaceRow>,
    /// Nodes that stand in a tree: what is removed is not here.
    pub(super) nodes: Table<NodeId, Node>,
    pub(super) children: Table<(NodeId, String), NodeId>,
    pub(super) contents: Table<BlobId, ContentRow>,
    pub(super) blobs: Table<BlobId, BlobRow>,
    pub(super) properties: Table<PropertyRowKey, Box<str>>,
    pub(super) locks: Table<LockToken, Lock>,
    pub(super) changes: Table<(SpaceId, Revision, usize), Change>,
    pub(super) events: Table<(Stream, i64), NewEvent>,
    pub(super) leases: BTreeMap<u64, BlobLease>,
}

impl State {
    pub(super) fn new(policy: NamePolicy) -> Self {
        Self { policy, ..Self::default() }
    }

    pub(super) fn keep(&mut self) {
        self.spaces.keep();
        self.nodes.keep();
        self.children.keep();
        self.contents.keep();
        self.blobs.keep();
        self.properties.keep();
        self.locks.keep();
        self.changes.keep();
        self.events.keep();
    }

    pub(super) fn roll_back(&mut self) {
        self.spaces.roll_back();
        self.nodes.roll_back();
        self.children.roll_back();
        self.contents.roll_back();
        self.blobs.roll_back();
        self.properties.roll_back();
        self.locks.roll_back();
        self.changes.roll_back();
        self.events.roll_back();
    }

    /// A number that was never an id, and is none again if its batch fails.
    pub(super) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Writes an event as the next of its stream.
    pub(super) fn tell(&mut self, event: NewEvent) {
        let stream = event.stream;
        let last = self.events.range((stream, 0)..=(stream, i64::MAX)).next_back();
        let seq = last.map_or(0, |((_, seq), _)| *seq) + 1;
        self.events.insert((stream, seq), event);
    }

    /// The events of a stream, with their numbers.
    pub(super) fn told(&self, stream: Stream) -> impl Iterator<Item = (i64, &NewEvent)> {
        let all = self.events.range((stream, 0)..=(stream, i64::MAX));
        all.map(|((_, seq), event)| (*seq, event))
    }

    pub(super) fn space(&self, id: SpaceId) -> Result<Space> {
        let gone = || Error::new(ErrorKind::NotFound, format!("space {id}"));
        let row = self.spaces.get(&id).ok_or_else(gone)?;
        let used = self.nodes.get(&row.root).map_or(0, |root| root.size);
        let SpaceRow { key, root, epoch, revision, quota } = row.clone();
        Ok(Space { id, key, root, epoch, revision, used, quota })
    }

    pub(super) fn node(&self, id: NodeId) -> Result<Node> {
        let gone = || Error::new(ErrorKind::NotFound, format!("node {id}"));
        self.nodes.get(&id).cloned().ok_or_else(gone)
    }

    pub(super) fn child(&self, folder: NodeId, name: &Name) -> Option<&Node> {
        let id = self.children.get(&(folder, self.policy.key(name)))?;
        self.nodes.get(id)
    }

    /// The children of a folder, in the order of their keys.
    pub(super) fn children_of(&self, folder: NodeId) -> impl Iterator<Item = &Node> {
        let all = (folder, String::new())..(NodeId(folder.0 + 1), String::new());
        self.children.range(all).filter_map(|(_, id)| self.nodes.get(id))
    }

    /// The node and its ancestors up to the root.
    pub(super) fn lineage(&self, id: NodeId) -> impl Iterator<Item = &Node> {
        let up = |node: &&Node| node.parent.and_then(|parent| self.nodes.get(&parent));
        std::iter::successors(self.nodes.get(&id), up)
    }

    /// Whether `id` is `top` or lies below it.
    pub(super) fn is_within(&self, id: NodeId, top: NodeId) -> bool {
        self.lineage(id).any(|node| node.id == top)
    }

    /// The node and everything below it, parents before their children.
    pub(super) fn subtree(&self, top: NodeId) -> Vec<NodeId> {
        let mut all = vec![top];
        let mut next = 0;
        while let Some(id) = all.get(next).copied() {
            all.extend(self.children_of(id).map(|child| child.id));
            next += 1;
        }
        all
    }

    pub(super) fn path(&self, id: NodeId) -> Option<SpacePath> {
        self.nodes.get(&id)?;
        let mut names: Vec<Name> = self.lineage(id).filter_map(|node| node.name.clone()).collect();
        names.reverse();
        SpacePath::from_names(names).ok()
    }

    /// The active locks on the node, and the infinite ones on its ancestors.
    pub(super) fn covering(&self, id: NodeId, now: Timestamp) -> Vec<Lock> {
        let lineage: Vec<NodeId> = self.lineage(id).map(|node| node.id).collect();
        let covers = |lock: &Lock| {
            lock.node == id || lock.depth == LockDepth::Infinity && lineage.contains(&lock.node)
        };
        let active = self.locks.iter().map(|(_, lock)| lock).filter(|lock| lock.is_active(now));
        active.filter(|lock| covers(lock)).cloned().collect()
    }

    /// The active locks on nodes below, the node itself not included.
    pub(super) fn below(&self, id: NodeId, now: Timestamp) -> Vec<Lock> {
        let active = self.locks.iter().map(|(_, lock)| lock).filter(|lock| lock.is_active(now));
        active.filter(|lock| lock.node != id && self.is_within(lock.node, id)).cloned().collect()
    }

    /// Removes those locks on nodes of a subtree for which `ends` says so.
    pub(super) fn end_locks(&mut self, subtree: &[NodeId], ends: impl Fn(&Lock) -> bool) {
        let ended = |lock: &Lock| subtree.contains(&lock.node) && ends(lock);
        let tokens: Vec<LockToken> = (self.locks.iter())
            .filter(|(_, lock)| ended(lock))
            .map(|(token, _)| token.clone())
            .collect();
        for token in tokens {
            self.locks.remove(&token);
        }
    }

    /// The keys of all properties of a node.
    pub(super) fn property_keys(&self, node: NodeId) -> Vec<PropertyRowKey> {
        let least =
            |node| (node, None, PropertyKey { namespace: Box::default(), name: Box::default() });
        let all = least(node)..least(NodeId(node.0 + 1));
        self.properties.range(all).map(|(key, _)| key.clone()).collect()
    }

    /// Notes one more file with a content, which is new if nobody has it yet.
    pub(super) fn reference(&mut self, id: BlobId, segments: &[Segment]) -> Result<()> {
        let invalid = |why| Err(Error::new(ErrorKind::Invalid, format!("content {id}: {why}")));
        if let Some(row) = self.contents.get(&id) {
            if row.segments != segments {
                return invalid("stored with another length");
            }
            let row = ContentRow { files: row.files + 1, ..row.clone() };
            self.contents.insert(id, row);
            return Ok(());
        }
        for segment in segments {
            let unused = BlobRow { references: 0, lost: Timestamp::EPOCH, handed_out: false };
            let row = self.blobs.get(&segment.blob).copied().unwrap_or(unused);
            if row.handed_out {
                return invalid("a blob of it was given to the collector");
            }
            self.blobs.insert(segment.blob, BlobRow { references: row.references + 1, ..row });
        }
        self.contents.insert(id, ContentRow { segments: segments.to_vec(), files: 1 });
        Ok(())
    }

    /// Notes that a file lost its content at `now`.
    pub(super) fn release(&mut self, content: &Content, now: Timestamp) {
        let Some(id) = content.id else { return };
        let Some(row) = self.contents.remove(&id) else { return };
        if row.files > 1 {
            self.contents.insert(id, ContentRow { files: row.files - 1, ..row });
            return;
        }
        for segment in row.segments {
            if let Some(blob) = self.blobs.get(&segment.blob).copied() {
                let left = BlobRow { references: blob.references - 1, lost: now, ..blob };
                self.blobs.insert(segment.blob, left);
            }
        }
    }

    /// Removes a node and everything below it, at once and for good.
    pub(super) fn erase(&mut self, top: NodeId, now: Timestamp) {
        let subtree = self.subtree(top);
        self.end_locks(&subtree, |_| true);
        for id in subtree {
            for key in self.property_keys(id) {
                self.properties.remove(&key);
            }
            let Some(node) = self.nodes.remove(&id) else { continue };
            if let (Some(parent), Some(name)) = (node.parent, &node.name) {
                self.children.remove(&(parent, self.policy.key(name)));
            }
            if let Some(content) = node.content() {
                self.release(content, now);
            }
        }
    }
}

/// What a property's owner is stored as.
pub(super) fn owner_key(owner: &PropertyOwner) -> Option<String> {
    match owner {
        PropertyOwner::Everyone => None,
        PropertyOwner::Person(person) => Some(person.key()),
    }
}
