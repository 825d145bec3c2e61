//! XML as WebDAV uses it: a reader with limits, a tree for small bodies and a writer
//! straight into a buffer.
//!
//! The reader refuses what a WebDAV body never needs and attackers do: document types,
//! entities of one's own, depth without end. The library that splits the text into tags
//! is an implementation detail and appears in no signature.

mod element;
mod error;
mod escape;
mod parser;
mod tag;
mod writer;

pub use element::{Attribute, Content, Element};
pub use error::{XmlError, XmlErrorKind};
pub(crate) use parser::{Parser, Token, decode};
pub use tag::{Label, Tag};
pub use writer::XmlWriter;

/// How much a reader accepts. The defaults suit the body of a request.
///
/// ```
/// use allmende_webdav_proto::XmlLimits;
///
/// let mut limits = XmlLimits::default();
/// limits.max_bytes = 64 << 20; // a client that reads a long listing
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct XmlLimits {
    /// Bytes of the document: 1 MiB.
    pub max_bytes: usize,
    /// Elements inside each other: 32.
    pub max_depth: usize,
    /// Attributes of one element, namespace declarations included: 64.
    pub max_attributes: usize,
    /// Elements and attributes that are held in memory at once: 50,000. A listing that
    /// is read response by response counts each response by itself.
    pub max_nodes: usize,
}

impl Default for XmlLimits {
    fn default() -> Self {
        Self { max_bytes: 1 << 20, max_depth: 32, max_attributes: 64, max_nodes: 50_000 }
    }
}

/// `Char` of XML 1.0: what a document may hold at all.
pub(crate) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
