//! The parts of which answers are made.

use allmende_types::SpacePath;
use allmende_webdav_proto::{
    MultistatusWriter,
    multistatus::{MultistatusOptions, StatusNote},
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::{
    backend::{Backend, Failure, Kind},
    body::DavBody,
    error::{Error, ErrorKind},
    handler::{Call, DavHandler},
    method,
    mount::Mount,
};

/// What every XML answer is: the desktop client compares the text.
pub(crate) const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<DavBody> {
    let mut response = Response::new(DavBody::empty());
    *response.status_mut() = status;
    response
}

/// An answer in XML.
pub(crate) fn xml(status: StatusCode, body: DavBody) -> Response<DavBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, XML);
    response
}

/// Sets a header from text that we made; one that is not allowed in a header is left out.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// The answer that an error becomes.
pub(crate) fn error<B: Backend>(
    handler: &DavHandler<B>,
    mount: &Mount,
    error: &Error,
) -> Response<DavBody> {
    if error.status().is_server_error() {
        tracing::warn!(error = error as &dyn std::error::Error, "request failed");
    }
    let href = |path: &SpacePath| mount.href(path, Kind::File);
    let mut response = xml(error.status(), DavBody::full(error.body_xml(href)));
    let headers = response.headers_mut();
    if error.kind() == ErrorKind::MethodNotAllowed {
        set(headers, header::ALLOW, &method::allow_header(handler.inner()));
    }
    if let Some(etag) = error.etag() {
        set(headers, header::ETAG, &etag.to_string());
    }
    response
}

/// The answer to a change of a whole folder that was done in part (RFC 4918, section 9.6.1):
/// what failed, and nothing of what succeeded.
pub(crate) fn failures<B: Backend>(call: &Call<'_, B>, failures: &[Failure]) -> Response<DavBody> {
    let mut writer = MultistatusWriter::new(Vec::new(), MultistatusOptions::default());
    for failure in failures {
        let href = call.mount.href(&failure.path, Kind::File);
        let note = StatusNote {
            description: Some(failure.error.message().to_owned()),
            ..StatusNote::default()
        };
        writer.status_response(&href, failure.error.status(), &note);
    }
    xml(StatusCode::MULTI_STATUS, DavBody::full(writer.finish()))
}

/// An answer to HEAD: the headers that GET would have, with the length of its body.
pub(crate) fn drop_body(response: &mut Response<DavBody>) {
    use http_body::Body;
    let body = std::mem::take(response.body_mut());
    if let Some(length) = body.size_hint().exact()
        && response.status() != StatusCode::NOT_MODIFIED
    {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}
