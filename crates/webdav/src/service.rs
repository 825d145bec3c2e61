//! The handler with a tree, as a tower service.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Buf;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::{
    backend::Backend,
    body::{BodyError, DavBody},
    handler::DavHandler,
    mount::Mount,
};

/// A [`DavHandler`] with the tree that it serves and the place where it hangs: what axum,
/// tower and hyper mount. It never fails and is always ready.
///
/// Where each session has a tree of its own, an embedder makes a value per request or calls
/// [`DavHandler::handle`] itself.
#[derive(Debug, Clone)]
pub struct DavService<B: Backend> {
    handler: DavHandler<B>,
    backend: B,
    mount: Mount,
}

impl<B: Backend> DavService<B> {
    /// A service over `backend`, which hangs at `mount`.
    #[must_use]
    pub const fn new(handler: DavHandler<B>, backend: B, mount: Mount) -> Self {
        Self { handler, backend, mount }
    }
}

impl<B, ReqBody> Service<Request<ReqBody>> for DavService<B>
where
    B: Backend,
    ReqBody: Body + Send + 'static,
    ReqBody::Data: Buf + Send,
    ReqBody::Error: Into<BodyError>,
{
    type Response = Response<DavBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<DavBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let Self { handler, backend, mount } = self.clone();
        Box::pin(async move { Ok(handler.handle(&backend, &mount, request).await) })
    }
}
