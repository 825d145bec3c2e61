//! The 207 answer (RFC 4918, section 13): written as a stream, read whole or response by
//! response.
//!
//! Clients of Nextcloud lean on details that the standard leaves open, and the writer
//! sees to them: found properties stand in **one** propstat with status 200, which comes
//! first (iOS reads only the first propstat, the desktop client keeps one with 200), and
//! the prefixes are the literal `d`, `oc`, `nc`. A document that is not finished is never
//! closed, so that no client takes half a listing for a whole one.

mod absent;
mod reader;
mod writer;

use http::StatusCode;

use crate::{condition::Condition, href::Href, name::PropName, xml::Element};

pub use reader::MultistatusReader;
pub use writer::{MissingProps, MultistatusOptions, MultistatusWriter, PropsWriter};

static MULTISTATUS: PropName = PropName::dav("multistatus");
static RESPONSE: PropName = PropName::dav("response");
static HREF: PropName = PropName::dav("href");
static PROPSTAT: PropName = PropName::dav("propstat");
static PROP: PropName = PropName::dav("prop");
static STATUS: PropName = PropName::dav("status");
static ERROR: PropName = PropName::dav("error");
static DESCRIPTION: PropName = PropName::dav("responsedescription");
static SYNC_TOKEN: PropName = PropName::dav("sync-token");

/// A multistatus that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Multistatus {
    /// The responses in document order.
    pub responses: Vec<Response>,
    /// The `d:sync-token` (RFC 6578).
    pub sync_token: Option<String>,
    /// The `d:responsedescription` of the whole.
    pub description: Option<String>,
}

/// What is told about one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The resource.
    pub href: Href,
    /// Further resources with the same status.
    pub more_hrefs: Vec<Href>,
    /// A status, or properties.
    pub content: ResponseContent,
    /// What is told besides.
    pub note: StatusNote,
}

/// The two forms of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseContent {
    /// The resource as a whole.
    Status(StatusCode),
    /// Its properties, grouped by status.
    Props(Vec<Propstat>),
}

/// Properties that share a status.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Propstat {
    /// The status.
    pub status: StatusCode,
    /// The properties; empty elements unless they were found.
    pub props: Vec<Element>,
    /// What is told besides.
    pub note: StatusNote,
}

/// An explanation beside a status: machine-readable, human-readable, both or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusNote {
    /// The condition in `d:error`.
    pub condition: Option<Condition>,
    /// The text of `d:responsedescription`.
    pub description: Option<String>,
}

impl From<Condition> for StatusNote {
    fn from(condition: Condition) -> Self {
        Self { condition: Some(condition), description: None }
    }
}

impl Propstat {
    /// Properties with a status.
    #[must_use]
    pub fn new(status: StatusCode, props: Vec<Element>) -> Self {
        Self { status, props, note: StatusNote::default() }
    }
}

impl Response {
    /// What is told about `href`.
    #[must_use]
    pub fn new(href: Href, content: ResponseContent) -> Self {
        Self { href, more_hrefs: Vec::new(), content, note: StatusNote::default() }
    }

    /// The properties that were found.
    pub fn props(&self) -> impl Iterator<Item = &Element> {
        let propstats = match &self.content {
            ResponseContent::Status(_) => &[],
            ResponseContent::Props(propstats) => propstats.as_slice(),
        };
        propstats.iter().filter(|p| p.status == StatusCode::OK).flat_map(|p| &p.props)
    }

    /// A property that was found.
    #[must_use]
    pub fn found(&self, name: &PropName) -> Option<&Element> {
        self.props().find(|element| element.name == *name)
    }

    /// The status of a property, or of the resource as a whole.
    #[must_use]
    pub fn status_of(&self, name: &PropName) -> Option<StatusCode> {
        match &self.content {
            ResponseContent::Status(status) => Some(*status),
            ResponseContent::Props(propstats) => propstats
                .iter()
                .find(|p| p.props.iter().any(|element| element.name == *name))
                .map(|p| p.status),
        }
    }
}
