//! Error bodies as sabre/dav writes them and Nextcloud's clients read them.

use crate::{
    condition::Condition,
    name::{Namespace, PropName},
    request::RequestError,
    xml::{Element, XmlLimits, XmlWriter},
};

/// The body of an error: what went wrong, for the person (`s:message`), for clients that
/// know the original server (`s:exception`) and for those that know the standard (the
/// conditions).
///
/// ```
/// use allmende_webdav_proto::{DavErrorBody, XmlLimits};
///
/// let body = DavErrorBody::new("Sabre\\DAV\\Exception\\NotFound", "File not found: a.txt");
/// assert_eq!(DavErrorBody::parse(&body.to_bytes(), &XmlLimits::default())?, body);
/// # Ok::<(), allmende_webdav_proto::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DavErrorBody {
    /// The name of the exception in the original; the desktop client and Android switch
    /// on some of them.
    pub exception: String,
    /// What clients show to the person.
    pub message: String,
    /// The header that was not met, with 412.
    pub header: Option<String>,
    /// Whether to try again, with names that are refused.
    pub retry: Option<Retry>,
    /// A hint for the login (`o:hint`).
    pub hint: Option<String>,
    /// The conditions that were not met.
    pub conditions: Vec<Condition>,
}

/// Whether the same request may succeed later, and why it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Whether to try again.
    pub advice: RetryAdvice,
    /// Why it failed.
    pub reason: String,
}

/// Whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryAdvice {
    /// It may succeed later.
    Retry,
    /// It never will.
    GiveUp,
}

static ERROR: PropName = PropName::dav("error");
static EXCEPTION: PropName = PropName::sabre("exception");
static MESSAGE: PropName = PropName::sabre("message");
static HEADER: PropName = PropName::sabre("header");
/// The namespace of `retry`, `reason` and `hint` really is `o:`.
const O: Namespace = Namespace::from_static("o:");
static RETRY: PropName = PropName::from_static(O, "retry");
static REASON: PropName = PropName::from_static(O, "reason");
static HINT: PropName = PropName::from_static(O, "hint");

impl DavErrorBody {
    /// An error with a message and nothing else.
    #[must_use]
    pub fn new(exception: impl Into<String>, message: impl Into<String>) -> Self {
        Self { exception: exception.into(), message: message.into(), ..Self::default() }
    }

    /// The error with a condition more.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Writes the body in the original's layout: one element a line, indented by two.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut xml = XmlWriter::new();
        xml.raw(b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        xml.raw(b"<d:error xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\">\n");
        let texts = [
            (&EXCEPTION, Some(self.exception.as_str())),
            (&MESSAGE, Some(self.message.as_str())),
            (&HEADER, self.header.as_deref()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                line(&mut xml, |xml| xml.text_element(name, text));
            }
        }
        let again = self.retry.as_ref().map(|retry| match retry.advice {
            RetryAdvice::Retry => "true",
            RetryAdvice::GiveUp => "false",
        });
        let reason = self.retry.as_ref().map(|retry| retry.reason.as_str());
        for (name, text) in [(&RETRY, again), (&REASON, reason), (&HINT, self.hint.as_deref())] {
            if let Some(text) = text {
                line(&mut xml, |xml| {
                    xml.raw(format!("<o:{} xmlns:o=\"o:\">", name.local()).as_bytes());
                    xml.text(text);
                    xml.raw(format!("</o:{}>", name.local()).as_bytes());
                });
            }
        }
        for condition in &self.conditions {
            line(&mut xml, |xml| match condition {
                // This root declares less than others, so a foreign element brings its own.
                Condition::Other(element) => xml.raw(element.to_fragment().as_bytes()),
                known => known.write(xml),
            });
        }
        xml.raw(b"</d:error>\n");
        xml.into_bytes()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When it is no `d:error`.
    pub fn parse(body: &[u8], limits: &XmlLimits) -> Result<Self, RequestError> {
        let root = Element::parse(body, limits)?;
        if root.name != ERROR {
            return Err(RequestError::root(&ERROR, &root.name));
        }
        let mut error = Self::default();
        let (mut advice, mut reason) = (None, None);
        for child in root.elements() {
            let text = || child.text().into_owned();
            if child.name == EXCEPTION {
                error.exception = text();
            } else if child.name == MESSAGE {
                error.message = text();
            } else if child.name == HEADER {
                error.header = Some(text());
            } else if child.name == RETRY {
                let again = child.text().trim() == "true";
                advice = Some(if again { RetryAdvice::Retry } else { RetryAdvice::GiveUp });
            } else if child.name == REASON {
                reason = Some(text());
            } else if child.name == HINT {
                error.hint = Some(text());
            } else if *child.name.namespace() != Namespace::SABRE {
                error.conditions.push(Condition::from_element(child));
            }
        }
        error.retry = advice.map(|advice| Retry { advice, reason: reason.unwrap_or_default() });
        Ok(error)
    }
}

fn line(xml: &mut XmlWriter, content: impl FnOnce(&mut XmlWriter)) {
    xml.raw(b"  ");
    content(xml);
    xml.raw(b"\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::href::Href;

    fn read(text: &str) -> DavErrorBody {
        DavErrorBody::parse(text.as_bytes(), &XmlLimits::default()).unwrap()
    }

    #[test]
    fn a_failed_precondition_letter_by_letter() {
        let mut error = DavErrorBody::new(
            "Sabre\\DAV\\Exception\\PreconditionFailed",
            "An If-Match header was specified, but none of the specified ETags matched.",
        );
        error.header = Some("If-Match".to_owned());
        let text = String::from_utf8(error.to_bytes()).unwrap();
        assert_eq!(
            text,
            concat!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n",
                "<d:error xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\">\n",
                "  <s:exception>Sabre\\DAV\\Exception\\PreconditionFailed</s:exception>\n",
                "  <s:message>An If-Match header was specified, but none of the specified ",
                "ETags matched.</s:message>\n",
                "  <s:header>If-Match</s:header>\n</d:error>\n",
            )
        );
        assert_eq!(read(&text), error);
    }

    #[test]
    fn everything_at_once_reads_back() {
        let mut error = DavErrorBody::new("X", "a < b & \"c\"")
            .with_condition(Condition::LockTokenSubmitted(vec![Href::from_path("/a b")]))
            .with_condition(Condition::Other(Element::new(PropName::nc("x"))));
        error.retry = Some(Retry { advice: RetryAdvice::GiveUp, reason: "no".to_owned() });
        error.hint = Some("too many requests".to_owned());
        let text = String::from_utf8(error.to_bytes());
        assert_eq!(read(&text.unwrap()), error);
    }

    #[test]
    fn what_the_original_answers() {
        let error = read(concat!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n",
            "<d:error xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\" ",
            "xmlns:o=\"http://owncloud.org/ns\">\n",
            "  <s:exception>OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath</s:exception>\n",
            "  <s:message>\"\\\" is not allowed.</s:message>\n",
            "  <o:retry xmlns:o=\"o:\">false</o:retry>\n",
            "  <o:reason xmlns:o=\"o:\">\"\\\" is not allowed.</o:reason>\n</d:error>\n",
        ));
        let reason = "\"\\\" is not allowed.".to_owned();
        assert_eq!(error.retry, Some(Retry { advice: RetryAdvice::GiveUp, reason }));
        assert!(error.conditions.is_empty());
    }
}
