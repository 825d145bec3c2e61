//! The locks of the tree in memory.

use std::ops::Bound;

use allmende_types::{NodeId, Revision, Timestamp, UserId};
use async_trait::async_trait;

use super::{
    state::{SpaceRow, State},
    tree::MemoryTree,
};
use crate::{
    BreakLock, Change, ChangeKind, Error, ErrorKind, Lock, LockRequest, LockStore, LockTimeout,
    LockToken, Node, Result, lock_broken,
};

/// The lock with this token, if it covers the node.
fn find(state: &State, node: NodeId, token: &LockToken, now: Timestamp) -> Result<Lock> {
    let covering = state.covering(node, now);
    let gone = || Error::new(ErrorKind::NotFound, format!("lock {token} on node {node}"));
    covering.into_iter().find(|lock| lock.token == *token).ok_or_else(gone)
}

/// Others look for the change by the revisions of folders, if it is one of such a lock.
fn tell(state: &mut State, lock: &Lock) -> Result<()> {
    if !lock.kind.is_told() {
        return Ok(());
    }
    let node = state.node(lock.node)?;
    let Some(space) = state.spaces.get(&node.space).cloned() else { return Ok(()) };
    let revision = Revision(space.revision.0 + 1);
    let above: Vec<Node> = state.lineage(node.id).skip(1).cloned().collect();
    for folder in above {
        state.nodes.insert(folder.id, Node { revision, ..folder });
    }
    state.spaces.insert(node.space, SpaceRow { revision, ..space });
    let change = Change { revision, node: node.id, kind: ChangeKind::Changed };
    state.changes.insert((node.space, revision, 0), change);
    Ok(())
}

#[async_trait]
impl LockStore for MemoryTree {
    async fn lock(&self, request: LockRequest) -> Result<Lock> {
        let mut state = self.state();
        state.node(request.node)?;
        let (node, now) = (request.node, request.now);
        let obstacles = request.obstacles(&state.covering(node, now), &state.below(node, now));
        if !obstacles.is_empty() {
            return Err(Error::new(ErrorKind::Locked(obstacles), format!("lock node {node}")));
        }
        if state.locks.get(&request.token).is_some_and(|lock| lock.is_active(now)) {
            return Err(Error::new(ErrorKind::Exists, format!("lock {}", request.token)));
        }
        let lock = Lock::from_request(request);
        state.locks.insert(lock.token.clone(), lock.clone());
        tell(&mut state, &lock)?;
        state.keep();
        Ok(lock)
    }

    async fn refresh(
        &self,
        node: NodeId,
        token: &LockToken,
        holder: &UserId,
        timeout: LockTimeout,
        now: Timestamp,
    ) -> Result<Lock> {
        let mut state = self.state();
        let lock = find(&state, node, token, now)?;
        if lock.holder.key() != holder.key() {
            return Err(Error::new(ErrorKind::NotFound, format!("lock {token} of {holder}")));
        }
        let lock = Lock { expires: timeout.end(now), ..lock };
        state.locks.insert(token.clone(), lock.clone());
        state.keep();
        Ok(lock)
    }

    async fn unlock(
        &self,
        node: NodeId,
        token: &LockToken,
        holder: &UserId,
        now: Timestamp,
    ) -> Result<()> {
        let mut state = self.state();
        let lock = find(&state, node, token, now)?;
        if lock.holder.key() != holder.key() {
            return Err(Error::new(ErrorKind::Locked(vec![lock]), format!("unlock node {node}")));
        }
        state.locks.remove(token);
        tell(&mut state, &lock)?;
        state.keep();
        Ok(())
    }

    async fn break_lock(&self, order: BreakLock) -> Result<Lock> {
        let mut state = self.state();
        let lock = find(&state, order.node, &order.token, order.now)?;
        if lock.node != order.node {
            let context = format!("lock {} on node {} itself", order.token, order.node);
            return Err(Error::new(ErrorKind::NotFound, context));
        }
        let node = state.node(lock.node)?;
        state.locks.remove(&order.token);
        tell(&mut state, &lock)?;
        state.tell(lock_broken(&order, &lock, &node));
        state.keep();
        Ok(lock)
    }

    async fn all(
        &self,
        after: Option<&LockToken>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Lock>> {
        let state = self.state();
        let behind = after.cloned().map_or(Bound::Unbounded, Bound::Excluded);
        let active = state.locks.range((behind, Bound::Unbounded)).map(|(_, lock)| lock);
        Ok(active.filter(|lock| lock.is_active(now)).take(limit).cloned().collect())
    }

    async fn covering(&self, nodes: &[NodeId], now: Timestamp) -> Result<Vec<Vec<Lock>>> {
        let state = self.state();
        Ok(nodes.iter().map(|node| state.covering(*node, now)).collect())
    }

    async fn below(&self, node: NodeId, now: Timestamp) -> Result<Vec<Lock>> {
        Ok(self.state().below(node, now))
    }

    async fn remove_expired(&self, now: Timestamp, limit: usize) -> Result<usize> {
        let mut state = self.state();
        let ended: Vec<LockToken> = (state.locks.iter())
            .filter(|(_, lock)| !lock.is_active(now))
            .map(|(token, _)| token.clone())
            .take(limit)
            .collect();
        for token in &ended {
            state.locks.remove(token);
        }
        state.keep();
        Ok(ended.len())
    }
}
