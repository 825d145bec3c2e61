//! Changes, as they are committed.

use allmende_types::{Checksums, Name, NodeId, Origin, Revision, SpaceId, Timestamp, UserId};

use super::{Node, PropertyKey, PropertyOwner, Segment};
use crate::{ErrorKind, LockToken};

/// Changes that become visible together.
///
/// Each of them is checked against the state that the ones before it left. All of them
/// get one revision, the same in each space that they touch: higher than that of every
/// space whose nodes the batch names. So a node that is moved to another space cannot
/// get a revision there that it had before.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Who makes the changes.
    pub actor: Actor,
    /// The time of the change.
    pub now: Timestamp,
    /// Why they are made: what the [events](super::Teller) say of it.
    pub cause: Cause,
    /// The changes, at least one.
    pub ops: Vec<Op>,
}

impl Batch {
    /// A batch of one change.
    #[must_use]
    pub fn one(actor: Actor, now: Timestamp, op: Op) -> Self {
        Self { actor, now, cause: Cause::Request, ops: vec![op] }
    }
}

/// Why changes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Cause {
    /// Somebody asked for them.
    #[default]
    Request,
    /// Something comes back: from the trash, or an older version of a content.
    Restore,
}

/// Who makes a change, and which locks they hold.
///
/// A lock lets a write pass if its holder is the person and, for one of the protocol, its token
/// is among the tokens. A server's own work (a job, a migration) has no person and passes no lock.
#[derive(Debug, Clone, Default)]
pub struct Actor {
    /// The person.
    pub person: Option<UserId>,
    /// The tokens that came with the request.
    pub tokens: Vec<LockToken>,
    /// The number of the share through which a guest came, where there is no person.
    pub link: Option<i64>,
    /// Where the request came from.
    pub origin: Origin,
}

/// One change.
///
/// # Which locks are asked
/// Putting content and setting facts or properties asks the locks that cover the node.
/// Making, removing, moving and copying ask those on the folder whose members change
/// (and, for what disappears, everything below it). See [`GuardedWrite`](super::GuardedWrite).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Op {
    /// Makes a file, or gives a file new content.
    PutFile(PutFile),
    /// Makes a folder.
    MakeFolder(MakeFolder),
    /// Removes a node with everything below it.
    Remove(RemoveNode),
    /// Moves or renames a node with everything below it.
    Move(MoveNode),
    /// Copies a node, with or without what is below it. Contents are shared, not copied.
    Copy(CopyNode),
    /// Changes times or checksums, not content.
    SetFacts(SetFacts),
    /// Sets and removes stored properties.
    PatchProperties(PatchProperties),
}

impl Op {
    /// The nodes that the change names: a node, a target folder, or both.
    #[must_use]
    pub fn named_nodes(&self) -> Vec<NodeId> {
        match self {
            Self::PutFile(op) => vec![op.target.parent],
            Self::MakeFolder(op) => vec![op.target.parent],
            Self::Remove(op) => vec![op.node],
            Self::Move(op) => vec![op.node, op.target.parent],
            Self::Copy(op) => vec![op.node, op.target.parent],
            Self::SetFacts(op) => vec![op.node],
            Self::PatchProperties(op) => vec![op.node],
        }
    }
}

/// A place in a folder, and what the caller believes to be there.
#[derive(Debug, Clone)]
pub struct Target {
    /// The folder. If it is gone, the batch fails with
    /// [`ParentNotFound`](crate::ErrorKind::ParentNotFound); if it is a file, with
    /// [`NotAFolder`](crate::ErrorKind::NotAFolder).
    pub parent: NodeId,
    /// The name inside it.
    pub name: Name,
    /// What must be there.
    pub expect: Expect,
    /// If given, the space that the folder must lie in; in another one it is
    /// [`ParentNotFound`](crate::ErrorKind::ParentNotFound). So nothing comes into a folder
    /// that was thrown away meanwhile, where whoever wrote it would not find it.
    pub space: Option<SpaceId>,
}

impl Target {
    /// Compares the expectation with the node that is to be the folder.
    ///
    /// # Errors
    /// [`ParentNotFound`](crate::ErrorKind::ParentNotFound),
    /// [`NotAFolder`](crate::ErrorKind::NotAFolder).
    pub fn check_folder(&self, parent: &Node) -> Result<(), ErrorKind> {
        if !lies_in(parent, self.space) {
            return Err(ErrorKind::ParentNotFound);
        }
        if parent.is_folder() { Ok(()) } else { Err(ErrorKind::NotAFolder) }
    }
}

