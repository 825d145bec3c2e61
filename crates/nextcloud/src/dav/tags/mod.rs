//! System tags: which there are, on which files and folders they are, and the property by
//! which a listing shows them.
//!
//! | Path | What it is |
//! |---|---|
//! | `/systemtags` | all tags that the caller sees |
//! | `/systemtags/{tag}` | a tag |
//! | `/systemtags/{tag}/files` | the nodes that carry it |
//! | `/systemtags-relations/files/{node}` | the tags of a node |
//! | `/systemtags-relations/files/{node}/{tag}` | a tag on a node |
//! | `/systemtags-assigned[/{media}]` | the tags on what the caller sees |

mod change;
mod filter;
mod in_use;
mod new;
mod objects;
mod property;
mod relations;
mod shown;

use allmende_tags::{Caller, ErrorKind as TagsErrorKind, Tag, TagId, TagRefusal};
use allmende_types::{GroupId, Timestamp, UserId};
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::{XmlLimits, headers::Depth};
use bytes::Bytes;
use http::{Response, StatusCode, request::Parts};

use self::shown::{Listing, Row};
pub(super) use self::{
    filter::{Wanted, tagged, unknown},
    in_use::handle as in_use,
    property::TagProperties,
    relations::handle as relations,
};
use super::{
    answer::{self, Body},
    home::Home,
};

const TAGS: &str = "/remote.php/dav/systemtags";

/// Who asks, with the groups that decide what they may.
pub(super) struct Asker {
    person: UserId,
    groups: Vec<GroupId>,
    now: Timestamp,
}

impl Asker {
    pub(super) async fn of(home: &Home) -> Result<Self> {
        let person = home.view.person().clone();
        let memberships = home.sharing.accounts().memberships_of(&person).await;
        let groups = memberships.map_err(unavailable)?.groups;
        Ok(Self { person, groups, now: home.view.files().now() })
    }

    pub(super) fn caller(&self) -> Caller<'_> {
        Caller { person: &self.person, groups: &self.groups, now: self.now }
    }
}

/// A request on `/systemtags` and what is below; `rest` is what follows, decoded.
pub(super) async fn tags(
    home: &Home,
    rest: &str,
    request: &Parts,
    body: Body,
) -> Result<Response<DavBody>> {
    let asker = Asker::of(home).await?;
    let segments: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    match (request.method.as_str(), &segments[..]) {
        ("OPTIONS", _) => Ok(answer::options()),
        ("PROPFIND", []) => {
            let listing = Listing::asked(request, &xml(body).await?)?;
            let all = home.tags.list(asker.caller()).await.map_err(failed)?;
            let rows = all.into_iter().map(Row::Tag).collect();
            listing.answer(&asker, Row::collection(format!("{TAGS}/")), rows)
        }
        ("POST", []) => {
            let body = body.collect(new::MAX_BODY).await?;
            let tag = new::create(home, &asker, request, &body, None).await?;
            Ok(new::created(tag.id))
        }
        (_, []) => Err(not_allowed()),
        ("PROPFIND", [id]) => {
            let listing = Listing::asked(request, &xml(body).await?)?;
            let tag = find(home, &asker, id).await?;
            let files = Row::collection(format!("{TAGS}/{}/files/", tag.id));
            listing.answer(&asker, Row::Tag(tag), vec![files])
        }
        ("PROPPATCH", [id]) => {
            let body = xml(body).await?;
            let tag = find(home, &asker, id).await?;
            change::change(home, &asker, &tag, request, &body).await
        }
        ("DELETE", [id]) => {
            let tag = find(home, &asker, id).await?;
            home.tags.delete(asker.caller(), tag.id).await.map_err(failed)?;
            Ok(answer::status(StatusCode::NO_CONTENT))
        }
        (_, [id]) => {
            find(home, &asker, id).await?;
            Err(not_allowed())
        }
        (method, [id, "files"]) => {
            let tag = find(home, &asker, id).await?;
            match method {
                "PROPFIND" => objects::show(home, &tag, request, &xml(body).await?).await,
                "PROPPATCH" => objects::set(home, &asker, &tag, request, &xml(body).await?).await,
                _ => Err(not_allowed()),
            }
        }
        _ => Err(Error::new(ErrorKind::NotFound, "A tag holds nothing of this name")),
    }
}

/// The tag of a path.
async fn find(home: &Home, asker: &Asker, id: &str) -> Result<Tag> {
    let id = tag_id(id)?;
    let found = home.tags.tag(asker.caller(), id).await.map_err(failed)?;
    found.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("Tag with id {id} not found")))
}

fn tag_id(text: &str) -> Result<TagId> {
    text.parse().map_err(|_| Error::new(ErrorKind::BadRequest, "Invalid tag id"))
}

async fn xml(body: Body) -> Result<Bytes> {
    body.collect(XmlLimits::default().max_bytes).await
}

/// How deep a listing goes: one step, unless nothing is asked but the thing itself.
fn depth(request: &Parts) -> Depth {
    Depth::from_headers(&request.headers).ok().flatten().unwrap_or(Depth::One)
}

fn not_allowed() -> Error {
    Error::new(ErrorKind::MethodNotAllowed, "This cannot be done with tags")
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unavailable, "The tags cannot be used now").with_source(error)
}

/// The answer to a failed act on tags.
fn failed(error: allmende_tags::Error) -> Error {
    let kind = match error.kind() {
        TagsErrorKind::NotFound => ErrorKind::NotFound,
        TagsErrorKind::Changed => ErrorKind::Conflict,
        TagsErrorKind::Full => ErrorKind::InsufficientStorage,
        TagsErrorKind::Refused(refusal) => match refusal {
            TagRefusal::NameTaken => ErrorKind::Conflict,
            // Observed: whoever may not make such a tag has sent a bad request.
            TagRefusal::MayNotCreate | TagRefusal::TooMany => ErrorKind::BadRequest,
            _ => ErrorKind::Forbidden,
        },
        _ => return unavailable(error),
    };
    let text = match error.kind() {
        TagsErrorKind::Refused(refusal) => refusal.to_string(),
        TagsErrorKind::NotFound => "Tag not found".to_owned(),
        _ => "The tags were changed meanwhile".to_owned(),
    };
    Error::new(kind, text).with_source(error)
}
