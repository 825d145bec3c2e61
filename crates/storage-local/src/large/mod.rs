//! Blobs that have a file of their own.
//!
//! A page with a header comes first, then segments: a page of checksums, and 64 MiB of data
//! that they are of. So neither writing nor reading holds more than a page of checksums,
//! however long the blob is.

mod format;
mod read;
mod write;

pub(crate) use self::{format::length_of_file, read::LargeReader, write::Staged};
