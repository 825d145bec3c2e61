use bytes::Bytes;
use http::StatusCode;

use super::{
    DESCRIPTION, ERROR, HREF, MULTISTATUS, Multistatus, Response, ResponseContent, STATUS,
    SYNC_TOKEN, StatusNote, absent::Absent,
};
use crate::{
    href::Href,
    name::PropName,
    xml::{Element, Label, XmlWriter},
};

/// How a multistatus is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MultistatusOptions {
    /// What becomes of properties that a resource does not have.
    pub missing: MissingProps,
}

impl MultistatusOptions {
    /// The options with another way to treat missing properties.
    #[must_use]
    pub fn missing(mut self, missing: MissingProps) -> Self {
        self.missing = missing;
        self
    }
}

/// What becomes of properties that a resource does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingProps {
    /// They are listed with status 404.
    #[default]
    Report,
    /// They are left out: `Prefer: return=minimal` (RFC 8144) or `Brief: t`.
    Omit,
}

/// Writes a multistatus response by response into a buffer that may be taken away at any
/// time as the next frame of a body.
///
/// ```
/// use allmende_webdav_proto::{Href, MultistatusWriter, PropName, multistatus::MultistatusOptions};
///
/// let mut out = MultistatusWriter::new(Vec::new(), MultistatusOptions::default());
/// out.response(&Href::from_path("/a"), |props| {
///     props.missing(&PropName::oc("dDC"));
///     props.found(&PropName::oc("size"), |xml| xml.number(11));
/// });
/// let text = String::from_utf8(out.finish().to_vec())?;
/// assert!(text.ends_with(concat!(
///     "<d:response><d:href>/a</d:href>",
///     "<d:propstat><d:prop><oc:size>11</oc:size></d:prop>",
///     "<d:status>HTTP/1.1 200 OK</d:status></d:propstat>",
///     "<d:propstat><d:prop><oc:dDC/></d:prop>",
///     "<d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>",
///     "</d:response></d:multistatus>\n",
/// )));
/// # Ok::<(), std::string::FromUtf8Error>(())
/// ```
#[derive(Debug)]
pub struct MultistatusWriter {
    xml: XmlWriter,
    options: MultistatusOptions,
    /// The group 404 of the present response.
    absent: Absent,
    absent_note: StatusNote,
    /// Groups of the present response beside 200 and 404; the buffers are used again.
    groups: Vec<Group>,
    used: usize,
}

const OPEN_PROPSTAT: &[u8] = b"<d:propstat><d:prop>";

#[derive(Debug)]
struct Group {
    status: StatusCode,
    props: Vec<u8>,
    note: StatusNote,
}

impl MultistatusWriter {
    /// Starts a document at the end of `buffer`.
    #[must_use]
    pub fn new(buffer: Vec<u8>, options: MultistatusOptions) -> Self {
        let mut xml = XmlWriter::with_buffer(buffer);
        xml.open_root(&MULTISTATUS);
        Self {
            xml,
            options,
            absent: Absent::default(),
            absent_note: StatusNote::default(),
            groups: Vec::new(),
            used: 0,
        }
    }

    /// Numbers the prefixes `x1`, `x2` … in the order of the requested names, whatever is
    /// found first. iOS asks for two properties of foreign namespaces and looks for `x1`
    /// and `x2` in that order.
    pub fn reserve_prefixes(&mut self, requested: &[PropName]) {
        for name in requested {
            self.xml.reserve(name.namespace());
        }
    }