/// Whether a node lies in the space in which it is expected, if it is expected in any.
fn lies_in(node: &Node, expected: Option<SpaceId>) -> bool {
    expected.is_none_or(|space| space == node.space)
}

/// The state that a change expects. A violated expectation fails the whole batch: with
/// [`Exists`](crate::ErrorKind::Exists) where something stands and nothing was expected,
/// with [`NotFound`](crate::ErrorKind::NotFound) where it is the other way round, and with
/// [`Changed`](crate::ErrorKind::Changed) where something else stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect {
    /// Whatever is there; it is replaced.
    #[default]
    Any,
    /// Nothing.
    Absent,
    /// This node, whatever its content.
    Node(NodeId),
    /// This node with this revision: nobody changed it since.
    Unchanged(NodeId, Revision),
}

impl Expect {
    /// Compares the expectation with what stands at the place.
    ///
    /// # Errors
    /// The kind of error that the violated expectation is answered with.
    pub fn check(self, standing: Option<(NodeId, Revision)>) -> Result<(), ErrorKind> {
        match (self, standing) {
            (Self::Any, _) | (Self::Absent, None) => Ok(()),
            (Self::Absent, Some(_)) => Err(ErrorKind::Exists),
            (Self::Node(_) | Self::Unchanged(..), None) => Err(ErrorKind::NotFound),
            (Self::Node(id), Some((there, _))) if id == there => Ok(()),
            (Self::Unchanged(id, revision), Some(there)) if (id, revision) == there => Ok(()),
            (Self::Node(_) | Self::Unchanged(..), Some(_)) => Err(ErrorKind::Changed),
        }
    }
}

/// See [`Op::PutFile`]. A folder at the target is
/// [`NotAFile`](crate::ErrorKind::NotAFile), whatever is expected. An overwritten file
/// keeps its id, the spelling of its name, its locks and its stored properties; its
/// creation time too, if no new one is given. `uploaded` becomes the batch's time.
///
/// A segment of length 0 is [`Invalid`](crate::ErrorKind::Invalid), and so is a blob that
/// [`Tree::purge`](crate::Tree::purge) has handed out.
#[derive(Debug, Clone)]
pub struct PutFile {
    /// Where.
    pub target: Target,
    /// The blobs that make up the content: durable already, none of them of length 0.
    pub segments: Vec<Segment>,
    /// The media type.
    pub media_type: Box<str>,
    /// The checksums; those of an overwritten content are forgotten.
    pub checksums: Checksums,
    /// The time of the last change.
    pub modified: Timestamp,
    /// The creation time, if the client told it.
    pub created: Option<Timestamp>,
    /// Properties of everyone that speak of the content, such as who wrote it: they come
    /// with it, in this order.
    pub properties: Vec<PropertyUpdate>,
}

impl PutFile {
    /// The time that the folders above get, unless theirs is later: that of the batch for a
    /// file that comes. Where one is overwritten the folder keeps its members, and becomes
    /// only as new as what is in it, so that a client that restores old content with old
    /// times does not make its folders new. Never a time to come.
    #[must_use]
    pub fn told(&self, standing: Option<&Node>, now: Timestamp) -> Timestamp {
        if standing.is_some() { self.modified.min(now) } else { now }
    }
}

/// See [`Op::MakeFolder`]. Anything at the target is
/// [`Exists`](crate::ErrorKind::Exists), whatever is expected.
#[derive(Debug, Clone)]
pub struct MakeFolder {
    /// Where.
    pub target: Target,
    /// The time of the last change.
    pub modified: Timestamp,
    /// The creation time, if the client told it.
    pub created: Option<Timestamp>,
}

/// See [`Op::Remove`]. The root of a space is [`Invalid`](crate::ErrorKind::Invalid).
#[derive(Debug, Clone, Copy)]
pub struct RemoveNode {
    /// The node.
    pub node: NodeId,
    /// If given, the revision that it must have.
    pub revision: Option<Revision>,
    /// If given, the folder that it must lie in: a move changes no revision, and what was
    /// moved out meanwhile must stay. Otherwise [`Changed`](crate::ErrorKind::Changed).
    pub parent: Option<NodeId>,
    /// If given, the space that it must lie in; in another one it is
    /// [`NotFound`](crate::ErrorKind::NotFound). Its folder can have been moved with it.
    pub space: Option<SpaceId>,
}

impl RemoveNode {
    /// The removal of a node, whatever its state.
    #[must_use]
    pub const fn whatever(node: NodeId) -> Self {
        Self { node, revision: None, parent: None, space: None }
    }

