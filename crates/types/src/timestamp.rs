//! Points in time, as the protocols carry them.

use std::{fmt, time::SystemTime};

/// A point in time in whole seconds since 1970-01-01 UTC: the grain of WebDAV and of
/// Nextcloud's API. What must be in order has a [`Revision`](crate::Revision), not a
/// time. Always within the years 1 to 9999 (up to 30 December, 22:00), so that every form can
/// be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A text or number that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is not a valid time")]
pub struct InvalidTimestamp(pub String);

impl Timestamp {
    /// 1970-01-01 UTC.
    pub const EPOCH: Self = Self(0);
    const MIN: i64 = -62_135_596_800;
    // The last that the writer of RFC 3339 knows: 9999-12-30T22:00:00Z.
    const MAX: i64 = 253_402_207_200;

    /// Seconds since 1970; values outside the years 1 to 9999 become the nearest end.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        let at_least = if seconds < Self::MIN { Self::MIN } else { seconds };
        Self(if at_least > Self::MAX { Self::MAX } else { at_least })
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The time that is `seconds` later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// Reads the value of `X-OC-MTime` and `X-OC-CTime`: seconds as a decimal number,
    /// of which iOS sends the fraction too; it is cut off. Hexadecimal, exponents and
    /// times of the first day of 1970 (what a client sends for «unknown») are refused.
    ///
    /// # Errors
    /// When the text is not such a number.
    pub fn from_client_header(text: &str) -> Result<Self, InvalidTimestamp> {
        let bad = || InvalidTimestamp(text.to_owned());
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(bad());
        }
        match whole.parse() {
            Ok(seconds) if (86_401..=Self::MAX).contains(&seconds) => Ok(Self(seconds)),
            _ => Err(bad()),
        }
    }

    /// The form of `Last-Modified` and `d:getlastmodified`: `Tue, 24 Nov 2026 06:10:00 GMT`
    /// (RFC 9110, section 5.6.7). Times before 1970 are written as 1970.
    #[must_use]
    pub fn to_http_date(self) -> String {
        let seconds = u64::try_from(self.0).unwrap_or(0);
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds))
    }

    /// Reads an HTTP date in any of its three forms.
    ///
    /// # Errors
    /// When the text is none of them.
    pub fn from_http_date(text: &str) -> Result<Self, InvalidTimestamp> {
        let bad = |_| InvalidTimestamp(text.to_owned());
        httpdate::parse_http_date(text).map(Self::from).map_err(bad)
    }

    /// The form of `d:creationdate`: `2017-07-14T02:40:00+00:00` (RFC 3339).
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let moment = jiff::Timestamp::from_second(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        moment.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    }

    /// Reads an RFC 3339 time with any offset.
    ///
    /// # Errors
    /// When the text is none.
    pub fn from_rfc3339(text: &str) -> Result<Self, InvalidTimestamp> {
        let moment: jiff::Timestamp =
            text.parse().map_err(|_| InvalidTimestamp(text.to_owned()))?;
        Ok(Self::from_unix(moment.as_second()))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let seconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |s| -s),
        };
        Self::from_unix(seconds)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn client_headers() {
        let read = |text| Timestamp::from_client_header(text).map(Timestamp::unix);
        assert_eq!(read("1600000000"), Ok(1_600_000_000));
        assert_eq!(read("1600000000.75"), Ok(1_600_000_000));
        assert_eq!(read("86401"), Ok(86_401));
        for bad in ["86400", "0x10", "1e9", "junk", "", "-5", "+7", "1.", ".5", "99999999999999"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_last_time_is_written_as_itself() {
        let last = Timestamp::from_unix(i64::MAX);
        assert_eq!(last.to_rfc3339(), "9999-12-30T22:00:00+00:00");
        assert_eq!(last.to_http_date(), "Thu, 30 Dec 9999 22:00:00 GMT");
    }

    proptest! {
        #[test]
        fn every_time_reads_back(seconds in 0i64..=253_402_300_799) {
            let time = Timestamp::from_unix(seconds);
            prop_assert_eq!(Timestamp::from_http_date(&time.to_http_date()), Ok(time));
            prop_assert_eq!(Timestamp::from_rfc3339(&time.to_rfc3339()), Ok(time));
        }

        #[test]
        fn every_number_can_be_written(seconds: i64) {
            let time = Timestamp::from_unix(seconds);
            prop_assert!(!time.to_http_date().is_empty() && !time.to_rfc3339().is_empty());
        }
    }
}
