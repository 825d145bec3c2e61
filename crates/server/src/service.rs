//! What happens to every request before and after the crates answer it.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use prometheus_client::metrics::counter::Counter;
use tower_service::Service;

use crate::{
    Config, RequestBody,
    listen::Peer,
    log::loggable,
    metrics::{Metrics, Running},
    proxy,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives each request its id and its origin, counts it, logs it, and turns a panic into an
/// answer.
#[derive(Debug, Clone)]
pub(crate) struct Front<S> {
    inner: S,
    config: Arc<Config>,
    metrics: Metrics,
}

impl<S> Front<S> {
    pub(crate) fn new(inner: S, config: Arc<Config>, metrics: Metrics) -> Self {
        Self { inner, config, metrics }
    }

    /// The service of one connection.
    pub(crate) fn for_peer(&self, peer: Peer) -> PeerService<S>
    where
        S: Clone,
    {
        PeerService { front: self.clone(), peer }
    }
}

/// The [`Front`] as one connection sees it.
#[derive(Debug, Clone)]
pub(crate) struct PeerService<S> {
    front: Front<S>,
    peer: Peer,
}

impl<S, B> hyper::service::Service<Request<Incoming>> for PeerService<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Default + Send + 'static,
{
    type Response = Response<Counted<B>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let Front { inner, config, metrics } = self.front.clone();
        let peer = self.peer;
        Box::pin(async move { Ok(answer(inner, &config, metrics, peer, request).await) })
    }
}

async fn answer<S, B>(
    mut service: S,
    config: &Config,
    metrics: Metrics,
    peer: Peer,
    request: Request<Incoming>,
) -> Response<Counted<B>>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes> + Default,
{
    let started = Instant::now();
    let running = metrics.start();
    let idle = config.limits.body_idle_time();
    let mut request = request.map(|body| RequestBody::new(body, idle, metrics.received.clone()));
    let mut origin = {
        let headers = request.headers();
        let named = headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().authority().map(http::uri::Authority::as_str).or(named);
        proxy::origin(peer.address.ip(), peer.https, host, headers, |ip| config.trusts(ip))
    };
    if let Some(url) = config.public_url.as_deref() {
        origin.https = url.starts_with("https:");
        origin.host = url.split("//").nth(1).map(|host| host.trim_end_matches('/').to_owned());
    }
    let id = request_id(request.headers());
    let method = request.method().clone();
    let path = loggable(request.uri().path()).into_owned();
    let client = origin.client;
    request.extensions_mut().insert(origin);

    let outcome = AssertUnwindSafe(service.call(request)).catch_unwind().await;
    let mut response = match outcome {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => {
            // The panic itself was told by the hook; the client gets the id to ask with.
            tracing::error!(id = ?id, %method, path, "a request made the server panic");
            let mut response = Response::new(B::default());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    };
    response.headers_mut().insert(REQUEST_ID, id.clone());
    let (status, took) = (response.status(), started.elapsed());
    metrics.answered(&method, status, took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let id = id.to_str().unwrap_or_default();
    if status.is_server_error() {
        tracing::warn!(target: "allmende::access", id, %client, %method, path, status = status.as_u16(), micros);
    } else {
        tracing::debug!(target: "allmende::access", id, %client, %method, path, status = status.as_u16(), micros);
    }
    response.map(|body| Counted { body, sent: metrics.sent, _running: running })
}

/// The id that the client gave the request, if it is one that logs can bear; otherwise a
/// fresh one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let bearable = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-' || *b == b'_';
        (8..=64).contains(&bytes.len()) && bytes.iter().all(allowed)
    };
    headers.get(REQUEST_ID).filter(bearable).cloned().unwrap_or_else(|| {
        let mut text = [0; uuid::fmt::Simple::LENGTH];
        let text = uuid::Uuid::new_v4().simple().encode_lower(&mut text);
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    })
}

/// The body of an answer. Its bytes are counted, and its request is running until it ends.
#[derive(Debug)]
pub(crate) struct Counted<B> {
    body: B,
    sent: Counter,
    _running: Running,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Counted<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.sent.inc_by(data.len() as u64);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_may_name_their_requests_within_reason() {
        let id = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(value));
            request_id(&headers)
        };
        assert_eq!(
            id("4a6f3b1c-0000-4000-8000-abcdefabcdef"),
            "4a6f3b1c-0000-4000-8000-abcdefabcdef"
        );
        for bad in ["", "short", "a b c d e f g h", "\"},\"level\":\"forged\""] {
            assert_eq!(id(bad).len(), 32, "{bad}");
        }
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }
}
