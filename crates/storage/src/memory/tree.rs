//! The tree in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use allmende_types::{
    BlobId, Epoch, Name, NamePolicy, NewEvent, NodeId, Revision, SpaceId, SpacePath, Stream,
    Timestamp,
};
use async_trait::async_trait;

use super::{
    commit,
    state::{SpaceRow, State, owner_key},
};
use crate::{
    Batch, BlobLease, Change, ChildCount, Committed, Content, Cursor, Error, ErrorKind, Garbage,
    NewSpace, Node, NodeKind, NodeSearch, Page, Property, PropertyKey, PropertyOwner, Result,
    Segment, Space, Tree,
};

/// How many folders a search may name.
const MAX_SEARCHED: usize = 512;

/// A [`Tree`] with its [`LockStore`](crate::LockStore), in memory, under one mutex.
///
/// Clones are handles on the same tree.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    state: Arc<Mutex<State>>,
}

impl MemoryTree {
    /// An empty tree whose names are compared as `policy` says.
    #[must_use]
    pub fn new(policy: NamePolicy) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(policy))) }
    }

    /// What was told of a stream, with the numbers: oldest first.
    #[must_use]
    pub fn events(&self, stream: Stream) -> Vec<(i64, NewEvent)> {
        self.state().told(stream).map(|(seq, event)| (seq, event.clone())).collect()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A panic in the middle of a change would have left it half done; `roll_back`
        // brings every table to the last whole state.
        self.state.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            self.state.clear_poison();
            let mut state = poisoned.into_inner();
            state.roll_back();
            state
        })
    }
}

#[async_trait]
impl Tree for MemoryTree {
    async fn create_space(&self, new: NewSpace) -> Result<Space> {
        if !(1..=255).contains(&new.key.len()) {
            return Err(Error::new(ErrorKind::Invalid, "a space's key has 1 to 255 bytes"));
        }
        let mut state = self.state();
        if state.spaces.iter().any(|(_, row)| row.key == new.key) {
            return Err(Error::new(ErrorKind::Exists, format!("space {:?}", new.key)));
        }
        let (id, root) = (SpaceId(state.next_id()), NodeId(state.next_id()));
        let (epoch, revision) = (Epoch(1), Revision(1));
        let row = SpaceRow { key: new.key, root, epoch, revision, quota: new.quota };
        state.spaces.insert(id, row);
        let node = Node {
            id: root,
            space: id,
            parent: None,
            name: None,
            kind: NodeKind::Folder,
            size: 0,
            epoch,
            revision,
            modified: new.now,
            created: None,
            uploaded: new.now,
        };
        state.nodes.insert(root, node);
        state.keep();
        state.space(id)
    }

    async fn find_space(&self, key: &str) -> Result<Option<Space>> {
        Ok(self.find_spaces(&[key]).await?.pop().flatten())
    }

    async fn find_spaces(&self, keys: &[&str]) -> Result<Vec<Option<Space>>> {
        let state = self.state();
        let find = |key: &&str| {
            let found = state.spaces.iter().find(|(_, row)| &*row.key == *key);
            found.map(|(id, _)| state.space(*id)).transpose()
        };
        keys.iter().map(find).collect()
    }

    async fn space(&self, id: SpaceId) -> Result<Space> {
        self.state().space(id)
    }

    async fn spaces(&self, ids: &[SpaceId]) -> Result<Vec<Option<Space>>> {
        let state = self.state();
        Ok(ids.iter().map(|id| state.space(*id).ok()).collect())
    }

    async fn set_quota(&self, id: SpaceId, quota: Option<u64>) -> Result<()> {
        let mut state = self.state();
        state.space(id)?;
        if let Some(row) = state.spaces.get(&id).cloned() {
            state.spaces.insert(id, SpaceRow { quota, ..row });
        }
        state.keep();
        Ok(())
    }

    async fn remove_space(&self, id: SpaceId, now: Timestamp) -> Result<()> {
        let mut state = self.state();
        let root = state.space(id)?.root;
        state.erase(root, now);
        state.spaces.remove(&id);
        state.keep();
        Ok(())
    }

    async fn resolve(&self, space: SpaceId, path: &SpacePath) -> Result<Option<Node>> {
        let state = self.state();
        let root = state.space(space)?.root;
        let found = (path.names().iter())
            .try_fold(root, |folder, name| state.child(folder, name).map(|node| node.id));
        Ok(found.and_then(|id| state.nodes.get(&id).cloned()))
    }

    async fn resolve_below(&self, top: NodeId, path: &SpacePath) -> Result<Option<Node>> {
        let state = self.state();
        let down = |node: &Node, name| state.child(node.id, name).cloned();
        let top = state.nodes.get(&top).cloned();
        Ok(path.names().iter().fold(top, |node, name| down(&node?, name)))
    }

    async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Node>>> {
        let state = self.state();
        Ok(ids.iter().map(|id| state.nodes.get(id).cloned()).collect())
    }

    async fn paths(&self, ids: &[NodeId]) -> Result<Vec<Option<SpacePath>>> {
        let state = self.state();
        Ok(ids.iter().map(|id| state.path(*id)).collect())
    }

    async fn lineage(&self, ids: &[NodeId]) -> Result<Vec<Vec<NodeId>>> {
        let state = self.state();
        Ok(ids.iter().map(|id| state.lineage(*id).map(|node| node.id).collect()).collect())
    }

