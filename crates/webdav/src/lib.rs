//! A WebDAV server as a tower service over a small backend trait.
//!
//! * Whoever has a tree implements [`Backend`]; an example is the directory of a local disk,
//!   `fs::LocalFolder` (feature `fs`).
//! * Whoever has properties implements [`PropertyProvider`], which loads by the page.
//! * [`DavHandler`] answers requests, [`DavService`] mounts it in axum or hyper.
//!
//! It speaks RFC 4918 (classes 1, 2 and 3), 4331 (quota), 5689 (extended `MKCOL`) and the
//! conditional and range requests of RFC 9110; reports (RFC 3253) and searches (RFC 5323)
//! are plug-ins. The messages themselves are the matter of `allmende-webdav-proto`.

mod backend;
mod body;
mod condition;
mod error;
#[cfg(feature = "fs")]
pub mod fs;
mod handler;
mod listing;
pub mod lock;
mod method;
mod mount;
mod options;
mod property;
mod report;
mod request;
mod request_line;
mod respond;
mod service;

#[cfg(feature = "tokio-io")]
pub use self::request_line::GuardedStream;
pub use self::{
    backend::{
        Backend, Change, Cursor, DeadProperty, Entry, Expect, Failure, Kind, MakeCollection, Page,
        Patch, Patched, Put, Quota, ReadRange, Remove, Removed, Resource, Target, Transfer,
        TransferDepth, Unlocked, WriteContext, Written,
    },
    body::{BodyError, ByteStream, DavBody},
    error::{Error, ErrorKind, Result},
    handler::{DavHandler, DavHandlerBuilder},
    mount::Mount,
    options::{InfiniteDepth, MissingParent, Options, Spawner, UnreadableDepth},
    property::{
        CoreOptions, CoreProperties, DeadProperties, NameListing, PropertyPage, PropertyProvider,
        Selection, Slot, Wanted,
    },
    report::{
        CollectionHandler, Found, Reply, ReportHandler, ReportRequest, SearchHandler, Source,
    },
    request_line::RequestLineGuard,
    service::DavService,
};
