//! The body of a multistatus, page by page.

use std::{future::Future, io, pin::Pin, sync::Arc};

use allmende_webdav_proto::{MultistatusWriter, multistatus::StatusNote};
use bytes::Bytes;
use futures_util::{
    FutureExt, StreamExt,
    future::{self, Either},
    stream,
};
use http::StatusCode;

use super::Plan;
use crate::{
    backend::{Backend, Entry, Kind},
    body::DavBody,
    error::Result,
    mount::Mount,
    report::{Found, Source},
};

/// What a multistatus is made of.
pub(crate) struct Listing<B: Backend> {
    pub(crate) plan: Plan<B>,
    pub(crate) backend: B,
    pub(crate) mount: Mount,
    pub(crate) source: Box<dyn Source<B>>,
    pub(crate) sync_token: Option<String>,
}

type Items<B> = Option<Vec<Found<<B as Backend>::Resource>>>;
type Ahead<B> = Pin<Box<dyn Future<Output = (Box<dyn Source<B>>, Result<Items<B>>)> + Send>>;

/// Begins a listing, and returns when its first page is written.
///
/// What fails until then is an error with a status. What fails later breaks the body off
/// before the end of the document: no client can take the part for the whole.
pub(crate) async fn start<B: Backend>(listing: Listing<B>) -> Result<DavBody> {
    let Listing { plan, backend, mount, source, sync_token } = listing;
    let writer = plan.writer();
    let ahead = fetch(&backend, source);
    let mut pump = Pump { plan, backend, mount: Arc::new(mount), writer, sync_token };
    let (first, mut ahead) = match pump.step(ahead).await? {
        Step::Page(ahead) => (pump.writer.take(), ahead),
        Step::End => return Ok(DavBody::full(pump.finish())),
    };
    // A listing of one page, which most are, is told in full and with its length.
    match (&mut ahead).now_or_never() {
        Some((_, Ok(None))) => {
            let mut whole = Vec::from(first);
            whole.extend_from_slice(&pump.finish());
            return Ok(DavBody::full(whole));
        }
        Some(ready) => ahead = future::ready(ready).boxed(),
        None => {}
    }
    let rest = stream::unfold(State::Next(Box::new(pump), ahead), next_frame);
    let frames = stream::once(future::ready(Ok(first))).chain(rest);
    Ok(DavBody::stream(Box::pin(frames), None))
}

enum State<B: Backend> {
    Next(Box<Pump<B>>, Ahead<B>),
    Done,
}

async fn next_frame<B: Backend>(state: State<B>) -> Option<(io::Result<Bytes>, State<B>)> {
    let State::Next(mut pump, ahead) = state else { return None };
    Some(match pump.step(ahead).await {
        Ok(Step::Page(ahead)) => (Ok(pump.writer.take()), State::Next(pump, ahead)),
        Ok(Step::End) => (Ok(pump.finish()), State::Done),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a listing broke off");
            (Err(io::Error::other(error)), State::Done)
        }
    })
}

struct Pump<B: Backend> {
    plan: Plan<B>,
    backend: B,
    mount: Arc<Mount>,
    writer: MultistatusWriter,
    sync_token: Option<String>,
}

enum Step<B: Backend> {
    /// A page is written; the next one is being read.
    Page(Ahead<B>),
    End,
}

impl<B: Backend> Pump<B> {
    /// Writes one page. While its properties are loaded, the next one is read.
    async fn step(&mut self, ahead: Ahead<B>) -> Result<Step<B>> {
        let (source, items) = ahead.await;
        let Some(items) = items? else { return Ok(Step::End) };
        let ahead = fetch(&self.backend, source);
        let mut page: Vec<Entry<B::Resource>> = Vec::with_capacity(items.len());
        let mut gone = Vec::new();
        for item in items {
            match item {
                Found::Resource(entry) => page.push(entry),
                Found::Gone(path) => gone.push(path),
            }
        }
        let load = Box::pin(self.plan.load(&self.backend, &self.mount, &page));
        let (loaded, ahead) = match future::select(load, ahead).await {
            Either::Left((loaded, ahead)) => (loaded?, ahead),
            Either::Right((ready, load)) => (load.await?, future::ready(ready).boxed()),
        };
        self.plan.render(&mut self.writer, &self.mount, &page, &loaded);
        for path in gone {
            let href = self.mount.href(&path, Kind::File);
            self.writer.status_response(&href, StatusCode::NOT_FOUND, &StatusNote::default());
        }
        Ok(Step::Page(ahead))
    }

    /// The end of the document, which only a complete listing gets.
    fn finish(mut self) -> Bytes {
        if let Some(token) = &self.sync_token {
            self.writer.sync_token(token);
        }
        self.writer.finish()
    }
}

fn fetch<B: Backend>(backend: &B, mut source: Box<dyn Source<B>>) -> Ahead<B> {
    let backend = backend.clone();
    Box::pin(async move {
        let items = source.next_page(&backend).await;
        (source, items)
    })
}
