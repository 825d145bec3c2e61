//! Writing a large blob: staged, then published.

use std::{
    fs::File,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use allmende_storage::{BlobInfo, Error, ErrorKind, Result};
use allmende_types::BlobId;
use bytes::Bytes;

use super::format::{BLOCK, PAGE, SEGMENT, checksum_position, data_position, file_length, header};
use crate::{
    disk::{Disk, Named},
    stats::add,
};

/// After so many bytes the disk is set to work while more are coming.
const WRITE_BACK: u64 = 32 * 1024 * 1024;

/// A blob on its way to the disk. Dropped before it was published, it is gone.
pub(crate) struct Staged {
    disk: Arc<Disk>,
    id: BlobId,
    name: String,
    file: File,
    length: u64,
    block: crc32fast::Hasher,
    /// The checksums of the present segment.
    checksums: Vec<u8>,
    early: EarlyFlush,
    published: bool,
}

impl Staged {
    /// Makes the file, with room for `length` bytes if that is known.
    pub(crate) fn create(disk: Arc<Disk>, id: BlobId, length: Option<u64>) -> Result<Self> {
        let io = |error| fail(id, error);
        let name = id.to_string();
        let file = disk.stage(&name).map_err(io)?;
        let early = EarlyFlush::new(&disk, &name);
        let staged = Self {
            disk,
            id,
            name,
            file,
            length: 0,
            block: crc32fast::Hasher::new(),
            checksums: Vec::with_capacity(PAGE as usize),
            early: early.map_err(io)?,
            published: false,
        };
        if let Some(length) = length {
            staged.disk.allocate(&staged.file, file_length(length)).map_err(io)?;
        }
        Ok(staged)
    }

    /// Appends.
    pub(crate) fn write(&mut self, pieces: &[Bytes]) -> Result<()> {
        // Cut where a segment ends: a page of checksums lies there.
        let mut run: Vec<&[u8]> = Vec::with_capacity(pieces.len());
        let mut start = self.length;
        for piece in pieces {
            let mut left = &piece[..];
            while !left.is_empty() {
                let room = BLOCK - self.length % BLOCK;
                let (now, later) = left.split_at(left.len().min(room as usize));
                self.block.update(now);
                run.push(now);
                self.length += now.len() as u64;
                left = later;
                if self.length.is_multiple_of(BLOCK) {
                    self.end_block();
                }
                if self.length.is_multiple_of(SEGMENT) {
                    self.flush_run(&mut run, start)?;
                    self.end_segment()?;
                    start = self.length;
                }
            }
        }
        self.flush_run(&mut run, start)?;
        self.early.consider(&self.disk, self.length);
        Ok(())
    }

    fn flush_run(&mut self, run: &mut Vec<&[u8]>, start: u64) -> Result<()> {
        if !run.is_empty() {
            let write = self.disk.write(&self.file, run, data_position(start));
            write.map_err(|error| fail(self.id, error))?;
            run.clear();
        }
        Ok(())
    }

    fn end_block(&mut self) {
        let block = std::mem::take(&mut self.block);
        self.checksums.extend_from_slice(&block.finalize().to_le_bytes());
    }

    /// Writes the checksums of the segment that ends here.
    fn end_segment(&mut self) -> Result<()> {
        let first = (self.length - 1) / SEGMENT * (SEGMENT / BLOCK);
        let write = self.disk.write(&self.file, &[&self.checksums], checksum_position(first));
        write.map_err(|error| fail(self.id, error))?;
        self.checksums.clear();
        Ok(())
    }

    /// Makes everything durable, and the blob visible under its id.
    pub(crate) fn publish(mut self) -> Result<BlobInfo> {
        let id = self.id;
        let io = |error| fail(id, error);
        if !self.length.is_multiple_of(BLOCK) {
            self.end_block();
        }
        if !self.checksums.is_empty() {
            self.end_segment()?;
        }
        let header = header(self.id, self.length);
        self.disk.write(&self.file, &[&header], 0).map_err(io)?;
        // The page of the header is whole, also if there is no data.
        self.file.set_len(file_length(self.length)).map_err(io)?;
        self.disk.flush(&self.file).map_err(io)?;
        self.disk.publish(&self.name, self.id.lease(), Named::blob(self.id)).map_err(io)?;
        self.published = true;
        add(&self.disk.counters.large_blobs, 1);
        add(&self.disk.counters.bytes, self.length);
        Ok(BlobInfo::new(self.id, self.length))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.published {
            self.disk.unstage(&self.name);
        }
    }
}

fn fail(id: BlobId, error: io::Error) -> Error {
    let context = format!("put blob {id}");
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Error::new(ErrorKind::Exists, context).with_source(error);
    }
    Error::from_io(context, error)
}

/// Sets the disk to work while the body is still coming, so that the last flush is short
/// and a fast sender cannot fill the memory with what the disk has to write.
struct EarlyFlush {
    /// Opened on its own: an error that it sees is told to the file of the writer too.
    file: Arc<File>,
    running: Arc<AtomicBool>,
    last: u64,
}

impl EarlyFlush {
    fn new(disk: &Disk, name: &str) -> io::Result<Self> {
        let file = disk.open_staged(name).inspect_err(|_| disk.unstage(name))?;
        Ok(Self { file: Arc::new(file), running: Arc::default(), last: 0 })
    }

    fn consider(&mut self, disk: &Arc<Disk>, length: u64) {
        if length - self.last < WRITE_BACK || self.running.swap(true, Ordering::AcqRel) {
            return;
        }
        self.last = length;
        let (disk, file, running) = (disk.clone(), self.file.clone(), self.running.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = disk.flush(&file) {
                tracing::debug!(%error, "an early flush failed; the last one will tell");
            }
            running.store(false, Ordering::Release);
        });
    }
}