    /// Writes what is known of one resource.
    pub fn response(&mut self, href: &Href, props: impl FnOnce(&mut PropsWriter<'_>)) {
        self.open_response(href);
        let before = self.xml.len();
        self.xml.raw(OPEN_PROPSTAT);
        let inside = self.xml.len();
        self.used = 0;
        self.absent.clear();
        let mut writer = PropsWriter { out: self, found_note: StatusNote::default() };
        props(&mut writer);
        let found_note = writer.found_note;
        let absent_note = std::mem::take(&mut self.absent_note);
        let absent = !self.absent.is_empty() || absent_note != StatusNote::default();
        let others = absent || self.used > 0;
        if self.xml.len() > inside || !others || found_note != StatusNote::default() {
            // RFC 4918 wants one propstat at least, even if nothing was asked for.
            self.close_propstat(StatusCode::OK, &found_note);
        } else {
            self.xml.truncate(before);
        }
        if absent {
            self.xml.raw(OPEN_PROPSTAT);
            self.xml.raw(self.absent.rendered());
            self.close_propstat(StatusCode::NOT_FOUND, &absent_note);
        }
        let groups = std::mem::take(&mut self.groups);
        for group in &groups[..self.used] {
            self.xml.raw(OPEN_PROPSTAT);
            self.xml.raw(&group.props);
            self.close_propstat(group.status, &group.note);
        }
        self.groups = groups;
        self.xml.raw(b"</d:response>");
    }

    /// Writes the status of one resource as a whole: a member that could not be copied,
    /// moved or deleted (RFC 4918, section 9.6.1), or one that is gone (RFC 6578).
    pub fn status_response(&mut self, href: &Href, status: StatusCode, note: &StatusNote) {
        self.open_response(href);
        self.status_line(status);
        self.note(note);
        self.xml.raw(b"</d:response>");
    }

    /// Writes the `d:sync-token`; last, as RFC 6578 shows it.
    pub fn sync_token(&mut self, token: &str) {
        self.xml.text_element(&SYNC_TOKEN, token);
    }

    /// Writes the description of the whole.
    pub fn description(&mut self, text: &str) {
        self.xml.text_element(&DESCRIPTION, text);
    }

    /// How many bytes wait to be taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.xml.len()
    }

    /// Whether nothing waits to be taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.xml.is_empty()
    }

    /// Makes room for so many bytes more, so that the buffer does not grow in steps.
    pub fn reserve(&mut self, bytes: usize) {
        self.xml.reserve_bytes(bytes);
    }

    /// Takes what has been written so far, as a frame of the body.
    #[must_use]
    pub fn take(&mut self) -> Bytes {
        self.xml.take().into()
    }

    /// Closes the document and returns the rest. A writer that is dropped instead leaves
    /// a document that no reader accepts.
    #[must_use]
    pub fn finish(mut self) -> Bytes {
        self.xml.close(&MULTISTATUS);
        self.xml.raw(b"\n");
        self.xml.into_bytes().into()
    }

    fn open_response(&mut self, href: &Href) {
        self.xml.raw(b"<d:response>");
        self.xml.text_element(&HREF, href.as_str());
    }

    fn close_propstat(&mut self, status: StatusCode, note: &StatusNote) {
        self.xml.raw(b"</d:prop>");
        self.status_line(status);
        self.note(note);
        self.xml.raw(b"</d:propstat>");
    }

    fn status_line(&mut self, status: StatusCode) {
        match status {
            StatusCode::OK => self.xml.raw(b"<d:status>HTTP/1.1 200 OK</d:status>"),
            StatusCode::NOT_FOUND => self.xml.raw(b"<d:status>HTTP/1.1 404 Not Found</d:status>"),
            _ => self.xml.element(&STATUS, |xml| {
                xml.raw(b"HTTP/1.1 ");
                xml.raw(status.as_str().as_bytes());
                xml.raw(b" ");
                xml.raw(status.canonical_reason().unwrap_or("Unknown").as_bytes());
            }),
        }
    }

    fn note(&mut self, note: &StatusNote) {
        if let Some(condition) = &note.condition {
            self.xml.element(&ERROR, |xml| condition.write(xml));
        }
        if let Some(text) = &note.description {
            self.xml.text_element(&DESCRIPTION, text);
        }
    }

    /// Where the group of a status other than 200 and 404 is in the present response.
    fn group(&mut self, status: StatusCode) -> usize {
        let known = self.groups[..self.used].iter().position(|group| group.status == status);
        known.unwrap_or_else(|| {
            if self.used == self.groups.len() {
                let note = StatusNote::default();
                self.groups.push(Group { status, props: Vec::new(), note });
            }
            let fresh = &mut self.groups[self.used];
            fresh.status = status;
            fresh.props.clear();
            fresh.note = StatusNote::default();
            self.used += 1;
            self.used - 1
        })
    }
}

