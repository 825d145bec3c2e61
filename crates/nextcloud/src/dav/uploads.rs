//! Chunked uploads, version 2: `/remote.php/dav/uploads/{user}/{upload}/{part}`.
//!
//! A client makes an upload, puts its parts in any order, and moves the pseudo file
//! `.file` to where the whole shall stand. Whatever user stands in the path, the data are
//! the caller's own.

use allmende_files::{Assembly, PartRequest, Upload};
use allmende_storage::{Expect, Node};
use allmende_types::{Name, SpacePath};
use allmende_webdav::{ByteStream, DavBody, Error, ErrorKind, Mount, Resource, Result};
use allmende_webdav_proto::{
    Destination, Href, MultistatusWriter, PropName, XmlLimits,
    headers::{Depth, IfHeader, Overwrite},
    href,
    multistatus::{MissingProps, MultistatusOptions, PropsWriter},
    precondition::{Conditions, IfOutcome, IfState, Outcome, ResourceState, evaluate, evaluate_if},
    request::Propfind,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};

use super::{
    answer::{self, Body},
    errors::from_files,
    headers::{self, ContentHeaders},
    home::{ETagHeaders, Home},
    item::{Item, OC_ETAG},
};

/// The pseudo file that stands for the whole.
const WHOLE: &str = ".file";

/// A place in the upload tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The list of uploads, which is not told.
    List,
    /// An upload.
    Upload(Name),
    /// A part of an upload, or [`WHOLE`].
    Part(Name, Name),
}

impl Place {
    /// Reads what follows `/remote.php/dav/uploads/`.
    pub(crate) fn of(path: &str) -> Result<Self> {
        let decoded = href::decode(path).map_err(|error| {
            Error::new(ErrorKind::BadRequest, "The URL is not properly encoded").with_source(error)
        })?;
        let path: SpacePath = decoded.parse()?;
        match path.names() {
            [] | [_] => Ok(Self::List),
            [_, upload] => Ok(Self::Upload(upload.clone())),
            [_, upload, part] => Ok(Self::Part(upload.clone(), part.clone())),
            _ => Err(Error::new(ErrorKind::NotFound, "Uploads have no folders")),
        }
    }
}

/// Answers a request below `/remote.php/dav/uploads/`. `files` is where destinations lie.
pub(super) async fn handle(
    home: &Home,
    files: &Mount,
    rest: &str,
    request: &Parts,
    body: Body,
) -> Result<Response<DavBody>> {
    let place = Place::of(rest)?;
    match (request.method.as_str(), place) {
        ("MKCOL", Place::Upload(id)) => {
            home.view.uploads().create(&id).await.map_err(from_files)?;
            Ok(answer::status(StatusCode::CREATED))
        }
        ("PUT", Place::Part(id, part)) if part.as_str() != WHOLE => {
            put(home, files, &id, part, request, body).await
        }
        ("MOVE", Place::Part(id, part)) if part.as_str() == WHOLE => {
            assemble(home, files, &id, request).await
        }
        ("DELETE", Place::Upload(id)) => {
            home.view.uploads().abort(&id).await.map_err(from_files)?;
            Ok(answer::status(StatusCode::NO_CONTENT))
        }
        ("PROPFIND", Place::Upload(id)) => {
            let upload = find(home, &id).await?;
            let body = body.collect(XmlLimits::default().max_bytes).await?;
            propfind(&upload, request, &body)
        }
        ("PROPFIND", Place::Part(id, part)) => {
            let upload = find(home, &id).await?;
            let mut upload = upload;
            upload.parts.retain(|known| known.name.as_ref() == Some(&part));
            if upload.parts.is_empty() {
                return Err(Error::new(ErrorKind::NotFound, format!("No part {part}")));
            }
            let body = body.collect(XmlLimits::default().max_bytes).await?;
            propfind_part(&upload.parts[0], request, &body)
        }
        ("OPTIONS", _) => Ok(answer::options()),
        ("GET" | "HEAD", _) => Err(Error::new(
            ErrorKind::MethodNotAllowed,
            "Reading intermediate uploads is not allowed",
        )),
        ("MOVE", Place::Upload(_)) => {
            Err(Error::new(ErrorKind::BadRequest, "Incompatible node types"))
        }
        (_, Place::List) => Err(Error::new(
            ErrorKind::MethodNotAllowed,
            "Listing members of this collection is disabled",
        )),
        _ => Err(Error::new(ErrorKind::MethodNotAllowed, "Uploads cannot do this")),
    }
}

