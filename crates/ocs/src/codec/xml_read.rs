//! XML into untyped values, under limits.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::names::{self, ATTRIBUTES, ELEMENT};
use super::{MAX_DEPTH, MAX_DOCUMENT_BYTES};
use crate::{DecodeError, Value};

/// Most attributes of one element that are read; more are refused.
const MAX_ATTRIBUTES: usize = 64;

/// Reads a document whose root element is `root` and returns the root's content.
///
/// An element whose children are all called `element` is a list, one with other children a map,
/// one with text a text, and a self-closing one `Null`. Attributes are an
/// entry `@attributes` of the map; beside text or a list they are passed over, as comments are.
/// A document type declaration is refused, and with it every entity of its own.
pub(crate) fn read(document: &[u8], root: &str) -> Result<Value, DecodeError> {
    if document.len() > MAX_DOCUMENT_BYTES {
        return Err(DecodeError::new(format!("more than {MAX_DOCUMENT_BYTES} bytes")));
    }
    let text = std::str::from_utf8(document)
        .map_err(|error| DecodeError::new(format!("not UTF-8: {error}")))?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut result = None;
    loop {
        let event = reader.read_event().map_err(|error| DecodeError::new(error.to_string()))?;
        let done = match event {
            Event::Start(start) => {
                if open.len() == MAX_DEPTH {
                    return Err(DecodeError::new(format!("nested more than {MAX_DEPTH} deep")));
                }
                open.push(Open::new(&start)?);
                None
            }
            Event::Empty(start) => Some(Open::new(&start)?.finish_empty()),
            Event::End(_) => open.pop().map(Open::finish),
            Event::Text(text) => {
                append(&mut open, &text.xml10_content())?;
                None
            }
            Event::CData(text) => {
                append(&mut open, &text.xml10_content())?;
                None
            }
            Event::GeneralRef(reference) => {
                let ch = match reference.resolve_char_ref() {
                    Ok(Some(ch)) => ch,
                    Ok(None) => predefined(&reference)?,
                    Err(error) => return Err(DecodeError::new(error.to_string())),
                };
                append(&mut open, ch.encode_utf8(&mut [0; 4]))?;
                None
            }
            Event::DocType(_) => return Err(DecodeError::new("a document type declaration")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
            Event::Eof => break,
        };
        let Some((name, value)) = done else { continue };
        match open.last_mut() {
            Some(parent) => parent.children.push((name, value)),
            None if result.is_some() => return Err(DecodeError::new("a second root element")),
            None if name == root => result = Some(value),
            None => return Err(DecodeError::new(format!("the root is <{name}>, not <{root}>"))),
        }
    }
    if !open.is_empty() {
        return Err(DecodeError::new("the document ends inside an element"));
    }
    result.ok_or_else(|| DecodeError::new("no root element"))
}

/// An element that has begun.
struct Open {
    name: String,
    text: String,
    attributes: Vec<(String, Value)>,
    children: Vec<(String, Value)>,
}

impl Open {
    fn new(start: &BytesStart<'_>) -> Result<Self, DecodeError> {
        // One more than are allowed, so that too many are told from just as many. The reader
        // compares each with all before, which the limit keeps cheap.
        let attributes = start.attributes().take(MAX_ATTRIBUTES + 1);
        let attributes = attributes.map(|attribute| {
            let attribute = attribute.map_err(|error| DecodeError::new(error.to_string()))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| DecodeError::new(error.to_string()))?;
            let name = names::decode(attribute.key.into_inner());
            Ok((name, Value::Text(value.into_owned())))
        });
        let attributes = attributes.collect::<Result<Vec<_>, DecodeError>>()?;
        if attributes.len() > MAX_ATTRIBUTES {
            return Err(DecodeError::new(format!("more than {MAX_ATTRIBUTES} attributes")));
        }
        Ok(Self {
            name: start.name().into_inner().to_owned(),
            text: String::new(),
            attributes,
            children: Vec::new(),
        })
    }

    fn finish_empty(self) -> (String, Value) {
        if self.attributes.is_empty() {
            return (self.name, Value::Null);
        }
        let attributes = (ATTRIBUTES.to_owned(), Value::Map(self.attributes));
        (self.name, Value::Map(vec![attributes]))
    }

    fn finish(self) -> (String, Value) {
        let value = if self.children.is_empty() {
            Value::Text(self.text)
        } else if self.children.iter().all(|(name, _)| name == ELEMENT) {
            self.children.into_iter().map(|(_, value)| value).collect()
        } else {
            let children = self.children.into_iter();
            let children = children.map(|(name, value)| (names::decode(&name), value));
            let attributes = (!self.attributes.is_empty())
                .then(|| (ATTRIBUTES.to_owned(), Value::Map(self.attributes)));
            attributes.into_iter().chain(children).collect()
        };
        (self.name, value)
    }
}

fn append(open: &mut [Open], text: &str) -> Result<(), DecodeError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(DecodeError::new("text outside the root element")),
    }
    Ok(())
}

fn predefined(entity: &str) -> Result<char, DecodeError> {
    match entity {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(DecodeError::new(format!("the unknown entity &{entity};"))),
    }
}
