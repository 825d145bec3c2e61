//! What a WebDAV server needs from the tree that it serves.

mod operation;
mod resource;

use std::fmt;

use allmende_types::SpacePath;
use allmende_webdav_proto::Href;
use async_trait::async_trait;

use crate::{
    body::ByteStream,
    error::Result,
    lock::{Lock, LockRequest, LockTimeout, LockToken},
};

pub use self::{
    operation::{
        Change, DeadProperty, Expect, Failure, MakeCollection, Patch, Patched, Put, Quota,
        ReadRange, Remove, Removed, Target, Transfer, TransferDepth, Unlocked, WriteContext,
        Written,
    },
    resource::{Cursor, Entry, Kind, Page, Resource},
};

/// A tree of resources as one session sees it, such as one person's home.
///
/// The embedder makes a value for each request, so that no method needs to be told who
/// asks; a clone is cheap and sees the same tree.
///
/// # Contract for implementers
///
/// * What a method has acknowledged is durable and visible to every reader.
/// * A write happens as a whole or not at all, except where [`Written::failures`] or
///   [`Removed::failures`] say what was left undone. A failed write leaves the old content.
/// * The handler has evaluated the request's conditions on what [`Backend::resolve`]
///   returned. Time has passed since: each write carries the state seen as an
///   *expectation*, which the backend checks again inside its commit, together with the
///   locks. A violated one is [`PreconditionFailed`](crate::ErrorKind::PreconditionFailed).
/// * Locks are checked by the backend and nowhere else (RFC 4918, section 7): a write
///   that a lock protects fails with [`Error::locked`](crate::Error::locked) if its token is not submitted.
/// * A listing is complete or an error. *Not found* is said with authority; whoever could
///   not look says [`Unavailable`](crate::ErrorKind::Unavailable).
/// * What is read of many resources is read by the page, at most
///   [`Options::page_size`](crate::Options::page_size) of them, in the page's order.
///
/// A backend that can be written to is `fs::LocalFolder` (feature `fs`). This one shows a
/// single file and lets nobody change it:
///
/// ```
/// use allmende_types::{ETag, Name, SpacePath, Timestamp};
/// use allmende_webdav::{lock::*, *};
///
/// #[derive(Debug, Clone)]
/// struct Notice(Option<Name>);
///
/// impl Resource for Notice {
///     fn kind(&self) -> Kind {
///         if self.0.is_some() { Kind::File } else { Kind::Collection }
///     }
///     fn name(&self) -> Option<&Name> {
///         self.0.as_ref()
///     }
///     fn etag(&self) -> Option<ETag> {
///         ETag::strong("1").ok()
///     }
///     fn last_modified(&self) -> Timestamp {
///         Timestamp::from_unix(1_700_000_000)
///     }
///     fn content_length(&self) -> u64 {
///         6
///     }
///     fn content_type(&self) -> &str {
///         "text/plain"
///     }
/// }
///
/// #[derive(Debug, Clone)]
/// struct NoticeBoard;
///
/// fn refuse<T>() -> Result<T> {
///     Err(Error::new(ErrorKind::Forbidden, "Read, do not write"))
/// }
///
/// #[async_trait::async_trait]
/// impl Backend for NoticeBoard {
///     type Resource = Notice;
///
///     async fn resolve(&self, path: &SpacePath) -> Result<Option<Notice>> {
///         let known = path.is_root() || path.to_string() == "notice.txt";
///         Ok(known.then(|| Notice(path.file_name().cloned())))
///     }
///     async fn children(
///         &self,
///         _: &Entry<Notice>,
///         _: Option<&Cursor>,
///         _: usize,
///     ) -> Result<Page<Notice>> {
///         Ok(Page { items: vec![Notice(Some(Name::new("notice.txt")?))], next: None })
///     }
///     async fn read(&self, _: &Entry<Notice>, range: ReadRange) -> Result<ByteStream> {
///         let part = match range {
///             ReadRange::Whole => &b"Hello\n"[..],
///             ReadRange::Part { start, length } => {
///                 &b"Hello\n"[start as usize..(start + length) as usize]
///             }
///         };
///         Ok(Box::pin(futures_util::stream::iter([Ok(part.into())])))
///     }
///     async fn put(&self, _: Put<'_, Notice>) -> Result<Written<Notice>> {
///         refuse()
///     }
///     async fn make_collection(&self, _: MakeCollection<'_>) -> Result<Written<Notice>> {
///         refuse()
///     }
///     async fn remove(&self, _: Remove<'_, Notice>) -> Result<Removed> {
///         refuse()
///     }
///     async fn copy(&self, _: Transfer<'_, Notice>) -> Result<Written<Notice>> {
///         refuse()
///     }
///     async fn rename(&self, _: Transfer<'_, Notice>) -> Result<Written<Notice>> {
///         refuse()
///     }
///     async fn patch_properties(&self, _: Patch<'_, Notice>) -> Result<Patched> {
///         refuse()
///     }
///     async fn dead_properties(&self, page: &[Entry<Notice>]) -> Result<Vec<Vec<DeadProperty>>> {
///         Ok(vec![Vec::new(); page.len()])
///     }
///     async fn locks(&self, paths: &[&SpacePath]) -> Result<Vec<Vec<Lock>>> {
///         Ok(vec![Vec::new(); paths.len()])
///     }
///     async fn lock(&self, _: LockRequest<'_, Notice>) -> Result<Lock> {
///         refuse()
///     }
///     async fn refresh_lock(
///         &self,
///         _: &SpacePath,
///         _: &LockToken,
///         _: LockTimeout,
///     ) -> Result<Option<Lock>> {
///         Ok(None)
///     }
///     async fn unlock(&self, _: &SpacePath, _: &LockToken) -> Result<Unlocked> {
///         Ok(Unlocked::NoSuchLock)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let handler = DavHandler::builder(Options::default()).build();
/// let request = http::Request::get("/notice.txt").body(String::new()).unwrap();
/// let response = handler.handle(&NoticeBoard, &Mount::root(), request).await;
/// assert_eq!((response.status().as_u16(), &response.headers()["etag"]), (200, &"\"1\"".parse().unwrap()));
/// # }
/// ```
#[async_trait]
pub trait Backend: Clone + fmt::Debug + Send + Sync + 'static {
    /// A file or folder as it was when it was read.
    type Resource: Resource;

    /// The resource at a path, if there is one.
    async fn resolve(&self, path: &SpacePath) -> Result<Option<Self::Resource>>;

    /// Up to `limit` children of a folder after `after`, in an order that does not change.
    ///
    /// A child that is there during the whole listing is shown once.
    async fn children(
        &self,
        folder: &Entry<Self::Resource>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Self::Resource>>;

    /// The content of a file, or a part of it.
    ///
    /// It is the content with the etag of the resource given, to the last byte, or an error.
    async fn read(&self, file: &Entry<Self::Resource>, range: ReadRange) -> Result<ByteStream>;

    /// Makes a file or gives it new content.
    ///
    /// A missing parent is [`Error::missing_parent`](crate::Error::missing_parent), a folder at the target
    /// [`Conflict`](crate::ErrorKind::Conflict). A body that fails, or that is not as long
    /// as [`Put::length`], leaves the old content.
    async fn put(&self, put: Put<'_, Self::Resource>) -> Result<Written<Self::Resource>>;

    /// Makes an empty folder with the properties given, or nothing.
    ///
    /// A missing parent is [`Error::missing_parent`](crate::Error::missing_parent); anything at the target is
    /// [`MethodNotAllowed`](crate::ErrorKind::MethodNotAllowed).
    async fn make_collection(&self, make: MakeCollection<'_>) -> Result<Written<Self::Resource>>;

    /// Removes a resource with everything below it.
    async fn remove(&self, remove: Remove<'_, Self::Resource>) -> Result<Removed>;

    /// Copies a resource. What stands at the target is replaced as a whole, if the
    /// expectation admits it. The handler has excluded a target at, above or below the
    /// source.
    async fn copy(&self, copy: Transfer<'_, Self::Resource>) -> Result<Written<Self::Resource>>;

    /// Moves or renames a resource with everything below it. Dead properties and the
    /// identity of each resource move along, locks do not (RFC 4918, section 7.5). What
    /// stands at the target is replaced as a whole, if the expectation admits it.
    async fn rename(&self, rename: Transfer<'_, Self::Resource>)
    -> Result<Written<Self::Resource>>;

    /// Sets and removes properties, all or none.
    ///
    /// The handler has asked the [providers](crate::PropertyProvider) whether each may be
    /// changed; live ones are among them, if their provider admitted it. To remove what is
    /// not there is no error.
    async fn patch_properties(&self, patch: Patch<'_, Self::Resource>) -> Result<Patched>;

    /// The dead properties of each resource.
    async fn dead_properties(
        &self,
        page: &[Entry<Self::Resource>],
    ) -> Result<Vec<Vec<DeadProperty>>>;

    /// How much room each folder has; none for files, and where nobody counts.
    async fn quotas(&self, page: &[Entry<Self::Resource>]) -> Result<Vec<Option<Quota>>> {
        Ok(vec![None; page.len()])
    }

    /// Who the session belongs to, for `current-user-principal` (RFC 5397).
    fn principal(&self) -> Option<Href> {
        None
    }

    /// The locks that cover each path, whether something stands there or not: its own, and
    /// those of infinite depth above it.
    async fn locks(&self, paths: &[&SpacePath]) -> Result<Vec<Vec<Lock>>>;

    /// The locks that cover each resource of a page: what listings show. A backend that can
    /// look them up for a whole page at once does it here.
    async fn locks_on(&self, page: &[Entry<Self::Resource>]) -> Result<Vec<Vec<Lock>>> {
        let paths: Vec<&SpacePath> = page.iter().map(|entry| &entry.path).collect();
        self.locks(&paths).await
    }

    /// Takes a lock on a resource that exists.
    ///
    /// Locks in the way are [`Error::locked`](crate::Error::locked): any beside an exclusive one, an exclusive one
    /// beside any; for an infinite depth also those below.
    async fn lock(&self, request: LockRequest<'_, Self::Resource>) -> Result<Lock>;

    /// Renews the lease of a lock that covers `path`; none if there is no such lock or it
    /// belongs to someone else.
    async fn refresh_lock(
        &self,
        path: &SpacePath,
        token: &LockToken,
        timeout: LockTimeout,
    ) -> Result<Option<Lock>>;

    /// Gives a lock back that covers `path`, and says whether there was one.
    async fn unlock(&self, path: &SpacePath, token: &LockToken) -> Result<Unlocked>;
}
