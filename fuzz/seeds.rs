// What `fuzz/` does without end, in a moment and on stable: the targets with their seeds, and
// with seeds that were damaged a little. A part of the tests of each crate that is fuzzed.

use std::{fs, path::Path};

use proptest::{
    collection::vec,
    prelude::any,
    sample::Index,
    test_runner::{Config, TestRunner},
};

/// The name of a target, and what it does.
pub(crate) type Target = (&'static str, fn(&[u8]));

fn of(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files = fs::read_dir(folder).expect("a folder of seeds");
    let seeds: Vec<_> =
        files.map(|file| fs::read(file.expect("a seed").path()).expect("a seed")).collect();
    assert!(seeds.len() >= 3, "{target} has too few seeds");
    seeds
}

/// Every seed as it is.
pub(crate) fn pass(targets: &[Target]) {
    for (name, body) in targets {
        of(name).iter().for_each(|seed| body(seed));
    }
}

/// Seeds with a few other bytes, whole and cut.
pub(crate) fn pass_damaged(targets: &[Target]) {
    let damage = (any::<Index>(), vec((any::<Index>(), any::<u8>()), 1..4), any::<Index>());
    for (name, body) in targets {
        let seeds = of(name);
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&damage, |(seed, damage, cut)| {
            let mut bytes = seed.get(&seeds).clone();
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            body(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            body(&bytes);
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
}
