//! Bulk uploads: `POST /remote.php/dav/bulk`, many small files in one request.

pub(crate) mod multipart;

use allmende_files::{Algorithm, Error as FilesError, PutRequest, Written};
use allmende_types::{Checksum, Checksums, SpacePath, Timestamp};
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request::Parts};
use serde_json::{Map, Value, json};

use self::multipart::{Malformed, Multipart};
use super::{answer::Body, home::Home};

/// Files up to this size are kept in memory until their group is stored; larger ones are
/// streamed.
const SMALL: u64 = 1024 * 1024;
/// A group is stored when it has this many files or bytes.
const GROUP_FILES: usize = 100;
const GROUP_BYTES: usize = 8 * 1024 * 1024;
/// Files that one request may bring.
const MAX_FILES: usize = 10_000;

/// A file of the request, as its head tells it.
struct Part {
    path: String,
    length: u64,
    request: PutRequest,
    checksum: Checksum,
}

/// What has been stored, and what waits.
struct Bulk<'a> {
    home: &'a Home,
    results: Map<String, Value>,
    group: Vec<(String, PutRequest, Bytes)>,
    bytes: usize,
}

/// Answers a bulk upload. A part that cannot be read ends it with 400 and the results so
/// far; a file that cannot be stored is an error in the results.
pub(super) async fn handle(home: &Home, request: &Parts, body: Body) -> Result<Response<DavBody>> {
    let content_type = request.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let boundary = multipart::boundary(content_type.unwrap_or_default()).map_err(|_| {
        let text = "Error while parsing boundary in Content-Type header.";
        Error::new(ErrorKind::BadRequest, text)
    })?;
    let mut parts = Multipart::new(body.into_stream(), &boundary);
    let mut bulk = Bulk { home, results: Map::new(), group: Vec::new(), bytes: 0 };
    let outcome = bulk.read(&mut parts).await;
    bulk.store_group().await;
    let status = match outcome {
        Ok(()) => StatusCode::OK,
        Err(
            Malformed::Boundary | Malformed::Delimiter | Malformed::Head | Malformed::Truncated,
        ) => StatusCode::BAD_REQUEST,
    };
    Ok(results(status, &bulk.results))
}

impl Bulk<'_> {
    async fn read(&mut self, parts: &mut Multipart) -> std::result::Result<(), Malformed> {
        for _ in 0..MAX_FILES {
            let Some(head) = parts.next_head().await? else { return Ok(()) };
            let part = Part::of(&head).ok_or(Malformed::Head)?;
            let path = match part.path.parse::<SpacePath>() {
                Ok(path) if !path.is_root() => path,
                _ => {
                    // The content is passed over, and the other files are stored.
                    skip(parts, part.length).await?;
                    self.results.insert(part.path, refused("The path is not valid"));
                    continue;
                }
            };
            let mut request = part.request;
            request.target = path.into();
            if part.length > SMALL {
                self.store_group().await;
                let stored = self.home.view.put(request, parts.stream(part.length)).await;
                if let Err(error) = &stored
                    && content_is_bad(error)
                {
                    return Err(Malformed::Truncated);
                }
                self.note(part.path, stored);
                continue;
            }
            let length = usize::try_from(part.length).map_err(|_| Malformed::Head)?;
            let content = parts.content(length).await?;
            let algorithm: Option<Algorithm> = part.checksum.algorithm().parse().ok();
            if algorithm.is_some_and(|a| !a.checksum(&content).agrees(&part.checksum)) {
                return Err(Malformed::Truncated);
            }
            self.bytes += content.len();
            self.group.push((part.path, request, content));
            if self.group.len() >= GROUP_FILES || self.bytes >= GROUP_BYTES {
                self.store_group().await;
            }
        }
        Err(Malformed::Head)
    }

    async fn store_group(&mut self) {
        self.bytes = 0;
        let mut paths = Vec::with_capacity(self.group.len());
        let mut files = Vec::with_capacity(self.group.len());
        for (path, request, content) in self.group.drain(..) {
            paths.push(path);
            files.push((request, content));
        }
        if files.is_empty() {
            return;
        }
        let stored = self.home.view.put_many(files).await;
        for (path, stored) in paths.into_iter().zip(stored) {
            self.note(path, stored);
        }
    }

    fn note(&mut self, path: String, stored: allmende_files::Result<Written>) {
        let result = match stored {
            Ok(written) => {
                let entry = &written.entry;
                json!({
                    "error": false,
                    "etag": entry.etag().opaque(),
                    "fileid": entry.id().file_id(&self.home.instance),
                    "permissions": entry.letters(),
                })
            }
            Err(error) => refused(super::errors::from_files(error).message()),
        };
        self.results.insert(path, result);
    }
}

