use std::fmt;

use http::HeaderMap;

use super::{HeaderError, single};

/// What COPY and MOVE do with an existing target (RFC 4918, section 10.6).
///
/// ```
/// use allmende_webdav_proto::headers::Overwrite;
///
/// assert_eq!(Overwrite::parse("F"), Ok(Overwrite::Keep));
/// assert!(Overwrite::parse("junk").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Overwrite {
    /// `T`: replace it. What happens without the header.
    #[default]
    Replace,
    /// `F`: keep it, and fail with 412.
    Keep,
}

impl Overwrite {
    const NAME: &'static str = "Overwrite";

    /// Reads a value. iOS writes the words `true` and `false`.
    ///
    /// # Errors
    /// When it is none of `T`, `F`, `true`, `false` in any case: to guess could destroy
    /// the target.
    pub fn parse(value: &str) -> Result<Self, HeaderError> {
        match value.trim().to_ascii_lowercase().as_str() {
            "t" | "true" => Ok(Self::Replace),
            "f" | "false" => Ok(Self::Keep),
            _ => Err(HeaderError::new(Self::NAME, "neither `T` nor `F`")),
        }
    }

    /// Reads the header of a request; a missing one means `T`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when it is repeated.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, HeaderError> {
        single(headers, Self::NAME)?.map_or(Ok(Self::Replace), Self::parse)
    }
}

impl fmt::Display for Overwrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Replace => "T",
            Self::Keep => "F",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clear_words_count() {
        assert_eq!(Overwrite::from_headers(&HeaderMap::new()), Ok(Overwrite::Replace));
        for (text, expected) in
            [("T", Overwrite::Replace), ("f", Overwrite::Keep), ("true", Overwrite::Replace)]
        {
            assert_eq!(Overwrite::parse(text), Ok(expected));
            assert_eq!(Overwrite::parse(&expected.to_string()), Ok(expected));
        }
        for bad in ["", "junk", "TF", "1"] {
            assert_eq!(Overwrite::parse(bad).unwrap_err().header(), "Overwrite");
        }
    }
}
