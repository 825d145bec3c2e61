//! Where a tree hangs in the URL space.

use allmende_types::SpacePath;
use allmende_webdav_proto::{Href, href};

use crate::{
    backend::Kind,
    error::{Error, ErrorKind, Result},
};

/// The URL path below which a tree is served, such as `/remote.php/dav/files/alice`.
///
/// It is compared with requests after decoding and written into hrefs as it was given: the
/// desktop client wants to see its own spelling again.
///
/// ```
/// use allmende_webdav::{Kind, Mount};
///
/// let mount = Mount::new("/dav/Jörg");
/// let path = mount.locate("/dav/J%C3%B6rg/a%20b/")?;
/// assert_eq!(path.to_string(), "a b");
/// assert_eq!(mount.href(&path, Kind::Collection).as_str(), "/dav/J%c3%b6rg/a%20b/");
/// assert!(mount.locate("/dav/other").is_err());
/// # Ok::<(), allmende_webdav::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Decoded; begins with a slash and does not end with one, so the root is empty.
    path: String,
    /// Encoded, in the same shape.
    encoded: String,
    /// The folder of the tree that is served there.
    folder: SpacePath,
}

impl Default for Mount {
    fn default() -> Self {
        Self::root()
    }
}

impl Mount {
    /// The mount at `/`.
    #[must_use]
    pub const fn root() -> Self {
        Self { path: String::new(), encoded: String::new(), folder: SpacePath::root() }
    }

    /// The mount at a path, which is given decoded. Slashes at its ends do not matter.
    #[must_use]
    pub fn new(path: &str) -> Self {
        let inner = path.trim_matches('/');
        let path = if inner.is_empty() { String::new() } else { format!("/{inner}") };
        let encoded = href::encode(&path);
        Self { path, encoded, folder: SpacePath::root() }
    }

    /// The same mount, at which only a folder of the tree is served: the mount is its
    /// address, and nothing outside of it has one.
    ///
    /// ```
    /// use allmende_webdav::{Kind, Mount};
    ///
    /// let mount = Mount::new("/teams/Side").within("Deep/Side".parse()?);
    /// let path = mount.locate("/teams/Side/a.txt")?;
    /// assert_eq!(path.to_string(), "Deep/Side/a.txt");
    /// assert_eq!(mount.href(&path, Kind::File).as_str(), "/teams/Side/a.txt");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn within(self, folder: SpacePath) -> Self {
        Self { folder, ..self }
    }

    /// Whether a path is that of the folder which is served, and not of something in it.
    pub(crate) fn is_top(&self, path: &SpacePath) -> bool {
        *path == self.folder
    }

    /// The URL path of the mount, decoded, without a slash at its end.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of a request or of a `Destination` inside the tree, given as it was sent.
    ///
    /// # Errors
    /// [`Forbidden`](ErrorKind::Forbidden) when it lies outside the mount,
    /// [`BadRequest`](ErrorKind::BadRequest) when it cannot be decoded,
    /// [`InvalidName`](ErrorKind::InvalidName) when nothing can have such a name.
    pub fn locate(&self, encoded: &str) -> Result<SpacePath> {
        let decoded = href::decode(encoded).map_err(|error| {
            Error::new(ErrorKind::BadRequest, "The URL is not properly encoded").with_source(error)
        })?;
        self.locate_decoded(&decoded)
    }

    /// The same for a path that is decoded already.
    ///
    /// # Errors
    /// As of [`Mount::locate`].
    pub fn locate_decoded(&self, decoded: &str) -> Result<SpacePath> {
        let inside = (decoded.strip_prefix(self.path.as_str()))
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match inside {
            Some(rest) => {
                let inside = rest.parse::<SpacePath>()?;
                let names = inside.names().iter().cloned();
                Ok(names.fold(self.folder.clone(), |path, name| path.join(name)))
            }
            None => {
                let base = if self.path.is_empty() { "/" } else { &self.path };
                let message = format!("Requested uri ({decoded}) is out of base uri ({base})");
                Err(Error::new(ErrorKind::Forbidden, message))
            }
        }
    }

    /// The href of a resource: folders end with a slash.
    #[must_use]
    pub fn href(&self, path: &SpacePath, kind: Kind) -> Href {
        let names = path.names();
        let above = if path.starts_with(&self.folder) { self.folder.names().len() } else { 0 };
        let names = &names[above..];
        let length = names.iter().map(|name| name.as_str().len() + 1).sum::<usize>();
        let mut text = String::with_capacity(self.encoded.len() + length + 16);
        text.push_str(&self.encoded);
        for name in names {
            text.push('/');
            text.push_str(&href::encode(name.as_str()));
        }
        if kind == Kind::Collection || text.is_empty() {
            text.push('/');
        }
        Href::from_encoded(text)
    }
}
