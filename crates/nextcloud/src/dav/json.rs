//! Bodies in JSON, where tags and comments are made.

use allmende_webdav::{Error, ErrorKind, Result};
use http::{HeaderMap, header};
use serde_json::Value;

/// The JSON in the body of a request that says that it has one.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Value> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(Error::new(ErrorKind::UnsupportedMediaType, ""));
    }
    serde_json::from_slice(body).map_err(|error| {
        Error::new(ErrorKind::BadRequest, "The body is no JSON").with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_does_not_say_that_it_is_json_is_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(read(&headers, b"{}").unwrap_err().kind(), ErrorKind::UnsupportedMediaType);
        let kind = HeaderValue::from_static("Application/JSON; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, kind);
        assert!(read(&headers, b"{}").is_ok());
        for bad in [&b"junk"[..], b"", b"{", b"\xff"] {
            assert_eq!(read(&headers, bad).unwrap_err().kind(), ErrorKind::BadRequest);
        }
    }
}
