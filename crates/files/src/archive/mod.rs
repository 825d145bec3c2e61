//! Folders as one stream: zip and tar.
//!
//! Entries are not compressed, names are UTF-8, times and empty folders are kept. What is
//! added or removed while the stream runs may or may not be in it; a file whose content
//! cannot be read breaks the stream, which a client sees.

mod tar;
mod walk;
mod zip;

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use allmende_storage::ByteStream;
use allmende_types::Name;
use bytes::Bytes;
use futures_core::{Stream, future::BoxFuture};
use tokio::sync::mpsc;

use crate::{Entry, Result, View};

/// What of a folder goes into an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All of it, below one folder of its name (`download` for the root of a view).
    Whole,
    /// The children of these names, without a folder around them.
    Names(Vec<Name>),
}

/// A folder, or a file, as a zip archive. Beside the stream the memory holds some hundred
/// bytes for each entry, which its directory at the end needs.
///
/// # Errors
/// [`NotFound`](crate::ErrorKind::NotFound) when a chosen name is not there,
/// [`Forbidden`](crate::ErrorKind::Forbidden), and those of the stores; what is found
/// later breaks the stream.
pub async fn zip(view: &View, entry: &Entry, selection: Selection) -> Result<ByteStream<'static>> {
    let walk = walk::Walk::start(view.clone(), entry, selection).await?;
    Ok(produce(|to| zip::write(walk, to)))
}

/// A folder, or a file, as a tar archive, in constant memory.
///
/// # Errors
/// As of [`zip`].
pub async fn tar(view: &View, entry: &Entry, selection: Selection) -> Result<ByteStream<'static>> {
    let walk = walk::Walk::start(view.clone(), entry, selection).await?;
    Ok(produce(|to| tar::write(walk, to)))
}

/// Where the writer of an archive puts its bytes. It waits until they are wanted.
#[derive(Debug, Clone)]
struct Output(mpsc::Sender<Bytes>);

impl Output {
    async fn send(&self, bytes: Bytes) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.0.send(bytes).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// The stream of what a future writes. Reading it is what drives the future: no task.
fn produce<F>(write: impl FnOnce(Output) -> F) -> ByteStream<'static>
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let (to, from) = mpsc::channel(1);
    Box::pin(Produced { work: Some(Box::pin(write(Output(to)))), from, failure: None })
}

struct Produced {
    work: Option<BoxFuture<'static, io::Result<()>>>,
    from: mpsc::Receiver<Bytes>,
    failure: Option<io::Error>,
}

impl fmt::Debug for Produced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Produced").field("failure", &self.failure).finish_non_exhaustive()
    }
}

impl Stream for Produced {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(work) = &mut self.work
            && let Poll::Ready(result) = work.as_mut().poll(cx)
        {
            self.work = None;
            self.failure = result.err();
        }
        match std::task::ready!(self.from.poll_recv(cx)) {
            Some(bytes) => Poll::Ready(Some(Ok(bytes))),
            None => Poll::Ready(self.failure.take().map(Err)),
        }
    }
}
