//! What the server tells of itself: OpenMetrics, health and readiness.

use std::{
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// The numbers of one server. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<MethodLabel, Histogram, fn() -> Histogram>,
    running: Gauge,
    pub(crate) received: Counter,
    pub(crate) sent: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: MethodName,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabel {
    method: MethodName,
}

/// The methods that are told apart; strangers' inventions are one, so that they cannot
/// fill the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(clippy::upper_case_acronyms, reason = "the methods' own spelling")]
enum MethodName {
    COPY,
    DELETE,
    GET,
    HEAD,
    LOCK,
    MKCOL,
    MOVE,
    OPTIONS,
    PATCH,
    POST,
    PROPFIND,
    PROPPATCH,
    PUT,
    REPORT,
    SEARCH,
    UNLOCK,
    Other,
}

impl From<&Method> for MethodName {
    fn from(method: &Method) -> Self {
        match method.as_str() {
            "COPY" => Self::COPY,
            "DELETE" => Self::DELETE,
            "GET" => Self::GET,
            "HEAD" => Self::HEAD,
            "LOCK" => Self::LOCK,
            "MKCOL" => Self::MKCOL,
            "MOVE" => Self::MOVE,
            "OPTIONS" => Self::OPTIONS,
            "PATCH" => Self::PATCH,
            "POST" => Self::POST,
            "PROPFIND" => Self::PROPFIND,
            "PROPPATCH" => Self::PROPPATCH,
            "PUT" => Self::PUT,
            "REPORT" => Self::REPORT,
            "SEARCH" => Self::SEARCH,
            "UNLOCK" => Self::UNLOCK,
            _ => Self::Other,
        }
    }
}

const SECONDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0];

impl Metrics {
    /// A registry with the server's own numbers, and those that `more` adds.
    pub(crate) fn new(more: impl FnOnce(&mut Registry)) -> Self {
        let mut registry = Registry::with_prefix("allmende");
        let requests = Family::default();
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        let (running, received, sent) = (Gauge::default(), Counter::default(), Counter::default());
        registry.register("http_requests", "Answered requests", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time to the head of the answer",
            durations.clone(),
        );
        registry.register("http_requests_running", "Requests under way", running.clone());
        registry.register("http_received_bytes", "Bytes of request bodies", received.clone());
        registry.register("http_sent_bytes", "Bytes of answers' bodies", sent.clone());
        more(&mut registry);
        Self { registry: Arc::new(registry), requests, durations, running, received, sent }
    }

    /// Notes that a request starts. It counts as running until the guard is dropped.
    pub(crate) fn start(&self) -> Running {
        self.running.inc();
        Running(self.running.clone())
    }

    /// Notes an answer.
    pub(crate) fn answered(&self, method: &Method, status: StatusCode, took: Duration) {
        let method = MethodName::from(method);
        self.requests.get_or_create(&RequestLabels { method, status: status.as_u16() }).inc();
        self.durations.get_or_create(&MethodLabel { method }).observe(took.as_secs_f64());
    }

    /// All numbers in the OpenMetrics text form.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A request that is under way.
#[derive(Debug)]
pub(crate) struct Running(Gauge<i64, AtomicI64>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_and_methods_are_few() {
        let metrics = Metrics::new(|_| {});
        let running = metrics.start();
        let invented = Method::from_bytes(b"XYZZY").unwrap();
        metrics.answered(&Method::PUT, StatusCode::CREATED, Duration::from_millis(3));
        metrics.answered(&invented, StatusCode::NOT_IMPLEMENTED, Duration::ZERO);
        let text = metrics.text();
        let has = |line: &str| text.lines().any(|l| l == line);
        assert!(has("allmende_http_requests_total{method=\"PUT\",status=\"201\"} 1"), "{text}");
        assert!(has("allmende_http_requests_total{method=\"Other\",status=\"501\"} 1"), "{text}");
        assert!(has("allmende_http_requests_running 1"), "{text}");
        assert!(text.ends_with("# EOF\n"));
        drop(running);
        assert!(metrics.text().contains("allmende_http_requests_running 0"));
    }
}
