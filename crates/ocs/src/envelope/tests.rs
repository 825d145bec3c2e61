use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::*;
use crate::{Assoc, Nothing, OcsError, Value, from_value};

const V1_JSON: Envelope = Envelope { version: Version::V1, format: Format::Json };
const V1_XML: Envelope = Envelope { version: Version::V1, format: Format::Xml };
const V2_JSON: Envelope = Envelope { version: Version::V2, format: Format::Json };
const V2_XML: Envelope = Envelope { version: Version::V2, format: Format::Xml };

#[test]
fn successes() {
    let reply = Reply::new(Nothing);
    assert_eq!(
        V2_JSON.success(&reply).unwrap().body(),
        r#"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":[]}}"#
    );
    assert_eq!(
        V1_XML.success(&reply).unwrap().body(),
        "<?xml version=\"1.0\"?>\n<ocs>\n <meta>\n  <status>ok</status>\n  \
         <statuscode>100</statuscode>\n  <message>OK</message>\n  <totalitems></totalitems>\n  \
         <itemsperpage></itemsperpage>\n </meta>\n <data/>\n</ocs>\n"
    );
    let counted = V1_JSON.success(&Reply::new(Nothing).with_counts(7, 5)).unwrap();
    assert!(counted.body().windows(16).any(|part| part == br#""totalitems":"7""#));
}

#[test]
fn failures_in_each_version() {
    let error = OcsError::new(Code::NOT_FOUND, "").with_data(Value::Null);
    let response = V2_JSON.failure(&error);
    assert_eq!(response.status(), 404);
    assert_eq!(
        response.body(),
        r#"{"ocs":{"meta":{"status":"failure","statuscode":404,"message":""},"data":null}}"#
    );
    let response = V1_JSON.failure(&error);
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.body(),
        concat!(
            r#"{"ocs":{"meta":{"status":"failure","statuscode":404,"message":"","#,
            r#""totalitems":"","itemsperpage":""},"data":null}}"#
        )
    );
    let response = V2_XML.failure(&OcsError::not_visible());
    assert_eq!(
        response.body(),
        "<?xml version=\"1.0\"?>\n<ocs>\n <meta>\n  <status>failure</status>\n  \
         <statuscode>998</statuscode>\n  <message></message>\n </meta>\n <data/>\n</ocs>\n"
    );
}

#[test]
fn http_status_of_each_code() {
    let cases = [
        (100, 200, 200),
        (200, 200, 200),
        (101, 200, 400),
        (113, 200, 400),
        (400, 200, 400),
        (403, 200, 403),
        (404, 200, 404),
        (409, 200, 409),
        (412, 412, 412),
        (429, 200, 429),
        (503, 503, 503),
        (996, 200, 500),
        (997, 401, 401),
        (998, 200, 404),
        (999, 200, 500),
    ];
    for (code, v1, v2) in cases {
        assert_eq!(Code(code).http_status(Version::V1), v1, "{code} in version 1");
        assert_eq!(Code(code).http_status(Version::V2), v2, "{code} in version 2");
    }
}

#[test]
fn headers_of_failures() {
    let mut from_script = HeaderMap::new();
    from_script.insert("x-requested-with", HeaderValue::from_static("XMLHttpRequest"));
    let challenge = |headers: &HeaderMap| {
        let response = V1_JSON.failure(&OcsError::unauthorised(headers));
        assert_eq!(response.status(), 401);
        response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned()
    };
    assert_eq!(challenge(&HeaderMap::new()), "Basic realm=\"Authorisation Required\"");
    assert_eq!(challenge(&from_script), "DummyBasic realm=\"Authorisation Required\"");
    let response = V1_XML.failure(&OcsError::maintenance());
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["x-nextcloud-maintenance-mode"], "1");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/xml; charset=utf-8");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache, no-store, must-revalidate");
}

#[test]
fn created_is_told_in_version_2_only() {
    let reply = Reply::new(Nothing).with_status(StatusCode::CREATED);
    assert_eq!(V2_JSON.success(&reply).unwrap().status(), 201);
    assert_eq!(V1_JSON.success(&reply).unwrap().status(), 200);
}

