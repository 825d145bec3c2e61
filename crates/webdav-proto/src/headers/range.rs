use std::fmt;

use http::HeaderMap;

use super::{HeaderError, list};

/// The `Range` header in bytes (RFC 9110, section 14.2).
///
/// A header that is not understood is ignored and the whole content sent, so reading
/// gives `None` rather than an error. `bytes= 0-4` is junk too: the original reads it so.
///
/// ```
/// use allmende_webdav_proto::headers::{ByteRanges, ByteSpan, ResolvedRange};
///
/// let ranges = ByteRanges::parse("bytes=5-").ok_or("junk")?;
/// assert_eq!(ranges.resolve(12), ResolvedRange::Partial(vec![ByteSpan { start: 5, end: 12 }]));
/// assert_eq!(ranges.resolve(5), ResolvedRange::Unsatisfiable);
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByteRanges(Vec<RangeSpec>);

/// One wish of a [`ByteRanges`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeSpec {
    /// `2-4`, `2-`: from one byte to another, both included, or to the end.
    From {
        /// The first byte.
        first: u64,
        /// The last byte. Before the first, the range holds nothing: the original answers 416
        /// to `bytes=5-4` where RFC 9110 would let it be ignored.
        last: Option<u64>,
    },
    /// `-4`: so many bytes at the end.
    Suffix(u64),
}

/// Bytes of a content: `start` included, `end` not. Never empty when it was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::len_without_is_empty, reason = "a span that was resolved is never empty")]
pub struct ByteSpan {
    /// The first byte.
    pub start: u64,
    /// The byte behind the last one.
    pub end: u64,
}

impl ByteSpan {
    /// How many bytes.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// What to send for a [`ByteRanges`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolvedRange {
    /// Everything, with status 200.
    Whole,
    /// These parts, with status 206: at least one, none empty, none overlapping.
    Partial(Vec<ByteSpan>),
    /// Nothing of it exists: status 416.
    Unsatisfiable,
}

impl ByteRanges {
    const MAX_RANGES: usize = 100;

    /// Ranges that a client wants.
    ///
    /// `None` for an empty list or more than 100 ranges.
    #[must_use]
    pub fn new(ranges: Vec<RangeSpec>) -> Option<Self> {
        (1..=Self::MAX_RANGES).contains(&ranges.len()).then_some(Self(ranges))
    }

    /// Reads a value; `None` means that the header is to be ignored.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (unit, set) = value.trim().split_once('=')?;
        if !unit.eq_ignore_ascii_case("bytes") || set.starts_with([' ', '\t']) {
            return None;
        }
        let items = set.split(',').map(|item| item.trim_matches([' ', '\t']));
        let mut ranges = Vec::new();
        for item in items.filter(|item| !item.is_empty()) {
            if ranges.len() == Self::MAX_RANGES {
                return None;
            }
            ranges.push(RangeSpec::parse(item)?);
        }
        Self::new(ranges)
    }

    /// Reads the header of a request; `None` if it is not there or to be ignored.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value: Result<_, HeaderError> = list(headers, "Range");
        Self::parse(&value.ok().flatten()?)
    }

    /// The wishes as they were sent.
    #[must_use]
    pub fn specs(&self) -> &[RangeSpec] {
        &self.0
    }

    /// Applies the ranges to a content of `size` bytes.
    ///
    /// Ranges outside it are dropped; if none is left the whole is unsatisfiable. The
    /// order of the request is kept, unless ranges overlap or touch: then they are sorted
    /// and joined, so that no request makes a server send a byte twice (RFC 9110, section
    /// 14.2). An empty content has no ranges and is sent whole, as the original does.
    #[must_use]
    pub fn resolve(&self, size: u64) -> ResolvedRange {
        if size == 0 {
            return ResolvedRange::Whole;
        }
        let spans: Vec<ByteSpan> = self.0.iter().filter_map(|range| range.span(size)).collect();
        if spans.is_empty() {
            return ResolvedRange::Unsatisfiable;
        }
        let mut sorted = spans.clone();
        sorted.sort_unstable();
        let mut joined: Vec<ByteSpan> = Vec::with_capacity(sorted.len());
        for span in sorted {
            match joined.last_mut() {
                Some(before) if span.start <= before.end => before.end = before.end.max(span.end),
                _ => joined.push(span),
            }
        }
        ResolvedRange::Partial(if joined.len() == spans.len() { spans } else { joined })
    }
}

