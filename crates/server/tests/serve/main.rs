//! A whole server on a port of its own, spoken to by bare sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod audit;
mod connections;
mod hostile;
mod mail;
mod operations;
mod push;
mod support;
mod tls;
