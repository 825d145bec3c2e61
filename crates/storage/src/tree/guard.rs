//! Which locks a write must ask, and who passes them: the one place for the rules of
//! RFC 4918, sections 6 and 7, and of locks that are set by hand. Pure functions, shared by all implementers.

use allmende_types::{NodeId, Timestamp};

use super::{
    Actor, CopyNode, MakeFolder, MoveNode, PatchProperties, PutFile, RemoveNode, SetFacts,
};
use crate::{Lock, LockDepth, LockKind, LockRequest, LockScope};

/// Which locks a write must ask.
///
/// An implementer of [`Tree::commit`](crate::Tree::commit) takes the guards of each
/// change, loads for each the locks that cover its node (and, if it
/// [reaches below](GuardedWrite::reaches_below), the covering set of each locked node
/// below), and gives each set to [`Actor::stopped_by`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardedWrite {
    /// The node itself is written: locks that cover it.
    Node(NodeId),
    /// The folder gets or loses a member: locks on it, of either depth, and infinite ones
    /// above.
    Members(NodeId),
    /// The node disappears with everything below it: locks that cover it or lie below.
    Subtree(NodeId),
}

impl GuardedWrite {
    /// The node whose covering locks are asked.
    #[must_use]
    pub const fn node(self) -> NodeId {
        match self {
            Self::Node(id) | Self::Members(id) | Self::Subtree(id) => id,
        }
    }

    /// Whether the locks on nodes below are asked too.
    #[must_use]
    pub const fn reaches_below(self) -> bool {
        matches!(self, Self::Subtree(_))
    }
}

impl PutFile {
    /// The guards, given the file that stands at the target. New content asks the file's
    /// locks only: its folder neither gets nor loses a member.
    #[must_use]
    pub fn guards(&self, standing: Option<NodeId>) -> Vec<GuardedWrite> {
        vec![standing.map_or(GuardedWrite::Members(self.target.parent), GuardedWrite::Node)]
    }
}

impl MakeFolder {
    /// The guards.
    #[must_use]
    pub fn guards(&self) -> Vec<GuardedWrite> {
        vec![GuardedWrite::Members(self.target.parent)]
    }
}

impl RemoveNode {
    /// The guards, given the folder that the node lies in.
    #[must_use]
    pub fn guards(&self, parent: NodeId) -> Vec<GuardedWrite> {
        vec![GuardedWrite::Subtree(self.node), GuardedWrite::Members(parent)]
    }
}

impl MoveNode {
    /// The guards, given the folder that the node lies in and the other node, if any, that
    /// stands at the target.
    #[must_use]
    pub fn guards(&self, parent: NodeId, standing: Option<NodeId>) -> Vec<GuardedWrite> {
        let mut guards = vec![GuardedWrite::Subtree(self.node), GuardedWrite::Members(parent)];
        if self.target.parent != parent {
            guards.push(GuardedWrite::Members(self.target.parent));
        }
        guards.extend(standing.map(GuardedWrite::Subtree));
        guards
    }
}

impl CopyNode {
    /// The guards, given the node that stands at the target. The source is only read.
    #[must_use]
    pub fn guards(&self, standing: Option<NodeId>) -> Vec<GuardedWrite> {
        let mut guards = vec![GuardedWrite::Members(self.target.parent)];
        guards.extend(standing.map(GuardedWrite::Subtree));
        guards
    }
}

impl SetFacts {
    /// The guards.
    #[must_use]
    pub fn guards(&self) -> Vec<GuardedWrite> {
        vec![GuardedWrite::Node(self.node)]
    }
}

impl PatchProperties {
    /// The guards.
    #[must_use]
    pub fn guards(&self) -> Vec<GuardedWrite> {
        vec![GuardedWrite::Node(self.node)]
    }
}

impl Actor {
    /// Whether a lock lets the actor pass: they hold it, and, if it is one of the protocol,
    /// its token was submitted. The guest of a link holds none, whoever made the link.
    #[must_use]
    pub fn passes(&self, lock: &Lock) -> bool {
        // Two ids that differ in case are one person.
        let holds = self.person.as_ref().is_some_and(|who| who.key() == lock.holder.key());
        holds
            && match lock.kind {
                LockKind::Person | LockKind::App => true,
                LockKind::Token => self.tokens.contains(&lock.token),
            }
    }

