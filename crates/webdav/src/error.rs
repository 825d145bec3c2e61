//! What can go wrong, and the one place where it becomes a status and an error body.

use std::{borrow::Cow, error::Error as StdError, fmt, io};

use allmende_types::{ETag, InvalidName, InvalidPath, SpacePath};
use allmende_webdav_proto::{
    Condition, DavErrorBody, DestinationError, Href, RequestError, XmlError,
    error::{Retry, RetryAdvice},
    headers::HeaderError,
};
use http::StatusCode;

/// A result of a backend, a plug-in or a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not answered as it wished.
///
/// The kind decides the status; the message is shown to people by every client, so it
/// says nothing that a stranger may not read. The source is for logs only.
///
/// ```
/// use allmende_webdav::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Forbidden, "The folder is read-only");
/// assert_eq!(error.status(), http::StatusCode::FORBIDDEN);
/// assert_eq!(error.exception(), "Sabre\\DAV\\Exception\\Forbidden");
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
    exception: Option<Cow<'static, str>>,
    details: Box<Details>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What an error body says beside the exception and the message.
#[derive(Debug, Clone, Default)]
struct Details {
    locked: Vec<SpacePath>,
    conditions: Vec<Condition>,
    header: Option<&'static str>,
    retry: Option<Retry>,
    hint: Option<String>,
    etag: Option<ETag>,
}

/// The kinds of failure. Each has one status and one exception name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request cannot be understood (400).
    BadRequest,
    /// A name that the server does not give to files or folders (400).
    InvalidName,
    /// The request needs credentials (401).
    Unauthorized,
    /// It is understood and refused, whoever asks again (403).
    Forbidden,
    /// The resource is not there. Said only with authority (404).
    NotFound,
    /// The method means nothing on this resource (405).
    MethodNotAllowed,
    /// An ancestor is missing or the state does not admit the change (409).
    Conflict,
    /// The folder that the write would go into is not there (409).
    MissingParent,
    /// A condition of the request does not hold; also a change that came in between (412).
    PreconditionFailed,
    /// The request's body is larger than the server reads (413).
    TooLarge,
    /// The body is of a kind that the method does not take (415).
    UnsupportedMediaType,
    /// The report is not known here (415).
    ReportNotSupported,
    /// No byte of the range exists (416).
    RangeNotSatisfiable,
    /// The value cannot be given to the property or resource (422).
    Unprocessable,
    /// A lock stands in the way (423).
    Locked,
    /// Another part of the same request failed (424).
    FailedDependency,
    /// Too many requests (429).
    Throttled,
    /// A fault of the server (500).
    Internal,
    /// The method or the kind of body is not known to the server (501).
    NotImplemented,
    /// The destination lies on another server (502).
    BadGateway,
    /// The server cannot look or write now; trying again can help (503).
    Unavailable,
    /// There is no room (507).
    InsufficientStorage,
}

impl ErrorKind {
    /// The status and sabre's exception name: clients show the one and some of them
    /// switch on the other.
    const fn table(self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "Sabre\\DAV\\Exception\\BadRequest"),
            Self::InvalidName => {
                (StatusCode::BAD_REQUEST, "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath")
            }
            Self::Unauthorized => {
                (StatusCode::UNAUTHORIZED, "Sabre\\DAV\\Exception\\NotAuthenticated")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "Sabre\\DAV\\Exception\\Forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Sabre\\DAV\\Exception\\NotFound"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "Sabre\\DAV\\Exception\\MethodNotAllowed")
            }
            Self::Conflict | Self::MissingParent => {
                (StatusCode::CONFLICT, "Sabre\\DAV\\Exception\\Conflict")
            }
            Self::PreconditionFailed => {
                (StatusCode::PRECONDITION_FAILED, "Sabre\\DAV\\Exception\\PreconditionFailed")
            }
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "OCA\\DAV\\Connector\\Sabre\\Exception\\EntityTooLarge",
            ),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Sabre\\DAV\\Exception\\UnsupportedMediaType")
            }
            Self::ReportNotSupported => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Sabre\\DAV\\Exception\\ReportNotSupported")
            }
            Self::RangeNotSatisfiable => (
                StatusCode::RANGE_NOT_SATISFIABLE,
                "Sabre\\DAV\\Exception\\RequestedRangeNotSatisfiable",
            ),
            Self::Unprocessable => {
                (StatusCode::UNPROCESSABLE_ENTITY, "Sabre\\DAV\\Exception\\BadRequest")
            }
            Self::Locked => (StatusCode::LOCKED, "Sabre\\DAV\\Exception\\Locked"),
            Self::FailedDependency => {
                (StatusCode::FAILED_DEPENDENCY, "Sabre\\DAV\\Exception\\FailedDependency")
            }
            Self::Throttled => (
                StatusCode::TOO_MANY_REQUESTS,
                "OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests",
            ),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Sabre\\DAV\\Exception"),
            Self::NotImplemented => {
                (StatusCode::NOT_IMPLEMENTED, "Sabre\\DAV\\Exception\\NotImplemented")
            }
            Self::BadGateway => (StatusCode::BAD_GATEWAY, "Sabre\\DAV\\Exception\\BadGateway"),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "Sabre\\DAV\\Exception\\ServiceUnavailable")
            }
            Self::InsufficientStorage => {
                (StatusCode::INSUFFICIENT_STORAGE, "Sabre\\DAV\\Exception\\InsufficientStorage")
            }
        }
    }
}

