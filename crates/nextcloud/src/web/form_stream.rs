//! Forms with files (RFC 7578), read as they arrive.
//!
//! multer keeps in memory whatever stands before the first field, and the head of a field,
//! however long they are, and reads all that the connection has. Here it gets no more than a
//! piece at a time, and the form is broken where a piece brings it nowhere.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use allmende_storage::ByteStream;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use http::{HeaderMap, header};

use crate::dav::Body;

/// Bytes that may arrive without a field or a part of its content coming of them: more than
/// any head of a field has.
const PIECE: usize = 64 * 1024;

/// A form on its way.
pub(super) struct FormStream {
    form: multer::Multipart<'static>,
    idle: Idle,
    text: usize,
}

/// A field of a form: a text, or a file.
pub(super) struct FormField {
    field: multer::Field<'static>,
    idle: Idle,
    text: usize,
}

/// Why a form is read no further.
#[derive(Debug, thiserror::Error)]
#[error("the form cannot be read")]
pub(super) struct BrokenForm(#[source] Option<multer::Error>);

impl From<multer::Error> for BrokenForm {
    fn from(error: multer::Error) -> Self {
        Self(Some(error))
    }
}

/// Bytes that came since anything was made of them.
#[derive(Debug, Clone, Default)]
struct Idle(Arc<AtomicUsize>);

impl Idle {
    fn end(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl FormStream {
    /// The form that a body is; none if it is another thing. Texts have at most so many bytes.
    pub(super) fn of(headers: &HeaderMap, body: Body, text: usize) -> Option<Self> {
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        Some(Self::new(body.into_stream(), multer::parse_boundary(kind).ok()?, text))
    }

    fn new(body: ByteStream<'static>, boundary: String, text: usize) -> Self {
        let idle = Idle::default();
        let body = Pieces { body, idle: idle.clone(), full: Full::No };
        Self { form: multer::Multipart::new(body, boundary), idle, text }
    }

    /// The next field; none behind the last one.
    pub(super) async fn next_field(&mut self) -> Result<Option<FormField>, BrokenForm> {
        let field = self.form.next_field().await?;
        self.idle.end();
        let (idle, text) = (self.idle.clone(), self.text);
        Ok(field.map(|field| FormField { field, idle, text }))
    }
}

impl FormField {
    pub(super) fn name(&self) -> Option<&str> {
        self.field.name()
    }

    pub(super) fn file_name(&self) -> Option<&str> {
        self.field.file_name()
    }

    /// The whole of a text.
    pub(super) async fn text(mut self) -> Result<String, BrokenForm> {
        let mut text = Vec::new();
        while let Some(piece) = self.field.chunk().await? {
            self.idle.end();
            text.extend_from_slice(&piece);
            if text.len() > self.text {
                return Err(BrokenForm(None));
            }
        }
        String::from_utf8(text).map_err(|_| BrokenForm(None))
    }

    /// The content of a file.
    pub(super) fn into_body(self) -> ByteStream<'static> {
        let idle = self.idle;
        let field = self.field.inspect_ok(move |_| idle.end());
        Box::pin(field.map_err(io::Error::other))
    }
}

/// How often more came than a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Full {
    No,
    /// The reader was sent back to look at what it has.
    Once,
}

/// A body of which a reader gets a piece at a time.
struct Pieces {
    body: ByteStream<'static>,
    idle: Idle,
    full: Full,
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.idle.0.load(Ordering::Relaxed) > PIECE {
            if self.full == Full::Once {
                let text = "a form of which nothing can be made";
                return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::InvalidData, text))));
            }
            self.full = Full::Once;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.full = Full::No;
        let piece = self.body.as_mut().poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &piece {
            self.idle.0.fetch_add(bytes.len(), Ordering::Relaxed);
        }
        piece
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use futures_util::{StreamExt, stream};

    use super::*;

    /// A form of these pieces, and how many bytes of it were asked for.
    fn form(pieces: Vec<Bytes>) -> (FormStream, Arc<AtomicU64>) {
        let asked = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&asked);
        let body = stream::iter(pieces).map(move |piece| {
            count.fetch_add(piece.len() as u64, Ordering::Relaxed);
            Ok(piece)
        });
        (FormStream::new(Box::pin(body), "x".into(), 16), asked)
    }

    fn head(name: &str) -> String {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n")
    }

    #[tokio::test]
    async fn files_of_any_size_pass_in_pieces() {
        let mut pieces = vec![Bytes::from(head("files"))];
        pieces.extend((0..1000).map(|_| Bytes::from(vec![b'a'; 10_000])));
        pieces.push(Bytes::from("\r\n--x--\r\n"));
        let (mut form, asked) = form(pieces);
        let field = form.next_field().await.unwrap().unwrap();
        assert_eq!((field.name(), field.file_name()), (Some("files"), Some("f")));
        let (mut body, mut length) = (field.into_body(), 0);
        while let Some(piece) = body.next().await {
            length += piece.unwrap().len() as u64;
            let ahead = asked.load(Ordering::Relaxed) - length;
            assert!(ahead < 100_000, "{ahead} bytes are kept");
        }
        assert_eq!(length, 10_000_000);
        drop(body);
        assert!(form.next_field().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_is_no_form_is_not_kept() {
        for start in ["", "--x\r\nX: "] {
            let mut pieces = vec![Bytes::from(start)];
            pieces.extend((0..1000).map(|_| Bytes::from(vec![b'a'; 10_000])));
            let (mut form, asked) = form(pieces);
            assert!(form.next_field().await.is_err(), "{start:?}");
            assert!(asked.load(Ordering::Relaxed) < 100_000);
        }
    }

    #[tokio::test]
    async fn texts_have_an_end() {
        let text = |length: usize| {
            let text = "a".repeat(length);
            form(vec![Bytes::from(format!("{}{text}\r\n--x--\r\n", head("path")))]).0
        };
        let field = text(16).next_field().await.unwrap().unwrap();
        assert_eq!(field.text().await.unwrap(), "a".repeat(16));
        let field = text(17).next_field().await.unwrap().unwrap();
        assert!(field.text().await.is_err());
    }
}
