//! The service: from the store, or made.

use std::{fmt, path::PathBuf, sync::Arc};

use allmende_types::NodeId;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    DecodeLimits, Error, Kind, Preview, StoreOptions, StoreStats, Wanted, flight::Flights, picture,
    source, store::Store,
};

/// Which content a picture is of: a node, and what tells one state of its content from
/// another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Content([u8; 16]);

impl Content {
    /// Of a node, with its etag or content revision. A picture in the store is found again
    /// only under the same.
    #[must_use]
    pub fn new(node: NodeId, revision: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(node.0.to_be_bytes());
        hash.update(revision.as_bytes());
        let mut short = [0; 16];
        short.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        Self(short)
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({self})")
    }
}

/// How pictures are made and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewOptions {
    /// The most that an image may be.
    pub limits: DecodeLimits,
    /// Images that are worked on at once, each on a thread of its own. Together they take up
    /// to this many times twice [`DecodeLimits::memory`].
    pub at_once: usize,
    /// Further ones that may wait; beyond, the answer is [`Error::Busy`].
    pub waiting: usize,
    /// The store.
    pub store: StoreOptions,
}

impl Default for PreviewOptions {
    fn default() -> Self {
        Self {
            limits: DecodeLimits::default(),
            at_once: 2,
            waiting: 256,
            store: StoreOptions::default(),
        }
    }
}

/// Makes and keeps small pictures. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Previews(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: PreviewOptions,
    store: Arc<Store>,
    workers: Arc<Semaphore>,
    queue: Semaphore,
    flights: Flights<(Content, Wanted), Result<Preview, Error>>,
}

impl Previews {
    /// Opens the store in a folder of its own, and makes it if it is not there. What an
    /// earlier process left there is used again.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn open(folder: impl Into<PathBuf>, options: PreviewOptions) -> Result<Self, Error> {
        let folder = folder.into();
        let store = blocking(move || Store::open(folder, options.store)).await??;
        Ok(Self(Arc::new(Inner {
            options,
            store: Arc::new(store),
            workers: Arc::new(Semaphore::new(options.at_once.max(1))),
            queue: Semaphore::new(options.at_once.max(1) + options.waiting),
            flights: Flights::new(),
        })))
    }

    /// A picture of some content: from the store, or of what `load` reads, which is then
    /// kept. However many ask for one picture at the same time, it is made once.
    ///
    /// `load` is polled only if the picture has to be made. It reads no more than
    /// [`Kind::needed`]. That a picture could not be kept is logged, and no error.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn preview(
        &self,
        content: Content,
        kind: Kind,
        wanted: Wanted,
        load: impl Future<Output = Result<Bytes, Error>>,
    ) -> Result<Preview, Error> {
        if let Some(found) = self.stored(content, wanted).await? {
            return Ok(found);
        }
        let make = async {
            // Somebody may have finished it between the two looks.
            match self.stored(content, wanted).await? {
                Some(found) => Ok(found),
                None => self.make(content, kind, wanted, load).await,
            }
        };
        self.0.flights.run((content, wanted), make).await
    }

    async fn stored(&self, content: Content, wanted: Wanted) -> Result<Option<Preview>, Error> {
        if !self.0.store.knows(content) {
            return Ok(None);
        }
        let store = Arc::clone(&self.0.store);
        blocking(move || store.get(content, wanted)).await
    }

    async fn make(
        &self,
        content: Content,
        kind: Kind,
        wanted: Wanted,
        load: impl Future<Output = Result<Bytes, Error>>,
    ) -> Result<Preview, Error> {
        let inner = &self.0;
        let _place = inner.queue.try_acquire().map_err(|_| Error::Busy)?;
        let worker = Arc::clone(&inner.workers).acquire_owned().await;
        let worker = worker.map_err(|_| Error::Busy)?;
        let bytes = load.await?;
        let (limits, store) = (inner.options.limits, Arc::clone(&inner.store));
        blocking(move || {
            // Kept until the work ends, even when nobody waits for it any more.
            let _worker = worker;
            let source = source(&bytes, kind, &limits)?;
            drop(bytes);
            let fit = wanted.fit(source.dimensions());
            let preview = picture::render(source, fit)?;
            if let Err(failed) = store.put(content, fit, &preview) {
                tracing::warn!(%content, error = %failed, "a preview was not kept");
            }
            Ok(preview)
        })
        .await?
    }

    /// The most that an image may be.
    #[must_use]
    pub fn limits(&self) -> &DecodeLimits {
        &self.0.options.limits
    }

    /// Removes all pictures of some content, as when a file is deleted for good.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn forget(&self, content: Content) -> Result<(), Error> {
        let store = Arc::clone(&self.0.store);
        blocking(move || store.forget(content)).await?;
        Ok(())
    }

    /// How full the store is.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        self.0.store.stats()
    }
}

/// Runs on a thread that may block. A panic of a decoder is a damaged image.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work).await.map_err(|_| Error::NotAnImage)
}
