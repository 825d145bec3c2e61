//! The messages of WebDAV, written and read, without I/O.
//!
//! A server parses what a client sends and writes what it answers; a client does the
//! reverse. This crate does both with the same types, so that tools and tests read what
//! the server wrote. It knows no socket, no runtime and no storage: bytes and header
//! values in, bytes and header values out.
//!
//! | Module | Holds | Source |
//! |---|---|---|
//! | [`name`] | names of properties and elements | XML namespaces |
//! | [`xml`] | a reader with limits, an element tree, a writer into a buffer | XML 1.0 |
//! | [`href`](mod@href) | paths as they stand in URLs, the `Destination` header | RFC 3986, RFC 4918 §10.3 |
//! | [`headers`] | `Depth`, `If`, `Timeout`, `Range` … | RFC 4918 §10, RFC 9110 §13, §14 |
//! | [`precondition`] | whether a conditional request goes ahead | RFC 9110 §13.2, RFC 4918 §10.4 |
//! | [`multistatus`] | the 207 answer, written as a stream | RFC 4918 §13 |
//! | [`request`] | the bodies of PROPFIND, PROPPATCH, LOCK, MKCOL, REPORT, SEARCH | RFC 4918, 5323, 5689, 6578 |
//! | [`error`] and [`condition`] | error bodies and what they complain about | RFC 4918 §16, sabre |
//! | [`lock`] | `lockdiscovery`, `supportedlock` and the answer to LOCK | RFC 4918 §15 |
//!
//! Every reader has limits, and nothing here panics on what comes from outside.
//!
//! ```
//! use allmende_webdav_proto::{
//!     Href, Multistatus, PropName, XmlLimits,
//!     multistatus::{MultistatusOptions, MultistatusWriter},
//! };
//!
//! static ETAG: PropName = PropName::dav("getetag");
//!
//! let mut listing = MultistatusWriter::new(Vec::new(), MultistatusOptions::default());
//! listing.response(&Href::from_path("/files/a b.txt"), |props| {
//!     props.found_text(&ETAG, "\"1\"");
//!     props.missing(&PropName::oc("dDC"));
//! });
//! let bytes = listing.finish();
//!
//! let read = Multistatus::parse(&bytes, &XmlLimits::default())?;
//! assert_eq!(read.responses[0].href.as_str(), "/files/a%20b.txt");
//! assert_eq!(read.responses[0].found(&ETAG).map(|e| e.text().into_owned()), Some("\"1\"".into()));
//! # Ok::<(), allmende_webdav_proto::RequestError>(())
//! ```

pub mod condition;
pub mod error;
pub mod headers;
pub mod href;
pub mod lock;
pub mod multistatus;
pub mod name;
pub mod precondition;
pub mod request;
pub mod xml;

pub use condition::Condition;
pub use error::DavErrorBody;
pub use href::{Destination, DestinationError, Href, HrefError};
pub use lock::{ActiveLock, LockScope};
pub use multistatus::{Multistatus, MultistatusWriter};
pub use name::{InvalidPropName, Namespace, PropName};
pub use request::RequestError;
pub use xml::{
    Attribute, Content, Element, Label, Tag, XmlError, XmlErrorKind, XmlLimits, XmlWriter,
};
