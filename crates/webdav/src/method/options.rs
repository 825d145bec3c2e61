//! OPTIONS (RFC 4918, section 10.1).

use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use crate::{
    backend::Backend, body::DavBody, error::Result, handler::Call, method::allow_header, respond,
};

const MS_AUTHOR_VIA: HeaderName = HeaderName::from_static("ms-author-via");
const DASL: HeaderName = HeaderName::from_static("dasl");
pub(super) const DAV: HeaderName = HeaderName::from_static("dav");

pub(super) async fn options<B: Backend>(call: &Call<'_, B>) -> Result<Response<DavBody>> {
    // Also of a resource that is not there: what a client may do is to make it.
    call.existing()?;
    let mut response = respond::empty(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Windows takes a server for a web site without it.
    headers.insert(MS_AUTHOR_VIA, HeaderValue::from_static("DAV"));
    respond::set(headers, DAV, &call.options().compliance);
    respond::set(headers, header::ALLOW, &allow_header(call.handler.inner()));
    if call.handler.inner().search.is_some() {
        headers.insert(DASL, HeaderValue::from_static("<DAV:basicsearch>"));
    }
    Ok(response)
}
