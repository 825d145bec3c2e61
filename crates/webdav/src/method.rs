//! The methods, one file each.

mod copy;
mod delete;
mod get;
mod lock;
mod mkcol;
mod move_;
mod options;
mod propfind;
mod proppatch;
mod put;
mod report;
mod search;
mod transfer;
mod unlock;

use allmende_types::SpacePath;
use bytes::Buf;
use http::{Method, Response};
use http_body::Body;

pub(crate) use self::propfind::list;
use crate::{
    backend::Backend,
    body::{BodyError, DavBody},
    error::{Error, ErrorKind, Result},
    handler::{Call, Inner},
};

/// The handler's methods, in the order in which the original lists them.
const METHODS: [&str; 13] = [
    "OPTIONS",
    "GET",
    "HEAD",
    "DELETE",
    "PROPFIND",
    "PUT",
    "PROPPATCH",
    "COPY",
    "MOVE",
    "REPORT",
    "LOCK",
    "UNLOCK",
    "MKCOL",
];

pub(crate) async fn dispatch<B, ReqBody>(
    call: &Call<'_, B>,
    body: ReqBody,
) -> Result<Response<DavBody>>
where
    B: Backend,
    ReqBody: Body + Send + 'static,
    ReqBody::Data: Buf + Send,
    ReqBody::Error: Into<BodyError>,
{
    let xml = &call.options().xml;
    match call.parts.method.as_str() {
        "OPTIONS" => options::options(call).await,
        "GET" | "HEAD" => get::get(call).await,
        "PUT" => put::put(call, body).await,
        "DELETE" => delete::delete(call).await,
        "COPY" => copy::copy(call).await,
        "MOVE" => move_::rename(call).await,
        "UNLOCK" => unlock::unlock(call).await,
        "PROPFIND" => propfind::propfind(call, crate::request::collect(body, xml).await?).await,
        "PROPPATCH" => proppatch::proppatch(call, crate::request::collect(body, xml).await?).await,
        "MKCOL" => mkcol::mkcol(call, crate::request::collect(body, xml).await?).await,
        "LOCK" => lock::lock(call, crate::request::collect(body, xml).await?).await,
        "REPORT" => report::report(call, crate::request::collect(body, xml).await?).await,
        "SEARCH" => search::search(call, crate::request::collect(body, xml).await?).await,
        other => {
            Err(Error::new(ErrorKind::NotImplemented, format!("There is no method {other} here")))
        }
    }
}

/// The methods that are answered here, with those that the embedder answers.
pub(crate) fn allowed<B: Backend>(handler: &Inner<B>) -> Vec<Method> {
    let search = handler.search.iter().map(|_| "SEARCH");
    let own = METHODS.into_iter().chain(search).filter_map(|name| name.parse().ok());
    own.chain(handler.options.more_methods.iter().cloned()).collect()
}

/// The value of `Allow`.
pub(crate) fn allow_header<B: Backend>(handler: &Inner<B>) -> String {
    let methods = allowed(handler);
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

impl<B: Backend> Call<'_, B> {
    /// The path of a resource that the method needs. What nothing can be called, and what
    /// lies elsewhere, is not there.
    fn existing(&self) -> Result<SpacePath> {
        let uri = self.parts.uri.path();
        self.mount.locate(uri).map_err(|error| match error.kind() {
            ErrorKind::InvalidName | ErrorKind::Forbidden => {
                let message = format!("File with name {uri} could not be located");
                Error::new(ErrorKind::NotFound, message).with_source(error)
            }
            _ => error,
        })
    }

    /// The path of a resource that the method may make.
    fn creatable(&self) -> Result<SpacePath> {
        self.mount.locate(self.parts.uri.path())
    }
}
