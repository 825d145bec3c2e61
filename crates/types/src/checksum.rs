//! Checksums as clients send and read them.

use std::{fmt, str::FromStr};

/// One checksum: an algorithm and a value, `SHA1:2fd4e1c6…`.
///
/// Kept as it came: clients compare the text with their own, and a server that cannot
/// compute an algorithm can still hand it back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checksum {
    /// Algorithm, colon and value.
    text: Box<str>,
    /// Where the colon is.
    colon: usize,
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
        let mut text = String::with_capacity(algorithm.len() + 1 + digest.len() * 2);
        text.push_str(algorithm);
        text.push(':');
        for byte in digest {
            let _ = write!(text, "{byte:02x}");
        }
        Self { text: text.into(), colon: algorithm.len() }
    }

    /// Algorithm, colon and value, as they were written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The algorithm as it was written, such as `SHA1`. Compare it without regard to case.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.text[..self.colon]
    }

    /// The value as it was written.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.text[self.colon + 1..]
    }

    /// Whether both say the same of a content: neither the case of the algorithm nor
    /// that of the hexadecimal digits counts.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Checksum {
    type Err = InvalidChecksum;
    fn from_str(s: &str) -> Result<Self, InvalidChecksum> {
        let word = |length: usize| (1..=256).contains(&length);
        match s.find(':') {
            Some(colon)
                if word(colon)
                    && word(s.len() - colon - 1)
                    && s.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Self { text: s.into(), colon })
            }
            _ => Err(InvalidChecksum(s.to_owned())),
        }
    }
}

/// All checksums of one content: what `OC-Checksum` carries, separated by blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Checksums {
    /// Nearly every content has one, which needs no list.
    first: Option<Checksum>,
    /// Only behind a first one.
    more: Vec<Checksum>,
}

impl Checksums {
    /// The most checksums that one content has.
    pub const MAX: usize = 8;

    /// No checksum.
    #[must_use]
    pub const fn none() -> Self {
        Self { first: None, more: Vec::new() }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Each of them, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = &Checksum> {
        self.first.iter().chain(&self.more)
    }

    fn into_all(self) -> impl Iterator<Item = Checksum> {
        self.first.into_iter().chain(self.more)
    }

    fn push(&mut self, checksum: Checksum) {
        match self.first {
            None => self.first = Some(checksum),
            Some(_) => self.more.push(checksum),
        }
    }

    /// Sets the checksum of one algorithm, in place of an older one.
    pub fn set(&mut self, checksum: Checksum) {
        for old in std::mem::take(self).into_all() {
            if !old.algorithm().eq_ignore_ascii_case(checksum.algorithm()) {
                self.push(old);
            }
        }
        self.push(checksum);
    }
}

impl fmt::Display for Checksums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, checksum) in self.iter().enumerate() {
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
        let mut all = Self::none();
        for one in s.split_ascii_whitespace() {
            all.push(one.parse()?);
        }
        if 1 + all.more.len() > Self::MAX { Err(InvalidChecksum(s.to_owned())) } else { Ok(all) }
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
