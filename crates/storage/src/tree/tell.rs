//! Which events a change is told as: the one place for it, shared by all implementers.

use allmende_types::{
    EventKind, EventNode, NewEvent, NodeId, NodeShape, Origin, Principal, Stream, Timestamp,
};

use super::{Actor, Batch, Cause, Node};
use crate::{BreakLock, Lock};

/// Collects the events of a batch, as its changes are made one after the other.
///
/// An implementer of [`Tree::commit`](crate::Tree::commit) makes one for each batch, tells it
/// what happens, and writes the [events](Teller::into_events) in the transaction of the
/// batch. No caller of `commit` has to remember them.
///
/// | Change | Event |
/// |---|---|
/// | a file or folder is made; comes from another space | `file_created` in its space |
/// | a file gets new content | `file_changed` |
/// | it is removed, replaced, or goes to another space | `file_removed` in the space it leaves |
/// | it gets another folder; another name | `file_moved`; `file_renamed` |
/// | it is made as a copy | `file_copied`, the detail `source` is the node copied from |
/// | it comes back ([`Cause::Restore`]) | `file_restored` instead |
///
/// That a lock is broken is told by [`lock_broken`]. Of what lies below a folder nothing is
/// told. Times, checksums and properties are no
/// events.
#[derive(Debug)]
pub struct Teller {
    actor: Option<Principal>,
    origin: Origin,
    now: Timestamp,
    cause: Cause,
    told: Vec<NewEvent>,
}

impl Teller {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(batch: &Batch) -> Self {
        let (actor, origin) = (batch.actor.principal(), batch.actor.origin.clone());
        Self { actor, origin, now: batch.now, cause: batch.cause, told: Vec::new() }
    }

    /// A node was made, or came from another space.
    pub fn created(&mut self, node: &Node) {
        let kind = self.unless_restored(EventKind::FileCreated);
        self.tell(kind, node, None);
    }

    /// A file got new content.
    pub fn changed(&mut self, node: &Node) {
        let kind = self.unless_restored(EventKind::FileChanged);
        self.tell(kind, node, None);
    }

    /// A node is gone from where it was.
    pub fn removed(&mut self, node: &Node) {
        self.tell(EventKind::FileRemoved, node, None);
    }

    /// A node was moved or renamed.
    pub fn moved(&mut self, old: &Node, new: &Node) {
        if old.space != new.space {
            self.removed(old);
            self.created(new);
            return;
        }
        let (Some(parent), Some(name)) = (old.parent, &old.name) else { return };
        let kind = match (new.parent == old.parent, new.name == old.name) {
            (true, true) => return,
            (true, false) => EventKind::FileRenamed,
            (false, _) => EventKind::FileMoved,
        };
        let kind = self.unless_restored(kind);
        self.tell(kind, new, Some((parent, name.as_str().into())));
    }

    /// A node was made as a copy of another one.
    pub fn copied(&mut self, source: NodeId, node: &Node) {
        self.tell(EventKind::FileCopied, node, None);
        if let Some(event) = self.told.last_mut() {
            event.details.insert("source".into(), source.to_string());
        }
    }

    /// What is to be written, in this order.
    #[must_use]
    pub fn into_events(self) -> Vec<NewEvent> {
        self.told
    }

    const fn unless_restored(&self, kind: EventKind) -> EventKind {
        match self.cause {
            Cause::Request => kind,
            Cause::Restore => EventKind::FileRestored,
        }
    }

    fn tell(&mut self, kind: EventKind, node: &Node, from: Option<(NodeId, Box<str>)>) {
        let about = EventNode { from, ..about(node) };
        let event = NewEvent::new(Stream::Space(node.space), kind, self.now)
            .by(self.actor.clone())
            .from(self.origin.clone())
            .about(about);
        self.told.push(event);
    }
}

/// The event that a lock on a node is broken, written in the transaction that ends the lock.
/// Its details tell whose it was, of which kind, and since when.
#[must_use]
pub fn lock_broken(order: &BreakLock, lock: &Lock, node: &Node) -> NewEvent {
    NewEvent::new(Stream::Space(node.space), EventKind::LockBroken, order.now)
        .by(order.by.clone())
        .from(order.origin.clone())
        .about(about(node))
        .detail("holder", lock.holder.as_str())
        .detail("kind", lock.kind.number().to_string())
        .detail("since", lock.created.unix().to_string())
}

/// A node as events name it.
fn about(node: &Node) -> EventNode {
    EventNode {
        space: node.space,
        node: node.id,
        parent: node.parent,
        name: node.name.as_ref().map_or("", |name| name.as_str()).into(),
        shape: if node.is_folder() { NodeShape::Folder } else { NodeShape::File },
        from: None,
    }
}

impl Actor {
    /// Who it is, in events: the person, or the guest of a link.
    #[must_use]
    pub fn principal(&self) -> Option<Principal> {
        let person = self.person.clone().map(Principal::Person);
        person.or(self.link.map(Principal::Link))
    }
}
