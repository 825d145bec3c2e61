use std::fmt;

use allmende_types::{ETag, Timestamp};
use http::HeaderMap;

use super::{HeaderError, list, single};

/// The value of `If-Match` and `If-None-Match` (RFC 9110, sections 13.1.1 and 13.1.2).
///
/// ```
/// use allmende_webdav_proto::headers::ETagList;
///
/// assert_eq!(ETagList::parse("If-Match", "*"), Ok(ETagList::Any));
/// assert_eq!(ETagList::parse("If-Match", "\"a\", W/\"b\"")?.to_string(), "\"a\", W/\"b\"");
/// # Ok::<(), allmende_webdav_proto::headers::HeaderError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ETagList {
    /// `*`: any present version.
    Any,
    /// One of these; at least one.
    Tags(Vec<ETag>),
}

impl ETagList {
    const MAX_TAGS: usize = 100;

    /// Reads the value of the header `name`. A tag without quotes is taken as if it had
    /// them: some clients strip them from `d:getetag`, and refusing the condition would
    /// be worse than comparing it.
    ///
    /// # Errors
    /// When it is empty, holds no tags, or more than 100.
    pub fn parse(name: &'static str, value: &str) -> Result<Self, HeaderError> {
        if value.trim() == "*" {
            return Ok(Self::Any);
        }
        let error = |reason| HeaderError::new(name, reason);
        let mut tags = Vec::new();
        for item in split_tags(value) {
            if tags.len() == Self::MAX_TAGS {
                return Err(error("too many entity tags"));
            }
            let quoted = item.parse().or_else(|invalid| {
                if item.contains('"') { Err(invalid) } else { ETag::strong(item) }
            });
            tags.push(quoted.map_err(|_| error("not an entity tag"))?);
        }
        if tags.is_empty() { Err(error("no entity tag")) } else { Ok(Self::Tags(tags)) }
    }

    /// Reads the header `name` of a request; `None` if it is not there.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_headers(
        headers: &HeaderMap,
        name: &'static str,
    ) -> Result<Option<Self>, HeaderError> {
        list(headers, name)?.map(|value| Self::parse(name, &value)).transpose()
    }
}

/// Splits at commas outside quotes and drops empty items (RFC 9110, section 5.6.1).
fn split_tags(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let items = value.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    items.map(str::trim).filter(|item| !item.is_empty())
}

impl fmt::Display for ETagList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Tags(tags) => {
                for (at, tag) in tags.iter().enumerate() {
                    write!(f, "{}{tag}", if at == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

/// The `If-Range` header (RFC 9110, section 13.1.5): the version of which a client wants
/// the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfRange {
    /// The version with this tag.
    ETag(ETag),
    /// The version of this time.
    Date(Timestamp),
}

impl IfRange {
    const NAME: &'static str = "If-Range";

    /// Reads a value.
    ///
    /// # Errors
    /// When it is neither a tag nor a date. The ranges are then to be ignored.
    pub fn parse(value: &str) -> Result<Self, HeaderError> {
        let value = value.trim();
        if let Ok(tag) = value.parse() {
            return Ok(Self::ETag(tag));
        }
        let date = Timestamp::from_http_date(value).map(Self::Date);
        date.map_err(|_| HeaderError::new(Self::NAME, "neither an entity tag nor a date"))
    }

    /// Reads the header of a request; `None` if it is not there.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when it is repeated.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, HeaderError> {
        single(headers, Self::NAME)?.map(Self::parse).transpose()
    }
}

impl fmt::Display for IfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ETag(tag) => tag.fmt(f),
            Self::Date(time) => f.write_str(&time.to_http_date()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<String, HeaderError> {
        ETagList::parse("If-Match", value).map(|tags| tags.to_string())
    }

    #[test]
    fn lists() {
        assert_eq!(read(" * ").as_deref(), Ok("*"));
        assert_eq!(read("\"a,b\",,\"c\"").as_deref(), Ok("\"a,b\", \"c\""));
        assert_eq!(read("abc").as_deref(), Ok("\"abc\""));
        for bad in ["", " , ", "\"a", "\"a\" \"b\"", "a b"] {
            assert_eq!(read(bad).unwrap_err().header(), "If-Match", "{bad}");
        }
        assert!(read(&"\"a\",".repeat(100)).is_ok());
        assert!(read(&"\"a\",".repeat(101)).is_err());
        let mut headers = HeaderMap::new();
        headers.append("if-match", "\"a\"".parse().unwrap());
        headers.append("if-match", "\"b\"".parse().unwrap());
        let both = ETagList::from_headers(&headers, "If-Match").unwrap().unwrap();
        assert_eq!(both.to_string(), "\"a\", \"b\"");
    }

    #[test]
    fn versions_of_a_range() {
        for text in ["\"a\"", "W/\"a\"", "Tue, 24 Nov 2026 06:10:00 GMT"] {
            assert_eq!(IfRange::parse(text).unwrap().to_string(), text);
        }
        assert!(IfRange::parse("yesterday").is_err());
    }
}
