//! One decorator over all three traits, for everything that looks at calls from outside.
//!
//! [`Decorated`] passes each call on to the store inside and asks a [`Probe`] before and
//! after it. [`fault`](crate::fault) and [`metrics`](crate::metrics) are such probes; an
//! embedder may write others (tracing, limits).

mod blobs;
mod locks;
mod method;
mod tree;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

pub use self::method::Method;
use crate::{Error, ErrorKind, Result};

/// Looks at the calls of a store.
pub trait Probe: fmt::Debug + Send + Sync + 'static {
    /// Called before the store is; what it says happens to the call.
    fn before(&self, method: Method) -> Verdict {
        let _ = method;
        Verdict::default()
    }

    /// Called when the call is over, also when its future was dropped before its end.
    fn after(&self, method: Method, took: Duration, outcome: Outcome<'_>) {
        let _ = (method, took, outcome);
    }
}

/// What is to happen to a call. The default is nothing: it is passed on.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Verdict {
    /// Wait so long first.
    pub delay: Option<Duration>,
    /// Fail in place of calling the store.
    pub fail: Option<ErrorKind>,
    /// Call the store, then fail all the same: the answer was lost on the way.
    pub lose_answer: Option<ErrorKind>,
    /// Of [`BlobStore::get`](crate::BlobStore::get): break the body after so many bytes.
    pub cut_body: Option<u64>,
    /// Of [`BlobStore::get`](crate::BlobStore::get): end the body after so many bytes, as if
    /// that were the whole: a torn read, which only who counts notices.
    pub tear_body: Option<u64>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It succeeded.
    Done,
    /// It failed.
    Failed(&'a ErrorKind),
    /// Its caller went away.
    Dropped,
}

/// A store whose calls a probe sees: a [`BlobStore`](crate::BlobStore), a
/// [`Tree`](crate::Tree), a [`LockStore`](crate::LockStore), whichever `S` is.
#[derive(Debug)]
pub struct Decorated<S: ?Sized, P> {
    inner: Arc<S>,
    probe: P,
}

impl<S: ?Sized, P: Probe> Decorated<S, P> {
    /// Puts the probe before a store.
    #[must_use]
    pub fn new(inner: Arc<S>, probe: P) -> Self {
        Self { inner, probe }
    }

    /// The probe.
    #[must_use]
    pub fn probe(&self) -> &P {
        &self.probe
    }

    /// Makes a call, or does what the probe says in place of it.
    async fn call<T>(&self, method: Method, call: impl Future<Output = Result<T>>) -> Result<T> {
        let (result, _) = self.call_with_verdict(method, call).await;
        result
    }

    async fn call_with_verdict<T>(
        &self,
        method: Method,
        call: impl Future<Output = Result<T>>,
    ) -> (Result<T>, Verdict) {
        let mut running = Running::start(&self.probe, method);
        let verdict = self.probe.before(method);
        let result = match enter(method, &verdict).await {
            Ok(()) => leave(method, &verdict, call.await),
            Err(error) => Err(error),
        };
        running.ended = Some(result.as_ref().err().map(|error| error.kind().clone()));
        (result, verdict)
    }
}

async fn enter(method: Method, verdict: &Verdict) -> Result<()> {
    if let Some(delay) = verdict.delay {
        tokio::time::sleep(delay).await;
    }
    verdict.fail.clone().map_or(Ok(()), |kind| Err(planned(method, kind)))
}

fn leave<T>(method: Method, verdict: &Verdict, result: Result<T>) -> Result<T> {
    match &verdict.lose_answer {
        Some(kind) => result.and_then(|_| Err(planned(method, kind.clone()))),
        None => result,
    }
}

fn planned(method: Method, kind: ErrorKind) -> Error {
    Error::new(kind, format!("{method}: decided by the decorator"))
}

/// A call under way. Its end is reported when it is dropped, so that no end is missed.
struct Running<'a, P: Probe> {
    probe: &'a P,
    method: Method,
    started: Instant,
    ended: Option<Option<ErrorKind>>,
}

impl<'a, P: Probe> Running<'a, P> {
    fn start(probe: &'a P, method: Method) -> Self {
        Self { probe, method, started: Instant::now(), ended: None }
    }
}

impl<P: Probe> Drop for Running<'_, P> {
    fn drop(&mut self) {
        let outcome = match &self.ended {
            Some(None) => Outcome::Done,
            Some(Some(kind)) => Outcome::Failed(kind),
            None => Outcome::Dropped,
        };
        self.probe.after(self.method, self.started.elapsed(), outcome);
    }
}