async fn find(home: &Home, id: &Name) -> Result<Upload> {
    let upload = home.view.uploads().find(id).await.map_err(from_files)?;
    let missing = || format!("File with name /{id} could not be located");
    upload.ok_or_else(|| Error::new(ErrorKind::NotFound, missing()))
}

async fn put(
    home: &Home,
    files: &Mount,
    id: &Name,
    part: Name,
    request: &Parts,
    body: Body,
) -> Result<Response<DavBody>> {
    let mut stored = PartRequest::new(part);
    stored.length = answer::content_length(&request.headers)?;
    // A total that is no number fails the last step, which compares it; see there.
    stored.total = headers::text(&request.headers, "oc-total-length")?.and_then(|v| v.parse().ok());
    if request.headers.contains_key("destination") {
        stored.destination = Some(destination(files, &request.headers)?);
    }
    let stream: ByteStream = body.into_stream();
    let written = match home.view.uploads().put_part(id, stored, stream).await {
        Err(error) if *error.kind() == allmende_files::ErrorKind::ParentNotFound => {
            // Observed: 404 for the part, 409 for the last step.
            Err(Error::new(ErrorKind::NotFound, "The folder of the destination is not there"))
        }
        other => other.map_err(from_files),
    }?;
    if written.replaced.is_none() {
        return Ok(answer::status(StatusCode::CREATED));
    }
    let mut response = answer::status(StatusCode::NO_CONTENT);
    if let Ok(etag) = HeaderValue::from_str(&written.node.etag().to_string()) {
        response.headers_mut().insert(header::ETAG, etag.clone());
        response.headers_mut().insert(OC_ETAG, etag);
    }
    Ok(response)
}

async fn assemble(
    home: &Home,
    files: &Mount,
    id: &Name,
    request: &Parts,
) -> Result<Response<DavBody>> {
    let path = destination(files, &request.headers)?;
    let told = without_total(&request.headers)?;
    let upload = find(home, id).await?;
    let total = total(&request.headers, upload.size())?;
    let seen = home.view.resolve(&path).await.map_err(from_files)?.map(Item);
    let allowed = check(home, files, &path, seen.as_ref(), &request.headers).await?;
    if seen.as_ref().is_some_and(Resource::is_collection) {
        let text = format!("The given destination /{path} is a directory.");
        return Err(Error::new(ErrorKind::BadRequest, text));
    }
    let mut assembly = Assembly::new(path);
    assembly.expect = match (allowed.condition, &seen) {
        (Condition::Given, Some(Item(seen))) => Expect::Unchanged(seen.id(), seen.node.revision),
        (Condition::Given, None) => Expect::Absent,
        (Condition::None, _) => Expect::Any,
    };
    assembly.seen = seen.map(|Item(seen)| Box::new(seen.node));
    assembly.total = total;
    assembly.checksums.clone_from(&told.checksums);
    assembly.modified = told.modified;
    assembly.created = told.created;
    let view = home.view.with_lock_tokens(allowed.tokens);
    let written = view.uploads().assemble(id, assembly).await.map_err(from_files)?;
    let status = if written.is_new() { StatusCode::CREATED } else { StatusCode::NO_CONTENT };
    let mut response = answer::status(status);
    home.identify(&Item(written.entry), response.headers_mut(), ETagHeaders::Tell);
    told.acknowledge(response.headers_mut());
    Ok(response)
}

/// Whether the last step may go on only while its target stays as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Given,
    None,
}

struct Allowed {
    condition: Condition,
    tokens: Vec<allmende_storage::LockToken>,
}

