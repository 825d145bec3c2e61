use std::fmt;

use http::HeaderMap;

use super::{HeaderError, list};

/// How long a lock shall last or lasts still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockTimeout {
    /// So many seconds.
    Seconds(u64),
    /// Without an end.
    Infinite,
}

impl LockTimeout {
    /// Reads `Second-1800` or `Infinite`. A number too large to hold becomes the largest.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        if value.eq_ignore_ascii_case("infinite") {
            return Some(Self::Infinite);
        }
        let (unit, digits) = value.split_once('-')?;
        let number = unit.eq_ignore_ascii_case("second")
            && !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit());
        number.then(|| Self::Seconds(digits.parse().unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for LockTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(f, "Second-{seconds}"),
            Self::Infinite => f.write_str("Infinite"),
        }
    }
}

/// The wishes of a client for the duration of a lock, the dearest first (RFC 4918,
/// section 10.7). A server need not follow them, so what cannot be read is skipped.
///
/// ```
/// use allmende_webdav_proto::headers::{LockTimeout, Timeout};
///
/// let wish = Timeout::parse("Extend, Infinite, Second-4100000000");
/// assert_eq!(wish.first(), Some(LockTimeout::Infinite));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeout(pub Vec<LockTimeout>);

impl Timeout {
    const MAX_WISHES: usize = 16;

    /// Reads a value.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        Self(value.split(',').take(Self::MAX_WISHES).filter_map(LockTimeout::parse).collect())
    }

    /// Reads the header of a request; empty if it is not there.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let value: Result<_, HeaderError> = list(headers, "Timeout");
        value.ok().flatten().map(|value| Self::parse(&value)).unwrap_or_default()
    }

    /// The dearest wish.
    #[must_use]
    pub fn first(&self) -> Option<LockTimeout> {
        self.0.first().copied()
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, wish) in self.0.iter().enumerate() {
            write!(f, "{}{wish}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_is_skipped() {
        let read = |text| Timeout::parse(text).0;
        assert_eq!(read("Second-1800"), [LockTimeout::Seconds(1800)]);
        assert_eq!(read("x, second-5 ,INFINITE"), [LockTimeout::Seconds(5), LockTimeout::Infinite]);
        assert_eq!(read("Second-99999999999999999999"), [LockTimeout::Seconds(u64::MAX)]);
        for junk in ["", "Second-", "Second--1", "Second-+1", "5", "Minute-5", ",,,"] {
            assert_eq!(read(junk), [], "{junk}");
        }
        let both = Timeout(vec![LockTimeout::Infinite, LockTimeout::Seconds(7)]);
        assert_eq!(both.to_string(), "Infinite, Second-7");
        assert_eq!(Timeout::parse(&both.to_string()), both);
    }
}
