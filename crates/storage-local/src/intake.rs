//! The body of a put, cut into batches and measured.

use std::io;

use allmende_storage::{ByteStream, Error, ErrorKind, Result};
use allmende_types::BlobId;
use bytes::Bytes;
use futures_util::TryStreamExt;

/// As many pieces as one system call takes.
const MAX_PIECES: usize = 1000;

pub(crate) struct Intake<'a> {
    id: BlobId,
    body: ByteStream<'a>,
    length: Option<u64>,
    seen: u64,
    ended: bool,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(id: BlobId, body: ByteStream<'a>, length: Option<u64>) -> Self {
        Self { id, body, length, seen: 0, ended: false }
    }

    /// Reads until `least` bytes have come or the body ends. An empty batch is the end.
    pub(crate) async fn batch(&mut self, least: usize) -> Result<Vec<Bytes>> {
        let mut pieces = Vec::new();
        let mut size = 0;
        while size < least && pieces.len() < MAX_PIECES && !self.ended {
            let next = self.body.try_next().await;
            let broken = |error: io::Error| self.fail("its stream broke").with_source(error);
            match next.map_err(broken)? {
                Some(piece) if piece.is_empty() => {}
                Some(piece) => {
                    size += piece.len();
                    self.seen += piece.len() as u64;
                    if self.length.is_some_and(|length| self.seen > length) {
                        return Err(self.fail("it is too long"));
                    }
                    pieces.push(piece);
                }
                None => {
                    self.ended = true;
                    if self.length.is_some_and(|length| self.seen != length) {
                        return Err(self.fail("it is too short"));
                    }
                }
            }
        }
        Ok(pieces)
    }

    /// Whether the whole body has come.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// How many bytes have come.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    fn fail(&self, what: &str) -> Error {
        Error::new(ErrorKind::Body, format!("put blob {}: {what}", self.id))
    }
}
