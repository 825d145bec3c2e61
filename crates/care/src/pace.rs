//! A bounded rate.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

/// Bytes per second, as people write them: `50MB/s`, `800 KB/s`, `1GiB`, `4096`.
///
/// ```
/// use allmende_care::Rate;
///
/// assert_eq!("50MB/s".parse::<Rate>()?.bytes_per_second(), 50_000_000);
/// assert_eq!("2 MiB/s".parse::<Rate>()?.bytes_per_second(), 2 << 20);
/// assert!("fast".parse::<Rate>().is_err());
/// # Ok::<(), allmende_care::InvalidRate>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(u64);

/// A text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no rate such as 50MB/s")]
pub struct InvalidRate(String);

impl Rate {
    /// So many bytes in a second; 1 if none.
    #[must_use]
    pub const fn from_bytes_per_second(bytes: u64) -> Self {
        Self(if bytes == 0 { 1 } else { bytes })
    }

    /// The number, at least 1.
    #[must_use]
    pub const fn bytes_per_second(self) -> u64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let bad = || InvalidRate(text.to_owned());
        let bare = text.trim().strip_suffix("/s").unwrap_or(text).trim();
        let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = bare.split_at(digits);
        let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" => 1_000,
            "m" | "mb" => 1_000_000,
            "g" | "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return Err(bad()),
        };
        let number: u64 = number.parse().map_err(|_| bad())?;
        number.checked_mul(factor).filter(|rate| *rate > 0).map(Self).ok_or_else(bad)
    }
}

/// Keeps to a rate: says how long to wait before going on.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: Rate,
    /// When what was spent until now is paid for.
    due: Instant,
}

impl Pace {
    /// What may be spent at once after a rest.
    const BURST: Duration = Duration::from_millis(250);

    pub(crate) fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, due: now }
    }

    /// Spends bytes at a moment; says how long to wait.
    pub(crate) fn spend(&mut self, bytes: u64, now: Instant) -> Duration {
        let earliest = now.checked_sub(Self::BURST).unwrap_or(now);
        let price = Duration::from_secs_f64(bytes as f64 / self.rate.0 as f64);
        self.due = self.due.max(earliest) + price;
        self.due.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_are_read_with_their_units() {
        for (text, rate) in [("1", 1), ("3 kb/s", 3000), ("2G", 2_000_000_000), ("1KiB/s", 1024)] {
            assert_eq!(text.parse::<Rate>(), Ok(Rate(rate)), "{text}");
        }
        for bad in ["", "0", "MB/s", "-1", "5 apples", "99999999999999999999", "18446744073709GB"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn who_waits_as_told_never_exceeds_the_rate(
            rate in 1u64..1 << 30,
            steps in prop::collection::vec((0u64..1 << 22, 0u64..2000), 1..50),
        ) {
            let start = Instant::now();
            let (mut pace, mut now, mut spent) = (Pace::new(Rate(rate), start), start, 0u64);
            for (bytes, idle) in steps {
                now += pace.spend(bytes, now);
                spent += bytes;
                let allowed = (now - start + Pace::BURST).as_secs_f64() * rate as f64;
                prop_assert!(spent as f64 <= allowed * 1.000_001 + 1.0);
                now += Duration::from_millis(idle);
            }
        }
    }
}