impl RangeSpec {
    fn parse(item: &str) -> Option<Self> {
        let (first, last) = item.split_once('-')?;
        match (first.is_empty(), last.is_empty()) {
            (true, _) => number(last).map(Self::Suffix),
            (false, true) => number(first).map(|first| Self::From { first, last: None }),
            (false, false) => Some(Self::From { first: number(first)?, last: Some(number(last)?) }),
        }
    }

    fn span(self, size: u64) -> Option<ByteSpan> {
        let (start, end) = match self {
            Self::From { first, last } => {
                (first, last.map_or(size, |last| last.saturating_add(1).min(size)))
            }
            Self::Suffix(len) => (size.saturating_sub(len), size),
        };
        (start < end).then_some(ByteSpan { start, end })
    }
}

/// Digits as a number; one that is too large to hold stands for the largest.
fn number(digits: &str) -> Option<u64> {
    let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    valid.then(|| digits.parse().unwrap_or(u64::MAX))
}

impl fmt::Display for ByteRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes=")?;
        for (at, range) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "," })?;
            match range {
                RangeSpec::From { first, last: Some(last) } => write!(f, "{first}-{last}")?,
                RangeSpec::From { first, last: None } => write!(f, "{first}-")?,
                RangeSpec::Suffix(len) => write!(f, "-{len}")?,
            }
        }
        Ok(())
    }
}

/// The `Content-Range` header (RFC 9110, section 14.4).
///
/// ```
/// use allmende_webdav_proto::headers::{ByteSpan, ContentRange};
///
/// let span = ByteSpan { start: 2, end: 5 };
/// assert_eq!(ContentRange::Span { span, size: Some(12) }.to_string(), "bytes 2-4/12");
/// assert_eq!(ContentRange::Unsatisfied { size: 12 }.to_string(), "bytes */12");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentRange {
    /// Of a 206: which bytes the body holds.
    Span {
        /// The bytes; never empty when it was read.
        span: ByteSpan,
        /// The size of the whole, if known.
        size: Option<u64>,
    },
    /// Of a 416: how large the content is.
    Unsatisfied {
        /// The size of the whole.
        size: u64,
    },
}

impl ContentRange {
    /// Reads a value.
    ///
    /// # Errors
    /// When it is not in bytes or contradicts itself.
    pub fn parse(value: &str) -> Result<Self, HeaderError> {
        Self::read(value).ok_or(HeaderError::new("Content-Range", "not a range of bytes"))
    }

    fn read(value: &str) -> Option<Self> {
        let (unit, rest) = value.trim().split_once(' ')?;
        let (range, size) = rest.trim().split_once('/')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        if range == "*" {
            return exact(size).map(|size| Self::Unsatisfied { size });
        }
        let (first, last) = range.split_once('-')?;
        let span = ByteSpan { start: exact(first)?, end: exact(last)?.checked_add(1)? };
        let size = if size == "*" { None } else { Some(exact(size)?) };
        let sound = span.start < span.end && size.is_none_or(|size| span.end <= size);
        sound.then_some(Self::Span { span, size })
    }
}

/// Digits as a number that can be held: to cut a position off would tell a lie.
fn exact(digits: &str) -> Option<u64> {
    number(digits).and_then(|_| digits.parse().ok())
}

impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsatisfied { size } => write!(f, "bytes */{size}"),
            Self::Span { span, size } => {
                write!(f, "bytes {}-{}/", span.start, span.end.saturating_sub(1))?;
                match size {
                    Some(size) => write!(f, "{size}"),
                    None => f.write_str("*"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resolved(value: &str, size: u64) -> String {
        match ByteRanges::parse(value).map(|ranges| ranges.resolve(size)) {
            None => "ignored".to_owned(),
            Some(ResolvedRange::Whole) => "whole".to_owned(),
            Some(ResolvedRange::Unsatisfiable) => "416".to_owned(),
            Some(ResolvedRange::Partial(spans)) => {
                let texts = spans.iter().map(|s| format!("{}..{}", s.start, s.end));
                texts.collect::<Vec<_>>().join(" ")
            }
        }
    }

    #[test]
    fn literal_results() {
        for (value, expected) in [
            ("bytes=0-4", "0..5"),
            ("bytes=5-", "5..20"),
            ("bytes=-4", "16..20"),
            ("bytes=-40", "0..20"),
            ("bytes=0-0", "0..1"),
            ("bytes=19-99", "19..20"),
            ("bytes=20-", "416"),
            ("bytes=-0", "416"),
            ("bytes=30-40,-0", "416"),
            ("bytes=10-11, 0-1", "10..12 0..2"),
            ("bytes=10-11,0-10", "0..12"),
            ("bytes=0-1,2-3", "0..4"),
            ("bytes=0-1,,", "0..2"),
            ("BYTES=0-1", "0..2"),
            ("bytes=99999999999999999999-", "416"),
            ("bytes=0-99999999999999999999", "0..20"),
            ("bytes= 0-4", "ignored"),
            ("bytes=4-0", "416"),
            ("bytes=a-b", "ignored"),
            ("bytes=+1-2", "ignored"),
            ("bytes=0-1,junk", "ignored"),
            ("bytes=-", "ignored"),
            ("bytes=", "ignored"),
            ("lines=0-4", "ignored"),
            ("0-4", "ignored"),
        ] {
            assert_eq!(resolved(value, 20), expected, "{value}");
        }
        assert_eq!(resolved("bytes=0-", 0), "whole");
        assert_eq!(resolved(&format!("bytes={}", "0-0,".repeat(100)), 9), "0..1");
        assert_eq!(resolved(&format!("bytes={}", "0-0,".repeat(101)), 9), "ignored");
    }

    #[test]
    fn content_ranges() {
        for text in ["bytes 0-4/12", "bytes 0-0/*", "bytes */0"] {
            assert_eq!(ContentRange::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "bytes 4-0/12", "bytes 0-12/12", "lines 0-1/2", "bytes 0-1", "bytes */*"] {
            assert!(ContentRange::parse(bad).is_err(), "{bad}");
        }
        let huge = format!("bytes 0-{}/*", u64::MAX);
        assert!(ContentRange::parse(&huge).is_err());
    }

    fn specs() -> impl Strategy<Value = Vec<RangeSpec>> {
        let spec = prop_oneof![
            (0u64..64, 0u64..64)
                .prop_map(|(first, more)| RangeSpec::From { first, last: Some(first + more) }),
            (0u64..64).prop_map(|first| RangeSpec::From { first, last: None }),
            (0u64..64).prop_map(RangeSpec::Suffix),
        ];
        proptest::collection::vec(spec, 1..8)
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(specs in specs()) {
            let ranges = ByteRanges::new(specs).unwrap();
            prop_assert_eq!(ByteRanges::parse(&ranges.to_string()), Some(ranges));
        }

        /// Exactly the bytes asked for, each once.
        #[test]
        fn every_byte_asked_for_is_sent_once(specs in specs(), size in 1u64..64) {
            let wanted = |at: u64| specs.iter().any(|spec| match *spec {
                RangeSpec::From { first, last } => first <= at && last.is_none_or(|l| at <= l),
                RangeSpec::Suffix(len) => at + len >= size,
            });
            let spans = match ByteRanges::new(specs.clone()).unwrap().resolve(size) {
                ResolvedRange::Partial(spans) => spans,
                ResolvedRange::Unsatisfiable => Vec::new(),
                ResolvedRange::Whole => panic!("only an empty content is sent whole"),
            };
            for at in 0..size {
                let sent = spans.iter().filter(|s| s.start <= at && at < s.end).count();
                prop_assert_eq!(sent, usize::from(wanted(at)), "byte {}", at);
            }
            prop_assert!(spans.iter().all(|s| s.len() > 0 && s.end <= size));
        }

        #[test]
        fn content_ranges_read_back(start in 0u64..1000, len in 1u64..1000, more in 0u64..9) {
            let span = ByteSpan { start, end: start + len };
            let range = ContentRange::Span { span, size: Some(span.end + more) };
            prop_assert_eq!(ContentRange::parse(&range.to_string()), Ok(range));
        }

        #[test]
        fn nothing_that_is_sent_panics(text: String, size: u64) {
            let _ = ByteRanges::parse(&format!("bytes={text}")).map(|r| r.resolve(size));
            let _ = ContentRange::parse(&text);
        }
    }
}
