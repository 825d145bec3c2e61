//! Changed comments, and what the caller has read.

use allmende_comments::{Comment, Message, ReadUpTo};
use allmende_files::Entry;
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::{
    XmlLimits,
    request::{PropUpdate, Proppatch},
};
use http::{Response, StatusCode, request::Parts};

use super::{
    bad_text, caller, failed,
    listing::{READ_MARKER, time},
    shown::MESSAGE,
    to_tell,
};
use crate::dav::{answer::patched, home::Home, node};

/// PROPPATCH on a comment: its author gives it another text.
pub(super) async fn edit(
    home: &Home,
    entry: &Entry,
    comment: &Comment,
    request: &Parts,
    body: &[u8],
) -> Result<Response<DavBody>> {
    let changes = changes(body)?;
    let [PropUpdate::Set(element)] = &changes[..] else {
        return Ok(patched(request, &changes, refused));
    };
    if element.name != MESSAGE {
        return Ok(patched(request, &changes, refused));
    }
    let message: Message = element.text().parse().map_err(bad_text)?;
    let tell = to_tell(home, entry, &message).await?;
    let told = node::told(entry);
    let edited = home.comments.edit(caller(home), &told, comment.id, message, &tell).await;
    edited.map_err(failed)?;
    Ok(patched(request, &changes, |_| StatusCode::OK))
}

/// PROPPATCH on the comments of a node: the caller has read them.
pub(super) async fn mark_read(
    home: &Home,
    entry: &Entry,
    request: &Parts,
    body: &[u8],
) -> Result<Response<DavBody>> {
    let changes = changes(body)?;
    let marker = match &changes[..] {
        [PropUpdate::Set(element)] if element.name == READ_MARKER => {
            Some(element.text().trim().to_owned())
        }
        [PropUpdate::Remove(name)] if *name == READ_MARKER => Some(String::new()),
        _ => None,
    };
    let Some(marker) = marker else { return Ok(patched(request, &changes, refused)) };
    // Observed: an empty marker stands for now, and has a status of its own.
    let (up_to, status) = match marker.as_str() {
        "" => (ReadUpTo::Now, StatusCode::NO_CONTENT),
        text => (ReadUpTo::Time(time(text)?), StatusCode::OK),
    };
    let marked = home.comments.mark_read(caller(home), entry.id(), up_to).await;
    marked.map_err(failed)?;
    Ok(patched(request, &changes, |_| status))
}

fn changes(body: &[u8]) -> Result<Vec<PropUpdate>> {
    let patch = Proppatch::parse(body, &XmlLimits::default());
    let patch = patch.map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
    Ok(patch.updates)
}

/// What becomes of changes of which one cannot be made.
fn refused(change: &PropUpdate) -> StatusCode {
    match change {
        PropUpdate::Set(element) if element.name == MESSAGE || element.name == READ_MARKER => {
            StatusCode::FAILED_DEPENDENCY
        }
        _ => StatusCode::FORBIDDEN,
    }
}
