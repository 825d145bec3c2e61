use std::fmt;

use http::HeaderMap;

use super::{HrefError, decode, encode, split_authority};

/// The `Destination` header of COPY and MOVE (RFC 4918, section 10.3), also sent with the
/// chunks of an upload.
///
/// A whole URL or an absolute path. The host is reported and usually ignored: behind a
/// proxy it is often not the one that the server knows itself by.
///
/// ```
/// use allmende_webdav_proto::Destination;
///
/// let url = Destination::parse("https://cloud.example.org/remote.php/dav/files/alice/a%20b")?;
/// assert_eq!(url.path(), "/remote.php/dav/files/alice/a b");
/// assert_eq!(url.authority(), Some("cloud.example.org"));
/// # Ok::<(), allmende_webdav_proto::DestinationError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    path: String,
    authority: Option<String>,
}

/// A destination that is missing or no destination (400).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// The header is not there.
    #[error("the Destination header is missing")]
    Missing,
    /// The header is there more than once.
    #[error("the Destination header is repeated")]
    Repeated,
    /// Longer than 8 KiB.
    #[error("the Destination header is too long")]
    TooLong,
    /// A query, a fragment, blanks or controls: a name with these must be encoded.
    #[error("the Destination header holds characters that must be percent-encoded")]
    NotEncoded,
    /// No path can be read from it.
    #[error("the Destination header is invalid: {0}")]
    Path(#[from] HrefError),
}

impl Destination {
    const MAX_BYTES: usize = 8192;

    /// A path of the same server, decoded. A missing slash at its front is added.
    #[must_use]
    pub fn from_path(path: &str) -> Self {
        let slash = if path.starts_with('/') { "" } else { "/" };
        Self { path: format!("{slash}{path}"), authority: None }
    }

    /// Reads the value of the header.
    ///
    /// # Errors
    /// When it is neither a URL of `http` or `https` nor an absolute path, or is not
    /// properly encoded.
    pub fn parse(value: &str) -> Result<Self, DestinationError> {
        let value = value.trim();
        if value.len() > Self::MAX_BYTES {
            return Err(DestinationError::TooLong);
        }
        if value.contains(|c: char| c.is_ascii_control() || matches!(c, ' ' | '?' | '#')) {
            return Err(DestinationError::NotEncoded);
        }
        let (authority, path) =
            split_authority(value).map_or((None, value), |(host, path)| (Some(host), path));
        if !path.starts_with('/') {
            return Err(HrefError::NotAbsolute.into());
        }
        Ok(Self { path: decode(path)?, authority: authority.map(str::to_owned) })
    }

    /// Reads the header of a request.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when it is missing or repeated.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, DestinationError> {
        let mut values = headers.get_all("destination").iter();
        let value = values.next().ok_or(DestinationError::Missing)?;
        if values.next().is_some() {
            return Err(DestinationError::Repeated);
        }
        let text = std::str::from_utf8(value.as_bytes());
        Self::parse(text.map_err(|_| DestinationError::NotEncoded)?)
    }

    /// The path, decoded; it starts with a slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Host and port of a whole URL, as sent.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }
}

impl fmt::Display for Destination {
    /// The value of the header: the encoded path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_and_paths() {
        let read = |text| Destination::parse(text).map(|d| (d.path, d.authority));
        assert_eq!(read("/a%20b"), Ok(("/a b".into(), None)));
        assert_eq!(read("http://h:8080"), Ok(("/".into(), Some("h:8080".into()))));
        assert_eq!(read(" https://h/a/ "), Ok(("/a/".into(), Some("h".into()))));
        let relative = Err(DestinationError::Path(HrefError::NotAbsolute));
        for bad in ["", "a", "ftp://h/a", "mailto:a", "://h/a"] {
            assert_eq!(read(bad), relative, "{bad}");
        }
        for bad in ["/a b", "/a?b", "/a#b", "http://h/a\u{1}"] {
            assert_eq!(read(bad), Err(DestinationError::NotEncoded), "{bad}");
        }
        assert_eq!(read("/%00"), Err(DestinationError::Path(HrefError::Nul)));
        assert_eq!(read("/%zz"), Err(DestinationError::Path(HrefError::BrokenEscape(1))));
        assert_eq!(read(&format!("/{}", "a".repeat(8192))), Err(DestinationError::TooLong));
    }

    #[test]
    fn one_header_exactly() {
        let mut headers = HeaderMap::new();
        assert_eq!(Destination::from_headers(&headers), Err(DestinationError::Missing));
        headers.append("destination", "/a".parse().unwrap());
        assert_eq!(Destination::from_headers(&headers), Ok(Destination::from_path("a")));
        headers.append("destination", "/b".parse().unwrap());
        assert_eq!(Destination::from_headers(&headers), Err(DestinationError::Repeated));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(path in "/[^\u{0}]{0,20}") {
            let written = Destination::from_path(&path);
            prop_assert_eq!(Destination::parse(&written.to_string()), Ok(written));
        }
    }
}
