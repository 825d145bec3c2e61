//! The service itself: the stores, the options, and whose spaces there are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use allmende_storage::{BlobStore, ErrorKind as StoreKind, LockStore, NewSpace, Space, Tree};
use allmende_types::{NodeId, Permissions, SpaceId, Timestamp, UserId};

use crate::{
    Clock, Collector, Error, ErrorKind, FilesOptions, InvalidOptions, LinkView, Mount, MountPlace,
    Mounts, ReadLog, Result, View,
    blob_ids::BlobIds,
    companion::{self, remove_companions},
    uploads::{self, RunningHashes},
};

/// The file service over a tree, a blob store and a lock store. Clones are cheap and
/// work on the same state.
///
/// ```
/// use std::sync::Arc;
/// use allmende_files::{Files, FilesOptions, PutRequest, Stores, SystemClock};
/// use allmende_storage::{ByteRange, memory};
/// use allmende_types::{SpacePath, UserId};
/// use futures_util::TryStreamExt;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let tree = Arc::new(memory::MemoryTree::default());
/// let blobs = Arc::new(memory::MemoryBlobs::default());
/// let stores = Stores { tree: tree.clone(), blobs, locks: tree };
/// let files = Files::new(stores, Arc::new(SystemClock), FilesOptions::default())?;
///
/// let alice: UserId = "alice".parse()?;
/// let view = files.view(&alice).await?;
/// let path: SpacePath = "hello.txt".parse()?;
/// let body = Box::pin(futures_util::stream::iter([Ok("good morning".into())]));
/// let written = view.put(PutRequest::new(path), body).await?;
/// assert_eq!((written.is_new(), written.entry.node.size), (true, 12));
///
/// let reading = view.read(&written.entry, ByteRange::new(5, 3)).await?;
/// let chunks: Vec<bytes::Bytes> = reading.body.try_collect().await?;
/// assert_eq!(chunks.concat(), b"mor");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Files {
    inner: Arc<Inner>,
    mounts: Option<Arc<dyn Mounts>>,
    pub(crate) reads: Option<Arc<dyn ReadLog>>,
}

/// The stores that a service works on. One value usually implements both the tree and
/// the locks, for a write asks them in one transaction.
#[derive(Debug, Clone)]
pub struct Stores {
    /// The metadata.
    pub tree: Arc<dyn Tree>,
    /// The contents.
    pub blobs: Arc<dyn BlobStore>,
    /// The locks, of the same store as the tree.
    pub locks: Arc<dyn LockStore>,
}

#[derive(Debug)]
struct Inner {
    stores: Stores,
    clock: Arc<dyn Clock>,
    options: FilesOptions,
    ids: BlobIds,
    hashes: RunningHashes,
    spaces: Mutex<HashMap<String, SpaceRoot>>,
    companions: companion::Known,
}

/// What of a space never changes while it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpaceRoot {
    pub(crate) id: SpaceId,
    pub(crate) root: NodeId,
}

impl From<&Space> for SpaceRoot {
    fn from(space: &Space) -> Self {
        Self { id: space.id, root: space.root }
    }
}

/// How many spaces are remembered: a few megabytes at the most.
const REMEMBERED: usize = 20_000;

/// How full a space is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Bytes in use.
    pub used: u64,
    /// The most bytes that may be in use; unlimited if none.
    pub limit: Option<u64>,
}

impl Quota {
    /// Bytes that are free; unlimited if none. Zero where more is in use than allowed.
    #[must_use]
    pub fn free(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.used))
    }
}

impl From<&Space> for Quota {
    fn from(space: &Space) -> Self {
        Self { used: space.used, limit: space.quota }
    }
}

impl Files {
    /// A service over these stores.
    ///
    /// # Errors
    /// When the options contradict one another.
    pub fn new(
        stores: Stores,
        clock: Arc<dyn Clock>,
        options: FilesOptions,
    ) -> Result<Self, InvalidOptions> {
        options.validate()?;
        let ids = BlobIds::new(options.lease_use, options.transfer_limit, Arc::clone(&clock));
        let inner = Inner {
            stores,
            clock,
            options,
            ids,
            hashes: RunningHashes::default(),
            spaces: Mutex::default(),
            companions: companion::Known::default(),
        };
        Ok(Self { inner: Arc::new(inner), mounts: None, reads: None })
    }

