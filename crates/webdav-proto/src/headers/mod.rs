//! Request and response headers with a grammar of their own.
//!
//! Each type reads a value with `parse` or a whole request with `from_headers`, and writes
//! itself with `Display`. What a header of junk means differs: some are ignored by the
//! rules of HTTP (`Range`, dates, `Timeout`), the others are errors for the answer 400.

mod depth;
mod etags;
mod if_header;
mod lock_token;
mod overwrite;
mod range;
mod timeout;

use http::HeaderMap;

pub use depth::Depth;
pub use etags::{ETagList, IfRange};
pub use if_header::{IfCondition, IfHeader, IfList, IfTest, Negation};
pub use lock_token::LockTokenHeader;
pub use overwrite::Overwrite;
pub use range::{ByteRanges, ByteSpan, ContentRange, RangeSpec, ResolvedRange};
pub use timeout::{LockTimeout, Timeout};

/// A header that makes no sense (400).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("the {header} header is invalid: {reason}")]
pub struct HeaderError {
    header: &'static str,
    reason: &'static str,
}

impl HeaderError {
    pub(crate) const fn new(header: &'static str, reason: &'static str) -> Self {
        Self { header, reason }
    }

    /// The name of the header, in its usual spelling.
    #[must_use]
    pub fn header(&self) -> &'static str {
        self.header
    }
}

/// The value of a header that stands alone.
pub(crate) fn single<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> Result<Option<&'a str>, HeaderError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(HeaderError::new(name, "it is repeated"));
    }
    let text = std::str::from_utf8(value.as_bytes());
    text.map(Some).map_err(|_| HeaderError::new(name, "it is not UTF-8"))
}

/// The value of a header whose values may be spread over several lines.
pub(crate) fn list(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, HeaderError> {
    let mut joined: Option<String> = None;
    for value in headers.get_all(name) {
        let text = std::str::from_utf8(value.as_bytes())
            .map_err(|_| HeaderError::new(name, "it is not UTF-8"))?;
        match &mut joined {
            None => joined = Some(text.to_owned()),
            Some(joined) => {
                joined.push_str(", ");
                joined.push_str(text);
            }
        }
    }
    Ok(joined)
}
