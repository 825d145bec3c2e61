//! What a backend is asked to do, and what it answers.

use std::fmt;

use allmende_types::SpacePath;
use allmende_webdav_proto::{PropName, request::PropUpdate};
use http::HeaderMap;

use super::Entry;
use crate::{body::ByteStream, error::Error, lock::LockToken};

/// Which bytes to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadRange {
    /// All.
    Whole,
    /// `length` bytes from `start`; the handler has checked that they exist.
    Part {
        /// The first byte.
        start: u64,
        /// How many, at least one.
        length: u64,
    },
}

/// The place that a write goes to, with what the handler saw there.
#[derive(Debug, Clone)]
pub struct Target<R> {
    /// Where.
    pub path: SpacePath,
    /// What stood there.
    pub seen: Option<R>,
    /// Whether that must still hold.
    pub expect: Expect,
}

/// Whether what the handler saw must still hold when the change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Whatever is there now: the request had no condition.
    Any,
    /// The resource seen, with the same etag; or nothing, if nothing was seen.
    AsSeen,
}

/// What every write carries.
#[derive(Debug, Clone, Copy)]
pub struct WriteContext<'a> {
    /// The request's headers, for what a dialect puts there.
    pub headers: &'a HeaderMap,
    /// The lock tokens that the request submitted: all in its `If` header.
    pub tokens: &'a [LockToken],
}

/// See [`Backend::put`](super::Backend::put).
pub struct Put<'a, R> {
    /// Where.
    pub target: Target<R>,
    /// The content.
    pub body: ByteStream,
    /// Its length, if the client told it.
    pub length: Option<u64>,
    /// Its media type, if the client told it. A backend may know better.
    pub content_type: Option<&'a str>,
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

impl<R: fmt::Debug> fmt::Debug for Put<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put")
            .field("target", &self.target)
            .field("length", &self.length)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// See [`Backend::make_collection`](super::Backend::make_collection).
#[derive(Debug)]
pub struct MakeCollection<'a> {
    /// Where. The handler saw nothing there.
    pub path: SpacePath,
    /// Properties that it has from the beginning (RFC 5689).
    pub properties: &'a [PropUpdate],
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

/// See [`Backend::remove`](super::Backend::remove).
#[derive(Debug)]
pub struct Remove<'a, R> {
    /// What.
    pub source: Entry<R>,
    /// Whether it must still be as seen.
    pub expect: Expect,
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

/// See [`Backend::copy`](super::Backend::copy) and [`Backend::rename`](super::Backend::rename).
#[derive(Debug)]
pub struct Transfer<'a, R> {
    /// What.
    pub source: Entry<R>,
    /// Whether it must still be as seen.
    pub expect: Expect,
    /// Where to.
    pub target: Target<R>,
    /// With or without what is below a folder. A rename takes everything.
    pub depth: TransferDepth,
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

/// How much of a folder is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferDepth {
    /// The folder with its properties and no members.
    Alone,
    /// Everything below it too.
    Everything,
}

/// What a write did.
#[derive(Debug)]
pub struct Written<R> {
    /// The resource as it is now.
    pub resource: R,
    /// Whether it stood there before.
    pub change: Change,
    /// Headers for the answer, beside those that the handler sets.
    pub headers: HeaderMap,
    /// What was left undone below it; only of backends that are not atomic.
    pub failures: Vec<Failure>,
}

impl<R> Written<R> {
    /// A write that did everything and has no headers to add.
    pub fn new(resource: R, change: Change) -> Self {
        Self { resource, change, headers: HeaderMap::new(), failures: Vec::new() }
    }
}

/// Whether something stood at the place of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: 201.
    Created,
    /// Something, which was replaced: 204.
    Replaced,
}

/// What a removal did.
#[derive(Debug, Default)]
pub struct Removed {
    /// Headers for the answer.
    pub headers: HeaderMap,
    /// What is still there; only of backends that are not atomic.
    pub failures: Vec<Failure>,
}

/// One member that a change of a whole folder left as it was.
#[derive(Debug)]
pub struct Failure {
    /// Which.
    pub path: SpacePath,
    /// Why.
    pub error: Error,
}

/// See [`Backend::patch_properties`](super::Backend::patch_properties).
#[derive(Debug)]
pub struct Patch<'a, R> {
    /// Of which resource.
    pub target: Entry<R>,
    /// Whether it must still be as seen.
    pub expect: Expect,
    /// What to set and remove, in this order.
    pub changes: &'a [PropUpdate],
    /// Headers and tokens.
    pub context: WriteContext<'a>,
}

/// What came of a change of properties.
#[derive(Debug)]
pub enum Patched {
    /// All of it.
    Done,
    /// Nothing of it, because of these: positions in [`Patch::changes`].
    Refused(Vec<(usize, Error)>),
}

/// A property that the server keeps and does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadProperty {
    /// Its name.
    pub name: PropName,
    /// The element itself, as XML with all namespace declarations that it needs.
    pub xml: Box<str>,
}

/// How much room a folder has (RFC 4331).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes in use.
    pub used: u64,
    /// Bytes that can still be written; without limit if none.
    pub available: Option<u64>,
}

/// What came of giving a lock back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlocked {
    /// It is gone.
    Done,
    /// No such lock covers the path.
    NoSuchLock,
}
