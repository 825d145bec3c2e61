//! From bytes to tags with resolved names, within limits.

use std::borrow::Cow;

use quick_xml::{
    XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesDecl, BytesRef, BytesStart, Event},
    reader::Reader,
};

use super::{
    Attribute, Element, XmlError, XmlErrorKind as Kind, XmlLimits, element::XML_LANG, is_xml_char,
};
use crate::name::{Namespace, PropName};

const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// A step of the reader.
#[derive(Debug)]
pub(crate) enum Token {
    /// A start tag: the element with its attributes and no content yet.
    Start(Element),
    /// A piece of text; neighbours may belong together.
    Text(String),
    /// The end tag that belongs to the last open start tag.
    End,
    /// The end of a complete document.
    Eof,
}

/// Reads a document step by step.
pub(crate) struct Parser<'a> {
    reader: Reader<&'a [u8]>,
    limits: XmlLimits,
    /// Prefixes in scope: the depth of the declaring element, prefix, namespace.
    bindings: Vec<(usize, Box<str>, Namespace)>,
    depth: usize,
    nodes: usize,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Start,
    Prolog,
    Root,
    Epilog,
}

/// The document as text: UTF-8, or UTF-16 if it says so with a byte order mark
/// (XML 1.0, section 4.3.3).
pub(crate) fn decode<'a>(bytes: &'a [u8], limits: &XmlLimits) -> Result<Cow<'a, str>, XmlError> {
    if bytes.len() > limits.max_bytes {
        let detail = format!("at most {} bytes", limits.max_bytes);
        return Err(XmlError::new(Kind::TooLarge, limits.max_bytes, detail));
    }
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => Cow::Owned(decode_utf16(rest, u16::from_be_bytes)?),
        [0xff, 0xfe, rest @ ..] => Cow::Owned(decode_utf16(rest, u16::from_le_bytes)?),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(decode_utf8(rest)?),
        _ => Cow::Borrowed(decode_utf8(bytes)?),
    };
    match text.char_indices().find(|(_, c)| !is_xml_char(*c)) {
        None => Ok(text),
        Some((at, c)) => Err(XmlError::new(Kind::Malformed, at, format!("character {c:?}"))),
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<&str, XmlError> {
    std::str::from_utf8(bytes).map_err(|e| XmlError::new(Kind::Encoding, e.valid_up_to(), ""))
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, XmlError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let bad = || XmlError::new(Kind::Encoding, 0, "broken UTF-16");
    if !rest.is_empty() {
        return Err(bad());
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map_err(|_| bad())
}

impl<'a> Parser<'a> {
    /// A reader over a text that [`decode`] returned.
    pub(crate) fn new(text: &'a str, limits: XmlLimits) -> Self {
        let mut reader = Reader::from_reader(text.as_bytes());
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        Self { reader, limits, bindings: Vec::new(), depth: 0, nodes: 0, stage: Stage::Start }
    }

    /// An error at the present place.
    pub(crate) fn error(&self, kind: Kind, detail: impl Into<String>) -> XmlError {
        let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        XmlError::new(kind, position, detail)
    }

    /// Starts to count the nodes anew: what was read has been handed on.
    pub(crate) fn forget_nodes(&mut self) {
        self.nodes = 0;
    }

    /// The next step.
    pub(crate) fn next(&mut self) -> Result<Token, XmlError> {
        loop {
            let event = self
                .reader
                .read_event()
                .map_err(|error| self.error(Kind::Malformed, error.to_string()))?;
            let first = self.stage == Stage::Start;
            if first {
                self.stage = Stage::Prolog;
            }
            match event {
                Event::Start(tag) | Event::Empty(tag) => return self.start(&tag).map(Token::Start),
                Event::End(_) => {
                    self.leave();
                    return Ok(Token::End);
                }
                Event::Text(text) => {
                    if self.stage == Stage::Root {
                        if text.contains("]]>") {
                            return Err(self.error(Kind::Malformed, "`]]>` in text"));
                        }
                        return Ok(Token::Text(text.xml10_content().into_owned()));
                    }
                    if !text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
                        return Err(self.error(Kind::Malformed, "text outside the root"));
                    }
                }
                Event::CData(text) if self.stage == Stage::Root => {
                    return Ok(Token::Text(text.xml10_content().into_owned()));
                }
                Event::GeneralRef(entity) if self.stage == Stage::Root => {
                    return self.entity(&entity).map(Token::Text);
                }
                Event::CData(_) | Event::GeneralRef(_) => {
                    return Err(self.error(Kind::Malformed, "text outside the root"));
                }
                Event::Decl(declaration) if first => self.declaration(&declaration)?,
                Event::Decl(_) => {
                    return Err(self.error(Kind::Malformed, "a misplaced declaration"));
                }
                Event::DocType(_) => return Err(self.error(Kind::Doctype, "")),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => {
                    return match self.stage {
                        Stage::Epilog => Ok(Token::Eof),
                        Stage::Root => Err(self.error(Kind::Malformed, "unexpected end")),
                        Stage::Start | Stage::Prolog => Err(self.error(Kind::Empty, "")),
                    };
                }
            }
        }
    }

    /// Checks that nothing but white space and comments follows.
    pub(crate) fn expect_end(&mut self) -> Result<(), XmlError> {
        match self.next()? {
            Token::Eof => Ok(()),
            _ => Err(self.error(Kind::Malformed, "content behind the root")),
        }
    }

    fn declaration(&self, declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
        let malformed = |detail: &str| self.error(Kind::Malformed, detail);
        let version = declaration.version().map_err(|e| malformed(&e.to_string()))?;
        if !version.starts_with("1.") {
            return Err(malformed("an unknown version"));
        }
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(name)) if is_unicode(&name) => Ok(()),
            Some(Ok(name)) => Err(self.error(Kind::Encoding, name)),
            Some(Err(error)) => Err(malformed(&error.to_string())),
        }
    }

    fn entity(&self, entity: &BytesRef<'_>) -> Result<String, XmlError> {
        if !entity.is_char_ref() {
            return match resolve_predefined_entity(entity) {
                Some(text) => Ok(text.to_owned()),
                None => Err(self.error(Kind::Entity, entity.chars().take(32).collect::<String>())),
            };
        }
        match entity.resolve_char_ref() {
            Ok(Some(c)) if is_xml_char(c) => Ok(c.to_string()),
            _ => Err(self.error(Kind::Malformed, "a reference to no character")),
        }
    }

    fn leave(&mut self) {
        while self.bindings.last().is_some_and(|(depth, ..)| *depth == self.depth) {
            self.bindings.pop();
        }
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.stage = Stage::Epilog;
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<Element, XmlError> {
        match self.stage {
            Stage::Epilog => return Err(self.error(Kind::Malformed, "a second root")),
            _ => self.stage = Stage::Root,
        }
        self.depth += 1;
        if self.depth > self.limits.max_depth {
            return Err(self.error(Kind::TooDeep, ""));
        }
        let plain = self.split_attributes(tag)?;
        self.nodes += 1 + plain.len();
        if self.nodes > self.limits.max_nodes {
            return Err(self.error(Kind::TooManyNodes, ""));
        }
        let mut element = Element::new(self.resolve(tag.name().as_ref(), Default::Applies)?);
        for (key, value) in plain {
            let name = self.resolve(&key, Default::Ignored)?;
            if element.attribute(&name).is_some() {
                return Err(self.error(Kind::Malformed, format!("attribute {name} twice")));
            }
            element.attributes.push(Attribute { name, value });
        }
        Ok(element)
    }

    /// Takes up the namespace declarations of a tag and returns its other attributes.
    fn split_attributes(
        &mut self,
        tag: &BytesStart<'_>,
    ) -> Result<Vec<(String, String)>, XmlError> {
        let mut plain = Vec::new();
        for (count, attribute) in tag.attributes().enumerate() {
            if count >= self.limits.max_attributes {
                return Err(self.error(Kind::TooManyAttributes, ""));
            }
            let attribute =
                attribute.map_err(|error| self.error(Kind::Malformed, error.to_string()))?;
            if attribute.value.contains('<') {
                return Err(self.error(Kind::Malformed, "`<` in an attribute"));
            }
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|error| self.error(Kind::Entity, error.to_string()))?;
            if !value.chars().all(is_xml_char) {
                return Err(self.error(Kind::Malformed, "a reference to no character"));
            }
            let key: &str = attribute.key.as_ref();
            match key.split_once(':') {
                None if key == "xmlns" => self.bind("", &value)?,
                Some(("xmlns", prefix)) => self.bind(prefix, &value)?,
                _ => plain.push((key.to_owned(), value.into_owned())),
            }
        }
        Ok(plain)
    }

    fn bind(&mut self, prefix: &str, uri: &str) -> Result<(), XmlError> {
        let xml = XML_LANG.namespace().as_str();
        let forbidden = prefix == "xmlns"
            || uri == XMLNS
            || (prefix == "xml") != (uri == xml)
            || (uri.is_empty() && !prefix.is_empty());
        if forbidden {
            return Err(self.error(Kind::Namespace, format!("prefix {prefix:?} for {uri:?}")));
        }
        // The same few namespaces come again in every element: share their text.
        let known = self.bindings.iter().find(|(.., known)| known.as_str() == uri);
        let namespace = known.map_or_else(|| Namespace::new(uri), |(.., known)| known.clone());
        self.bindings.push((self.depth, prefix.into(), namespace));
        Ok(())
    }

    fn resolve(&self, name: &str, default: Default) -> Result<PropName, XmlError> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = match (prefix, default) {
            ("", Default::Ignored) => Namespace::NONE,
            ("xml", _) => XML_LANG.namespace().clone(),
            _ => match self.bindings.iter().rev().find(|(_, bound, _)| **bound == *prefix) {
                Some((.., namespace)) => namespace.clone(),
                None if prefix.is_empty() && !name.starts_with(':') => Namespace::NONE,
                None => {
                    let prefix: String = prefix.chars().take(32).collect();
                    return Err(self.error(Kind::Namespace, format!("prefix {prefix:?}")));
                }
            },
        };
        PropName::new(namespace, local)
            .map_err(|invalid| self.error(Kind::Malformed, invalid.to_string()))
    }
}

/// Whether the default namespace applies: to elements it does, to attributes not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Default {
    Applies,
    Ignored,
}

fn is_unicode(encoding: &str) -> bool {
    ["utf-8", "utf8", "us-ascii", "utf-16", "utf-16le", "utf-16be"]
        .iter()
        .any(|known| encoding.eq_ignore_ascii_case(known))
}
