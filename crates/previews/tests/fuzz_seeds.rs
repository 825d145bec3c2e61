//! The fuzz targets of this crate in every test run.

#[path = "../../../fuzz/src/previews.rs"]
#[allow(unreachable_pub, reason = "the module is public in the crate of the fuzz targets")]
mod bodies;
#[path = "../../../fuzz/seeds.rs"]
mod seeds;

use seeds::Target;

const TARGETS: [Target; 2] = [("picture", bodies::picture), ("text_picture", bodies::text_picture)];

#[test]
fn every_seed_passes() {
    seeds::pass(&TARGETS);
}

#[test]
fn damaged_seeds_pass() {
    // A page takes a moment to be made small; texts of random bytes are drawn by a test of the
    // module itself.
    seeds::pass_damaged(&TARGETS[..1]);
}