/// Writes the properties of one resource. The order of the calls is free: each property
/// lands in the propstat of its status.
#[derive(Debug)]
pub struct PropsWriter<'a> {
    out: &'a mut MultistatusWriter,
    found_note: StatusNote,
}

impl PropsWriter<'_> {
    /// A property with the value that `value` writes, straight into the first propstat.
    pub fn found(&mut self, name: &impl Label, value: impl FnOnce(&mut XmlWriter)) {
        self.out.xml.element(name, value);
    }

    /// A property whose value is a text.
    pub fn found_text(&mut self, name: &impl Label, text: &str) {
        self.out.xml.text_element(name, text);
    }

    /// A property as it was once stored: its name, attributes and value.
    pub fn found_element(&mut self, property: &Element) {
        self.out.xml.write_element(property);
    }

    /// A property that the resource does not have.
    pub fn missing(&mut self, name: &impl Label) {
        if self.out.options.missing == MissingProps::Report {
            self.status(name, StatusCode::NOT_FOUND);
        }
    }

    /// A property with a status of its own: refused, not tried, removed. Unlike
    /// [`missing`](Self::missing) it is written whatever the options say.
    pub fn status(&mut self, name: &impl Label, status: StatusCode) {
        let MultistatusWriter { xml, absent, .. } = &mut *self.out;
        match status {
            StatusCode::OK => return xml.empty(name),
            StatusCode::NOT_FOUND => return absent.add(name.name(), xml),
            _ => {}
        }
        let at = self.out.group(status);
        let MultistatusWriter { xml, groups, .. } = &mut *self.out;
        xml.swap(&mut groups[at].props);
        xml.empty(name);
        xml.swap(&mut groups[at].props);
    }

    /// Explains a status that properties of this resource have.
    pub fn note(&mut self, status: StatusCode, note: StatusNote) {
        match status {
            StatusCode::OK => self.found_note = note,
            StatusCode::NOT_FOUND => self.out.absent_note = note,
            _ => {
                let at = self.out.group(status);
                self.out.groups[at].note = note;
            }
        }
    }
}

impl Multistatus {
    /// Writes it, found properties first.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = MultistatusWriter::new(Vec::new(), MultistatusOptions::default());
        for response in &self.responses {
            out.write_response(response);
        }
        if let Some(text) = &self.description {
            out.description(text);
        }
        if let Some(token) = &self.sync_token {
            out.sync_token(token);
        }
        out.finish()
    }
}

impl MultistatusWriter {
    /// Writes a response that was read or built.
    pub fn write_response(&mut self, response: &Response) {
        self.xml.raw(b"<d:response>");
        for href in std::iter::once(&response.href).chain(&response.more_hrefs) {
            self.xml.text_element(&HREF, href.as_str());
        }
        match &response.content {
            ResponseContent::Status(status) => self.status_line(*status),
            ResponseContent::Props(propstats) => {
                let found = propstats.iter().filter(|p| p.status == StatusCode::OK);
                let rest = propstats.iter().filter(|p| p.status != StatusCode::OK);
                for propstat in found.chain(rest) {
                    self.xml.raw(OPEN_PROPSTAT);
                    for prop in &propstat.props {
                        self.xml.write_element(prop);
                    }
                    self.close_propstat(propstat.status, &propstat.note);
                }
            }
        }
        self.note(&response.note);
        self.xml.raw(b"</d:response>");
    }
}
