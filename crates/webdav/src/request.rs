//! The body of a request.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use allmende_webdav_proto::XmlLimits;
use bytes::{Buf, Bytes};
use futures_core::Stream;
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::{BodyExt, Limited};

use crate::{
    body::{BodyError, ByteStream},
    error::{Error, ErrorKind, Result},
};

/// Reads a body into memory, up to the limit for XML.
pub(crate) async fn collect<ReqBody>(body: ReqBody, limits: &XmlLimits) -> Result<Bytes>
where
    ReqBody: Body + Send + 'static,
    ReqBody::Data: Buf + Send,
    ReqBody::Error: Into<BodyError>,
{
    match Limited::new(body, limits.max_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Error::new(ErrorKind::TooLarge, "The request body is too large"))
        }
        Err(error) => Err(Error::body(io::Error::other(error))),
    }
}

/// The announced length of a body.
pub(crate) fn content_length(headers: &HeaderMap) -> Result<Option<u64>> {
    let Some(value) = headers.get(header::CONTENT_LENGTH) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| Error::new(ErrorKind::BadRequest, "Content-Length is no number"))
}

/// The body as a stream that fails unless it has the announced length, so that a backend
/// which reads it to its end has all of it.
pub(crate) fn stream<ReqBody>(body: ReqBody, length: Option<u64>) -> ByteStream
where
    ReqBody: Body + Send + 'static,
    ReqBody::Data: Buf + Send,
    ReqBody::Error: Into<BodyError>,
{
    Box::pin(Counted { body: Box::pin(body), length, received: 0 })
}

struct Counted<ReqBody> {
    body: Pin<Box<ReqBody>>,
    length: Option<u64>,
    received: u64,
}

impl<ReqBody> Counted<ReqBody> {
    fn mismatch(&self) -> io::Error {
        let message = format!(
            "Expected filesize of {} bytes but read {} bytes",
            self.length.unwrap_or_default(),
            self.received
        );
        io::Error::new(io::ErrorKind::UnexpectedEof, message)
    }
}

impl<ReqBody> Stream for Counted<ReqBody>
where
    ReqBody: Body,
    ReqBody::Error: Into<BodyError>,
{
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = match self.body.as_mut().poll_frame(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(frame) => frame,
            };
            return Poll::Ready(match frame {
                None if self.length.is_some_and(|length| length != self.received) => {
                    Some(Err(self.mismatch()))
                }
                None => None,
                Some(Err(error)) => Some(Err(io::Error::other(error.into()))),
                Some(Ok(frame)) => {
                    // Trailers carry no content.
                    let Ok(mut data) = frame.into_data() else { continue };
                    let bytes = data.copy_to_bytes(data.remaining());
                    self.received += bytes.len() as u64;
                    if self.length.is_some_and(|length| self.received > length) {
                        Some(Err(self.mismatch()))
                    } else {
                        Some(Ok(bytes))
                    }
                }
            });
        }
    }
}
