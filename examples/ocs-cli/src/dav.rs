//! What WebDAV tells of files: asked, and read.

use allmende_webdav_proto::headers::Depth;
use allmende_webdav_proto::multistatus::{Response, ResponseContent};
use allmende_webdav_proto::request::{Filter, Propfind, Search, SearchScope, Select};
use allmende_webdav_proto::{Href, Multistatus, PropName, XmlLimits};
use http::{Method, header};
use serde::Serialize;

use crate::failure::Failure;
use crate::path::RemotePath;
use crate::session::Session;

/// A folder of some hundred thousand files.
const LISTING_BYTES: usize = 256 << 20;

static RESOURCETYPE: PropName = PropName::dav("resourcetype");
static COLLECTION: PropName = PropName::dav("collection");
static LAST_MODIFIED: PropName = PropName::dav("getlastmodified");
static CONTENT_LENGTH: PropName = PropName::dav("getcontentlength");
static CONTENT_TYPE: PropName = PropName::dav("getcontenttype");
static ETAG: PropName = PropName::dav("getetag");
static DISPLAY_NAME: PropName = PropName::dav("displayname");
static FILE_ID: PropName = PropName::oc("fileid");
static PERMISSIONS: PropName = PropName::oc("permissions");
static SIZE: PropName = PropName::oc("size");

/// What an [`Entry`] is made of.
static ASKED: [&PropName; 8] = [
    &RESOURCETYPE,
    &LAST_MODIFIED,
    &CONTENT_LENGTH,
    &CONTENT_TYPE,
    &ETAG,
    &FILE_ID,
    &PERMISSIONS,
    &SIZE,
];

/// A file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    File,
    Folder,
}

/// A file or folder on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// The path from the home.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    /// In bytes; of a folder that of all in it, unless the server does not say.
    pub(crate) size: Option<u64>,
    /// As the server says it, in the form of RFC 9110.
    pub(crate) modified: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) id: Option<String>,
    /// What may be done, in the letters of the protocol.
    pub(crate) permissions: Option<String>,
}

