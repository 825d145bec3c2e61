//! A directory of the local disk as a tree.

mod commit;
mod dir;
mod failure;
mod node;
mod properties;
mod recursive;
mod transfer;
mod upload;

use std::{
    fmt,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use allmende_types::{SpacePath, Timestamp};
use async_trait::async_trait;

use self::failure::{blocking, from_errno};
pub use self::node::LocalNode;
use crate::{
    backend::{
        Backend, Cursor, DeadProperty, Entry, MakeCollection, Page, Patch, Patched, Put, Quota,
        ReadRange, Remove, Removed, Resource, Transfer, Unlocked, Written,
    },
    body::ByteStream,
    error::{Error, ErrorKind, Result},
    lock::{Lock, LockRequest, LockTimeout, LockToken, MemoryLocks, NewLock},
};

/// A directory of the local disk.
///
/// * The tree is what lies below the directory: every step of a path is opened relative to
///   the one before it and no symbolic link is followed, so nothing outside is ever reached.
/// * Files are replaced, never overwritten: the new content is written beside the old one,
///   flushed, and takes its name when it is complete.
/// * A file's etag is made of its inode, size and time of change in nanoseconds, and each
///   write through this type gets a time of its own. Folders have none: the disk does not
///   tell a folder what changes below it.
/// * Dead properties are kept in a file `.allmende-dav` in each folder; that name and those
///   that begin with it are neither shown nor given away. Locks are kept in memory.
/// * Only files and folders are shown whose names are normalised Unicode that a
///   [`Name`](allmende_types::Name) can hold. Symbolic links, sockets and the like are not.
///
/// One process serves a directory at a time: conditions and locks are checked under a
/// mutex of this value and its clones. Other programs may change the directory meanwhile,
/// as on any file server.
///
/// ```no_run
/// use allmende_webdav::{DavHandler, DavService, Mount, Options, fs::LocalFolder};
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = LocalFolder::open("/srv/files")?;
/// let handler = DavHandler::builder(Options::default()).build();
/// let service = DavService::new(handler, folder, Mount::root());
/// # let _ = service; Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LocalFolder {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    root: OwnedFd,
    locks: MemoryLocks,
    /// Held while a change is checked and made.
    commit: Mutex<()>,
}

impl LocalFolder {
    /// The directory at `path`.
    ///
    /// # Errors
    /// When it cannot be opened or is no directory.
    pub fn open(path: impl AsRef<Path>) -> std::io::Result<Self> {
        let path = path.as_ref().canonicalize()?;
        let root = rustix::fs::open(&path, dir::DIRECTORY, rustix::fs::Mode::empty())?;
        let inner = Inner { path, root, locks: MemoryLocks::default(), commit: Mutex::new(()) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs file-system calls where they may wait.
    async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        blocking(move || work(&inner)).await
    }
}

impl fmt::Debug for LocalFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalFolder").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Inner {
    fn committing(&self) -> MutexGuard<'_, ()> {
        // It protects the order of changes, no value that a panic could have broken.
        self.commit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

#[async_trait]
impl Backend for LocalFolder {
    type Resource = LocalNode;

    async fn resolve(&self, path: &SpacePath) -> Result<Option<LocalNode>> {
        let path = path.clone();
        self.run(move |inner| inner.find(&path)).await
    }