/// Evaluates the conditions of the last step on its destination: `Overwrite`, `If` (the
/// desktop client tags it with the destination) and `If-Match` (iOS means the destination
/// too).
async fn check(
    home: &Home,
    files: &Mount,
    path: &SpacePath,
    seen: Option<&Item>,
    headers: &HeaderMap,
) -> Result<Allowed> {
    let malformed = |error: allmende_webdav_proto::headers::HeaderError| {
        Error::new(ErrorKind::BadRequest, error.to_string())
    };
    let overwrite = Overwrite::from_headers(headers).map_err(malformed)?;
    if overwrite == Overwrite::Keep && seen.is_some() {
        let text = "The destination node already exists, and the overwrite header is set to false";
        return Err(Error::precondition("Overwrite", text));
    }
    let conditions = Conditions::from_headers(headers).map_err(malformed)?;
    let state = seen
        .map(|item| ResourceState { etag: item.etag(), last_modified: Some(item.last_modified()) });
    match evaluate(&Method::PUT, state.as_ref(), &conditions) {
        Outcome::Failed { header } => {
            return Err(Error::precondition(header, "The destination was changed meanwhile"));
        }
        Outcome::NotModified | Outcome::Proceed => {}
    }
    let given = IfHeader::from_headers(headers).map_err(malformed)?;
    let mut tokens = Vec::new();
    if let Some(given) = &given {
        use allmende_webdav::Backend;
        let locks = home.locks(&[path]).await?.pop().unwrap_or_default();
        let covering: Vec<String> = locks.iter().map(|lock| lock.token.to_string()).collect();
        let state = |tag: Option<&str>| {
            let meant = tag.and_then(|tag| Destination::parse(tag).ok());
            let meant = meant.and_then(|tag| files.locate_decoded(tag.path()).ok());
            // The upload itself, or another resource, has neither a tag nor locks here.
            if tag.is_some() && meant.as_ref() != Some(path) {
                return IfState::default();
            }
            IfState { etag: seen.and_then(Resource::etag), tokens: covering.clone() }
        };
        match evaluate_if(given, state) {
            IfOutcome::Holds { submitted } => {
                tokens = submitted.iter().filter_map(|token| token.parse().ok()).collect();
            }
            IfOutcome::Failed => {
                let text = "Failed to find a valid token/etag combination for this request";
                return Err(Error::precondition("If", text));
            }
        }
    }
    let bound = given.is_some() || !conditions.is_empty() || overwrite == Overwrite::Keep;
    Ok(Allowed { condition: if bound { Condition::Given } else { Condition::None }, tokens })
}

/// The headers of the content but for the total, whose errors have a form of their own.
fn without_total(headers: &HeaderMap) -> Result<ContentHeaders> {
    let mut headers = headers.clone();
    headers.remove("oc-total-length");
    ContentHeaders::read(&headers)
}

/// The total that the client told. One that is no number matches no sum.
fn total(headers: &HeaderMap, received: u64) -> Result<Option<u64>> {
    let Some(told) = headers::text(headers, "oc-total-length")? else { return Ok(None) };
    told.parse().map(Some).map_err(|_| {
        let text = format!("Chunks on server do not sum up to {told} but to {received} bytes");
        Error::new(ErrorKind::BadRequest, text)
    })
}

fn destination(files: &Mount, headers: &HeaderMap) -> Result<SpacePath> {
    let destination = Destination::from_headers(headers)
        .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
    files.locate_decoded(destination.path())
}

/// What a client reads to go on with an upload: the names and sizes of the parts.
fn propfind(upload: &Upload, request: &Parts, body: &[u8]) -> Result<Response<DavBody>> {
    let (wanted, options) = wanted(request, body)?;
    let depth = Depth::from_headers(&request.headers).ok().flatten().unwrap_or(Depth::One);
    let folder = Href::from_encoded(request.uri.path()).into_collection();
    let mut out = MultistatusWriter::new(Vec::new(), options);
    out.reserve_prefixes(&wanted);
    out.response(&folder, |props| {
        wanted.iter().for_each(|name| folder_property(&upload.node, name, props));
    });
    if depth != Depth::Zero {
        let modified = upload.parts.iter().map(|part| part.modified).max();
        let whole = Listed {
            size: upload.size(),
            modified: modified.unwrap_or(upload.node.modified),
            etag: upload.node.etag().to_string(),
        };
        let parts = upload
            .parts
            .iter()
            .filter_map(|part| Some((part.name.as_ref()?.as_str(), Listed::of(part))));
        for (name, listed) in std::iter::once((WHOLE, whole)).chain(parts) {
            out.response(&folder.join(name), |props| {
                wanted.iter().for_each(|name| listed.property(name, props));
            });
        }
    }
    Ok(answer::multistatus(out.finish()))
}

