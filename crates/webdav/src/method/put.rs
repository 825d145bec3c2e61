//! PUT (RFC 9110, section 9.3.4; RFC 4918, section 9.7).

use bytes::Buf;
use http::{Response, header};
use http_body::Body;

use super::transfer::written;
use crate::{
    backend::{Backend, Put, Resource},
    body::{BodyError, DavBody},
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
    options::MissingParent,
    request, respond,
};

pub(super) async fn put<B, ReqBody>(call: &Call<'_, B>, body: ReqBody) -> Result<Response<DavBody>>
where
    B: Backend,
    ReqBody: Body + Send + 'static,
    ReqBody::Data: Buf + Send,
    ReqBody::Error: Into<BodyError>,
{
    // To take a part for the whole would destroy the rest (RFC 9110, section 14.5).
    if call.headers().contains_key(header::CONTENT_RANGE) {
        let message = "Content-Range on PUT requests is not supported";
        return Err(Error::new(ErrorKind::BadRequest, message));
    }
    let checked = check(call, call.creatable()?).await?;
    // The root is nearly always a collection, but a tree can consist of one file.
    let file = checked.seen.as_ref().is_some_and(|seen| !seen.is_collection());
    if !file && (checked.path.is_root() || checked.seen.is_some()) {
        return Err(Error::new(ErrorKind::Conflict, "PUT is not allowed on non-files."));
    }
    let length = request::content_length(call.headers())?;
    let put = Put {
        target: checked.target(),
        body: request::stream(body, length),
        length,
        content_type: call.header(&header::CONTENT_TYPE)?,
        context: checked.context(call),
    };
    let result = call.backend.put(put).await.map_err(|error| {
        let not_found = call.options().missing_parent == MissingParent::NotFound;
        if error.kind() == ErrorKind::MissingParent && not_found {
            Error::not_found(&checked.path.parent().unwrap_or_default()).with_source(error)
        } else {
            error
        }
    })?;
    let etag = result.resource.etag();
    let mut response = written(call, result);
    if let Some(etag) = etag {
        respond::set(response.headers_mut(), header::ETAG, &etag.to_string());
    }
    Ok(response)
}
