//! The tags of a node: who may change the node puts tags on it.

use allmende_files::Entry;
use allmende_tags::{Assigned, Tag, TagId};
use allmende_types::Permissions;
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use http::{Response, StatusCode, request::Parts};

use super::{
    Asker, failed, new, not_allowed,
    shown::{Listing, Row},
    tag_id, xml,
};
use crate::dav::{
    answer::{self, Body},
    fixed::{self, Fixed, Members},
    home::Home,
    node,
};

const ROOT: &str = "/remote.php/dav/systemtags-relations";
pub(super) const FILES: &str = "/remote.php/dav/systemtags-relations/files";

/// A request on the relations; `rest` is what follows their root, decoded.
pub(in crate::dav) async fn handle(
    home: &Home,
    rest: &str,
    request: &Parts,
    body: Body,
) -> Result<Response<DavBody>> {
    let segments: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    match (request.method.as_str(), &segments[..]) {
        ("OPTIONS", _) => Ok(answer::options()),
        (_, []) => {
            let files = [Fixed::collection(format!("{FILES}/"))];
            let own = Fixed::collection(format!("{ROOT}/"));
            fixed::answer(&own, Members::Listed(&files), "", request, &xml(body).await?)
        }
        (_, ["files"]) => {
            let own = Fixed::collection(format!("{FILES}/"));
            fixed::answer(&own, Members::Secret, "", request, &xml(body).await?)
        }
        ("PROPFIND", ["files", id]) => {
            let listing = Listing::asked(request, &xml(body).await?)?;
            let (asker, entry) = (Asker::of(home).await?, node::find(home, id).await?);
            let tags = of(home, &asker, &entry).await?;
            let rows = tags.into_iter().map(|tag| Row::Mark(entry.id(), tag)).collect();
            listing.answer(&asker, Row::collection(format!("{FILES}/{}/", entry.id())), rows)
        }
        ("POST", ["files", id]) => {
            let body = body.collect(new::MAX_BODY).await?;
            let (asker, entry) = (Asker::of(home).await?, node::find(home, id).await?);
            must_be_changeable(&entry)?;
            let told = node::told(&entry);
            let tag = new::create(home, &asker, request, &body, Some(&told)).await?;
            Ok(new::created(tag.id))
        }
        (method, ["files", id, tag]) => {
            let (asker, entry) = (Asker::of(home).await?, node::find(home, id).await?);
            let tag = tag_id(tag)?;
            let marks = of(home, &asker, &entry).await?;
            let mark = marks.into_iter().find(|mark| mark.id == tag);
            if method == "PUT" {
                return put(home, &asker, &entry, tag, mark.as_ref()).await;
            }
            let missing = || {
                let text = format!("Tag with id {tag} not present for object {}", entry.id());
                Error::new(ErrorKind::NotFound, text)
            };
            let mark = mark.ok_or_else(missing)?;
            match method {
                "PROPFIND" => {
                    let listing = Listing::asked(request, &xml(body).await?)?;
                    listing.answer(&asker, Row::Mark(entry.id(), mark), Vec::new())
                }
                "DELETE" => take_away(home, &asker, &entry, &mark).await,
                _ => Err(not_allowed()),
            }
        }
        (_, ["files", id]) => {
            node::find(home, id).await?;
            Err(not_allowed())
        }
        (_, [first, ..]) => {
            let text = format!("File not found: {first} in 'systemtags-relations'");
            Err(Error::new(ErrorKind::NotFound, text))
        }
    }
}

/// The tags of an entry that the caller sees.
async fn of(home: &Home, asker: &Asker, entry: &Entry) -> Result<Vec<Tag>> {
    let found = home.tags.of_nodes(asker.caller(), &[entry.id()]).await;
    Ok(found.map_err(failed)?.pop().unwrap_or_default())
}

async fn put(
    home: &Home,
    asker: &Asker,
    entry: &Entry,
    id: TagId,
    mark: Option<&Tag>,
) -> Result<Response<DavBody>> {
    let already = || Error::new(ErrorKind::Conflict, "PUT is not allowed on non-files.");
    if mark.is_some() {
        return Err(already());
    }
    let tag = home.tags.tag(asker.caller(), id).await.map_err(failed)?;
    let unknown = || {
        let text = format!("Tag with id {id} does not exist, cannot assign");
        Error::new(ErrorKind::PreconditionFailed, text)
    };
    if !tag.ok_or_else(unknown)?.is_assignable_by(&asker.caller()) {
        let text = format!("No permission to assign tag {id}");
        return Err(Error::new(ErrorKind::Forbidden, text));
    }
    must_be_changeable(entry)?;
    let assigned = home.tags.assign(asker.caller(), id, &node::told(entry)).await;
    match assigned.map_err(failed)? {
        Assigned::New => Ok(answer::status(StatusCode::CREATED)),
        Assigned::Already => Err(already()),
    }
}

async fn take_away(
    home: &Home,
    asker: &Asker,
    entry: &Entry,
    mark: &Tag,
) -> Result<Response<DavBody>> {
    if !mark.is_assignable_by(&asker.caller()) {
        let text = format!("No permission to unassign tag {}", mark.id);
        return Err(Error::new(ErrorKind::Forbidden, text));
    }
    must_be_changeable(entry)?;
    let taken = home.tags.unassign(asker.caller(), mark.id, &node::told(entry)).await;
    taken.map_err(failed)?;
    Ok(answer::status(StatusCode::NO_CONTENT))
}

/// Tags are put on and taken from what the caller may change.
pub(super) fn must_be_changeable(entry: &Entry) -> Result<()> {
    if entry.permissions.contains(Permissions::UPDATE) {
        return Ok(());
    }
    let text = format!("No permission to change the tags of {}", entry.id());
    Err(Error::new(ErrorKind::Forbidden, text))
}
