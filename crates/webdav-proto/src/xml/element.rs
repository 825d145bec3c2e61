use std::borrow::Cow;

use super::{Parser, Token, XmlError, XmlErrorKind, XmlLimits, XmlWriter};
use crate::name::{Namespace, PropName};

/// An element with everything in it: the body of a small request, or the value of a dead
/// property. Prefixes, comments and processing instructions are not kept; text is, also
/// white space.
///
/// ```
/// use allmende_webdav_proto::{Element, PropName, XmlLimits};
///
/// let body = br#"<x:a xmlns:x="urn:x"><x:b>1</x:b></x:a>"#;
/// let element = Element::parse(body, &XmlLimits::default())?;
/// assert_eq!(element.elements().next().map(|b| b.text().into_owned()), Some("1".to_owned()));
/// let stored = element.to_fragment();
/// assert_eq!(Element::from_fragment(&stored)?, element);
/// # Ok::<(), allmende_webdav_proto::XmlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: PropName,
    /// Its attributes, without namespace declarations.
    pub attributes: Vec<Attribute>,
    /// What stands between its tags, in order.
    pub children: Vec<Content>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name; mostly in [`Namespace::NONE`].
    pub name: PropName,
    /// Its value, unescaped.
    pub value: String,
}

/// A piece of an element's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// An element.
    Element(Element),
    /// Text, unescaped.
    Text(String),
}

/// The namespace of `xml:lang`, bound to the prefix `xml` in every document.
const XML: Namespace = Namespace::from_static("http://www.w3.org/XML/1998/namespace");
pub(crate) static XML_LANG: PropName = PropName::from_static(XML, "lang");

impl Element {
    /// An empty element.
    #[must_use]
    pub fn new(name: PropName) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    /// An element that holds a text.
    #[must_use]
    pub fn with_text(name: PropName, text: impl Into<String>) -> Self {
        Self::new(name).push_text(text)
    }

    /// The element with a child more.
    #[must_use]
    pub fn push(mut self, child: Self) -> Self {
        self.children.push(Content::Element(child));
        self
    }

    /// The element with a text more. Empty text is none, so that what is written reads
    /// back equal.
    #[must_use]
    pub fn push_text(mut self, text: impl Into<String>) -> Self {
        self.append_text(&text.into());
        self
    }

    /// Text beside text is one text, as a reader sees it.
    fn append_text(&mut self, text: &str) {
        match self.children.last_mut() {
            _ if text.is_empty() => {}
            Some(Content::Text(before)) => before.push_str(text),
            _ => self.children.push(Content::Text(text.to_owned())),
        }
    }

    /// Reads a complete document.
    ///
    /// # Errors
    /// When it is not well-formed or exceeds the limits.
    pub fn parse(document: &[u8], limits: &XmlLimits) -> Result<Self, XmlError> {
        let text = super::parser::decode(document, limits)?;
        let mut parser = Parser::new(&text, *limits);
        let root = match parser.next()? {
            Token::Start(root) => parser.subtree(root)?,
            _ => return Err(parser.error(XmlErrorKind::Empty, "")),
        };
        parser.expect_end()?;
        Ok(root)
    }

    /// Reads what [`to_fragment`](Self::to_fragment) wrote. The limits are wide: the text
    /// is one's own, and was within limits when it came in.
    ///
    /// # Errors
    /// When the text is not one well-formed element.
    pub fn from_fragment(fragment: &str) -> Result<Self, XmlError> {
        let limits = XmlLimits {
            max_bytes: usize::MAX,
            max_depth: 256,
            max_attributes: 1024,
            max_nodes: usize::MAX,
        };
        Self::parse(fragment.as_bytes(), &limits)
    }

    /// The element as a text that stands alone: every namespace is declared in it. This
    /// is what a store keeps of a dead property or of a lock's owner.
    #[must_use]
    pub fn to_fragment(&self) -> String {
        let mut writer = XmlWriter::fragment();
        writer.write_element(self);
        // The writer is given `str` only and escapes with ASCII and U+FFFD.
        String::from_utf8(writer.into_bytes()).unwrap_or_default()
    }

    /// The text directly inside, without that of child elements.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let mut texts = self.children.iter().filter_map(|content| match content {
            Content::Text(text) => Some(text.as_str()),
            Content::Element(_) => None,
        });
        let first = texts.next().unwrap_or_default();
        match texts.next() {
            None => Cow::Borrowed(first),
            Some(second) => Cow::Owned([first, second].into_iter().chain(texts).collect()),
        }
    }

    /// The child elements.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        })
    }

    /// The first child of that name.
    #[must_use]
    pub fn child(&self, name: &PropName) -> Option<&Self> {
        self.elements().find(|element| element.name == *name)
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &PropName) -> Option<&str> {
        self.attributes.iter().find(|a| a.name == *name).map(|a| a.value.as_str())
    }

    /// The element's own `xml:lang`.
    #[must_use]
    pub fn language(&self) -> Option<&str> {
        self.attribute(&XML_LANG)
    }

    /// Gives the element the language of its surroundings unless it has its own: the
    /// language in scope belongs to a property's value (RFC 4918, section 4.3).
    pub(crate) fn inherit_language(&mut self, language: Option<&str>) {
        if let Some(language) = language
            && self.language().is_none()
        {
            self.attributes.push(Attribute { name: XML_LANG.clone(), value: language.to_owned() });
        }
    }
}

impl Parser<'_> {
    /// Everything up to the end of `root`, whose start was just read.
    pub(crate) fn subtree(&mut self, root: Element) -> Result<Element, XmlError> {
        let mut open = Vec::new();
        let mut current = root;
        loop {
            match self.next()? {
                Token::Start(child) => open.push(std::mem::replace(&mut current, child)),
                Token::Text(text) => current.append_text(&text),
                Token::End => match open.pop() {
                    Some(parent) => {
                        let child = std::mem::replace(&mut current, parent);
                        current.children.push(Content::Element(child));
                    }
                    None => return Ok(current),
                },
                Token::Eof => return Err(self.error(XmlErrorKind::Malformed, "unexpected end")),
            }
        }
    }
}
