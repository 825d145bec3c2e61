//! Recorded answers of the original, read by the types and written again byte by byte.
//!
//! The recordings are not part of this repository: `ALLMENDE_WIRE` names their folder. Without it
//! there is nothing to compare and the test passes.
#![cfg(all(feature = "client", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::Path;

use allmende_ocs::endpoints::files_sharing::{deleted, sharees, shares, token};
use allmende_ocs::endpoints::{cloud, direct_link};
use allmende_ocs::{
    ClientEndpoint, Document, Endpoint, OcsRequest, PathParams, Reply, RequestLimits, Router,
    ServerEndpoint, Value,
};
use bytes::Bytes;
use http::{Request, Response};

/// Compares one exchange; the error says what differs.
type Check = fn(&OcsRequest, &PathParams, &Response<Bytes>) -> Result<(), String>;

/// The answer read and written again is the same text.
fn exact<E: Endpoint>(
    request: &OcsRequest,
    params: &PathParams,
    response: &Response<Bytes>,
) -> Result<(), String> {
    E::read_request(request, params).map_err(|error| error.to_string())?;
    let data = E::from_http(response).map_err(|error| error.to_string())?;
    let again = request.envelope().success(&Reply::new(data)).map_err(|error| error.to_string())?;
    if again.body() == response.body() {
        return Ok(());
    }
    Err(format!("recorded {:?}\n written {:?}", response.body(), again.body()))
}

/// The answer read and written again has the same values; parts without a type come last.
fn equal<E: Endpoint>(
    request: &OcsRequest,
    _: &PathParams,
    response: &Response<Bytes>,
) -> Result<(), String> {
    let data = E::from_http(response).map_err(|error| error.to_string())?;
    let again = request.envelope().success(&Reply::new(data)).map_err(|error| error.to_string())?;
    let value = |body: &Bytes| {
        let document = Document::read(request.envelope().format, body);
        document.map(|document| sorted(document.data)).map_err(|error| error.to_string())
    };
    let (recorded, written) = (value(response.body())?, value(again.body())?);
    if recorded == written {
        return Ok(());
    }
    Err(format!("recorded {recorded:?}\n written {written:?}"))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Map(mut entries) => {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            entries.into_iter().map(|(key, value)| (key, sorted(value))).collect()
        }
        Value::List(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

fn router() -> Router<Check> {
    Router::<Check>::default()
        .with::<shares::List>(exact::<shares::List>)
        .with::<shares::Get>(exact::<shares::Get>)
        .with::<shares::Create>(exact::<shares::Create>)
        .with::<shares::Update>(exact::<shares::Update>)
        .with::<shares::Delete>(exact::<shares::Delete>)
        .with::<shares::Inherited>(exact::<shares::Inherited>)
        .with::<shares::Pending>(exact::<shares::Pending>)
        .with::<shares::SendMail>(exact::<shares::SendMail>)
        .with::<deleted::List>(exact::<deleted::List>)
        .with::<deleted::Restore>(exact::<deleted::Restore>)
        .with::<sharees::Search>(exact::<sharees::Search>)
        .with::<sharees::Recommended>(exact::<sharees::Recommended>)
        .with::<token::Get>(exact::<token::Get>)
        .with::<direct_link::Create>(exact::<direct_link::Create>)
        .with::<cloud::capabilities::Get>(equal::<cloud::capabilities::Get>)
}

/// Exchanges whose request the original takes for something else than it says: a word where a
/// number belongs. Here they are refused with 400.
fn is_deviation(request: &OcsRequest, body: &str) -> bool {
    request.path().starts_with("/apps/files_sharing/") && body.contains("=junk")
}

fn text(value: &serde_json::Value) -> Option<&str> {
    value.as_str().or_else(|| value["text"].as_str())
}

fn compare(exchange: &serde_json::Value, router: &Router<Check>) -> Option<Result<(), String>> {
    let (status, body) = (exchange["status"].as_u64()?, text(&exchange["body"])?);
    let sent = text(&exchange["request_body"]).unwrap_or_default();
    let mut request = Request::builder().method(exchange["method"].as_str()?);
    request = request.uri(exchange["path"].as_str()?);
    for header in exchange["request_headers"].as_array().into_iter().flatten() {
        request = request.header(header[0].as_str()?, header[1].as_str()?);
    }
    let (parts, ()) = request.body(()).ok()?.into_parts();
    let request = OcsRequest::parse(&parts, sent.as_bytes(), RequestLimits::default()).ok()?;
    let route = router.find(request.method(), request.path()).ok()?;
    let succeeded = status == 200 && !body.contains("failure");
    if !succeeded || is_deviation(&request, sent) {
        return None;
    }
    let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
    let media = request.envelope().format.content_type();
    response.headers_mut().insert("content-type", media.parse().ok()?);
    Some((route.target)(&request, &route.params, &response))
}

#[test]
fn recorded_answers_are_read_and_written_again() {
    let Some(folder) = std::env::var_os("ALLMENDE_WIRE") else { return };
    let router = router();
    let mut compared = 0;
    for file in ["shares", "links", "sharees", "core", "direct"] {
        let path = Path::new(&folder).join(file).with_extension("json");
        let recorded: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for (name, scenario) in recorded["scenarios"].as_object().unwrap() {
            let exchanges = scenario.as_array().or_else(|| scenario["requests"].as_array());
            for exchange in exchanges.unwrap() {
                match compare(exchange, &router) {
                    None => {}
                    Some(Ok(())) => compared += 1,
                    Some(Err(difference)) => {
                        panic!("{file} {name} {}: {difference}", exchange["n"]);
                    }
                }
            }
        }
    }
    assert!(compared > 100, "only {compared} answers were compared");
}