impl Error {
    /// An error of a kind, with the message that people read.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { kind, message, exception: None, details: Box::default(), source: None }
    }

    /// Locks stand in the way, which were taken on these resources; empty if the caller
    /// may not know which.
    #[must_use]
    pub fn locked(roots: Vec<SpacePath>) -> Self {
        let mut error = Self::new(ErrorKind::Locked, "The resource is locked");
        error.details.locked = roots;
        error
    }

    /// A condition of the request that does not hold, named by its header.
    #[must_use]
    pub fn precondition(header: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(ErrorKind::PreconditionFailed, message);
        error.details.header = Some(header);
        error
    }

    /// Something changed between the evaluation of the request's conditions and the write.
    #[must_use]
    pub fn changed() -> Self {
        Self::new(ErrorKind::PreconditionFailed, "The resource was changed meanwhile")
    }

    /// The resource is not there.
    #[must_use]
    pub fn not_found(path: &SpacePath) -> Self {
        let message = format!("File with name /{path} could not be located");
        Self::new(ErrorKind::NotFound, message)
    }

    /// The folder that the write would go into is not there.
    #[must_use]
    pub fn missing_parent() -> Self {
        Self::new(ErrorKind::MissingParent, "Parent node does not exist")
    }

    /// The property is the server's own matter.
    #[must_use]
    pub fn protected_property() -> Self {
        Self::new(ErrorKind::Forbidden, "The property is protected")
            .with_condition(Condition::CannotModifyProtectedProperty)
    }

    /// The body that a client sends broke off or is not as long as announced.
    #[must_use]
    pub fn body(error: io::Error) -> Self {
        Self::new(ErrorKind::BadRequest, format!("The body is not usable: {error}"))
            .with_source(error)
    }

    /// The same with a condition code in its body (RFC 4918, section 16).
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.details.conditions.push(condition);
        self
    }

    /// The same with the advice that the mobile clients read.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.details.retry = Some(retry);
        self
    }

    /// The same with a hint for sign-in dialogues.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.details.hint = Some(hint.into());
        self
    }

    /// The same with the etag that the resource has now: whoever failed on a condition need
    /// not ask for it.
    #[must_use]
    pub fn with_etag(mut self, etag: Option<ETag>) -> Self {
        self.details.etag = etag;
        self
    }

    /// The same under another exception name, where a client switches on it.
    #[must_use]
    pub fn with_exception(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.exception = Some(name.into());
        self
    }

    /// The same, caused by another error, which no client sees.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The status that the kind stands for.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.kind.table().0
    }

    /// The exception name in the body.
    #[must_use]
    pub fn exception(&self) -> &str {
        self.exception.as_deref().unwrap_or(self.kind.table().1)
    }

    /// The message in the body.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where the locks were taken that stand in the way.
    #[must_use]
    pub fn locked_roots(&self) -> &[SpacePath] {
        &self.details.locked
    }

    /// The condition codes.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.details.conditions
    }

    /// The etag that the resource has now, if it was told.
    #[must_use]
    pub fn etag(&self) -> Option<&ETag> {
        self.details.etag.as_ref()
    }

    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable | ErrorKind::Throttled)
    }

    /// The body that clients read. `href` says how a path is written in it.
    #[must_use]
    pub fn body_xml(&self, href: impl Fn(&SpacePath) -> Href) -> Vec<u8> {
        let mut body = DavErrorBody::new(self.exception(), self.message());
        body.header = self.details.header.map(str::to_owned);
        body.retry.clone_from(&self.details.retry);
        body.hint.clone_from(&self.details.hint);
        body.conditions.clone_from(&self.details.conditions);
        if !self.details.locked.is_empty() {
            let roots = self.details.locked.iter().map(href).collect();
            body.conditions.push(Condition::LockTokenSubmitted(roots));
        }
        body.to_bytes()
    }

    /// Names the locks in the way as those that keep a new one from being granted, not as
    /// those whose token is missing.
    pub(crate) fn conflicting(mut self, href: impl Fn(&SpacePath) -> Href) -> Self {
        let roots = std::mem::take(&mut self.details.locked);
        self.with_exception("Sabre\\DAV\\Exception\\ConflictingLock")
            .with_condition(Condition::NoConflictingLock(roots.iter().map(href).collect()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status(), self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl From<InvalidName> for Error {
    fn from(error: InvalidName) -> Self {
        let retry = Retry { advice: RetryAdvice::GiveUp, reason: error.to_string() };
        Self::new(ErrorKind::InvalidName, error.to_string()).with_retry(retry).with_source(error)
    }
}

impl From<InvalidPath> for Error {
    fn from(error: InvalidPath) -> Self {
        match error {
            InvalidPath::Name(name) => name.into(),
            deep => Self::new(ErrorKind::InvalidName, deep.to_string()).with_source(deep),
        }
    }
}

/// Headers and bodies that cannot be read are the client's fault, whatever is wrong with them.
macro_rules! bad_request {
    ($($error:ty),*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::new(ErrorKind::BadRequest, error.to_string()).with_source(error)
            }
        }
    )*};
}

bad_request!(HeaderError, XmlError, RequestError, DestinationError);
