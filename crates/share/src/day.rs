//! Days of the calendar, as clients send the ends of shares.

use std::{fmt, str::FromStr};

use allmende_types::Timestamp;

/// A day of the calendar, UTC. A share that ends on it is valid up to 23:59:59.
///
/// ```
/// use allmende_share::Day;
///
/// let day: Day = "2027-01-05".parse()?;
/// assert_eq!(day.last_second().to_rfc3339(), "2027-01-05T23:59:59+00:00");
/// assert!("2027-02-30".parse::<Day>().is_err());
/// # Ok::<(), allmende_share::InvalidDay>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is no day")]
pub struct InvalidDay(pub String);

const SECONDS: i64 = 24 * 3600;

impl Day {
    /// The day of a point in time.
    #[must_use]
    pub const fn of(time: Timestamp) -> Self {
        Self(time.unix().div_euclid(SECONDS))
    }

    /// 23:59:59 of the day.
    #[must_use]
    pub const fn last_second(self) -> Timestamp {
        Timestamp::from_unix(self.0.saturating_mul(SECONDS).saturating_add(SECONDS - 1))
    }

    /// The day so many days later; 30 December 9999 if that is too far.
    #[must_use]
    pub const fn plus(self, days: u32) -> Self {
        let later = Self(self.0.saturating_add(days as i64));
        Self::of(later.last_second())
    }
}

impl FromStr for Day {
    type Err = InvalidDay;

    /// Reads `YYYY-MM-DD`; a time behind it, as some clients send it, is passed over.
    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        let bad = || InvalidDay(text.chars().take(40).collect());
        let (day, rest) = text.split_at_checked(10).ok_or_else(bad)?;
        let shape = day.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
        let time = |b: u8| b.is_ascii_digit() || b" T:.Z+-".contains(&b);
        if !shape || rest.len() > 30 || !rest.bytes().all(time) {
            return Err(bad());
        }
        let start = Timestamp::from_rfc3339(&format!("{day}T00:00:00Z")).map_err(|_| bad())?;
        Ok(Self::of(start))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.last_second().to_rfc3339();
        f.write_str(text.split('T').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_are_read_as_clients_send_them() {
        for text in ["2027-01-05", "2027-01-05 00:00:00", "2027-01-05T10:00:00.000Z"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), "2027-01-05");
        }
        for text in
            ["", "junk", "2027-1-5", "2027-13-01", "2027-01-05x", "05.01.2027", "+027-01-05"]
        {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        assert_eq!(Day::of(Timestamp::from_unix(-1)).to_string(), "1969-12-31");
        assert_eq!("2028-02-28".parse::<Day>().unwrap().plus(2).to_string(), "2028-03-01");
        assert_eq!(Day::of(Timestamp::EPOCH).plus(u32::MAX).to_string(), "9999-12-30");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn days_read_back_and_are_in_order(seconds in -1_000_000_000i64..200_000_000_000, more in 0u32..90_000) {
            let now = Timestamp::from_unix(seconds);
            let day = Day::of(now);
            prop_assert_eq!(day.to_string().parse::<Day>(), Ok(day));
            prop_assert!(now <= day.last_second() && now.plus_seconds(86_400) > day.last_second());
            let later = day.plus(more);
            prop_assert_eq!(later.last_second().unix() - day.last_second().unix(), i64::from(more) * 86_400);
        }
    }
}
