//! The fuzz targets of this crate in every test run.

#[path = "../../../fuzz/src/webdav_proto.rs"]
#[allow(unreachable_pub, reason = "the module is public in the crate of the fuzz targets")]
mod bodies;
#[path = "../../../fuzz/seeds.rs"]
mod seeds;

use seeds::Target;

const TARGETS: [Target; 4] = [
    ("xml_body", bodies::xml_body),
    ("if_header", bodies::if_header),
    ("destination", bodies::destination),
    ("range", bodies::range),
];

#[test]
fn every_seed_passes() {
    seeds::pass(&TARGETS);
}

#[test]
fn damaged_seeds_pass() {
    seeds::pass_damaged(&TARGETS);
}