impl Part {
    /// Reads the head of a part; none if something that it must have is missing or wrong.
    fn of(head: &HeaderMap) -> Option<Self> {
        let bytes = |name| head.get(name).map(HeaderValue::as_bytes);
        let text = |name| bytes(name).and_then(|value| std::str::from_utf8(value).ok());
        let path = text("x-file-path").filter(|path| path.starts_with('/'))?.to_owned();
        let length = text("content-length")?.parse().ok()?;
        let checksum: Checksum = match text("x-file-md5") {
            Some(md5) => format!("MD5:{md5}").parse().ok()?,
            None => text("oc-checksum")?.parse().ok()?,
        };
        let mut request = PutRequest::new(SpacePath::root());
        request.length = Some(length);
        let mut checksums = Checksums::none();
        checksums.set(checksum.clone());
        request.checksums = checksums;
        if let Some(time) = text("x-oc-mtime").or_else(|| text("x-file-mtime")) {
            request.modified = Some(Timestamp::from_client_header(time).ok()?);
        }
        Some(Self { path, length, request, checksum })
    }
}

async fn skip(parts: &mut Multipart, length: u64) -> std::result::Result<(), Malformed> {
    use futures_util::TryStreamExt;
    let mut content = parts.stream(length);
    while content.try_next().await.map_err(|_| Malformed::Truncated)?.is_some() {}
    Ok(())
}

/// Whether the fault is in the bytes that came, after which the rest cannot be trusted.
fn content_is_bad(error: &FilesError) -> bool {
    use allmende_files::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ChecksumMismatch { .. }
            | Kind::BodyTooShort { .. }
            | Kind::BodyTooLong { .. }
            | Kind::BodyInterrupted
    )
}

fn refused(message: &str) -> Value {
    json!({ "error": true, "message": message })
}

/// The results by path. The media type is the original's, and so is the empty list.
fn results(status: StatusCode, results: &Map<String, Value>) -> Response<DavBody> {
    let text = if results.is_empty() {
        "[]".to_owned()
    } else {
        // Slashes are escaped as the original does: a client may look for the text.
        serde_json::to_string(results).unwrap_or_default().replace('/', "\\/")
    };
    let mut response = Response::new(DavBody::full(text));
    *response.status_mut() = status;
    let html = HeaderValue::from_static("text/html; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (http::HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn each_part_needs_path_length_and_checksum() {
        let whole = [("x-file-path", "/a/b"), ("content-length", "3"), ("x-file-md5", "00")];
        let part = Part::of(&head(&whole)).unwrap();
        assert_eq!((part.path.as_str(), part.length), ("/a/b", 3));
        assert_eq!(part.checksum.to_string(), "MD5:00");
        for missing in 0..3 {
            let mut some = whole.to_vec();
            some.remove(missing);
            assert!(Part::of(&head(&some)).is_none(), "{missing}");
        }
        let mut timed = whole.to_vec();
        timed.push(("x-file-mtime", "1600000000"));
        let modified = Part::of(&head(&timed)).unwrap().request.modified;
        assert_eq!(modified.map(Timestamp::unix), Some(1_600_000_000));
        timed[3].1 = "junk";
        assert!(Part::of(&head(&timed)).is_none());
    }

    #[test]
    fn nothing_done_is_an_empty_list() {
        use http_body_util::BodyExt;
        let text = |response: Response<DavBody>| {
            let body = futures_util::FutureExt::now_or_never(response.into_body().collect());
            body.unwrap().unwrap().to_bytes()
        };
        assert_eq!(text(results(StatusCode::BAD_REQUEST, &Map::new())), "[]");
        let mut some = Map::new();
        some.insert("/a".into(), refused("no"));
        let expected = "{\"\\/a\":{\"error\":true,\"message\":\"no\"}}";
        assert_eq!(text(results(StatusCode::OK, &some)), expected);
    }
}
