//! DELETE (RFC 4918, section 9.6).

use allmende_webdav_proto::headers::Depth;
use http::{Response, StatusCode};

use crate::{
    backend::{Backend, Remove, Resource},
    body::DavBody,
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
    respond,
};

pub(super) async fn delete<B: Backend>(call: &Call<'_, B>) -> Result<Response<DavBody>> {
    let checked = check(call, call.existing()?).await?;
    let source = checked.entry()?;
    if source.path.is_root() {
        return Err(Error::new(ErrorKind::Forbidden, "Permission denied to delete home folder"));
    }
    // Nothing less than everything can be meant (RFC 4918, section 9.6.1).
    if source.resource.is_collection()
        && !matches!(Depth::from_headers(call.headers())?, None | Some(Depth::Infinity))
    {
        return Err(Error::new(ErrorKind::BadRequest, "A folder is deleted with Depth: infinity"));
    }
    let remove = Remove { source, expect: checked.expect, context: checked.context(call) };
    let removed = call.backend.remove(remove).await?;
    let mut response = if removed.failures.is_empty() {
        respond::empty(StatusCode::NO_CONTENT)
    } else {
        respond::failures(call, &removed.failures)
    };
    response.headers_mut().extend(removed.headers);
    Ok(response)
}
