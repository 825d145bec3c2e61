//! The type, and where each method of the contract is.

use std::sync::{Arc, atomic::AtomicI64};

use allmende_sql::Sql;
use allmende_storage::{
    Batch, BlobLease, Change, ChildCount, Committed, Content, Cursor, Garbage, NewSpace, Node,
    NodeSearch, Page, Property, PropertyOwner, Result, Segment, Space, Tree,
};
use allmende_types::{BlobId, Name, NodeId, Revision, SpaceId, SpacePath, Timestamp};
use async_trait::async_trait;

use crate::{TreeOptions, ids::Ids, schema};

/// A [`Tree`] with its [`LockStore`](allmende_storage::LockStore) in a database.
///
/// Clones are handles on the same tree. Several processes can share one PostgreSQL; an
/// SQLite file belongs to one.
#[derive(Debug, Clone)]
pub struct SqlTree {
    pub(crate) sql: Sql,
    pub(crate) options: Arc<TreeOptions>,
    pub(crate) ids: Arc<Ids>,
    /// The space up to which `purge` has looked for old entries of feeds.
    pub(crate) trimmed: Arc<AtomicI64>,
}

impl SqlTree {
    /// Opens the tree in a database, and lays its tables if they are not there.
    ///
    /// # Errors
    /// [`Invalid`](allmende_storage::ErrorKind::Invalid) when the database was made with
    /// the other setting of `case_insensitive`;
    /// [`Unavailable`](allmende_storage::ErrorKind::Unavailable), also when its schema is
    /// newer than this program.
    pub async fn open(sql: Sql, options: TreeOptions) -> Result<Self> {
        schema::prepare(&sql, options.policy.case_insensitive.into()).await?;
        Ok(Self {
            ids: Arc::new(Ids::new(sql.clone())),
            sql,
            options: Arc::new(options),
            trimmed: Arc::new(AtomicI64::new(0)),
        })
    }
}

// Each method lies in the module of its concern, under the same name.
#[async_trait]
impl Tree for SqlTree {
    async fn create_space(&self, new: NewSpace) -> Result<Space> {
        self.create_space(new).await
    }

    async fn find_space(&self, key: &str) -> Result<Option<Space>> {
        self.find_space(key).await
    }

    async fn find_spaces(&self, keys: &[&str]) -> Result<Vec<Option<Space>>> {
        self.find_spaces(keys).await
    }

    async fn space(&self, id: SpaceId) -> Result<Space> {
        self.space(id).await
    }

    async fn spaces(&self, ids: &[SpaceId]) -> Result<Vec<Option<Space>>> {
        self.spaces(ids).await
    }

    async fn set_quota(&self, id: SpaceId, quota: Option<u64>) -> Result<()> {
        self.set_quota(id, quota).await
    }

    async fn remove_space(&self, id: SpaceId, now: Timestamp) -> Result<()> {
        self.remove_space(id, now).await
    }

    async fn resolve(&self, space: SpaceId, path: &SpacePath) -> Result<Option<Node>> {
        self.resolve(space, path).await
    }

    async fn resolve_below(&self, top: NodeId, path: &SpacePath) -> Result<Option<Node>> {
        self.resolve_below(top, path).await
    }

    async fn stat(&self, ids: &[NodeId]) -> Result<Vec<Option<Node>>> {
        self.stat(ids).await
    }

    async fn paths(&self, ids: &[NodeId]) -> Result<Vec<Option<SpacePath>>> {
        self.paths(ids).await
    }

    async fn lineage(&self, ids: &[NodeId]) -> Result<Vec<Vec<NodeId>>> {
        self.lineage(ids).await
    }

    async fn children_named(&self, places: &[(NodeId, Name)]) -> Result<Vec<Option<Node>>> {
        self.children_named(places).await
    }

    async fn list(
        &self,
        folder: NodeId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Node>> {
        self.list(folder, after, limit).await
    }

    async fn count_children(&self, folders: &[NodeId]) -> Result<Vec<ChildCount>> {
        self.count_children(folders).await
    }

    async fn search(&self, search: &NodeSearch) -> Result<Vec<Node>> {
        self.search(search).await
    }

    async fn segments(&self, content: &Content) -> Result<Vec<Segment>> {
        self.segments(content).await
    }

    async fn properties(
        &self,
        ids: &[NodeId],
        owner: &PropertyOwner,
    ) -> Result<Vec<Vec<Property>>> {
        self.properties(ids, owner).await
    }

    async fn commit(&self, batch: Batch) -> Result<Committed> {
        self.commit(batch).await
    }

    async fn changes(&self, space: SpaceId, since: Revision, limit: usize) -> Result<Vec<Change>> {
        self.changes(space, since, limit).await
    }

    async fn lease_blobs(&self, now: Timestamp) -> Result<BlobLease> {
        self.lease_blobs(now).await
    }

    async fn open_leases(&self, before: Timestamp, limit: usize) -> Result<Vec<BlobLease>> {
        self.open_leases(before, limit).await
    }

    async fn unreferenced(&self, blobs: &[BlobId]) -> Result<Vec<BlobId>> {
        self.unreferenced(blobs).await
    }

    async fn close_lease(&self, lease: BlobLease) -> Result<()> {
        self.close_lease(lease).await
    }

    async fn purge(&self, before: Timestamp, limit: usize) -> Result<Garbage> {
        self.purge(before, limit).await
    }

    async fn forget_garbage(&self, blobs: &[BlobId]) -> Result<()> {
        self.forget_garbage(blobs).await
    }
}
