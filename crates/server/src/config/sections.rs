//! The sections of the file.

use std::{path::PathBuf, time::Duration};

use allmende_care::Rate;
use allmende_files::Retention;
use serde::Deserialize;

/// A certificate chain and its key, as PEM files. They are read again on SIGHUP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What people may store.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Files {
    /// Refuse names that Windows cannot have.
    pub windows_compatible_names: bool,
    /// Names that differ only in case are the same. To be set before the first start.
    pub case_insensitive_names: bool,
    /// The quota in bytes of people who have none of their own; unlimited if none.
    pub default_quota: Option<u64>,
    /// Keep what people remove, until they or the retention remove it for good.
    pub trash: bool,
    /// How long what was removed is kept: `auto`, `D1, auto`, `auto, D2`, `D1, D2` (days) or
    /// `disabled` (for ever), as the setting of the original with this name.
    #[serde(deserialize_with = "parsed")]
    pub trashbin_retention_obligation: Retention,
    /// Keep the contents that people overwrite, until they or the retention remove them.
    pub versions: bool,
    /// How long what was overwritten is kept, in the same forms; what is left open is
    /// thinned out by the original's schedule.
    #[serde(deserialize_with = "parsed")]
    pub versions_retention_obligation: Retention,
    /// Bytes of the small pictures of images that are kept in the data folder; those that
    /// were not looked at for the longest time go first.
    pub preview_budget: u64,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            windows_compatible_names: false,
            case_insensitive_names: false,
            default_quota: None,
            trash: true,
            trashbin_retention_obligation: Retention::default(),
            versions: true,
            versions_retention_obligation: Retention::default(),
            preview_budget: 1 << 30,
        }
    }
}

/// Reads a value that has a text form of its own.
fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// The mail server that mails are handed over to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Mail {
    /// Its name or address.
    pub host: String,
    /// Its port; 465 if none is set.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub encryption: MailEncryption,
    /// The name to log in with, if it wants one.
    pub user: Option<String>,
    /// The password to log in with; `ALLMENDE_MAIL_PASSWORD` keeps it out of the file.
    pub password: Option<String>,
    /// The sender: an address, or `Name <address>`.
    pub from: String,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailEncryption {
    /// TLS from the first byte (RFC 8314).
    #[default]
    Tls,
    /// TLS after `STARTTLS`; without it nothing is sent.
    Starttls,
    /// None: for a server on the same machine.
    None,
}

/// Who tells people's devices of notifications.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Push {
    /// The addresses of the push proxies that devices may choose among; with none of them,
    /// nothing is sent. A proxy learns when a device is told something, and cannot read
    /// what. The one of the clients' makers, unless others are set.
    pub proxies: Vec<String>,
}

impl Default for Push {
    fn default() -> Self {
        Self { proxies: vec![allmende_nextcloud::PUSH_PROXY.into()] }
    }
}

/// Care of the data beside serving them.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Care {
    /// Read every content over and over, slowly, and tell what cannot be read as it was
    /// written. On, because a disk says nothing of what it has lost until it is read, and
    /// backups end: a file that nobody opens would be lost for good by the time somebody does.
    pub scrub: bool,
    /// The most that is read in a second, such as `5MB/s`: little enough that nobody notices,
    /// and enough for twelve terabytes in a month.
    #[serde(deserialize_with = "parsed")]
    pub scrub_rate: Rate,
    /// Days from the end of a round to the next one.
    pub scrub_days: u32,
}

impl Default for Care {
    fn default() -> Self {
        Self { scrub: true, scrub_rate: Rate::from_bytes_per_second(5_000_000), scrub_days: 30 }
    }
}

/// How long and how large things may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Seconds that a client has for the head of a request.
    pub header_seconds: u64,
    /// Seconds without a byte after which a request's body is given up.
    pub body_idle_seconds: u64,
    /// Bytes of a request's head.
    pub header_bytes: usize,
    /// Connections at the same time; further ones wait.
    pub connections: usize,
    /// Seconds that running requests have to finish when the server stops.
    pub shutdown_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_seconds: 30,
            body_idle_seconds: 60,
            header_bytes: 64 * 1024,
            connections: 10_000,
            shutdown_seconds: 30,
        }
    }
}

impl Limits {
    pub(crate) fn header_time(&self) -> Duration {
        Duration::from_secs(self.header_seconds)
    }

    pub(crate) fn body_idle_time(&self) -> Duration {
        Duration::from_secs(self.body_idle_seconds)
    }

    pub(crate) fn shutdown_time(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds)
    }
}

/// What is told to the operator.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Log {
    /// Which events are told: the directives of `tracing` filters, such as
    /// `info,allmende::access=debug` for every request.
    pub filter: String,
    /// Lines for people, or JSON for machines.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".into(), format: LogFormat::Text }
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
