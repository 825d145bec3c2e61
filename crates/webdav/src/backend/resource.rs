//! What a backend shows: resources, and pages of them.

use std::fmt;

use allmende_types::{ETag, Name, SpacePath, Timestamp};
use http::HeaderMap;

/// A file or folder as it was when it was read.
///
/// Everything here is at hand: no method waits.
pub trait Resource: Clone + fmt::Debug + Send + Sync + 'static {
    /// File or folder.
    fn kind(&self) -> Kind;

    /// Its name in its folder; none for the root.
    fn name(&self) -> Option<&Name>;

    /// A strong entity tag: another one after every change of the content, never the same
    /// for two contents. Folders may have none.
    fn etag(&self) -> Option<ETag>;

    /// The time of the last change.
    fn last_modified(&self) -> Timestamp;

    /// The time when it was made, if known.
    fn created(&self) -> Option<Timestamp> {
        None
    }

    /// The size of a file in bytes; not looked at for folders.
    fn content_length(&self) -> u64;

    /// The media type of a file; not looked at for folders.
    fn content_type(&self) -> &str;

    /// Adds headers to the answers of GET and HEAD beside those that the handler sets.
    fn add_headers(&self, headers: &mut HeaderMap) {
        let _ = headers;
    }

    /// Whether it is a folder.
    fn is_collection(&self) -> bool {
        self.kind() == Kind::Collection
    }
}

/// File or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A file: it has a content.
    File,
    /// A folder: it has members.
    Collection,
}

/// A resource with the path at which it was found.
#[derive(Debug, Clone)]
pub struct Entry<R> {
    /// Where.
    pub path: SpacePath,
    /// What.
    pub resource: R,
}

/// Part of a listing.
#[derive(Debug, Clone)]
pub struct Page<R> {
    /// The children, in order.
    pub items: Vec<R>,
    /// Where the next page starts; none if this was the last.
    pub next: Option<Cursor>,
}

/// The place in a listing behind which the next page starts. Only the backend that made it
/// can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Box<str>);

impl Cursor {
    /// A cursor with this text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