#[test]
fn unwritable_data_is_a_server_error() {
    let data = std::collections::BTreeMap::from([([1, 2], 3)]);
    assert!(V2_JSON.success(&Reply::new(&data)).is_err());
    assert_eq!(V2_JSON.respond(Ok(Reply::new(&data))).status(), 500);
}

#[test]
fn the_form_is_negotiated() {
    let accepting = |accept: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        headers
    };
    let chosen = |accept| Format::negotiate(None, &accepting(accept));
    assert_eq!(chosen("*/*"), Format::Xml);
    assert_eq!(chosen("application/json"), Format::Json);
    assert_eq!(chosen("text/html, Application/JSON;q=0.9"), Format::Json);
    assert_eq!(chosen("application/xml, application/json"), Format::Xml);
    let both = Format::negotiate(Some("xml"), &accepting("application/json"));
    assert_eq!(both, Format::Xml);
    let unknown = Format::negotiate(Some("yaml"), &accepting("application/json"));
    assert_eq!(unknown, Format::Json);
}

#[test]
fn versions_are_told_by_the_path() {
    assert_eq!(Version::split_path("/ocs/v1.php/config"), Some((Version::V1, "/config")));
    assert_eq!(Version::split_path("/ocs/v2.php/a/b"), Some((Version::V2, "/a/b")));
    assert_eq!(Version::split_path("/ocs/v3.php/a"), None);
    assert_eq!(Version::split_path("/ocs/v2.phpx/a"), None);
    assert_eq!(Version::split_path("/ocs/v2.php"), None);
}

#[test]
fn if_none_match() {
    let asking = |tags: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(tags));
        is_current(&headers, "\"a\"")
    };
    assert!(asking("\"a\""));
    assert!(asking("\"b\", W/\"a\""));
    assert!(asking("*"));
    assert!(!asking("\"b\""));
    assert!(!asking("a"));
    assert!(!is_current(&HeaderMap::new(), "\"a\""));
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Person {
    id: String,
    age: u32,
    ratio: f64,
    admin: bool,
    email: Option<String>,
    groups: Vec<String>,
    extra: Assoc<i64>,
    kind: Kind,
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Guest,
}

#[test]
fn typed_data_survives_each_form_and_version() {
    let person = Person {
        id: "007".into(),
        age: 7,
        ratio: 0.5,
        admin: false,
        email: None,
        groups: vec!["a".into()],
        extra: [("x", -3)].into_iter().collect(),
        kind: Kind::Guest,
    };
    for envelope in [V1_JSON, V1_XML, V2_JSON] {
        let response = envelope.success(&Reply::new(&person)).unwrap();
        let document = Document::read(envelope.format, response.body()).unwrap();
        assert_eq!(document.meta.status, Status::Ok);
        assert_eq!(document.meta.statuscode, envelope.version.ok());
        // In XML, the numbers of a free map stay text: nothing says what they are.
        let mut data = document.data;
        if envelope.format == Format::Xml {
            assert_eq!(data.get("extra").and_then(|e| e.get("x")), Some(&Value::from("-3")));
            if let Value::Map(entries) = &mut data {
                entries.retain(|(key, _)| key != "extra");
                entries.push(("extra".into(), [("x", Value::Integer(-3))].into_iter().collect()));
            }
        }
        assert_eq!(from_value::<Person>(data).unwrap(), person);
    }
}

#[test]
fn documents_that_are_none() {
    assert!(Document::read(Format::Json, b"[]").is_err());
    assert!(Document::read(Format::Json, b"{}").is_err());
    assert!(Document::read(Format::Json, br#"{"ocs":{"data":[]}}"#).is_err());
    assert!(Document::read(Format::Xml, b"<html/>").is_err());
    assert!(Document::read(Format::Xml, b"<ocs/>").is_err());
}

#[test]
fn misfits_are_named_with_their_path() {
    let value = Document::read(
        Format::Json,
        br#"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":{"a":{"b":"x"}}}}"#,
    )
    .unwrap()
    .data;
    type Nested = std::collections::BTreeMap<String, std::collections::BTreeMap<String, u8>>;
    let error = from_value::<Nested>(value).unwrap_err();
    assert_eq!(error.to_string(), "a.b: expected a number, found another text");
}