    async fn children(
        &self,
        folder: &Entry<LocalNode>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<LocalNode>> {
        let (path, after) = (folder.path.clone(), after.cloned());
        self.run(move |inner| inner.list(&path, after.as_ref(), limit)).await
    }

    async fn read(&self, file: &Entry<LocalNode>, range: ReadRange) -> Result<ByteStream> {
        let seen = file.clone();
        let file = self.run(move |inner| inner.open_seen(&seen)).await?;
        Ok(upload::read(file, range))
    }

    async fn put(&self, put: Put<'_, LocalNode>) -> Result<Written<LocalNode>> {
        upload::put(self, put).await
    }

    async fn make_collection(&self, make: MakeCollection<'_>) -> Result<Written<LocalNode>> {
        let (path, tokens) = (make.path, make.context.tokens.to_vec());
        let properties = make.properties.to_vec();
        self.run(move |inner| inner.make_folder(&path, &properties, &tokens)).await
    }

    async fn remove(&self, remove: Remove<'_, LocalNode>) -> Result<Removed> {
        let tokens = remove.context.tokens.to_vec();
        let (source, expect) = (remove.source, remove.expect);
        self.run(move |inner| inner.remove(&source, expect, &tokens)).await
    }

    async fn copy(&self, copy: Transfer<'_, LocalNode>) -> Result<Written<LocalNode>> {
        let tokens = copy.context.tokens.to_vec();
        let Transfer { source, expect, target, depth, .. } = copy;
        self.run(move |inner| inner.copy(&source, expect, &target, depth, &tokens)).await
    }

    async fn rename(&self, rename: Transfer<'_, LocalNode>) -> Result<Written<LocalNode>> {
        let tokens = rename.context.tokens.to_vec();
        let Transfer { source, expect, target, .. } = rename;
        self.run(move |inner| inner.rename(&source, expect, &target, &tokens)).await
    }

    async fn patch_properties(&self, patch: Patch<'_, LocalNode>) -> Result<Patched> {
        let (changes, tokens) = (patch.changes.to_vec(), patch.context.tokens.to_vec());
        let (target, expect) = (patch.target, patch.expect);
        self.run(move |inner| inner.patch(&target, expect, &changes, &tokens)).await?;
        Ok(Patched::Done)
    }

    async fn dead_properties(&self, page: &[Entry<LocalNode>]) -> Result<Vec<Vec<DeadProperty>>> {
        let page: Vec<_> =
            page.iter().map(|entry| (entry.path.clone(), entry.resource.kind())).collect();
        self.run(move |inner| inner.properties(&page)).await
    }

    async fn quotas(&self, page: &[Entry<LocalNode>]) -> Result<Vec<Option<Quota>>> {
        let quota = self.run(Inner::quota).await?;
        Ok(page.iter().map(|entry| entry.resource.is_collection().then_some(quota)).collect())
    }

    async fn locks(&self, paths: &[&SpacePath]) -> Result<Vec<Vec<Lock>>> {
        let now = now();
        Ok(paths.iter().map(|path| self.inner.locks.covering(path, now)).collect())
    }

    async fn lock(&self, request: LockRequest<'_, LocalNode>) -> Result<Lock> {
        let LockRequest { target, scope, depth, owner, timeout, .. } = request;
        self.run(move |inner| {
            let _committing = inner.committing();
            let Some(node) = inner.find(&target.path)? else {
                return Err(Error::new(ErrorKind::Conflict, "The resource is gone"));
            };
            let root_kind = node.kind();
            let new = NewLock { root: target.path, root_kind, scope, depth, owner, timeout };
            inner.locks.lock(new, now())
        })
        .await
    }

    async fn refresh_lock(
        &self,
        path: &SpacePath,
        token: &LockToken,
        timeout: LockTimeout,
    ) -> Result<Option<Lock>> {
        Ok(self.inner.locks.refresh(path, token, timeout, now()))
    }

    async fn unlock(&self, path: &SpacePath, token: &LockToken) -> Result<Unlocked> {
        let lock = self.inner.locks.unlock(path, token, now());
        Ok(lock.map_or(Unlocked::NoSuchLock, |_| Unlocked::Done))
    }
}

impl Inner {
    fn quota(&self) -> Result<Quota> {
        let stat = rustix::fs::fstatvfs(&self.root).map_err(from_errno)?;
        let used = stat.f_blocks.saturating_sub(stat.f_bfree).saturating_mul(stat.f_frsize);
        Ok(Quota { used, available: Some(stat.f_bavail.saturating_mul(stat.f_frsize)) })
    }
}
