use std::fmt;

use http::HeaderMap;

use super::{HeaderError, single};

/// The `Lock-Token` header (RFC 4918, section 10.5): of UNLOCK, and of the answer to LOCK.
///
/// ```
/// use allmende_webdav_proto::headers::LockTokenHeader;
///
/// let header = LockTokenHeader::parse("<opaquelocktoken:1-2>")?;
/// assert_eq!(header.token(), "opaquelocktoken:1-2");
/// assert_eq!(header.to_string(), "<opaquelocktoken:1-2>");
/// # Ok::<(), allmende_webdav_proto::headers::HeaderError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LockTokenHeader(String);

impl LockTokenHeader {
    const NAME: &'static str = "Lock-Token";

    /// A token without its angle brackets.
    ///
    /// # Errors
    /// When it is empty, too long, or holds blanks, controls or angle brackets.
    pub fn new(token: impl Into<String>) -> Result<Self, HeaderError> {
        let token = token.into();
        if is_coded_url(&token) {
            Ok(Self(token))
        } else {
            Err(HeaderError::new(Self::NAME, "not a URI"))
        }
    }

    /// Reads a value. The brackets may be missing: the `webdav` package of npm, which many
    /// web clients use, sends the token so.
    ///
    /// # Errors
    /// When it is not a URI, or has one bracket only.
    pub fn parse(value: &str) -> Result<Self, HeaderError> {
        let value = value.trim();
        let inner = value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let token = inner.unwrap_or(value);
        // Without brackets only a URI with a scheme is told from a word such as `junk`.
        if inner.is_none() && !token.contains(':') {
            return Err(HeaderError::new(Self::NAME, "no angle brackets"));
        }
        Self::new(token)
    }

    /// Reads the header of a message; `None` if it is not there.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when it is repeated.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, HeaderError> {
        single(headers, Self::NAME)?.map(Self::parse).transpose()
    }

    /// The token: a whole URI.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LockTokenHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

/// Whether a text may stand between the angle brackets of `Lock-Token` and `If`.
pub(super) fn is_coded_url(text: &str) -> bool {
    let allowed = |c: char| !c.is_ascii_control() && !matches!(c, ' ' | '<' | '>');
    !text.is_empty() && text.len() <= 4096 && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_with_or_without_brackets() {
        assert_eq!(LockTokenHeader::parse(" <urn:uuid:1> ").unwrap().token(), "urn:uuid:1");
        assert_eq!(LockTokenHeader::parse("urn:uuid:1").unwrap().token(), "urn:uuid:1");
        for bad in ["", "<>", "MISSING", "urn:uuid:1>", "<a b>", "<a>b>", "<a", "<a\u{7f}>"] {
            assert!(LockTokenHeader::parse(bad).is_err(), "{bad}");
        }
    }
}
