//! What a WebDAV server needs from the tree that it serves.

use std::fmt;

use allmende_types::{ETag, Name, SpacePath, Timestamp};
use allmende_webdav_proto::{Href, PropName, request::PropUpdate};
use async_trait::async_trait;
use http::HeaderMap;

use crate::{
    body::ByteStream,
    error::{Error, Result},
    lock::{Lock, LockRequest, LockTimeout, LockToken},
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
///   that a lock protects fails with [`Error::locked`] if its token is not submitted.
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
    /// A missing parent is [`Error::missing_parent`], a folder at the target
    /// [`Conflict`](crate::ErrorKind::Conflict). A body that fails, or that is not as long
    /// as [`Put::length`], leaves the old content.
    async fn put(&self, put: Put<'_, Self::Resource>) -> Result<Written<Self::Resource>>;

    /// Makes an empty folder with the properties given, or nothing.
    ///
    /// A missing parent is [`Error::missing_parent`]; anything at the target is
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
    /// Locks in the way are [`Error::locked`]: any beside an exclusive one, an exclusive one
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

/// A file or folder as it was when it was read.
///
/// Everything here is at hand: no method waits.
pub trait Resource: Clone + fmt::Debug + Send + Sync + 'static {
    /// File or folder.
    fn kind(&self) -> Kind;

    /// Its name in its folder; none for the root.
    fn name(&self) -> Option<&Name>;

    /// A strong entity tag: another one after every change of the content, never the same
    /// for two contents. Folders may have none.
    fn etag(&self) -> Option<ETag>;

    /// The time of the last change.
    fn last_modified(&self) -> Timestamp;

    /// The time when it was made, if known.
    fn created(&self) -> Option<Timestamp> {
        None
    }

    /// The size of a file in bytes; not looked at for folders.
    fn content_length(&self) -> u64;

    /// The media type of a file; not looked at for folders.
    fn content_type(&self) -> &str;

    /// Adds headers to the answers of GET and HEAD beside those that the handler sets.
    fn add_headers(&self, headers: &mut HeaderMap) {
        let _ = headers;
    }

    /// Whether it is a folder.
    fn is_collection(&self) -> bool {
        self.kind() == Kind::Collection
    }
}

/// File or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A file: it has a content.
    File,
    /// A folder: it has members.
    Collection,
}

/// A resource with the path at which it was found.
#[derive(Debug, Clone)]
pub struct Entry<R> {
    /// Where.
    pub path: SpacePath,
    /// What.
    pub resource: R,
}

/// Part of a listing.
#[derive(Debug, Clone)]
pub struct Page<R> {
    /// The children, in order.
    pub items: Vec<R>,
    /// Where the next page starts; none if this was the last.
    pub next: Option<Cursor>,
}

/// The place in a listing behind which the next page starts. Only the backend that made it
/// can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Box<str>);

impl Cursor {
    /// A cursor with this text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which bytes to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadRange {
    /// All.
    Whole,
    /// `length` bytes from `start`; the handler has checked that they exist.
    Part {
        /// The first byte.
        start: u64,
        /// How many, at least one.
        length: u64,
    },
}

/// The place that a write goes to, with what the handler saw there.
#[derive(Debug, Clone)]
pub struct Target<R> {
    /// Where.
    pub path: SpacePath,
    /// What stood there.
    pub seen: Option<R>,
    /// Whether that must still hold.
    pub expect: Expect,
}

/// Whether what the handler saw must still hold when the change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Whatever is there now: the request had no condition.
    Any,
    /// The resource seen, with the same etag; or nothing, if nothing was seen.
    AsSeen,
}

/// What every write carries.
#[derive(Debug, Clone, Copy)]
pub struct WriteContext<'a> {
    /// The request's headers, for what a dialect puts there.
    pub headers: &'a HeaderMap,
    /// The lock tokens that the request submitted: all in its `If` header.
    pub tokens: &'a [LockToken],
}

/// See [`Backend::put`].
pub struct Put<'a, R> {
    /// Where.
    pub target: Target<R>,
    /// The content.
    pub body: ByteStream,
    /// Its length, if the client told it.
    pub length: Option<u64>,
    /// Its media type, if the client told it. A backend may know better.
    pub content_type: Option<&'a str>,
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

impl<R: fmt::Debug> fmt::Debug for Put<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put")
            .field("target", &self.target)
            .field("length", &self.length)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// See [`Backend::make_collection`].
#[derive(Debug)]
pub struct MakeCollection<'a> {
    /// Where. The handler saw nothing there.
    pub path: SpacePath,
    /// Properties that it has from the beginning (RFC 5689).
    pub properties: &'a [PropUpdate],
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

/// See [`Backend::remove`].
#[derive(Debug)]
pub struct Remove<'a, R> {
    /// What.
    pub source: Entry<R>,
    /// Whether it must still be as seen.
    pub expect: Expect,
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

/// See [`Backend::copy`] and [`Backend::rename`].
#[derive(Debug)]
pub struct Transfer<'a, R> {
    /// What.
    pub source: Entry<R>,
    /// Whether it must still be as seen.
    pub expect: Expect,
    /// Where to.
    pub target: Target<R>,
    /// With or without what is below a folder. A rename takes everything.
    pub depth: TransferDepth,
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

/// How much of a folder is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferDepth {
    /// The folder with its properties and no members.
    Alone,
    /// Everything below it too.
    Everything,
}

/// What a write did.
#[derive(Debug)]
pub struct Written<R> {
    /// The resource as it is now.
    pub resource: R,
    /// Whether it stood there before.
    pub change: Change,
    /// Headers for the answer, beside those that the handler sets.
    pub headers: HeaderMap,
    /// What was left undone below it; only of backends that are not atomic.
    pub failures: Vec<Failure>,
}

impl<R> Written<R> {
    /// A write that did everything and has no headers to add.
    pub fn new(resource: R, change: Change) -> Self {
        Self { resource, change, headers: HeaderMap::new(), failures: Vec::new() }
    }
}

/// Whether something stood at the place of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: 201.
    Created,
    /// Something, which was replaced: 204.
    Replaced,
}

/// What a removal did.
#[derive(Debug, Default)]
pub struct Removed {
    /// Headers for the answer.
    pub headers: HeaderMap,
    /// What is still there; only of backends that are not atomic.
    pub failures: Vec<Failure>,
}

/// One member that a change of a whole folder left as it was.
#[derive(Debug)]
pub struct Failure {
    /// Which.
    pub path: SpacePath,
    /// Why.
    pub error: Error,
}

/// See [`Backend::patch_properties`].
#[derive(Debug)]
pub struct Patch<'a, R> {
    /// Of which resource.
    pub target: Entry<R>,
    /// Whether it must still be as seen.
    pub expect: Expect,
    /// What to set and remove, in this order.
    pub changes: &'a [PropUpdate],
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

/// What came of a change of properties.
#[derive(Debug)]
pub enum Patched {
    /// All of it.
    Done,
    /// Nothing of it, because of these: positions in [`Patch::changes`].
    Refused(Vec<(usize, Error)>),
}

/// A property that the server keeps and does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadProperty {
    /// Its name.
    pub name: PropName,
    /// The element itself, as XML with all namespace declarations that it needs.
    pub xml: Box<str>,
}

/// How much room a folder has (RFC 4331).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes in use.
    pub used: u64,
    /// Bytes that can still be written; without limit if none.
    pub available: Option<u64>,
}

/// What came of giving a lock back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlocked {
    /// It is gone.
    Done,
    /// No such lock covers the path.
    NoSuchLock,
}
