//! The Open Collaboration Services interface as Nextcloud's clients speak it: typed endpoints for
//! servers and clients, and the envelope around them.
//!
//! * [`endpoints`] holds one module per group of operations. Each operation is an [`Endpoint`]: its
//!   method, path and access rule, its request and its response, all of which can be written *and*
//!   read.
//! * [`ServerEndpoint`] (feature `server`) reads requests and writes answers, [`Router`] finds the
//!   endpoint of a path, [`OcsError`] is every failure a handler can report.
//! * [`ClientEndpoint`] (feature `client`) makes requests and reads answers.
//! * [`Envelope`], [`Reply`] and [`Document`] are the layer below, for answers without a type.
//!
//! There is no storage, no runtime and no HTTP library in here: everything goes from and to
//! [`http`] messages whose body is [`bytes::Bytes`].
//!
//! Both versions (`/ocs/v1.php`, `/ocs/v2.php`) and both forms (XML, JSON) are complete, since
//! clients mix them. What is read is limited: documents to 16 MiB and 64 levels, requests by
//! [`RequestLimits`]; document type declarations are refused.
//!
//! See [`ServerEndpoint`] and [`ClientEndpoint`] for examples.

// Without either feature only the types remain, and what reads and writes them has no user.
#![cfg_attr(not(any(feature = "client", feature = "server")), allow(dead_code))]

mod codec;
mod endpoint;
mod envelope;
mod error;
mod lenient;
mod shape;
mod value;

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "server")]
mod refusal;
#[cfg(feature = "server")]
mod request;
#[cfg(feature = "server")]
mod route;
#[cfg(feature = "server")]
mod server;

pub mod endpoints;
pub mod oauth2;

#[cfg(feature = "client")]
pub use client::{ClientEndpoint, ClientError, Site};
pub use codec::{MAX_DEPTH, MAX_DOCUMENT_BYTES};
pub use endpoint::{Access, Base, Confirmation, Endpoint, Metadata};
#[cfg(feature = "client")]
pub use envelope::Document;
pub use envelope::{Envelope, Format, Meta, Status, Version};
#[cfg(feature = "server")]
pub use envelope::{Reply, etag_of, is_current};
pub use error::{Code, EncodeError, OcsError};
pub use lenient::{DecodeError, from_value};
#[cfg(feature = "server")]
pub use refusal::{csrf_failed, incomplete, is_api_request, method_not_allowed};
#[cfg(feature = "server")]
pub use request::{OcsRequest, Refusal, RequestLimits};
#[cfg(feature = "server")]
pub use route::{PathParams, Route, RouteError, Router};
#[cfg(feature = "server")]
pub use server::ServerEndpoint;
pub use shape::{Assoc, Nothing, Nullable, OrEmpty, Secret};
pub use value::Value;
