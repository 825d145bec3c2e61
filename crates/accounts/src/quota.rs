//! How much people may store.

use std::{fmt, str::FromStr};

/// How much a person may store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quota {
    /// What the server gives to everybody.
    #[default]
    Default,
    /// Without limit.
    Unlimited,
    /// This many bytes.
    Bytes(u64),
}

impl Quota {
    pub(crate) fn to_sql(self) -> Option<i64> {
        match self {
            Self::Default => None,
            Self::Unlimited => Some(-1),
            Self::Bytes(bytes) => Some(i64::try_from(bytes).unwrap_or(i64::MAX)),
        }
    }

    pub(crate) fn from_sql(value: Option<i64>) -> Self {
        match value.map(u64::try_from) {
            None => Self::Default,
            Some(Err(_)) => Self::Unlimited,
            Some(Ok(bytes)) => Self::Bytes(bytes),
        }
    }
}

/// A text that is no quota.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is not a quota")]
pub struct InvalidQuota(pub String);

impl FromStr for Quota {
    type Err = InvalidQuota;

    /// Reads what administrators write: bytes, `5 GB` or `1.5 MB` (powers of 1024), `none`,
    /// or `default`.
    fn from_str(text: &str) -> Result<Self, InvalidQuota> {
        /// Up to here a number with a fraction still counts every byte.
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        let bad = || InvalidQuota(text.to_owned());
        let trimmed = text.trim();
        match trimmed.to_ascii_lowercase().as_str() {
            "none" => return Ok(Self::Unlimited),
            "default" => return Ok(Self::Default),
            _ => {}
        }
        let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let power = match unit.trim().to_ascii_uppercase().as_str() {
            "" | "B" => 0,
            "K" | "KB" | "KIB" => 1,
            "M" | "MB" | "MIB" => 2,
            "G" | "GB" | "GIB" => 3,
            "T" | "TB" | "TIB" => 4,
            "P" | "PB" | "PIB" => 5,
            _ => return Err(bad()),
        };
        let number: f64 = number.parse().map_err(|_| bad())?;
        let bytes = number * 1024f64.powi(power);
        if (0.0..LARGEST).contains(&bytes) { Ok(Self::Bytes(bytes as u64)) } else { Err(bad()) }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Unlimited => f.write_str("none"),
            Self::Bytes(bytes) => write!(f, "{bytes} B"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_read_as_administrators_write_them() {
        assert_eq!("5 GB".parse(), Ok(Quota::Bytes(5 << 30)));
        assert_eq!("1.5 KB".parse(), Ok(Quota::Bytes(1536)));
        assert_eq!("0".parse(), Ok(Quota::Bytes(0)));
        assert_eq!("1024B".parse(), Ok(Quota::Bytes(1024)));
        assert_eq!("None".parse(), Ok(Quota::Unlimited));
        assert_eq!("default".parse(), Ok(Quota::Default));
        for bad in ["", "GB", "-1", "5 XB", "1e99", "99999999 PB", "1..5"] {
            assert!(bad.parse::<Quota>().is_err(), "{bad}");
        }
        for quota in [Quota::Default, Quota::Unlimited, Quota::Bytes(12_345)] {
            assert_eq!(quota.to_string().parse(), Ok(quota));
        }
    }
}
