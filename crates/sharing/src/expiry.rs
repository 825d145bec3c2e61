//! When shares end: days as clients send them, and what policy makes of them.

use std::{fmt, str::FromStr};

use allmende_types::Timestamp;
use jiff::{Span, civil, tz::Offset};

use crate::{DateRule, Refusal, Result};

/// A day of the calendar, UTC. A share that ends on it is valid up to 23:59:59.
///
/// ```
/// use allmende_sharing::Day;
///
/// let day: Day = "2027-01-05".parse()?;
/// assert_eq!(day.last_second().to_rfc3339(), "2027-01-05T23:59:59+00:00");
/// assert!("2027-02-30".parse::<Day>().is_err());
/// # Ok::<(), allmende_sharing::InvalidDay>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(civil::Date);

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no day")]
pub struct InvalidDay(pub String);

impl FromStr for Day {
    type Err = InvalidDay;

    /// Reads `YYYY-MM-DD`; a time behind it, as some clients send it, is passed over.
    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        let bad = || InvalidDay(text.chars().take(40).collect());
        let (day, rest) = text.split_at_checked(10).ok_or_else(bad)?;
        let time = |b: u8| b.is_ascii_digit() || b" T:.Z+-".contains(&b);
        if rest.len() > 30 || !rest.bytes().all(time) {
            return Err(bad());
        }
        day.parse().map(Self).map_err(|_| bad())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Day {
    /// The day of a point in time.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        let moment = jiff::Timestamp::from_second(time.unix()).unwrap_or_default();
        Self(Offset::UTC.to_datetime(moment).date())
    }

    /// 23:59:59 of the day.
    #[must_use]
    pub fn last_second(self) -> Timestamp {
        let end = Offset::UTC.to_timestamp(self.0.at(23, 59, 59, 0));
        Timestamp::from_unix(end.map_or(i64::MAX, |end| end.as_second()))
    }

    /// The day so many days later; the last day there is, if that is too far.
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        let span = Span::new().try_days(i64::from(days));
        Self(span.and_then(|span| self.0.checked_add(span)).unwrap_or(civil::Date::MAX))
    }
}

/// When a share is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expiry {
    /// As the policy says.
    #[default]
    Default,
    /// Never, if the policy admits it.
    Never,
    /// With this day.
    On(Day),
}

impl DateRule {
    /// The last second of a new share.
    ///
    /// # Errors
    /// [`Refusal::ExpiryInPast`], [`Refusal::ExpiryTooFar`].
    pub fn for_new(&self, expiry: Expiry, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
        let proposed = || Day::of(now).plus(self.default_days).last_second();
        match expiry {
            Expiry::Default => Ok(self.by_default.then(proposed)),
            Expiry::Never => Ok(self.enforced.then(proposed)),
            Expiry::On(day) => self.admit(day, now).map(Some),
        }
    }

    /// The last second of a share that gets another.
    ///
    /// # Errors
    /// As of [`DateRule::for_new`], and [`Refusal::FailedUpdate`] where there must be one.
    pub fn for_update(&self, expiry: Expiry, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
        match expiry {
            Expiry::On(day) => self.admit(day, now).map(Some),
            _ if self.enforced => Err(Refusal::FailedUpdate),
            _ => Ok(None),
        }
    }

    fn admit(&self, day: Day, now: Timestamp) -> Result<Timestamp, Refusal> {
        let today = Day::of(now);
        if day <= today {
            return Err(Refusal::ExpiryInPast);
        }
        if self.enforced && day > today.plus(self.days) {
            return Err(Refusal::ExpiryTooFar { days: self.days });
        }
        Ok(day.last_second())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // 2027-01-05T12:00:00Z.
    const NOW: Timestamp = Timestamp::from_unix(1_799_150_400);

    fn rule(by_default: bool, enforced: bool) -> DateRule {
        DateRule { by_default, enforced, days: 3, default_days: 2 }
    }

    fn day(text: &str) -> Expiry {
        Expiry::On(text.parse().unwrap())
    }

    #[test]
    fn days_are_read_as_clients_send_them() {
        for text in ["2027-01-05", "2027-01-05 00:00:00", "2027-01-05T10:00:00.000Z"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), "2027-01-05");
        }
        for text in ["", "junk", "2027-1-5", "2027-13-01", "2027-01-05x", "05.01.2027"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        assert_eq!(Day::of(NOW).to_string(), "2027-01-05");
    }

    #[test]
    fn rules_give_and_limit_dates() {
        let at = |text: &str| Some(text.parse::<Day>().unwrap().last_second());
        let (free, given, forced) = (rule(false, false), rule(true, false), rule(true, true));
        for (rule, expiry, new, update) in [
            (free, Expiry::Default, Ok(None), Ok(None)),
            (given, Expiry::Default, Ok(at("2027-01-07")), Ok(None)),
            (given, Expiry::Never, Ok(None), Ok(None)),
            (forced, Expiry::Never, Ok(at("2027-01-07")), Err(Refusal::FailedUpdate)),
            (forced, day("2027-01-08"), Ok(at("2027-01-08")), Ok(at("2027-01-08"))),
            (
                forced,
                day("2027-01-09"),
                Err(Refusal::ExpiryTooFar { days: 3 }),
                Err(Refusal::ExpiryTooFar { days: 3 }),
            ),
            (given, day("2027-01-09"), Ok(at("2027-01-09")), Ok(at("2027-01-09"))),
            (free, day("2027-01-05"), Err(Refusal::ExpiryInPast), Err(Refusal::ExpiryInPast)),
        ] {
            assert_eq!(rule.for_new(expiry, NOW), new, "{rule:?} {expiry:?}");
            assert_eq!(rule.for_update(expiry, NOW), update, "{rule:?} {expiry:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn no_enforced_share_ends_later(days in 0u32..400, ahead in 1u32..500, proposed in 0u32..400) {
            let rule = DateRule { by_default: true, enforced: true, days, default_days: proposed.min(days) };
            let latest = Day::of(NOW).plus(days).last_second();
            for expiry in [Expiry::Default, Expiry::Never, Expiry::On(Day::of(NOW).plus(ahead))] {
                if let Ok(end) = rule.for_new(expiry, NOW) {
                    prop_assert!(end.is_some_and(|end| end <= latest));
                }
            }
        }
    }
}
