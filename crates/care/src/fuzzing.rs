//! The body of this crate's fuzz target: see `fuzz/` at the top of the repository. It checks
//! laws, and the tests run it with the seeds each time.

use crate::export::manifest_line;

/// A line of a manifest is refused, or written so that it reads back equal; and what it speaks
/// of lies below the directory of the export.
pub fn manifest_record(input: &[u8]) {
    manifest_line(input);
}

#[cfg(test)]
#[path = "../../../fuzz/seeds.rs"]
mod seeds;

#[cfg(test)]
mod tests {
    use super::{manifest_record, seeds};

    const TARGETS: [seeds::Target; 1] = [("manifest_record", manifest_record)];

    #[test]
    fn every_seed_passes() {
        seeds::pass(&TARGETS);
    }

    #[test]
    fn damaged_seeds_pass() {
        seeds::pass_damaged(&TARGETS);
    }
}
