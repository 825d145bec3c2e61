//! A new tag, as JSON.

use allmende_tags::{NewTag, Tag, TagId};
use allmende_types::{EventNode, GroupId};
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use serde_json::Value;

use super::{Asker, TAGS, failed};
use crate::dav::{answer, home::Home, json};

/// Bytes of a request's body. A name has 64 characters, and groups have as many.
pub(super) const MAX_BODY: usize = 64 * 1024;

/// Makes the tag that a body describes, and puts it on a node if one is given.
pub(super) async fn create(
    home: &Home,
    asker: &Asker,
    request: &Parts,
    body: &[u8],
    on: Option<&EventNode>,
) -> Result<Tag> {
    let new = read(&json::read(&request.headers, body)?)?;
    home.tags.create(asker.caller(), new, on).await.map_err(failed)
}

/// The answer with the address of a new tag.
pub(super) fn created(id: TagId) -> Response<DavBody> {
    let mut response = answer::status(StatusCode::CREATED);
    if let Ok(place) = HeaderValue::from_str(&format!("{TAGS}/{id}")) {
        response.headers_mut().insert(header::CONTENT_LOCATION, place);
    }
    response
}

fn read(json: &Value) -> Result<NewTag> {
    let bad = |text: String| Error::new(ErrorKind::BadRequest, text);
    let name = json["name"].as_str().ok_or_else(|| bad("Missing \"name\" attribute".to_owned()))?;
    let mut new = NewTag::new(
        name.parse().map_err(|error: allmende_tags::InvalidTagName| bad(error.to_string()))?,
    );
    new.visible = flag(&json["userVisible"]).unwrap_or(true);
    new.assignable = flag(&json["userAssignable"]).unwrap_or(true);
    let groups: Vec<&str> = match &json["groups"] {
        Value::Array(groups) => groups.iter().filter_map(Value::as_str).collect(),
        Value::String(groups) => groups.split('|').collect(),
        _ => Vec::new(),
    };
    new.groups = read_groups(groups.into_iter())?;
    Ok(new)
}

/// The groups of a tag, by their ids; empty ones are none.
pub(super) fn read_groups<'a>(ids: impl Iterator<Item = &'a str>) -> Result<Vec<GroupId>> {
    let group = |id: &str| {
        let bad = || Error::new(ErrorKind::BadRequest, format!("There is no group {id:?}"));
        id.parse().map_err(|_| bad())
    };
    ids.filter(|id| !id.is_empty()).map(group).collect()
}

/// Yes or no in the forms that clients send; none if nothing is said.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some(*value),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => Some(!matches!(text.as_str(), "" | "0" | "false")),
        Value::Array(values) => Some(!values.is_empty()),
        Value::Object(values) => Some(!values.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_are_read_as_clients_send_them() {
        let read = |value: Value| {
            let new = read(&value).unwrap();
            let groups: Vec<String> = new.groups.iter().map(ToString::to_string).collect();
            (new.name.to_string(), new.visible, new.assignable, groups)
        };
        assert_eq!(read(json!({"name": "a"})), ("a".into(), true, true, vec![]));
        let full = json!({"name": " a ", "userVisible": 0, "userAssignable": "false",
            "groups": ["staff", ""]});
        assert_eq!(read(full), ("a".into(), false, false, vec!["staff".into()]));
        let piped = json!({"name": "a", "userVisible": null, "groups": "staff|it"});
        assert_eq!(read(piped), ("a".into(), true, true, vec!["staff".into(), "it".into()]));
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for bad in [
            json!({}),
            json!([]),
            json!({"name": 7}),
            json!({"name": " "}),
            json!({"name": "x".repeat(65)}),
            json!({"name": "a", "groups": ["a\u{0}"]}),
        ] {
            assert_eq!(read(&bad).unwrap_err().kind(), ErrorKind::BadRequest, "{bad}");
        }
    }
}
