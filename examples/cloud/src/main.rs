//! The complete file server in one binary

fn main() {}
