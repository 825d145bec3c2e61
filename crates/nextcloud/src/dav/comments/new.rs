//! A new comment, as JSON.

use allmende_comments::{CommentId, Message, NewComment, TextFault, Verb};
use allmende_files::Entry;
use allmende_types::NodeId;
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use serde_json::Value;

use super::{FILES, bad_text, caller, failed, to_tell};
use crate::dav::{answer, home::Home, json, node};

/// Bytes of a request's body: a message of 1,000 characters, each escaped.
pub(super) const MAX_BODY: usize = 64 * 1024;

/// Writes the comment that a body describes.
pub(super) async fn create(
    home: &Home,
    entry: &Entry,
    request: &Parts,
    body: &[u8],
) -> Result<CommentId> {
    let mut new = read(&json::read(&request.headers, body)?)?;
    new.tell = to_tell(home, entry, &new.message).await?;
    home.comments.create(caller(home), &node::told(entry), new).await.map_err(failed)
}

/// The answer with the address of a new comment.
pub(super) fn created(node: NodeId, id: CommentId) -> Response<DavBody> {
    let mut response = answer::status(StatusCode::CREATED);
    if let Ok(place) = HeaderValue::from_str(&format!("{FILES}/{node}/{id}")) {
        response.headers_mut().insert(header::CONTENT_LOCATION, place);
    }
    response
}

fn read(json: &Value) -> Result<NewComment> {
    let bad = |text: String| Error::new(ErrorKind::BadRequest, text);
    let actor = json["actorType"].as_str().unwrap_or_default();
    // People comment as themselves, whoever they say they are.
    if actor != "users" {
        return Err(bad(format!("Invalid actor \"{actor}\"")));
    }
    let invalid = || bad(TextFault::Invalid.to_string());
    let message: Message =
        json["message"].as_str().ok_or_else(invalid)?.parse().map_err(bad_text)?;
    let mut new = NewComment::new(message);
    let verb: Verb = json["verb"].as_str().ok_or_else(invalid)?.parse().map_err(bad_text)?;
    new.verb = verb;
    let parent = match &json["parentId"] {
        Value::Null => 0,
        Value::Number(number) => number.as_i64().ok_or_else(invalid)?,
        Value::String(text) => text.parse().map_err(|_| invalid())?,
        _ => return Err(invalid()),
    };
    // Observed: 0 stands for none.
    new.parent = (parent != 0).then_some(CommentId(parent));
    Ok(new)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn comments_are_read_as_clients_send_them() {
        let full = json!({"actorType": "users", "actorId": "bob", "verb": "comment",
            "message": " hi ", "parentId": "7"});
        let new = read(&full).unwrap();
        assert_eq!((new.message.as_str(), new.verb.as_str()), ("hi", "comment"));
        assert_eq!(new.parent, Some(CommentId(7)));
        let plain = json!({"actorType": "users", "verb": "x", "message": "", "parentId": 0});
        assert_eq!(read(&plain).unwrap().parent, None);
        for (bad, text) in [
            (json!({}), "Invalid actor \"\""),
            (
                json!({"actorType": "guests", "verb": "x", "message": ""}),
                "Invalid actor \"guests\"",
            ),
            (json!({"actorType": "users", "verb": "x"}), "Invalid input values"),
            (json!({"actorType": "users", "message": "x"}), "Invalid input values"),
            (json!({"actorType": "users", "verb": "", "message": "x"}), "Invalid input values"),
            (
                json!({"actorType": "users", "verb": "x", "message": "", "parentId": "y"}),
                "Invalid input values",
            ),
            (
                json!({"actorType": "users", "verb": "x", "message": "y".repeat(1001)}),
                "Message exceeds allowed character limit of 1000",
            ),
        ] {
            let error = read(&bad).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::BadRequest, text), "{bad}");
        }
    }
}
