//! The fuzz targets with their seeds, and with seeds that were damaged a little: what
//! `fuzz/` does without end, in a moment and on stable.

use std::{fs, path::Path};

use proptest::prelude::*;

#[path = "../../../fuzz/src/ocs.rs"]
#[allow(unreachable_pub, reason = "the module is public in the crate of the fuzz targets")]
mod bodies;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 2] =
    [("ocs_request", bodies::ocs_request), ("ocs_document", bodies::ocs_document)];

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files = fs::read_dir(folder).expect("a folder of seeds");
    files.map(|file| fs::read(file.expect("a seed").path()).expect("a seed")).collect()
}

#[test]
fn every_seed_passes() {
    for (name, body) in TARGETS {
        let seeds = seeds(name);
        assert!(seeds.len() >= 3, "{name} has too few seeds");
        seeds.iter().for_each(|seed| body(seed));
    }
}

proptest! {
    #[test]
    fn damaged_seeds_pass(
        seed in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        for (name, body) in TARGETS {
            let seeds = seeds(name);
            let mut bytes = seed.get(&seeds).clone();
            for (at, byte) in &damage {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            body(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            body(&bytes);
        }
    }
}
