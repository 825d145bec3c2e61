//! Answers outside the envelope.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use crate::envelope::NO_CACHE;
use crate::{Format, Value, codec};

/// Whether the request carries `OCS-APIRequest`, with any value.
///
/// A page of another site cannot send this header along with a person's cookies, so it is what
/// protects the interface against forged requests. Requests without it are answered with
/// [`csrf_failed`], public ones included, unless a session's own request token vouches for them.
#[must_use]
pub fn is_api_request(headers: &HeaderMap) -> bool {
    headers.contains_key("ocs-apirequest")
}

/// 412 for a request without `OCS-APIRequest`: plain JSON, whatever form was asked for.
///
/// ```
/// let response = allmende_ocs::csrf_failed();
/// assert_eq!(response.status(), 412);
/// assert_eq!(response.body(), r#"{"message":"CSRF check failed"}"#);
/// ```
#[must_use]
pub fn csrf_failed() -> Response<Bytes> {
    plain(
        StatusCode::PRECONDITION_FAILED,
        Bytes::from_static(br#"{"message":"CSRF check failed"}"#),
    )
}

/// 405 for a route that exists, but not with this method: an empty body and `Allow`
/// (RFC 9110 section 15.5.6).
#[must_use]
pub fn method_not_allowed(allowed: &[Method]) -> Response<Bytes> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, Bytes::new());
    let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
    if let Ok(allow) = HeaderValue::from_str(&names.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// 400 with an empty body, which some applications answer to a request that lacks a parameter or
/// has one that cannot be read.
#[must_use]
pub fn incomplete() -> Response<Bytes> {
    plain(StatusCode::BAD_REQUEST, Bytes::new())
}

fn plain(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Format::Json.content_type()));
    headers.insert(header::CACHE_CONTROL, NO_CACHE);
    response
}

/// A failure as plain `{"message"}`, which some applications answer instead of the envelope.
pub(crate) fn message(status: StatusCode, message: &str) -> Response<Bytes> {
    let message = Value::Map(vec![("message".to_owned(), Value::from(message))]);
    // Writing a text as JSON cannot fail.
    let body = codec::json::write(&message).unwrap_or_default();
    plain(status, body.into())
}
