//! A client that costs little: one connection, HTTP/1.1, bodies counted and thrown away.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What came back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Bytes of the body.
    pub(crate) bytes: u64,
}

/// A connection that is kept between requests.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    start: usize,
}

const ROOM: usize = 256 * 1024;

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(ROOM), start: 0 })
    }

    /// Sends a whole request and takes the whole answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    /// Sends a part of a request.
    pub(crate) async fn send(&mut self, part: &[u8]) -> io::Result<()> {
        self.stream.write_all(part).await
    }

    /// Takes an answer.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        let head = loop {
            let line = find(self.rest(), b"\r\n\r\n");
            match line {
                Some(at) => break self.take(at + 4),
                None => self.more().await?,
            }
        };
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let status = head.get(9..12).and_then(|digits| digits.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("no status line"))?;
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let bytes = if field("transfer-encoding:").is_some() {
            self.skip_chunks().await?
        } else {
            let length = field("content-length:").and_then(|value| value.trim().parse().ok());
            let length = length.unwrap_or(0);
            self.skip(length).await?;
            length
        };
        Ok(Answer { status, bytes })
    }

    async fn skip_chunks(&mut self) -> io::Result<u64> {
        let mut all = 0;
        loop {
            let line = loop {
                match find(self.rest(), b"\r\n") {
                    Some(at) => break self.take(at + 2),
                    None => self.more().await?,
                }
            };
            let digits = String::from_utf8_lossy(&line);
            let size = u64::from_str_radix(digits.trim(), 16).map_err(io::Error::other)?;
            self.skip(size + 2).await?;
            if size == 0 {
                return Ok(all);
            }
            all += size;
        }
    }

    async fn skip(&mut self, mut bytes: u64) -> io::Result<()> {
        loop {
            let here = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.rest().len());
            self.start += here;
            bytes -= here as u64;
            if bytes == 0 {
                return Ok(());
            }
            self.more().await?;
        }
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn take(&mut self, bytes: usize) -> Vec<u8> {
        let taken = self.buffer[self.start..self.start + bytes].to_vec();
        self.start += bytes;
        taken
    }

    async fn more(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
