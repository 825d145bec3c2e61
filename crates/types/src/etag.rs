//! Entity tags (RFC 9110, section 8.8.3).

use std::{fmt, str::FromStr};

/// An entity tag. Nodes carry strong ones only: the desktop client does not strip
/// `W/` and would see a change at every look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag {
    tag: Box<str>,
    weak: bool,
}

/// A text that is no entity tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is not an entity tag")]
pub struct InvalidETag(pub String);

impl ETag {
    /// A strong tag around `opaque`, which comes without quotes.
    ///
    /// # Errors
    /// When a character is not allowed in a tag (quotes, blanks, controls).
    pub fn strong(opaque: impl Into<String>) -> Result<Self, InvalidETag> {
        Self::build(opaque.into(), false)
    }

    /// A strong tag from an epoch and a revision: the form that nodes carry.
    #[must_use]
    pub fn of_revision(epoch: crate::Epoch, revision: crate::Revision) -> Self {
        Self { tag: format!("{:x}-{:x}", epoch.0, revision.0).into(), weak: false }
    }

    fn build(tag: String, weak: bool) -> Result<Self, InvalidETag> {
        let allowed = |b: u8| b == 0x21 || (0x23..=0x7e).contains(&b) || b >= 0x80;
        if tag.bytes().all(allowed) {
            Ok(Self { tag: tag.into(), weak })
        } else {
            Err(InvalidETag(tag))
        }
    }

    /// The text between the quotes.
    #[must_use]
    pub fn opaque(&self) -> &str {
        &self.tag
    }

    /// Whether the tag is weak (`W/"…"`).
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.weak
    }

    /// Strong comparison: both are strong and equal (`If-Match`, `If-Range`).
    #[must_use]
    pub fn strong_eq(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.tag == other.tag
    }

    /// Weak comparison: the opaque parts are equal (`If-None-Match`).
    #[must_use]
    pub fn weak_eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\"{}\"", if self.weak { "W/" } else { "" }, self.tag)
    }
}

impl FromStr for ETag {
    type Err = InvalidETag;
    fn from_str(s: &str) -> Result<Self, InvalidETag> {
        let bad = || InvalidETag(s.to_owned());
        let (weak, quoted) = s.strip_prefix("W/").map_or((false, s), |rest| (true, rest));
        let inner = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).ok_or_else(bad)?;
        Self::build(inner.to_owned(), weak).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Epoch, Revision};

    #[test]
    fn tags_read_back_and_compare() {
        let strong: ETag = "\"a\"".parse().unwrap();
        let weak: ETag = "W/\"a\"".parse().unwrap();
        assert_eq!(weak.to_string(), "W/\"a\"");
        assert!(strong.weak_eq(&weak) && !strong.strong_eq(&weak) && strong.strong_eq(&strong));
        for bad in ["a", "\"a", "w/\"a\"", "\"a\"b\"", "\"a b\"", ""] {
            assert!(bad.parse::<ETag>().is_err(), "{bad}");
        }
    }

    #[test]
    fn another_epoch_is_another_tag() {
        let tag = |e, r| ETag::of_revision(Epoch(e), Revision(r));
        assert_ne!(tag(1, 17), tag(2, 17));
        assert_ne!(tag(1, 0x11), tag(0x11, 1));
    }
}
