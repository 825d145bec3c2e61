//! Small answers of the dialect's own DAV services, and the bodies of their requests.

use std::io;

use allmende_webdav::{ByteStream, DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::{
    Href, MultistatusWriter, multistatus::MultistatusOptions, request::PropUpdate,
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};

/// The body of a request.
pub(crate) struct Body(UnsyncBoxBody<Bytes, io::Error>);

impl Body {
    /// The body of a request of any server.
    pub(crate) fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self(body.map_err(io::Error::other).boxed_unsync())
    }

    /// The body as the `webdav` crate takes it.
    pub(crate) fn into_inner(self) -> UnsyncBoxBody<Bytes, io::Error> {
        self.0
    }

    /// The body as a stream. Trailers mean nothing to us.
    pub(crate) fn into_stream(self) -> ByteStream {
        Box::pin(self.0.into_data_stream())
    }

    /// The whole body, if it is not longer than `limit` bytes.
    pub(crate) async fn collect(self, limit: usize) -> Result<Bytes> {
        let mut pieces = self.into_stream();
        let mut whole = BytesMut::new();
        while let Some(piece) = pieces.next().await.transpose().map_err(Error::body)? {
            if whole.len() + piece.len() > limit {
                let text = format!("The body is longer than {limit} bytes");
                return Err(Error::new(ErrorKind::TooLarge, text));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

/// The declared length of a body.
pub(crate) fn content_length(headers: &HeaderMap) -> Result<Option<u64>> {
    let Some(value) = headers.get(header::CONTENT_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let bad = || Error::new(ErrorKind::BadRequest, "Content-Length is no number");
    length.map(Some).ok_or_else(bad)
}

/// An answer without a body.
pub(crate) fn status(status: StatusCode) -> Response<DavBody> {
    let mut response = Response::new(DavBody::empty());
    *response.status_mut() = status;
    response
}

/// A multistatus. Clients compare the media type to the letter.
pub(crate) fn multistatus(body: Bytes) -> Response<DavBody> {
    let mut response = Response::new(DavBody::full(body));
    *response.status_mut() = StatusCode::MULTI_STATUS;
    let xml = HeaderValue::from_static("application/xml; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, xml);
    response
}

/// A multistatus with what became of each change.
pub(crate) fn patched(
    request: &Parts,
    changes: &[PropUpdate],
    status: impl Fn(&PropUpdate) -> StatusCode,
) -> Response<DavBody> {
    let mut out = MultistatusWriter::new(Vec::new(), MultistatusOptions::default());
    out.response(&Href::from_encoded(request.uri.path()), |props| {
        changes.iter().for_each(|change| props.status(change.name(), status(change)));
    });
    multistatus(out.finish())
}

/// OPTIONS where no handler of the `webdav` crate answers.
pub(crate) fn options() -> Response<DavBody> {
    let mut response = status(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert("ms-author-via", HeaderValue::from_static("DAV"));
    let allow =
        "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT, LOCK, UNLOCK";
    headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    response
}
