use std::fmt;

/// Why a text was refused as XML. All of them are the sender's fault (400).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlError {
    kind: XmlErrorKind,
    position: usize,
    detail: String,
}

/// The sorts of [`XmlError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum XmlErrorKind {
    /// Not well-formed.
    Malformed,
    /// There is no element at all.
    Empty,
    /// More bytes than [`max_bytes`](super::XmlLimits::max_bytes).
    TooLarge,
    /// Deeper than [`max_depth`](super::XmlLimits::max_depth).
    TooDeep,
    /// More attributes than [`max_attributes`](super::XmlLimits::max_attributes).
    TooManyAttributes,
    /// More nodes than [`max_nodes`](super::XmlLimits::max_nodes).
    TooManyNodes,
    /// A document type, which could hold entities.
    Doctype,
    /// An entity other than the five that XML predefines.
    Entity,
    /// Neither UTF-8 nor UTF-16 with a byte order mark.
    Encoding,
    /// A prefix that is not declared, or a declaration that XML forbids.
    Namespace,
}

impl XmlError {
    pub(crate) fn new(kind: XmlErrorKind, position: usize, detail: impl Into<String>) -> Self {
        Self { kind, position, detail: detail.into() }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> XmlErrorKind {
        self.kind
    }

    /// The byte of the document (as UTF-8) near which it was noticed.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            XmlErrorKind::Malformed => "the XML is not well-formed",
            XmlErrorKind::Empty => "the document holds no element",
            XmlErrorKind::TooLarge => "the document is too large",
            XmlErrorKind::TooDeep => "the elements are nested too deeply",
            XmlErrorKind::TooManyAttributes => "an element has too many attributes",
            XmlErrorKind::TooManyNodes => "the document has too many elements",
            XmlErrorKind::Doctype => "a document type is not accepted",
            XmlErrorKind::Entity => "the entity is not known",
            XmlErrorKind::Encoding => "the encoding is not UTF-8",
            XmlErrorKind::Namespace => "a namespace is missing or wrongly declared",
        };
        write!(f, "{what} (near byte {})", self.position)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

impl std::error::Error for XmlError {}
