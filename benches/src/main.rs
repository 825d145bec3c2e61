//! Ratios that the crates claim, measured in one run.

fn main() {}
