//! Batches, applied one change after the other.

mod checks;

use std::collections::BTreeSet;

use allmende_types::{BlobId, NodeId, Revision, SpaceId, Timestamp};

use self::checks::{content_size, expect, fail, unchanged};
use super::state::{SpaceRow, State, owner_key};
use crate::{
    Actor, Batch, Change, ChangeKind, Committed, Content, CopyNode, Error, ErrorKind, LockDepth,
    MakeFolder, MoveNode, Node, NodeKind, Op, PatchProperties, PropertyOwner, PropertyUpdate,
    PutFile, RemoveNode, Result, SetFacts, Target, Teller, Written,
};

/// Applies a batch. After an error the caller rolls the state back.
pub(super) fn apply(state: &mut State, batch: Batch) -> Result<Committed> {
    let teller = Teller::new(&batch);
    let Batch { actor, now, ops, cause: _ } = batch;
    if ops.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "a batch has at least one change"));
    }
    let named = ops.iter().flat_map(Op::named_nodes);
    let spaces: BTreeSet<SpaceId> =
        named.filter_map(|id| state.nodes.get(&id)).map(|node| node.space).collect();
    let highest = spaces.iter().filter_map(|id| state.spaces.get(id)).map(|row| row.revision.0);
    let revision = Revision(highest.max().unwrap_or(0) + 1);
    let touched = BTreeSet::new();
    let mut commit = Commit { state, actor, now, revision, touched, entries: 0, teller };
    let written = ops.iter().map(|op| commit.op(op)).collect::<Result<_>>()?;
    let revisions = commit.touched.iter().map(|space| (*space, revision)).collect();
    let events = commit.teller.into_events();
    events.into_iter().for_each(|event| state.tell(event));
    Ok(Committed { written, revisions })
}

/// Random bits for an id.
pub(super) fn random() -> Result<u64> {
    getrandom::u64().map_err(|error| {
        Error::new(ErrorKind::Unavailable, "no random bytes").with_source(error.to_string())
    })
}

struct Commit<'a> {
    state: &'a mut State,
    actor: Actor,
    now: Timestamp,
    revision: Revision,
    touched: BTreeSet<SpaceId>,
    entries: usize,
    teller: Teller,
}

