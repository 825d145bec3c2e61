//! What is to be written, noted down while the database is held at one moment. The contents
//! are read when it is not held any more: they may take days, and while it is held SQLite
//! cannot shorten its log, nor PostgreSQL forget what was overwritten.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, IntoInnerError, Seek as _, Write as _},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::record::{FileEntry, Folder, Record};
use crate::{Result, error::Context as _};

const NAME: &str = "the list of what is exported";

/// A step of an export.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Step {
    /// A record as it is.
    Record(Record),
    /// A content: its record lacks the digest. With the blobs that it is made of.
    Content(FileEntry, Vec<String>),
    /// A folder is left; its record once more.
    Leave(Folder),
}

/// Steps that are noted in a file without a name.
#[derive(Debug)]
pub(super) struct Spool(BufWriter<File>);

/// The same, read back.
#[derive(Debug)]
pub(super) struct Steps {
    input: BufReader<File>,
    line: Vec<u8>,
}

impl Spool {
    /// In a directory, or in that of the system for what is temporary.
    pub(super) fn new(dir: Option<&Path>) -> Result<Self> {
        let file = match dir {
            Some(dir) => tempfile::tempfile_in(dir),
            None => tempfile::tempfile(),
        };
        Ok(Self(BufWriter::with_capacity(1 << 18, file.context(NAME)?)))
    }

    pub(super) fn add(&mut self, step: &Step) -> Result<()> {
        serde_json::to_writer(&mut self.0, step).context(NAME)?;
        self.0.write_all(b"\n").context(NAME)
    }

    pub(super) fn read(self) -> Result<Steps> {
        let mut file = self.0.into_inner().map_err(IntoInnerError::into_error).context(NAME)?;
        file.rewind().context(NAME)?;
        Ok(Steps { input: BufReader::with_capacity(1 << 18, file), line: Vec::new() })
    }
}

impl Steps {
    pub(super) fn next(&mut self) -> Result<Option<Step>> {
        self.line.clear();
        if self.input.read_until(b'\n', &mut self.line).context(NAME)? == 0 {
            return Ok(None);
        }
        serde_json::from_slice(&self.line).map(Some).context(NAME)
    }
}
