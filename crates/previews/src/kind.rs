//! What pictures are made of.

use crate::DecodeLimits;

/// What a file holds, as far as its media type tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An image. Of which sort, its first bytes decide.
    Image,
    /// Plain text.
    Text,
    /// Text with headings in the way of Markdown.
    Markdown,
}

impl Kind {
    /// How much of a text is looked at, in bytes: about as much as the original reads, and
    /// more than has room in a picture.
    pub const TEXT: u64 = 4096;

    /// What files of a media type hold; none for those of which no pictures are made.
    ///
    /// ```
    /// use allmende_previews::Kind;
    ///
    /// assert_eq!(Kind::of("image/jpeg"), Some(Kind::Image));
    /// assert_eq!(Kind::of("text/markdown"), Some(Kind::Markdown));
    /// assert_eq!(Kind::of("image/svg+xml"), None);
    /// ```
    #[must_use]
    pub fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/bmp"
            | "image/x-ms-bmp" => Some(Self::Image),
            "text/plain" => Some(Self::Text),
            "text/markdown" | "text/x-markdown" => Some(Self::Markdown),
            _ => None,
        }
    }

    /// How much of a file of so many bytes has to be read: the beginning of a text, and all of
    /// an image. None of an image over the limits.
    #[must_use]
    pub fn needed(self, size: u64, limits: &DecodeLimits) -> Option<u64> {
        match self {
            Self::Image => (size <= limits.bytes).then_some(size),
            Self::Text | Self::Markdown => Some(size.min(Self::TEXT)),
        }
    }
}