    async fn children_named(&self, places: &[(NodeId, Name)]) -> Result<Vec<Option<Node>>> {
        let state = self.state();
        Ok(places.iter().map(|(folder, name)| state.child(*folder, name).cloned()).collect())
    }

    async fn list(
        &self,
        folder: NodeId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Node>> {
        let state = self.state();
        if !state.node(folder)?.is_folder() {
            return Err(Error::new(ErrorKind::NotAFolder, format!("node {folder}")));
        }
        let limit = limit.max(1);
        let key = |node: &Node| node.name.as_ref().map(|name| state.policy.key(name));
        let start = after.map(|cursor| state.policy.key(&cursor.0));
        let mut items: Vec<Node> = (state.children_of(folder))
            .filter(|node| start.is_none() || key(node) > start)
            .take(limit.saturating_add(1))
            .cloned()
            .collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().and_then(|node| node.name.clone());
        Ok(Page { items, next: last.filter(|_| more).map(Cursor) })
    }

    async fn count_children(&self, folders: &[NodeId]) -> Result<Vec<ChildCount>> {
        let state = self.state();
        let count = |folder: &NodeId| {
            state.children_of(*folder).fold(ChildCount::default(), |count, child| {
                if child.is_folder() {
                    ChildCount { folders: count.folders + 1, ..count }
                } else {
                    ChildCount { files: count.files + 1, ..count }
                }
            })
        };
        Ok(folders.iter().map(count).collect())
    }

    async fn search(&self, search: &NodeSearch) -> Result<Vec<Node>> {
        if search.below.len() > MAX_SEARCHED {
            let context = format!("a search below more than {MAX_SEARCHED} folders");
            return Err(Error::new(ErrorKind::Invalid, context));
        }
        Ok(self.state().search(search))
    }

    async fn segments(&self, content: &Content) -> Result<Vec<Segment>> {
        let Some(id) = content.id else { return Ok(Vec::new()) };
        let gone = || Error::new(ErrorKind::NotFound, format!("content {id}"));
        self.state().contents.get(&id).map(|row| row.segments.clone()).ok_or_else(gone)
    }

    async fn properties(
        &self,
        ids: &[NodeId],
        owner: &PropertyOwner,
    ) -> Result<Vec<Vec<Property>>> {
        let state = self.state();
        let owner = owner_key(owner);
        let of_node = |id: &NodeId| {
            let keys = state.property_keys(*id).into_iter().filter(|key| key.1 == owner);
            keys.filter_map(|key| {
                let value = state.properties.get(&key)?.clone();
                let (_, _, key): (_, _, PropertyKey) = key;
                Some(Property { key, value })
            })
            .collect()
        };
        Ok(ids.iter().map(of_node).collect())
    }

    async fn commit(&self, batch: Batch) -> Result<Committed> {
        let mut state = self.state();
        let result = commit::apply(&mut state, batch);
        match &result {
            Ok(_) => state.keep(),
            Err(_) => state.roll_back(),
        }
        result
    }

    async fn changes(&self, space: SpaceId, since: Revision, limit: usize) -> Result<Vec<Change>> {
        let state = self.state();
        state.space(space)?;
        let from = (space, Revision(since.0.saturating_add(1)), 0);
        let mut page: Vec<Change> = Vec::new();
        for ((_, revision, _), change) in
            state.changes.range(from..(SpaceId(space.0 + 1), Revision(0), 0))
        {
            let full = page.len() >= limit.max(1);
            if full && page.last().is_some_and(|last| last.revision != *revision) {
                break;
            }
            page.push(change.clone());
        }
        Ok(page)
    }

    async fn lease_blobs(&self, now: Timestamp) -> Result<BlobLease> {
        let lease = BlobLease { lease: commit::random()?, created: now };
        self.state().leases.insert(lease.lease, lease);
        Ok(lease)
    }

    async fn open_leases(&self, before: Timestamp, limit: usize) -> Result<Vec<BlobLease>> {
        let state = self.state();
        let mut old: Vec<BlobLease> =
            state.leases.values().filter(|lease| lease.created < before).copied().collect();
        old.sort_by_key(|lease| lease.created);
        old.truncate(limit);
        Ok(old)
    }

    async fn unreferenced(&self, blobs: &[BlobId]) -> Result<Vec<BlobId>> {
        let state = self.state();
        let unused = |id: &&BlobId| state.blobs.get(id).is_none();
        Ok(blobs.iter().filter(unused).copied().collect())
    }

    async fn close_lease(&self, lease: BlobLease) -> Result<()> {
        self.state().leases.remove(&lease.lease);
        Ok(())
    }

    async fn purge(&self, before: Timestamp, limit: usize) -> Result<Garbage> {
        let mut state = self.state();
        let blobs: Vec<BlobId> = (state.blobs.iter())
            .filter(|(_, row)| row.references == 0 && row.lost < before)
            .map(|(id, _)| *id)
            .take(limit)
            .collect();
        for id in &blobs {
            if let Some(mut row) = state.blobs.get(id).copied() {
                row.handed_out = true;
                state.blobs.insert(*id, row);
            }
        }
        state.keep();
        // Rows are removed together with their node: there are none to clear later.
        Ok(Garbage { cleared: 0, blobs })
    }

    async fn forget_garbage(&self, blobs: &[BlobId]) -> Result<()> {
        let mut state = self.state();
        for id in blobs {
            if state.blobs.get(id).is_some_and(|row| row.references == 0) {
                state.blobs.remove(id);
            }
        }
        state.keep();
        Ok(())
    }
}
