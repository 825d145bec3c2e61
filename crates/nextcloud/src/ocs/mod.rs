//! The OCS interface: `/ocs/v1.php/…` and `/ocs/v2.php/…`.

use allmende_ocs::{OcsRequest, RequestLimits};
use bytes::Bytes;
use http::{Request, Response};

use crate::{Origin, dav::Body, service::Inner};

/// The routes of the interface.
#[derive(Debug)]
pub(crate) struct Ocs;

impl Ocs {
    pub(crate) fn new() -> Self {
        Self
    }
}

/// Answers a request.
pub(crate) async fn answer(inner: &Inner, request: Request<Body>, _: &Origin) -> Response<Bytes> {
    let _ = inner;
    let (parts, _) = request.into_parts();
    let request = OcsRequest::parse(&parts, &[], RequestLimits::default());
    match request {
        Ok(request) => request.respond::<()>(Err(allmende_ocs::OcsError::unknown_route())),
        Err(refusal) => refusal.into_response(),
    }
}
