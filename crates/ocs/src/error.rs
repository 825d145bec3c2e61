//! Status codes, and what a handler answers when it cannot do what was asked.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::{Value, Version};

/// The `statuscode` of an OCS answer.
///
/// 100 and 200 mean success; numbers from 400 mean what they mean in HTTP; 101 to 113 belong to
/// provisioning and mean something else in each endpoint; 996 to 999 belong to the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(pub u16);

impl Code {
    /// Success in version 1.
    pub const OK_V1: Self = Self(100);
    /// Success in version 2.
    pub const OK_V2: Self = Self(200);
    /// Provisioning: a value is invalid, or the person or group does not exist.
    pub const INVALID: Self = Self(101);
    /// Provisioning: it exists already, or (for memberships) the group does not.
    pub const EXISTS: Self = Self(102);
    /// Provisioning: the person does not exist, or creating failed.
    pub const NO_USER: Self = Self(103);
    /// Provisioning: no right for this, or the group does not exist.
    pub const NO_RIGHT: Self = Self(104);
    /// Provisioning: not a sub-administrator of the group, or the change failed.
    pub const NOT_SUBADMIN: Self = Self(105);
    /// Provisioning: a sub-administrator must name a group.
    pub const NO_GROUP: Self = Self(106);
    /// Provisioning: the password policy refuses the password.
    pub const WEAK_PASSWORD: Self = Self(107);
    /// Provisioning: neither a password nor an address to send an invitation to.
    pub const NO_PASSWORD: Self = Self(108);
    /// Provisioning: an e-mail address is required.
    pub const NO_EMAIL: Self = Self(110);
    /// Provisioning: the id could not be made up.
    pub const NO_ID: Self = Self(111);
    /// Provisioning: this field may not be changed, or there is no such field.
    pub const FIELD_NOT_EDITABLE: Self = Self(113);
    /// The request makes no sense.
    pub const BAD_REQUEST: Self = Self(400);
    /// Not allowed.
    pub const FORBIDDEN: Self = Self(403);
    /// Not found.
    pub const NOT_FOUND: Self = Self(404);
    /// In conflict with the present state.
    pub const CONFLICT: Self = Self(409);
    /// A precondition does not hold.
    pub const PRECONDITION_FAILED: Self = Self(412);
    /// Too many requests.
    pub const TOO_MANY_REQUESTS: Self = Self(429);
    /// The service is in maintenance, or a part of it cannot be reached.
    pub const UNAVAILABLE: Self = Self(503);
    /// The server failed.
    pub const SERVER_ERROR: Self = Self(996);
    /// Not authenticated.
    pub const UNAUTHENTICATED: Self = Self(997);
    /// No such route; with an empty message also "not visible to you".
    pub const UNKNOWN: Self = Self(998);
    /// Some other failure.
    pub const OTHER: Self = Self(999);

    /// Whether this means success.
    #[must_use]
    pub fn is_success(self) -> bool {
        self == Self::OK_V1 || (200..300).contains(&self.0)
    }