    /// Of the locks that cover one node, those that stop the actor; empty if they may go
    /// on. Of several shared locks any one suffices (RFC 4918, section 6.2), of exclusive ones
    /// each must let them pass; a lease that has ended does not count.
    #[must_use]
    pub fn stopped_by(&self, covering: &[Lock], now: Timestamp) -> Vec<Lock> {
        let active = || covering.iter().filter(|lock| lock.is_active(now));
        let shared = |lock: &&Lock| lock.scope == LockScope::Shared;
        let shares = active().filter(shared).any(|lock| self.passes(lock));
        let stops = |lock: &&Lock| match lock.scope {
            LockScope::Exclusive => !self.passes(lock),
            LockScope::Shared => !shares,
        };
        active().filter(stops).cloned().collect()
    }
}

impl LockRequest {
    /// The locks that stand in the way of this one, given those that cover the node and
    /// those on nodes below it (which count for an infinite lock only).
    #[must_use]
    pub fn obstacles(&self, covering: &[Lock], below: &[Lock]) -> Vec<Lock> {
        let below = if self.depth == LockDepth::Infinity { below } else { &[] };
        let shares =
            |lock: &Lock| self.scope == LockScope::Shared && lock.scope == LockScope::Shared;
        let all = covering.iter().chain(below);
        all.filter(|lock| lock.is_active(self.now) && !shares(lock)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LockTimeout, LockToken};

    fn lock(holder: &str, token: &str, scope: LockScope) -> Lock {
        Lock::from_request(LockRequest {
            node: NodeId(7),
            token: token.parse().unwrap(),
            kind: LockKind::Token,
            scope,
            depth: LockDepth::Infinity,
            holder: holder.parse().unwrap(),
            owner: String::new(),
            timeout: LockTimeout::Seconds(10),
            now: Timestamp::from_unix(100),
        })
    }

    fn actor(person: Option<&str>, tokens: &[&str]) -> Actor {
        Actor {
            person: person.map(|person| person.parse().unwrap()),
            tokens: tokens.iter().map(|token| token.parse::<LockToken>().unwrap()).collect(),
            ..Actor::default()
        }
    }

    #[test]
    fn a_lock_passes_its_holder_with_its_token_only() {
        let one = [lock("alice", "t:1", LockScope::Exclusive)];
        let now = Timestamp::from_unix(109);
        assert!(actor(Some("alice"), &["t:0", "t:1"]).stopped_by(&one, now).is_empty());
        assert!(actor(Some("ALICE"), &["t:1"]).stopped_by(&one, now).is_empty());
        assert_eq!(actor(Some("alice"), &[]).stopped_by(&one, now), one);
        assert_eq!(actor(Some("bob"), &["t:1"]).stopped_by(&one, now), one);
        assert_eq!(actor(None, &["t:1"]).stopped_by(&one, now), one);
        let end = Timestamp::from_unix(110);
        assert!(actor(None, &[]).stopped_by(&one, end).is_empty());
    }

    #[test]
    fn a_lock_set_by_hand_passes_its_holder_as_they_are() {
        let now = Timestamp::from_unix(109);
        for kind in [LockKind::Person, LockKind::App] {
            let one = [Lock { kind, ..lock("alice", "t:1", LockScope::Exclusive) }];
            assert!(actor(Some("Alice"), &[]).stopped_by(&one, now).is_empty());
            for stranger in [actor(Some("bob"), &["t:1"]), actor(None, &["t:1"])] {
                assert_eq!(stranger.stopped_by(&one, now), one);
            }
            assert_eq!(Actor { link: Some(1), ..actor(None, &[]) }.stopped_by(&one, now), one);
        }
    }

    #[test]
    fn each_exclusive_lock_is_asked() {
        let shared = lock("bob", "t:1", LockScope::Shared);
        let own = Lock { kind: LockKind::Person, ..lock("alice", "t:2", LockScope::Exclusive) };
        let both = [shared.clone(), own.clone()];
        let now = Timestamp::from_unix(100);
        assert_eq!(actor(Some("bob"), &["t:1"]).stopped_by(&both, now), [own]);
        assert_eq!(actor(Some("alice"), &[]).stopped_by(&both, now), [shared]);
    }

    #[test]
    fn one_of_several_shared_locks_suffices() {
        let two = [lock("alice", "t:1", LockScope::Shared), lock("bob", "t:2", LockScope::Shared)];
        let now = Timestamp::from_unix(100);
        assert!(actor(Some("bob"), &["t:2"]).stopped_by(&two, now).is_empty());
        assert_eq!(actor(Some("bob"), &["t:1"]).stopped_by(&two, now).len(), 2);
    }
}
