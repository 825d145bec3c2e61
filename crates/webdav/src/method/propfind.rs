//! PROPFIND (RFC 4918, section 9.1).

use allmende_webdav_proto::{
    Condition, headers::Depth, multistatus::MissingProps, request::Propfind,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::options::DAV;
use crate::{
    backend::{Backend, Resource},
    body::DavBody,
    condition::check,
    error::{Error, ErrorKind, Result},
    handler::Call,
    listing::{Listing, Plan, Walk, start},
    options::{InfiniteDepth, UnreadableDepth},
    report::Source,
    respond,
};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const BRIEF: HeaderName = HeaderName::from_static("brief");

pub(super) async fn propfind<B: Backend>(
    call: &Call<'_, B>,
    body: Bytes,
) -> Result<Response<DavBody>> {
    let options = call.options();
    let depth = match Depth::from_headers(call.headers()) {
        Ok(depth) => depth.unwrap_or(options.missing_depth),
        Err(_) if options.unreadable_depth == UnreadableDepth::Ignore => options.missing_depth,
        Err(error) => return Err(error.into()),
    };
    let wish = Propfind::parse(&body, &options.xml)?;
    let entry = check(call, call.existing()?).await?.entry()?;
    if depth == Depth::Infinity
        && options.infinite_depth == InfiniteDepth::Refuse
        && entry.resource.is_collection()
    {
        let message = "A listing of everything below is not offered";
        return Err(Error::new(ErrorKind::Forbidden, message)
            .with_condition(Condition::PropfindFiniteDepth));
    }
    let source = Box::new(Walk::new(entry, &depth, options.page_size));
    multistatus(call, source, &wish, None).await
}

/// The properties that a body asks for, of resources from elsewhere.
pub(crate) async fn list<B: Backend>(
    call: &Call<'_, B>,
    body: &[u8],
    source: Box<dyn Source<B>>,
) -> Result<Response<DavBody>> {
    let wish = Propfind::parse(body, &call.options().xml)?;
    multistatus(call, source, &wish, None).await
}

/// A multistatus of resources with their properties.
pub(super) async fn multistatus<B: Backend>(
    call: &Call<'_, B>,
    source: Box<dyn Source<B>>,
    wish: &Propfind,
    sync_token: Option<String>,
) -> Result<Response<DavBody>> {
    let missing = missing(call.headers());
    let listing = Listing {
        plan: Plan::new(call.handler.clone(), wish, missing),
        backend: call.backend.clone(),
        mount: call.mount.clone(),
        source,
        sync_token,
    };
    let mut response = respond::xml(StatusCode::MULTI_STATUS, start(listing).await?);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Brief,Prefer"));
    if missing == MissingProps::Omit {
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("return=minimal"));
    }
    respond::set(headers, DAV, &call.options().compliance);
    Ok(response)
}

/// Whether the client wants to hear what there is not (RFC 8144, section 2.1).
fn missing(headers: &HeaderMap) -> MissingProps {
    let minimal = (headers.get_all(PREFER).iter())
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .any(|word| word.trim().eq_ignore_ascii_case("return=minimal"));
    let brief = headers.get(BRIEF).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"t"));
    if minimal || brief { MissingProps::Omit } else { MissingProps::Report }
}