impl Commit<'_> {
    fn op(&mut self, op: &Op) -> Result<Written> {
        match op {
            Op::PutFile(op) => self.put_file(op),
            Op::MakeFolder(op) => self.make_folder(op),
            Op::Remove(op) => self.remove(*op),
            Op::Move(op) => self.move_node(op),
            Op::Copy(op) => self.copy(op),
            Op::SetFacts(op) => self.set_facts(op),
            Op::PatchProperties(op) => self.patch_properties(op),
        }
    }

    fn put_file(&mut self, op: &PutFile) -> Result<Written> {
        let place = self.place(&op.target)?;
        if place.standing.as_ref().is_some_and(Node::is_folder) {
            return fail(ErrorKind::NotAFile, &op.target);
        }
        expect(&op.target, place.standing.as_ref())?;
        self.guard(&op.guards(place.id()))?;
        let size = content_size(&op.segments)?;
        self.charge(place.parent.space, size, place.size())?;
        let id = match op.segments.as_slice() {
            [] => None,
            [one] => Some(one.blob),
            _ => Some(BlobId::new(random()?, random()?)),
        };
        if let Some(id) = id {
            self.state.reference(id, &op.segments)?;
        }
        let segments = u32::try_from(op.segments.len())
            .map_err(|_| Error::new(ErrorKind::Invalid, "too many segments"))?;
        let content = Content {
            id,
            segments,
            media_type: op.media_type.clone(),
            checksums: op.checksums.clone(),
        };
        let node = match &place.standing {
            Some(old) => {
                if let Some(content) = old.content() {
                    self.state.release(content, self.now);
                }
                Node { created: op.created.or(old.created), ..old.clone() }
            }
            None => {
                self.check_depth(place.parent.id, 1)?;
                self.fresh(&place.parent, &op.target, op.created)
            }
        };
        let node = Node {
            kind: NodeKind::File(content),
            size,
            revision: self.revision,
            modified: op.modified,
            uploaded: self.now,
            ..node
        };
        self.store(node.clone());
        self.update_properties(node.id, &PropertyOwner::Everyone, &op.properties);
        let told = op.told(place.standing.as_ref(), self.now);
        self.propagate_since(place.parent.id, size, place.size(), told);
        if place.standing.is_some() {
            self.teller.changed(&node);
            self.note(node.space, node.id, ChangeKind::Changed);
        } else {
            self.teller.created(&node);
            self.note(node.space, node.id, ChangeKind::Created);
        }
        Ok(Written { node, replaced: place.standing })
    }

    fn make_folder(&mut self, op: &MakeFolder) -> Result<Written> {
        let place = self.place(&op.target)?;
        if place.standing.is_some() {
            return fail(ErrorKind::Exists, &op.target);
        }
        expect(&op.target, None)?;
        self.guard(&op.guards())?;
        self.check_depth(place.parent.id, 1)?;
        let node = self.fresh(&place.parent, &op.target, op.created);
        let node = Node { modified: op.modified, ..node };
        self.store(node.clone());
        self.propagate(place.parent.id, 0, 0);
        self.teller.created(&node);
        self.note(node.space, node.id, ChangeKind::Created);
        Ok(Written { node, replaced: None })
    }

    fn remove(&mut self, op: RemoveNode) -> Result<Written> {
        let node = self.state.node(op.node)?;
        let parent = self.parent_of(&node)?;
        op.check(&node).map_err(|kind| Error::new(kind, format!("node {}", node.id)))?;
        self.guard(&op.guards(parent))?;
        self.take_away(&node, parent);
        Ok(Written { node, replaced: None })
    }

    fn move_node(&mut self, op: &MoveNode) -> Result<Written> {
        let node = self.state.node(op.node)?;
        let from = self.parent_of(&node)?;
        op.check(&node).map_err(|kind| Error::new(kind, format!("node {}", node.id)))?;
        let mut place = self.place(&op.target)?;
        place.standing = place.standing.filter(|standing| standing.id != node.id);
        self.check_cycle(&node, &place)?;
        expect(&op.target, place.standing.as_ref())?;
        self.guard(&op.guards(from, place.id()))?;
        let (old_space, new_space) = (node.space, place.parent.space);
        if old_space != new_space {
            self.charge(new_space, node.size, place.size())?;
        }
        let subtree = self.state.subtree(node.id);
        self.check_depth(place.parent.id, self.height(node.id))?;
        if let Some(standing) = &place.standing {
            self.take_away(standing, place.parent.id);
        }
        let stays = old_space == new_space;
        self.state.end_locks(&subtree, |lock| !(stays && lock.kind.moves_along()));
        if let Some(name) = &node.name {
            let key = self.state.policy.key(name);
            self.state.children.remove(&(from, key));
            let removed = ChangeKind::Removed { parent: from, name: name.clone() };
            self.note(old_space, node.id, removed);
        }
        for id in subtree {
            let below = self.state.node(id)?;
            let row = Node { space: new_space, epoch: place.parent.epoch, ..below };
            self.state.nodes.insert(id, row);
        }
        let old = node.clone();
        let node = Node {
            space: new_space,
            epoch: place.parent.epoch,
            parent: Some(place.parent.id),
            name: Some(op.target.name.clone()),
            ..node
        };
        self.teller.moved(&old, &node);
        self.store(node.clone());
        self.propagate(from, 0, node.size);
        self.propagate(place.parent.id, node.size, 0);
        let kind = if stays { ChangeKind::Changed } else { ChangeKind::Created };
        self.note(new_space, node.id, kind);
        Ok(Written { node, replaced: place.standing })
    }

    fn copy(&mut self, op: &CopyNode) -> Result<Written> {
        let source = self.state.node(op.node)?;
        let place = self.place(&op.target)?;
        self.check_cycle(&source, &place)?;
        if place.id() == Some(source.id) {
            return fail(ErrorKind::Cycle, &op.target);
        }
        expect(&op.target, place.standing.as_ref())?;
        self.guard(&op.guards(place.id()))?;
        let alone = source.is_folder() && op.depth == LockDepth::Zero;
        let size = if alone { 0 } else { source.size };
        self.charge(place.parent.space, size, place.size())?;
        self.check_depth(place.parent.id, if alone { 1 } else { self.height(source.id) })?;
        if let Some(standing) = &place.standing {
            self.take_away(standing, place.parent.id);
        }
        let top = self.copy_row(&source, &place.parent, &op.target)?;
        let top = Node { size, ..top };
        self.store(top.clone());
        let mut pairs = if alone { Vec::new() } else { vec![(source.id, top.clone())] };
        while let Some((from, to)) = pairs.pop() {
            let children: Vec<Node> = self.state.children_of(from).cloned().collect();
            for child in children {
                let Some(name) = child.name.clone() else { continue };
                let target =
                    Target { parent: to.id, name, expect: crate::Expect::Absent, space: None };
                let copy = self.copy_row(&child, &to, &target)?;
                self.store(copy.clone());
                pairs.push((child.id, copy));
            }
        }
        self.propagate(place.parent.id, size, 0);
        self.teller.copied(source.id, &top);
        self.note(top.space, top.id, ChangeKind::Created);
        Ok(Written { node: top, replaced: place.standing })
    }

    fn set_facts(&mut self, op: &SetFacts) -> Result<Written> {
        let mut node = self.state.node(op.node)?;
        if let Some((revision, checksums)) = &op.checksums {
            let NodeKind::File(content) = &mut node.kind else {
                return Err(Error::new(ErrorKind::NotAFile, format!("node {}", op.node)));
            };
            content.checksums = checksums.clone();
            unchanged(&node, Some(*revision))?;
        }
        self.guard(&op.guards())?;
        node.created = op.created.or(node.created);
        if let Some(modified) = op.modified {
            node.modified = modified;
            node.revision = self.revision;
        }
        self.state.nodes.insert(node.id, node.clone());
        if op.modified.is_some() {
            match node.parent {
                Some(parent) => self.propagate(parent, 0, 0),
                None => self.touch(node.space),
            }
            self.note(node.space, node.id, ChangeKind::Changed);
        }
        Ok(Written { node, replaced: None })
    }

    fn patch_properties(&mut self, op: &PatchProperties) -> Result<Written> {
        let node = self.state.node(op.node)?;
        self.guard(&op.guards())?;
        self.update_properties(op.node, &op.owner, &op.updates);
        Ok(Written { node, replaced: None })
    }

    fn update_properties(
        &mut self,
        node: NodeId,
        owner: &PropertyOwner,
        updates: &[PropertyUpdate],
    ) {
        let owner = owner_key(owner);
        for update in updates {
            match update {
                PropertyUpdate::Set(property) => {
                    let key = (node, owner.clone(), property.key.clone());
                    self.state.properties.insert(key, property.value.clone());
                }
                PropertyUpdate::Remove(key) => {
                    self.state.properties.remove(&(node, owner.clone(), key.clone()));
                }
            }
        }
    }

    /// A new folder at a place; the caller gives it what it is.
    fn fresh(&mut self, parent: &Node, target: &Target, created: Option<Timestamp>) -> Node {
        Node {
            id: NodeId(self.state.next_id()),
            space: parent.space,
            parent: Some(parent.id),
            name: Some(target.name.clone()),
            kind: NodeKind::Folder,
            size: 0,
            epoch: parent.epoch,
            revision: self.revision,
            modified: self.now,
            created,
            uploaded: self.now,
        }
    }

    /// A copy of one node, with everyone's properties.
    fn copy_row(&mut self, source: &Node, parent: &Node, target: &Target) -> Result<Node> {
        let fresh = self.fresh(parent, target, source.created);
        if let Some(id) = source.content().and_then(|content| content.id) {
            let segments = self.state.contents.get(&id).map(|row| row.segments.clone());
            self.state.reference(id, &segments.unwrap_or_default())?;
        }
        for key in self.state.property_keys(source.id) {
            if let (None, Some(value)) = (&key.1, self.state.properties.get(&key).cloned()) {
                self.state.properties.insert((fresh.id, None, key.2), value);
            }
        }
        let (kind, size, modified) = (source.kind.clone(), source.size, source.modified);
        Ok(Node { kind, size, modified, ..fresh })
    }

    /// Writes a node that has a parent, and its place among the children.
    fn store(&mut self, node: Node) {
        if let (Some(parent), Some(name)) = (node.parent, &node.name) {
            self.state.children.insert((parent, self.state.policy.key(name)), node.id);
        }
        self.state.nodes.insert(node.id, node);
    }

    fn take_away(&mut self, node: &Node, parent: NodeId) {
        self.state.erase(node.id, self.now);
        self.propagate(parent, 0, node.size);
        self.teller.removed(node);
        if let Some(name) = node.name.clone() {
            self.note(node.space, node.id, ChangeKind::Removed { parent, name });
        }
    }

    /// Tells a folder and its ancestors of a change below.
    fn propagate(&mut self, folder: NodeId, added: u64, freed: u64) {
        self.propagate_since(folder, added, freed, self.now);
    }

    /// The same for a change that counts as made at `told`.
    fn propagate_since(&mut self, folder: NodeId, added: u64, freed: u64, told: Timestamp) {
        let lineage: Vec<Node> = self.state.lineage(folder).cloned().collect();
        for node in lineage {
            self.touch(node.space);
            let size = node.size + added - freed;
            let modified = node.modified.max(told);
            let row = Node { size, modified, revision: self.revision, ..node };
            self.state.nodes.insert(row.id, row);
        }
    }

    fn touch(&mut self, space: SpaceId) {
        self.touched.insert(space);
        if let Some(row) = self.state.spaces.get(&space).cloned() {
            let revision = self.revision;
            self.state.spaces.insert(space, SpaceRow { revision, ..row });
        }
    }

    fn note(&mut self, space: SpaceId, node: NodeId, kind: ChangeKind) {
        let change = Change { revision: self.revision, node, kind };
        self.state.changes.insert((space, self.revision, self.entries), change);
        self.entries += 1;
    }
}
