//! Structured logs.

use std::{
    borrow::Cow,
    io::{self, IsTerminal},
};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt};

use crate::config::{Log, LogFormat};

/// A log that cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The filter is not valid.
    #[error("the log filter is not valid")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Something else in the process logs already.
    #[error("the process has a log already")]
    Taken(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts the log of this process, on standard error.
///
/// # Errors
/// When the filter is not valid or the process has a log already.
pub fn start_log(log: &Log) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let lines = fmt::layer().with_writer(io::stderr);
    match log.format {
        LogFormat::Text => {
            let lines = lines.with_ansi(io::stderr().is_terminal());
            registry().with(filter).with(lines).try_init()?;
        }
        LogFormat::Json => {
            registry().with(filter).with(lines.json().flatten_event(true)).try_init()?;
        }
    }
    Ok(())
}

/// What comes before a secret in a path, segment by segment; `*` is any segment.
///
/// Whoever has the secret needs nothing else: it is a link, a file for whoever knows the
/// address, a login that is under way, or a new password.
const BEFORE_SECRETS: &[&[&str]] = &[
    &["s"],
    &["login", "v2", "flow"],
    &["lostpassword", "reset", "form"],
    &["public.php", "dav", "files"],
    &["public.php", "dav", "uploads"],
    &["remote.php", "direct"],
    &["apps", "files_sharing", "publicpreview"],
    &["apps", "integration_openproject", "direct"],
    &["apps", "integration_openproject", "direct-upload"],
    &["ocs", "*", "apps", "files", "api", "v1", "openlocaleditor"],
    &["ocs", "*", "apps", "files_downloadlimit", "api", "v1"],
];

/// A request's path as the log may have it: secrets in it are cut out. Every place that tells
/// a path has it from here.
pub(crate) fn loggable(path: &str) -> Cow<'_, str> {
    let behind = |prefix: &[&str]| {
        let mut rest = path.trim_start_matches('/');
        // Pages are the same with and without it.
        rest = rest.strip_prefix("index.php/").unwrap_or(rest).trim_start_matches('/');
        for part in prefix {
            let (segment, after) = rest.split_once('/')?;
            if *part != "*" && segment != *part {
                return None;
            }
            rest = after.trim_start_matches('/');
        }
        Some(rest)
    };
    match BEFORE_SECRETS.iter().find_map(|prefix| behind(prefix)) {
        Some(rest) if !rest.is_empty() => {
            let before = &path[..path.len() - rest.len()];
            let after = rest.find('/').map_or("", |end| &rest[end..]);
            Cow::Owned(format!("{before}…{after}"))
        }
        _ => Cow::Borrowed(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_paths_are_not_logged() {
        for (path, shown) in [
            ("/s/T0ken", "/s/…"),
            ("/index.php/s/T0ken", "/index.php/s/…"),
            ("/index.php/s/T0ken/download/a.txt", "/index.php/s/…/download/a.txt"),
            ("//s//T0ken", "//s//…"),
            ("/login/v2/flow/T0ken", "/login/v2/flow/…"),
            ("/index.php/login/v2/flow/T0ken", "/index.php/login/v2/flow/…"),
            ("/lostpassword/reset/form/T0ken/alice", "/lostpassword/reset/form/…/alice"),
            ("/index.php/lostpassword/reset/form/T0ken", "/index.php/lostpassword/reset/form/…"),
            ("/public.php/dav/files/T0ken", "/public.php/dav/files/…"),
            ("/public.php/dav/files/T0ken/a/b.txt", "/public.php/dav/files/…/a/b.txt"),
            ("/public.php/dav/uploads/T0ken/1/00001", "/public.php/dav/uploads/…/1/00001"),
            ("/remote.php/direct/T0ken", "/remote.php/direct/…"),
            (
                "/index.php/apps/files_sharing/publicpreview/T0ken",
                "/index.php/apps/files_sharing/publicpreview/…",
            ),
            (
                "/apps/integration_openproject/direct/T0ken/a.txt",
                "/apps/integration_openproject/direct/…/a.txt",
            ),
            (
                "/index.php/apps/integration_openproject/direct-upload/T0ken",
                "/index.php/apps/integration_openproject/direct-upload/…",
            ),
            (
                "/ocs/v2.php/apps/files/api/v1/openlocaleditor/T0ken",
                "/ocs/v2.php/apps/files/api/v1/openlocaleditor/…",
            ),
            (
                "/ocs/v1.php/apps/files_downloadlimit/api/v1/T0ken/limit",
                "/ocs/v1.php/apps/files_downloadlimit/api/v1/…/limit",
            ),
        ] {
            assert_eq!(loggable(path), shown);
        }
        for plain in [
            "",
            "/",
            "/s",
            "/s/",
            "/status.php",
            "/index.php",
            "/login/v2/flow",
            "/login/v2/poll",
            "/remote.php/dav/files/alice/s/notes.txt",
            "/remote.php/dav/uploads/alice/1/00001",
            "/ocs/v2.php/apps/files_sharing/api/v1/shares/7",
            "/public.php/webdav/a.txt",
        ] {
            assert_eq!(loggable(plain), plain);
        }
    }
}
