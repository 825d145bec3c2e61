//! Checksums as clients send and read them.

use std::{fmt, str::FromStr};

/// One checksum: an algorithm and a value, `SHA1:2fd4e1c6…`.
///
/// Kept as it came: clients compare the text with their own, and a server that cannot
/// compute an algorithm can still hand it back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checksum {
    algorithm: Box<str>,
    value: Box<str>,
}

/// A text that is no checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is not a checksum")]
pub struct InvalidChecksum(pub String);

impl Checksum {
    /// The checksum with a digest written in lower-case hexadecimal.
    #[must_use]
    pub fn from_digest(algorithm: &str, digest: &[u8]) -> Self {
        use std::fmt::Write;
        let hex = digest.iter().fold(String::with_capacity(digest.len() * 2), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Self { algorithm: algorithm.into(), value: hex.into() }
    }

    /// The algorithm as it was written, such as `SHA1`. Compare it without regard to case.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The value as it was written.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether both say the same of a content: neither the case of the algorithm nor
    /// that of the hexadecimal digits counts.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.algorithm.eq_ignore_ascii_case(&other.algorithm)
            && self.value.eq_ignore_ascii_case(&other.value)
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.value)
    }
}

impl FromStr for Checksum {
    type Err = InvalidChecksum;
    fn from_str(s: &str) -> Result<Self, InvalidChecksum> {
        let word =
            |w: &str| !w.is_empty() && w.len() <= 256 && w.bytes().all(|b| b.is_ascii_graphic());
        match s.split_once(':') {
            Some((algorithm, value)) if word(algorithm) && word(value) => {
                Ok(Self { algorithm: algorithm.into(), value: value.into() })
            }
            _ => Err(InvalidChecksum(s.to_owned())),
        }
    }
}

/// All checksums of one content: what `OC-Checksum` carries, separated by blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Checksums(Vec<Checksum>);

impl Checksums {
    /// The most checksums that one content has.
    pub const MAX: usize = 8;

    /// No checksum.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = &Checksum> {
        self.0.iter()
    }

    /// Sets the checksum of one algorithm, in place of an older one.
    pub fn set(&mut self, checksum: Checksum) {
        self.0.retain(|c| !c.algorithm.eq_ignore_ascii_case(&checksum.algorithm));
        self.0.push(checksum);
    }
}

impl fmt::Display for Checksums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, checksum) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            checksum.fmt(f)?;
        }
        Ok(())
    }
}

impl FromStr for Checksums {
    type Err = InvalidChecksum;
    fn from_str(s: &str) -> Result<Self, InvalidChecksum> {
        let all: Vec<Checksum> =
            s.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        if all.len() > Self::MAX { Err(InvalidChecksum(s.to_owned())) } else { Ok(Self(all)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_checksums_keep_their_order() {
        let all: Checksums = "SHA1:ABC  MD5:00 adler32:1".parse().unwrap();
        assert_eq!(all.to_string(), "SHA1:ABC MD5:00 adler32:1");
        assert!(all.iter().next().unwrap().agrees(&"sha1:abc".parse().unwrap()));
        for bad in ["SHA1", ":", "SHA1:", ":abc", "SHA1:a\u{e4}"] {
            assert!(bad.parse::<Checksums>().is_err(), "{bad}");
        }
        assert!("".parse::<Checksums>().unwrap().is_empty());
        assert_eq!(Checksum::from_digest("MD5", &[0, 0xab]).to_string(), "MD5:00ab");
    }
}
