//! The laws of sharing, each over a hundred thousand random graphs.
#![allow(clippy::unwrap_used, reason = "what a test builds is known to be well-formed")]

mod explained;
mod laws;
mod random;
mod reference;
mod world;

use random::Random;
use world::World;

/// Random worlds that each law is tried on.
const WORLDS: u64 = 100_000;

/// Tries a law on many worlds; shows the smallest world found that breaks it.
///
/// The law gets a number of its own to choose by, so that it chooses the same again in a
/// world from which something was left out.
fn law(like: &World, check: impl Fn(&World, u64) -> Result<(), String>) {
    for seed in 0..WORLDS {
        let mut random = Random::new(seed);
        let world = World::random(&mut random, like);
        let choice = random.next();
        if check(&world, choice).is_err() {
            let smallest = world.smallest(|world| check(world, choice).is_err());
            let broken = check(&smallest, choice).expect_err("it broke the law a moment ago");
            panic!("seed {seed}: {broken}\n{smallest:#?}");
        }
    }
}
