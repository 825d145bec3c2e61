//! The decorator as a lock store.

#![deny(clippy::missing_trait_methods)]

use allmende_types::{NodeId, Timestamp, UserId};
use async_trait::async_trait;

use super::{Decorated, Method, Probe};
use crate::{BreakLock, Lock, LockRequest, LockStore, LockTimeout, LockToken, Result};

#[async_trait]
impl<S: LockStore + ?Sized, P: Probe> LockStore for Decorated<S, P> {
    async fn lock(&self, request: LockRequest) -> Result<Lock> {
        self.call(Method::Lock, self.inner.lock(request)).await
    }

    async fn refresh(
        &self,
        node: NodeId,
        token: &LockToken,
        holder: &UserId,
        timeout: LockTimeout,
        now: Timestamp,
    ) -> Result<Lock> {
        let call = self.inner.refresh(node, token, holder, timeout, now);
        self.call(Method::Refresh, call).await
    }

    async fn unlock(
        &self,
        node: NodeId,
        token: &LockToken,
        holder: &UserId,
        now: Timestamp,
    ) -> Result<()> {
        self.call(Method::Unlock, self.inner.unlock(node, token, holder, now)).await
    }

    async fn break_lock(&self, order: BreakLock) -> Result<Lock> {
        self.call(Method::BreakLock, self.inner.break_lock(order)).await
    }

    async fn all(
        &self,
        after: Option<&LockToken>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Lock>> {
        self.call(Method::AllLocks, self.inner.all(after, limit, now)).await
    }

    async fn covering(&self, nodes: &[NodeId], now: Timestamp) -> Result<Vec<Vec<Lock>>> {
        self.call(Method::Covering, self.inner.covering(nodes, now)).await
    }

    async fn below(&self, node: NodeId, now: Timestamp) -> Result<Vec<Lock>> {
        self.call(Method::Below, self.inner.below(node, now)).await
    }

    async fn remove_expired(&self, now: Timestamp, limit: usize) -> Result<usize> {
        self.call(Method::RemoveExpired, self.inner.remove_expired(now, limit)).await
    }
}
