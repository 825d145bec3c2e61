//! A whole server on a port of its own, spoken to by bare sockets.

mod connections;
mod hostile;
mod operations;
mod support;
mod tls;
