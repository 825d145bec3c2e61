//! The body of an answer.

use std::{
    error::Error as StdError,
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame, SizeHint};

/// Bytes on their way: the content of a file in either direction.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Why a body broke off. The connection must be cut, so that the client does not take
/// what it has for the whole.
pub type BodyError = Box<dyn StdError + Send + Sync>;

/// The body of an answer: nothing, a buffer, or a stream.
///
/// A stream that fails ends with an error, never early and quietly; a server such as hyper
/// then closes the connection before the end mark.
pub struct DavBody(Inner);

enum Inner {
    Empty,
    Full(Bytes),
    Stream {
        stream: ByteStream,
        /// What is still to come, if known.
        rest: Option<u64>,
    },
    Done,
}

impl DavBody {
    /// No body.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Inner::Empty)
    }

    /// A body of bytes that are all there.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self(if bytes.is_empty() { Inner::Empty } else { Inner::Full(bytes) })
    }

    /// A body that comes piece by piece. If its `length` is given, a stream of any other
    /// length ends in an error.
    #[must_use]
    pub fn stream(stream: ByteStream, length: Option<u64>) -> Self {
        Self(Inner::Stream { stream, rest: length })
    }
}

impl Default for DavBody {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for DavBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Empty | Inner::Done => f.write_str("DavBody(empty)"),
            Inner::Full(bytes) => write!(f, "DavBody({} bytes)", bytes.len()),
            Inner::Stream { rest: Some(rest), .. } => write!(f, "DavBody(stream of {rest} bytes)"),
            Inner::Stream { rest: None, .. } => f.write_str("DavBody(stream)"),
        }
    }
}

fn wrong_length() -> io::Error {
    io::Error::other("the content is not as long as announced")
}

impl Body for DavBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let inner = &mut self.0;
        let (next, done) = match inner {
            Inner::Empty | Inner::Done => (None, true),
            Inner::Full(bytes) => (Some(Ok(Frame::data(std::mem::take(bytes)))), true),
            Inner::Stream { stream, rest } => match stream.as_mut().poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(bytes))) => match rest {
                    Some(left) if *left < bytes.len() as u64 => {
                        (Some(Err(wrong_length().into())), true)
                    }
                    Some(left) => {
                        *left -= bytes.len() as u64;
                        (Some(Ok(Frame::data(bytes))), false)
                    }
                    None => (Some(Ok(Frame::data(bytes))), false),
                },
                Poll::Ready(Some(Err(error))) => (Some(Err(error.into())), true),
                Poll::Ready(None) if rest.is_some_and(|left| left > 0) => {
                    (Some(Err(wrong_length().into())), true)
                }
                Poll::Ready(None) => (None, true),
            },
        };
        if done {
            *inner = Inner::Done;
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Inner::Empty | Inner::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Empty | Inner::Done => SizeHint::with_exact(0),
            Inner::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream { rest: Some(rest), .. } => SizeHint::with_exact(*rest),
            Inner::Stream { rest: None, .. } => SizeHint::default(),
        }
    }
}
