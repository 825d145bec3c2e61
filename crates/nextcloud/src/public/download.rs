//! What counts as a download through a link.
//!
//! As in the original every GET that reads counts, of a file as of an archive, and a picture
//! or a page does not. The parts that a player asks for one after the other are one download:
//! after the first one, the browser shows a cookie with each of them. Whoever keeps no cookie
//! has each part counted, so that nobody gets a file by its parts for nothing; and one that
//! begins with the first byte is a download of its own, which the original does not see.

use allmende_sharing::{ErrorKind, Link};
use allmende_webdav::DavBody;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::Closed;
use crate::{Origin, auth::cookie, service::Inner};

/// The cookie by which a browser shows that the download was counted.
const COUNTED: &str = "allmende_download";

/// How much of a content an answer brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// All of it, or what begins with its first byte.
    First,
    /// What lies behind.
    Later,
}

impl Piece {
    /// Of what an answer brings; none if it brings no content.
    fn of(status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(header::CONTENT_DISPOSITION) {
            return None;
        }
        let range = headers.get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
        match (status, range) {
            (StatusCode::OK, _) => Some(Self::First),
            (StatusCode::PARTIAL_CONTENT, Some(range)) if !range.starts_with("bytes 0-") => {
                Some(Self::Later)
            }
            // Several ranges at once can be anything.
            (StatusCode::PARTIAL_CONTENT, _) => Some(Self::First),
            _ => None,
        }
    }
}

/// A GET of a guest.
pub(super) struct Asked {
    /// The path, as it was sent.
    pub(super) path: String,
    /// What the browser shows of what was counted before.
    pub(super) counted: Option<String>,
}

impl Asked {
    pub(super) fn of(path: &str, headers: &HeaderMap) -> Self {
        Self { path: path.to_owned(), counted: cookie(headers, COUNTED).map(str::to_owned) }
    }
}

impl Inner {
    /// Admits the answer to a GET, if it is a download; nothing of it was sent yet.
    pub(super) async fn admit_download(
        &self,
        link: &Link,
        asked: &Asked,
        origin: &Origin,
        mut response: Response<DavBody>,
    ) -> Result<Response<DavBody>, Closed> {
        let Some(piece) = Piece::of(response.status(), response.headers()) else {
            return Ok(response);
        };
        let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        let content = format!("{} {}", asked.path, etag.unwrap_or_default());
        let again = asked.counted.as_deref().filter(|_| piece == Piece::Later);
        let now = self.now();
        if again.is_some_and(|shown| self.sharing.is_counted(link, &content, shown, now)) {
            return Ok(response);
        }
        let counted = self.sharing.count_download(link, &content, origin.client, now).await;
        let proof = counted.map_err(|error| match error.kind() {
            ErrorKind::NotFound => Closed::NotFound,
            _ => Closed::Unavailable,
        })?;
        // An archive is made anew each time, and has no parts.
        if etag.is_some() {
            let secure = if origin.https { "; Secure" } else { "" };
            let path = &asked.path;
            let text = format!("{COUNTED}={proof}; Path={path}; HttpOnly; SameSite=Lax{secure}");
            if let Ok(value) = HeaderValue::from_str(&text) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_brings_content_is_a_download() {
        let piece = |status: u16, range: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
            if let Some(range) = range {
                headers.insert(header::CONTENT_RANGE, range.parse().unwrap());
            }
            Piece::of(StatusCode::from_u16(status).unwrap(), &headers)
        };
        assert_eq!(piece(200, None), Some(Piece::First));
        assert_eq!(piece(206, Some("bytes 0-9/10")), Some(Piece::First));
        assert_eq!(piece(206, Some("bytes 01-9/10")), Some(Piece::Later));
        assert_eq!(piece(206, Some("bytes 1-9/10")), Some(Piece::Later));
        assert_eq!(piece(206, None), Some(Piece::First));
        for other in [304, 404, 412, 416, 503] {
            assert_eq!(piece(other, None), None, "{other}");
        }
        assert_eq!(Piece::of(StatusCode::OK, &HeaderMap::new()), None, "a word of explanation");
    }
}
