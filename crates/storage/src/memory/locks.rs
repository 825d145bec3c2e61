//! The locks of the tree in memory.

use allmende_types::{NodeId, Timestamp, UserId};
use async_trait::async_trait;

use super::{state::State, tree::MemoryTree};
use crate::{Error, ErrorKind, Lock, LockRequest, LockStore, LockTimeout, LockToken, Result};

/// The lock with this token, if it covers the node.
fn find(state: &State, node: NodeId, token: &LockToken, now: Timestamp) -> Result<Lock> {
    let covering = state.covering(node, now);
    let gone = || Error::new(ErrorKind::NotFound, format!("lock {token} on node {node}"));
    covering.into_iter().find(|lock| lock.token == *token).ok_or_else(gone)
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
        state.keep();
        Ok(())
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