fn propfind_part(part: &Node, request: &Parts, body: &[u8]) -> Result<Response<DavBody>> {
    let (wanted, options) = wanted(request, body)?;
    let mut out = MultistatusWriter::new(Vec::new(), options);
    out.reserve_prefixes(&wanted);
    let listed = Listed::of(part);
    out.response(&Href::from_encoded(request.uri.path()), |props| {
        wanted.iter().for_each(|name| listed.property(name, props));
    });
    Ok(answer::multistatus(out.finish()))
}

const LENGTH: PropName = PropName::dav("getcontentlength");
const MODIFIED: PropName = PropName::dav("getlastmodified");
const TYPE: PropName = PropName::dav("resourcetype");
const ETAG: PropName = PropName::dav("getetag");
const MEDIA_TYPE: PropName = PropName::dav("getcontenttype");

fn wanted(request: &Parts, body: &[u8]) -> Result<(Vec<PropName>, MultistatusOptions)> {
    let propfind = Propfind::parse(body, &XmlLimits::default())
        .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
    let names = match propfind {
        Propfind::Prop(names) => names,
        _ => {
            return Ok((
                vec![MODIFIED, LENGTH, TYPE, ETAG, MEDIA_TYPE],
                missing(MissingProps::Omit),
            ));
        }
    };
    let minimal = request.headers.get("prefer").is_some_and(|v| v == "return=minimal");
    Ok((names, missing(if minimal { MissingProps::Omit } else { MissingProps::Report })))
}

fn missing(missing: MissingProps) -> MultistatusOptions {
    MultistatusOptions::default().missing(missing)
}

fn folder_property(node: &Node, name: &PropName, props: &mut PropsWriter<'_>) {
    if *name == MODIFIED {
        props.found_text(name, &node.modified.to_http_date());
    } else if *name == TYPE {
        props.found(name, |xml| xml.empty(&PropName::dav("collection")));
    } else {
        props.missing(name);
    }
}

/// A part of an upload, or what they make together, as it is listed.
struct Listed {
    size: u64,
    modified: allmende_types::Timestamp,
    etag: String,
}

impl Listed {
    fn of(part: &Node) -> Self {
        Self { size: part.size, modified: part.modified, etag: part.etag().to_string() }
    }

    fn property(&self, name: &PropName, props: &mut PropsWriter<'_>) {
        if *name == MODIFIED {
            props.found_text(name, &self.modified.to_http_date());
        } else if *name == LENGTH {
            props.found(name, |xml| xml.number(self.size));
        } else if *name == TYPE {
            props.found_text(name, "");
        } else if *name == ETAG {
            props.found_text(name, &self.etag);
        } else if *name == MEDIA_TYPE {
            // What it is shows when it is put together.
            props.found_text(name, "application/octet-stream");
        } else {
            props.missing(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let name = |text: &str| Name::new(text).unwrap();
        assert_eq!(Place::of("alice").unwrap(), Place::List);
        assert_eq!(Place::of("alice/up-1/").unwrap(), Place::Upload(name("up-1")));
        assert_eq!(
            Place::of("alice/up-1/000000000000000-000000010485759").unwrap(),
            Place::Part(name("up-1"), name("000000000000000-000000010485759"))
        );
        for bad in ["alice/a/b/c", "alice/..", "alice/a/%00", "alice/a/%2e%2e"] {
            assert!(Place::of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_total_that_is_no_number_fits_no_sum() {
        let mut headers = HeaderMap::new();
        assert_eq!(total(&headers, 30).unwrap(), None);
        headers.insert("oc-total-length", HeaderValue::from_static("junk"));
        let error = total(&headers, 30).unwrap_err();
        assert_eq!(error.message(), "Chunks on server do not sum up to junk but to 30 bytes");
    }
}
