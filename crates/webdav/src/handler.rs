//! The handler: what is configured once, and the way of a request to its method.

use std::{fmt, sync::Arc};

use bytes::Buf;
use http::{HeaderMap, HeaderName, Method, Request, Response, request::Parts};
use http_body::Body;

use crate::{
    backend::Backend,
    body::{BodyError, DavBody},
    error::{Error, ErrorKind, Result},
    method,
    mount::Mount,
    options::Options,
    property::{CoreOptions, CoreProperties, DeadProperties, PropertyProvider},
    report::{CollectionHandler, ReportHandler, SearchHandler, Source},
    respond,
};

/// A WebDAV server without a tree: options, properties, reports. Cheap to clone.
///
/// Methods that a dialect adds (`PATCH`, `POST`) and requests that it answers in its own
/// way (`LOCK` with `X-User-Lock`) it takes before it calls [`DavHandler::handle`].
///
/// ```no_run
/// use allmende_webdav::{Backend, DavHandler, DavService, Mount, Options};
///
/// fn serve<B: Backend>(home: B) -> DavService<B> {
///     let handler = DavHandler::builder(Options::default()).build();
///     DavService::new(handler, home, Mount::new("/dav"))
/// }
/// ```
#[derive(Debug)]
pub struct DavHandler<B: Backend> {
    inner: Arc<Inner<B>>,
}

impl<B: Backend> Clone for DavHandler<B> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

#[derive(Debug)]
pub(crate) struct Inner<B: Backend> {
    pub(crate) options: Options,
    pub(crate) providers: Vec<Arc<dyn PropertyProvider<B>>>,
    pub(crate) reports: Vec<Arc<dyn ReportHandler<B>>>,
    pub(crate) search: Option<Arc<dyn SearchHandler<B>>>,
    pub(crate) collections: Option<Arc<dyn CollectionHandler<B>>>,
}

/// Puts a [`DavHandler`] together.
#[derive(Debug)]
pub struct DavHandlerBuilder<B: Backend> {
    inner: Inner<B>,
    core: CoreOptions,
}

impl<B: Backend> DavHandlerBuilder<B> {
    /// Adds live properties. Of several providers that know a name the first has it; the
    /// core's own ([`CoreProperties`]) and the dead ones ([`DeadProperties`]) come last.
    #[must_use]
    pub fn provider(mut self, provider: impl PropertyProvider<B>) -> Self {
        self.inner.providers.push(Arc::new(provider));
        self
    }

    /// Says what the core's own properties contain.
    #[must_use]
    pub fn core(mut self, options: CoreOptions) -> Self {
        self.core = options;
        self
    }

    /// Adds a report.
    #[must_use]
    pub fn report(mut self, report: impl ReportHandler<B>) -> Self {
        self.inner.reports.push(Arc::new(report));
        self
    }

    /// Answers `SEARCH`.
    #[must_use]
    pub fn search(mut self, search: impl SearchHandler<B>) -> Self {
        self.inner.search = Some(Arc::new(search));
        self
    }

    /// Answers `GET` on folders, which is 405 without it.
    #[must_use]
    pub fn collections(mut self, collections: impl CollectionHandler<B>) -> Self {
        self.inner.collections = Some(Arc::new(collections));
        self
    }

    /// The handler.
    #[must_use]
    pub fn build(self) -> DavHandler<B> {
        let Self { mut inner, core } = self;
        let methods = method::allowed(&inner);
        let reports = inner.reports.iter().map(|report| report.name().clone()).collect();
        inner.providers.push(Arc::new(CoreProperties::new(core, methods, reports)));
        inner.providers.push(Arc::new(DeadProperties));
        DavHandler { inner: Arc::new(inner) }
    }
}

impl<B: Backend> DavHandler<B> {
    /// Begins with options and neither properties nor reports beside the core's.
    #[must_use]
    pub fn builder(options: Options) -> DavHandlerBuilder<B> {
        let inner = Inner {
            options,
            providers: Vec::new(),
            reports: Vec::new(),
            search: None,
            collections: None,
        };
        DavHandlerBuilder { inner, core: CoreOptions::default() }
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Answers a request on the tree `backend`, which hangs at `mount`. Every failure is an
    /// answer too.
    ///
    /// A listing's body goes on reading from a clone of the backend while it is sent.
    pub async fn handle<ReqBody>(
        &self,
        backend: &B,
        mount: &Mount,
        request: Request<ReqBody>,
    ) -> Response<DavBody>
    where
        ReqBody: Body + Send + 'static,
        ReqBody::Data: Buf + Send,
        ReqBody::Error: Into<BodyError>,
    {
        let (parts, body) = request.into_parts();
        let head = parts.method == Method::HEAD;
        let call = Call { handler: self, backend, mount, parts: &parts };
        let mut response = match method::dispatch(&call, body).await {
            Ok(response) => response,
            Err(error) => call.error(&error),
        };
        if head {
            respond::drop_body(&mut response);
        }
        response
    }

    /// Answers a PROPFIND about resources that do not stand side by side in the backend, or
    /// under other paths there: whatever `source` brings, with the properties that the body
    /// asks for. Whether the depth is one that makes sense is the caller's to say.
    pub async fn list(
        &self,
        backend: &B,
        mount: &Mount,
        parts: &Parts,
        body: &[u8],
        source: Box<dyn Source<B>>,
    ) -> Response<DavBody> {
        let call = Call { handler: self, backend, mount, parts };
        let listed = method::list(&call, body, source).await;
        listed.unwrap_or_else(|error| call.error(&error))
    }

    pub(crate) fn inner(&self) -> &Inner<B> {
        &self.inner
    }

    /// The answer that an error becomes, for what an embedder answers itself.
    #[must_use]
    pub fn error_response(&self, mount: &Mount, error: &Error) -> Response<DavBody> {
        respond::error(self, mount, error)
    }
}

/// One request on its way.
pub(crate) struct Call<'a, B: Backend> {
    pub(crate) handler: &'a DavHandler<B>,
    pub(crate) backend: &'a B,
    pub(crate) mount: &'a Mount,
    pub(crate) parts: &'a Parts,
}

impl<B: Backend> fmt::Debug for Call<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.parts.method, self.parts.uri.path())
    }
}

impl<B: Backend> Call<'_, B> {
    pub(crate) fn options(&self) -> &Options {
        self.handler.options()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    pub(crate) fn error(&self, error: &Error) -> Response<DavBody> {
        respond::error(self.handler, self.mount, error)
    }

    /// The value of a header as text.
    pub(crate) fn header(&self, name: &HeaderName) -> Result<Option<&str>> {
        let text = self.parts.headers.get(name).map(|value| value.to_str());
        text.transpose().map_err(|error| {
            let message = format!("The header {name} is not text");
            Error::new(ErrorKind::BadRequest, message).with_source(error)
        })
    }
}
