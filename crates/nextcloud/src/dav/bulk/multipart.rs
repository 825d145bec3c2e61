//! The `multipart/related` body of a bulk upload, read piece by piece.
//!
//! Unlike MIME (RFC 2046), each part declares its length, so a boundary inside a content
//! means nothing.

use allmende_webdav::ByteStream;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Bytes that a boundary may have.
const MAX_BOUNDARY: usize = 200;
/// Bytes that the head of a part may have.
const MAX_HEAD: usize = 16 * 1024;
/// Lines that the head of a part may have.
const MAX_LINES: usize = 32;

/// Why a body is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// The boundary is missing or not allowed in the request's `Content-Type`.
    Boundary,
    /// A boundary line was expected and something else came.
    Delimiter,
    /// The head of a part is too long or no list of headers.
    Head,
    /// The body ended or failed in the middle.
    Truncated,
}

/// The boundary that a `Content-Type` names.
pub(crate) fn boundary(content_type: &str) -> Result<String, Malformed> {
    let mut parts = content_type.split(';');
    let media_type = parts.next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("multipart/related") {
        return Err(Malformed::Boundary);
    }
    let value = parts.filter_map(|part| part.split_once('=')).find_map(|(key, value)| {
        key.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    });
    match value {
        Some(value)
            if (1..=MAX_BOUNDARY).contains(&value.len())
                && value.bytes().all(|b| (0x20..0x7f).contains(&b)) =>
        {
            Ok(value.to_owned())
        }
        _ => Err(Malformed::Boundary),
    }
}

/// Reads parts one after the other.
pub(crate) struct Multipart {
    body: ByteStream,
    buffer: BytesMut,
    delimiter: String,
    ended: bool,
}

impl Multipart {
    pub(crate) fn new(body: ByteStream, boundary: &str) -> Self {
        Self { body, buffer: BytesMut::new(), delimiter: format!("--{boundary}"), ended: false }
    }