impl Entry {
    /// The last segment of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// What is at a path itself.
pub(crate) fn stat(session: &Session, path: &RemotePath) -> Result<Entry, Failure> {
    let mut found = propfind(session, path, Depth::Zero)?;
    found.pop().ok_or_else(|| Failure::Malformed("it tells nothing of what was asked".into()))
}

/// What is in a folder; of a file, the file.
pub(crate) fn list(session: &Session, path: &RemotePath) -> Result<Vec<Entry>, Failure> {
    let mut found = propfind(session, path, Depth::One)?;
    found.retain(|entry| entry.kind == Kind::File || entry.path != path.to_string());
    Ok(found)
}

/// At most `limit` files and folders whose name fits the pattern.
pub(crate) fn search(session: &Session, name: &str, limit: u64) -> Result<Vec<Entry>, Failure> {
    let body = search_body(&session.search_scope(), name, limit);
    let method = method("SEARCH")?;
    let request = session
        .client
        .request(method, &Session::dav_root())
        .header(header::CONTENT_TYPE, "text/xml; charset=utf-8")
        .body(body)?;
    entries(session, session.client.dav(request, LISTING_BYTES as u64)?.body())
}

/// A method of WebDAV.
pub(crate) fn method(name: &str) -> Result<Method, Failure> {
    Ok(Method::from_bytes(name.as_bytes()).map_err(http::Error::from)?)
}

fn asked() -> Vec<PropName> {
    ASKED.iter().map(|name| (*name).clone()).collect()
}

fn search_body(scope: &Href, name: &str, limit: u64) -> Vec<u8> {
    let mut search = Search::new(SearchScope::new(scope.as_str(), Depth::Infinity));
    search.select = Select::Props(asked());
    search.filter =
        Some(Filter::Like { property: DISPLAY_NAME.clone(), pattern: format!("%{name}%") });
    search.limit.results = Some(limit);
    search.to_bytes()
}

fn propfind(session: &Session, path: &RemotePath, depth: Depth) -> Result<Vec<Entry>, Failure> {
    let request = session
        .client
        .request(method("PROPFIND")?, &session.file(path))
        .header("Depth", depth.to_string())
        .header(header::CONTENT_TYPE, "application/xml; charset=utf-8")
        .body(Propfind::Prop(asked()).to_bytes())?;
    entries(session, session.client.dav(request, LISTING_BYTES as u64)?.body())
}

fn entries(session: &Session, body: &[u8]) -> Result<Vec<Entry>, Failure> {
    let home: RemotePath = "/".parse().map_err(|reason: &str| Failure::Wish(reason.to_owned()))?;
    let home = Href::from_encoded(session.destination(&home));
    read(&decoded(&home)?, body)
}

/// Reads a listing whose paths begin with that of the home.
fn read(home: &str, body: &[u8]) -> Result<Vec<Entry>, Failure> {
    let mut limits = XmlLimits::default();
    limits.max_bytes = LISTING_BYTES;
    Multistatus::parse(body, &limits)?.responses.iter().map(|one| entry(home, one)).collect()
}

fn entry(home: &str, response: &Response) -> Result<Entry, Failure> {
    let path = decoded(&response.href)?;
    // What could not be looked up is no empty entry.
    if let ResponseContent::Status(status) = response.content {
        return Err(Failure::Refused { status, message: path });
    }
    let inside = path.strip_prefix(home).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let Some(inside) = inside else {
        return Err(Failure::Malformed(format!("{path} is not in the home")));
    };
    let text = |name: &PropName| {
        let text = response.found(name)?.text().trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let is_folder =
        response.found(&RESOURCETYPE).is_some_and(|kind| kind.child(&COLLECTION).is_some());
    let size = text(&CONTENT_LENGTH).or_else(|| text(&SIZE)).and_then(|size| size.parse().ok());
    Ok(Entry {
        path: format!("/{}", inside.trim_matches('/')),
        kind: if is_folder { Kind::Folder } else { Kind::File },
        size,
        modified: text(&LAST_MODIFIED),
        media_type: text(&CONTENT_TYPE),
        etag: text(&ETAG),
        id: text(&FILE_ID),
        permissions: text(&PERMISSIONS),
    })
}

fn decoded(href: &Href) -> Result<String, Failure> {
    href.decoded_path().map_err(|error| Failure::Malformed(format!("{href}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = r#"<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">
        <d:response><d:href>/cloud/remote.php/dav/files/alice/a%20b/</d:href><d:propstat><d:prop>
            <d:resourcetype><d:collection/></d:resourcetype><oc:size>7</oc:size>
            </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
            <d:propstat><d:prop><d:getcontentlength/></d:prop>
            <d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>
        <d:response><d:href>/cloud/remote.php/dav/files/alice/a%20b/x.txt</d:href><d:propstat><d:prop>
            <d:resourcetype/><d:getcontentlength>7</d:getcontentlength>
            <d:getlastmodified>Tue, 24 Nov 2026 10:00:00 GMT</d:getlastmodified>
            </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
        </d:multistatus>"#;

    #[test]
    fn a_listing_below_a_folder_of_the_server_is_read() {
        let found = read("/cloud/remote.php/dav/files/alice", LISTING.as_bytes()).unwrap();
        assert_eq!((found[0].path.as_str(), found[0].kind), ("/a b", Kind::Folder));
        assert_eq!((found[0].size, &found[0].modified), (Some(7), &None));
        assert_eq!((found[1].path.as_str(), found[1].kind), ("/a b/x.txt", Kind::File));
        assert_eq!(found[1].modified.as_deref(), Some("Tue, 24 Nov 2026 10:00:00 GMT"));
        assert_eq!(found[1].name(), "x.txt");
    }

    #[test]
    fn what_is_cut_off_or_elsewhere_is_no_listing() {
        let home = "/cloud/remote.php/dav/files/alice";
        let cut = LISTING.trim_end().strip_suffix("</d:multistatus>").unwrap();
        assert!(matches!(read(home, cut.as_bytes()), Err(Failure::Malformed(_))));
        let other = "/cloud/remote.php/dav/files/ali";
        assert!(matches!(read(other, LISTING.as_bytes()), Err(Failure::Malformed(_))));
        let unknown = br#"<d:multistatus xmlns:d="DAV:"><d:response><d:href>/a</d:href>
            <d:status>HTTP/1.1 503 Service Unavailable</d:status></d:response></d:multistatus>"#;
        assert_eq!(read(home, unknown).unwrap_err().exit_code(), 5);
    }

    #[test]
    fn a_search_is_what_the_server_reads() {
        let body = search_body(&Href::from_path("/files/alice"), "x<y", 10);
        let search = Search::parse(&body, &XmlLimits::default()).unwrap();
        assert_eq!(search.scopes, [SearchScope::new("/files/alice", Depth::Infinity)]);
        assert_eq!(search.limit.results, Some(10));
        let pattern = "%x<y%".to_owned();
        assert_eq!(search.filter, Some(Filter::Like { property: DISPLAY_NAME.clone(), pattern }));
    }
}
