use http::{Method, Request, header};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

fn parse(request: Request<&str>) -> Result<OcsRequest, Box<Refusal>> {
    let (parts, body) = request.into_parts();
    OcsRequest::parse(&parts, body.as_bytes(), RequestLimits::default())
}

fn params(query: &str, media: &str, body: &str) -> Value {
    let request = Request::post(format!("/ocs/v2.php/x?{query}"))
        .header(header::CONTENT_TYPE, media)
        .body(body)
        .unwrap();
    parse(request).unwrap().extract(&PathParams::default()).unwrap()
}

const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

fn json(text: &str) -> Value {
    crate::codec::json::read(text.as_bytes()).unwrap()
}

#[test]
fn forms() {
    assert_eq!(params("", FORM, "a=1&b=x+y%2Fz&a=2"), json(r#"{"a":"2","b":"x y/z"}"#));
    assert_eq!(params("", FORM, "a[]=1&a[]=2"), json(r#"{"a":["1","2"]}"#));
    assert_eq!(params("", FORM, "a[0]=1&a[1]=2&a[]=3"), json(r#"{"a":["1","2","3"]}"#));
    assert_eq!(params("", FORM, "a[b]=c&a[d][]=e"), json(r#"{"a":{"b":"c","d":["e"]}}"#));
    assert_eq!(params("", FORM, "a%5B%5D=1"), json(r#"{"a":["1"]}"#));
    assert_eq!(
        params("", FORM, "a[b=1&[c]=2&d[e]f=3"),
        json(r#"{"a[b":"1","[c]":"2","d[e]f":"3"}"#)
    );
    assert_eq!(params("", FORM, "a=1&a[]=2"), json(r#"{"a":["2"]}"#));
    assert_eq!(params("", FORM, ""), json("{}"));
}

#[test]
fn the_body_wins_over_the_query() {
    assert_eq!(params("a=1&b=2", FORM, "b=3"), json(r#"{"a":"1","b":"3"}"#));
    assert_eq!(params("a=1&b=2", "application/json", r#"{"b":[3]}"#), json(r#"{"a":"1","b":[3]}"#));
    assert_eq!(params("a=1", "application/json", " "), json(r#"{"a":"1"}"#));
    assert_eq!(params("a=1", "text/plain", "b=2"), json(r#"{"a":"1"}"#));
}

#[test]
fn bad_bodies_are_refused_in_the_right_form() {
    let with = |body: &'static str| {
        Request::post("/ocs/v2.php/x?format=json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap()
    };
    for body in ["{", "3", "[1]", "\"x\""] {
        let response = parse(with(body)).unwrap_err().into_response();
        assert_eq!(response.status(), 400, "{body}");
        assert!(response.body().starts_with(br#"{"ocs":{"meta":{"status":"failure","#));
    }
    let outside = parse(Request::get("/index.php").body("").unwrap()).unwrap_err();
    assert_eq!(outside.error.code, crate::Code::UNKNOWN);
}

#[test]
fn limits_hold() {
    let refused = |body: String| {
        let request =
            Request::post("/ocs/v1.php/x").header(header::CONTENT_TYPE, FORM).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        OcsRequest::parse(&parts, body.as_bytes(), RequestLimits::default())
            .map(drop)
            .map_err(|refusal| refusal.error.message)
    };
    assert_eq!(refused("a=1&".repeat(1000)), Ok(()));
    assert_eq!(refused("a=1&".repeat(1001)), Err("more than 1000 parameters".into()));
    assert_eq!(refused(format!("a{}=1", "[b]".repeat(16))), Ok(()));
    assert_eq!(
        refused(format!("a{}=1", "[b]".repeat(17))),
        Err("parameters nested more than 16 deep".into())
    );
    assert!(refused("a".repeat(1024 * 1024 + 1)).is_err());
}

#[derive(Debug, Deserialize, PartialEq)]
struct Typed {
    id: String,
    limit: Option<u32>,
    #[serde(default)]
    flag: bool,
    #[serde(default)]
    ids: Vec<i64>,
}

#[test]
fn typed_parameters_come_from_anywhere() {
    let expected = Typed { id: "5".into(), limit: Some(3), flag: true, ids: vec![1, 2] };
    let requests = [
        Request::get("/ocs/v2.php/x?id=5&limit=3&flag=true&ids[]=1&ids[]=2").body("").unwrap(),
        Request::put("/ocs/v2.php/x?id=5")
            .header(header::CONTENT_TYPE, FORM)
            .body("limit=3&flag=1&ids[]=1&ids[]=2")
            .unwrap(),
        Request::post("/ocs/v2.php/x")
            .header(header::CONTENT_TYPE, "application/json")
            .body(r#"{"id":5,"limit":"3","flag":true,"ids":[1,"2"]}"#)
            .unwrap(),
    ];
    for request in requests {
        let typed: Typed = parse(request).unwrap().extract(&PathParams::default()).unwrap();
        assert_eq!(typed, expected);
    }
}

#[test]
fn misfits_are_bad_requests() {
    let error = |query: &str| {
        let request = Request::get(format!("/ocs/v2.php/x?{query}")).body("").unwrap();
        parse(request).unwrap().extract::<Typed>(&PathParams::default()).unwrap_err()
    };
    assert_eq!(error("limit=3").to_string(), "400: missing field `id`");
    assert_eq!(
        error("id=1&limit=x").to_string(),
        "400: limit: expected a number, found another text"
    );
    assert_eq!(error("id=1&flag=maybe").code, crate::Code::BAD_REQUEST);
    assert_eq!(error("id[a]=1").to_string(), "400: id: expected a text, found a map");
}

fn reading(method: Method, headers: &[(&'static str, &str)]) -> OcsRequest {
    let mut request = Request::builder().method(method).uri("/ocs/v2.php/x?format=json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    parse(request.body("").unwrap()).unwrap()
}

#[test]
fn reads_are_tagged_and_repeated_reads_are_not_modified() {
    let answer = || Ok(Reply::new(["a"]));
    let first = reading(Method::GET, &[]).respond(answer());
    let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
    assert_eq!((first.status().as_u16(), tag.len()), (200, 34));

    let again = reading(Method::GET, &[("if-none-match", &tag)]).respond(answer());
    assert_eq!(again.status(), 304);
    assert!(again.body().is_empty());
    assert_eq!(again.headers()[header::ETAG], tag.as_str());
    assert!(!again.headers().contains_key(header::CONTENT_TYPE));

    let changed = reading(Method::GET, &[("if-none-match", &tag)]).respond(Ok(Reply::new(["b"])));
    assert_eq!(changed.status(), 200);
    let write = reading(Method::PUT, &[("if-none-match", &tag)]).respond(answer());
    assert_eq!(write.status(), 200);
    assert!(!write.headers().contains_key(header::ETAG));
    let failed =
        reading(Method::GET, &[("if-none-match", "*")]).respond::<()>(Err(OcsError::not_visible()));
    assert_eq!(failed.status(), 404);
}

#[test]
fn head_has_the_length_of_get_and_no_body() {
    let get = reading(Method::GET, &[]).respond(Ok(Reply::new(["a"])));
    let head = reading(Method::HEAD, &[]).respond(Ok(Reply::new(["a"])));
    assert_eq!(head.status(), 200);
    assert!(head.body().is_empty());
    assert_eq!(head.headers()[header::CONTENT_LENGTH], get.body().len().to_string().as_str());
    assert_eq!(head.headers()[header::ETAG], get.headers()[header::ETAG]);
}

#[test]
fn the_form_may_be_asked_for_in_the_body() {
    let request = Request::post("/ocs/v1.php/x")
        .header(header::CONTENT_TYPE, FORM)
        .body("format=json")
        .unwrap();
    assert_eq!(
        parse(request).unwrap().envelope(),
        Envelope { version: Version::V1, format: Format::Json }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_body_is_read_or_refused(body in any::<String>(), form in any::<bool>()) {
        let media = if form { FORM } else { "application/json" };
        let request = Request::post("/ocs/v2.php/x").header(header::CONTENT_TYPE, media);
        let _ = parse(request.body(body.as_str()).unwrap());
    }

    #[test]
    fn flat_forms_arrive_unchanged(pairs in prop::collection::btree_map("[a-z]{1,6}", any::<String>(), 0..8)) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let expected: Value = pairs.into_iter().map(|(key, text)| (key, Value::Text(text))).collect();
        prop_assert_eq!(params("", FORM, &body), expected);
    }
}
