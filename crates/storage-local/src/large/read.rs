//! Reading a large blob, verified block by block.

use std::{fs::File, io};

use allmende_storage::{Error, ErrorKind, Result};
use allmende_types::BlobId;
use bytes::Bytes;
use rustix::fs::Advice;

use super::format::{
    BLOCK, HEADER, SEGMENT, checksum_position, data_position, header, length_of_file,
};
use crate::disk::{Disk, Named, Patience, number, read};

/// As much as one piece of a stream has at the most.
const PIECE: u64 = 512 * 1024;

/// A range of a blob that is being read.
#[derive(Debug)]
pub(crate) struct LargeReader {
    id: BlobId,
    file: File,
    length: u64,
    position: u64,
    end: u64,
}

impl LargeReader {
    /// Opens the blob's file and compares its header; none if there is none.
    pub(crate) fn open(disk: &Disk, id: BlobId) -> Result<Option<Self>> {
        let file = match disk.open_blob(id.lease(), Named::Blob(number(id))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| fail(id, error))?,
        };
        let size = file.metadata().map_err(|error| fail(id, error))?.len();
        let damaged = |what| Error::new(ErrorKind::Corrupt, format!("get blob {id}: {what}"));
        let length = length_of_file(size).ok_or_else(|| damaged("the file was cut"))?;
        let mut found = [0; HEADER];
        read(&file, &mut found, 0, Patience::Wait).map_err(|error| fail(id, error))?;
        if found != header(id, length) {
            return Err(damaged("its header is another"));
        }
        Ok(Some(Self { id, file, length, position: 0, end: length }))
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Restricts the read to a range, which must lie inside.
    pub(crate) fn set_range(&mut self, start: u64, end: u64) {
        (self.position, self.end) = (start, end);
        if end - start > PIECE {
            // Only advice: without it the reading is slower.
            let _ = rustix::fs::fadvise(&self.file, 0, None, Advice::Sequential);
        }
    }

    /// The next piece; none at the end.
    pub(crate) fn next_piece(&mut self) -> Result<Option<Bytes>> {
        if self.position >= self.end {
            return Ok(None);
        }
        let first = self.position / BLOCK;
        let start = first * BLOCK;
        // Up to the end of the range's last block, of the segment, or of the piece.
        let segment_end = (start / SEGMENT + 1) * SEGMENT;
        let block_end = self.end.next_multiple_of(BLOCK).min(self.length);
        let end = (start + PIECE).min(block_end).min(segment_end);
        let mut data = vec![0; (end - start) as usize];
        let io = |error| fail(self.id, error);
        read(&self.file, &mut data, data_position(start), Patience::Wait).map_err(io)?;
        let blocks = data.chunks(BLOCK as usize);
        let mut checksums = vec![0; blocks.len() * 4];
        read(&self.file, &mut checksums, checksum_position(first), Patience::Wait).map_err(io)?;
        for (n, (block, checksum)) in blocks.zip(checksums.chunks_exact(4)).enumerate() {
            if crc32fast::hash(block).to_le_bytes() != checksum {
                let what = format!("get blob {}: block {} is damaged", self.id, first + n as u64);
                return Err(Error::new(ErrorKind::Corrupt, what));
            }
        }
        let (from, to) = (self.position - start, self.end.min(end) - start);
        self.position = start + to;
        Ok(Some(Bytes::from(data).slice(from as usize..to as usize)))
    }
}

fn fail(id: BlobId, error: io::Error) -> Error {
    let context = format!("get blob {id}");
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Error::new(ErrorKind::Corrupt, context).with_source(error);
    }
    Error::from_io(context, error)
}