    /// The head of the next part; none behind the last one.
    pub(crate) async fn next_head(&mut self) -> Result<Option<HeaderMap>, Malformed> {
        // The line end behind a content belongs to the boundary.
        let mut line = self.line().await?;
        if line.is_empty() {
            line = self.line().await?;
        }
        let rest = line.strip_prefix(self.delimiter.as_bytes()).ok_or(Malformed::Delimiter)?;
        match rest.trim_ascii() {
            b"--" => return Ok(None),
            b"" => {}
            _ => return Err(Malformed::Delimiter),
        }
        let mut head = HeaderMap::new();
        let mut size = 0;
        for _ in 0..MAX_LINES {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(Some(head));
            }
            size += line.len();
            let (name, value) =
                header(&line).filter(|_| size <= MAX_HEAD).ok_or(Malformed::Head)?;
            head.append(name, value);
        }
        Err(Malformed::Head)
    }

    /// The content of the present part, which is `length` bytes long, in one piece.
    pub(crate) async fn content(&mut self, length: usize) -> Result<Bytes, Malformed> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        Ok(self.buffer.split_to(length).freeze())
    }

    /// The same as a stream, which must be read to its end.
    pub(crate) fn stream(&mut self, length: u64) -> allmende_storage::ByteStream<'_> {
        Box::pin(stream::try_unfold((self, length), |(this, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            if this.buffer.is_empty() {
                let broken = |_| std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
                this.more().await.map_err(broken)?;
            }
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(this.buffer.len());
            let piece = this.buffer.split_to(take).freeze();
            let left = left - piece.len() as u64;
            Ok(Some((piece, (this, left))))
        }))
    }

    /// The next line without its end.
    async fn line(&mut self) -> Result<Bytes, Malformed> {
        loop {
            if let Some(at) = self.buffer.iter().take(MAX_HEAD).position(|b| *b == b'\n') {
                let mut line = self.buffer.split_to(at + 1).freeze();
                line.truncate(if line[..at].ends_with(b"\r") { at - 1 } else { at });
                return Ok(line);
            }
            if self.buffer.len() >= MAX_HEAD {
                return Err(Malformed::Head);
            }
            if self.ended && self.buffer.has_remaining() {
                // The last boundary needs no line end.
                return Ok(self.buffer.split().freeze());
            }
            match self.more().await {
                Err(Malformed::Truncated) if self.ended && self.buffer.has_remaining() => {}
                other => other?,
            }
        }
    }

    async fn more(&mut self) -> Result<(), Malformed> {
        match self.body.next().await {
            Some(Ok(piece)) => {
                self.buffer.extend_from_slice(&piece);
                Ok(())
            }
            Some(Err(_)) => Err(Malformed::Truncated),
            None => {
                self.ended = true;
                Err(Malformed::Truncated)
            }
        }
    }
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|b| *b == b':')?;
    let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
    Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(pieces: Vec<Vec<u8>>) -> ByteStream {
        Box::pin(stream::iter(pieces.into_iter().map(|piece| Ok(Bytes::from(piece)))))
    }

    /// Reads all parts whose heads tell their length.
    async fn read(pieces: Vec<Vec<u8>>) -> Result<Vec<(String, Bytes)>, Malformed> {
        let mut multipart = Multipart::new(body(pieces), "bnd");
        let mut parts = Vec::new();
        while let Some(head) = multipart.next_head().await? {
            let text = |name| head.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
            let length = text("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
            let path = text("x-file-path").unwrap_or_default().to_owned();
            parts.push((path, multipart.content(length).await?));
        }
        Ok(parts)
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        futures_util::FutureExt::now_or_never(future).expect("nothing waits")
    }

    #[test]
    fn boundaries() {
        assert_eq!(boundary("multipart/related; boundary=bnd").unwrap(), "bnd");
        assert_eq!(boundary("Multipart/Related;x=y; Boundary=\"a b\"").unwrap(), "a b");
        for bad in [
            "text/plain",
            "multipart/related",
            "multipart/related; boundary=",
            "multipart/form-data; boundary=x",
        ] {
            assert_eq!(boundary(bad), Err(Malformed::Boundary), "{bad}");
        }
    }

    #[test]
    fn malformed_bodies_are_refused() {
        let read = |text: &str| block_on(read(vec![text.as_bytes().to_vec()]));
        assert_eq!(read(""), Err(Malformed::Truncated));
        assert_eq!(read("junk"), Err(Malformed::Delimiter));
        assert_eq!(read("--other\r\n"), Err(Malformed::Delimiter));
        assert_eq!(read("--bnd\r\nno colon\r\n\r\n"), Err(Malformed::Head));
        assert_eq!(read("--bnd\r\nContent-Length: 5\r\n\r\nx\r\n"), Err(Malformed::Truncated));
        assert_eq!(read(&format!("--bnd\r\nA: {}", "x".repeat(20_000))), Err(Malformed::Head));
        assert_eq!(read(&format!("--bnd\r\n{}", "a: b\r\n".repeat(40))), Err(Malformed::Head));
        assert_eq!(read("--bnd--").unwrap(), []);
    }

    proptest! {
        #[test]
        fn parts_come_back_however_the_body_is_cut(
            parts in proptest::collection::vec(("[a-z/]{1,9}", proptest::collection::vec(any::<u8>(), 0..40)), 0..5),
            cut in 1usize..50,
        ) {
            let mut text = Vec::new();
            for (path, content) in &parts {
                text.extend(format!("--bnd\r\nX-File-Path: {path}\r\nContent-Length: {}\r\n\r\n", content.len()).bytes());
                text.extend(content);
                text.extend(b"\r\n");
            }
            text.extend(b"--bnd--\r\n");
            let pieces = text.chunks(cut).map(<[u8]>::to_vec).collect();
            let read = block_on(read(pieces)).unwrap();
            let expected: Vec<(String, Bytes)> = parts.into_iter().map(|(p, c)| (p, c.into())).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = block_on(read(vec![b"--bnd\r\n".to_vec(), bytes]));
        }
    }
}
