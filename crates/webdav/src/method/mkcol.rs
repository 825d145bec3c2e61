//! MKCOL (RFC 4918, section 9.3), also extended (RFC 5689).

use allmende_webdav_proto::{
    Condition, PropName,
    request::{Mkcol, PropUpdate},
};
use bytes::Bytes;
use http::{Response, header};

use super::{proppatch::refusals, transfer::written};
use crate::{
    backend::{Backend, MakeCollection},
    body::DavBody,
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
};

pub(super) async fn mkcol<B: Backend>(
    call: &Call<'_, B>,
    body: Bytes,
) -> Result<Response<DavBody>> {
    let properties = properties(call, &body)?;
    let checked = check(call, call.creatable()?).await?;
    if checked.seen.is_some() {
        let message = "The resource you tried to create already exists";
        return Err(Error::new(ErrorKind::MethodNotAllowed, message)
            .with_condition(Condition::ResourceMustBeNull));
    }
    if let Some((_, error)) = refusals(call, &properties).into_iter().next() {
        return Err(error);
    }
    let context = checked.context(call);
    let make = MakeCollection { path: checked.path.clone(), properties: &properties, context };
    Ok(written(call, call.backend.make_collection(make).await?))
}

/// The properties that the folder shall have from the beginning.
fn properties<B: Backend>(call: &Call<'_, B>, body: &Bytes) -> Result<Vec<PropUpdate>> {
    const RESOURCE_TYPE: PropName = PropName::dav("resourcetype");
    const COLLECTION: PropName = PropName::dav("collection");
    if body.is_empty() {
        return Ok(Vec::new());
    }
    // A body that the server does not know is 415 (RFC 4918, section 9.3).
    let kind = call.header(&header::CONTENT_TYPE)?.unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/xml") && !media.eq_ignore_ascii_case("text/xml") {
        let message = "The body of MKCOL is not one that is known here";
        return Err(Error::new(ErrorKind::UnsupportedMediaType, message));
    }
    let mkcol = Mkcol::parse(body, &call.options().xml)?;
    if mkcol.resourcetypes().iter().any(|kind| *kind != COLLECTION) {
        return Err(Error::new(ErrorKind::Forbidden, "Only plain folders can be made here")
            .with_condition(Condition::ValidResourcetype));
    }
    let others = mkcol.properties.into_iter().filter(|property| property.name != RESOURCE_TYPE);
    Ok(others.map(PropUpdate::Set).collect())
}
