use std::fmt;

use allmende_types::{ETag, Timestamp};

use super::{
    Content, Element,
    element::XML_LANG,
    escape::{Place, escape_into},
    tag::Label,
};
use crate::name::{Namespace, PropName};

/// Writes XML straight into a buffer: compact, without an event model in between.
///
/// Prefixes are fixed, because some clients compare them letter by letter: `d`, `s`,
/// `oc` and `nc` are declared once on the [`root`](Self::root); any other namespace gets
/// `x1`, `x2` … in the order of first use, declared on each element that needs it.
///
/// The tags always fit: an element is written by a closure and closed behind it.
///
/// ```
/// use allmende_webdav_proto::{PropName, XmlWriter};
///
/// let mut xml = XmlWriter::new();
/// xml.root(&PropName::dav("prop"), |xml| {
///     xml.text_element(&PropName::dav("getetag"), "\"1-2\"");
///     xml.empty(&PropName::ocs("share-permissions"));
/// });
/// let text = String::from_utf8(xml.into_bytes())?;
/// assert!(text.ends_with(concat!(
///     "<d:getetag>&quot;1-2&quot;</d:getetag>",
///     r#"<x1:share-permissions xmlns:x1="http://open-collaboration-services.org/ns"/></d:prop>"#,
/// )));
/// # Ok::<(), std::string::FromUtf8Error>(())
/// ```
#[derive(Debug, Default)]
pub struct XmlWriter {
    out: Vec<u8>,
    /// Namespaces that were given `x1`, `x2` … in this order.
    numbered: Vec<Namespace>,
    /// Who declares the fixed prefixes.
    form: Form,
    /// The time that was written last, and how: the files of a folder often share theirs.
    date: Option<(Timestamp, String)>,
}

/// Who declares the prefixes `d`, `s`, `oc` and `nc`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The root does.
    #[default]
    Document,
    /// Each element declares what it uses itself.
    Fragment,
}

/// The first line of a multistatus and of a request body, as the original server has it.
pub(crate) const DECLARATION: &str = "<?xml version=\"1.0\"?>\n";

const ROOT_NAMESPACES: &str = concat!(
    " xmlns:d=\"DAV:\"",
    " xmlns:s=\"http://sabredav.org/ns\"",
    " xmlns:oc=\"http://owncloud.org/ns\"",
    " xmlns:nc=\"http://nextcloud.org/ns\"",
);

impl XmlWriter {
    /// A writer of a document into a new buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A writer that appends to `buffer`.
    #[must_use]
    pub fn with_buffer(buffer: Vec<u8>) -> Self {
        Self { out: buffer, ..Self::default() }
    }

    /// A writer of elements that stand alone: each declares what it uses.
    pub(crate) fn fragment() -> Self {
        Self { form: Form::Fragment, ..Self::default() }
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// How many bytes the buffer holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether the buffer is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Takes the buffer out; writing goes on in an empty one of the same capacity.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let capacity = self.out.capacity();
        std::mem::replace(&mut self.out, Vec::with_capacity(capacity))
    }

    pub(crate) fn reserve_bytes(&mut self, bytes: usize) {
        self.out.reserve(bytes);
    }

    /// Exchanges the buffer, to write a part that belongs to another place.
    pub(crate) fn swap(&mut self, other: &mut Vec<u8>) {
        std::mem::swap(&mut self.out, other);
    }

