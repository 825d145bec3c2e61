use http::StatusCode;

use super::{
    DESCRIPTION, ERROR, HREF, MULTISTATUS, Multistatus, PROP, PROPSTAT, Propstat, RESPONSE,
    Response, ResponseContent, STATUS, SYNC_TOKEN, StatusNote,
};
use crate::{
    condition::Condition,
    href::Href,
    request::RequestError,
    xml::{Element, Parser, Token, XmlErrorKind, XmlLimits},
};

impl Multistatus {
    /// Reads a complete body.
    ///
    /// # Errors
    /// When it is no multistatus, is cut off, or exceeds the limits. A listing that is
    /// not whole is never returned.
    pub fn parse(body: &[u8], limits: &XmlLimits) -> Result<Self, RequestError> {
        MultistatusReader::read(body, limits, |reader| {
            let mut whole = Self::default();
            while let Some(response) = reader.next_response()? {
                whole.responses.push(response);
            }
            whole.sync_token = reader.sync_token.take();
            whole.description = reader.description.take();
            Ok(whole)
        })
    }
}

/// Reads a multistatus response by response, so that a long listing is never held as a
/// tree.
///
/// The end counts: only when [`next_response`](Self::next_response) has returned
/// `Ok(None)` was the listing complete. Whoever deletes what a listing does not show must
/// wait for that.
///
/// ```
/// use allmende_webdav_proto::{XmlLimits, multistatus::MultistatusReader};
///
/// let body = br#"<d:multistatus xmlns:d="DAV:"><d:response><d:href>/a</d:href>
///     <d:status>HTTP/1.1 404 Not Found</d:status></d:response></d:multistatus>"#;
/// let hrefs = MultistatusReader::read(body, &XmlLimits::default(), |reader| {
///     let mut hrefs = Vec::new();
///     while let Some(response) = reader.next_response()? {
///         hrefs.push(response.href);
///     }
///     Ok(hrefs)
/// })?;
/// assert_eq!(hrefs[0].as_str(), "/a");
/// # Ok::<(), allmende_webdav_proto::RequestError>(())
/// ```
#[allow(missing_debug_implementations, reason = "the parser inside has none")]
pub struct MultistatusReader<'a> {
    parser: Parser<'a>,
    /// The `d:sync-token`, once the end was reached.
    pub sync_token: Option<String>,
    /// The `d:responsedescription` of the whole, once the end was reached.
    pub description: Option<String>,
    ended: bool,
}

impl MultistatusReader<'_> {
    /// Opens a body and hands a reader of it to `with`.
    ///
    /// # Errors
    /// When the body is no multistatus, and whatever `with` returns.
    pub fn read<T>(
        body: &[u8],
        limits: &XmlLimits,
        with: impl FnOnce(&mut MultistatusReader<'_>) -> Result<T, RequestError>,
    ) -> Result<T, RequestError> {
        let text = crate::xml::decode(body, limits)?;
        let mut parser = Parser::new(&text, *limits);
        match parser.next()? {
            Token::Start(root) if root.name == MULTISTATUS => {}
            Token::Start(root) => return Err(RequestError::root(&MULTISTATUS, &root.name)),
            _ => return Err(parser.error(XmlErrorKind::Empty, "").into()),
        }
        with(&mut MultistatusReader { parser, sync_token: None, description: None, ended: false })
    }

    /// The next response; `None` behind the end of a complete document.
    ///
    /// # Errors
    /// When the document is cut off, not well-formed, or the response makes no sense.
    pub fn next_response(&mut self) -> Result<Option<Response>, RequestError> {
        while !self.ended {
            self.parser.forget_nodes();
            match self.parser.next()? {
                Token::Start(start) => {
                    let element = self.parser.subtree(start)?;
                    if element.name == RESPONSE {
                        return Response::from_element(element).map(Some);
                    } else if element.name == SYNC_TOKEN {
                        self.sync_token = Some(element.text().into_owned());
                    } else if element.name == DESCRIPTION {
                        self.description = Some(element.text().into_owned());
                    }
                }
                Token::End => {
                    self.parser.expect_end()?;
                    self.ended = true;
                }
                Token::Text(_) | Token::Eof => {}
            }
        }
        Ok(None)
    }
}

impl Response {
    fn from_element(element: Element) -> Result<Self, RequestError> {
        let mut hrefs = Vec::new();
        let mut status = None;
        let mut propstats = Vec::new();
        let mut note = StatusNote::default();
        for child in into_elements(element) {
            if child.name == HREF {
                hrefs.push(Href::from_encoded(child.text().trim()));
            } else if child.name == STATUS {
                status = Some(read_status(&child)?);
            } else if child.name == PROPSTAT {
                propstats.push(Propstat::from_element(child)?);
            } else {
                note.take_up(&child);
            }
        }
        if hrefs.is_empty() {
            return Err(RequestError::invalid("a response without an href"));
        }
        let href = hrefs.remove(0);
        let content = match (status, propstats.is_empty()) {
            (Some(status), true) => ResponseContent::Status(status),
            (None, false) => ResponseContent::Props(propstats),
            _ => return Err(RequestError::invalid("a response needs a status or propstats")),
        };
        Ok(Self { href, more_hrefs: hrefs, content, note })
    }
}

impl Propstat {
    fn from_element(element: Element) -> Result<Self, RequestError> {
        let mut status = None;
        let mut props = Vec::new();
        let mut note = StatusNote::default();
        for child in into_elements(element) {
            if child.name == PROP {
                props.extend(into_elements(child));
            } else if child.name == STATUS {
                status = Some(read_status(&child)?);
            } else {
                note.take_up(&child);
            }
        }
        let status = status.ok_or_else(|| RequestError::invalid("a propstat without a status"))?;
        Ok(Self { status, props, note })
    }
}

impl StatusNote {
    fn take_up(&mut self, element: &Element) {
        if element.name == ERROR {
            self.condition = element.elements().next().map(Condition::from_element);
        } else if element.name == DESCRIPTION {
            self.description = Some(element.text().into_owned());
        }
    }
}

fn into_elements(element: Element) -> impl Iterator<Item = Element> {
    element.children.into_iter().filter_map(|content| match content {
        crate::xml::Content::Element(child) => Some(child),
        crate::xml::Content::Text(_) => None,
    })
}

/// Reads `HTTP/1.1 200 OK`.
fn read_status(element: &Element) -> Result<StatusCode, RequestError> {
    let text = element.text();
    let mut words = text.split_ascii_whitespace();
    let code = words
        .next()
        .filter(|version| version.starts_with("HTTP/"))
        .and(words.next())
        .and_then(|code| code.parse().ok());
    code.ok_or_else(|| RequestError::invalid(format!("the status {:?}", text.trim())))
}
