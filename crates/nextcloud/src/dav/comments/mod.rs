//! Comments: `/remote.php/dav/comments/files/{node}[/{comment}]`, for whoever sees the node.

mod change;
mod listing;
mod new;
mod property;
mod shown;

use allmende_comments::{
    Caller, Comment, CommentId, ErrorKind as CommentsErrorKind, InvalidText, Message,
};
use allmende_files::Entry;
use allmende_types::UserId;
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::{XmlLimits, headers::Depth};
use bytes::Bytes;
use http::{Response, StatusCode, request::Parts};

pub(super) use self::property::CommentProperties;
use super::{
    answer::{self, Body},
    fixed::{self, Fixed, Members},
    home::Home,
    node,
};

const ROOT: &str = "/remote.php/dav/comments";
const FILES: &str = "/remote.php/dav/comments/files";

/// A request on the comments; `rest` is what follows their root, decoded.
pub(super) async fn handle(
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
        (method, ["files", id]) => {
            let entry = node::find(home, id).await?;
            match method {
                "POST" => {
                    let body = body.collect(new::MAX_BODY).await?;
                    let id = new::create(home, &entry, request, &body).await?;
                    Ok(new::created(entry.id(), id))
                }
                "PROPFIND" => listing::propfind(home, &entry, request, &xml(body).await?).await,
                "REPORT" => listing::report(home, &entry, &xml(body).await?).await,
                "PROPPATCH" => change::mark_read(home, &entry, request, &xml(body).await?).await,
                _ => Err(not_allowed()),
            }
        }
        (method, ["files", id, comment]) => {
            let entry = node::find(home, id).await?;
            let comment = find(home, &entry, comment).await?;
            match method {
                "PROPFIND" => listing::one(home, comment, request, &xml(body).await?).await,
                "PROPPATCH" => {
                    change::edit(home, &entry, &comment, request, &xml(body).await?).await
                }
                "DELETE" => {
                    let told = node::told(&entry);
                    let deleted = home.comments.delete(caller(home), &told, comment.id).await;
                    deleted.map_err(failed)?;
                    Ok(answer::status(StatusCode::NO_CONTENT))
                }
                _ => Err(not_allowed()),
            }
        }
        (_, ["files", ..]) => Err(Error::new(ErrorKind::NotFound, "")),
        (_, [first, ..]) => {
            let text = format!("File not found: {first} in 'comments'");
            Err(Error::new(ErrorKind::NotFound, text))
        }
    }
}

fn caller(home: &Home) -> Caller<'_> {
    Caller { person: home.view.person(), now: home.view.files().now() }
}

/// The comment of a path.
async fn find(home: &Home, entry: &Entry, id: &str) -> Result<Comment> {
    let missing = || Error::new(ErrorKind::NotFound, "");
    let id: CommentId = id.parse().map_err(|_| missing())?;
    let found = home.comments.find(home.view.person(), entry.id(), id).await;
    found.map_err(failed)?.ok_or_else(missing)
}

/// Of the people whom a message mentions those who are to be told: who are there and see the
/// node, and are not who wrote it. As many queries for fifty as for one.
async fn to_tell(home: &Home, entry: &Entry, message: &Message) -> Result<Vec<UserId>> {
    /// How many people one comment calls.
    const MOST: usize = 50;
    let own = home.view.person().key();
    let mentioned: Vec<UserId> = allmende_comments::mentions(message.as_str())
        .filter_map(|who| who.id.parse::<UserId>().ok())
        .filter(|person| person.key() != own)
        .take(MOST)
        .collect();
    if mentioned.is_empty() {
        return Ok(Vec::new());
    }
    let known = home.sharing.accounts().people_by_id(&mentioned).await.map_err(unavailable)?;
    let known: Vec<UserId> = known.into_iter().flatten().map(|person| person.id).collect();
    let now = home.view.files().now();
    home.sharing.who_sees(&known, entry.id(), now).await.map_err(unavailable)
}

async fn xml(body: Body) -> Result<Bytes> {
    body.collect(XmlLimits::default().max_bytes).await
}

fn depth(request: &Parts) -> Depth {
    Depth::from_headers(&request.headers).ok().flatten().unwrap_or(Depth::One)
}

fn bad_text(error: InvalidText) -> Error {
    Error::new(ErrorKind::BadRequest, error.to_string()).with_source(error)
}

fn not_allowed() -> Error {
    Error::new(ErrorKind::MethodNotAllowed, "This cannot be done with comments")
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unavailable, "The comments cannot be used now").with_source(error)
}

/// The answer to a failed act on comments.
fn failed(error: allmende_comments::Error) -> Error {
    let (kind, text) = match error.kind() {
        CommentsErrorKind::NotFound => (ErrorKind::NotFound, ""),
        CommentsErrorKind::NoSuchParent => (ErrorKind::BadRequest, "Invalid input values"),
        CommentsErrorKind::NotAuthor => {
            (ErrorKind::Forbidden, "Only authors are allowed to edit their comment.")
        }
        CommentsErrorKind::Full => (ErrorKind::InsufficientStorage, "The server's disk is full"),
        _ => return unavailable(error),
    };
    Error::new(kind, text).with_source(error)
}
