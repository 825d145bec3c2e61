//! How clients read answers.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::common::{Answer, Client, FILES, World};

/// The body of a `PROPFIND` with these properties, with the prefixes that clients use.
pub(crate) fn propfind(names: &str) -> String {
    let names: String = names.split_whitespace().map(|name| format!("<{name}/>")).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<d:propfind xmlns:d=\"DAV:\" \
         xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\" \
         xmlns:ocs=\"http://open-collaboration-services.org/ns\" \
         xmlns:ocm=\"http://open-cloud-mesh.org/ns\"><d:prop>{names}</d:prop></d:propfind>"
    )
}

/// The data of an OCS answer in JSON, in the client's own types.
///
/// A number where a text is expected, or a text where a truth is, fails as it does there.
pub(crate) fn data<T: DeserializeOwned>(answer: &Answer) -> T {
    let value: Value = serde_json::from_slice(&answer.body).unwrap();
    let data = value["ocs"]["data"].clone();
    serde_json::from_value(data.clone()).unwrap_or_else(|error| panic!("{error}: {data}"))
}

/// The code that clients compare, beside the status.
pub(crate) fn code(answer: &Answer) -> (u16, i64) {
    let value: Value = serde_json::from_slice(&answer.body).unwrap();
    (answer.status, value["ocs"]["meta"]["statuscode"].as_i64().unwrap())
}

/// The text of the first element of this name in XML without namespaces.
pub(crate) fn text<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    if xml.contains(&format!("<{name}/>")) {
        return Some("");
    }
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// One response of a listing, as the desktop client reads it: of the propstats whose status
/// starts with `HTTP/1.1 200`, the last one counts.
pub(crate) struct Item {
    pub(crate) href: String,
    found: String,
}

impl Item {
    /// All responses of an answer that the desktop client takes for a listing.
    pub(crate) fn all(answer: &Answer) -> Vec<Self> {
        assert_eq!(answer.status, 207, "{}", answer.text());
        let kind = answer.header("content-type").unwrap().replace('"', "");
        assert!(
            kind.contains("application/xml; charset=utf-8")
                || kind.contains("text/xml; charset=utf-8"),
            "reply is not XML formatted: {kind}"
        );
        let responses = answer.text().split("<d:response>").skip(1);
        responses
            .map(|one| {
                let propstats: Vec<&str> = one.split("<d:propstat>").skip(1).collect();
                let is_found = |text: &&&str| text.contains("<d:status>HTTP/1.1 200 OK</d:status>");
                let found: Vec<&&str> = propstats.iter().filter(is_found).collect();
                // iOS reads the first only, the desktop the last with 200: it is the same one.
                assert!(found.len() <= 1, "{one}");
                if !found.is_empty() {
                    assert!(is_found(&&propstats[0]), "the first is not that of 200: {one}");
                }
                Self {
                    href: text(one, "d:href").unwrap().to_owned(),
                    found: found.first().map_or_else(String::new, |text| (**text).to_owned()),
                }
            })
            .collect()
    }

    /// A property that was found, by its prefixed name.
    pub(crate) fn prop(&self, name: &str) -> Option<&str> {
        text(&self.found, name)
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        let text = self.prop(name).unwrap_or_else(|| panic!("{name}: {}", self.found));
        text.parse().unwrap_or_else(|_| panic!("{name}: {text}"))
    }

    /// The etag as the desktop client compares it: without quotes.
    pub(crate) fn etag(&self) -> String {
        let etag = self.prop("d:getetag").unwrap().replace("&quot;", "\"");
        assert!(!etag.starts_with("W/"), "{etag}");
        assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
        etag.trim_matches('"').to_owned()
    }
}

/// An etag header as the desktop client compares it.
pub(crate) fn etag(answer: &Answer) -> String {
    let etag = answer.header("oc-etag").or(answer.header("etag")).unwrap();
    assert!(!etag.starts_with("W/"), "{etag}");
    etag.trim_matches('"').trim_end_matches("-gzip").to_owned()
}

/// alice's folder `d` with `a.txt` ("hello") and `sub/b.txt`.
pub(crate) async fn filled() -> World {
    let world = World::new().await;
    let alice = world.alice();
    for folder in ["d", "d/sub"] {
        assert_eq!(alice.mkcol(&format!("{FILES}/{folder}")).await, 201);
    }
    for path in ["d/a.txt", "d/sub/b.txt"] {
        assert_eq!(alice.put(&format!("{FILES}/{path}"), "hello").await.status, 201);
    }
    world
}

/// Asks for properties as a client does.
pub(crate) async fn ask(client: &Client, path: &str, depth: &str, names: &str) -> Answer {
    let kind = "text/xml; charset=utf-8";
    let headers = [("depth", depth), ("content-type", kind)];
    client.send("PROPFIND", path, &headers, propfind(names)).await
}

/// The SHA-1 of "hello".
pub(crate) const SHA1: &str = "SHA1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
