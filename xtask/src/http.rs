//! A small HTTP/1.1 client that sends paths and headers exactly as they are given.
//!
//! Client libraries normalise what the tests are about: `..`, `%zz`, raw bytes, the case of
//! header names. This one writes the request line as it is told and closes the connection
//! after one exchange. For loopback only.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::failure::{Context as _, Result, ensure, fail};

/// No answer in the tests comes near it; more would be a server that never ends.
const BODY_LIMIT: u64 = 1 << 30;

/// Where a collection is and who may use it.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// `127.0.0.1:8080`
    pub(crate) authority: String,
    /// The collection's path, with a slash at both ends.
    pub(crate) path: String,
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Endpoint {
    /// Takes an address of the form `http://HOST:PORT/PATH/`.
    pub(crate) fn new(url: &str, user: &str, password: &str) -> Result<Self> {
        let rest = url.strip_prefix("http://").context("only http:// URLs are supported")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        ensure!(!authority.is_empty(), "no host in {url}");
        let path = if path.is_empty() { "/".to_owned() } else { format!("/{path}") };
        Ok(Self {
            authority: authority.to_owned(),
            path: if path.ends_with('/') { path } else { path + "/" },
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    /// The collection's address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.authority, self.path)
    }

    /// The same server and person with another collection.
    pub(crate) fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// A request to this server by this person; `path` is taken as it is.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(&self.authority, method, path).basic(&self.user, &self.password)
    }
}

/// A request that is being built.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    authority: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The first header of that name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Request {
    pub(crate) fn new(authority: &str, method: &str, target: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Credentials as RFC 7617 writes them.
    pub(crate) fn basic(self, user: &str, password: &str) -> Self {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        self.header("Authorization", &format!("Basic {credentials}"))
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Method and address, for messages.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// Sends the request and reads the whole answer.
    pub(crate) fn send(&self) -> Result<Response> {
        let what = self.line();
        let stream = TcpStream::connect(&self.authority).context(&what)?;
        stream.set_read_timeout(Some(Duration::from_secs(120))).context(&what)?;
        stream.set_write_timeout(Some(Duration::from_secs(120))).context(&what)?;
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let given = |name: &str| self.headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        if !given("host") {
            head.push_str(&format!("Host: {}\r\n", self.authority));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let bodiless = matches!(self.method.as_str(), "GET" | "HEAD") && self.body.is_empty();
        if !given("content-length") && !bodiless {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str("Connection: close\r\n\r\n");
        let mut writer = &stream;
        writer.write_all(head.as_bytes()).context(&what)?;
        // A server may refuse and close before it has read the body; its answer counts then.
        let sent = writer.write_all(&self.body);
        match read_response(BufReader::new(&stream), &self.method) {
            Ok(response) => Ok(response),
            Err(failure) => match sent {
                Err(error) => fail!("{what}: {error}"),
                Ok(()) => fail!("{what}: {failure}"),
            },
        }
    }
}

fn read_response(mut reader: impl BufRead, method: &str) -> Result<Response> {
    loop {
        let (status, headers) = read_head(&mut reader)?;
        if (100..200).contains(&status) {
            continue;
        }
        let mut response = Response { status, headers, body: Vec::new() };
        if method != "HEAD" && status != 204 && status != 304 {
            response.body = read_body(&mut reader, &response)?;
        }
        return Ok(response);
    }
}

fn read_line(reader: &mut impl BufRead) -> Result<String> {
    let mut line = Vec::new();
    let read = reader.take(64 * 1024).read_until(b'\n', &mut line).context("reading the head")?;
    ensure!(read > 0 && line.ends_with(b"\n"), "the connection ended within the head");
    while matches!(line.last(), Some(b'\r' | b'\n')) {
        line.pop();
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

fn read_head(reader: &mut impl BufRead) -> Result<(u16, Vec<(String, String)>)> {
    let line = read_line(reader)?;
    let status = line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| digits.parse().ok())
        .context(format!("not a status line: {line:?}"))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok((status, headers));
        }
        let (name, value) = line.split_once(':').context(format!("not a header: {line:?}"))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn read_body(reader: &mut impl BufRead, response: &Response) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if response.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        loop {
            let line = read_line(reader)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).context(format!("chunk size {line:?}"))?;
            ensure!(body.len() as u64 + size <= BODY_LIMIT, "the body is too long");
            let before = body.len() as u64;
            reader.take(size).read_to_end(&mut body).context("reading a chunk")?;
            ensure!(body.len() as u64 - before == size, "the connection ended within a chunk");
            let end = read_line(reader)?;
            if size == 0 {
                let mut trailer = end;
                while !trailer.is_empty() {
                    trailer = read_line(reader)?;
                }
                return Ok(body);
            }
        }
    }
    let length = match response.header("content-length") {
        Some(value) => Some(value.parse::<u64>().context("Content-Length")?),
        None => None,
    };
    ensure!(length.unwrap_or(0) <= BODY_LIMIT, "the body is too long");
    reader.take(length.unwrap_or(BODY_LIMIT)).read_to_end(&mut body).context("reading the body")?;
    if let Some(length) = length {
        ensure!(body.len() as u64 == length, "{} of {length} bytes arrived", body.len());
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let endpoint = Endpoint::new("http://127.0.0.1:80/remote.php/webdav", "u", "p").unwrap();
        assert_eq!(endpoint.authority, "127.0.0.1:80");
        assert_eq!(endpoint.path, "/remote.php/webdav/");
        assert_eq!(Endpoint::new("http://h", "u", "p").unwrap().url(), "http://h/");
        assert!(Endpoint::new("https://h/", "u", "p").is_err());
    }

    #[test]
    fn both_framings_are_read() {
        let sized = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabX";
        let response = read_response(&sized[..], "GET").unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, &b"ab"[..]));
        let chunked =
            b"HTTP/1.1 207 M\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n";
        assert_eq!(read_response(&chunked[..], "GET").unwrap().body, b"abc");
    }

    #[test]
    fn a_body_that_is_cut_is_a_failure() {
        let sized = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab";
        assert_eq!(
            read_response(&sized[..], "GET").unwrap_err().to_string(),
            "2 of 3 bytes arrived"
        );
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";
        assert!(read_response(&chunked[..], "GET").is_err());
    }
}
