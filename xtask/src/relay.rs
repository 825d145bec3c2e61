//! A relay on loopback that tells which requests a client sends and how many bytes.
//!
//! A client's own log differs from version to version; the wire does not. The relay only
//! looks: it passes every byte on unchanged.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::failure::{Context as _, Result};

/// A request line is shorter; what is longer is part of a body.
const LINE_LIMIT: usize = 16 * 1024;

/// The methods that clients of files use.
const METHODS: &[&str] = &[
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LOCK",
    "MKCOL",
    "MOVE",
    "OPTIONS",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "REPORT",
    "SEARCH",
    "UNLOCK",
];

/// What has passed so far.
#[derive(Debug, Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    upstream_bytes: AtomicU64,
}

/// A running relay. Its threads end with their connections, the listener with the process.
#[derive(Debug)]
pub(crate) struct Relay {
    authority: String,
    seen: Arc<Seen>,
}

impl Relay {
    /// Listens on a free port and passes every connection on to `server`.
    pub(crate) fn start(server: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("relay")?;
        let authority = listener.local_addr().context("relay")?.to_string();
        let seen = Arc::new(Seen::default());
        let server = server.to_owned();
        let watch = Arc::clone(&seen);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is down refuses; the client sees a closed connection.
                let Ok(upstream) = TcpStream::connect(&server) else { continue };
                pass(client, upstream, &watch);
            }
        });
        Ok(Self { authority, seen })
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The request lines since the last call, without the version: `PUT /a/b`.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        match self.seen.requests.lock() {
            Ok(mut requests) => std::mem::take(&mut requests),
            Err(poisoned) => std::mem::take(&mut poisoned.into_inner()),
        }
    }

    /// Bytes that clients have sent through the relay in all.
    pub(crate) fn upstream_bytes(&self) -> u64 {
        self.seen.upstream_bytes.load(Ordering::Relaxed)
    }
}

fn pass(client: TcpStream, upstream: TcpStream, seen: &Arc<Seen>) {
    let (Ok(client_in), Ok(upstream_in)) = (client.try_clone(), upstream.try_clone()) else {
        return;
    };
    let watch = Arc::clone(seen);
    std::thread::spawn(move || copy(client_in, upstream, Some(&watch)));
    std::thread::spawn(move || copy(upstream_in, client, None));
}

/// Copies until one side ends, then ends the other side in both directions.
fn copy(mut from: TcpStream, mut to: TcpStream, seen: Option<&Seen>) {
    let mut buffer = vec![0_u8; 64 * 1024];
    let mut lines = Lines::default();
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if let Some(seen) = seen {
            seen.upstream_bytes.fetch_add(read as u64, Ordering::Relaxed);
            lines.feed(&buffer[..read], |request| {
                if let Ok(mut requests) = seen.requests.lock() {
                    requests.push(request);
                }
            });
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

/// Finds request lines in a stream of requests without reading their framing.
///
/// A line counts that ends with a method, a path and `HTTP/1.1`. It may follow a body without a
/// line end between, so the method is looked for from the right.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
}

impl Lines {
    fn feed(&mut self, bytes: &[u8], mut found: impl FnMut(String)) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                if let Some(request) = request_line(&self.line) {
                    found(request);
                }
                self.line.clear();
            } else if self.line.len() > LINE_LIMIT {
                // Keep the end: a request line may begin in it.
                self.line.drain(..self.line.len() - LINE_LIMIT / 2);
            }
        }
    }
}

fn request_line(line: &[u8]) -> Option<String> {
    let line = line.strip_suffix(b" HTTP/1.1\r\n")?;
    let space = line.windows(2).rposition(|pair| pair == b" /")?;
    let (before, target) = (&line[..space], &line[space + 1..]);
    if target.contains(&b' ') {
        return None;
    }
    // The longest that fits: what stands before it may be the end of a body.
    let method = METHODS
        .iter()
        .filter(|method| before.ends_with(method.as_bytes()))
        .max_by_key(|method| method.len())?;
    Some(format!("{method} {}", String::from_utf8_lossy(target)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_found_in_any_split_and_after_bodies() {
        let stream = b"PUT /a%20b HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel\nLMOVE /x HTTP/1.1\r\nHost: /\r\n\r\n";
        for size in 1..stream.len() {
            let mut lines = Lines::default();
            let mut found = Vec::new();
            for part in stream.chunks(size) {
                lines.feed(part, |request| found.push(request));
            }
            assert_eq!(found.len(), 2, "{found:?}");
            assert_eq!(found[0], "PUT /a%20b");
            assert_eq!(found[1], "MOVE /x");
        }
    }

    #[test]
    fn bytes_pass_unchanged_in_both_directions() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let echo = std::thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            let mut request = [0_u8; 19];
            stream.read_exact(&mut request).unwrap();
            stream.write_all(b"answer").unwrap();
            request
        });
        let relay = Relay::start(&address).unwrap();
        let mut client = TcpStream::connect(relay.authority()).unwrap();
        client.write_all(b"GET /q HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "answer");
        assert_eq!(&echo.join().unwrap(), b"GET /q HTTP/1.1\r\n\r\n");
        assert_eq!(relay.take_requests(), ["GET /q"]);
        assert_eq!(relay.upstream_bytes(), 19);
    }
}