    /// The same service, whose views show what is mounted into homes.
    #[must_use]
    pub fn with_mounts(self, mounts: Arc<dyn Mounts>) -> Self {
        Self { mounts: Some(mounts), ..self }
    }

    /// The options that the service was made with.
    #[must_use]
    pub fn options(&self) -> &FilesOptions {
        &self.inner.options
    }

    /// The time of the service's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// A person's view of their files. Their home is made when it is used first.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Full`](crate::ErrorKind::Full),
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly).
    pub async fn view(&self, person: &UserId) -> Result<View> {
        let home = self.space(&home_key(person), self.options().default_quota).await?;
        let mounts = self.mounts_of(person).await?;
        let own = match &self.mounts {
            Some(mounts) => mounts.own_permissions(person).await?,
            None => Permissions::ALL,
        };
        Ok(View::of_home(self.clone(), person.clone(), home, own, mounts))
    }

    /// A view of one node and what lies below it, for guests of a public link. Nothing
    /// outside of it can be named, and where the node is gone nothing is there.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use allmende_files::{Files, FilesOptions, FolderRequest, Stores, SystemClock};
    /// # use allmende_storage::memory;
    /// use allmende_files::{LinkView, Mount, MountId, MountKind, MountPlace};
    /// use allmende_types::{Name, Permissions, SpacePath};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let tree = Arc::new(memory::MemoryTree::default());
    /// # let blobs = Arc::new(memory::MemoryBlobs::default());
    /// # let stores = Stores { tree: tree.clone(), blobs, locks: tree };
    /// # let files = Files::new(stores, Arc::new(SystemClock), FilesOptions::default())?;
    /// let alice = files.view(&"alice".parse()?).await?;
    /// let photos = alice.make_folder(FolderRequest::new("Photos".parse::<SpacePath>()?)).await?;
    ///
    /// let place = MountPlace { parent: None, name: Name::new("Photos")? };
    /// let id = MountId(1);
    /// let mut mount = Mount::new(id, MountKind::Link, place, photos.id(), "alice".parse()?);
    /// mount.permissions = Permissions::READ;
    /// let link = LinkView { mount, holder: "link-1".parse()?, number: Some(1) };
    /// let guests = files.node_view(link);
    /// assert_eq!(guests.root().await?.letters(), "G");
    /// assert!(guests.make_folder(FolderRequest::new("x".parse::<SpacePath>()?)).await.is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn node_view(&self, link: LinkView) -> View {
        View::of_link(self.clone(), link)
    }

    /// Takes a mount out of a person's home.
    pub(crate) async fn leave(&self, person: &UserId, mount: &Mount) -> Result<()> {
        self.mounts_or_refuse()?.leave(person, mount).await
    }

    /// Gives a mount another place in a person's home.
    pub(crate) async fn relocate(
        &self,
        person: &UserId,
        mount: &Mount,
        place: MountPlace,
    ) -> Result<()> {
        self.mounts_or_refuse()?.relocate(person, mount, place).await
    }

    fn mounts_or_refuse(&self) -> Result<&Arc<dyn Mounts>> {
        self.mounts.as_ref().ok_or_else(|| Error::new(ErrorKind::Forbidden, "nothing is mounted"))
    }

    /// What is mounted into a person's home.
    pub(crate) async fn mounts_of(&self, person: &UserId) -> Result<Arc<[Arc<Mount>]>> {
        match &self.mounts {
            Some(mounts) => mounts.mounts(person).await,
            None => Ok(Arc::from([])),
        }
    }

    /// Sets the quota of a person's home, which is made if need be.
    ///
    /// # Errors
    /// As of [`Files::view`].
    pub async fn set_quota(&self, person: &UserId, quota: Option<u64>) -> Result<()> {
        set_home_quota(self.tree(), person, quota, self.now()).await
    }

    /// How full a person's home is; empty where none was made yet.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn usage(&self, person: &UserId) -> Result<Quota> {
        let space = self.tree().find_space(&home_key(person)).await?;
        Ok(self.quota_of(space.as_ref()))
    }

    /// How full the homes of people are, in their order, read at once.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn usages(&self, people: &[UserId]) -> Result<Vec<Quota>> {
        let keys: Vec<String> = people.iter().map(home_key).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let spaces = self.tree().find_spaces(&keys).await?;
        Ok(spaces.iter().map(|space| self.quota_of(space.as_ref())).collect())
    }

    fn quota_of(&self, home: Option<&Space>) -> Quota {
        home.map_or(Quota { used: 0, limit: self.options().default_quota }, Into::into)
    }

    /// Removes everything that a person owns: home, trash and unfinished uploads; versions go
    /// in the next round of the [`VersionKeeper`](crate::versions::VersionKeeper).
    /// What they never had is passed over, so the call may be repeated after a failure.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable),
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly).
    pub async fn remove_person(&self, person: &UserId) -> Result<()> {
        for key in [uploads::space_key(person), home_key(person)] {
            self.forget_space(&key);
            if let Some(space) = self.tree().find_space(&key).await? {
                remove_companions(self.tree(), space.id, self.now()).await?;
                absent_is_fine(self.tree().remove_space(space.id, self.now()).await)?;
            }
        }
        uploads::unregister(self, person).await
    }

    /// The job that removes what nobody needs any more.
    #[must_use]
    pub fn collector(&self) -> Collector {
        Collector::new(self.clone())
    }

    pub(crate) fn tree(&self) -> &dyn Tree {
        &*self.inner.stores.tree
    }

    pub(crate) fn blobs(&self) -> &Arc<dyn BlobStore> {
        &self.inner.stores.blobs
    }

    pub(crate) fn locks(&self) -> &dyn LockStore {
        &*self.inner.stores.locks
    }

    pub(crate) fn ids(&self) -> &BlobIds {
        &self.inner.ids
    }

    pub(crate) fn hashes(&self) -> &RunningHashes {
        &self.inner.hashes
    }

    pub(crate) fn companions_seen(&self) -> &companion::Known {
        &self.inner.companions
    }

    /// The space of a key, which is made if it is not there.
    pub(crate) async fn space(&self, key: &str, quota: Option<u64>) -> Result<SpaceRoot> {
        if let Some(known) = self.known_space(key) {
            return Ok(known);
        }
        let space = find_or_make(self.tree(), key, quota, self.now()).await?;
        Ok(self.remember(&space))
    }

    /// Remembers where a space is.
    pub(crate) fn remember(&self, space: &Space) -> SpaceRoot {
        let root = SpaceRoot::from(space);
        self.companions_seen().note(space);
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED {
            // Starting anew costs one query a person, which is less than keeping order.
            remembered.clear();
        }
        remembered.insert(space.key.to_string(), root);
        root
    }

    /// A space that is remembered.
    pub(crate) fn known_space(&self, key: &str) -> Option<SpaceRoot> {
        self.remembered().get(key).copied()
    }

    /// Forgets where a space is, after it was found to be gone.
    pub(crate) fn forget_space(&self, key: &str) {
        self.remembered().remove(key);
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<String, SpaceRoot>> {
        // The map is never left half changed, so a panic elsewhere does not spoil it.
        self.inner.spaces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The space of a key, which is made if it is not there.
pub(crate) async fn find_or_make(
    tree: &dyn Tree,
    key: &str,
    quota: Option<u64>,
    now: Timestamp,
) -> allmende_storage::Result<Space> {
    if let Some(space) = tree.find_space(key).await? {
        return Ok(space);
    }
    match tree.create_space(NewSpace { key: key.into(), quota, now }).await {
        // Two first requests met; the other one has made it.
        Err(error) if *error.kind() == StoreKind::Exists => {
            tree.find_space(key).await?.ok_or(error)
        }
        made => made,
    }
}

/// Sets the quota of a person's home where only the tree is at hand, such as on a command
/// line beside a running server. A home that is not there yet is made.
///
/// # Errors
/// Those of the tree.
pub async fn set_home_quota(
    tree: &dyn Tree,
    person: &UserId,
    quota: Option<u64>,
    now: Timestamp,
) -> Result<()> {
    let key = home_key(person);
    let new = NewSpace { key: key.clone().into(), quota, now };
    match tree.create_space(new).await {
        Ok(_) => Ok(()),
        Err(error) if *error.kind() == StoreKind::Exists => match tree.find_space(&key).await? {
            Some(home) => Ok(tree.set_quota(home.id, quota).await?),
            None => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// The key of a person's home.
pub(crate) fn home_key(person: &UserId) -> String {
    format!("home:{}", person.key())
}

/// Removing what somebody else has removed already is a success.
pub(crate) fn absent_is_fine(result: allmende_storage::Result<()>) -> Result<()> {
    match result {
        Err(error) if *error.kind() == StoreKind::NotFound => Ok(()),
        result => Ok(result?),
    }
}