    /// The HTTP status of an answer with this code.
    ///
    /// Version 1 says 200 whatever happens, except for the three states that a client's HTTP
    /// layer must learn about: 401, 412 and 503.
    ///
    /// ```
    /// use allmende_ocs::{Code, Version};
    ///
    /// assert_eq!(Code::UNKNOWN.http_status(Version::V1), 200);
    /// assert_eq!(Code::UNKNOWN.http_status(Version::V2), 404);
    /// assert_eq!(Code::UNAUTHENTICATED.http_status(Version::V1), 401);
    /// ```
    #[must_use]
    pub fn http_status(self, version: Version) -> StatusCode {
        let real = match self.0 {
            100 => StatusCode::OK,
            101..=199 => StatusCode::BAD_REQUEST,
            997 => StatusCode::UNAUTHORIZED,
            998 => StatusCode::NOT_FOUND,
            code @ 200..=599 => {
                StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let always_real = matches!(
            real,
            StatusCode::UNAUTHORIZED
                | StatusCode::PRECONDITION_FAILED
                | StatusCode::SERVICE_UNAVAILABLE
        );
        if version == Version::V1 && !always_real { StatusCode::OK } else { real }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A failure that is told to the client inside the envelope.
///
/// ```
/// use allmende_ocs::{Code, OcsError};
///
/// let error = OcsError::new(Code::NOT_FOUND, "User does not exist");
/// assert_eq!(error.to_string(), "404: User does not exist");
/// assert!(!error.is_retryable());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OcsError {
    /// The status code.
    pub code: Code,
    /// The message; some clients show it to people.
    pub message: String,
    /// The data of the answer: the empty list unless an endpoint says otherwise.
    pub data: Value,
    /// Headers that belong to this failure, such as `WWW-Authenticate`.
    pub headers: Box<HeaderMap>,
}

impl OcsError {
    /// A failure with empty data.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: Value::empty_list(), headers: Box::default() }
    }

    /// The same failure with other data, for example `null` for a notification that is gone.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = data;
        self
    }

    /// The same failure with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// 998 for a route that does not exist.
    ///
    /// Clients rely on HTTP 404 in version 2: the desktop client asks for an optional
    /// application's route at each start and takes any success for "installed".
    #[must_use]
    pub fn unknown_route() -> Self {
        Self::new(
            Code::UNKNOWN,
            "Invalid query, please check the syntax. API specifications are here: \
             http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n",
        )
    }

    /// 998 without a message: what was asked about exists at most for others.
    #[must_use]
    pub fn not_visible() -> Self {
        Self::new(Code::UNKNOWN, "")
    }

    /// 997 for a request without credentials (or with a scheme that is not understood).
    #[must_use]
    pub fn not_logged_in() -> Self {
        Self::new(Code::UNAUTHENTICATED, "Current user is not logged in")
    }

    /// 997 for wrong credentials, with a `WWW-Authenticate` challenge.
    ///
    /// For scripts in a browser (`X-Requested-With: XMLHttpRequest` among `request_headers`) the
    /// scheme is called `DummyBasic`, so that the browser does not open its own password dialog.
    #[must_use]
    pub fn unauthorised(request_headers: &HeaderMap) -> Self {
        let from_script =
            request_headers.get("x-requested-with").is_some_and(|by| by == "XMLHttpRequest");
        let challenge = if from_script {
            HeaderValue::from_static("DummyBasic realm=\"Authorisation Required\"")
        } else {
            HeaderValue::from_static("Basic realm=\"Authorisation Required\"")
        };
        Self::new(Code::UNAUTHENTICATED, "Unauthorised")
            .with_header(header::WWW_AUTHENTICATE, challenge)
    }

    /// 403 for a call that needs the real password, not an app password.
    #[must_use]
    pub fn password_confirmation_required() -> Self {
        Self::new(Code::FORBIDDEN, "Password confirmation is required")
    }

    /// 403 for a call that only administrators may make.
    #[must_use]
    pub fn admin_required() -> Self {
        Self::new(Code::FORBIDDEN, "Logged in account must be an admin")
    }

    /// 403 for a call that only administrators and sub-administrators may make.
    #[must_use]
    pub fn subadmin_required() -> Self {
        Self::new(Code::FORBIDDEN, "Logged in account must be at least a sub admin")
    }

    /// 400 for parameters that are missing or malformed.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Code::BAD_REQUEST, message)
    }

    /// 503 while the whole service is in maintenance.
    #[must_use]
    pub fn maintenance() -> Self {
        Self::new(Code::UNAVAILABLE, "Service unavailable").with_header(
            HeaderName::from_static("x-nextcloud-maintenance-mode"),
            HeaderValue::from_static("1"),
        )
    }

    /// 503 because something needed for the answer could not be reached.
    ///
    /// Never say 404 for what could not be looked up: a client would delete its copy.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(Code::UNAVAILABLE, "Service unavailable")
    }

    /// 996 for a fault of the server. Causes belong into the log, not into the answer.
    #[must_use]
    pub fn server_error() -> Self {
        Self::new(Code::SERVER_ERROR, "Internal Server Error\n")
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.code, Code::UNAVAILABLE | Code::TOO_MANY_REQUESTS)
    }
}

impl fmt::Display for OcsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message.trim_end())
    }
}

impl std::error::Error for OcsError {}

/// Data could not be written, for example because a map has keys that are no text.
///
/// This is a fault in the type that was to be written and never depends on the network.
#[derive(Debug, thiserror::Error)]
#[error("OCS data could not be written")]
pub struct EncodeError {
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl EncodeError {
    pub(crate) fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}
