//! The bodies of requests, each read and written.
//!
//! A body is refused as a whole when a part of it makes no sense; elements of namespaces
//! that nobody knows are skipped, as RFC 4918, section 17, demands.

mod lockinfo;
mod mkcol;
mod propfind;
mod proppatch;
mod report;
mod search;

use std::collections::HashSet;

use crate::{
    name::PropName,
    xml::{Element, XmlError, XmlLimits, XmlWriter},
};

pub use lockinfo::Lockinfo;
pub use mkcol::Mkcol;
pub use propfind::Propfind;
pub use proppatch::{PropUpdate, Proppatch};
pub use report::{Report, SyncCollection};
pub use search::{Comparison, Direction, Filter, Order, Search, SearchLimit, SearchScope, Select};

pub(crate) static PROP: PropName = PropName::dav("prop");
static LIMIT: PropName = PropName::dav("limit");
static NRESULTS: PropName = PropName::dav("nresults");

/// A body that cannot be used (400).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// It is not XML, or too much of it.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// It is another message.
    #[error("the body is a {found}, not a {expected}")]
    Root {
        /// What the reader wanted.
        expected: Box<PropName>,
        /// What the body is.
        found: Box<PropName>,
    },
    /// It is the right message, but makes no sense.
    #[error("the body is invalid: {0}")]
    Invalid(String),
}

impl RequestError {
    pub(crate) fn root(expected: &PropName, found: &PropName) -> Self {
        Self::Root { expected: Box::new(expected.clone()), found: Box::new(found.clone()) }
    }

    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }
}

/// The names of the elements inside a `d:prop`, each once, in order: what a PROPFIND or a
/// report asks for.
///
/// ```
/// use allmende_webdav_proto::{Element, PropName, request::prop_names};
///
/// let prop = Element::from_fragment(r#"<prop xmlns="DAV:"><getetag/><getetag/></prop>"#)?;
/// assert_eq!(prop_names(&prop), [PropName::dav("getetag")]);
/// # Ok::<(), allmende_webdav_proto::XmlError>(())
/// ```
#[must_use]
pub fn prop_names(prop: &Element) -> Vec<PropName> {
    let mut seen = HashSet::new();
    prop.elements().filter(|e| seen.insert(&e.name)).map(|e| e.name.clone()).collect()
}

fn read_root(
    body: &[u8],
    limits: &XmlLimits,
    expected: &PropName,
) -> Result<Element, RequestError> {
    let root = Element::parse(body, limits)?;
    if root.name == *expected { Ok(root) } else { Err(RequestError::root(expected, &root.name)) }
}

fn document(root: &PropName, content: impl FnOnce(&mut XmlWriter)) -> Vec<u8> {
    let mut xml = XmlWriter::new();
    xml.root(root, content);
    xml.into_bytes()
}

fn write_names(xml: &mut XmlWriter, container: &PropName, names: &[PropName]) {
    xml.element(container, |xml| names.iter().for_each(|name| xml.empty(name)));
}

/// Reads a number that a limit gives.
fn read_number(element: &Element) -> Result<u64, RequestError> {
    let text = element.text();
    let digits = text.trim();
    let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    valid
        .then(|| digits.parse().unwrap_or(u64::MAX))
        .ok_or_else(|| RequestError::invalid(format!("{} is not a number", element.name)))
}

/// Reads the `d:nresults` of the `d:limit` inside `parent`.
fn read_limit(parent: &Element) -> Result<Option<u64>, RequestError> {
    let number = parent.child(&LIMIT).and_then(|limit| limit.child(&NRESULTS));
    number.map(read_number).transpose()
}
