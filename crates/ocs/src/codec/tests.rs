use proptest::prelude::*;

use super::{MAX_DEPTH, json, read_xml, write_xml};
use crate::Value;

fn xml(value: &Value) -> String {
    String::from_utf8(write_xml("r", &[("d", value)])).unwrap()
}

#[test]
fn json_escapes_like_the_original() {
    assert_eq!(json::write("a/b \u{e9} \u{1f4c5}").unwrap(), br#""a\/b \u00e9 \ud83d\udcc5""#);
    assert_eq!(json::write("\"\\\n<b>").unwrap(), br#""\"\\\n\u003Cb\u003E""#);
}

#[test]
fn json_tells_empty_lists_from_empty_maps() {
    let value: Value =
        [("l", Value::empty_list()), ("m", Value::Map(Vec::new()))].into_iter().collect();
    assert_eq!(json::write(&value).unwrap(), br#"{"l":[],"m":{}}"#);
    assert_eq!(json::read(br#"{"l":[],"m":{}}"#).unwrap(), value);
}

#[test]
fn xml_is_indented_by_one_blank() {
    let value: Value = [
        ("yes", Value::Bool(true)),
        ("no", Value::Bool(false)),
        ("blank", Value::from("")),
        ("null", Value::Null),
        ("none", Value::empty_list()),
        ("list", ["a", "b&c"].into_iter().map(Value::from).collect()),
    ]
    .into_iter()
    .collect();
    assert_eq!(
        xml(&value),
        "<?xml version=\"1.0\"?>\n<r>\n <d>\n  <yes>1</yes>\n  <no></no>\n  <blank></blank>\n  \
         <null/>\n  <none/>\n  <list>\n   <element>a</element>\n   <element>b&amp;c</element>\n  \
         </list>\n </d>\n</r>\n"
    );
}

#[test]
fn xml_keys_stay_names() {
    let value: Value = [("1", "x"), ("with@at", "y"), ("$comment", "left out"), ("_x0041_", "z")]
        .into_iter()
        .map(|(key, text)| (key, Value::from(text)))
        .collect();
    assert_eq!(
        xml(&value),
        "<?xml version=\"1.0\"?>\n<r>\n <d>\n  <element>x</element>\n  \
         <with_x0040_at>y</with_x0040_at>\n  <_x005F_x0041_>z</_x005F_x0041_>\n </d>\n</r>\n"
    );
}

#[test]
fn attributes_of_elements() {
    let map = |entries: Vec<(&str, Value)>| entries.into_iter().collect::<Value>();
    let attributes = map(vec![("a-b", Value::from("x\n\"<&")), ("c", Value::from("1"))]);
    let group = map(vec![("@attributes", attributes)]);
    let value: Value = [group.clone(), map(vec![("k", Value::from("v"))])].into_iter().collect();
    let text = xml(&value);
    assert_eq!(
        text,
        "<?xml version=\"1.0\"?>\n<r>\n <d>\n  <element a-b=\"x&#10;&quot;&lt;&amp;\" c=\"1\"/>\n  \
         <element>\n   <k>v</k>\n  </element>\n </d>\n</r>\n"
    );
    let read = read_xml(text.as_bytes(), "r").unwrap();
    assert_eq!(read.get("d"), Some(&value));
    let both = read_xml(b"<r><d n=\"1\"><k>v</k></d></r>", "r").unwrap();
    let expected =
        map(vec![("@attributes", map(vec![("n", Value::from("1"))])), ("k", Value::from("v"))]);
    assert_eq!(both.get("d"), Some(&expected));
    let many = (0..65).map(|n| format!(" a{n}=\"\"")).collect::<String>();
    let error = read_xml(format!("<r{many}/>").as_bytes(), "r").unwrap_err();
    assert_eq!(error.to_string(), "more than 64 attributes");
    assert!(read_xml(b"<r a=\"1\" a=\"2\"/>", "r").is_err());
}

#[test]
fn xml_reading_refuses_what_it_should() {
    let message = |document: &str| read_xml(document.as_bytes(), "r").unwrap_err().to_string();
    assert_eq!(message("<!DOCTYPE r [<!ENTITY a \"b\">]><r/>"), "a document type declaration");
    assert_eq!(message("<r>&bomb;</r>"), "the unknown entity &bomb;");
    assert_eq!(message("<q/>"), "the root is <q>, not <r>");
    assert_eq!(message("<r/><r/>"), "a second root element");
    assert_eq!(message("<r><a>"), "the document ends inside an element");
    assert_eq!(message(""), "no root element");
    assert!(read_xml(b"<r>\xff</r>", "r").is_err());
    assert!(read_xml(b"<r><a></b></r>", "r").is_err());
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| "<r>".repeat(depth) + &"</r>".repeat(depth);
    assert!(read_xml(nested(MAX_DEPTH).as_bytes(), "r").is_ok());
    assert!(read_xml(nested(MAX_DEPTH + 1).as_bytes(), "r").is_err());
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(json::read(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(json::read(nested(MAX_DEPTH + 1).as_bytes()).is_err());
    assert!(json::read(nested(100_000).as_bytes()).is_err());
}

#[test]
fn xml_reading_resolves_references() {
    let read = read_xml(b"<r><a>&lt;&#65;&#x42;<![CDATA[&]]></a></r>", "r").unwrap();
    assert_eq!(read.get("a"), Some(&Value::from("<AB&")));
}

/// What is left of a value in XML: no types, and one emptiness for `null`, `[]` and `{}`.
fn untyped(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(flag) => Value::from(if *flag { "1" } else { "" }),
        Value::Integer(number) => Value::from(number.to_string()),
        Value::Float(number) => Value::from(number.to_string()),
        Value::Text(text) => Value::from(text.as_str()),
        Value::List(items) if items.is_empty() => Value::Null,
        Value::Map(entries) if entries.is_empty() => Value::Null,
        Value::List(items) => items.iter().map(untyped).collect(),
        Value::Map(entries) => entries.iter().map(|(k, v)| (k.clone(), untyped(v))).collect(),
    }
}

fn values() -> impl Strategy<Value = Value> {
    // XML has no way to write most control characters; what becomes of them is tested above.
    let text = "[\\t\\n\\r -\u{fffd}\u{10000}-\u{1f6ff}]{0,12}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Integer),
        (-1e9..1e9_f64).prop_map(Value::Float),
        text.prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let key = "[a-zA-Z_@ .:/\u{e4}-]{1,8}[a-z0-9@]{1,4}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::btree_map(key, inner, 0..5)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn json_reads_back_what_it_wrote(value in values()) {
        let written = json::write(&value).unwrap();
        prop_assert!(written.is_ascii());
        prop_assert_eq!(json::read(&written).unwrap(), value);
    }

    #[test]
    fn xml_reads_back_what_it_wrote_without_types(value in values()) {
        let root = read_xml(&write_xml("r", &[("d", &value), ("e", &Value::from("x"))]), "r").unwrap();
        prop_assert_eq!(root.get("d"), Some(&untyped(&value)));
    }

    #[test]
    fn any_text_stays_well_formed(text in any::<String>(), key in any::<String>()) {
        let value: Value = [(key, Value::Text(text))].into_iter().collect();
        prop_assert!(read_xml(&write_xml("r", &[("d", &value)]), "r").is_ok());
    }

    #[test]
    fn reading_anything_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_xml(&bytes, "ocs");
        let _ = json::read(&bytes);
    }
}
