//! Entity tags of answers: polling clients send them back and are told 304.

use std::fmt::Write;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use md5::{Digest, Md5};

/// The entity tag of a body: the quoted hexadecimal MD5, as the original's.
///
/// MD5 serves to notice changes here; nothing depends on its resistance to forgery.
///
/// ```
/// assert_eq!(allmende_ocs::etag_of(b"[]"), "\"d751713988987e9331980363e24189ce\"");
/// ```
#[must_use]
pub fn etag_of(body: &[u8]) -> String {
    let mut tag = String::with_capacity(34);
    tag.push('"');
    for byte in Md5::digest(body) {
        // Writing to a String cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Whether the client's copy, named by `If-None-Match`, is the one tagged `etag`
/// (RFC 9110 section 13.1.2: weak comparison; `*` matches whatever exists).
#[must_use]
pub fn is_current(request_headers: &HeaderMap, etag: &str) -> bool {
    request_headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == etag)
}

/// Tags a successful answer and turns it into 304 if the client has it already. A tag that the
/// handler set itself is kept.
pub(crate) fn apply(request_headers: &HeaderMap, mut response: Response<Bytes>) -> Response<Bytes> {
    if response.status() != StatusCode::OK {
        return response;
    }
    if !response.headers().contains_key(header::ETAG)
        && let Ok(tag) = HeaderValue::from_str(&etag_of(response.body()))
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
    let current = response
        .headers()
        .get(header::ETAG)
        .and_then(|tag| tag.to_str().ok())
        .is_some_and(|tag| is_current(request_headers, tag));
    if current {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
        *response.body_mut() = Bytes::new();
    }
    response
}
