//! HTTP: one server, with or without credentials.

use std::time::Duration;

use allmende_ocs::{ClientEndpoint, MAX_DOCUMENT_BYTES, Site};
use allmende_webdav_proto::{DavErrorBody, Href, XmlLimits};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, SendBody};

use crate::failure::Failure;

/// Joining the pieces of a large upload takes a server its time.
const PATIENCE: Duration = Duration::from_secs(600);
/// Longer answers than this to a failed request tell nobody anything.
const ERROR_BYTES: u64 = 1 << 20;

/// A server to talk to.
pub(crate) struct Client {
    agent: Agent,
    site: Site,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// A server by its address, without credentials.
    pub(crate) fn guest(server: &str) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            // Credentials go to the server that was logged in to, and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(PATIENCE))
            .user_agent(format!("ocs on {} ({})", host_name(), env!("CARGO_PKG_NAME")));
        if server.starts_with("https:") {
            config = config.tls_config(TlsConfig::builder().root_certs(roots()).build());
        }
        Self { agent: config.build().into(), site: Site::new(server), authorization: None }
    }

    /// The same server with a name and a password.
    pub(crate) fn basic(server: &str, name: &str, password: &str) -> Result<Self, Failure> {
        let credentials = STANDARD.encode(format!("{name}:{password}"));
        let mut value =
            HeaderValue::try_from(format!("Basic {credentials}")).map_err(http::Error::from)?;
        value.set_sensitive(true);
        Ok(Self { authorization: Some(value), ..Self::guest(server) })
    }

    /// The address up to the folder of the installation, without a final slash.
    pub(crate) fn server(&self) -> &str {
        &self.site.base
    }

    /// Calls an endpoint of the API.
    pub(crate) fn call<E: ClientEndpoint>(
        &self,
        request: &E::Request,
    ) -> Result<E::Response, Failure> {
        let response = self.send(E::to_http(&self.site, request)?, MAX_DOCUMENT_BYTES as u64)?;
        Ok(E::from_http(&response)?)
    }

    /// A request to a resource of this server.
    pub(crate) fn request(&self, method: Method, href: &Href) -> request::Builder {
        Request::builder().method(method).uri(format!("{}{href}", self.site.base))
    }

    /// Sends a short request and reads the whole answer, whatever its status, up to a limit.
    pub(crate) fn send(
        &self,
        request: Request<impl AsRef<[u8]>>,
        limit: u64,
    ) -> Result<Response<Bytes>, Failure> {
        let (parts, body) = request.into_parts();
        let body = body.as_ref();
        // These methods always say how long their body is.
        let framed = matches!(parts.method, Method::POST | Method::PUT);
        let response = if body.is_empty() && !framed {
            self.run(Request::from_parts(parts, ()))?
        } else {
            self.run(Request::from_parts(parts, body))?
        };
        self.read(response, limit)
    }

    /// Sends a request to WebDAV and demands success.
    pub(crate) fn dav(
        &self,
        request: Request<impl AsRef<[u8]>>,
        limit: u64,
    ) -> Result<Response<Bytes>, Failure> {
        let response = self.send(request, limit)?;
        if response.status().is_success() { Ok(response) } else { Err(refused(&response)) }
    }

    /// Sends a long body, whose length the request has to name, and demands success.
    pub(crate) fn upload(
        &self,
        request: request::Builder,
        body: &mut dyn std::io::Read,
    ) -> Result<Response<Bytes>, Failure> {
        let response = self.run(request.body(SendBody::from_reader(body))?)?;
        let response = self.read(response, ERROR_BYTES)?;
        if response.status().is_success() { Ok(response) } else { Err(refused(&response)) }
    }

    /// Asks for a long body, which is left to be read, and demands success.
    pub(crate) fn download(&self, request: Request<()>) -> Result<Response<Body>, Failure> {
        let response = self.run(request)?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refused(&self.read(response, ERROR_BYTES)?))
    }

    fn run(&self, mut request: Request<impl ureq::AsSendBody>) -> Result<Response<Body>, Failure> {
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        let response = self.agent.run(request).map_err(|error| self.unreachable(error))?;
        match response.headers().get(header::LOCATION) {
            Some(location) if response.status().is_redirection() => {
                Err(Failure::Moved(String::from_utf8_lossy(location.as_bytes()).into_owned()))
            }
            _ => Ok(response),
        }
    }

    fn read(&self, response: Response<Body>, limit: u64) -> Result<Response<Bytes>, Failure> {
        let (parts, body) = response.into_parts();
        let bytes = body.into_with_config().limit(limit).read_to_vec();
        let bytes = bytes.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(limit) => {
                Failure::Malformed(format!("it is longer than {limit} bytes"))
            }
            other => self.unreachable(other),
        })?;
        Ok(Response::from_parts(parts, bytes.into()))
    }

    fn unreachable(&self, source: ureq::Error) -> Failure {
        Failure::Unreachable { server: self.site.base.clone(), source: source.into() }
    }
}

/// A refusal in the server's own words, if it has any.
fn refused(response: &Response<Bytes>) -> Failure {
    let status = response.status();
    let said = DavErrorBody::parse(response.body(), &XmlLimits::default())
        .map(|error| error.message)
        .ok()
        .filter(|message| !message.trim().is_empty());
    Failure::Refused { status, message: said.unwrap_or_else(|| meaning(status)) }
}

fn meaning(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("the server refused").to_owned()
}

/// The certificate authorities that this machine trusts, an office's own among them; those that
/// browsers trust if it names none.
fn roots() -> RootCerts {
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        return RootCerts::WebPki;
    }
    found.iter().map(|der| Certificate::from_der(der).to_owned()).collect::<Vec<_>>().into()
}

/// The name of this machine, by which a person knows the app password again.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain: String =
        name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
    if plain.is_empty() { "a computer".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_servers_words() {
        let answer = |status: u16, body: Vec<u8>| {
            Response::builder().status(status).body(Bytes::from(body)).unwrap()
        };
        let body = DavErrorBody::new("Sabre\\DAV\\Exception\\NotFound", "File not found: a.txt");
        let told = refused(&answer(404, body.to_bytes())).to_string();
        assert_eq!(told, "File not found: a.txt (HTTP 404)");
        let told = refused(&answer(507, b"<html>".to_vec())).to_string();
        assert_eq!(told, "Insufficient Storage (HTTP 507)");
    }
}
