//! A directory of the local disk over WebDAV

fn main() {}
