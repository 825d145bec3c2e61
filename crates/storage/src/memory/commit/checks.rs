//! What a change needs, looked at before anything is written.

use allmende_types::{NodeId, Revision, SpaceId, SpacePath};

use super::Commit;
use crate::{Error, ErrorKind, GuardedWrite, Node, Result, Segment, Target};

/// A place to write to, with what stands there.
pub(super) struct Place {
    pub(super) parent: Node,
    pub(super) standing: Option<Node>,
}

impl Place {
    pub(super) fn id(&self) -> Option<NodeId> {
        self.standing.as_ref().map(|node| node.id)
    }

    pub(super) fn size(&self) -> u64 {
        self.standing.as_ref().map_or(0, |node| node.size)
    }
}

impl Commit<'_> {
    /// Looks at a target.
    pub(super) fn place(&self, target: &Target) -> Result<Place> {
        let Some(parent) = self.state.nodes.get(&target.parent).cloned() else {
            return fail(ErrorKind::ParentNotFound, target);
        };
        target.check_folder(&parent).or_else(|kind| fail(kind, target))?;
        let standing = self.state.child(parent.id, &target.name).cloned();
        Ok(Place { parent, standing })
    }

    /// The folder of a node that is to be moved or removed.
    pub(super) fn parent_of(&self, node: &Node) -> Result<NodeId> {
        let root = || Error::new(ErrorKind::Invalid, format!("node {} is a root", node.id));
        node.parent.ok_or_else(root)
    }

    pub(super) fn check_cycle(&self, node: &Node, place: &Place) -> Result<()> {
        let inside = self.state.is_within(place.parent.id, node.id);
        let removes = place
            .id()
            .is_some_and(|standing| standing != node.id && self.state.is_within(node.id, standing));
        if inside || removes {
            return Err(Error::new(ErrorKind::Cycle, format!("node {}", node.id)));
        }
        Ok(())
    }

    /// How many levels a subtree has: 1 for a file.
    pub(super) fn height(&self, top: NodeId) -> usize {
        let depth = |id| self.state.lineage(id).count();
        let deepest = self.state.subtree(top).into_iter().map(depth).max().unwrap_or(0);
        deepest - depth(top) + 1
    }

    /// Refuses a place below which paths would be longer than any path may be.
    pub(super) fn check_depth(&self, parent: NodeId, height: usize) -> Result<()> {
        // The root counts among the ancestors, not among the names.
        let names = self.state.lineage(parent).count() - 1 + height;
        if names > SpacePath::MAX_DEPTH {
            return Err(Error::new(ErrorKind::Invalid, format!("below node {parent}: too deep")));
        }
        Ok(())
    }

    pub(super) fn guard(&self, guards: &[GuardedWrite]) -> Result<()> {
        let mut obstacles = Vec::new();
        for guard in guards {
            let mut nodes = vec![guard.node()];
            if guard.reaches_below() {
                let below = self.state.below(guard.node(), self.now);
                nodes.extend(below.into_iter().map(|lock| lock.node));
            }
            for node in nodes {
                let covering = self.state.covering(node, self.now);
                obstacles.extend(self.actor.stopped_by(&covering, self.now));
            }
        }
        if obstacles.is_empty() {
            return Ok(());
        }
        obstacles.sort_by(|a, b| a.token.cmp(&b.token));
        obstacles.dedup();
        Err(Error::new(ErrorKind::Locked(obstacles), "commit"))
    }

    /// Refuses what would make a space exceed its quota. What does not add is never refused.
    pub(super) fn charge(&self, space: SpaceId, adds: u64, frees: u64) -> Result<()> {
        let space = self.state.space(space)?;
        let needed = adds.saturating_sub(frees);
        if space.used.checked_add(needed).is_none() {
            return Err(Error::new(ErrorKind::Invalid, "more bytes than can be counted"));
        }
        match space.free() {
            Some(free) if needed > free => {
                let kind = ErrorKind::Quota { needed, free };
                Err(Error::new(kind, format!("space {}", space.id)))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn fail<T>(kind: ErrorKind, target: &Target) -> Result<T> {
    Err(Error::new(kind, format!("{:?} in node {}", target.name.as_str(), target.parent)))
}

pub(super) fn expect(target: &Target, standing: Option<&Node>) -> Result<()> {
    let standing = standing.map(|node| (node.id, node.revision));
    target.expect.check(standing).or_else(|kind| fail(kind, target))
}

pub(super) fn unchanged(node: &Node, revision: Option<Revision>) -> Result<()> {
    if revision.is_some_and(|revision| revision != node.revision) {
        return Err(Error::new(ErrorKind::Changed, format!("node {}", node.id)));
    }
    Ok(())
}

pub(super) fn content_size(segments: &[Segment]) -> Result<u64> {
    let sum = (segments.iter()).try_fold(0u64, |sum, segment| match segment.size {
        0 => None,
        size => sum.checked_add(size),
    });
    sum.ok_or_else(|| Error::new(ErrorKind::Invalid, "a segment is empty or the sum too large"))
}
