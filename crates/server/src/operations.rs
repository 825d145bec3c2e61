//! The operator's own listener: `/metrics`, `/health` and `/ready`.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use tokio::net::TcpListener;

use crate::{Shutdown, config::Limits, listen, metrics::Metrics};

/// Whether the server can answer clients now: an error names what cannot be used.
pub(crate) type Readiness =
    Arc<dyn Fn() -> futures_util::future::BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Serves the operator until the shutdown, which comes after clients' `stopping`. `/health` says that the process lives, `/ready`
/// that its stores answer; a server that is stopping is not ready.
pub(crate) async fn serve(
    listener: TcpListener,
    limits: &Limits,
    metrics: Metrics,
    readiness: Readiness,
    stopping: Shutdown,
    shutdown: Shutdown,
) {
    let service_for = move |_| {
        let (metrics, readiness, stopping) = (metrics.clone(), readiness.clone(), stopping.clone());
        service_fn(move |request: Request<Incoming>| {
            let (metrics, readiness, stopping) =
                (metrics.clone(), readiness.clone(), stopping.clone());
            async move { Ok::<_, Infallible>(answer(&request, &metrics, &readiness, &stopping).await) }
        })
    };
    listen::serve(listener, None, limits, service_for, shutdown).await;
}

async fn answer(
    request: &Request<Incoming>,
    metrics: &Metrics,
    readiness: &Readiness,
    stopping: &Shutdown,
) -> Response<Full<Bytes>> {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    const TEXT: &str = "text/plain; charset=utf-8";
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return response(StatusCode::METHOD_NOT_ALLOWED, TEXT, String::new());
    }
    match request.uri().path() {
        "/metrics" => response(StatusCode::OK, OPEN_METRICS, metrics.text()),
        "/health" => response(StatusCode::OK, TEXT, "alive\n".into()),
        "/ready" if stopping.is_stopping() => {
            response(StatusCode::SERVICE_UNAVAILABLE, TEXT, "stopping\n".into())
        }
        "/ready" => match readiness().await {
            Ok(()) => response(StatusCode::OK, TEXT, "ready\n".into()),
            Err(what) => response(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("{what}\n")),
        },
        _ => response(StatusCode::NOT_FOUND, TEXT, "not found\n".into()),
    }
}

fn response(status: StatusCode, media_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
