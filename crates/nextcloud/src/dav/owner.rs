//! Whose tree an address means.

use allmende_webdav::{Error, ErrorKind, Result};
use allmende_webdav_proto::href;

use super::{Home, ROOT};
use crate::people::{Known, People};

/// Whose tree a path means, below `/remote.php/dav/files` or another root.
pub(super) enum Owner {
    /// Nobody's: the list of all trees.
    Nobody,
    /// The caller's, in this spelling.
    Caller(String),
    /// Somebody else's.
    Other(Known),
}

impl Owner {
    pub(super) async fn of(path: &str, root: &str, home: &Home, people: &People) -> Result<Self> {
        let first = below(path, root).trim_start_matches('/').split('/').next().unwrap_or_default();
        if first.is_empty() {
            return Ok(Self::Nobody);
        }
        let name = decode(first)?;
        if name.eq_ignore_ascii_case(home.view.person().as_str()) {
            return Ok(Self::Caller(name));
        }
        Ok(Self::Other(known(people, &name).await?))
    }
}

pub(super) async fn known(people: &People, name: &str) -> Result<Known> {
    let missing =
        || Error::new(ErrorKind::NotFound, format!("Principal with name {name} not found"));
    let found = people.find(name).await.map_err(|error| {
        Error::new(ErrorKind::Unavailable, "The server cannot answer now").with_source(error)
    })?;
    found.ok_or_else(missing)
}

pub(super) fn decode(encoded: &str) -> Result<String> {
    href::decode(encoded).map_err(|error| {
        Error::new(ErrorKind::BadRequest, "The URL is not properly encoded").with_source(error)
    })
}

/// What follows a root of the DAV part in a request's path.
pub(super) fn below<'a>(path: &'a str, root: &str) -> &'a str {
    path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix(root)).unwrap_or_default()
}
