//! The decorator as a tree.

#![deny(clippy::missing_trait_methods)]

use allmende_types::{BlobId, Name, NodeId, Revision, SpaceId, SpacePath, Timestamp};
use async_trait::async_trait;

use super::{Decorated, Method, Probe};
use crate::{
    Batch, BlobLease, Change, ChildCount, Committed, Content, Cursor, Garbage, NewSpace, Node,
    NodeSearch, Page, Property, PropertyOwner, Result, Segment, Space, Tree,
};

#[async_trait]
impl<S: Tree + ?Sized, P: Probe> Tree for Decorated<S, P> {
    async fn create_space(&self, new: NewSpace) -> Result<Space> {
        self.call(Method::CreateSpace, self.inner.create_space(new)).await
    }

    async fn find_space(&self, key: &str) -> Result<Option<Space>> {
        self.call(Method::FindSpace, self.inner.find_space(key)).await
    }

    async fn find_spaces(&self, keys: &[&str]) -> Result<Vec<Option<Space>>> {
        self.call(Method::FindSpaces, self.inner.find_spaces(keys)).await
    }

    async fn space(&self, id: SpaceId) -> Result<Space> {
        self.call(Method::Space, self.inner.space(id)).await
    }

    async fn spaces(&self, ids: &[SpaceId]) -> Result<Vec<Option<Space>>> {
        self.call(Method::Spaces, self.inner.spaces(ids)).await
    }

    async fn set_quota(&self, id: SpaceId, quota: Option<u64>) -> Result<()> {
        self.call(Method::SetQuota, self.inner.set_quota(id, quota)).await
    }

    async fn remove_space(&self, id: SpaceId, now: Timestamp) -> Result<()> {
        self.call(Method::RemoveSpace, self.inner.remove_space(id, now)).await
    }

    async fn resolve(&self, space: SpaceId, path: &SpacePath) -> Result<Option<Node>> {
        self.call(Method::Resolve, self.inner.resolve(space, path)).await
    }

    async fn resolve_below(&self, top: NodeId, path: &SpacePath) -> Result<Option<Node>> {
        self.call(Method::ResolveBelow, self.inner.resolve_below(top, path)).await
    }

    async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Node>>> {
        self.call(Method::Stat, self.inner.stat(ids)).await
    }

    async fn paths(&self, ids: &[NodeId]) -> Result<Vec<Option<SpacePath>>> {
        self.call(Method::Paths, self.inner.paths(ids)).await
    }

    async fn lineage(&self, ids: &[NodeId]) -> Result<Vec<Vec<NodeId>>> {
        self.call(Method::Lineage, self.inner.lineage(ids)).await
    }

    async fn children_named(&self, places: &[(NodeId, Name)]) -> Result<Vec<Option<Node>>> {
        self.call(Method::ChildrenNamed, self.inner.children_named(places)).await
    }

    async fn list(
        &self,
        folder: NodeId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Node>> {
        self.call(Method::List, self.inner.list(folder, after, limit)).await
    }

    async fn count_children(&self, folders: &[NodeId]) -> Result<Vec<ChildCount>> {
        self.call(Method::CountChildren, self.inner.count_children(folders)).await
    }

    async fn search(&self, search: &NodeSearch) -> Result<Vec<Node>> {
        self.call(Method::Search, self.inner.search(search)).await
    }

    async fn segments(&self, content: &Content) -> Result<Vec<Segment>> {
        self.call(Method::Segments, self.inner.segments(content)).await
    }

    async fn properties(
        &self,
        ids: &[NodeId],
        owner: &PropertyOwner,
    ) -> Result<Vec<Vec<Property>>> {
        self.call(Method::Properties, self.inner.properties(ids, owner)).await
    }

    async fn commit(&self, batch: Batch) -> Result<Committed> {
        self.call(Method::Commit, self.inner.commit(batch)).await
    }

    async fn changes(&self, space: SpaceId, since: Revision, limit: usize) -> Result<Vec<Change>> {
        self.call(Method::Changes, self.inner.changes(space, since, limit)).await
    }

    async fn lease_blobs(&self, now: Timestamp) -> Result<BlobLease> {
        self.call(Method::LeaseBlobs, self.inner.lease_blobs(now)).await
    }

    async fn open_leases(&self, before: Timestamp, limit: usize) -> Result<Vec<BlobLease>> {
        self.call(Method::OpenLeases, self.inner.open_leases(before, limit)).await
    }

    async fn unreferenced(&self, blobs: &[BlobId]) -> Result<Vec<BlobId>> {
        self.call(Method::Unreferenced, self.inner.unreferenced(blobs)).await
    }

    async fn close_lease(&self, lease: BlobLease) -> Result<()> {
        self.call(Method::CloseLease, self.inner.close_lease(lease)).await
    }

    async fn purge(&self, before: Timestamp, limit: usize) -> Result<Garbage> {
        self.call(Method::Purge, self.inner.purge(before, limit)).await
    }

    async fn forget_garbage(&self, blobs: &[BlobId]) -> Result<()> {
        self.call(Method::ForgetGarbage, self.inner.forget_garbage(blobs)).await
    }
}
