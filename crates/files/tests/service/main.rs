//! The service over the references in memory.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod archives;
mod bulk;
mod changes;
mod collector;
mod facts;
mod faults;
mod futures;
mod locks;
mod model;
mod mount_model;
mod mount_writes;
mod mounted;
mod mounts;
mod puts;
mod races;
mod read_log;
mod reads;
mod sync;
mod trash;
mod uploads;
mod versions;
mod world;
