//! Pictures of files: `/core/preview` and its relatives.
//!
//! Whoever may read a file may see a picture of it, unless a share without download forbids
//! to read it at all. Nothing is read before that is known.

mod asked;
mod icon;

use std::time::Duration;

use allmende_files::{Download, Entry, ReadForm, View};
use allmende_previews::{Aspect, Content, Dimensions, Error, Kind, Preview, Wanted};
use allmende_storage::ByteRange;
use allmende_types::{NodeId, Permissions, SpacePath, Timestamp};
use allmende_webdav_proto::href;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts,
};

use self::asked::{Asked, Instead, Unlikely, length};
pub(crate) use self::icon::Icon;
use crate::{
    Origin,
    auth::{self, Stranger},
    discovery,
    public::Closed,
    service::Inner,
    web,
};

/// Which address asks for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pictured<'a> {
    /// `/core/preview` and `/core/preview.png`: the query names a file by id or by path.
    Query,
    /// `/apps/files_trashbin/preview`: the query names a file in the trash by id.
    Trashed,
    /// `/apps/files_versions/preview`: the query names a file by path, and one of its versions.
    Version,
    /// `/apps/files/api/v1/thumbnail/{width}/{height}/{path}`, with what follows `thumbnail`.
    Thumbnail(&'a str),
    /// `/apps/files_sharing/publicpreview/{token}`: the query names a file of a link.
    InLink(&'a str),
    /// `/s/{token}/preview`: the file of a link, as large as pictures are.
    OfLink(&'a str),
}

/// How long browsers keep a picture, in seconds.
const KEPT: i64 = 24 * 3600;
/// When to ask again if too many pictures are being made.
const LATER: Duration = Duration::from_secs(5);

/// Why there is no picture.
enum Refusal {
    /// The request names no file or no size.
    Bad,
    /// Nobody is signed in.
    Stranger(Stranger),
    /// It may not be seen.
    Forbidden,
    /// There is no such file, or no picture of it.
    NotFound,
    /// There is no picture, and the request asked for an icon then.
    Instead(Icon),
    /// Too much is asked for.
    Wait(StatusCode, Duration),
    /// It cannot be found out now.
    Unavailable,
}

/// What a picture is made for: whose browser may keep it without asking again.
#[derive(Clone, Copy)]
enum Audience {
    Person,
    Guests,
}

/// A picture, or the word that the client has it already.
struct Found {
    preview: Option<Preview>,
    entry: Entry,
    wanted: Wanted,
    audience: Audience,
}

impl Inner {
    /// Answers a request for a picture.
    pub(crate) async fn preview(
        &self,
        of: Pictured<'_>,
        request: &Parts,
        origin: &Origin,
    ) -> Response<Bytes> {
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return discovery::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        let asked = Asked::of(request.uri.query().unwrap_or_default());
        let found = match of {
            Pictured::Query | Pictured::Trashed | Pictured::Version | Pictured::Thumbnail(_) => {
                self.picture_for_person(of, asked, request, origin).await
            }
            Pictured::InLink(token) => self.picture_in_link(token, asked, request, origin).await,
            Pictured::OfLink(token) => self.picture_of_link(token, asked, request, origin).await,
        };
        match found {
            Ok(found) => found.respond(self.now()),
            Err(refusal) => refusal.respond(origin),
        }
    }

    async fn picture_for_person(
        &self,
        of: Pictured<'_>,
        mut asked: Asked,
        request: &Parts,
        origin: &Origin,
    ) -> Result<Found, Refusal> {
        let who = self.authenticate(request, origin).await.map_err(Refusal::Stranger)?;
        if !who.opens_files() {
            return Err(Refusal::NotFound);
        }
        if let Pictured::Thumbnail(rest) = of {
            let mut parts = rest.splitn(3, '/');
            let mut side = || parts.next().map_or(0, length);
            asked.wanted = Wanted::new(side(), side());
            let path = href::decode(parts.next().unwrap_or_default()).map_err(|_| Refusal::Bad)?;
            (asked.id, asked.file) = (None, Some(path));
        }
        let wanted = asked.wanted.ok_or(Refusal::Bad)?;
        let view = self.files.view(&who.person.id).await.map_err(unavailable)?;
        let view = view.with_origin(origin.told(&request.headers));
        let number = |id: &str| id.parse::<NodeId>().map_err(|_| Refusal::NotFound);
        let entry = match (asked.id.as_deref(), asked.file.as_deref()) {
            (id, _) if of == Pictured::Trashed => {
                let id = number(id.ok_or(Refusal::NotFound)?)?;
                let trash = view.trash().map_err(unavailable)?;
                trash.stat(id).await.map_err(unavailable)?.map(|item| item.entry)
            }
            (Some(id), _) => view.stat(&[number(id)?]).await.map_err(unavailable)?.pop().flatten(),
            (None, Some(path)) if !path.is_empty() => at(&view, path).await?,
            (None, _) => return Err(Refusal::Bad),
        };
        let entry = match entry.filter(|entry| !entry.is_folder()) {
            Some(file) if of == Pictured::Version => {
                let number = asked.version.ok_or(Refusal::Bad)?;
                let all = view.versions(&file).await.map_err(unavailable)?;
                all.into_iter().find(|v| v.number == number).map(|version| version.entry)
            }
            entry => entry,
        };
        self.picture(&view, entry, wanted, &asked, Audience::Person, &request.headers).await
    }

    /// A picture of what a link shows. Where the link shows one file, that is meant.
    async fn picture_in_link(
        &self,
        token: &str,
        asked: Asked,
        request: &Parts,
        origin: &Origin,
    ) -> Result<Found, Refusal> {
        let wanted = asked.wanted.ok_or(Refusal::Bad)?;
        // Observed: whoever has not shown the password hears that there is nothing.
        let link = self.open_link(token, &request.headers, origin).await;
        let link = link.map_err(|closed| refused(closed, Refusal::NotFound))?;
        let home = self.guests(&link).await.map_err(|closed| refused(closed, Refusal::NotFound))?;
        if !link.permissions.contains(Permissions::READ) {
            return Err(Refusal::Forbidden);
        }
        let file = asked.file.as_deref().filter(|_| link.root.is_folder()).unwrap_or_default();
        let view = home.view.with_origin(origin.told(&request.headers));
        let entry = at(&view, file).await?;
        self.picture(&view, entry, wanted, &asked, Audience::Guests, &request.headers).await
    }

    async fn picture_of_link(
        &self,
        token: &str,
        asked: Asked,
        request: &Parts,
        origin: &Origin,
    ) -> Result<Found, Refusal> {
        let link = self.open_link(token, &request.headers, origin).await;
        let link = link.map_err(|closed| refused(closed, Refusal::Forbidden))?;
        let home =
            self.guests(&link).await.map_err(|closed| refused(closed, Refusal::Forbidden))?;
        if !link.permissions.contains(Permissions::READ) {
            return Err(Refusal::Forbidden);
        }
        if link.root.is_folder() {
            return Err(Refusal::Bad);
        }
        let mut wanted = Wanted::new(Wanted::MAX, Wanted::MAX).ok_or(Refusal::Bad)?;
        wanted.aspect = Aspect::Keep;
        let view = home.view.with_origin(origin.told(&request.headers));
        let entry = at(&view, "").await?;
        self.picture(&view, entry, wanted, &asked, Audience::Guests, &request.headers).await
    }

    async fn picture(
        &self,
        view: &View,
        entry: Option<Entry>,
        wanted: Wanted,
        asked: &Asked,
        audience: Audience,
        headers: &HeaderMap,
    ) -> Result<Found, Refusal> {
        let entry = entry.filter(|entry| !entry.is_folder()).ok_or(Refusal::NotFound)?;
        let media_type = entry.media_type().unwrap_or_default();
        let none = || match (asked.instead, Icon::of(media_type)) {
            (Instead::Icon, Some(icon)) => Refusal::Instead(icon),
            _ => Refusal::NotFound,
        };
        let kind = Kind::of(media_type);
        if kind.is_none() && asked.unlikely == Unlikely::Refuse {
            return Err(Refusal::NotFound);
        }
        let readable = entry.permissions.contains(Permissions::READ);
        if !readable || entry.download() == Download::Refused {
            return Err(Refusal::Forbidden);
        }
        let Some(kind) = kind else { return Err(none()) };
        if knows(headers, &entry) {
            return Ok(Found { preview: None, entry, wanted, audience });
        }
        let content = Content::new(entry.id(), entry.etag().opaque());
        let needed = kind.needed(entry.node.size, self.previews.limits());
        let load = load(view, &entry, needed);
        match self.previews.preview(content, kind, wanted, load).await {
            Ok(preview) => {
                view.note_read(&entry, ReadForm::Preview).await.map_err(unavailable)?;
                Ok(Found { preview: Some(preview), entry, wanted, audience })
            }
            Err(Error::NotAnImage | Error::NothingToShow | Error::TooLarge(_)) => Err(none()),
            Err(Error::Busy) => Err(Refusal::Wait(StatusCode::SERVICE_UNAVAILABLE, LATER)),
            Err(error) => Err(unavailable(error)),
        }
    }
}

/// What is at a path, as clients write it: with or without a slash in front.
async fn at(view: &View, path: &str) -> Result<Option<Entry>, Refusal> {
    let path: SpacePath = path.trim_matches('/').parse().map_err(|_| Refusal::NotFound)?;
    view.resolve(&path).await.map_err(unavailable)
}

/// So many bytes of a file from its beginning; none where it has too many.
async fn load(view: &View, entry: &Entry, needed: Option<u64>) -> Result<Bytes, Error> {
    let needed = needed.ok_or(Error::TooLarge("bytes"))?;
    let reading = view.read_for_itself(entry, ByteRange::new(0, needed)).await;
    let reading = reading.map_err(Error::source_failed)?;
    let whole = BytesMut::with_capacity(usize::try_from(reading.length).unwrap_or_default());
    let whole = reading.body.try_fold(whole, async |mut whole, piece| {
        whole.extend_from_slice(&piece);
        Ok(whole)
    });
    Ok(whole.await.map_err(Error::source_failed)?.freeze())
}

/// Whether the client has the picture already. As in the original, its tag is the file's.
fn knows(headers: &HeaderMap, entry: &Entry) -> bool {
    let own = entry.etag().to_string();
    let told = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    told.flat_map(|tags| tags.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/") == own.trim_start_matches("W/"))
}

fn unavailable(error: impl std::error::Error + 'static) -> Refusal {
    let error: &dyn std::error::Error = &error;
    tracing::warn!(error, "a preview could not be made");
    Refusal::Unavailable
}

/// Why a link gives no picture; `locked` if only its password is missing.
fn refused(closed: Closed, locked: Refusal) -> Refusal {
    match closed {
        Closed::NotFound => Refusal::NotFound,
        Closed::PasswordNeeded | Closed::WrongPassword => locked,
        Closed::TooMany(wait) => Refusal::Wait(StatusCode::TOO_MANY_REQUESTS, wait),
        Closed::Unavailable => Refusal::Unavailable,
    }
}

impl Refusal {
    fn respond(self, origin: &Origin) -> Response<Bytes> {
        // Observed: an empty list, whatever is wrong.
        let nothing = |status| discovery::json(status, &[(); 0]);
        match self {
            Self::Bad => nothing(StatusCode::BAD_REQUEST),
            Self::Stranger(stranger) => web::not_logged_in(&stranger),
            Self::Forbidden => nothing(StatusCode::FORBIDDEN),
            Self::NotFound => nothing(StatusCode::NOT_FOUND),
            Self::Instead(icon) => to_icon(icon, origin),
            Self::Wait(status, wait) => {
                let mut response = discovery::empty(status);
                response.headers_mut().insert(header::RETRY_AFTER, auth::seconds(wait));
                response
            }
            Self::Unavailable => discovery::empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

impl Found {
    fn respond(self, now: Timestamp) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(header::ETAG, &self.entry.etag().to_string());
        set(header::LAST_MODIFIED, &self.entry.node.modified.to_http_date());
        set(header::EXPIRES, &now.plus_seconds(KEPT).to_http_date());
        let cache = match self.audience {
            Audience::Person => "immutable",
            Audience::Guests => "must-revalidate",
        };
        set(header::CACHE_CONTROL, &format!("private, max-age={KEPT}, {cache}"));
        set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
        let Some(preview) = self.preview else {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        };
        set(header::CONTENT_TYPE, preview.media_type);
        let Dimensions { width, height } = preview.size;
        let cut = if self.wanted.aspect == Aspect::Crop { "-crop" } else { "" };
        let ending = if preview.media_type == "image/png" { "png" } else { "jpg" };
        let name = format!("inline; filename=\"{width}-{height}{cut}.{ending}\"");
        set(header::CONTENT_DISPOSITION, &name);
        *response.body_mut() = preview.bytes;
        response
    }
}

fn to_icon(icon: Icon, origin: &Origin) -> Response<Bytes> {
    let place = format!("{}{}", origin.base_url(), icon.path());
    let mut response = discovery::redirect(StatusCode::SEE_OTHER, &place);
    let never = HeaderValue::from_static("no-cache, no-store, must-revalidate");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}

/// `/core/mimeicon?mime=`: the way to the icon of a media type.
pub(crate) fn media_icon(request: &Parts, origin: &Origin) -> Response<Bytes> {
    let media_type = web::query(request, "mime");
    match Icon::of(media_type.as_deref().unwrap_or("application/octet-stream")) {
        Some(icon) => to_icon(icon, origin),
        None => Refusal::NotFound.respond(origin),
    }
}
