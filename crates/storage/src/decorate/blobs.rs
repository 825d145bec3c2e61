//! The decorator as a blob store.

#![deny(clippy::missing_trait_methods)]

use std::io;

use allmende_types::BlobId;
use async_trait::async_trait;
use bytes::Bytes;
use futures_core::{Stream, stream::BoxStream};
use futures_util::{StreamExt, stream};

use super::{Decorated, Method, Probe, Running, enter};
use crate::{BlobInfo, BlobRead, BlobStore, ByteRange, ByteStream, PutBlob, Result};

#[async_trait]
impl<S: BlobStore + ?Sized, P: Probe> BlobStore for Decorated<S, P> {
    async fn put(&self, id: BlobId, body: ByteStream<'_>, options: PutBlob) -> Result<BlobInfo> {
        self.call(Method::PutBlob, self.inner.put(id, body, options)).await
    }

    async fn get(&self, id: BlobId, range: ByteRange) -> Result<BlobRead> {
        let call = self.inner.get(id, range);
        let (result, verdict) = self.call_with_verdict(Method::GetBlob, call).await;
        let read = result?;
        let lost = || io::Error::new(io::ErrorKind::ConnectionReset, "cut by the decorator");
        Ok(match (verdict.cut_body, verdict.tear_body) {
            (Some(bytes), _) => {
                let end = stream::once(async move { Err(lost()) });
                BlobRead { body: beginning(read.body, bytes).chain(end).boxed(), ..read }
            }
            (None, Some(bytes)) => BlobRead { body: beginning(read.body, bytes).boxed(), ..read },
            (None, None) => read,
        })
    }

    async fn delete(&self, ids: &[BlobId]) -> Result<()> {
        self.call(Method::DeleteBlobs, self.inner.delete(ids)).await
    }

    fn list(&self, after: Option<BlobId>) -> BoxStream<'_, Result<BlobInfo>> {
        // The call lasts as long as its stream; a stream that is dropped early is done too.
        let start = async move {
            let mut running = Running::start(&self.probe, Method::ListBlobs);
            running.ended = Some(None);
            let verdict = self.probe.before(Method::ListBlobs);
            let items = match enter(Method::ListBlobs, &verdict).await {
                Ok(()) => self.inner.list(after),
                Err(error) => stream::iter([Err(error)]).boxed(),
            };
            stream::unfold((items, running), |(mut items, mut running)| async move {
                let item = items.next().await?;
                if let Err(error) = &item {
                    running.ended = Some(Some(error.kind().clone()));
                }
                Some((item, (items, running)))
            })
        };
        stream::once(start).flatten().boxed()
    }
}

/// The stream up to a number of bytes, or to its first error.
fn beginning(
    body: ByteStream<'static>,
    bytes: u64,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::unfold(Some((body, bytes)), move |state| async move {
        let (mut body, left) = state?;
        let keep = usize::try_from(left).unwrap_or(usize::MAX);
        match body.next().await {
            _ if left == 0 => None,
            Some(Ok(piece)) => {
                let piece: Bytes = piece.slice(..piece.len().min(keep));
                let left = left - piece.len() as u64;
                Some((Ok(piece), Some((body, left))))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None => None,
        }
    })
}
