//! Reports and searches as plug-ins (RFC 3253, section 3.6, and RFC 5323).

use std::fmt;

use allmende_webdav_proto::{Element, PropName, request::Propfind};
use async_trait::async_trait;
use http::{HeaderMap, Response, request::Parts};

use crate::{
    backend::{Backend, Entry},
    body::DavBody,
    error::Result,
};

/// One kind of REPORT, such as `{DAV:}sync-collection`.
#[async_trait]
pub trait ReportHandler<B: Backend>: fmt::Debug + Send + Sync + 'static {
    /// The root element of its request.
    fn name(&self) -> &PropName;

    /// Answers it on a resource.
    async fn run(&self, backend: &B, request: ReportRequest<'_, B::Resource>) -> Result<Reply<B>>;
}

/// The search of a server (RFC 5323). Its scope stands in the request's body.
#[async_trait]
pub trait SearchHandler<B: Backend>: fmt::Debug + Send + Sync + 'static {
    /// Answers a query.
    async fn run(&self, backend: &B, request: ReportRequest<'_, B::Resource>) -> Result<Reply<B>>;
}

/// What GET says of a folder, whose content no standard defines.
#[async_trait]
pub trait CollectionHandler<B: Backend>: fmt::Debug + Send + Sync + 'static {
    /// Answers GET or HEAD; the body is dropped for HEAD.
    async fn get(
        &self,
        backend: &B,
        folder: &Entry<B::Resource>,
        request: &Parts,
    ) -> Result<Response<DavBody>>;
}

/// A report that a client asks for.
#[derive(Debug)]
pub struct ReportRequest<'a, R> {
    /// On which resource.
    pub target: &'a Entry<R>,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// Its body, read under the XML limits.
    pub body: &'a Element,
}

/// The answer to a report or a search.
pub enum Reply<B: Backend> {
    /// A multistatus of resources with their properties, written like a listing.
    Listing {
        /// The resources, page by page.
        source: Box<dyn Source<B>>,
        /// Which properties.
        selection: Propfind,
        /// The state that the listing describes (RFC 6578).
        sync_token: Option<String>,
        /// Headers for the answer.
        headers: HeaderMap,
    },
    /// Anything else.
    Response(Response<DavBody>),
}

impl<B: Backend> fmt::Debug for Reply<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listing { selection, .. } => {
                f.debug_struct("Listing").field("selection", selection).finish_non_exhaustive()
            }
            Self::Response(response) => f.debug_tuple("Response").field(response).finish(),
        }
    }
}

/// Where the resources of a multistatus come from, page by page.
#[async_trait]
pub trait Source<B: Backend>: Send {
    /// The next page; none behind the last one. An error breaks the listing visibly.
    async fn next_page(&mut self, backend: &B) -> Result<Option<Vec<Found<B::Resource>>>>;
}

/// One entry of a multistatus.
#[derive(Debug, Clone)]
pub enum Found<R> {
    /// A resource with its properties.
    Resource(Entry<R>),
    /// One that is gone, which `sync-collection` tells (RFC 6578, section 3.5).
    Gone(allmende_types::SpacePath),
    /// The collection that was asked, where the answer ends before everything was told
    /// (RFC 6578, section 3.6). It stands last.
    Cut(allmende_types::SpacePath),
}
