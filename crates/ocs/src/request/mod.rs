//! Requests as a server sees them.

mod params;

pub(crate) use params::gather;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::envelope::apply_conditions;
use crate::lenient::from_value;
use crate::{Base, Envelope, Format, OcsError, PathParams, Reply, Value, Version};

/// How large a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestLimits {
    /// Largest body in bytes. Who reads the body from the network stops there, too.
    pub body_bytes: usize,
    /// Most parameters in query and form together; more are refused, not dropped.
    pub parameters: usize,
    /// Deepest nesting of parameters (`a[b][c]=…`, JSON).
    pub depth: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self { body_bytes: 1024 * 1024, parameters: 1000, depth: 16 }
    }
}

/// A request to the OCS interface, with its parameters gathered from query and body.
///
/// Clients send parameters as they like: in the query (even of a POST), as a form, or as JSON. The
/// body wins over the query, and the path over both.
///
/// ```
/// use allmende_ocs::{OcsRequest, PathParams, RequestLimits};
///
/// #[derive(serde::Deserialize)]
/// struct Create { userid: String, #[serde(default)] groups: Vec<String> }
///
/// let (parts, body) = http::Request::post("/ocs/v1.php/cloud/users?userid=ann")
///     .header("Content-Type", "application/x-www-form-urlencoded")
///     .body("groups[]=staff&groups[]=choir")
///     .unwrap()
///     .into_parts();
/// let request = OcsRequest::parse(&parts, body.as_bytes(), RequestLimits::default()).unwrap();
/// let create: Create = request.extract(&PathParams::default()).unwrap();
/// assert_eq!((create.userid.as_str(), create.groups.len()), ("ann", 2));
/// ```
#[derive(Debug, Clone)]
pub struct OcsRequest {
    method: Method,
    path: String,
    envelope: Envelope,
    headers: HeaderMap,
    params: Vec<(String, Value)>,
}

/// A request that could not be read, with what is needed to answer it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Refusal {
    /// How the answer is to be wrapped.
    pub envelope: Envelope,
    /// Why it could not be read.
    pub error: OcsError,
}

impl Refusal {
    /// The answer.
    #[must_use]
    pub fn into_response(self) -> Response<Bytes> {
        self.envelope.failure(&self.error)
    }
}

impl Envelope {
    /// The envelope of the answer as far as path, query and headers tell, for refusals that come
    /// before the body is read (authentication, maintenance). A path outside the interface counts
    /// as version 2.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        Self::wanted(&parts.uri, &parts.headers)
    }

    /// [`of`](Self::of) a request that has not been taken apart.
    #[must_use]
    pub fn of_request<B>(request: &Request<B>) -> Self {
        Self::wanted(request.uri(), request.headers())
    }

    fn wanted(uri: &Uri, headers: &HeaderMap) -> Self {
        let query = uri.query().unwrap_or_default();
        let format = form_urlencoded::parse(query.as_bytes())
            .filter_map(|(key, value)| (key == "format").then_some(value))
            .last();
        Self {
            version: Version::split_path(uri.path())
                .map(|(version, _)| version)
                .unwrap_or_default(),
            format: Format::negotiate(format.as_deref(), headers),
        }
    }
}

impl OcsRequest {
    /// Reads a request. Bodies that are neither a form nor JSON carry no parameters.
    ///
    /// # Errors
    /// [`Refusal`] with 998 for a path outside `/ocs/v1.php/` and `/ocs/v2.php/`, with 400 for a
    /// malformed body or one beyond the limits.
    pub fn parse(parts: &Parts, body: &[u8], limits: RequestLimits) -> Result<Self, Box<Refusal>> {
        let path = Version::split_path(parts.uri.path()).map(|(_, path)| path);
        Self::read(parts, body, limits, Envelope::of(parts), path)
    }

    /// Reads a request to an endpoint on the [front page](crate::Base::FrontPage), whose answers
    /// have the envelope of version 1. `/index.php` may be missing from the path.
    ///
    /// # Errors
    /// [`Refusal`] with 400 for a malformed body or one beyond the limits.
    pub fn parse_front_page(
        parts: &Parts,
        body: &[u8],
        limits: RequestLimits,
    ) -> Result<Self, Box<Refusal>> {
        let envelope = Envelope { version: Version::V1, ..Envelope::of(parts) };
        let path = parts.uri.path();
        let path = path.strip_prefix(Base::FRONT_PAGE).unwrap_or(path);
        Self::read(parts, body, limits, envelope, path.starts_with('/').then_some(path))
    }

    fn read(
        parts: &Parts,
        body: &[u8],
        limits: RequestLimits,
        mut envelope: Envelope,
        path: Option<&str>,
    ) -> Result<Self, Box<Refusal>> {
        let refuse = |error| Box::new(Refusal { envelope, error });
        let path = path.ok_or_else(|| refuse(OcsError::unknown_route()))?;
        let params = gather(parts, body, limits)
            .map_err(|error| refuse(OcsError::bad_request(error.to_string())))?;
        if let Some((_, Value::Text(format))) = params.iter().find(|(key, _)| key == "format") {
            envelope.format = Format::negotiate(Some(format), &parts.headers);
        }
        Ok(Self {
            method: parts.method.clone(),
            path: path.to_owned(),
            envelope,
            headers: parts.headers.clone(),
            params,
        })
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path below `/ocs/v1.php`, `/ocs/v2.php` or `/index.php`, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How the answer is to be wrapped.
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        self.envelope
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Reads typed parameters, converting text as [`from_value`] does.
    ///
    /// # Errors
    /// 400 with the name of the parameter that is missing or malformed.
    pub fn extract<T: DeserializeOwned>(&self, path: &PathParams) -> Result<T, OcsError> {
        let mut params = self.params.clone();
        for (name, value) in path.iter() {
            params::set(&mut params, name, Value::from(value));
        }
        from_value(Value::Map(params)).map_err(|error| OcsError::bad_request(error.to_string()))
    }

    /// Writes the answer to this request: the envelope it asked for, an `ETag` on successful
    /// reads, 304 when the client has that state already, and no body for `HEAD`.
    pub fn respond<T: Serialize>(&self, outcome: Result<Reply<T>, OcsError>) -> Response<Bytes> {
        let succeeded = outcome.is_ok();
        let mut response = self.envelope.respond(outcome);
        if !matches!(self.method, Method::GET | Method::HEAD) {
            return response;
        }
        if succeeded {
            response = apply_conditions(&self.headers, response);
        }
        if self.method == Method::HEAD {
            // RFC 9110 section 9.3.2: the length is that of the body a GET would have had.
            let length = HeaderValue::from(response.body().len());
            response.headers_mut().insert(header::CONTENT_LENGTH, length);
            *response.body_mut() = Bytes::new();
        }
        response
    }
}
