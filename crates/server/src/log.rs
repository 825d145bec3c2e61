//! Structured logs.

use std::io::{self, IsTerminal};

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