    /// Compares the expectation with the node.
    ///
    /// # Errors
    /// [`Changed`](crate::ErrorKind::Changed), [`NotFound`](crate::ErrorKind::NotFound).
    pub fn check(&self, node: &Node) -> Result<(), ErrorKind> {
        if !lies_in(node, self.space) {
            return Err(ErrorKind::NotFound);
        }
        let revision = self.revision.is_none_or(|revision| revision == node.revision);
        let parent = self.parent.is_none_or(|parent| node.parent == Some(parent));
        if revision && parent { Ok(()) } else { Err(ErrorKind::Changed) }
    }
}

/// See [`Op::Move`]. The root of a space is [`Invalid`](crate::ErrorKind::Invalid). What stands at the target is removed first, if the expectation
/// admits it; the node itself standing there (a rename that changes only case) is not, and
/// counts as nothing standing there.
/// A target inside the node is [`Cycle`](crate::ErrorKind::Cycle), and so is one that would
/// remove an ancestor of the node. Locks on the node and below it end.
#[derive(Debug, Clone)]
pub struct MoveNode {
    /// The node.
    pub node: NodeId,
    /// If given, the revision that it must have.
    pub revision: Option<Revision>,
    /// If given, the space that it must lie in; in another one it is
    /// [`NotFound`](crate::ErrorKind::NotFound). So what was thrown away meanwhile is not
    /// fetched back by whoever saw it before.
    pub space: Option<SpaceId>,
    /// Where to.
    pub target: Target,
}

impl MoveNode {
    /// The move of a node to a place, whatever its state.
    #[must_use]
    pub const fn whatever(node: NodeId, target: Target) -> Self {
        Self { node, revision: None, space: None, target }
    }

    /// Compares the expectation with the node.
    ///
    /// # Errors
    /// [`Changed`](crate::ErrorKind::Changed), [`NotFound`](crate::ErrorKind::NotFound).
    pub fn check(&self, node: &Node) -> Result<(), ErrorKind> {
        if !lies_in(node, self.space) {
            return Err(ErrorKind::NotFound);
        }
        match self.revision {
            Some(revision) if revision != node.revision => Err(ErrorKind::Changed),
            _ => Ok(()),
        }
    }
}

/// See [`Op::Copy`]. The copy has new ids, the same contents, times, checksums and
/// properties of everyone; `uploaded` is the batch's time. What stands at the target is
/// removed first, if the expectation admits it. A target inside the node is
/// [`Cycle`](crate::ErrorKind::Cycle), and so is one that would remove the node itself or an
/// ancestor of it.
#[derive(Debug, Clone)]
pub struct CopyNode {
    /// The node.
    pub node: NodeId,
    /// Where to.
    pub target: Target,
    /// Whether a folder is copied alone or with everything below it.
    pub depth: crate::LockDepth,
}

/// See [`Op::SetFacts`]. A new time of the last change gives the node a new revision:
/// clients find it by the etag. Checksums and the creation time do not: the content is the
/// same.
#[derive(Debug, Clone)]
pub struct SetFacts {
    /// The node.
    pub node: NodeId,
    /// A new time of the last change.
    pub modified: Option<Timestamp>,
    /// A new creation time.
    pub created: Option<Timestamp>,
    /// New checksums of a file, if its revision is still the one given;
    /// [`Changed`](crate::ErrorKind::Changed) otherwise, and
    /// [`NotAFile`](crate::ErrorKind::NotAFile) for a folder.
    pub checksums: Option<(Revision, Checksums)>,
}

/// See [`Op::PatchProperties`]. No revision changes.
#[derive(Debug, Clone)]
pub struct PatchProperties {
    /// The node.
    pub node: NodeId,
    /// Whose properties.
    pub owner: PropertyOwner,
    /// What to set and remove, in this order.
    pub updates: Vec<PropertyUpdate>,
}

/// A change of one stored property.
#[derive(Debug, Clone)]
pub enum PropertyUpdate {
    /// Sets it.
    Set(super::Property),
    /// Removes it; one that is not there is no error.
    Remove(PropertyKey),
}

/// What a batch did.
#[derive(Debug, Clone)]
pub struct Committed {
    /// For each change what came of it, in their order.
    pub written: Vec<Written>,
    /// The spaces that got a new revision, with it.
    pub revisions: Vec<(SpaceId, Revision)>,
}

/// What came of one change.
#[derive(Debug, Clone)]
pub struct Written {
    /// The node as it is now: the new, the changed, the moved one, the copy. Of a removed
    /// one, as it was.
    pub node: Node,
    /// The node that stood at the target and has been overwritten or removed: for a file
    /// that got new content, its old state.
    pub replaced: Option<Node>,
}
