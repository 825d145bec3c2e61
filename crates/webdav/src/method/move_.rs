//! MOVE (RFC 4918, section 9.9).

use allmende_webdav_proto::headers::Depth;
use http::{Response, header};

use super::transfer::{plan, written};
use crate::{
    backend::{Backend, Resource, TransferDepth},
    body::DavBody,
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
    respond,
};

pub(super) async fn rename<B: Backend>(call: &Call<'_, B>) -> Result<Response<DavBody>> {
    let checked = check(call, call.existing()?).await?;
    let depth = Depth::from_headers(call.headers())?;
    let folder = checked.seen.as_ref().is_some_and(Resource::is_collection);
    if folder && !matches!(depth, None | Some(Depth::Infinity)) {
        return Err(Error::new(ErrorKind::BadRequest, "A folder is moved with Depth: infinity"));
    }
    let transfer = plan(call, &checked, TransferDepth::Everything).await?;
    let moved = call.backend.rename(transfer).await?;
    let etag = moved.resource.etag().filter(|_| !folder);
    let mut response = written(call, moved);
    if let Some(etag) = etag {
        respond::set(response.headers_mut(), header::ETAG, &etag.to_string());
    }
    Ok(response)
}
