//! The bodies of the fuzz targets: plain functions from bytes, one module per crate that
//! is fuzzed. A body checks laws, it does not only wait for a panic.
//!
//! The tests of that crate include the same module and call it with the seeds, so that
//! the targets run on stable in every test run.

pub mod files;
pub mod ocs;
pub mod previews;
pub mod types;
pub mod webdav_proto;
