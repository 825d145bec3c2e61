use std::{fmt, str::FromStr};

use http::HeaderMap;

use super::{HeaderError, single};

/// How far below a resource a request reaches (RFC 4918, section 10.2).
///
/// ```
/// use allmende_webdav_proto::headers::Depth;
///
/// assert_eq!(Depth::parse("infinity"), Ok(Depth::Infinity));
/// assert_eq!(Depth::parse("3"), Ok(Depth::Levels(3)));
/// assert!(Depth::parse("deep").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// The resource alone.
    Zero,
    /// The resource and its members.
    One,
    /// So many levels, two or more: no part of the standard, but honoured by the original.
    Levels(u32),
    /// Everything below it.
    Infinity,
}

impl Depth {
    const NAME: &'static str = "Depth";

    /// Reads a value.
    ///
    /// # Errors
    /// When it is neither a number nor `infinity`.
    pub fn parse(value: &str) -> Result<Self, HeaderError> {
        let value = value.trim();
        let error = HeaderError::new(Self::NAME, "neither a number nor `infinity`");
        if value.eq_ignore_ascii_case("infinity") {
            return Ok(Self::Infinity);
        }
        // `parse` of numbers would take a sign.
        if !value.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error);
        }
        Ok(match value.parse().map_err(|_| error)? {
            0 => Self::Zero,
            1 => Self::One,
            levels => Self::Levels(levels),
        })
    }

    /// Reads the header of a request; `None` if it is not there. What stands in for a
    /// missing or an invalid one depends on the method.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when it is repeated.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, HeaderError> {
        single(headers, Self::NAME)?.map(Self::parse).transpose()
    }

    /// What is left for the members: `None` when they are not reached.
    #[must_use]
    pub fn below(self) -> Option<Self> {
        match self {
            Self::Zero => None,
            Self::One => Some(Self::Zero),
            Self::Levels(0..=2) => Some(Self::One),
            Self::Levels(levels) => Some(Self::Levels(levels - 1)),
            Self::Infinity => Some(Self::Infinity),
        }
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("0"),
            Self::One => f.write_str("1"),
            Self::Levels(levels) => write!(f, "{levels}"),
            Self::Infinity => f.write_str("infinity"),
        }
    }
}

impl FromStr for Depth {
    type Err = HeaderError;
    fn from_str(value: &str) -> Result<Self, HeaderError> {
        Self::parse(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_is_not_invalid() {
        let mut headers = HeaderMap::new();
        assert_eq!(Depth::from_headers(&headers), Ok(None));
        headers.insert("depth", "1".parse().unwrap());
        assert_eq!(Depth::from_headers(&headers), Ok(Some(Depth::One)));
        for bad in ["", "-1", "+1", "1,noroot", "99999999999", "infinite"] {
            headers.insert("depth", bad.parse().unwrap());
            assert!(Depth::from_headers(&headers).is_err(), "{bad}");
        }
    }

    #[test]
    fn levels_count_down() {
        let chain: Vec<String> = std::iter::successors(Some(Depth::Levels(3)), |d| d.below())
            .map(|d| d.to_string())
            .collect();
        assert_eq!(chain, ["3", "2", "1", "0"]);
        assert_eq!(Depth::Infinity.below(), Some(Depth::Infinity));
        for text in ["0", "1", "2", "infinity"] {
            assert_eq!(Depth::parse(text).unwrap().to_string(), text);
        }
    }
}
