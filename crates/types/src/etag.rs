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

    /// The tag of a node: its space's epoch, its own id and its revision.
    ///
    /// The id is a part of it because one commit may give many nodes the same revision,
    /// and one of them may later be moved to the path of another.
    #[must_use]
    pub fn of_node(epoch: crate::Epoch, id: crate::NodeId, revision: crate::Revision) -> Self {
        // As long as the text, which is then not copied again.
        let lengths = [epoch.0, id.0, revision.0].map(hex_digits);
        let mut digits = String::with_capacity(2 + lengths.iter().sum::<u32>() as usize);
        push_hex(&mut digits, epoch.0);
        digits.push('-');
        push_hex(&mut digits, id.0);
        digits.push('-');
        push_hex(&mut digits, revision.0);
        Self { tag: digits.into(), weak: false }
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

const fn hex_digits(number: i64) -> u32 {
    let bits = 64 - number.leading_zeros();
    if bits == 0 { 1 } else { bits.div_ceil(4) }
}

/// Without the machinery of `format!`, which is felt in listings: each entry has a tag.
fn push_hex(out: &mut String, number: i64) {
    for place in (0..hex_digits(number)).rev() {
        let digit = (number.cast_unsigned() >> (4 * place)) & 0xf;
        out.push(char::from(b"0123456789abcdef"[digit as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Epoch, NodeId, Revision};

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
    fn numbers_of_node_tags_are_hexadecimal() {
        for number in [0, 1, 9, 10, 15, 16, 255, 256, 0x0123_4567_89ab_cdef, i64::MAX, -1] {
            let mut text = String::new();
            push_hex(&mut text, number);
            assert_eq!(text, format!("{number:x}"));
        }
    }

    #[test]
    fn each_part_of_a_node_tag_counts() {
        let tag = |e, n, r| ETag::of_node(Epoch(e), NodeId(n), Revision(r));
        assert_eq!(tag(1, 255, 17).to_string(), "\"1-ff-11\"");
        assert_ne!(tag(1, 2, 17), tag(2, 2, 17));
        assert_ne!(tag(1, 2, 17), tag(1, 3, 17));
        assert_ne!(tag(1, 2, 17), tag(1, 2, 18));
    }
}
