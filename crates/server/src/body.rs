//! The body of a request, with an end to patience.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use prometheus_client::metrics::counter::Counter;
use tokio::time::{Instant, Sleep, sleep};

/// What a client sends. It fails when the client sends nothing for a while, so that a slow
/// sender cannot hold a connection and a half-written blob for ever.
#[derive(Debug)]
pub struct RequestBody {
    inner: Incoming,
    idle: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    received: Counter,
}

impl RequestBody {
    pub(crate) fn new(inner: Incoming, idle: Duration, received: Counter) -> Self {
        Self { inner, idle, timer: None, received }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(context) {
            if let Some(timer) = &mut this.timer {
                timer.as_mut().reset(Instant::now() + this.idle);
            }
            if let Some(Ok(frame)) = &frame
                && let Some(data) = frame.data_ref()
            {
                this.received.inc_by(data.len() as u64);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        // Most bodies are there at once and never need the timer.
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(this.idle)));
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => {
                let error = io::Error::new(io::ErrorKind::TimedOut, "the client sends nothing");
                Poll::Ready(Some(Err(error)))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
