//! The messages of WebDAV, written and read, without I/O
