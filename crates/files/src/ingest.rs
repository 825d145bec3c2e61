//! The way of a body into the blob store: counted, hashed, measured against what was
//! declared.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use allmende_storage::{ByteStream, ErrorKind as StoreKind, PutBlob, Segment};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{StreamExt, stream};

use crate::{
    Error, ErrorKind, Files, Result,
    blob_ids::{Lane, Ticket},
    digest::Hashing,
};

/// A body that is durable and not visible yet.
#[derive(Debug)]
pub(crate) struct Stored {
    /// Its bytes; none if the body was empty.
    pub(crate) segment: Option<Segment>,
    /// The hashes, fed with all of it.
    pub(crate) hashing: Hashing,
    ticket: Option<Ticket>,
}

impl Stored {
    /// Refuses to commit what took too long to arrive.
    pub(crate) fn check_age(&self) -> Result<()> {
        self.ticket.as_ref().map_or(Ok(()), Ticket::check_age)
    }
}

impl Files {
    /// Makes a body durable. When this fails, nothing of it stays.
    pub(crate) async fn ingest(
        &self,
        mut body: ByteStream<'_>,
        length: Option<u64>,
        mut hashing: Hashing,
    ) -> Result<Stored> {
        let Some(first) = first_bytes(&mut body).await? else {
            return match length {
                None | Some(0) => Ok(Stored { segment: None, hashing, ticket: None }),
                Some(expected) => {
                    Err(Error::new(ErrorKind::BodyTooShort { expected, received: 0 }, "put"))
                }
            };
        };
        if length == Some(0) {
            return Err(Error::new(ErrorKind::BodyTooLong { expected: 0 }, "put"));
        }
        let lane = Lane::of(length);
        let ticket = self.ids().take(lane, self.tree()).await?;
        let mut meter = Meter { received: 0, length, failure: None, hashing: &mut hashing };
        let metered = Metered { first: Some(first), body, meter: &mut meter };
        let options = length.map_or_else(PutBlob::default, PutBlob::of_length);
        let (result, ()) = tokio::join!(
            self.blobs().put(ticket.id, Box::pin(metered), options),
            self.ids().top_up(lane, self.tree()),
        );
        let (received, failure) = (meter.received, meter.failure.take());
        match result {
            Ok(info) if length.unwrap_or(received) == info.size && info.size == received => {
                let segment = Some(Segment { blob: ticket.id, size: info.size });
                Ok(Stored { segment, hashing, ticket: Some(ticket) })
            }
            Ok(_) => {
                self.discard(&[ticket.id]).await;
                Err(Error::new(ErrorKind::Corrupt, "the blob store lost bytes of a body"))
            }
            Err(error) => Err(match failure {
                Some(failure) => failure,
                None if *error.kind() == StoreKind::Body => match length {
                    Some(expected) if received < expected => {
                        Error::new(ErrorKind::BodyTooShort { expected, received }, "put")
                    }
                    _ => error.into(),
                },
                None => error.into(),
            }),
        }
    }

    /// Takes back what was stored and will not be committed. To be called only when it is
    /// certain that no commit has happened or will. What fails here, the collector finds.
    pub(crate) async fn discard(&self, blobs: &[allmende_types::BlobId]) {
        if !blobs.is_empty()
            && let Err(error) = self.blobs().delete(blobs).await
        {
            tracing::warn!(%error, "blobs of a failed write stay until they are collected");
        }
    }

    /// After a failed commit: takes back its blobs, unless it may have happened all the
    /// same.
    pub(crate) async fn discard_after(&self, error: &Error, stored: &Stored) {
        if !error.is(&ErrorKind::Unavailable)
            && let Some(segment) = stored.segment
        {
            self.discard(&[segment.blob]).await;
        }
    }
}

/// The first chunk that is not empty; none at the end.
async fn first_bytes(body: &mut ByteStream<'_>) -> Result<Option<Bytes>> {
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(interrupted)?;
        if !chunk.is_empty() {
            return Ok(Some(chunk));
        }
    }
    Ok(None)
}

fn interrupted(error: io::Error) -> Error {
    Error::new(ErrorKind::BodyInterrupted, "body of the request").with_source(error)
}

/// What passed by, and why the stream was broken off.
#[derive(Debug)]
struct Meter<'h> {
    received: u64,
    length: Option<u64>,
    failure: Option<Error>,
    hashing: &'h mut Hashing,
}

impl Meter<'_> {
    fn pass(&mut self, chunk: Bytes) -> io::Result<Bytes> {
        self.received += chunk.len() as u64;
        if let Some(expected) = self.length.filter(|length| self.received > *length) {
            self.failure = Some(Error::new(ErrorKind::BodyTooLong { expected }, "put"));
            return Err(io::Error::new(io::ErrorKind::InvalidData, "body longer than declared"));
        }
        self.hashing.update(&chunk);
        Ok(chunk)
    }
}

struct Metered<'b, 'm, 'h> {
    first: Option<Bytes>,
    body: ByteStream<'b>,
    meter: &'m mut Meter<'h>,
}

impl Stream for Metered<'_, '_, '_> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(this.meter.pass(first)));
        }
        match std::task::ready!(this.body.as_mut().poll_next(cx)) {
            Some(Ok(chunk)) => Poll::Ready(Some(this.meter.pass(chunk))),
            Some(Err(error)) => {
                let copy = io::Error::new(error.kind(), error.to_string());
                this.meter.failure = Some(interrupted(error));
                Poll::Ready(Some(Err(copy)))
            }
            None => Poll::Ready(None),
        }
    }
}

/// A body of bytes that are at hand.
pub(crate) fn body_of(bytes: Bytes) -> ByteStream<'static> {
    Box::pin(stream::iter((!bytes.is_empty()).then_some(Ok(bytes))))
}
