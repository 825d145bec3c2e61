//! What an operator may set.

use serde::Deserialize;

use super::Syslog;

/// What is written down of acts, for how long, and who gets it.
///
/// Changes are always written down, in the transaction of the act.
///
/// ```
/// use allmende_server::{Config, Keep};
///
/// let config = Config::from_toml(
///     "[audit]\nreads = true\nsyslog = 'tcp://logs.example.org:601'\nkeep = '730d'",
/// )?;
/// assert!(config.audit.reads);
/// assert_eq!(config.audit.keep, Keep::Days(730));
/// # Ok::<(), allmende_server::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Audit {
    /// Write down who reads which content, too, before its first byte leaves. What cannot be
    /// written down is not read: the client hears 503. Each read then costs a flush of the
    /// database.
    pub reads: bool,
    /// Where events are sent to: `udp://host:514`, `tcp://host:601` or `unix:/dev/log`; to
    /// nobody if none. Everything that is kept is sent, the oldest first, also what happened
    /// before this was set; what was not sent yet is kept for as long as it takes. Messages
    /// are those of RFC 5424, with facility 13 (log audit), and the line of
    /// `allmende audit export` as their text.
    ///
    /// Over TCP each message has its length in front (RFC 6587, octet counting), and
    /// counts as sent when the receiver has read to the end of the connection and closed it:
    /// it gets everything, and some of it twice after a failure. Over a Unix socket (one for
    /// datagrams) it counts when the socket has taken it. UDP loses what the network loses.
    pub syslog: Option<Syslog>,
    /// For how long events are kept: days, such as `365` or `'365d'`, or `'forever'`.
    pub keep: Keep,
}

/// For how long events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Written")]
#[non_exhaustive]
pub enum Keep {
    /// So many days, of which there is at least one.
    Days(u32),
    /// Nothing is removed.
    Forever,
}

impl Default for Keep {
    /// As long as the original keeps activities (`activity_expire_days`).
    fn default() -> Self {
        Self::Days(365)
    }
}

/// A time for which events cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is neither a number of days, such as 365 or '365d', nor 'forever'")]
pub struct InvalidKeep(pub String);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Days(i64),
    Text(String),
}

impl TryFrom<Written> for Keep {
    type Error = InvalidKeep;

    fn try_from(written: Written) -> Result<Self, InvalidKeep> {
        let text = match written {
            Written::Days(days) => days.to_string(),
            Written::Text(text) => text,
        };
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let days = text.strip_suffix('d').unwrap_or(&text).parse().ok().filter(|days| *days > 0);
        days.map(Self::Days).ok_or(InvalidKeep(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn audit(line: &str) -> Option<Audit> {
        Some(Config::from_toml(&format!("[audit]\n{line}")).ok()?.audit)
    }

    #[test]
    fn nothing_is_set() {
        let audit = Config::default().audit;
        assert!(!audit.reads && audit.syslog.is_none());
        assert_eq!(audit.keep, Keep::Days(365));
    }

    #[test]
    fn times_are_days_or_for_ever() {
        for (line, keep) in [
            ("keep = 1", Keep::Days(1)),
            ("keep = '30'", Keep::Days(30)),
            ("keep = '30d'", Keep::Days(30)),
            ("keep = 'forever'", Keep::Forever),
        ] {
            assert_eq!(audit(line).map(|audit| audit.keep), Some(keep), "{line}");
        }
        for line in ["keep = 0", "keep = -1", "keep = '1y'", "keep = ''", "keep = 1.5", "kept = 1"]
        {
            assert!(audit(line).is_none(), "{line}");
        }
    }
}
