//! Slowing down who guesses passwords.

use std::{
    collections::{HashMap, VecDeque, hash_map::RandomState},
    hash::BuildHasher,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use allmende_types::Timestamp;

/// Seconds for which a failure counts.
const WINDOW: i64 = 30 * 60;
/// Failures in the window that are answered; with more, passwords are not looked at.
const ADMITTED: usize = 10;
/// Failures that are kept of one network.
const KEPT: usize = 32;
/// Networks after which the older half is forgotten.
const NETWORKS: usize = 50_000;
const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(25);

/// Failed attempts by network: an IPv4 address, or the /64 of an IPv6 address.
///
/// They are kept in memory and bounded: someone with 100,000 networks can make it forget
/// others. Failures are forgiven per login, so an attacker's own account is no help.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    networks: Mutex<Networks>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Networks {
    current: HashMap<Network, Failures>,
    previous: HashMap<Network, Failures>,
    turned: i64,
}

/// Times and hashed logins, oldest first.
type Failures = VecDeque<(i64, u64)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Network {
    V4(u32),
    V6(u64),
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

impl Throttle {
    /// How long an answer to this network is to be held back.
    pub(crate) fn delay(&self, from: IpAddr, now: Timestamp) -> Duration {
        delay_after(self.networks().count(from.into(), now))
    }

    /// How long the network has to wait, if passwords from it are not looked at.
    pub(crate) fn blocked(&self, from: IpAddr, now: Timestamp) -> Option<Duration> {
        let networks = self.networks();
        let failures = networks.get(from.into())?;
        let mut counting = failures.iter().rev().filter(|(at, _)| counts(*at, now));
        let (oldest, _) = counting.nth(ADMITTED)?;
        let seconds = oldest.saturating_add(WINDOW).saturating_sub(now.unix()).max(1);
        Some(Duration::from_secs(seconds.unsigned_abs()))
    }

    /// Notes a failure; says how long its answer is to be held back.
    pub(crate) fn fail(&self, from: IpAddr, login: &str, now: Timestamp) -> Duration {
        let login = self.hasher.hash_one(login);
        let mut networks = self.networks();
        networks.turn(now);
        let network = from.into();
        let old = networks.previous.remove(&network);
        let failures = networks.current.entry(network).or_insert_with(|| old.unwrap_or_default());
        failures.retain(|(at, _)| counts(*at, now));
        failures.push_back((now.unix(), login));
        if failures.len() > KEPT {
            failures.pop_front();
        }
        delay_after(failures.len())
    }

    /// Forgives the failures with a login that has now succeeded.
    pub(crate) fn succeed(&self, from: IpAddr, login: &str) {
        let login = self.hasher.hash_one(login);
        let mut networks = self.networks();
        let Networks { current, previous, .. } = &mut *networks;
        for map in [current, previous] {
            if let Some(failures) = map.get_mut(&from.into()) {
                failures.retain(|(_, of)| *of != login);
            }
        }
    }

    /// Each change leaves the maps sound, so a panic elsewhere does not matter.
    fn networks(&self) -> MutexGuard<'_, Networks> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Networks {
    fn get(&self, network: Network) -> Option<&Failures> {
        self.current.get(&network).or_else(|| self.previous.get(&network))
    }

    fn count(&self, network: Network, now: Timestamp) -> usize {
        let failures = self.get(network).into_iter().flatten();
        failures.filter(|(at, _)| counts(*at, now)).count()
    }

    /// Begins a new half when this one is full or as old as what it has to remember.
    fn turn(&mut self, now: Timestamp) {
        let old = now.unix().saturating_sub(self.turned) > WINDOW;
        if old || self.current.len() >= NETWORKS {
            self.previous = std::mem::take(&mut self.current);
            self.turned = now.unix();
        }
    }
}

fn counts(at: i64, now: Timestamp) -> bool {
    now.unix().saturating_sub(at) < WINDOW
}

fn delay_after(failures: usize) -> Duration {
    match u32::try_from(failures).unwrap_or(u32::MAX).checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => {
            FIRST_DELAY.saturating_mul(2u32.saturating_pow(doublings)).min(LONGEST_DELAY)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn delays_double_and_end_in_refusal() {
        let throttle = Throttle::default();
        let from = address("192.0.2.1");
        let delays = [200, 400, 800, 1600, 3200, 6400, 12_800, 25_000, 25_000, 25_000];
        for delay in delays {
            assert_eq!(throttle.fail(from, "alice", NOW), Duration::from_millis(delay));
            assert_eq!(throttle.blocked(from, NOW), None);
        }
        throttle.fail(from, "alice", NOW.plus_seconds(60));
        assert_eq!(throttle.blocked(from, NOW.plus_seconds(60)), Some(Duration::from_secs(1740)));
        assert_eq!(throttle.blocked(from, NOW.plus_seconds(1799)), Some(Duration::from_secs(1)));
        assert_eq!(throttle.blocked(from, NOW.plus_seconds(1800)), None);
        assert_eq!(throttle.delay(from, NOW.plus_seconds(1800)), Duration::from_millis(200));
        assert_eq!(throttle.delay(from, NOW.plus_seconds(1860)), Duration::ZERO);
    }

    #[test]
    fn networks_are_an_address_or_a_64() {
        let throttle = Throttle::default();
        throttle.fail(address("2001:db8::1"), "x", NOW);
        throttle.fail(address("192.0.2.1"), "x", NOW);
        for (other, delay) in [
            ("2001:db8::ffff:1", 200),
            ("2001:db8:0:1::1", 0),
            ("192.0.2.2", 0),
            ("::ffff:192.0.2.1", 200),
        ] {
            assert_eq!(
                throttle.delay(address(other), NOW),
                Duration::from_millis(delay),
                "{other}"
            );
        }
    }

    #[test]
    fn success_forgives_this_login_only() {
        let throttle = Throttle::default();
        let from = address("192.0.2.1");
        for login in ["alice", "bob", "alice"] {
            throttle.fail(from, login, NOW);
        }
        throttle.succeed(from, "alice");
        assert_eq!(throttle.delay(from, NOW), Duration::from_millis(200));
        throttle.succeed(from, "bob");
        assert_eq!(throttle.delay(from, NOW), Duration::ZERO);
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..3 * NETWORKS as u32 {
            throttle.fail(IpAddr::from(n.to_be_bytes()), "x", NOW);
        }
        let networks = throttle.networks();
        assert!(networks.current.len() + networks.previous.len() <= 2 * NETWORKS);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        /// More failures never shorten the delay, and time never lengthens it.
        #[test]
        fn delays_are_monotone(steps in proptest::collection::vec(0i64..600, 1..40)) {
            let throttle = Throttle::default();
            let from = address("192.0.2.1");
            let mut now = NOW;
            for step in steps {
                let before = throttle.delay(from, now);
                now = now.plus_seconds(step);
                let later = throttle.delay(from, now);
                prop_assert!(later <= before);
                prop_assert!(throttle.fail(from, "x", now) >= later);
            }
        }
    }
}
