//! Endpoints from the client's side.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::codec::json;
use crate::endpoint::{Base, Metadata, parameter_name};
use crate::error::EncodeError;
use crate::lenient::from_value;
use crate::{DecodeError, Document, Endpoint, Format, OcsError, Value, Version};

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A server to talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Site {
    /// The address up to the folder of the installation, without a final slash.
    pub base: String,
    /// The version to speak; version 2 unless changed.
    pub version: Version,
    /// The form to ask for; JSON unless changed.
    pub format: Format,
}

impl Site {
    /// A server by its address, for example `https://cloud.example.org/nextcloud`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            version: Version::V2,
            format: Format::Json,
        }
    }
}

/// Why a call brought no data.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server answered with a failure.
    #[error("the server refused: {0}")]
    Refused(#[from] OcsError),
    /// 304: nothing new since the state named in the request; for activities also "no more".
    #[error("nothing new")]
    NotModified,
    /// The answer is no OCS answer, and its HTTP status is no success.
    #[error("the server answered with HTTP status {0}")]
    Http(StatusCode),
    /// The answer is not what this endpoint answers.
    #[error("the answer could not be read")]
    Malformed(#[source] DecodeError),
}

impl ClientError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(error) => error.is_retryable(),
            Self::Http(status) => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::NotModified | Self::Malformed(_) => false,
        }
    }
}

/// The client's half of an [`Endpoint`].
///
/// It makes requests and reads answers; sending them, credentials included, is left to the
/// caller's HTTP library.
///
/// ```
/// use allmende_ocs::endpoints::cloud::{Query, groups};
/// use allmende_ocs::{ClientEndpoint, Site};
/// use bytes::Bytes;
///
/// let site = Site::new("https://cloud.example.org");
/// let query = Query { search: Some("st".into()), ..Default::default() };
/// let request = groups::List::to_http(&site, &query)?;
/// assert_eq!(request.uri().path(), "/ocs/v2.php/cloud/groups");
/// assert_eq!(request.headers()["ocs-apirequest"], "true");
///
/// // … and what the HTTP library brought back:
/// let response = http::Response::new(Bytes::from(
///     r#"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":{"groups":["staff"]}}}"#,
/// ));
/// assert_eq!(groups::List::from_http(&response)?.groups, ["staff"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait ClientEndpoint: Endpoint {
    /// Makes the request. GET and DELETE carry their parameters in the query, the others as JSON.
    ///
    /// # Errors
    /// [`EncodeError`] if the request is no map, a path parameter is missing, empty, `.` or `..`
    /// (which would name another route), or the address is no URI.
    fn to_http(site: &Site, request: &Self::Request) -> Result<Request<Bytes>, EncodeError> {
        build(site, &Self::METADATA, json::to_value(request)?)
    }

    /// Reads the answer, in either form and either version.
    ///
    /// # Errors
    /// [`ClientError`].
    fn from_http(response: &Response<Bytes>) -> Result<Self::Response, ClientError> {
        from_value(read(response)?).map_err(ClientError::Malformed)
    }
}

impl<E: Endpoint> ClientEndpoint for E {}

fn build(site: &Site, metadata: &Metadata, params: Value) -> Result<Request<Bytes>, EncodeError> {
    let method = &metadata.method;
    let mut params = match params {
        Value::Map(entries) => entries,
        Value::List(items) if items.is_empty() => Vec::new(),
        _ => return Err(EncodeError::new("the request is no map")),
    };
    let folder = match metadata.base {
        Base::Api => site.version.prefix(),
        Base::FrontPage => Base::FRONT_PAGE,
    };
    let mut uri = format!("{}{folder}", site.base);
    for segment in metadata.path.split('/').skip(1) {
        uri.push('/');
        match parameter_name(segment) {
            Some(name) => uri.extend(utf8_percent_encode(&take(&mut params, name)?, SEGMENT)),
            None => uri.push_str(segment),
        }
    }
    params.retain(|(_, value)| *value != Value::Null);

    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("format", site.format.parameter());
    let in_query = matches!(*method, Method::GET | Method::HEAD | Method::DELETE);
    let mut body = Bytes::new();
    if in_query {
        for (key, value) in &params {
            append(&mut query, key, value);
        }
    } else if !params.is_empty() {
        body = json::write(&Value::Map(params))?.into();
    }
    uri.push('?');
    uri.push_str(&query.finish());

    let mut request = Request::builder()
        .method(method.clone())
        .uri(uri)
        .header("ocs-apirequest", "true")
        .header(header::ACCEPT, site.format.content_type().split(';').next().unwrap_or_default());
    if !body.is_empty() {
        request = request
            .header(header::CONTENT_TYPE, HeaderValue::from_static(Format::Json.content_type()));
    }
    request.body(body).map_err(EncodeError::new)
}

fn take(params: &mut Vec<(String, Value)>, name: &str) -> Result<String, EncodeError> {
    let at = params.iter().position(|(key, _)| key == name);
    match at.map(|at| params.remove(at).1) {
        Some(Value::Text(text)) if !matches!(text.as_str(), "" | "." | "..") => Ok(text),
        Some(Value::Integer(number)) => Ok(number.to_string()),
        Some(Value::Text(_)) => {
            Err(EncodeError::new(format!("the path parameter {name} names another route")))
        }
        _ => Err(EncodeError::new(format!("the path parameter {name} is missing"))),
    }
}

fn append(query: &mut form_urlencoded::Serializer<'_, String>, key: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => {
            query.append_pair(key, if *flag { "true" } else { "false" });
        }
        Value::Integer(number) => {
            query.append_pair(key, &number.to_string());
        }
        Value::Float(number) => {
            query.append_pair(key, &number.to_string());
        }
        Value::Text(text) => {
            query.append_pair(key, text);
        }
        Value::List(items) => {
            for item in items {
                append(query, &format!("{key}[]"), item);
            }
        }
        Value::Map(entries) => {
            for (inner, value) in entries {
                append(query, &format!("{key}[{inner}]"), value);
            }
        }
    }
}

fn read(response: &Response<Bytes>) -> Result<Value, ClientError> {
    let status = response.status();
    match status {
        StatusCode::NOT_MODIFIED => return Err(ClientError::NotModified),
        StatusCode::NO_CONTENT => return Ok(Value::Null),
        _ => {}
    }
    let document = match Document::read(format_of(response), response.body()) {
        Ok(document) => document,
        Err(_) if !status.is_success() => return Err(ClientError::Http(status)),
        Err(error) => return Err(ClientError::Malformed(error)),
    };
    if document.meta.statuscode.is_success() {
        return Ok(document.data);
    }
    Err(ClientError::Refused(OcsError {
        code: document.meta.statuscode,
        message: document.meta.message,
        data: document.data,
        headers: Box::new(response.headers().clone()),
    }))
}

/// The form of an answer: as its type says, or, behind proxies that lose it, as it begins.
fn format_of(response: &Response<Bytes>) -> Format {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match media {
        Some(media) if media.contains("json") => Format::Json,
        Some(media) if media.contains("xml") => Format::Xml,
        _ => match response.body().iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'<') => Format::Xml,
            _ => Format::Json,
        },
    }
}
