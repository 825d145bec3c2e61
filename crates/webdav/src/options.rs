//! What an embedder decides.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use allmende_webdav_proto::{XmlLimits, headers::Depth};
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use http::{Method, StatusCode};

/// The choices of a [`DavHandler`](crate::DavHandler). The default follows the RFCs; each
/// field that a dialect sets otherwise says which client needs it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Limits of every XML body that is read.
    pub xml: XmlLimits,
    /// How many resources are read, loaded and written at a time.
    pub page_size: usize,
    /// What `PROPFIND` with `Depth: infinity` gets.
    pub infinite_depth: InfiniteDepth,
    /// The longest lock in seconds; longer and infinite wishes get this.
    pub max_lock: u64,
    /// How long a lock lasts for which no wish was told, in seconds.
    pub default_lock: u64,
    /// The value of the `DAV` header.
    pub compliance: String,
    /// Methods in `Allow` beside the handler's own: those that the embedder answers itself.
    pub more_methods: Vec<Method>,
    /// What a `PROPFIND` without `Depth` means: infinity (RFC 4918, section 9.1), 1 for
    /// Nextcloud.
    pub missing_depth: Depth,
    /// What a `Depth` that cannot be read means for `PROPFIND`.
    pub unreadable_depth: UnreadableDepth,
    /// What `PUT` into a folder that is not there gets.
    pub missing_parent: MissingParent,
    /// The status of a property that was removed: 200, or 204 as sabre writes it.
    pub removed_property: StatusCode,
    /// Where the next page of a long listing is read while the present one is written.
    /// Without it both happen on the connection's own task, as far as the backend has no
    /// threads. A listing of a few pages does not use it.
    pub spawner: Option<Spawner>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            xml: XmlLimits::default(),
            page_size: 500,
            infinite_depth: InfiniteDepth::Allow,
            max_lock: 24 * 60 * 60,
            default_lock: 60 * 60,
            compliance: "1, 2, 3, extended-mkcol".to_owned(),
            more_methods: Vec::new(),
            missing_depth: Depth::Infinity,
            unreadable_depth: UnreadableDepth::Refuse,
            missing_parent: MissingParent::Conflict,
            removed_property: StatusCode::OK,
            spawner: None,
        }
    }
}

/// What a listing of a whole tree gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InfiniteDepth {
    /// The whole tree, page by page.
    Allow,
    /// 403 with `propfind-finite-depth` (RFC 4918, section 9.1).
    Refuse,
}

/// What a `Depth` header with an unknown value gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadableDepth {
    /// 400.
    Refuse,
    /// The same as a request without it.
    Ignore,
}

/// What `PUT` into a folder that is not there gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingParent {
    /// 409 (RFC 4918, section 9.7.1).
    Conflict,
    /// 404, which Nextcloud's clients know.
    NotFound,
}

/// How an embedder lets work run beside the connection that needs it. This crate owns no
/// runtime and no task: what is given to a spawner ends when the answer is dropped.
///
/// ```
/// use allmende_webdav::{Options, Spawner};
///
/// let mut options = Options::default();
/// options.spawner = Some(Spawner::new(|work| {
///     tokio::spawn(work);
/// }));
/// ```
#[derive(Clone)]
pub struct Spawner(Arc<dyn Fn(Work) + Send + Sync>);

/// What a [`Spawner`] is given.
type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Spawner {
    /// A spawner out of a function that begins to run what it is given, and returns at once.
    pub fn new(
        spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(spawn))
    }

    /// Runs `work` elsewhere. The future is its outcome, or nothing if it was not run to
    /// its end; dropping it ends the work.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: Pin<Box<dyn Future<Output = T> + Send>>,
    ) -> impl Future<Output = Option<T>> + Send + use<T> {
        let (mut sender, receiver) = oneshot::channel();
        (self.0)(Box::pin(async move {
            let outcome = match select(work, sender.cancellation()).await {
                Either::Left((outcome, _)) => outcome,
                Either::Right(_) => return,
            };
            // Whoever has gone meanwhile does not need it.
            let _ = sender.send(outcome);
        }));
        async move { receiver.await.ok() }
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawner").finish_non_exhaustive()
    }
}
