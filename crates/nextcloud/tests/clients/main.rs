//! What each client needs, row by row of the table of clients: each test sends what the client
//! sends, with its headers and lists of properties, and checks what the client reads of the
//! answer, as strictly as it reads it.
//!
//! One module per client. What a client would use and is not built stands in its `NOT_BUILT`,
//! with a test that the server says so where the client asks.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other tests need the rest")]
mod common;

mod android;
mod checklist;
mod dav_discovery;
mod davfs2;
mod desktop;
mod ios;
mod nc_py_api;
mod openproject;
mod rclone;
mod read;
mod searches;
