//! Checks, backups and the way back, over real stores.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

mod backups;
mod damage;
mod exports;
mod kinds;
mod scrubs;
mod world;