    /// Takes back what was written behind the first `len` bytes.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.out.truncate(len);
    }

    /// Appends what this crate has rendered itself.
    pub(crate) fn raw(&mut self, rendered: &[u8]) {
        self.out.extend_from_slice(rendered);
    }

    /// A whole document: the XML declaration and a root element with the fixed prefixes.
    pub fn root(&mut self, name: &PropName, content: impl FnOnce(&mut Self)) {
        self.open_root(name);
        content(self);
        self.close(name);
    }

    /// A whole document whose root is an element that was read.
    pub(crate) fn document(&mut self, root: &Element) {
        self.raw(DECLARATION.as_bytes());
        self.form = Form::Fragment;
        self.write_element(root);
    }

    /// The first half of [`root`](Self::root).
    pub(crate) fn open_root(&mut self, name: &PropName) {
        self.raw(DECLARATION.as_bytes());
        self.out.push(b'<');
        self.label(name);
        self.raw(ROOT_NAMESPACES.as_bytes());
        self.declare(name.namespace());
        self.out.push(b'>');
    }

    /// The second half of [`root`](Self::root).
    pub(crate) fn close(&mut self, name: &PropName) {
        self.raw(b"</");
        self.label(name);
        self.out.push(b'>');
    }

    /// An element; `<a/>` when `content` writes nothing.
    pub fn element(&mut self, label: &impl Label, content: impl FnOnce(&mut Self)) {
        let name = label.name();
        if let (Some((start, end)), Form::Document) = (label.tags(), self.form) {
            self.out.extend_from_slice(start);
            let inside = self.out.len();
            content(self);
            if self.out.len() == inside {
                self.out.pop();
                self.out.extend_from_slice(b"/>");
            } else {
                self.out.extend_from_slice(end);
            }
            return;
        }
        let (Some(prefix), Form::Document) = (name.namespace().fixed_prefix(), self.form) else {
            return self.element_with(name, &[], content);
        };
        // Nothing to declare, and the name is known.
        let local = name.local().as_bytes();
        self.out.reserve(2 * (prefix.len() + local.len()) + 7);
        self.out.push(b'<');
        self.fixed(prefix);
        self.out.extend_from_slice(local);
        self.out.push(b'>');
        let inside = self.out.len();
        content(self);
        if self.out.len() == inside {
            self.out.pop();
            self.raw(b"/>");
        } else {
            self.raw(b"</");
            self.fixed(prefix);
            self.out.extend_from_slice(local);
            self.out.push(b'>');
        }
    }

    /// A fixed prefix and its colon: copied without a call, unlike what has any length.
    fn fixed(&mut self, prefix: &'static str) {
        match prefix {
            "d" => self.out.extend_from_slice(b"d:"),
            "oc" => self.out.extend_from_slice(b"oc:"),
            "nc" => self.out.extend_from_slice(b"nc:"),
            _ => {
                self.out.extend_from_slice(prefix.as_bytes());
                self.out.push(b':');
            }
        }
    }

    /// An element with attributes.
    pub fn element_with(
        &mut self,
        name: &PropName,
        attributes: &[(&PropName, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        self.out.push(b'<');
        self.label(name);
        self.declare(name.namespace());
        for (at, (attribute, value)) in attributes.iter().enumerate() {
            let seen = attributes[..at]
                .iter()
                .map(|(earlier, _)| earlier.namespace())
                .chain([name.namespace()])
                .any(|earlier| earlier == attribute.namespace());
            if !seen && *attribute.namespace() != Namespace::NONE {
                self.declare(attribute.namespace());
            }
            self.out.push(b' ');
            self.label(attribute);
            self.raw(b"=\"");
            escape_into(&mut self.out, value, Place::Attribute);
            self.out.push(b'"');
        }
        self.out.push(b'>');
        let inside = self.out.len();
        content(self);
        if self.out.len() == inside {
            self.out.pop();
            self.raw(b"/>");
        } else {
            self.close(name);
        }
    }

    /// An element that holds a text.
    pub fn text_element(&mut self, label: &impl Label, text: &str) {
        self.element(label, |xml| xml.text(text));
    }

    /// An element that holds nothing.
    pub fn empty(&mut self, label: &impl Label) {
        self.element(label, |_| {});
    }

    /// Text, escaped. Characters that XML cannot carry become U+FFFD.
    pub fn text(&mut self, text: &str) {
        escape_into(&mut self.out, text, Place::Text);
    }

    /// A whole number.
    pub fn number(&mut self, number: impl itoa::Integer) {
        let mut digits = itoa::Buffer::new();
        self.raw(digits.format(number).as_bytes());
    }

    /// A whole number that is not negative, with zeros before it up to so many digits.
    pub fn padded_number(&mut self, number: impl itoa::Integer, digits: usize) {
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(number).as_bytes();
        for _ in text.len()..digits {
            self.out.push(b'0');
        }
        self.raw(text);
    }

    /// An entity tag with its quotes.
    pub fn etag(&mut self, etag: &ETag) {
        if etag.is_weak() {
            self.raw(b"W/");
        }
        self.raw(b"&quot;");
        self.text(etag.opaque());
        self.raw(b"&quot;");
    }

    /// A time in the form of HTTP: `Tue, 24 Nov 2026 06:10:00 GMT`.
    pub fn http_date(&mut self, time: Timestamp) {
        match &self.date {
            Some((last, text)) if *last == time => self.out.extend_from_slice(text.as_bytes()),
            _ => {
                let text = time.to_http_date();
                self.raw(text.as_bytes());
                self.date = Some((time, text));
            }
        }
    }

    /// The text of a value.
    pub fn display(&mut self, value: impl fmt::Display) {
        struct Escaped<'a>(&'a mut XmlWriter);
        impl fmt::Write for Escaped<'_> {
            fn write_str(&mut self, piece: &str) -> fmt::Result {
                self.0.text(piece);
                Ok(())
            }
        }
        // Only a `Display` that breaks its contract fails here: writing to memory does not.
        let _ = fmt::Write::write_fmt(&mut Escaped(self), format_args!("{value}"));
    }

    /// An element that was read, with everything in it.
    pub fn write_element(&mut self, element: &Element) {
        let attributes: Vec<(&PropName, &str)> =
            element.attributes.iter().map(|a| (&a.name, a.value.as_str())).collect();
        self.element_with(&element.name, &attributes, |xml| {
            for content in &element.children {
                match content {
                    Content::Element(child) => xml.write_element(child),
                    Content::Text(text) => xml.text(text),
                }
            }
        });
    }

    /// Gives a namespace its number now, so that the order of use does not decide.
    pub(crate) fn reserve(&mut self, namespace: &Namespace) {
        if namespace.fixed_prefix().is_none() && *namespace != Namespace::NONE {
            self.number_of(namespace);
        }
    }

    fn number_of(&mut self, namespace: &Namespace) -> usize {
        let known = self.numbered.iter().position(|known| known == namespace);
        known.map_or_else(
            || {
                self.numbered.push(namespace.clone());
                self.numbered.len()
            },
            |at| at + 1,
        )
    }

    /// The name with its prefix.
    fn label(&mut self, name: &PropName) {
        self.prefix(name.namespace());
        self.raw(name.local().as_bytes());
    }

    /// The prefix and its colon, if the namespace has one.
    fn prefix(&mut self, namespace: &Namespace) {
        if let Some(fixed) = namespace.fixed_prefix() {
            self.raw(fixed.as_bytes());
        } else if namespace == XML_LANG.namespace() {
            self.raw(b"xml");
        } else if *namespace == Namespace::NONE {
            return;
        } else {
            let number = self.number_of(namespace);
            self.out.push(b'x');
            self.number(number);
        }
        self.out.push(b':');
    }

    /// The declaration of a namespace, where the element must bring its own.
    fn declare(&mut self, namespace: &Namespace) {
        let fixed = namespace.fixed_prefix();
        if *namespace == Namespace::NONE {
            self.raw(b" xmlns=\"\"");
        } else if namespace != XML_LANG.namespace()
            && (fixed.is_none() || self.form == Form::Fragment)
        {
            self.raw(b" xmlns:");
            self.prefix(namespace);
            self.out.pop();
            self.raw(b"=\"");
            escape_into(&mut self.out, namespace.as_str(), Place::Attribute);
            self.out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut XmlWriter)) -> String {
        let mut xml = XmlWriter::new();
        write(&mut xml);
        String::from_utf8(xml.into_bytes()).unwrap()
    }

    #[test]
    fn numbers_tags_and_times() {
        assert_eq!(written(|xml| xml.padded_number(42, 8)), "00000042");
        assert_eq!(written(|xml| xml.padded_number(123_456_789, 8)), "123456789");
        let tag = |text: &str| text.parse().unwrap();
        assert_eq!(written(|xml| xml.etag(&tag("\"a-1\""))), "&quot;a-1&quot;");
        assert_eq!(written(|xml| xml.etag(&tag("W/\"<&>\""))), "W/&quot;&lt;&amp;&gt;&quot;");
        let times = written(|xml| {
            for second in [784_111_777, 784_111_777, 784_111_778, 784_111_777] {
                xml.http_date(Timestamp::from_unix(second));
                xml.text(";");
            }
        });
        assert_eq!(
            times,
            "Sun, 06 Nov 1994 08:49:37 GMT;Sun, 06 Nov 1994 08:49:37 GMT;\
             Sun, 06 Nov 1994 08:49:38 GMT;Sun, 06 Nov 1994 08:49:37 GMT;"
        );
    }
}
