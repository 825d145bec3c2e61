//! What an endpoint is.

use http::Method;
use serde::{Serialize, de::DeserializeOwned};

/// One operation of the interface: where it is, who may call it, what goes in and what comes out.
///
/// A request is one struct. Fields named like a `{parameter}` of the path travel in the path, the
/// others in the query (GET, DELETE) or the body; servers accept them in any of these places.
/// Optional fields are `Option`s that are skipped when `None`.
///
/// Servers use it through [`ServerEndpoint`](crate::ServerEndpoint), clients through
/// [`ClientEndpoint`](crate::ClientEndpoint); every type that is an `Endpoint` is both.
///
/// ```
/// use allmende_ocs::{Access, Endpoint, Metadata};
/// use serde::{Deserialize, Serialize};
///
/// /// `GET /apps/greeter/api/v1/greeting/{name}`
/// enum Greet {}
///
/// #[derive(Serialize, Deserialize)]
/// struct Request { name: String, #[serde(skip_serializing_if = "Option::is_none")] language: Option<String> }
///
/// #[derive(Serialize, Deserialize)]
/// struct Response { greeting: String }
///
/// impl Endpoint for Greet {
///     const METADATA: Metadata =
///         Metadata::get("/apps/greeter/api/v1/greeting/{name}").access(Access::Public);
///     type Request = Request;
///     type Response = Response;
/// }
/// ```
pub trait Endpoint {
    /// Method, path and who may call.
    const METADATA: Metadata;
    /// All parameters.
    type Request: Serialize + DeserializeOwned;
    /// The data of a success.
    type Response: Serialize + DeserializeOwned;
}

/// Who may call an endpoint at all. Finer rules (only oneself, only one's own groups) are the
/// handler's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Access {
    /// Everybody, logged in or not.
    Public,
    /// Everybody who is logged in.
    #[default]
    User,
    /// Administrators, and sub-administrators within their groups.
    SubAdmin,
    /// Administrators.
    Admin,
}

/// Whether an endpoint wants the person's real password, recently given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Confirmation {
    /// Any credentials will do.
    #[default]
    NotNeeded,
    /// An app password is refused with
    /// [`password_confirmation_required`](crate::OcsError::password_confirmation_required) unless
    /// it has been confirmed a short while ago.
    Password,
}

/// Below which folder of the server an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Base {
    /// `/ocs/v1.php` and `/ocs/v2.php`.
    #[default]
    Api,
    /// `/index.php`, with the envelope of version 1, whatever version the others are asked in.
    FrontPage,
}

impl Base {
    /// The folder of [`FrontPage`](Self::FrontPage).
    pub const FRONT_PAGE: &str = "/index.php";
}

/// Where an endpoint is and who may call it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// The method. `HEAD` is served wherever `GET` is.
    pub method: Method,
    /// Below which folder the path is.
    pub base: Base,
    /// The path below the base, usually `/ocs/v1.php` and `/ocs/v2.php`; a segment `{name}` is a
    /// parameter.
    pub path: &'static str,
    /// Older paths with the same meaning and the same parameters, which servers also answer.
    pub aliases: &'static [&'static str],
    /// Who may call.
    pub access: Access,
    /// Whether the password must be confirmed.
    pub confirmation: Confirmation,
}

impl Metadata {
    /// An endpoint for everybody who is logged in; the other properties are set by the methods.
    #[must_use]
    pub const fn new(method: Method, path: &'static str) -> Self {
        Self {
            method,
            base: Base::Api,
            path,
            aliases: &[],
            access: Access::User,
            confirmation: Confirmation::NotNeeded,
        }
    }

    /// [`new`](Self::new) with `GET`.
    #[must_use]
    pub const fn get(path: &'static str) -> Self {
        Self::new(Method::GET, path)
    }

    /// [`new`](Self::new) with `POST`.
    #[must_use]
    pub const fn post(path: &'static str) -> Self {
        Self::new(Method::POST, path)
    }

    /// [`new`](Self::new) with `PUT`.
    #[must_use]
    pub const fn put(path: &'static str) -> Self {
        Self::new(Method::PUT, path)
    }

    /// [`new`](Self::new) with `DELETE`.
    #[must_use]
    pub const fn delete(path: &'static str) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// The same endpoint below `/index.php`. Servers keep such endpoints in a
    /// [`Router`](crate::Router) of their own and read their requests with
    /// [`OcsRequest::parse_front_page`](crate::OcsRequest::parse_front_page).
    #[must_use]
    pub const fn on_front_page(mut self) -> Self {
        self.base = Base::FrontPage;
        self
    }

    /// The same endpoint for others.
    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// The same endpoint with a confirmed password only.
    #[must_use]
    pub const fn confirmed(mut self) -> Self {
        self.confirmation = Confirmation::Password;
        self
    }

    /// The same endpoint at further paths.
    #[must_use]
    pub const fn also_at(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// The names of the path's parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(parameter_name)
    }
}

/// The name in `{name}` if this template segment is a parameter.
pub(crate) fn parameter_name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
