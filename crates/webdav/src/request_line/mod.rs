//! A guard in front of an HTTP/1 server, for what its parser does not tell.

#[cfg(feature = "tokio-io")]
mod stream;

#[cfg(feature = "tokio-io")]
pub use self::stream::GuardedStream;

/// Makes a request whose target has a fragment fail.
///
/// A fragment has no place in a request (RFC 9112, section 3.2): a client that sends `#`
/// has forgotten to encode it. The `http` crate drops it silently, so that
/// `DELETE /folder/#name` would delete the whole folder. This guard sees the bytes of a
/// connection before the parser does, follows the framing of HTTP/1 (RFC 9112, section 6),
/// and makes the `#` in a request line a byte that every parser refuses. Contents pass
/// untouched; and so does everything once the framing is not certain any more.
///
/// It does no I/O: whoever reads the connection calls [`RequestLineGuard::pass`] on what
/// was read, in order; `GuardedStream` (feature `tokio-io`) does it for tokio's streams.
///
/// ```
/// use allmende_webdav::RequestLineGuard;
///
/// let mut guard = RequestLineGuard::default();
/// let mut bytes = *b"PUT /a#b HTTP/1.1\r\nContent-Length: 3\r\n\r\n#\n#GET /#";
/// guard.pass(&mut bytes);
/// assert_eq!(bytes, *b"PUT /a\x7fb HTTP/1.1\r\nContent-Length: 3\r\n\r\n#\n#GET /\x7f");
/// ```
#[derive(Debug, Clone, Default)]
pub struct RequestLineGuard {
    state: State,
    /// The header line so far, as far as it can matter.
    line: Vec<u8>,
    /// What the heads so far say of the body.
    body: Body,
}

/// The longest header line that is looked at; a longer one cannot be the framing's.
const LONGEST: usize = 256;
/// A byte that is allowed in no request line.
const REFUSED: u8 = 0x7f;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Inside the request line, or on an empty line before it.
    #[default]
    RequestLine,
    /// Inside the headers.
    Headers,
    /// This many bytes of content are to come.
    Content(u64),
    /// Inside the line with the size of a chunk.
    ChunkSize,
    /// This many bytes of a chunk and its line end are to come.
    Chunk(u64),
    /// Inside the trailers.
    Trailers,
    /// The framing is not certain: everything passes.
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Body {
    #[default]
    None,
    Length(u64),
    Chunked,
    Unknown,
}

impl RequestLineGuard {
    /// Looks at the next bytes of the connection, and changes `#` in request lines.
    pub fn pass(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        while at < bytes.len() {
            at = match self.state {
                State::Open => return,
                State::Content(left) | State::Chunk(left) => {
                    let here = (bytes.len() - at) as u64;
                    let taken = left.min(here);
                    self.skip(taken);
                    at + usize::try_from(taken).unwrap_or(usize::MAX)
                }
                _ => {
                    if bytes[at] == b'#' && self.state == State::RequestLine {
                        bytes[at] = REFUSED;
                    }
                    self.byte(bytes[at]);
                    at + 1
                }
            };
        }
    }

    fn skip(&mut self, taken: u64) {
        self.state = match self.state {
            State::Content(left) if left > taken => State::Content(left - taken),
            State::Chunk(left) if left > taken => State::Chunk(left - taken),
            State::Chunk(_) => State::ChunkSize,
            _ => State::RequestLine,
        };
    }

    /// A byte of a line.
    fn byte(&mut self, byte: u8) {
        if byte != b'\n' {
            if self.line.len() <= LONGEST {
                self.line.push(byte);
            }
            return;
        }
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        self.state = match self.state {
            // Empty lines before a request are ignored (RFC 9112, section 2.2).
            State::RequestLine if line.is_empty() => State::RequestLine,
            State::RequestLine => {
                self.body = Body::None;
                State::Headers
            }
            State::Headers if line.is_empty() => match self.body {
                Body::None | Body::Length(0) => State::RequestLine,
                Body::Length(length) => State::Content(length),
                Body::Chunked => State::ChunkSize,
                Body::Unknown => State::Open,
            },
            State::Headers => {
                self.header(line);
                State::Headers
            }
            State::ChunkSize => match chunk_size(line) {
                Some(0) => State::Trailers,
                Some(size) => State::Chunk(size.saturating_add(2)),
                None => State::Open,
            },
            State::Trailers if line.is_empty() => State::RequestLine,
            other => other,
        };
    }

    fn header(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        let said = if name.eq_ignore_ascii_case(b"content-length") {
            let digits = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            digits.map_or(Body::Unknown, Body::Length)
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if value.eq_ignore_ascii_case(b"chunked") { Body::Chunked } else { Body::Unknown }
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            Body::Unknown
        } else {
            return;
        };
        // Two statements about the length are a matter for the parser.
        self.body = if self.body == Body::None { said } else { Body::Unknown };
    }
}

/// The size at the start of a chunk's line, before its extensions.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Passes the bytes in pieces of this size.
    fn passed(bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut guard = RequestLineGuard::default();
        let mut bytes = bytes.to_vec();
        bytes.chunks_mut(piece).for_each(|piece| guard.pass(piece));
        bytes
    }

    #[test]
    fn only_request_lines_are_changed() {
        let connection = b"\r\nDELETE /a/#b HTTP/1.1\r\nX: #\r\n\r\n\
            PUT /c HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n\
            3;x=#\r\n#\r\n\r\nA\r\n0123456#89\r\n0\r\nT: #\r\n\r\nGET /#d HTTP/1.1\r\n\r\n";
        let expected = String::from_utf8_lossy(connection)
            .replace("/a/#b", "/a/\u{7f}b")
            .replace("/#d", "/\u{7f}d");
        for piece in [1, 2, 3, 7, 1000] {
            assert_eq!(passed(connection, piece), expected.as_bytes(), "{piece}");
        }
    }

    #[test]
    fn where_the_framing_is_not_certain_everything_passes() {
        for head in [
            "PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        ] {
            let connection = format!("{head}GET /#a HTTP/1.1\r\n\r\n");
            assert_eq!(passed(connection.as_bytes(), 5), connection.as_bytes(), "{head}");
        }
    }

    proptest! {
        #[test]
        fn contents_are_never_changed(
            contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..4),
            piece in 1usize..40,
        ) {
            let mut connection = Vec::new();
            for content in &contents {
                connection.extend(format!("PUT /x HTTP/1.1\r\nContent-Length: {}\r\n\r\n", content.len()).bytes());
                connection.extend(content);
            }
            prop_assert_eq!(passed(&connection, piece), connection);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), piece in 1usize..40) {
            prop_assert_eq!(passed(&bytes, piece).len(), bytes.len());
        }
    }
}
